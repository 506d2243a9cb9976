"""Whatever happens to tickets between fetches: the rows stored in the end are those of one fetch at the end."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.model.accounts import account_key
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from tests.connectors.fetches import Read, Stored
from tests.connectors.jiras import FLAVOURS, on, read, source
from tests.servers.jira import Issue, JiraServer, World

PEOPLE = ("ann", "bob", "carl")
YEAR = Period(on(1, 1), on(12, 31))
STEPS = (
    "read",
    "ticket",
    "assign",
    "start",
    "resolve",
    "not do",
    "reopen",
    "move",
    "delete",
    "comment",
    "edit",
    "label",
    "report",
    "log",
    "relog",
    "unlog",
)
Step = tuple[str, int, int]


class Story:
    """A world in which something happens each day, and the rows stored of it."""

    def __init__(self, flavour: str, names: tuple[str, ...] | None, **options: object) -> None:
        self.world = World(now=on(3, 1))
        accounts = names and frozenset(self.world.native(each, flavour == "cloud") for each in names)
        self.options = options
        self.stored = Stored(YEAR, accounts)
        for name in PEOPLE:
            self.world.user(name)
        self.world.project("PAY")
        self.world.project("TM", team_managed=True)

    def step(self, server: JiraServer, step: Step) -> None:
        self.world.now += dt.timedelta(days=1)
        what, one, other = step
        if what == "read":
            self.read(server)
        elif what == "ticket":
            self.world.issue(
                ("PAY", "TM")[other % 2], self.world.now, assignee=PEOPLE[one % 3], reporter=PEOPLE[other % 3]
            )
        elif issues := list(self.world.issues.values()):
            getattr(self, what.replace(" ", "_"))(issues[one % len(issues)], other)

    def fresh(self, server: JiraServer) -> Read:
        return read(server, Request(self.stored.period, self.stored.accounts), **self.options)

    def read(self, server: JiraServer) -> None:
        self.stored.take(source(server, **self.options).fetch(self.stored.request))

    def truth(self) -> set[tuple[str, str, str, dt.datetime]]:
        """Who has resolved what and when, by going through each ticket's history."""
        found = set()
        for issue in self.world.issues.values():
            if entry := _resolved_by(self.world, issue):
                assignee = _assigned_at(issue, entry)
                if assignee:
                    found.add((issue["id"], "assignee", assignee, entry["at"]))
                if entry["author"] != assignee:
                    found.add((issue["id"], "resolver", entry["author"], entry["at"]))
        return found

    def credits(self) -> set[tuple[str, str, str, dt.datetime]]:
        """What the stored rows say of that."""
        names = {
            account_key(each[key]): name for name, each in self.world.users.items() for key in ("accountId", "name")
        }
        rows = [each for each in self.stored.rows.values() if each.role in {"assignee", "resolver"}]
        return {(each.id.split("/")[2], each.role, names[account_key(each.account)], each.occurred_at) for each in rows}

    def assign(self, issue: Issue, other: int) -> None:
        self.world.assign(issue, (*PEOPLE, None)[other % 4], self.world.now, PEOPLE[other % 3])

    def start(self, issue: Issue, other: int) -> None:
        if not issue["resolution"]:
            self.world.transition(issue, ("In Progress", "To Do", "Closed")[other % 3], self.world.now)

    def resolve(self, issue: Issue, other: int) -> None:
        self.world.resolve(issue, self.world.now, PEOPLE[other % 3], ("Done", "Fixed")[other % 2])

    def not_do(self, issue: Issue, other: int) -> None:
        self.world.resolve(issue, self.world.now, PEOPLE[other % 3], "Won't Do")

    def reopen(self, issue: Issue, other: int) -> None:
        self.world.reopen(issue, self.world.now)

    def move(self, issue: Issue, other: int) -> None:
        if issue["project"] == "PAY":
            self.world.move(issue, ("PAY", "WEB")[other % 2], self.world.now)

    def delete(self, issue: Issue, other: int) -> None:
        del self.world.issues[issue["id"]]

    def comment(self, issue: Issue, other: int) -> None:
        self.world.comment(issue, PEOPLE[other % 3], self.world.now)

    def report(self, issue: Issue, other: int) -> None:
        issue |= {"reporter": PEOPLE[other % 3], "updated": self.world.now}

    def log(self, issue: Issue, other: int) -> None:
        self.world.worklog(issue, PEOPLE[other % 3], self.world.now, 600 * other)

    def relog(self, issue: Issue, other: int) -> None:
        if issue["worklogs"]:
            issue["worklogs"][other % len(issue["worklogs"])] |= {"seconds": 60 * other, "started": on(1, 1 + other)}
            issue["updated"] = self.world.now

    def unlog(self, issue: Issue, other: int) -> None:
        if issue["worklogs"]:
            self.world.unlog(issue, issue["worklogs"][other % len(issue["worklogs"])], self.world.now)

    def edit(self, issue: Issue, other: int) -> None:
        issue |= {"summary": f"Edit {other}", "updated": self.world.now}

    def label(self, issue: Issue, other: int) -> None:
        issue |= {"labels": (f"l{other}",), "updated": self.world.now}


