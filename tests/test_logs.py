"""What commands print into a CI service's log: no text of a source is obeyed there, and nothing is coloured."""

import io
import json

import pytest

from harvester.reporting.stamp import dump_json
from harvester.text import inert
from tests.environments import run, stand_in

MASK = "::add-mask::secret"
OLD = "a ##[set-output name=x]y"
TITLES = (
    MASK,
    f"  {MASK}",
    "::stop-commands::x",
    "\u2060::group::x",
    OLD,
    "##vso[task.complete]",
    "\u00ad:\u200b:debug::x",
)


def obeyed(line: str) -> bool:
    """Whether a line is a command, as the runner reads it with a culture that passes over unseen characters."""
    seen = "".join(each for each in line if each.isprintable())
    return seen.lstrip().startswith("::") or "##[" in seen or "##vso[" in seen


@pytest.mark.parametrize("title", TITLES)
def test_a_command_is_not_one_any_more(title):
    """At the beginning of a line, and for the old form anywhere."""
    assert obeyed(title)
    assert not any(map(obeyed, inert(f"one\n{title}\rtwo\r\n{title}").replace("\r", "\n").split("\n")))


@pytest.mark.parametrize("text", ["a::b", "std::vector", "see [x](y)", "#[derive]", "a:\n:b", "## [x]", ": :"])
def test_other_text_stays(text):
    assert inert(text) == text


@pytest.mark.parametrize("text", TITLES)
def test_json_keeps_the_text_and_no_command(text):
    """It is escaped as JSON escapes, so that a program reads what was written."""
    written = dump_json({"titles": [text, [text]]})
    assert json.loads(written) == {"titles": [text, [text]]}
    assert not any(map(obeyed, written.splitlines()))


@pytest.mark.parametrize("say", ["echo", "notify", "echo_json", "ask", "suggest", "write", "table"])
def test_every_way_to_say_something(tmp_path, say):
    """Each method of the terminal writes through the same defence."""
    terminal = stand_in(tmp_path, None)
    terminal.environ = {**terminal.environ, "GITHUB_ACTIONS": "true"}
    terminal.stdin = io.StringIO("\n")
    for title in TITLES:
        match say:
            case "suggest":
                terminal.suggest([title])
            case "write":
                terminal.write(title.encode() + b"\n")
            case "table":
                terminal.table(("A", "B"), [("a" * 60, f"{'b ' * 50}{title}"), (title, "b")])
            case "ask":
                terminal.ask(title)
                terminal.echo("")
            case _:
                getattr(terminal, say)(title)
    lines = (terminal.stdout.getvalue() + terminal.stderr.getvalue()).splitlines()
    assert lines
    assert [line for line in lines if obeyed(line)] == []


def test_a_result_outside_of_a_log_is_as_it_is(tmp_path):
    """A pipe elsewhere, and a file in CI too, get every byte; what is no text does so in a log."""
    terminal = stand_in(tmp_path, None)
    terminal.write(f"{OLD}\n".encode())
    assert terminal.stdout.getvalue() == f"{OLD}\n"
    terminal.environ = {"GITHUB_ACTIONS": "true"}
    with (tmp_path / "rows.csv").open("w+", encoding="utf-8") as file:
        terminal.stdout = file
        terminal.write(f"{OLD}\n".encode())
        terminal.write(b"\xff##[\n")
    assert (tmp_path / "rows.csv").read_bytes() == f"{OLD}\n".encode() + b"\xff##[\n"


def test_nothing_is_coloured_where_it_is_piped(tmp_path, monkeypatch):
    """FORCE_COLOR, which CI services set, is for programs that a person watches."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = stand_in(tmp_path, None)
    terminal.table(("Head",), [("cell",)])
    assert "\x1b" not in terminal.stdout.getvalue()


def test_titles_of_a_history_are_not_obeyed(tmp_path):
    """No command of ours prints a stranger's title, or what was typed, so that it is obeyed."""
    history = (
        "".join(
            f"ada 2026-07-0{number}T09:00:00+00:00 f{number} {title!r}\n" for number, title in enumerate(TITLES[:2], 1)
        )
        + f"ada 2026-07-05T09:00:00+00:00 g {OLD!r}\n"
    )
    terminal = stand_in(tmp_path, history)
    terminal.environ = {**terminal.environ, "GITHUB_ACTIONS": "true"}
    (terminal.cwd / "harvester.toml").write_text(
        '[me]\nperson = "ada"\n[people.ada]\nemails = ["ada@example.org"]\n[sources.here]\nconnector = "git"\n'
        'repositories = ["."]\n'
    )
    for command in (
        ("report", "--period", "2026Q3"), ("report", "--period", "2026Q3", "--no-harvest", "--format", "csv"),
        ("ledger", "export", "-", "--format", "jsonl"), ("explain", OLD, "--period", "2026Q3", "--no-harvest"),
        ("note", MASK), ("decide", MASK, "--highlight"), ("--debug", "verify", OLD), (MASK,),
    ):  # fmt: skip
        status, out, err = run(terminal, *command)
        assert status in (0, 1, 2)
        assert out + err
        assert [line for line in (out + err).splitlines() if obeyed(line)] == []
