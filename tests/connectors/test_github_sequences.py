"""Whatever happens between fetches: the rows stored in the end are those of one fetch at the end."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.model.periods import Period
from harvester.sdk.connector import Request
from tests.connectors.fetches import Read, Stored, on
from tests.connectors.githubs import read, source
from tests.servers.github import GitHubServer, World

PEOPLE = ("alice", "bob", "carol")
YEAR = Period(on(1, 1), on(12, 31))
STEPS = (
    "read", "pull", "merge", "review", "dismiss", "edit", "label", "issue", "quiet issue", "close", "close by pull",
    "reopen", "assign", "delete", "move", "rename",
)  # fmt: skip
Step = tuple[str, int, int]


class Story:
    """A world in which something happens each day, and the rows stored of it."""

    def __init__(self, accounts: frozenset[str] | None, scopes: dict[str, tuple[str, ...]]) -> None:
        self.world = World(now=on(3, 1))
        self.scopes = scopes
        self.stored = Stored(YEAR, accounts)
        for name in PEOPLE:
            self.world.user(name)
        self.world.repository("acme/pay")
        self.world.repository("acme/web")

    def step(self, server: GitHubServer, step: Step) -> None:
        self.world.now += dt.timedelta(days=1)
        what, one, other = step
        if what == "read":
            self.read(server)
        else:
            getattr(self, what.replace(" ", "_"))(one, other)

    def fresh(self, server: GitHubServer) -> Read:
        return read(server, Request(self.stored.period, self.stored.accounts), now=self.world.now, **self.scopes)

    def read(self, server: GitHubServer) -> None:
        self.stored.take(source(server, now=self.world.now, **self.scopes).fetch(self.stored.request))

    def of(self, kind: str, number: int, *states: str, quiet: bool = True) -> dict | None:
        found = [each for each in self.world.items if each["__typename"] == kind and each["state"] in states]
        found = [each for each in found if quiet or each["comments"]]
        return found[number % len(found)] if found else None

    def name(self, number: int) -> str:
        return sorted(self.world.repositories)[number % 2]

    def pull(self, one: int, other: int) -> None:
        self.world.pull(self.name(other), PEOPLE[one % 3], self.world.now)

    def merge(self, one: int, other: int) -> None:
        if pull := self.of("PullRequest", one, "OPEN"):
            commit = {"__typename": "Commit", "id": f"C_{pull['id']}", "oid": f"{pull['number']:040x}"}
            now = self.world.now
            pull |= {"state": "MERGED", "mergedAt": now, "updatedAt": now, "mergeCommit": commit}

    def review(self, one: int, other: int) -> None:
        if pull := self.of("PullRequest", one, "OPEN", "MERGED"):
            self.world.review(pull, PEOPLE[other % 3], "APPROVED", self.world.now)

    def dismiss(self, one: int, other: int) -> None:
        if (pull := self.of("PullRequest", one, "OPEN", "MERGED")) and pull["reviews"]:
            pull["reviews"][other % len(pull["reviews"])]["state"] = "DISMISSED"
            pull["updatedAt"] = self.world.now

    def edit(self, one: int, other: int) -> None:
        if self.world.items:
            self.world.items[one % len(self.world.items)] |= {"title": f"Edit {other}", "updatedAt": self.world.now}

    def label(self, one: int, other: int) -> None:
        if self.world.items:
            item = self.world.items[one % len(self.world.items)]
            others = [each for each in item["labels"] if each["name"] != f"l{other}"]
            item["labels"] = [*others, {"__typename": "Label", "id": f"L_{other}", "name": f"l{other}"}]
            item["updatedAt"] = self.world.now

    def issue(self, one: int, other: int) -> None:
        """Everybody has a word in it: search by person finds nobody who has nothing to do with an issue."""
        issue = self.world.issue(self.name(other), PEOPLE[one % 3], self.world.now)
        for name in PEOPLE:
            self.world.comment(issue, name, self.world.now)

    def quiet_issue(self, one: int, other: int) -> None:
        """Only a pull request leads to it."""
        self.world.issue(self.name(other), PEOPLE[one % 3], self.world.now)

    def close(self, one: int, other: int) -> None:
        if issue := self.of("Issue", one, "OPEN", quiet=False):
            self.world.close(issue, self.world.now, PEOPLE[other % 3])

    def close_by_pull(self, one: int, other: int) -> None:
        issue, pull = self.of("Issue", one, "OPEN"), self.of("PullRequest", other, "OPEN")
        if issue and pull:
            pull["closingIssuesReferences"].append(issue)
            self.merge(other, 0)
            self.world.close(issue, self.world.now, "bob", pull)

    def reopen(self, one: int, other: int) -> None:
        if issue := self.of("Issue", one, "CLOSED"):
            self.world.reopen(issue, self.world.now)

    def assign(self, one: int, other: int) -> None:
        if issue := self.of("Issue", one, "OPEN", "CLOSED", quiet=False):
            chosen = [self.world.user(PEOPLE[other % 3])] if other % 4 else []
            issue |= {"assignees": chosen, "updatedAt": self.world.now}

    def delete(self, one: int, other: int) -> None:
        """Of several, since nothing shows whether the only one was deleted or hidden."""
        found = [each for each in self.world.items if each["__typename"] == "Issue"]
        for name in self.world.repositories:
            own = [each for each in found if each["repository"]["nameWithOwner"] == name]
            if len(own) > 4:
                self.world.items.remove(own[one % len(own)])

    def move(self, one: int, other: int) -> None:
        """An issue that somebody other than its pull request leads to gets another id and number elsewhere."""
        if (issue := self.of("Issue", one, "OPEN", "CLOSED", quiet=False)) and not self.closed_by_pull(issue):
            number = self.world.next()
            target = self.world.repository(self.name(other))
            issue |= {"id": f"I_{number}", "number": number, "repository": target, "updatedAt": self.world.now}

    def closed_by_pull(self, issue: dict) -> bool:
        return any(
            issue in each["closingIssuesReferences"] for each in self.world.items if "closingIssuesReferences" in each
        )

    def rename(self, one: int, other: int) -> None:
        self.world.rename(self.name(one), f"acme/r{self.world.next()}")


@pytest.mark.parametrize(
    ("accounts", "scopes"),
    [
        (frozenset({"alice"}), {}),
        (frozenset(PEOPLE), {"organisations": ("acme",)}),
        (None, {"organisations": ("acme",)}),
    ],
    ids=["one person", "some people in an organisation", "everyone in an organisation"],
)
@settings(max_examples=25, deadline=None)
@example(
    [("quiet issue", 1, 0), ("pull", 0, 0), ("close by pull", 0, 0), ("read", 0, 0), ("reopen", 0, 0), ("pull", 1, 0),
     ("read", 0, 0), ("close by pull", 0, 0)]
)  # fmt: skip
@example([("issue", 0, 0), ("close", 0, 0), ("read", 0, 0), ("reopen", 0, 0), ("close", 0, 1)])
@example([("read", 0, 0), ("issue", 0, 0), ("close", 0, 0), ("read", 0, 0), ("move", 0, 0)])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 9)), min_size=5, max_size=25))
def test_fetching_changes_equals_a_full_fetch(accounts, scopes, steps):
    """Whatever happens between fetches, the rows in the end are those of a full fetch."""
    story = Story(accounts, scopes)
    with GitHubServer(story.world) as server:
        for step in [*steps, ("read", 0, 0)]:
            story.step(server, step)
        assert story.stored.rows == {row.id: row for row in story.fresh(server).rows}
