"""Goals, decisions and notes as a user meets them: what the commands say, what they write, what counts afterwards."""

import datetime as dt
import io
import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from harvester.goals import decisions
from harvester.workspace.init import GOALS
from tests.environments import PRELUDE, TerminalStream, run, shown, stand_in

Q3 = ("--period", "2026Q3")
HISTORY = """
ada 2026-07-03T09:00:00+02:00 services/pay/key.py "Carry the order's key"
ada 2026-07-10T09:00:00+02:00 tools/invoice.py "Invoices in the night"
ada 2026-08-02T10:00:00+02:00 docs/runbook.md "A runbook"
grace 2026-08-03T10:00:00+02:00 services/pay/queue.py "A queue of payments"
ada 2026-10-02T10:00:00+02:00 tools/invoice.py "Late invoices"
"""
CONFIGURATION = """
[people.me]
name = "Ada Lovelace"
emails = ["ada@example.org"]

[people.teammate]
name = "Grace Hopper"
emails = ["grace@example.org"]

[sources.here]
connector = "git"
repositories = ["."]

[sources.notebook]
connector = "notebook"
"""
AGREED = """
[[criteria]]
name = "leads"
level = "Senior engineer"
text = "Leads projects."

[[goals]]
name = "payments"
title = "Lead the payments rewrite"
criterion = "leads"
from = 2026-07-01
until = 2026-09-30
measure = "commits"
target = 4
words = ["invoice"]
match = { paths = ["services/pay/"] }

[[goals]]
name = "no-double-charges"
title = "Nobody is charged twice"
from = 2026-07-01
until = 2026-09-30
measure = "outcome"
baseline = 31
target = 0
unit = "double charges a month"
"""


@pytest.fixture
def environment(tmp_path):
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(AGREED)
    return environment


def commit(environment, title):
    """The hash of the commit of this title."""
    command = ["git", "log", "--format=%H", "--fixed-strings", f"--grep={title}"]
    return subprocess.run(command, cwd=environment.cwd, capture_output=True, text=True, check=True).stdout.split()[-1]


def decided(environment):
    """The decisions in decisions.toml: the beginning of the subject, the goal, the decision."""
    path = environment.cwd / "decisions.toml"
    return [(each.work_item[:14], each.goal, each.accept) for each in decisions.load(path).entries]


def progress(environment, goal="payments"):
    """What is done for a goal by what is known."""
    data = json.loads(run(environment, "goals", "progress", *Q3, "--no-harvest", "--json")[1])
    return next(each for each in data["goals"] if each["goal"] == goal)["done"]


def test_goals_are_listed_with_days_and_targets(environment):
    status, out, err = run(environment, "goals", "list")
    assert (status, err) == (0, "")
    assert "Criterion leads: Leads projects. (Senior engineer)" in out
    assert "Goal payments: Lead the payments rewrite\n  1 July to 30 September 2026 · 4 commits · for leads\n" in out
    assert "1 July to 30 September 2026 · from 31 to 0 double charges a month\n" in out
    data = json.loads(run(environment, "goals", "list", "--json")[1])
    assert data["goals"][0]["from"] == "2026-07-01"
    assert [each["name"] for each in data["criteria"]] == ["leads"]


def test_check_ins_and_days_away_are_listed_too(environment):
    more = 'checkins = [2026-08-15]\naway = ["2026-07-20..2026-08-02"]\nmeasure = "commits"'
    (environment.cwd / "goals.toml").write_text(AGREED.replace('measure = "commits"', more))
    out = run(environment, "goals", "list")[1]
    assert "check-in on 15 August 2026 · away 20 July to 2 August 2026" in out


QUESTIONS = """
[[questions]]
title = "Impact"
text = "What did you achieve?"
limit = 1000
goals = ["payments"]
criteria = ["leads"]
match = { labels = ["impact"] }

[[questions]]
title = "Anything else"
"""


def test_questions_of_a_form_are_listed_and_counted(environment):
    (environment.cwd / "goals.toml").write_text(AGREED + QUESTIONS)
    out = run(environment, "goals", "list")[1]
    assert out.endswith(
        "\n\nQuestion: Impact\n  goal payments · criterion leads · its rule · 1,000 characters\n"
        "Question: Anything else\n  the highlights\n"
    )
    data = json.loads(run(environment, "goals", "list", "--json")[1])
    assert [each["title"] for each in data["questions"]] == ["Impact", "Anything else"]
    assert "2 goals, 1 criterion, 2 questions, 0 decisions" in run(environment, "goals", "check")[1]
    assert json.loads(run(environment, "goals", "check", "--json")[1])["questions"] == 2


@pytest.mark.parametrize("command", [["goals", "list"], ["goals", "check"], ["goals", "progress"]])
def test_without_goals_the_next_step_is_said(tmp_path, command):
    status, out, err = run(stand_in(tmp_path, HISTORY), *command)
    assert (status, out) == (1, "")
    assert "There is no goals.toml yet." in err
    assert "`harvester init` writes one" in err


def test_files_that_hold_together_are_said_to(environment):
    status, out, err = run(environment, "goals", "check")
    assert (status, err) == (0, "")
    assert out == "goals.toml and decisions.toml are valid: 2 goals, 1 criterion, 0 decisions.\n"


def test_errors_of_both_files_come_together(environment):
    """Each with its place and the nearest name."""
    (environment.cwd / "goals.toml").write_text(AGREED.replace('criterion = "leads"', 'criterion = "leds"'))
    (environment.cwd / "decisions.toml").write_text('[[decisions]]\nsubject = "x"\n')
    status, out, err = run(environment, "goals", "check")
    assert (status, out) == (1, "")
    assert "Error: goals.toml: goals[1].criterion: there is no criterion 'leds'; did you mean 'leads'?\n" in err
    assert "\ndecisions.toml: decisions[1].work_item: this key is missing\n" in err


GONE = """
[[decisions]]
work_item = "example/pay#9"
goal = "paymets"
decision = "accept"
date = 2026-08-01
"""


def test_what_cannot_match_is_a_warning(environment):
    """A goal that can never match, and names of unknown goals and work, each with its place."""
    (environment.cwd / "goals.toml").write_text(AGREED.replace('"services/pay/"', '"!services"'))
    (environment.cwd / "decisions.toml").write_text(GONE)
    run(environment, "note", "About nothing", "--date", "2026-08-01")
    with (environment.cwd / "notebook.md").open("a") as file:
        file.write("goal: paiments\n")
    run(environment, "harvest", *Q3)
    status, out, _ = run(environment, "goals", "check")
    assert status == 0
    assert "goals.toml: goals[1].match.paths: '!services' can never match" in out
    assert "decisions[1].goal: there is no goal 'paymets'; did you mean 'payments'?" in out
    assert "decisions[1].work_item: no work item 'example/pay#9' was read" in out
    assert "notebook.md:5: there is no goal 'paiments'; did you mean 'payments'?" in out
    assert len(json.loads(run(environment, "goals", "check", "--json")[1])["warnings"]) == 4


