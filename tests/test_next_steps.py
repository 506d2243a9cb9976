"""What the terminal suggests after a page was written: commands that run as printed, and nothing on the page."""

import shlex
import subprocess

import pytest

from harvester.model.periods import calendar, parse
from harvester.text import shell_word
from harvester.workspace.next_steps import MOST, next_steps
from harvester.workspace.reports import load_report, make_report
from harvester.workspace.workspace import open_workspace
from tests.environments import NOW, TerminalStream, run, stand_in

CONFIGURATION = """
[people.me]
name = "Ada Lovelace"
emails = ["ada@example.org"]

[people.grace]
name = "Grace Hopper"
emails = ["grace@example.org"]

[sources.here]
connector = "git"
repositories = ["."]

[sources.notebook]
connector = "notebook"
"""
GOALS = """
[[goals]]
name = "payments"
title = "Lead the payments rewrite"
match = { paths = ["services/pay/"] }

[[goals]]
name = "invoices"
title = "Paper"
match = { paths = ["paper/"] }
"""
HISTORY = """
git remote add origin https://github.com/example/pay
ada 2026-07-03T09:00:00+02:00 services/pay/key.py "Carry the key (#1)"
ada 2026-07-04T09:00:00+02:00 services/pay/more.py 'Carry more; $(touch hacked) `touch hacked` (#2)'
mkdir tools
echo x > tools/a.py
ada 2026-07-10T09:00:00+02:00 services/pay/a.py "Both sides (#3)"
ada 2026-08-02T10:00:00+02:00 docs/runbook.md "A runbook (#4)"
ada 2026-08-03T10:00:00+02:00 docs/more.md "[ci] More"
grace 2026-08-03T10:00:00+02:00 services/pay/queue.py "A queue of payments (#5)"
"""
PERIOD = "2026Q3"
OPENING = 'harvester note --summary "…" --period 2026Q3'


@pytest.fixture
def environment(tmp_path):
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(GOALS)
    return environment


def steps(environment, period=PERIOD, person=None, *, harvest=True, repo=None, config=None):
    """The commands for the page of this period."""
    workspace = open_workspace(environment, config, repo)
    report = make_report(workspace, load_report("accomplishments"), period, person, harvest=harvest)
    return next_steps(report.report_input, workspace)


def test_the_most_useful_comes_first(environment):
    assert steps(environment) == [
        "harvester decide pay#3 --goal payments",
        "harvester triage --period 2026Q3",
        'harvester note "…" --about pay#1 --result "…" --date 2026-09-30',
        'harvester note "…" --about pay#2 --result "…" --date 2026-09-30',
        OPENING,
    ]


def test_every_command_runs_as_printed(environment):
    """Again and again, until nothing is left to do."""
    seen = []
    while commands := steps(environment):
        assert len(commands) <= MOST
        for command in commands:
            environment.stdin = TerminalStream("g payments\n" * 9)
            status, _, err = run(environment, *shlex.split(command)[1:])
            assert (status, err) == (0, ""), command
        seen += commands
        assert len(seen) < 20
    assert len(seen) > 4
    assert not (environment.cwd / "hacked").exists()


