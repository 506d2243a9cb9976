"""The small Jira's query language: that it finds what Jira finds, and refuses what Jira refuses."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.servers.jira import World
from tests.servers.jql import JqlError, ordered, read


def on(day: int, hour: int = 12, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 7, day, hour, minute, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def world() -> World:
    """Three tickets: done by ann, done by bob who had it from ann, and one that is open."""
    made = World(zone="America/Los_Angeles")
    first = made.issue("PAY", on(1), assignee="ann", labels=("Money",), summary="Charge once")
    made.resolve(first, on(3, 6, 59), "ann")
    second = made.issue("WEB", on(2), assignee="ann", reporter="carl")
    made.assign(second, "bob", on(4))
    made.resolve(second, on(5), "bob", "Won't Do", "Closed")
    made.issue("PAY", on(2))
    made.user('o"neil \\ 名')
    return made


def found(world: World, jql: str, cloud: bool = True) -> list[str]:
    query = read(world, jql, cloud)
    return [
        each["key"] for each in ordered(world, list(filter(query.holds, world.issues.values())), query.order, False)
    ]


ANN, BOB = (f'"{World().native(name, cloud=True)}"' for name in ("ann", "bob"))


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        (f"assignee = {ANN}", "PAY-1"),
        (f"assignee was {ANN} ORDER BY key ASC", "PAY-1 WEB-1"),
        (f"assignee WAS NOT IN ({ANN}) order by key", "PAY-2"),
        (f"assignee WAS {ANN} BEFORE '2026-07-03 04:59' ORDER BY created", "PAY-1 WEB-1"),
        (f"assignee changed to {BOB} by {ANN}", ""),
        (f"assignee CHANGED TO {BOB} DURING ('2026-07-04', '2026-07-05')", "WEB-1"),
        (f"assignee CHANGED TO {BOB} AFTER '2026-07-05'", ""),
        (f"assignee WAS {BOB} AFTER '2026-07-05'", "WEB-1"),
        (f"resolution CHANGED BY ({ANN}, {BOB}) DURING ('2026-07-02 10:00', '2026-07-03')", "PAY-1"),
        ("assignee IS EMPTY", "PAY-2"),
        ("project != PAY", "WEB-1"),
        ("project in (pay, web) AND NOT (labels = money OR statusCategory != Done)", "WEB-1"),
        ("labels != money", ""),
        ("statusCategory = done ORDER BY resolved DESC", "WEB-1 PAY-1"),
        ('resolution = "won\'t do"', "WEB-1"),
        ("resolution WAS 'Done'", "PAY-1"),
        ("resolution = Unresolved", "PAY-2"),
        ("resolution IS EMPTY", "PAY-2"),
        ("resolution is not null and key = pay-1", "PAY-1"),
        ("resolved >= '2026-07-02 23:59' AND resolved < '2026-07-03'", "PAY-1"),
        ("resolved >= 2026-07-03", "WEB-1"),
        ("key in (WEB-1) or summary ~ charge", "PAY-1 WEB-1"),
        ("created >= -52w order by created asc, key desc", "PAY-1 WEB-1 PAY-2"),
    ],
)
def test_what_a_query_finds(world, jql, keys):
    """Dates are read in the profile's zone: 06:59 in UTC is the evening before in Los Angeles."""
    came = found(world, jql)
    assert (came if "order" in jql.casefold() else sorted(came)) == keys.split()


@pytest.mark.parametrize(
    ("jql", "words"),
    [
        ("assignee = nobody", "'nobody' does not exist for the field 'assignee'"),
        ("assignee = ann", "'ann' does not exist for the field 'assignee'"),
        ("resolution = Nope", "'Nope' does not exist for the field 'resolution'"),
        ("project = NOPE", "'NOPE' does not exist for the field 'project'"),
        ("key = PAY-9", "'PAY-9' does not exist"),
        ("team = x", "Field 'team' does not exist"),
        ("resolved > '2026-07-01 10:00:01'", "is invalid"),
        ("resolved > '2026-07-01T10:00Z'", "is invalid"),
        ("project = PAY AND", "the end of the query"),
        ("project = PAY OR OR labels = x", "'OR' was not expected"),
        ("(project = PAY", "the end of the query"),
        ("project = PAY) OR (project = WEB", r"'\)' was not expected"),
        ("labels = select", "'select' was not expected"),
        ('labels = "open', "is not allowed"),
        ("labels = a@b", "is not allowed"),
        ('labels = "a\\q"', "illegal JQL escape"),
        ("labels WAS x", "History searches do not support"),
        ("summary = x ORDER BY nothing", "Field 'nothing' does not exist"),
        ("assignee in membersOf(x)", "was not expected"),
        ("assignee = me()", "Unable to find JQL function"),
        ("project > PAY", "'>' is not supported"),
    ],
)
def test_what_is_refused(world, jql, words):
    with pytest.raises(JqlError, match=words):
        read(world, jql, cloud=True)


def test_what_only_one_flavour_knows(world):
    """Data Center names users by name or key, and does not know when a status category changed."""
    key = world.user("ann")["key"]
    assert found(world, "assignee = ANN", cloud=False) == found(world, f"assignee = {key}", cloud=False) == ["PAY-1"]
    assert found(world, "statusCategoryChangedDate >= '2026-07-04'") == ["WEB-1"]
    with pytest.raises(JqlError, match="does not exist"):
        read(world, "statusCategoryChangedDate >= '2026-07-04'", cloud=False)


def test_quoted_texts_are_read_as_written(world):
    assert found(world, r'reporter = "o\"neil \\ 名"', cloud=False) == []
    assert found(world, r"reporter = 'o\u0022neil \\ 名'", cloud=False) == []