def test_work_items_are_looked_up_once_read(environment):
    """In everything that has been read, of any period."""
    sha = commit(environment, "Late invoices")
    (environment.cwd / "decisions.toml").write_text(
        GONE.replace("example/pay#9", f"commit/{sha}").replace("mets", "ments")
    )
    assert "Nothing has been read yet" in run(environment, "goals", "check")[1]
    run(environment, "harvest", *Q3)
    assert f"no work item 'commit/{sha}' was read" in run(environment, "goals", "check")[1]
    run(environment, "harvest", "--period", "2026Q4")
    assert "warning" not in run(environment, "goals", "check")[1]


def test_warnings_are_counted_and_named_once(environment):
    """With their file as seen from the current folder."""
    (environment.cwd / "goals.toml").write_text(AGREED.replace('"services/pay/"', '"docs/["'))
    (environment.cwd / "decisions.toml").write_text(GONE)
    (environment.cwd / "notebook.md").write_text("## 2026-08-01 A\ngoal: paiments\noutcome: paiments = 4\n")
    expected = [
        "2 goals, 1 criterion, 1 decision; 3 warnings:",
        "warning  goals.toml: goals[1].match.paths: 'docs/[' can never match: a '[' is never closed by a ']'",
        "warning  decisions.toml: decisions[1].goal: there is no goal 'paymets'; did you mean 'payments'?",
        "warning  notebook.md:1: there is no goal 'paiments'; did you mean 'payments'?",
        "Nothing has been read yet, so decisions were not looked up: run `harvester harvest`.",
    ]
    assert run(environment, "goals", "check")[1].splitlines() == expected

    environment.cwd /= "services"
    above = [re.sub(r"^warning  ", "warning  ../", line) for line in expected]
    assert run(environment, "goals", "check")[1].splitlines() == above


def test_a_far_file_is_named_in_full(environment):
    """Where the relative path is longer."""
    (environment.cwd / "goals.toml").write_text(AGREED.replace('"services/pay/"', '"!services"'))
    root, environment.cwd = environment.cwd, Path("/usr/lib")
    out = run(environment, "goals", "check", "--config", str(root / "harvester.toml"))[1]
    assert f"warning  {root / 'goals.toml'}: goals[1].match.paths:" in out


def test_a_glob_without_files_is_a_warning(environment):
    """With the path that may be meant; not before anything was read."""
    (environment.cwd / "goals.toml").write_text(AGREED.replace('["services/pay/"]', '["services/pya/", "docs/"]'))
    assert "warning" not in run(environment, "goals", "check")[1]
    run(environment, "harvest", *Q3)
    warnings = json.loads(run(environment, "goals", "check", "--json")[1])["warnings"]
    assert [each.partition("goals.toml: ")[2] for each in warnings] == [
        "goals[1].match.paths: 'services/pya/' matches none of the files read so far; did you mean 'services/pay/'?"
    ]


def test_what_no_source_has_is_a_warning(environment):
    """Before anything was read: git has no reviews, and labels only a notebook's notes."""
    goals = AGREED.replace('"commits"', '"reviews"').replace("paths =", "labels =")
    (environment.cwd / "goals.toml").write_text(goals)
    warnings = [each.split(": ")[1:3] for each in run(environment, "goals", "check")[1].splitlines() if "no" in each]
    assert [place for place, _ in warnings] == ["goals[1].measure", "goals[1].match.labels"]
    assert warnings[0][1].startswith(
        "git knows of reviews only by `Reviewed-by` in commits, and none was read so far; "
    )


def test_odd_notes_are_warnings_with_their_line(environment):
    """Notes about unknown work, and notes dated in the future."""
    sha = commit(environment, "Carry the order")
    run(environment, "note", "A", "--about", "nosuch#5", "--about", sha, "--date", "2026-08-01")
    run(environment, "note", "B", "--about", f"commit/{sha[:9]}", "--date", "2026-10-16")
    assert "nosuch" not in run(environment, "goals", "check")[1]
    run(environment, "harvest", *Q3)
    assert run(environment, "goals", "check")[1].splitlines()[1:] == [
        "warning  notebook.md:5: 'nosuch#5' matches no work item that was read, or several",
        "warning  notebook.md:8: 16 October 2026 is in the future; the entry counts from that day on",
    ]


def test_a_note_links_its_work_to_its_goal(environment):
    """The goal counts it, and what the note is about is looked up when it is written."""
    sha = commit(environment, "Carry the order")
    run(environment, "harvest", *Q3)
    say = ("note", "Carried", "--goal", "payments", "--date", "2026-08-01", "--about")
    assert run(environment, *say, sha[:9])[::2] == (0, "")
    assert run(environment, *say, "nosuch#5")[2] == "Note: 'nosuch#5' matches no work item that was read, or several.\n"
    assert "the note of 1 August 2026 says so" in run(environment, "explain", sha, "--harvest")[1]


def test_progress_is_told_with_pace_and_state(environment):
    run(environment, "note", "Fewer", "--outcome", "no-double-charges = 4", "--date", "2026-08-20")
    status, out, err = run(environment, "goals", "progress", *Q3)
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines == [
        "Ada Lovelace, Q3 2026",
        "Goal Target Done Expected by now State",
        "payments 4 commits 1 4 not met",
        "no-double-charges from 31 to 0 double charges a month 4 0 not met",
        "Criterion Text Pieces of work",
        "leads Leads projects. 1",
    ]


def test_criteria_have_progress_without_goals(environment):
    (environment.cwd / "goals.toml").write_text(
        '[[criteria]]\nname = "grows"\ntext = "Writes things down."\nmatch = { paths = ["docs/"] }\n'
    )
    status, out, err = run(environment, "goals", "progress", *Q3)
    assert (status, err) == (0, "")
    assert "grows Writes things down. 1" in [" ".join(line.split()) for line in out.splitlines()]
    data = json.loads(run(environment, "goals", "progress", *Q3, "--json")[1])
    assert data["criteria"] == [{"criterion": "grows", "pieces": 1}]


def test_progress_while_a_period_runs(environment):
    """What is expected by now is that of the day."""
    environment.clock = lambda: dt.datetime(2026, 8, 15, 12, tzinfo=dt.UTC)
    data = json.loads(run(environment, "goals", "progress", "--period", "this-quarter", "--json")[1])
    assert data["complete"] is True
    assert (data["goals"][0]["done"], data["goals"][0]["state"]) == (1, "off track")
    assert data["goals"][0]["expected"] == pytest.approx(4 * 46 / 92)


def test_goals_outside_the_period_are_only_named(environment):
    out = run(environment, "goals", "progress", "--period", "2026Q2")[1]
    assert [line.strip() for line in out.splitlines()][3:] == [
        "payments has no day in this period: 1 July to 30 September 2026",
        "no-double-charges has no day in this period: 1 July to 30 September 2026",
    ]
    assert json.loads(run(environment, "goals", "progress", "--period", "2026Q2", "--json")[1])["goals"] == []


def test_progress_of_unread_work_is_incomplete(environment):
    status, _, err = run(environment, "goals", "progress", *Q3, "--no-harvest")
    assert status == 3
    assert "Incomplete: here: not read yet" in err
    assert run(environment, "goals", "progress", *Q3, "--no-harvest", "--allow-incomplete")[0] == 0