def _resolved_by(world: World, issue: Issue) -> dict | None:
    """The entry that made a ticket resolved the last time; None where it is open."""
    last = None
    for entry in issue["histories"]:
        for item in entry["items"]:
            if issue["resolution"] and item["field"] == "resolution" and not item["fromString"]:
                last = entry
            kinds = (
                [world.category(item[end]) for end in ("fromString", "toString")] if item["field"] == "status" else []
            )
            if not issue["resolution"] and kinds and kinds[0] != "Done" == kinds[1]:
                last = entry
    return last if issue["resolution"] or world.category(issue["status"]) == "Done" else None


def _assigned_at(issue: Issue, entry: dict) -> str | None:
    """Who was assigned when an entry was made."""
    changes = [
        (each["at"], item)
        for each in issue["histories"]
        for item in each["items"]
        if item["field"] == "assignee" and each is not entry
    ]
    before = [item["to"] for at, item in changes if at < entry["at"]]
    after = [item["from"] for at, item in changes if at > entry["at"]]
    return before[-1] if before else after[0] if after else issue["assignee"]


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    ("names", "options"),
    [
        (("ann",), {"also": ["reported", "comments"]}),
        (("ann",), {"also": ["reported", "worklogs"]}),
        (None, {}),
        (PEOPLE, {"jql": "labels != l1 OR labels is EMPTY"}),
    ],
    ids=["one person", "worklogs", "everyone", "what is labelled"],
)
@settings(max_examples=6, deadline=None)
@example([("ticket", 0, 1), ("resolve", 0, 0), ("read", 0, 0), ("reopen", 0, 0), ("read", 0, 0), ("resolve", 0, 1)])
@example([("ticket", 0, 0), ("ticket", 0, 0), ("resolve", 0, 0), ("read", 0, 0), ("move", 0, 1), ("delete", 1, 0)])
@example([("ticket", 1, 1), ("log", 0, 0), ("read", 0, 0), ("unlog", 0, 0)])
@example([("ticket", 1, 0), ("read", 0, 0), ("report", 0, 1)])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 9)), min_size=5, max_size=25))
def test_fetching_changes_equals_a_full_fetch(flavour, names, options, steps):
    """Whatever happens between fetches, the rows in the end are those of a full fetch."""
    story = Story(flavour, names, **options)
    with JiraServer(story.world, flavour) as server:
        for step in [*steps, ("read", 0, 0)]:
            story.step(server, step)
        assert story.stored.rows == {row.id: row for row in story.fresh(server).rows}
        if not options:
            assert story.credits() == story.truth()
