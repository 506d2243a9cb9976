"""`make report`: what it hands on to the command, and what it says at its end."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.environments import environment

COMMAND = """#!/bin/sh
for each; do printf '%s\\n' "$each"; done > arguments
[ -z "$FAILS" ] && echo "The page." > "$5"
exit ${FAILS:-${STATUS:-0}}
"""


@pytest.fixture
def make(tmp_path):
    """Runs make in a folder where everything is installed, with a command that writes down what it is asked."""
    folder = tmp_path / "a folder"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(Path(__file__).parent.parent / name, folder)
    (folder / ".venv" / ".installed").touch()
    command = folder / ".venv" / "bin" / "harvester"
    command.write_text(COMMAND)
    command.chmod(0o755)

    def run(*arguments, **environ):
        named = [each.removeprefix("OUTPUT=") for each in ("OUTPUT=accomplishments.md", *arguments)]
        done = subprocess.run(
            ["make", "report", *arguments], cwd=folder, env=environment(tmp_path / "home") | environ, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert {each.name for each in folder.iterdir()} <= {".venv", "Makefile", "pyproject.toml", "arguments", *named}
        return done, (folder / "arguments").read_text().splitlines()

    return run


def test_make_report_needs_no_argument(make):
    done, arguments = make()
    assert (done.returncode, done.stdout) == (0, "The page.\n")
    assert arguments == ["report", "--repo", ".", "--output", "accomplishments.md"]


def test_make_report_hands_each_argument_on_as_it_is(make):
    """Spaces, quotes and what a shell would run among them."""
    person = 'Grace "O\'Hopper" `touch ran`; touch ran'
    done, arguments = make("REPO=../my app", "PERIOD=last 3 months", f"PERSON={person}", "OUTPUT=it's.md")
    assert done.returncode == 0
    assert arguments == [
        "report", "--repo", "../my app", "--output", "it's.md", "--period", "last 3 months", "--person", person,
    ]  # fmt: skip


def test_make_report_says_how_to_go_on(make):
    """The last line names the command in the folder and how to have it everywhere."""
    done, _ = make()
    last = done.stderr.splitlines()[-1]
    assert ".venv/bin/harvester report" in last
    assert "pipx install" in last
    assert "a folder" in last


def test_make_report_of_incomplete_sources_is_written(make):
    """With the status of the command, which make says."""
    done, _ = make(STATUS="3")
    assert (done.returncode, done.stdout) == (2, "The page.\n")
    assert "Error 3" in done.stderr


def test_make_report_that_fails_shows_nothing(make):
    done, _ = make(FAILS="1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pipx" not in done.stderr


def test_make_report_shows_text_only(make):
    """A page to look at and a table stay in their files."""
    assert make("OUTPUT=page.html")[0].stdout == ""