def test_progress_of_another_person_is_their_own(environment):
    """My notes have no part in it."""
    run(environment, "note", "Fewer", "--outcome", "no-double-charges = 4", "--date", "2026-08-20")
    data = json.loads(run(environment, "goals", "progress", *Q3, "--person", "teammate", "--json")[1])
    assert [each["done"] for each in data["goals"]] == [1, None]


def test_a_decision_counts_in_its_goal(environment):
    """decisions.toml has the full name of the work item."""
    sha = commit(environment, "Invoices in the night")
    run(environment, "harvest", *Q3)
    assert progress(environment) == 1
    status, out, err = run(environment, "decide", sha[:8], "--goal", "payments", "--note", "it pays")
    assert (status, err) == (0, "")
    assert out == f"commit/{sha} serves payments: Invoices in the night. Stored in decisions.toml.\n"
    assert tomllib.loads((environment.cwd / "decisions.toml").read_text()) == {
        "decisions": [
            {"work_item": f"commit/{sha}", "goal": "payments", "decision": "accept", "date": dt.date(2026, 10, 15),
             "note": "it pays"},
        ]
    }  # fmt: skip
    assert progress(environment) == 2


def test_a_rejection_overrides_rules_until_undone(environment):
    sha = commit(environment, "Carry the order")
    run(environment, "harvest", *Q3)
    assert "does not serve payments" in run(environment, "decide", sha, "--goal", "payments", "--reject")[1]
    assert progress(environment) == 0
    assert "no longer rejected" in run(environment, "decide", sha[:7], "--goal", "payments", "--undo")[1]
    assert progress(environment) == 1
    status, _, err = run(environment, "decide", sha, "--goal", "payments", "--undo")
    assert status == 1
    assert "Nothing was decided" in err


def test_a_decision_about_lost_work_can_be_undone(environment):
    (environment.cwd / "decisions.toml").write_text(GONE)
    assert run(environment, "decide", "example/pay#9", "--goal", "paymets", "--undo")[0] == 0
    assert decided(environment) == []


def test_the_day_of_a_decision_is_the_persons(environment):
    with (environment.cwd / "harvester.toml").open("a") as file:
        file.write('[me]\ntimezone = "Pacific/Auckland"\n')
    run(environment, "harvest", *Q3)
    run(environment, "decide", commit(environment, "Carry the order"), "--goal", "payments")
    assert "date = 2026-10-16" in (environment.cwd / "decisions.toml").read_text()


def test_work_outside_a_goal_s_days_is_a_warning(environment):
    run(environment, "harvest", "--period", "2026Q4")
    _, _, err = run(environment, "decide", commit(environment, "Late invoices"), "--goal", "payments")
    days = "payments runs from 1 July 2026 up to 30 September 2026"
    assert err == f"It is dated 2 October 2026; {days}, so it does not count there.\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["nothing", "--goal", "payment"], 1, "There is no goal 'payment'; did you mean 'payments'?"),
        (
            ["pay#9", "--goal", "payments"],
            1,
            "There is no work item 'pay#9' in what has been read.\nHas it been read? `harvester harvest",
        ),
        (["pay#9", "--goal", "payments", "--undo", "--reject"], 2, "--undo cannot be combined with"),
        (["pay#9"], 2, "Name a --goal or a --criterion, or say --highlight or --no-highlight."),
        (["pay#9", "--highlight", "--reject"], 2, "--reject needs a --goal"),
        ([" ", "--goal", "payments"], 2, "it is empty"),
        (["--goal", "payments"], 2, "Missing argument 'WORK_ITEM…'"),
        (["pay#9", "--criterion", "leds"], 1, "There is no criterion 'leds'; did you mean 'leads'?"),
        (["pay#9", "--highlight"], 1, "There is no work item 'pay#9' in what has been read."),
    ],
)
def test_a_refused_decision_writes_nothing(environment, arguments, status, said):
    run(environment, "harvest", *Q3)
    found, out, err = run(environment, "decide", *arguments)
    assert (found, out) == (status, "")
    assert said in err
    assert not (environment.cwd / "decisions.toml").exists()


def test_several_work_items_are_decided_at_once(environment):
    run(environment, "harvest", *Q3)
    two = [commit(environment, title) for title in ("Invoices in the night", "A runbook")]
    status, out, _ = run(environment, "decide", two[0][:9], two[1], two[0], "--goal", "payments", "--highlight")
    assert (status, out) == (
        0,
        (
            f"commit/{two[0]} serves payments and is a highlight: Invoices in the night.\n"
            f"commit/{two[1]} serves payments and is a highlight: A runbook. Stored in decisions.toml.\n"
        ),
    )
    stored = decisions.load(environment.cwd / "decisions.toml")
    assert [each.work_item for each in stored.entries] == [f"commit/{sha}" for sha in two]
    assert stored.highlights == dict.fromkeys((f"commit/{sha}" for sha in two), True)
    status, out, _ = run(environment, "decide", *(sha[:8] for sha in two), "--goal", "payments", "--undo")
    assert (status, out.count(": no longer accepted.")) == (0, 2)
    assert progress(environment) == 1


def test_all_work_items_are_decided_or_none(environment):
    """Each that is unknown is named, and undoing is all or nothing too."""
    run(environment, "harvest", *Q3)
    sha = commit(environment, "A runbook")
    status, out, err = run(environment, "decide", sha, "pay#9", "pay#8", "--goal", "payments")
    assert (status, out) == (1, "")
    assert "There is no work item 'pay#9' in what has been read.\nThere is no work item 'pay#8'" in err
    assert "\nNothing was decided.\nHas it been read?" in err
    assert not (environment.cwd / "decisions.toml").exists()
    run(environment, "decide", sha, "--goal", "payments")
    status, _, err = run(environment, "decide", sha, commit(environment, "Carry"), "--goal", "payments", "--undo")
    assert (status, "\nNothing was undone.\n" in err) == (1, True)
    assert len(decided(environment)) == 1


def test_work_is_linked_to_a_criterion_and_unlinked(environment):
    """Without a goal, and against the goal that serves it."""

    def pieces():
        data = json.loads(run(environment, "goals", "progress", *Q3, "--no-harvest", "--json")[1])
        return [each["pieces"] for each in data["criteria"]]

    run(environment, "harvest", *Q3)
    runbook, before = commit(environment, "A runbook"), pieces()[0]
    out = run(environment, "decide", runbook[:9], "--criterion", "leads", "--note", "On call")[1]
    assert out == f"commit/{runbook} serves leads: A runbook. Stored in decisions.toml.\n"
    assert pieces() == [before + 1]
    run(environment, "decide", commit(environment, "Carry"), "--criterion", "leads", "--reject")
    assert pieces() == [before]
    first = decisions.load(environment.cwd / "decisions.toml").entries[0]
    assert (first.goal, first.criterion, first.accept, first.note) == ("", "leads", True, "On call")
    out = run(environment, "decide", runbook[:9], "--criterion", "leads", "--undo")[1]
    assert out == f"commit/{runbook} and leads: no longer accepted.\n"
    assert pieces() == [before - 1]