def test_a_command_means_the_same_to_a_shell(environment, tmp_path):
    """Of hostile references, too."""
    hostile = ["a b#1", "$(touch x)#1", "`touch x`", "it's", "!1", "#1", "~/x", "*", 'q"q']
    words = ["pay#1", "pay!1", "…", "x=~", "x:~", "-x", *hostile]
    command = " ".join(["printf", "'%s\\n'", *map(shell_word, words)])
    for shell in ("sh", "bash"):
        done = subprocess.run([shell, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == words
    assert shell_word("pay#120") == "pay#120"
    assert shell_word("web/pay!12") == "'web/pay!12'"


def test_what_is_done_is_not_suggested(environment):
    run(environment, "harvest", "--period", PERIOD)
    run(environment, "decide", "pay#3", "pay#4", "--goal", "payments", "--reject")
    run(environment, "triage", "--ignore", "title=[ci] *")
    for number in ("1", "2"):
        about = ("--about", f"pay#{number}", "--result", "It held.", "--date", "2026-08-20")
        run(environment, "note", f"Number {number}", *about)
    run(environment, "note", "--summary", "Payments hold.", "--period", PERIOD)
    assert steps(environment) == []


def test_no_command_is_about_routine(environment):
    folded = '[routine.chores]\npaths = ["docs/", "tools/", "services/pay/a.py", "services/pay/more.py"]\n'
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION + folded)
    commands = steps(environment)
    assert commands == ['harvester note "…" --about pay#1 --result "…" --date 2026-09-30', OPENING]


def test_a_result_is_of_today_where_the_period_has_it(environment):
    """A note of another day would not be in the page."""
    commands = steps(environment, "2026-07-01..2026-12-01")
    assert commands[2:4] == [f'harvester note "…" --about pay#{number} --result "…"' for number in (1, 2)]


@pytest.mark.parametrize("text", [None, "", "# none yet"])
def test_without_goals_one_is_begun(environment, text):
    """By a command that asks for it; results are of any work then."""
    path = environment.cwd / "goals.toml"
    path.unlink() if text is None else path.write_text(text)
    commands = steps(environment)
    assert (commands[0], len(commands)) == ("harvester goals add", 4)
    assert all(each.startswith("harvester note ") for each in commands[1:])
    environment.stdin = TerminalStream("Payments hold\n" + "\n" * 20)
    assert run(environment, "goals", "add")[0] == 0
    assert steps(environment)[0] != "harvester goals add"


def test_without_a_configuration_it_is_written(tmp_path):
    environment = stand_in(tmp_path, HISTORY)
    assert steps(environment, person="ada@example.org") == ["harvester init"]
    assert steps(environment, person="ada@example.org", repo=environment.cwd) == []


def test_a_page_about_somebody_else_is_theirs(environment):
    """Goals and decisions are not; what is missing of a source can be read."""
    assert steps(environment, person="grace", harvest=False) == ["harvester harvest --period 2026Q3 --person grace"]
    assert run(environment, "harvest", "--period", PERIOD, "--person", "grace")[0] == 0
    assert steps(environment, person="grace") == []


def test_what_cannot_be_read_comes_first(environment):
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION.replace('["."]', '[".", "gone"]'))
    assert steps(environment)[0] == "harvester doctor"


def test_an_account_that_looks_alike_is_for_the_doctor(environment):
    who = ("-c", "user.name=Ada Lovelace", "-c", "user.email=ada@home.example")
    at = "2026-08-05T10:00:00+02:00"
    subprocess.run(
        ["git", *who, "commit", "-qm", "More", "--allow-empty", "--date", at],
        cwd=environment.cwd, env={**environment.environ, "GIT_COMMITTER_DATE": at}, check=True,
    )  # fmt: skip

    assert steps(environment)[0] == "harvester doctor"


def test_another_configuration_is_named(environment, tmp_path):
    (environment.cwd / "harvester.toml").rename(environment.cwd / "my config.toml")
    commands = steps(environment, config=environment.cwd / "my config.toml")
    assert commands
    assert all(each.endswith(f" --config '{environment.cwd}/my config.toml'") for each in commands)


@pytest.mark.parametrize("period", ["2026", "2026Q3", "2026-07", "2026-W31", "2026-07-02..2026-08-11", "last-quarter"])
def test_the_period_is_that_of_the_page(environment, period):
    (command,) = [each for each in steps(environment, period) if " triage " in each]
    words, dates = shlex.split(command)[-1], calendar("Europe/Berlin")
    assert parse(words, dates, NOW) == parse(period, dates, NOW)


def test_a_terminal_gets_them_and_the_page_does_not(environment):
    status, page, err = run(environment, "report", "--period", PERIOD)
    assert (status, err) == (0, "")
    environment.stderr = TerminalStream()
    status, again, err = run(environment, "report", "--period", PERIOD)
    assert (status, again) == (0, page)
    commands = steps(environment)
    assert err.endswith("\n".join(["", "Next:", *(f"  {each}" for each in commands), ""]))
    assert "hacked" not in "".join(commands)
