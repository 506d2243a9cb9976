"""`harvester note` as a user meets it: summaries, highlights, and the list of notes."""

import io
import json

import pytest

from harvester.notebook.notebook import load
from harvester.workspace.init import GOALS
from tests.environments import TerminalStream, run, stand_in

HISTORY = 'ada 2026-07-03T09:00:00+02:00 services/pay/key.py "Carry the order\'s key"\n'
CONFIGURATION = """
[people.me]
name = "Ada Lovelace"
emails = ["ada@example.org"]

[sources.here]
connector = "git"
repositories = ["."]

[sources.notebook]
connector = "notebook"
"""
GOAL = '[[goals]]\nname = "pay"\ntitle = "Pay"\n'


@pytest.fixture
def environment(tmp_path):
    """It is 15 October 2026."""
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(GOAL)
    return environment


def entries(environment):
    return load(environment.cwd / "notebook.md")[0]


@pytest.mark.parametrize(
    ("options", "day", "period", "name"),
    [
        ((), "2026-09-30", "2026Q3", "Q3 2026"),
        (("--period", "this-quarter"), "2026-10-15", "2026Q4", "Q4 2026"),
        (("--period", "2026-08"), "2026-08-31", "2026-08", "August 2026"),
        (("-p", "last-year"), "2025-12-31", "2025", "2025"),
        (("-p", "last-week"), "2026-10-11", "2026-W41", "the week of 5 October 2026"),
        (("--period", "this-month", "--date", "2 October 2026"), "2026-10-02", "2026-10", "October 2026"),
    ],
)
def test_a_summary_is_written_for_a_period(environment, options, day, period, name):
    """In words that mean the same whenever they are read, on a day of that period."""
    status, out, err = run(environment, "note", "--summary", "It went\n\nwell.", *options)

    assert (status, err) == (0, "")
    (entry,) = entries(environment)
    assert (str(entry.date), entry.texts) == (day, {"summary": "It went well.", "period": period})
    assert out.startswith(f"Wrote “Summary of {name}”, ")


def test_a_summary_is_read_and_counted_nowhere(environment):
    run(environment, "note", "--summary", "It went well.")
    run(environment, "note", "Paired", "--date", "2026-08-12", "--no-highlight")
    out = run(environment, "report", "--period", "2026Q3")[1]
    measures = json.loads(run(environment, "report", "--period", "2026Q3", "--format", "json")[1])["measures"]

    assert "- Paired *(notebook, 12 Aug)*" in out
    assert measures["notes"] == 1
    assert "Summary of" not in out
    assert [each.highlight for each in entries(environment)] == [None, False]


@pytest.mark.parametrize("words", ["2026-10-14", "14 October 2026", "yesterday"])
def test_the_day_of_a_note_is_written_as_people_do(environment, words):
    assert run(environment, "note", "Paired", "--date", words)[0] == 0

    assert [str(each.date) for each in entries(environment)] == ["2026-10-14"]


def test_a_note_has_one_day(environment):
    status, _, err = run(environment, "note", "Paired", "--date", "October 2026")

    assert (status, err.splitlines()) == (
        1, ["Error: 'October 2026' is not a valid day.", "Write 2026-07-20, '20 July 2026', today or yesterday."],
    )  # fmt: skip


def test_a_name_written_by_hand_is_that_person(environment):
    """As `--with` takes it: a full name in the notebook is the key of who is configured."""
    with (environment.cwd / "harvester.toml").open("a") as file:
        file.write('[people.grace]\nname = "Grace Hopper"\nemails = ["grace@example.org"]\n')
    (environment.cwd / "notebook.md").write_text("## 2026-08-12 Paired\nwith: Grace Hopper\nresult: It works.\n")

    assert "there is no person" not in run(environment, "goals", "check")[1]
    assert "1 note, with 1 other" in run(environment, "report", "--period", "2026Q3")[1]