def test_a_highlight_is_pinned_dropped_and_undone(environment):
    (environment.cwd / "goals.toml").unlink()
    run(environment, "harvest", *Q3)
    sha = commit(environment, "A runbook")
    assert "is a highlight: A runbook." in run(environment, "decide", sha, "--highlight")[1]
    assert "is no highlight: A runbook." in run(environment, "decide", sha, "--no-highlight")[1]
    assert decisions.load(environment.cwd / "decisions.toml").highlights == {f"commit/{sha}": False}
    out = run(environment, "decide", sha[:8], "--highlight", "--undo")[1]
    assert out == f"commit/{sha}: no longer kept from the highlights.\n"
    status, _, err = run(environment, "decide", sha[:8], "--highlight", "--undo")
    assert (status, f"Nothing was decided about commit/{sha} and highlights." in err) == (1, True)


def test_a_decision_is_undone_by_its_short_name(environment):
    """Nothing has been read."""
    (environment.cwd / "decisions.toml").write_text(GONE)
    assert run(environment, "decide", "pay#9", "--goal", "paymets", "--undo")[0] == 0
    assert decided(environment) == []


@pytest.mark.parametrize("arguments", [["goals", "list"], ["note", "A talk"], ["decide", "--help"]])
def test_commands_without_rows_import_no_frames(environment, arguments):
    script = (
        "import sys; from harvester.cli.main import main; main(sys.argv[1:]); "
        "print(sorted({'pandas', 'pyarrow', 'deltalake', 'jinja2', 'rich'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=environment.cwd, env=environment.environ, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


PULL = 'ada 2026-08-08T09:00:00+00:00 x "Do it (#12)"'


def test_an_ambiguous_name_is_refused(environment):
    """With the work items that it may be."""
    for place in ("one", "two"):
        other = environment.cwd.parent / place / "pay"
        other.mkdir(parents=True)
        script = f"{PRELUDE}git remote add origin https://github.com/{place}/pay\n{PULL}"
        subprocess.run(["sh", "-c", script], cwd=other, env=environment.environ, check=True)
    text = CONFIGURATION.replace('["."]', '["../one/pay", "../two/pay"]')
    (environment.cwd / "harvester.toml").write_text(text)
    run(environment, "harvest", *Q3)
    status, _, err = run(environment, "decide", "pay#12", "--goal", "payments")
    assert status == 1
    assert "'pay#12' may be github.com/one/pay#12, github.com/two/pay#12." in err
    assert run(environment, "decide", "one/pay#12", "--goal", "payments")[0] == 0
    # Both clones have the same commit, which counts once.
    assert "(it counts as github.com/one/pay#12)" in run(environment, "decide", "two/pay#12", "--goal", "payments")[2]


MERGED = """
git remote add origin https://github.com/example/pay
ada 2026-07-19T09:00:00+00:00 README.md "Begin"
git checkout --quiet -b retries
ada 2026-07-20T09:00:00+00:00 services/pay/retry.py "Try again"
git checkout --quiet main
ada 2026-07-21T09:00:00+00:00 services/pay/alone.py "All by itself"
who="Ada Lovelace" mail=ada@example.org as 2026-07-22T09:00:00+00:00 \\
    git merge --quiet --no-ff --message "Merge pull request #12 from ada/retries" retries
"""


def test_a_commit_of_a_pull_request_is_refused(tmp_path):
    """With the name of the pull request."""
    environment = stand_in(tmp_path, MERGED)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(AGREED)
    run(environment, "harvest", *Q3)
    sha = commit(environment, "Try again")
    status, out, err = run(environment, "decide", sha[:8], "--goal", "payments", "--reject")
    assert (status, out) == (1, "")
    assert f"commit/{sha} counts with its pull request, so nothing was decided about it by itself.\n" in err
    assert "`harvester decide github.com/example/pay#12 --goal payments --reject`." in err
    assert not (environment.cwd / "decisions.toml").exists()
    assert run(environment, "decide", commit(environment, "All by itself"), "--goal", "payments", "--reject")[0] == 0
    assert run(environment, "decide", "pay#12", "--goal", "payments", "--reject")[0] == 0


OF_OTHERS = """
git remote add origin https://github.com/example/pay
ada 2026-07-19T09:00:00+00:00 README.md "Begin"
grace 2026-07-20T09:00:00+00:00 services/pay/both.py "Do it together (#12)

Co-authored-by: Ada Lovelace <ada@example.org>"
git checkout --quiet -b retries
grace 2026-07-20T09:00:00+00:00 services/pay/retry.py "Try again"
git checkout --quiet main
who="Ada Lovelace" mail=ada@example.org as 2026-07-22T09:00:00+00:00 \\
    git merge --quiet --no-ff --message "Merge pull request #13 from grace/retries" retries
grace 2026-07-23T09:00:00+00:00 services/pay/alone.py "All by herself (#14)"
"""


@pytest.mark.parametrize("arguments", [(), ("--everyone",)], ids=["of me", "of everyone"])
def test_uncounted_work_is_refused_with_the_reason(tmp_path, arguments):
    """It may be rejected all the same."""
    environment = stand_in(tmp_path, OF_OTHERS)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(AGREED)
    run(environment, "harvest", *Q3, *arguments)
    for what, why in (
        ("pay#12", "as co-author: listed for information; not in the totals"),
        ("pay#13", "as merger: not in the totals"),
    ):
        status, out, err = run(environment, "decide", what, "--goal", "payments")
        assert (status, out) == (1, "")
        assert f"Nothing of github.com/example/{what} counts for you ({why}), so it can serve no goal" in err
        assert f"({why}), so it can be no highlight" in run(environment, "decide", what, "--highlight")[2]
        assert f'`harvester note "…" --about github.com/example/{what} --goal payments`' in err
    assert not (environment.cwd / "decisions.toml").exists()
    assert run(environment, "decide", "pay#13", "--goal", "payments", "--reject")[0] == 0
    assert run(environment, "decide", "pay#13", "--goal", "payments", "--undo")[0] == 0


TRACKER = """
import datetime as dt
from dataclasses import dataclass
from harvester.sdk.connector import ConnectorContext
from harvester.model.contribution import Contribution

@dataclass(frozen=True)
class Tracker:
    \"\"\"Two tickets.\"\"\"

    context: ConnectorContext

    def fetch(self, request):
        for number, state in ((1, "duplicate"), (2, "completed")):
            yield Contribution(
                id=f"issue/{number}", source=self.context.source, scope="all", kind="issue", account="ada",
                work_item=f"tracker.example.org/pay#{number}", role="assignee", title="Ticket", state=state,
                occurred_at=dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC),
            )
"""


def test_a_duplicate_ticket_serves_no_goal(environment, install):
    install("harvester_tracker", TRACKER, tracker="harvester_tracker:Tracker")
    text = CONFIGURATION.replace('org"]', 'org"]\naccounts = { tracker = "ada" }', 1)
    (environment.cwd / "harvester.toml").write_text(text + '[sources.tracker]\nconnector = "tracker"\n')
    assert run(environment, "harvest", *Q3)[0] == 0
    status, _, err = run(environment, "decide", "pay#1", "--goal", "payments")
    assert (status, "counts for you (closed as a duplicate), so it can serve no goal" in err) == (1, True)
    assert run(environment, "decide", "pay#2", "--goal", "payments")[0] == 0
    assert "why_not_counted  closed as a duplicate\n" in run(environment, "explain", "pay#1", *Q3)[1]


def test_work_of_a_configured_person_can_be_linked(tmp_path):
    """Work of anybody else cannot."""
    environment = stand_in(tmp_path, OF_OTHERS)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(AGREED)
    run(environment, "harvest", *Q3, "--everyone")
    assert run(environment, "decide", "pay#14", "--goal", "payments")[0] == 0
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION.replace("grace@example.org", "g@example.org"))
    status, _, err = run(environment, "decide", "pay#14", "--goal", "payments")
    assert (status, "counts for you (somebody else's)" in err) == (1, True)


