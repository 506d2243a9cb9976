"""Teams: who is a member on which days, and whose work `--team` reads."""

import datetime as dt

import pytest

from harvester.errors import PersonError, UnknownError
from harvester.model.periods import calendar
from harvester.model.teams import Membership, Team
from harvester.workspace.people import choose_people
from harvester.workspace.workspace import open_workspace
from tests.environments import stand_in

BERLIN = calendar("Europe/Berlin")
TEAM = Team(
    "pay",
    "Payments",
    (
        Membership("ada"),
        Membership("grace", dt.date(2026, 7, 1), dt.date(2026, 7, 15)),
        Membership("grace", dt.date(2026, 9, 1)),
        Membership("linus", last=dt.date(2026, 6, 30)),
    ),
)


@pytest.mark.parametrize(
    ("first", "last", "members"),
    [
        ((2026, 6, 30), (2026, 6, 30), ["ada", "linus"]),
        ((2026, 7, 1), (2026, 7, 31), ["ada", "grace"]),
        ((2026, 7, 15), (2026, 7, 15), ["ada", "grace"]),
        ((2026, 7, 16), (2026, 8, 31), ["ada"]),
        ((2026, 1, 1), (2026, 12, 31), ["ada", "grace", "linus"]),
    ],
)
def test_members_of_a_period(first, last, members):
    """Members are those of any day of a period, the first and the last day of a stay included, each once."""
    assert TEAM.members(BERLIN.days(dt.date(*first), dt.date(*last)), BERLIN) == members


def test_stays_are_whole_days_of_the_calendar():
    """A stay begins and ends at midnight of the person's zone; who is no member has none."""
    first, second = TEAM.stays("grace", BERLIN)
    assert first == BERLIN.days(dt.date(2026, 7, 1), dt.date(2026, 7, 15))
    assert (second.since, second.until.year) == (BERLIN.midnight(dt.date(2026, 9, 1)), dt.MAXYEAR)
    assert TEAM.stays("bo", BERLIN) == []


CONFIGURATION = """
[people.ada]
emails = "ada@example.org"
[people.grace]
emails = "grace@example.org"
[me]
person = "ada"
[teams.pay]
members = [{ person = "ada", until = 2026-07-31 }, { person = "grace", from = 2026-08-01, until = 2026-08-31 }]
[sources.here]
connector = "git"
repositories = ["."]
"""


@pytest.fixture
def workspace(tmp_path):
    environment = stand_in(tmp_path, 'ada 2026-08-03T10:00:00+02:00 a.py "A"\n')
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    return open_workspace(environment)


def test_choose_people_takes_members_of_the_period(workspace):
    """Of a team those who are members in the period, of no period everybody who ever was."""
    july, august = (workspace.config.calendar.month(2026, each) for each in (7, 8))
    assert choose_people(workspace, team="pay", period=july) == ["ada"]
    assert choose_people(workspace, team="pay", period=august) == ["grace"]
    assert choose_people(workspace, team="pay") == ["ada", "grace"]


def test_a_team_without_members_in_the_period(workspace):
    """It is an error that says so, and where to look."""
    with pytest.raises(PersonError, match="The team pay has no members in September 2026") as error:
        choose_people(workspace, team="pay", period=workspace.config.calendar.month(2026, 9))
    assert error.value.hint == "See [teams.pay] in harvester.toml."


def test_an_unknown_team(workspace):
    """The nearest name is said."""
    with pytest.raises(UnknownError, match="did you mean 'pay'"):
        choose_people(workspace, team="pey")