def test_notes_are_listed_newest_first(environment):
    """With the place where each can be edited."""
    for title, day, *more in (("A", "2026-07-02"), ("B", "2026-09-02", "--goal", "pay"), ("C", "2026-08-02")):
        run(environment, "note", title, "--date", day, *more)
    status, out, err = run(environment, "note", "--list")
    lines = [each.split() for each in out.splitlines()]

    assert (status, err) == (0, "")
    assert lines == [
        ["Day", "Title", "Goals", "Place"],
        ["2026-09-02", "B", "pay", "notebook.md:7"],
        ["2026-08-02", "C", "—", "notebook.md:10"],
        ["2026-07-02", "A", "—", "notebook.md:5"],
    ]


GRACE = '[people.grace]\nname = "Grace Hopper"\nemails = ["grace@example.org"]\n'
CRITERION = '[[criteria]]\nname = "grows"\ntext = "Grows others."\n'


@pytest.fixture
def with_grace(environment):
    with (environment.cwd / "harvester.toml").open("a") as file:
        file.write(GRACE)
    with (environment.cwd / "goals.toml").open("a") as file:
        file.write(CRITERION)
    return environment


@pytest.mark.parametrize(
    ("answer", "consent", "warned"),
    [("y", "2026-10-15", False), ("Yes", "2026-10-15", False), ("n", None, True), ("", None, True), (None, None, True)],
)
def test_a_terminal_is_asked_for_consent(with_grace, answer, consent, warned):
    """Nothing but a yes is one; without it the note is kept, and a warning says that nobody is named."""
    with_grace.stdin = TerminalStream("" if answer is None else answer + "\n")
    status, out, err = run(with_grace, "note", "Paired", "--witness", "grace hopper", "--criterion", "grows")

    assert status == 0
    assert out.startswith("Did Grace Hopper agree to be named as a witness in your reports? y for yes > Wrote “Paired”")
    (entry,) = entries(with_grace)
    assert entry.lists == {"criterion": ("grows",), "witness": ("grace",)}
    assert entry.texts.get("consent") == consent
    assert ("reports name nobody" in err) == warned


@pytest.mark.parametrize(
    ("given", "consent"),
    [((), None), (("--consent",), "2026-10-15"), (("--consent", "2026-09-01"), "2026-09-01")],
)
def test_consent_is_never_assumed(with_grace, given, consent):
    """Where nobody can be asked it is what --consent says, today where that has no day."""
    with_grace.stdin = io.StringIO("y\n")
    status, _, err = run(with_grace, "note", "Paired", "--witness", "grace", *given)

    assert (status, entries(with_grace)[0].texts.get("consent")) == (0, consent)
    assert ("reports name nobody" in err) == (consent is None)
    listed = run(with_grace, "note", "--list")[1].splitlines()
    said = f"grace (agreed {consent})" if consent else "grace (not agreed)"
    assert listed[0].split() == ["Day", "Title", "Goals", "Witness", "Place"]
    assert said in listed[1]


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        (("--witness", "me", "--consent"), 1, "'me' is yourself, and nobody is their own witness."),
        (("--witness", "ada@example.org", "--consent"), 1, "'me' is yourself"),
        (("--consent",), 2, "--consent is that of a --witness."),
        (("--witness", "grace", "--consent", "soon"), 1, "'soon'"),
        (("--criterion", "grow"), 1, "There is no criterion 'grow'; did you mean 'grows'?"),
        (("--list", "--witness", "grace"), 2, "--list takes only"),
    ],
)
def test_a_witness_that_cannot_be_is_refused(with_grace, given, status, message):
    """Nothing is written."""
    title = () if "--list" in given else ("Paired",)
    found, out, err = run(with_grace, "note", *title, *given)

    assert (found, out) == (status, "")
    assert message in err
    assert not (with_grace.cwd / "notebook.md").exists()


def test_goals_check_warns_of_a_witness(with_grace):
    """One whom nobody knows, and oneself; not a configured name written by hand."""
    (with_grace.cwd / "notebook.md").write_text(
        "## 2026-08-12 Paired\nwitness: Ada Lovelace, Grace Hopper, greta\nconsent: 2026-08-13\n"
    )
    _, out, err = run(with_grace, "goals", "check")
    assert "there is no person 'greta'" in out + err
    assert "'Ada Lovelace' is yourself" in out + err
    assert "no person 'Grace" not in out + err