def test_a_cherry_pick_serves_no_goal(tmp_path):
    first = "$(git log -1 --format=%H --grep=runbook)"
    script = f'ada 2026-08-04T10:00:00+02:00 y "Again\n\n(cherry picked from commit {first})"\n'
    environment = stand_in(tmp_path, HISTORY + script)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(AGREED)
    run(environment, "harvest", *Q3)
    status, _, err = run(environment, "decide", commit(environment, "Again"), "--goal", "payments")
    assert (status, "(the same change as an earlier commit, which counts)" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("PAIRED on  the first", "paired-on-the-first-shift"),
        ("Paired on the second", "paired-on-the-second"),
        ("2026-08-15", "a-talk"),
    ],
)
def test_a_note_is_found_by_title_or_day(environment, words, slug):
    """The beginning of the title is enough."""
    titles = ("Paired on the first shift", "Paired on the second", "Paired on the second shift", "A talk")
    for day, title in enumerate(titles, 12):
        run(environment, "note", title, "--date", f"2026-08-{day}")
    run(environment, "harvest", *Q3)
    status, out, _ = run(environment, "explain", words, *Q3)
    assert (status, out.count("\nwork_item "), out.count(f" notebook/{slug}-")) == (0, 1, 2)
    status, out, _ = run(environment, "decide", words, "--goal", "payments")
    assert (status, out.startswith(f"notebook/{slug}-")) == (0, True)


def test_an_ambiguous_title_is_refused(environment):
    """With both notes; an unknown one says how notes are named."""
    for day, title in ((12, "Paired on the first shift"), (13, "Paired on the second shift")):
        run(environment, "note", title, "--date", f"2026-08-{day}")
    run(environment, "harvest", *Q3)
    err = run(environment, "decide", "paired on", "--goal", "payments")[2]
    assert "'paired on' may be notebook/paired-on-the-first-shift-" in err
    assert ", notebook/paired-on-the-second-shift-" in err
    for command in (("decide", "notebook", "--goal", "payments"), ("explain", "notebook", *Q3)):
        assert "A note is named by its title or its day." in run(environment, *command)[2]


def test_explain_takes_several(environment):
    """What is named twice is explained once; an unknown one is named, and then nothing is explained."""
    two = [commit(environment, title) for title in ("A runbook", "Carry the order")]
    out = run(environment, "explain", *two, two[0][:8], *Q3, "--json")[1]
    assert [each["work_item"] for each in json.loads(out)] == [f"commit/{sha}" for sha in two]
    status, out, err = run(environment, "explain", two[0], "pay#9", *Q3)
    assert (status, out, "There is no work item 'pay#9' in Q3 2026." in err) == (1, "", True)


def test_explain_reads_sources_only_where_it_must(environment):
    """What the ledger has is explained from it, without a source that can no longer be read."""
    run(environment, "harvest", *Q3)
    sha = commit(environment, "A runbook")
    (environment.cwd / ".git").rename(environment.cwd / "git-moved-away")
    assert run(environment, "explain", sha, *Q3)[0] == 0
    (environment.cwd / "git-moved-away").rename(environment.cwd / ".git")
    run(environment, "note", "A talk", "--date", "2026-08-15")
    assert run(environment, "explain", "A talk", *Q3, "--no-harvest")[0] == 1
    assert run(environment, "explain", "A talk", *Q3)[0] == 0


def test_explain_cuts_long_texts(environment):
    """JSON has them whole."""
    (environment.cwd / "notebook.md").write_text(f"## 2026-08-12 Long\n{'x' * 1_000_000}\n")
    out = run(environment, "explain", "long", *Q3)[1]
    assert len(out) < 10_000
    assert "x… (1,000,000 characters; --json has them all)" in out
    assert json.loads(run(environment, "explain", "long", *Q3, "--json")[1])[0]["body"] == "x" * 1_000_000


def test_nothing_can_be_decided_before_a_harvest(environment):
    status, _, err = run(environment, "decide", "pay#9", "--goal", "payments")
    assert status == 1
    assert "Run `harvester harvest` first." in err


def triage(environment, *answers, arguments=Q3):
    """What triage says to these lines typed on a terminal."""
    environment.stdin = TerminalStream("".join(f"{each}\n" for each in answers))
    status, out, err = run(environment, "triage", *arguments)
    assert (status, err) == (0, "")
    return out


def test_triage_asks_about_suggestions_first(environment):
    """And then about unplanned work."""
    out = triage(environment, "s", "s")
    night, runbook = commit(environment, "Invoices in the night"), commit(environment, "A runbook")
    assert f"1 of 2 · commit/{night} · commit, 10 July 2026\n  Invoices in the night\n" in out
    assert "1  payments: the word invoice" in out
    assert f"2 of 2 · commit/{runbook} · commit, 2 August 2026\n" in out
    assert "not linked to a goal" in out
    assert "Carry the order" not in out
    assert "0 accepted, 0 rejected, 2 left.\n" in out
    assert not (environment.cwd / "decisions.toml").exists()


def test_triage_names_the_keys_that_there_are(environment):
    out = triage(environment, "r 2", "q")
    assert out.count("  [1-2] accept one · a the first · g GOAL another · r [1-2] reject · s skip") == 1
    assert out.count("  1 or a accept it · g GOAL another · r reject · s skip") == 1


def test_accepted_work_counts_and_is_not_asked_again(environment):
    out = triage(environment, "a", "g payments")
    assert "2 accepted, 0 rejected, 0 left; stored in decisions.toml." in out
    assert [each[1:] for each in decided(environment)] == [("payments", True), ("payments", True)]
    assert progress(environment) == 3
    assert "Nothing is left to decide on." in triage(environment)


def test_what_is_rejected_is_not_suggested_again(environment):
    assert "1 rejected" in triage(environment, "r", "q")
    assert [each[1:] for each in decided(environment)] == [("payments", False)]
    assert "  payments:" not in triage(environment)


def test_quitting_keeps_decisions(environment):
    """So does the end of the input."""
    assert "1 accepted, 0 rejected, 1 left; stored" in triage(environment, "1", "q")
    assert len(decided(environment)) == 1
    assert "0 accepted, 0 rejected, 1 left." in triage(environment)


def test_undo_restores_the_decision_before(environment):
    sha = commit(environment, "A runbook")
    run(environment, "harvest", *Q3)
    run(
        environment,
        "decide",
        commit(environment, "Invoices"),
        "--goal",
        "no-double-charges",
        "--reject",
        "--note",
        "no",
    )
    before = (environment.cwd / "decisions.toml").read_text()
    out = triage(environment, "u", "g no-double-charges", "g payments", "u", "u", "q")
    assert "Nothing was decided yet." in out
    assert "Undone for no-double-charges." in out
    assert "That was the last" in out
    assert "0 accepted, 0 rejected, 2 left." in out
    assert (environment.cwd / "decisions.toml").read_text() == before
    assert sha not in before


