"""The reference pages say what the code says, and what other pages show can be typed as it is."""

import importlib.util
import inspect
import io
import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path
from typing import get_args

import pytest

import harvester
from harvester import errors
from harvester.cli.terminal import Terminal
from harvester.config import settings
from harvester.goals import model
from harvester.goals.progress import AT_RISK, ON_TRACK, State
from harvester.sdk import capabilities
from harvester.sdk.connector import Event
from tests.environments import TerminalStream, in_environment, run, stand_in
from tests.tutorial import ANSWERS, follow

DOCS = Path(__file__).parent.parent / "docs"
TUTORIAL_HISTORY = """
ada 2026-07-03T09:00:00+02:00 services/pay/key.py "Carry the order's key"
ada 2026-07-10T09:00:00+02:00 tools/invoice.py "Invoices in the night"
ada 2026-08-02T10:00:00+02:00 docs/runbook.md "A runbook"
"""


def test_the_reference_is_what_the_code_says_now():
    """Where this fails, run `make docs`."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    pages = generate.pages()
    assert len(pages) >= 3
    for path, text in pages.items():
        assert path.is_file(), f"{path.name} is missing"
        assert path.read_text("utf-8").splitlines() == text.splitlines(), f"{path.name} is out of date"


HISTORIES = {
    "own": TUTORIAL_HISTORY.replace("2026", "2024"),
    "no folders": 'grace 2019-12-31T23:30:00-11:00 README "Say what it is for"\n',
    "bots and pulls": """
who="dependabot[bot]" mail="49699333+dependabot[bot]@users.noreply.github.com"
for each in 1 2 3; do did 2024-05-0$each"T09:00:00+00:00" lock.txt "Bump $each"; done
git checkout --quiet -b fix
grace 2024-06-01T09:00:00+00:00 "src/caf\303\251 \"x\"/a.py" "Fix the build"
git checkout --quiet main
who="Grace Hopper" mail="grace+work@example.org"
as 2024-06-02T09:00:00+00:00 git merge --quiet --no-ff -m "Merge pull request #7 from grace/fix" fix
who="Dr. Grace O'Hopper" mail="grace+work@example.org"
for each in 1 2 3; do did 2024-06-1$each"T09:00:00+00:00" docs/guide.md "Guide, part $each (#1$each)"; done
""",
}


def program(folder, environ):
    """The command in this process: a process of its own for each of a tutorial's ten commands takes a second each."""

    def harvester(arguments):
        terminal = Terminal(
            environ=environ,
            cwd=folder,
            stdin=TerminalStream(ANSWERS.decode()),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )
        status, out, err = run(terminal, *arguments)
        return status, out + err

    return harvester


@pytest.mark.parametrize("history", HISTORIES)
def test_the_tutorial_can_be_typed_in_any_clone(tmp_path, history):
    """Each command, typed into a shell in one of the clones, succeeds and says what is below it on the page."""
    there = stand_in(tmp_path, HISTORIES[history])
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", there.cwd, clone], env=there.environ, check=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "harvester").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harvester "$@"\n')
    (tmp_path / "bin" / "harvester").chmod(0o755)
    environ = {**there.environ, "PATH": f"{tmp_path / 'bin'}:{there.environ['PATH']}"}
    typed = list(follow(clone, environ, None if history == "own" else program(clone, there.environ)))

    assert [(each.command, each.output) for each in typed if each.status] == []
    for each in typed:
        said = " ".join(each.output.split())
        assert [line for line in each.shown if " ".join(line.split()) not in said] == [], each.output
    named = [each.command.split()[1] for each in typed if each.command.startswith("harvester ")]
    assert {"report", "init", "doctor", "goals", "note", "triage", "verify"} <= set(named)
    page = (clone / "accomplishments.md").read_text("utf-8")
    assert "The first fix took four days" in page
    assert "Make this code easier to change" in page