def test_notes_are_listed_by_period_and_goal(environment):
    run(environment, "note", "A", "--goal", "pay", "--date", "2026-07-02")
    run(environment, "note", "B", "--goal", "pay", "--date", "2026-06-30")
    run(environment, "note", "C", "--date", "2026-07-02")
    (listed,) = json.loads(run(environment, "note", "--list", "--period", "2026Q3", "--goal", "pay", "--json")[1])

    assert (listed["title"], listed["date"], listed["place"]) == ("A", "2026-07-02", "notebook.md:7")
    assert listed["fields"] == {"goal": ["pay"]}
    assert run(environment, "explain", listed["work_item"].rpartition("/")[2], "--period", "2026Q3")[0] == 0
    assert run(environment, "note", "--list", "--period", "2025")[1] == "There are no such notes.\n"
    assert "did you mean 'pay'?" in run(environment, "note", "--list", "--goal", "pai")[2].lower()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Missing argument 'TITLE'."),
        (("--summary", "x", "A title"), "--summary takes only"),
        (("--summary", "x", "--goal", "pay"), "--summary takes only"),
        (("--summary", "x", "--highlight"), "--summary takes only"),
        (("--list", "A title"), "--list takes only"),
        (("--list", "--summary", "x"), "--list takes only"),
        (("A title", "--period", "2026Q3"), "--period is for --summary or --list."),
        (("A title", "--json"), "--json is for --list."),
    ],
)
def test_what_does_not_belong_together_is_wrong_usage(environment, options, message):
    status, _, err = run(environment, "note", *options)

    assert status == 2
    assert message in err
    assert entries(environment) == []


@pytest.mark.parametrize(("summary", "period"), [("x", "sometime"), (" ", "2026Q3")])
def test_a_summary_that_cannot_be_is_refused(environment, summary, period):
    assert run(environment, "note", "--summary", summary, "--period", period)[0] == 1
    assert entries(environment) == []


def test_a_terminal_is_asked_for_a_goal(environment):
    """An empty answer leaves a key out; what is no day is an error, with nothing written."""
    answers = ["Write things down", "", "2026-07-01", "", "notes", "3", "docs/, README.md", ""]
    environment.stdin = TerminalStream("".join(f"{each}\n" for each in answers))
    status, out, err = run(environment, "goals", "add", "--label", "help")

    assert (status, err) == (0, "")
    assert out.startswith("What is the goal, in words: Why does it matter")
    assert (environment.cwd / "goals.toml").read_text() == GOAL + (
        '\n[[goals]]\nname = "write-things-down"\ntitle = "Write things down"\nfrom = 2026-07-01\nmeasure = "notes"\n'
        'target = 3\n\n[goals.match]\nany = [{ paths = ["docs/", "README.md"] }, { labels = ["help"] }]\n'
    )
    environment.stdin = TerminalStream("Other\n\nsoon\n")
    assert run(environment, "goals", "add")[0] == 1
    environment.stdin = TerminalStream("")
    assert run(environment, "goals", "add")[0] == 2


def test_a_goal_is_added_from_the_command_line(environment):
    """The rest of the file stays, and what `goals check` says of the new goal is printed."""
    (environment.cwd / "goals.toml").write_text(GOALS + "\n" + GOAL)
    keys = ("--path", "tests/", "--label", "flaky", "--from", "2026-07-01", "--target", "4", "--word", "flaky")
    status, out, err = run(environment, "goals", "add", "Fewer flaky tests", *keys, "--measure", "commits")

    assert (status, err) == (0, "")
    first, *warnings = out.splitlines()
    assert first == "Added the goal fewer-flaky-tests to goals.toml: Fewer flaky tests (from 1 July 2026 · 4 commits)."
    assert [each.partition(": ")[0] for each in warnings] == ["warning  goals[2].match.any[2].labels"]
    text = (environment.cwd / "goals.toml").read_text()
    assert text.startswith(GOALS + "\n" + GOAL)
    assert 'any = [{ paths = ["tests/"] }, { labels = ["flaky"] }]' in text
    assert run(environment, "goals", "add", "fewer FLAKY tests")[0] == 1
    assert run(environment, "goals", "add", "X", "--measure", "comits")[0] == 1
    assert run(environment, "goals", "add")[0] == 2
    assert (environment.cwd / "goals.toml").read_text() == text