def test_an_unknown_answer_shows_the_keys(environment):
    """And decides nothing."""
    out = triage(environment, "", "7", "a 2", "r 9", "accept", "g paymints", "g", "", "q")
    assert "g GOAL     accept another goal" in out
    assert "There is no goal 'paymints'; did you mean 'payments'?" in out
    assert decided(environment) == []


def test_a_title_cannot_command_the_terminal(tmp_path):
    environment = stand_in(
        tmp_path, "ada 2026-07-03T09:00:00+02:00 x \"$(printf 'Inv\\033[2Joice \\342\\200\\256 %0900d' 1)\""
    )
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(AGREED)
    out = triage(environment, "g payments")
    assert "Inv?[2Joice ? 000" in out
    assert max(map(len, out.splitlines())) <= 210
    assert len(decided(environment)) == 1


BUILDS = """
ada 2026-08-05T10:00:00+02:00 ci/one.yml "[ci] Build 12 again?"
ada 2026-08-06T10:00:00+02:00 ci/two.yml "[CI]  Cache nothing [deps]"
ada 2026-08-07T10:00:00+02:00 services/x.py "c is not a build"
"""


@pytest.fixture
def with_builds(tmp_path):
    environment = stand_in(tmp_path, HISTORY + BUILDS)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(AGREED)
    return environment


def test_a_rule_is_never_asked_about_again(with_builds):
    """The rules offered come from the item, and the rest of the session keeps to the one that is chosen."""
    out = triage(with_builds, "s", "s", "i", "1", "s")
    assert "  1  title=[ci] * (2 items)\n  2  path=/ci/one.yml (1 item)\n" in out
    assert "  Never asked about again: title=[ci] * (2 items).\n" in out
    assert "Cache nothing" not in out
    assert "0 accepted, 0 rejected, 2 ignored, 3 left; stored in decisions.toml.\n" in out
    out = triage(with_builds, "q")
    assert "1 of 3 " in out
    assert "2 items are ignored by 1 rule; `harvester triage --ignored` lists them.\n" in out
    assert "- 5 items not linked to a goal: `harvester triage`" in run(with_builds, "report", *Q3, "--draft")[1]


def test_a_rule_is_undone_like_a_decision(with_builds):
    out = triage(with_builds, "i title=[CI] *", "u", "q")
    assert "  Undone for title=[CI] *.\n" in out
    assert "0 accepted, 0 rejected, 5 left.\n" in out


@pytest.mark.parametrize("rule", ["title=*", "path=**", "path=/*", "author=* *"])
def test_a_rule_for_everything_is_asked_about(with_builds, rule):
    """It is stored only where that is confirmed."""
    out = triage(with_builds, f"i {rule}", "n", "q")
    assert f"  {rule} would leave nothing to ask about. Store it? y for yes >   Nothing is ignored.\n" in out
    assert not (with_builds.cwd / "decisions.toml").exists()
    with_builds.stdin = TerminalStream("y\n")
    assert run(with_builds, "triage", "--ignore", rule)[0] == 0
    assert len(decisions.load(with_builds.cwd / "decisions.toml").ignored) == 1


def test_what_takes_every_item_is_asked_about_too(with_builds):
    out = triage(with_builds, "i title=*n*", "y", "u", "i title=*s*", "q")
    assert out.count("would leave nothing to ask about") == 1


def test_rules_are_added_listed_and_removed(with_builds):
    """Without a terminal."""
    assert run(with_builds, "triage", "--ignored")[1] == "Nothing is ignored.\n"
    status, out, _ = run(with_builds, "triage", "--ignore", "title=[ci] *", "--ignore", "path=docs/")
    assert (status, out.count("Never asked about again: ")) == (0, 2)
    listed = run(with_builds, "triage", "--ignored")[1]
    assert listed == "title=[ci] *  since 15 October 2026\npath=docs/  since 15 October 2026\n"
    status, _, err = run(with_builds, "triage", "--ask-again", "path=docs/", "--ask-again", "title=[ci] x")
    assert (status, "No rule ignores 'title=[ci] x'; did you mean 'title=[ci] *'?" in err) == (1, True)
    assert run(with_builds, "triage", "--ask-again", "TITLE=[CI]  *")[1] == "Asked about again: title=[ci] *.\n"
    assert run(with_builds, "triage", "--ignored")[1].count("\n") == 1


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("[ci] *", "'[ci] *' is no rule"),
        ("titel=x", "'titel=x' is no rule; did you mean 'title'?"),
        ("title= ", "does not say which title"),
        ("path=[z-a", "matches no path"),
        ("path=/", "matches no path"),
        ("title=*", "would leave nothing to ask about; nothing was stored"),
    ],
)
def test_a_wrong_rule_is_refused(with_builds, rule, said):
    with_builds.stdin = io.StringIO()
    status, out, err = run(with_builds, "triage", "--ignore", "label=x", "--ignore", rule)
    assert (status, out, said in err) == (1, "", True)
    assert not (with_builds.cwd / "decisions.toml").exists()


def test_what_a_note_names_is_asked_about_first(environment):
    """Then what is suggested, then the rest."""
    run(environment, "note", "It held", "--about", commit(environment, "A runbook"), "--date", "2026-08-20")
    out = triage(environment, "s", "s")
    assert out.index("A runbook") < out.index("Invoices in the night")


def test_triage_needs_a_terminal(environment):
    """It names the command that needs none."""
    status, out, err = run(environment, "triage", *Q3)
    assert (status, out) == (2, "")
    assert "use `harvester decide WORK_ITEM --goal" in err


