"""`harvester checkin` as a user meets it: its day, what it keeps, and what `verify` says later."""

import datetime as dt
import json
import shutil

import pytest

from tests.environments import NOW, run, stand_in
from tests.test_cli_goals import CONFIGURATION, HISTORY

GOALS = """
[[goals]]
name = "payments"
title = "Lead the payments rewrite"
from = 2026-07-01
until = 2026-09-30
measure = "commits"
target = 4
match = { paths = ["services/", "tools/", "docs/"] }
"""
MADE = ("checkin", "--no-harvest")
KEPT = "checkins/2026-07-15.json"


def read(folder):
    """A folder with two months of work that were read, and a goal."""
    environment = stand_in(folder, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    (environment.cwd / "goals.toml").write_text(GOALS)
    assert run(environment, "harvest", "--period", "2026-07..2026-10", "--person", "me")[0] == 0
    return environment


@pytest.fixture(scope="module")
def harvested(tmp_path_factory):
    return read(tmp_path_factory.mktemp("checkin"))


@pytest.fixture
def environment(harvested):
    """What was read, with no check-in kept yet."""
    shutil.rmtree(harvested.cwd / "checkins", ignore_errors=True)
    (harvested.cwd / "goals.toml").write_text(GOALS)
    for each in harvested.cwd.glob("*.md*"):
        each.unlink()
    harvested.clock = lambda: NOW
    return harvested


def verified(environment, name):
    return run(environment, "verify", name, "--no-harvest")[:2]


def test_a_check_in_is_the_report_of_a_day(environment):
    """By default of today; a period means its last day, or today where that is later."""
    text = run(environment, *MADE, "--on", "2026-08-15")[1]
    assert "# Ada Lovelace – check-in, 15 August 2026" in text
    assert "*1 July to 15 August 2026 ·" in text
    assert "| 4 commits | 3 | 2 | `███████░░░` on track |" in text
    assert run(environment, "report", "checkin", "--no-harvest", "--period", "2026-08-01..2026-08-15")[1] == text
    today = run(environment, *MADE)[1]
    assert "check-in, 15 October 2026" in today
    assert "*1 to 15 October 2026 ·" in today
    assert run(environment, "report", "checkin", "--no-harvest", "--period", "2026Q4")[1] == today


def test_verify_says_same_whatever_is_kept_later(environment):
    """A page depends on the check-ins before its day alone: on none of its own day and of later ones."""
    run(environment, *MADE, "--on", "2026-07-15", "--keep", "-o", "july.md")
    status, _, said = run(environment, *MADE, "--on", "2026-08-15", "--keep", "-o", "august.md")
    assert (status, said) == (
        0, "Wrote august.md.\nKept the check-in of 15 August 2026 in checkins/2026-08-15.json.\n",
    )  # fmt: skip
    run(environment, *MADE, "--on", "2026-09-01", "--keep", "-o", "september.json")
    assert "2 → 3 commits" in (environment.cwd / "august.md").read_text("utf-8")
    for name in ("july.md", "august.md", "september.json"):
        status, out = verified(environment, name)
        assert (status, out.partition(":")[0]) == (0, "Same")


def test_verify_names_another_kept_check_in(environment):
    """Such as one that was kept since of a day before the page's: nothing is wrong with the sources, so it is 4.

    In an edited page a figure that is not as in the data is named as any other.
    """
    run(environment, *MADE, "--on", "2026-07-15", "--keep", "-o", "july.md")
    run(environment, *MADE, "--on", "2026-08-15", "-o", "august.md")
    run(environment, *MADE, "--on", "2026-08-01", "--keep", "-o", "first.md")
    status, out = verified(environment, "august.md")
    assert status == 4
    assert "The check-in that was kept before it is not as for this report. What august.md says of changes" in out
    (environment.cwd / "checkins" / "2026-08-01.json").unlink()
    assert verified(environment, "august.md")[0] == 0
    page = environment.cwd / "august.md"
    page.write_text(page.read_text("utf-8").replace("| 4 commits | 3 |", "| 4 commits | 4 |"), "utf-8")
    (environment.cwd / KEPT).unlink()
    assert verified(environment, "august.md")[0] == 1


def test_the_last_day_of_a_goal_is_the_same_later(environment):
    """While it runs the goal has a pace, and so it has on the page of that day for ever."""
    environment.clock = lambda: dt.datetime(2026, 9, 30, 10, tzinfo=dt.UTC)
    run(environment, *MADE, "-o", "last.md")
    assert "`███████░░░` at risk" in (environment.cwd / "last.md").read_text("utf-8")
    environment.clock = lambda: NOW
    assert verified(environment, "last.md")[0] == 0
    assert "`███████░░░` at risk" in run(environment, *MADE, "--on", "2026-09-30")[1]


def test_another_check_in_of_a_day_is_not_overwritten(environment):
    """The page is written all the same; the same check-in may be kept again."""
    day = ("--on", "2026-07-15", "--keep", "-o", "page.md")
    assert run(environment, *MADE, *day)[0] == run(environment, *MADE, *day)[0] == 0
    before = (environment.cwd / KEPT).read_bytes()
    (environment.cwd / "goals.toml").write_text(GOALS.replace("target = 4", "target = 5"))
    status, _, said = run(environment, *MADE, *day)
    assert status == 1
    assert said.startswith("Wrote page.md.\nError: ")
    assert f"{KEPT}: another check-in of 2026-07-15 is kept and was not overwritten.\n--force replaces it.\n" in said
    assert (environment.cwd / KEPT).read_bytes() == before
    assert run(environment, *MADE, *day, "--force")[0] == 0
    assert json.loads((environment.cwd / KEPT).read_text())["goals"][0]["target"] == 5


def test_a_broken_file_is_an_error_of_check_ins_alone(environment):
    """It names the file and the reason; no other report reads it, nor a check-in before it."""
    (environment.cwd / "checkins").mkdir()
    (environment.cwd / KEPT).write_text("{")
    status, _, said = run(environment, *MADE, "--on", "2026-08-15")
    assert status == 1
    assert f"{KEPT}: this is not a kept check-in: Expecting property name" in said
    assert run(environment, *MADE, "--on", "2026-07-15")[0] == 0
    assert run(environment, "report", "--period", "2026Q3", "--no-harvest")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("checkin", "--on", "2026-10-16"), "'2026-10-16' has not begun"),
        (("checkin", "--on", "0001-01-02"), "'0001-01-02' is too long ago"),
        (("checkin", "--on", "2026-08"), "'2026-08' is not a valid day"),
        (("checkin", "--on", ""), "it is empty"),
        (("report", "checkin", "--period", "2027"), "'2027' has not begun"),
        (("report", "checkin", "--person", "teammate"), "goals in goals.toml, which are yours"),
        (("report", "checkin", "--everyone"), "goals in goals.toml, which are yours"),
        (("report", "checkin", "--each", "--person", "teammate", "-o", "pages/"), "which are yours"),
        (("report", "checkin", "--audience", "public"), "'checkin' is not for the audience 'public'"),
        (("checkin", "--repo", ".", "--keep"), "A check-in is kept beside a harvester.toml; none was read."),
    ],
)
def test_what_is_no_check_in_is_refused(environment, arguments, says):
    status, out, said = run(environment, *arguments)
    assert status in {1, 2}
    assert (out, says in said) == ("", True), said
    assert not (environment.cwd / "checkins").exists()


def test_a_lost_ledger_loses_no_check_in(tmp_path):
    """What was kept is beside harvester.toml, and the sources give the rest again; who forgets oneself removes it."""
    environment = read(tmp_path)
    run(environment, *MADE, "--on", "2026-07-15", "--keep", "-o", "page.md")
    run(environment, *MADE, "--on", "2026-08-15", "-o", "before.md")
    for each in sorted((environment.cwd / ".harvester").rglob("*"), reverse=True):
        each.unlink() if each.is_file() else each.rmdir()
    run(environment, "checkin", "--on", "2026-08-15", "-o", "after.md")
    before, after = ((environment.cwd / name).read_text("utf-8") for name in ("before.md", "after.md"))
    assert "1 → 3 commits" in after or "2 → 3 commits" in after
    assert before.partition("\n")[2] == after.partition("\n")[2]
    assert run(environment, "forget", "teammate", "--yes")[1] == "Removed 0 rows.\n"
    assert (environment.cwd / KEPT).exists()
    assert run(environment, "forget", "me", "--yes")[1] == "Removed 3 rows and 1 kept check-in.\n"
    assert not (environment.cwd / "checkins").exists()