def test_the_page_about_python_can_be_run(tmp_path, monkeypatch, capsys):
    """Its blocks are run in their order in a git repository, and print the lines in the blocks of text below them."""
    more = 'grace 2026-08-03T10:00:00+02:00 queue.py "A queue of payments"'
    environment = stand_in(tmp_path, TUTORIAL_HISTORY + more)
    in_environment(monkeypatch, environment)
    page = (DOCS / "python.md").read_text("utf-8")
    names: dict[str, object] = {}
    printed, compared = "", 0
    for language, text in re.findall(r"^```(python|text|toml)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if language == "toml":
            (environment.cwd / "goals.toml").write_text(text)
        elif language == "python":
            with warnings.catch_warnings(action="ignore"):
                exec(compile(text, "python.md", "exec"), names)
            printed = capsys.readouterr().out
        else:
            lines = [" ".join(line.split()) for line in printed.splitlines()]
            expected = [" ".join(line.split()) for line in text.splitlines()]
            assert [each for each in expected if not any(line.startswith(each) for line in lines)] == [], printed
            compared += 1
    assert compared == page.count("```python") == 8


def test_the_page_about_python_names_every_argument():
    """Each function with its parameters in their order, each parameter and each error in a table of its own."""
    page = (DOCS / "python.md").read_text("utf-8")
    for name in ("load", "harvest", "claims", "report"):
        parameters = list(inspect.signature(getattr(harvester, name)).parameters)
        assert f"| `{name}({', '.join(parameters)})` |" in page
        assert [each for each in parameters if each != "frame" and f"| `{each}` | " not in page] == []
    assert [each for each in re.findall(r"^\| `(\w+Error)` \|", page, re.MULTILINE) if not hasattr(errors, each)] == []


def test_the_guide_names_what_a_connector_may_offer():
    """Every optional method and every event, each with its parameters."""
    page = (DOCS / "writing-a-connector.md").read_text("utf-8")
    protocols = [each for each in vars(capabilities).values() if getattr(each, "_is_protocol", False)]
    methods = [
        f"{name}({', '.join(list(inspect.signature(method).parameters)[1:])})"
        for each in protocols
        for name, method in vars(each).items()
        if inspect.isfunction(method) and not name.startswith("_")
    ]
    assert len(methods) >= 5
    assert [each for each in methods if f"| `{each}` |" not in page] == []
    assert [each.__name__ for each in get_args(Event) if each.__name__ not in page] == []


def test_every_command_that_the_readme_names_is_there(tmp_path):
    environment = stand_in(tmp_path, "")
    text = (DOCS.parent / "README.md").read_text("utf-8")
    named = set(re.findall(r"`harvester ([a-z]+(?: (?:check|progress|list))?)", text))
    assert {"init", "report", "triage", "decide", "note", "goals check", "goals progress"} <= named
    assert [each for each in sorted(named) if run(environment, *each.split(), "--help")[0]] == []


def test_the_readme_shows_a_report_as_it_comes_out():
    """Its excerpt is cut from the case tests/reports/goals, line by line and in order."""
    report = (DOCS.parent / "tests" / "reports" / "goals" / "expected.md").read_text("utf-8").splitlines()
    report = [line.rstrip() for line in report]
    readme = (DOCS.parent / "README.md").read_text("utf-8")
    (excerpt,) = re.findall(r"^```markdown\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    shown = [line for line in excerpt.splitlines() if line and line != "…"]
    assert len(shown) > 10
    rest = iter(report)
    assert [line for line in shown if line not in rest] == []


def test_the_sources_in_the_readme_are_valid(tmp_path):
    readme = (DOCS.parent / "README.md").read_text("utf-8")
    (section,) = re.findall(r"^```toml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    (tmp_path / "harvester.toml").write_text(section)
    assert list(settings.load(tmp_path / "harvester.toml").sources) == ["github", "gitlab", "jira"]


def test_the_page_about_goals_is_complete():
    """It has every state, how goals compete, and how days are written."""
    page = (DOCS / "reference" / "goals.md").read_text("utf-8")
    part = page.partition("## States of a goal")[2].partition("\n## ")[0]
    states = re.findall(r"^\| ([a-z ]+) \| ", part, re.MULTILINE)
    assert sorted(set(states) - {"state"}) == sorted(get_args(State))
    assert f"| on track | at least {ON_TRACK:.0%} of what is expected by now is done" in page
    assert f"| at risk | at least {AT_RISK:.0%} of it is done" in page
    assert "no other goal has more than half of that share" in page
    (example,) = re.findall(r"`(\[\"2026-07-20.*?\])`", page)
    goal = model.GoalsFile.model_validate(tomllib.loads(f'[[goals]]\nname="a"\ntitle="A"\naway = {example}')).goals[0]
    assert len(goal.away) == 2