def test_a_closed_input_is_no_terminal_either(environment):
    done = subprocess.run(
        f"{sys.executable} -m harvester triage <&-",
        shell=True, cwd=environment.cwd, env=environment.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "is not a terminal" in done.stderr


def test_triage_without_goals_says_what_comes_first(environment):
    (environment.cwd / "goals.toml").write_text("")
    environment.stdin = TerminalStream()
    status, _, err = run(environment, "triage")
    assert status == 1
    assert "No goals are defined yet in" in err


def test_triage_of_unread_work_is_incomplete(environment):
    """It still asks and stores the answers, then exits with 3."""
    run(environment, "harvest", "--period", "2026-07")
    environment.stdin = TerminalStream("a\n")
    status, out, err = run(environment, "triage", *Q3, "--no-harvest")
    assert status == 3
    assert "Not everything could be read" in err
    assert "1 accepted, 0 rejected, 0 left; stored in decisions.toml." in out
    environment.stdin = TerminalStream()
    assert run(environment, "triage", *Q3, "--no-harvest", "--allow-incomplete")[0] == 0


def test_triage_on_a_real_terminal(environment):
    """Typed into a pseudo terminal of the process's own; the end of the input is Ctrl-D."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "harvester", "triage", *Q3],
        cwd=environment.cwd, env=environment.environ, stdin=theirs, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        os.write(ours, b"1\n\x04")
        out, err = process.communicate()
        os.close(ours)
    assert process.returncode == 0, err
    assert "1 accepted, 0 rejected, 1 left; stored in decisions.toml." in out
    assert [each[1:] for each in decided(environment)] == [("payments", True)]


NOTE = """\
# Notebook

What no tracker sees. One heading an entry, fields as needed.

## 2026-10-15 Paired on the first on-call shift
with: teammate
goal: payments
about: PAY-7, pay#131
labels: mentoring
role: mentor
result: Two
  lines
technical: Keys
takeaway: Lists
outcome: no-double-charges = 4
link: https://example.org/x

She asked first.
"""


def test_a_note_is_plain_markdown(environment):
    """As one would write it by hand."""
    status, out, err = run(
        environment, "note", "Paired on the first on-call shift", "--with", "Grace Hopper", "--goal", "payments",
        "--about", "PAY-7", "--about", "pay#131", "--label", "mentoring", "--role", "mentor", "--result", "Two\nlines",
        "--technical", "Keys", "--takeaway", "Lists", "--outcome", "no-double-charges = 4",
        "--link", "https://example.org/x", "--body", "She asked first.",
    )  # fmt: skip
    assert status == 0
    assert out == "Wrote “Paired on the first on-call shift”, 15 October 2026, to notebook.md.\n"
    assert (environment.cwd / "notebook.md").read_text() == NOTE
    assert "Note: It is dated 15 October 2026; payments runs from 1 July 2026 up to 30 September 2026" in err


def test_a_note_goes_to_my_notebook(environment):
    """Not to another person's."""
    both = CONFIGURATION.replace("notebook]", 'theirs]\nfile = "theirs.md"\nperson = "teammate"')
    (environment.cwd / "notes").mkdir()
    text = both + '[sources.mine]\nconnector = "notebook"\nfile = "notes/mine.md"\n'
    (environment.cwd / "harvester.toml").write_text(text)
    _, out, err = run(environment, "note", "A", "--date", "2026-08-01")
    assert (out, err) == ("Wrote “A”, 1 August 2026, to notes/mine.md.\n", "")
    assert not (environment.cwd / "theirs.md").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--goal", "paymints"], 1, "There is no goal 'paymints'; did you mean 'payments'?"),
        (["--outcome", "no-double-charge = 4"], 1, "did you mean 'no-double-charges'?"),
        (["--result", "see\n```\ncode", "--takeaway", "x"], 1, "A field cannot hold a line of ```"),
        (["--outcome", "four"], 1, "The outcome 'four' is not `goal = number`"),
        (["--with", "Hopper, Grase"], 1, "has a comma, which separates people"),
        (["--date", "2026-02-30"], 1, "'2026-02-30' is not a valid day"),
        (["--role", "hero"], 2, "'hero' is not one of"),
    ],
)
def test_a_note_with_unknown_names_is_not_written(environment, arguments, status, said):
    found, out, err = run(environment, "note", "A", *arguments)
    assert (found, out) == (status, "")
    assert said in err
    assert not (environment.cwd / "notebook.md").exists()


@pytest.mark.parametrize(
    ("name", "near"),
    [("Edward G", ""), ("Grase Hopper", " Did you mean 'Grace Hopper'?")],
)
def test_whom_nobody_configured_a_note_keeps_as_text(environment, name, near):
    """With a warning; reports show the text as it was written, and no measure counts it as a person."""
    said = ("--with", "Grace Hopper", "--date", "2026-08-12", "--no-highlight")
    status, _, err = run(environment, "note", "A", "--with", name, *said)
    assert status == 0
    kept = f"Note: {name!r} is nobody under [people]: kept as written, and counted nowhere as a person."
    assert err.splitlines()[0].startswith(kept + near)
    assert f"with: {name}, teammate" in (environment.cwd / "notebook.md").read_text()
    out = shown(run(environment, "report", *Q3)[1])
    assert f"with {name} and Grace Hopper" in out
    assert "with 2 others" not in out
    assert f"there is no person '{name}'" in run(environment, "goals", "check")[1]


def test_an_address_in_a_note_is_somebody(environment):
    """The same as in a source, and so a person among others, also where nobody configured it."""
    said = ("--with", "edward@example.org", "--with", "teammate", "--date", "2026-08-12", "--about", "commit/{}")
    sha = subprocess.check_output(["git", "rev-parse", "HEAD~4"], cwd=environment.cwd, text=True).strip()
    status, _, err = run(environment, "note", "A", *(each.format(sha) for each in said))
    assert status == 0
    assert err.startswith("Note: 'edward@example.org' is nobody under [people]: kept as written.")
    assert "with 2 others" in run(environment, "report", *Q3)[1]


def test_a_name_of_several_people_is_no_note(environment):
    """Nothing is written where it is not clear who is meant."""
    twice = CONFIGURATION + '\n[people.other]\nname = "Grace Hopper"\nemails = ["g@example.org"]\n'
    (environment.cwd / "harvester.toml").write_text(twice)
    status, _, err = run(environment, "note", "A", "--with", "Grace Hopper")
    assert status == 1
    assert "'Grace Hopper' is more than one person: teammate, other." in err


def test_a_note_without_a_title_is_refused(environment):
    """The message is about the title alone."""
    status, _, err = run(environment, "note", "")
    assert status == 1
    assert "The entry has neither a title nor a result" in err
    assert err.endswith("Nothing was written.\n")
    assert "goals.toml" in run(environment, "note", "A", "--goal", "x")[2]


def test_a_note_warns_of_what_does_not_count(environment):
    said = ("--outcome", "no-double-charges = 9", "--outcome", "no-double-charges = 4", "--link", "wiki/x")
    status, _, err = run(environment, "note", "A", *said, "--date", "2026-10-16")
    assert status == 0
    assert err.splitlines() == [
        "Note: The entry has a later outcome of 'no-double-charges', which replaces 'no-double-charges = 9'.",
        "Note: 'wiki/x' is not an http or https address, so reports do not link to it.",
        "Note: 16 October 2026 is in the future; the entry counts from that day on.",
    ]


def test_only_the_wrong_outcome_is_named(environment):
    said = ("--outcome", "no-double-charges = many", "--outcome", "no-double-charges = 12")
    status, _, err = run(environment, "note", "A", *said)
    assert status == 1
    assert "The outcome 'no-double-charges = many' is not `goal = number`, so it moves no goal.\n" in err


def test_the_later_figure_of_a_day_counts(environment):
    for title, figure in (("Zero to begin with", 9), ("A better one", 4)):
        run(environment, "note", title, "--outcome", f"no-double-charges = {figure}", "--date", "2026-08-20")
    run(environment, "harvest", *Q3)
    assert progress(environment, "no-double-charges") == 4


