"""Whatever happens between fetches from GitLab: the rows stored in the end are those of one fetch at the end."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.model.periods import Period
from harvester.sdk.connector import Request
from tests.connectors.fetches import Read, Stored
from tests.connectors.gitlabs import on, read, source
from tests.servers.gitlab import GitLabServer, World

PEOPLE = ("alice", "bob", "carol")
YEAR = Period(on(1, 1), on(12, 31))
STEPS = (
    "read", "merge request", "merge", "approve", "unapprove", "line comment", "edit", "label", "issue", "close",
    "close by merge", "reopen", "assign", "delete issue", "delete merge request", "move", "rename", "archive",
    "comment",
)  # fmt: skip
Step = tuple[str, int, int]


class Story:
    """A world in which something happens each day, and the rows stored of it."""

    def __init__(self, accounts: frozenset[str] | None, places: dict[str, tuple[str, ...]]) -> None:
        self.world = World(now=on(3, 1))
        self.places = places
        self.stored = Stored(YEAR, accounts)
        self.renamed = 0
        for name in PEOPLE:
            self.world.user(name)
        for name in ("acme/pay", "acme/web"):
            self.world.project(name)

    def step(self, server: GitLabServer, step: Step) -> None:
        self.world.now += dt.timedelta(days=1)
        what, one, other = step
        if what == "read":
            self.read(server)
        else:
            getattr(self, what.replace(" ", "_"))(one, other)

    def fresh(self, server: GitLabServer) -> Read:
        return read(server, Request(self.stored.period, self.stored.accounts), now=self.world.now, **self.places)

    def read(self, server: GitLabServer) -> None:
        self.stored.take(source(server, now=self.world.now, **self.places).fetch(self.stored.request))

    def of(self, entries: list[dict], number: int, *states: str) -> dict | None:
        found = [each for each in entries if each["state"] in states]
        return found[number % len(found)] if found else None

    def name(self, number: int) -> str:
        return sorted(self.world.projects)[number % 2]

    def merge_request(self, one: int, other: int) -> None:
        self.world.merge_request(self.name(other), PEOPLE[one % 3], self.world.now)

    def merge(self, one: int, other: int) -> None:
        if made := self.of(self.world.merge_requests, one, "opened"):
            self.world.merge(made, PEOPLE[other % 3], self.world.now)

    def approve(self, one: int, other: int) -> None:
        if made := self.of(self.world.merge_requests, one, "opened", "merged"):
            self.world.approve(made, PEOPLE[other % 3], self.world.now)

    def unapprove(self, one: int, other: int) -> None:
        made = self.of(self.world.merge_requests, one, "opened", "merged")
        if made and made["approvedBy"]:
            self.world.unapprove(made, made["approvedBy"][0]["username"], self.world.now)

    def line_comment(self, one: int, other: int) -> None:
        if made := self.of(self.world.merge_requests, one, "opened", "merged"):
            self.world.line_comment(made, PEOPLE[other % 3], self.world.now)

    def comment(self, one: int, other: int) -> None:
        if entries := [*self.world.merge_requests, *self.world.issues]:
            self.world.comment(entries[one % len(entries)], PEOPLE[other % 3], self.world.now)

    def edit(self, one: int, other: int) -> None:
        if entries := [*self.world.merge_requests, *self.world.issues]:
            entries[one % len(entries)] |= {"title": f"Edit {other}", "updatedAt": self.world.now}

    def label(self, one: int, other: int) -> None:
        if entries := [*self.world.merge_requests, *self.world.issues]:
            item = entries[one % len(entries)]
            item["labels"] = [
                *item["labels"],
                {"id": f"gid://gitlab/ProjectLabel/{self.world.next('Label')}", "title": f"l{other}"},
            ]
            item["updatedAt"] = self.world.now

    def issue(self, one: int, other: int) -> None:
        assignees = [PEOPLE[other % 3]] if one % 2 else []
        self.world.issue(self.name(other), PEOPLE[one % 3], self.world.now, assignees=assignees)

    def close(self, one: int, other: int) -> None:
        if issue := self.of(self.world.issues, one, "opened"):
            self.world.close(issue, self.world.now, PEOPLE[other % 3])

    def close_by_merge(self, one: int, other: int) -> None:
        issue, made = self.of(self.world.issues, one, "opened"), self.of(self.world.merge_requests, other, "opened")
        if issue and made:
            made["description"] = f"Closes {issue['project']['fullPath']}#{issue['iid']}"
            self.world.merge(made, "bob", self.world.now, [issue])

    def reopen(self, one: int, other: int) -> None:
        if issue := self.of(self.world.issues, one, "closed"):
            self.world.reopen(issue, PEOPLE[other % 3], self.world.now)

    def assign(self, one: int, other: int) -> None:
        if issue := self.of(self.world.issues, one, "opened", "closed"):
            chosen = [self.world.user(PEOPLE[other % 3])] if other % 4 else []
            issue |= {"assignees": chosen, "updatedAt": self.world.now}

    def delete_issue(self, one: int, other: int) -> None:
        self.delete(self.world.issues, one)

    def delete_merge_request(self, one: int, other: int) -> None:
        self.delete(self.world.merge_requests, one)

    def delete(self, entries: list[dict], one: int) -> None:
        """Of several, since nothing shows whether the only one was deleted or hidden."""
        for project in self.world.projects.values():
            own = [each for each in entries if each["project"] is project]
            if len(own) > 4:
                self.world.delete(own[one % len(own)])

    def move(self, one: int, other: int) -> None:
        issue = self.of(self.world.issues, one, "opened")
        target = self.name(other)
        if issue and issue["project"]["fullPath"] != target:
            self.world.move(issue, target, PEOPLE[other % 3], self.world.now)

    def rename(self, one: int, other: int) -> None:
        self.renamed += 1
        self.world.rename(self.name(one), f"acme/r{self.renamed}")

    def archive(self, one: int, other: int) -> None:
        project = self.world.project(self.name(one))
        project["archived"] = not project["archived"]


@pytest.mark.parametrize(
    ("accounts", "places"),
    [
        (frozenset({"alice"}), {}),
        (frozenset(PEOPLE), {"groups": ("acme",)}),
        (None, {"groups": ("acme",), "also": ("comments", "opened")}),
    ],
    ids=["one person", "some people in a group", "everyone in a group"],
)
@settings(max_examples=25, deadline=None)
@example([("issue", 0, 0), ("close", 0, 0), ("read", 0, 0), ("reopen", 0, 0), ("close", 0, 1)])
@example([("read", 0, 0), ("issue", 0, 0), ("close", 0, 0), ("read", 0, 0), ("move", 0, 0)])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 9)), min_size=5, max_size=25))
def test_gitlab_changes_equal_a_full_fetch(accounts, places, steps):
    """Whatever happens between fetches, the rows in the end are those of a full fetch."""
    story = Story(accounts, places)
    with GitLabServer(story.world) as server:
        for step in [*steps, ("read", 0, 0)]:
            story.step(server, step)
        assert story.stored.rows == {row.id: row for row in story.fresh(server).rows}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS[1:]), st.integers(0, 9), st.integers(0, 9)), min_size=5, max_size=25))
def test_both_ways_of_reading_gitlab_find_the_same(steps):
    """By person and by scope, where the descriptions of merge requests say what they close."""
    story, also = Story(frozenset({"alice"}), {}), {"also": ("comments", "opened")}
    with GitLabServer(story.world) as server:
        for step in steps:
            story.step(server, step)
        by_person = read(server, Request(YEAR, frozenset({"alice"})), now=story.world.now, **also)
        by_scope = read(server, Request(YEAR, None), now=story.world.now, groups=("acme",), **also)
    assert (by_person.gaps, by_scope.gaps) == ([], [])
    assert {row.id: row for row in by_person.rows} == {row.id: row for row in by_scope.rows if row.account == "alice"}