def test_a_renamed_note_counts_once(environment):
    """Whatever else in the notebook cannot be used."""
    path = environment.cwd / "notebook.md"
    path.write_text("## 2026-08-12 First titel\n")
    assert "1 note" in run(environment, "report", *Q3)[1]
    path.write_text("## 2026-08-12 First title\n\n## Ideas for later\nA talk.\n")
    status, out, _ = run(environment, "report", *Q3)
    assert (status, "First title" in out, "First titel" in out) == (0, True, False)
    assert "notebook.md:3: 'Ideas for later' does not begin with a day" in run(environment, "doctor")[1]
    path.write_text("## 2026-08-12 The first title\n\n## 2026-08-12\n\n## 2026-08-14 Third\n")
    status, out, _ = run(environment, "report", *Q3)
    assert (status, "2 notes" in out, "First title" in out) == (3, True, False)
    assert "notebook.md:3: the entry has neither a title nor a result, so it is not counted" in shown(out)
    assert run(environment, "report", "--period", "2026-07", "--no-harvest")[0] == 0
    path.write_text("## 2026-08-12 The first title\n")
    status, out, _ = run(environment, "report", *Q3)
    assert (status, "1 note" in out) == (0, True)


def test_a_figure_for_a_counted_goal_is_a_warning(environment):
    status, _, err = run(environment, "note", "A", "--outcome", "payments = 4", "--date", "2026-08-01")
    assert status == 0
    assert "The goal 'payments' is not measured by an outcome" in err


def test_a_note_without_a_notebook_is_written(environment):
    """With the section that harvester.toml needs."""
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION.partition("[sources.notebook]")[0])
    status, out, err = run(environment, "note", "A")
    assert status == 0
    assert "to notebook.md." in out
    assert '[sources.notebook]\nconnector = "notebook"' in err


def test_a_note_without_configuration_is_written(tmp_path):
    """At the top of the repository."""
    environment = stand_in(tmp_path, HISTORY)
    environment.cwd = environment.cwd / "docs"
    status, _, err = run(environment, "note", "A", "--with", "anyone", "--goal", "some")
    assert status == 0
    assert "with: anyone\ngoal: some\n" in (environment.cwd.parent / "notebook.md").read_text()
    assert "run `harvester init`" in err


def test_a_note_is_reported_and_moves_its_goal(environment):
    run(environment, "note", "No charge twice", "--date", "2026-08-20", "--outcome", "no-double-charges = 4")
    assert "1 note" in run(environment, "report", *Q3)[1]
    assert progress(environment, "no-double-charges") == 4


def test_an_open_goal_counts_from_its_first_day(environment):
    """Also before the period."""
    open_end = AGREED.replace("until = 2026-09-30\n", "")
    (environment.cwd / "goals.toml").write_text(open_end)
    data = json.loads(run(environment, "goals", "progress", "--period", "2026-08", "--json")[1])
    assert (data["goals"][0]["done"], data["goals"][0]["expected"]) == (1, None)
    from_august = open_end.replace("from = 2026-07-01", "from = 2026-08-01")
    (environment.cwd / "goals.toml").write_text(from_august)
    assert "not linked to a goal" in triage(environment, "s", "s", "s")
    assert "payments: the word invoice" not in triage(environment, "s", "s", "s")


def test_a_note_without_a_goal_is_reported(environment):
    """With its result, with goals and without."""
    said = ("--result", "Two more can be on call", "--with", "teammate", "--date", "2026-08-12")
    run(environment, "note", "Taught the team", *said)
    line = "1. **Taught the team.** Two more can be on call *(notebook, 12 Aug)*  \n   1 note, with 1 other\n"
    assert line in run(environment, "report", *Q3)[1]
    (environment.cwd / "goals.toml").unlink()
    assert line in run(environment, "report", *Q3)[1]


def test_a_quoted_note_is_not_repeated(environment):
    """What it says stands in one place; the appendix names each note once."""
    sha = commit(environment, "Carry the order")
    run(environment, "note", "How it went", "--about", sha, "--result", "No double charge", "--date", "2026-08-12")
    run(environment, "note", "And who helped", "--about", sha, "--date", "2026-08-13")
    out = run(environment, "report", *Q3)[1]
    assert out.count("No double charge") == 1
    assert [out.count(title) for title in ("How it went", "And who helped")] == [1, 1]


def test_goals_of_one_title_have_own_sections(environment):
    (environment.cwd / "goals.toml").write_text(AGREED.replace("Nobody is charged twice", "Lead the payments rewrite"))
    out = run(environment, "report", *Q3)[1]
    assert "| [Lead the payments rewrite](#lead-the-payments-rewrite) |" in out
    assert "| [Lead the payments rewrite](#lead-the-payments-rewrite-1) |" in out


def test_triage_and_report_count_alike(environment):
    names, reverted = PRELUDE.partition("git init")[0], f"This reverts commit {commit(environment, 'A runbook')}."
    script = f'{names}\nada 2026-08-05T10:00:00+02:00 docs/runbook.md "Take it back\n\n{reverted}"'
    subprocess.run(["sh", "-c", script], cwd=environment.cwd, env=environment.environ, check=True)
    assert "- 2 items not linked to a goal: `harvester triage`" in run(environment, "report", *Q3, "--draft")[1]
    assert "2 of 2" in triage(environment, "s", "s")


def test_concurrent_notes_and_decisions_are_kept(environment):
    sha = commit(environment, "A runbook")
    run(environment, "harvest", *Q3)
    command = [sys.executable, "-m", "harvester"]
    calls = [["note", f"Note {number}"] for number in range(4)]
    calls += [["decide", sha, "--goal", goal] for goal in ("payments", "no-double-charges")]
    running = [subprocess.Popen([*command, *call], cwd=environment.cwd, env=environment.environ) for call in calls]
    assert [each.wait(60) for each in running] == [0] * len(calls)
    assert (environment.cwd / "notebook.md").read_text().count("## ") == 4
    assert sorted(goal for _, goal, _ in decided(environment)) == ["no-double-charges", "payments"]


def test_a_notebook_that_is_not_begun_is_no_hole(environment):
    status, out, _ = run(environment, "report", *Q3)
    assert status == 0
    assert "| notebook | 1 July to 30 September 2026 | 0 | complete |" in out
    assert "There is no notebook 'notebook.md' yet" in run(environment, "doctor")[1]


def test_the_goals_of_init_are_valid(tmp_path):
    """As they are, and without the `#` of each line."""
    environment = stand_in(tmp_path, HISTORY)
    run(environment, "init")
    path = environment.cwd / "goals.toml"
    assert path.read_text() == GOALS
    assert run(environment, "goals", "check")[0] == 0
    head, _, example = GOALS.partition("\n\n")
    path.write_text(head + "\n\n" + "\n".join(line.removeprefix("#") for line in example.split("\n")))
    status, out, err = run(environment, "goals", "check")
    assert (status, err) == (0, "")
    assert out == "goals.toml and decisions.toml are valid: 1 goal, 1 criterion, 1 question, 0 decisions.\n"
    assert head.splitlines()[0] == "#:schema .harvester/goals.schema.json"
    schema = json.loads((environment.cwd / ".harvester" / "goals.schema.json").read_text())
    jsonschema.validate(json.loads(json.dumps(tomllib.loads(path.read_text()), default=str)), schema)


def test_init_configures_a_notebook(tmp_path):
    """Notes count in the next report."""
    environment = stand_in(tmp_path, HISTORY)
    run(environment, "init")
    assert run(environment, "note", "A", "--date", "2026-08-01")[2] == ""
    assert "1 note" in run(environment, "report", *Q3)[1]
