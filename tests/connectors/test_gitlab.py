"""What is read from GitLab, and that it is all there is."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest

from harvester.errors import AccessError, SourceError
from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import check_connector
from tests.connectors import gitlabs
from tests.connectors.gitlabs import QUARTER, on, read, source, wanted
from tests.servers.gitlab import NOW, GitLabServer, World

world, server = gitlabs.world, gitlabs.server
EVERYWHERE = {"groups": ("acme",)}
WAYS = pytest.mark.parametrize("settings", [{}, EVERYWHERE], ids=["by person", "by scope"])
"""Both ways yield the same rows. By scope everyone is asked for, which leaves no other way."""


def rows_of(server, people, settings):
    """The rows of some people, read by person or, for everyone, by scope."""
    found = read(server, wanted(*people) if not settings else wanted(), **settings)
    assert found.gaps == []
    return [row for row in found.rows if row.account in people]


@WAYS
def test_a_merged_merge_request_is_its_authors_row(world, server, settings):
    made = world.merge_request(
        "acme/team/pay", "alice", on(7, 2), merged=on(7, 5), title="fix(pay): charge once",
        description="Closes #7 and acme/web#8.\n\nReverts acme/team/pay!3", labels=("bug", "team::pay"), milestone="v2",
        paths=("src/pay.py", "tests/test_pay.py"), merged_by="carol", reviewers=("dave",),
        approvals=[("bob", on(7, 4))], comments=[("erin", on(7, 3))],
    )  # fmt: skip
    (row,) = rows_of(server, ("alice",), settings)
    assert row == Contribution(
        id=f"pull_request/author/{made['number']}", source="hub", scope="localhost", kind="pull_request",
        work_item="localhost/acme/team/pay!1", account="alice", role="author", occurred_at=on(7, 5),
        started_at=on(7, 2), title="fix(pay): charge once", body=made["description"], url=made["webUrl"],
        project="acme/team/pay", state="merged", change_type="fix", milestone="v2", labels=("bug", "team::pay"),
        paths=("src/pay.py", "tests/test_pay.py"), owners=("alice",), participants=row.participants,
        closes=row.closes, reverts=row.reverts, additions=20, deletions=4, files_changed=2, comment_count=1,
        is_private=True,
    )  # fmt: skip
    assert set(row.participants) == {"bob", "carol", "dave"}
    assert row.closes[-1] == f"commit/{made['mergeCommitSha']}"
    assert {each.rpartition("/")[2] for each in row.closes[:-1]} >= {"web#8"}


@WAYS
def test_the_person_who_pressed_merge_has_a_row(world, server, settings):
    """It is of the role merger, and its time is that of the merge."""
    made = world.merge_request("acme/pay", "alice", on(7, 2), merged=on(7, 5), merged_by="carol")
    world.merge_request("acme/pay", "carol", on(7, 2), merged=on(7, 6))
    rows = {row.id: row for row in rows_of(server, ("carol",), settings)}
    merger = rows[f"pull_request/merger/{made['number']}"]
    assert (merger.role, merger.occurred_at, merger.owners) == ("merger", on(7, 5), ("alice",))
    assert sorted(row.role for row in rows.values()) == ["author", "merger"]


@WAYS
def test_an_approval_is_a_review_with_its_time(world, server, settings):
    """Also on an open merge request, and by somebody who was not asked to review."""
    made = world.merge_request("acme/pay", "bob", on(6, 1), labels=("bug",), paths=("a.py",))
    note = world.approve(made, "alice", on(7, 3))
    world.approve(made, "carol", on(7, 4))
    (row,) = rows_of(server, ("alice",), settings)
    assert (row.id, row.kind, row.role) == (f"review/reviewer/{note['number']}", "review", "reviewer")
    assert (row.occurred_at, row.state, row.owners) == (on(7, 3), "approved", ("bob",))
    assert (row.labels, row.paths, row.work_item) == (("bug",), ("a.py",), "localhost/acme/pay!1")


@WAYS
def test_a_withdrawn_approval_says_so(world, server, settings):
    """One that is given again afterwards is a review of its own."""
    made = world.merge_request("acme/pay", "bob", on(6, 1))
    for day, act in ((3, world.approve), (4, world.unapprove), (5, world.approve)):
        act(made, "alice", on(7, day))
    rows = sorted(rows_of(server, ("alice",), settings), key=lambda row: row.occurred_at)
    assert [(row.occurred_at, row.state) for row in rows] == [(on(7, 3), "withdrawn"), (on(7, 5), "approved")]


@WAYS
def test_line_comments_within_an_hour_are_one_review(world, server, settings):
    """It has the time, the id and the words of the first."""
    made = world.merge_request("acme/pay", "bob", on(6, 1))
    first = world.line_comment(made, "alice", on(7, 3, 9), "Why twice?")
    for hour, minute in ((9, 50), (10, 40), (12, 0)):
        world.line_comment(made, "alice", on(7, 3, hour, minute), "And here?")
    rows = sorted(rows_of(server, ("alice",), settings), key=lambda row: row.occurred_at)
    assert [(row.occurred_at, row.state, row.body) for row in rows] == [
        (on(7, 3, 9), "commented", "Why twice?"),
        (on(7, 3, 12), "commented", "And here?"),
    ]
    assert rows[0].id == f"review/reviewer/{first['number']}"


@WAYS
def test_nobody_reviews_their_own_merge_request(world, server, settings):
    made = world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2))
    world.line_comment(made, "alice", on(7, 1))
    world.approve(made, "alice", on(7, 1))
    assert [row.kind for row in rows_of(server, ("alice",), settings)] == ["pull_request"]


@WAYS
def test_a_plain_comment_is_no_review(world, server, settings):
    made = world.merge_request("acme/pay", "bob", on(7, 1))
    world.comment(made, "alice", on(7, 2))
    assert rows_of(server, ("alice",), settings) == []


@WAYS
def test_a_closed_issue_counts_for_its_assignees(world, server, settings):
    """Of each type that is a ticket; the closer has a row of their own, whose owners are the assignees."""
    for kind in ("ISSUE", "TASK", "INCIDENT", "OBJECTIVE"):
        world.issue("acme/pay", "carol", on(7, 1), closed=on(8, 1), by="dave", assignees=("alice", "bob"), type=kind)
    rows = rows_of(server, ("alice", "bob"), settings)
    assert sorted((row.account, row.role) for row in rows) == [("alice", "assignee")] * 3 + [("bob", "assignee")] * 3
    closer = rows_of(server, ("dave",), settings)
    assert [(row.role, set(row.owners)) for row in closer] == [("resolver", {"alice", "bob"})] * 3


@WAYS
def test_an_issue_counts_for_the_merge_requests_author(world, server, settings):
    """Where nobody is assigned and a merge request closed it; the person who pressed Merge is not credited."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    world.merge_request(
        "acme/pay", "alice", on(7, 2), merged=on(7, 5), merged_by="carol", closes=[issue],
        description=f"Closes #{issue['iid']}",
    )  # fmt: skip
    (row,) = [each for each in rows_of(server, ("alice",), settings) if each.kind == "issue"]
    assert (row.role, row.occurred_at, row.owners) == ("resolver", on(7, 5, 12, 0, 1), ("alice",))
    assert row.extra["credited"] == "author of the merge request that closed it"
    assert [each.kind for each in rows_of(server, ("carol",), settings)] == ["pull_request"]


@WAYS
@pytest.mark.parametrize("place", ["acme/pay", "acme/web", "globex/x"])
def test_a_merge_request_elsewhere_closes_an_issue(world, server, settings, place):
    """GitLab's activity names it by its number, its project's name or the full path; its author is credited."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    world.issue("acme/web", "bob", on(7, 1))
    reference = f"acme/pay#{issue['iid']}"
    world.merge_request(
        place, "alice", on(7, 2), merged=on(7, 5), merged_by="carol", closes=[issue], description=f"Fixes {reference}"
    )
    rows = rows_of(server, ("alice", "carol"), settings)
    assert [(row.account, row.role) for row in rows if row.kind == "issue"] == [("alice", "resolver")]


@WAYS
def test_names_are_not_told_apart_by_case(world, server, settings):
    """As GitLab does; a row has the name that was asked for."""
    world.project("Alice.B-c/dotfiles", personal=True)
    for project in ("Alice.B-c/dotfiles", "acme/pay"):
        world.merge_request(project, "Alice.B-c", on(7, 1), merged=on(8, 1))
    found = read(server, wanted("alice.b-c"), **settings)
    assert found.gaps == []
    assert {row.account.casefold() for row in found.rows} == {"alice.b-c"}
    assert len(found.rows) == (1 if settings else 2)


@WAYS
def test_an_issue_counts_for_the_person_who_closed_it(world, server, settings):
    """Where nobody is assigned and no merge request closed it, also where somebody else opened it."""
    world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")
    (row,) = rows_of(server, ("alice",), settings)
    assert (row.role, row.extra["credited"], row.work_item) == ("resolver", "closed it", "localhost/acme/pay#1")
    assert rows_of(server, ("bob",), settings) == []


@WAYS
def test_what_was_not_done_says_so(world, server, settings):
    """An issue that was moved, is a duplicate, or was canceled."""
    first = world.issue("acme/pay", "bob", on(7, 1), assignees=("alice",))
    world.move(first, "acme/web", "bob", on(8, 1))
    other = world.issue("acme/pay", "bob", on(7, 1), assignees=("alice",))
    other["closedAsDuplicateOf"] = first
    world.close(other, on(8, 2), "bob")
    third = world.issue("acme/pay", "bob", on(7, 1), assignees=("alice",), closed=on(8, 3), by="bob")
    third["status"] = {"name": "Won't do", "category": "CANCELED"}
    rows = sorted(rows_of(server, ("alice",), settings), key=lambda row: row.occurred_at)
    assert [row.state for row in rows] == ["moved", "duplicate", "not_planned"]


@WAYS
def test_a_period_is_half_open(world, server, settings):
    """GitLab's filters are not: one that ends at a time includes it, or the rest of its day."""
    for moment in (
        QUARTER.since,
        QUARTER.until - dt.timedelta(seconds=1),
        QUARTER.until,
        QUARTER.until.replace(hour=5),
    ):
        made = world.merge_request("acme/pay", "alice", on(6, 1), merged=moment)
        world.issue("acme/pay", "bob", on(6, 1), closed=moment, by="bob", assignees=("alice",))
        other = world.merge_request("acme/pay", "bob", on(6, 1))
        world.approve(other, "alice", moment)
        assert made["mergedAt"] == moment
    times = sorted(row.occurred_at for row in rows_of(server, ("alice",), settings))
    assert times == [QUARTER.since] * 3 + [QUARTER.until - dt.timedelta(seconds=1)] * 3


@pytest.mark.parametrize("rounds", [True, False])
def test_the_first_second_is_of_one_quarter(world, server, rounds):
    """What is merged then is in that quarter alone, whether the server rounds to the end of a day or not."""
    world.rounds_merged_before = rounds
    world.merge_request("acme/pay", "alice", on(6, 1), merged=QUARTER.until)
    autumn = Period(QUARTER.until, on(12, 31, 0))
    assert read(server, wanted("alice")).rows == []
    assert len(read(server, wanted("alice", period=autumn)).rows) == 1


@WAYS
def test_lists_that_go_on_are_read_to_their_end(world, server, settings):
    labels = tuple(f"l{number}" for number in range(130))
    made = world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 20), labels=labels, reviewers=["dave"] * 1)
    for number in range(230):
        world.comment(made, "erin", on(7, 2, number // 60, number % 60))
    for number in range(120):
        world.approve(made, f"u{number}", on(7, 3, number // 60, number % 60))
    issue = world.issue("acme/pay", "bob", on(7, 1), assignees=[f"u{number}" for number in range(110)] + ["alice"])
    world.close(issue, on(7, 4), "bob")
    rows = rows_of(server, ("alice", "u119"), settings)
    (pull,) = [row for row in rows if row.kind == "pull_request"]
    assert (pull.labels, pull.comment_count) == (labels, 230)
    assert {f"u{number}" for number in range(120)} <= set(pull.participants)
    assert sorted(row.kind for row in rows) == ["issue", "pull_request", "review"]


def test_more_than_a_page_is_read_to_the_end(world, server):
    for number in range(257):
        day = 1 + number % 28
        world.merge_request("acme/pay", "alice", on(6, day, number % 24), merged=on(7 + number % 3, day))
        other = world.merge_request("acme/pay", "bob", on(6, day))
        world.approve(other, "alice", on(7, day, number % 24))
    found = read(server, wanted("alice"))
    assert len({row.id for row in found.rows}) == len(found.rows) == 514
    assert found.gaps == []


def test_a_short_page_of_events_is_not_the_end(world, server):
    """GitLab filters events after it cut them into pages: a page may be short or empty."""
    for number in range(250):
        made = world.merge_request("acme/pay", "bob", on(6, 1))
        world.approve(made, "alice", on(7, 1 + number % 28, number % 24))
        world.events[-1]["hidden"] = number >= 40
    found = read(server, wanted("alice"))
    assert len(found.of("review")) == 40


def test_a_row_inserted_while_events_are_read(world, server):
    """It shifts the pages: an event comes twice, and none is lost."""
    for number in range(230):
        made = world.merge_request("acme/pay", "bob", on(6, 1))
        world.approve(made, "alice", on(7, 1 + number % 28, number % 24))
    pages = []

    def insert(number):
        if "/events" in server.asked[-1].path:
            pages.append(number)
            late = world.merge_request("acme/pay", "bob", on(6, 1))
            world.approve(late, "alice", on(7, 30))

    server.before = insert
    found = read(server, wanted("alice"))
    assert len(pages) >= 3
    assert len({row.id for row in found.rows}) == len(found.rows) >= 230
    assert found.gaps == []


@WAYS
def test_archived_projects_are_work_all_the_same(world, server, settings):
    """GitLab leaves them out of some lists by default."""
    issue = world.issue("acme/old", "bob", on(6, 1), closed=on(7, 1), by="bob", assignees=("alice",))
    world.merge_request("acme/old", "alice", on(6, 1), merged=on(7, 2))
    other = world.merge_request("acme/old", "bob", on(6, 1))
    world.approve(other, "alice", on(7, 3))
    issue["project"]["archived"] = True
    kinds = sorted(row.kind for row in rows_of(server, ("alice",), settings))
    assert kinds == ["issue", "pull_request", "review"]


@pytest.mark.parametrize(
    ("version", "enterprise"), [("16.0.2", False), ("16.7.0-ee", True), ("17.9.1", False), ("18.5.0-ee", True)]
)
def test_any_server_from_sixteen_on_is_read(world, server, version, enterprise):
    """An older one or a Community Edition is asked without what it does not know, once."""
    world.version, world.enterprise = version, enterprise
    world.project("acme/old", archived=True)
    issue = world.issue("acme/pay", "bob", on(6, 1))
    world.merge_request("acme/pay", "alice", on(6, 1), merged=on(7, 1), closes=[issue], description="Closes #1")
    world.merge_request("acme/old", "alice", on(6, 1), merged=on(7, 1))
    other = world.merge_request("acme/pay", "bob", on(6, 1))
    world.approve(other, "alice", on(7, 2))
    world.issue("acme/old", "bob", on(6, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    found = read(server, wanted("alice"))
    assert found.gaps == []
    assert sorted(row.kind for row in found.rows) == ["issue", "issue", "pull_request", "pull_request", "review"]
    refused = [each for each in server.asked if each.query and _is_refused(server, each)]
    assert len(refused) <= 6
    server.asked.clear()
    again = read(server, wanted("alice", after=found))
    assert (again.rows, again.gaps) == ([], [])
    assert [each for each in server.asked if each.query and _is_refused(server, each)] == []


def _is_refused(server, asked):
    return "data" not in server.answer(asked)


def test_a_server_before_sixteen_is_refused(world, server):
    world.version = "15.11.0"
    with pytest.raises(SourceError, match=r"15\.11") as caught:
        read(server, wanted("alice"))
    assert "16.0" in caught.value.hint


@pytest.mark.parametrize("prefix", ["", "/gitlab"])
def test_a_path_before_the_api_is_kept(world, prefix):
    """Work items begin with it, and so does the scope."""
    made = world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    other = world.merge_request("acme/pay", "bob", on(7, 1))
    world.approve(other, "alice", on(8, 2))
    with GitLabServer(world, prefix=prefix) as server:
        found = read(server, wanted("alice"))
    assert {row.work_item for row in found.rows} == {
        f"localhost{prefix}/acme/pay!{made['iid']}", f"localhost{prefix}/acme/pay!{other['iid']}",
    }  # fmt: skip
    assert {row.scope for row in found.rows} == {f"localhost{prefix}"}
    assert [each.path for each in server.asked if not each.path.startswith(f"{prefix}/api/")] == []


def test_scopes_are_filtered_by_name_glob_and_exclude(world, server):
    for name in ("acme/pay", "acme/web", "acme/sub/web-old", "globex/x", "other/pay"):
        world.merge_request(name, "alice", on(7, 1), merged=on(8, 1))

    def projects(**settings):
        found = read(server, wanted("alice"), **settings)
        assert found.gaps == []
        return {row.project for row in found.rows}

    assert projects() == {"acme/pay", "acme/web", "acme/sub/web-old", "globex/x", "other/pay"}
    assert projects(groups=("acme", "globex")) == {"acme/pay", "acme/web", "acme/sub/web-old", "globex/x"}
    assert projects(groups=("acme/sub",)) == {"acme/sub/web-old"}
    assert projects(projects=("*/pay",)) == {"acme/pay", "other/pay"}
    assert projects(projects=("acme/web*",)) == {"acme/web"}
    assert projects(projects=("ACME/Pay", "globex/x")) == {"acme/pay", "globex/x"}
    assert projects(groups=("acme",), exclude=("acme/sub/*",)) == {"acme/pay", "acme/web"}


def test_everyone_in_a_project_is_read(world, server):
    """Bots and deleted accounts are recognisable."""
    world.user("project_7_bot_ab12", bot=True)
    made = world.merge_request("acme/pay", "project_7_bot_ab12", on(7, 1), merged=on(8, 1), merged_by="alice")
    world.approve(made, "ghost", on(7, 2))
    found = read(server, wanted(), projects=("acme/pay",))
    assert sorted((row.kind, row.role, row.account) for row in found.rows) == [
        ("pull_request", "author", "project_7_bot_ab12"),
        ("pull_request", "merger", "alice"),
        ("review", "reviewer", "ghost"),
    ]


def test_everyone_everywhere_is_refused(server):
    """The hint says what to name."""
    with pytest.raises(SourceError, match="cannot be read") as caught:
        read(server, wanted())
    assert "groups" in caught.value.hint


def test_a_source_without_a_token_says_what_to_write(server):
    with pytest.raises(AccessError, match="'hub' has no token") as caught:
        read(server, wanted("alice"), token=None)
    assert "read_api" in caught.value.hint


def test_a_job_token_is_refused_at_once(server):
    """It can neither use GraphQL nor read these lists."""
    with pytest.raises(AccessError, match="CI job") as caught:
        read(server, wanted("alice"), token=Secret("env:JOB"), environ={"JOB": "glcbt-64_abcdefghij"})
    assert "read_api" in caught.value.hint
    assert server.asked == []


def test_optional_streams_are_read_where_wanted(world, server):
    """Opened issues, plain comments on what others wrote, and releases."""
    own = world.issue("acme/pay", "alice", on(7, 1))
    theirs = world.issue("acme/pay", "bob", on(5, 1))
    world.comment(own, "alice", on(7, 2))
    world.comment(theirs, "alice", on(7, 3))
    made = world.merge_request("acme/pay", "bob", on(7, 1))
    for minute in range(50):
        world.comment(made, "alice", on(7, 4, 1, minute))
    world.line_comment(made, "alice", on(7, 5))
    world.release("acme/pay", "alice", on(7, 5), "v1")
    assert [row.kind for row in read(server, wanted("alice")).rows] == ["review"]
    for people in (("alice",), ()):
        found = read(server, wanted(*people), projects=("acme/pay",), also=("opened", "comments", "releases"))
        mine = [row for row in found.rows if row.account == "alice"]
        opened = [(row.role, row.occurred_at, row.state) for row in mine if row.kind == "issue"]
        assert opened == [("reporter", on(7, 1), "open")]
        assert [row.owners for row in mine if row.kind == "comment"] == [("bob",)] * 51
        releases = [(row.work_item, row.occurred_at) for row in mine if row.kind == "release"]
        assert releases == [("localhost/acme/pay@v1", on(7, 5))]


def varied(world: World) -> World:
    """A world with something of everything."""
    for number in range(60):
        day, hour = 1 + number % 28, number % 24
        author, reviewer = ("alice", "bob", "carol")[number % 3], ("bob", "carol", "alice")[number % 3]
        name = ("acme/pay", "acme/sub/web", "globex/x")[number % 3]
        issue = world.issue(name, reviewer, on(6, day, hour), assignees=(author,) if number % 2 else ())
        closes = [issue] if number % 3 else []
        made = world.merge_request(
            name, author, on(5 + number % 2, day, hour), merged=on(7 + number % 3, day, 23), merged_by=reviewer,
            closes=closes, description=f"Closes #{issue['iid']}" if closes else "",
        )  # fmt: skip
        (world.approve if number % 2 else world.line_comment)(made, reviewer, on(7 + number % 3, day, 22))
        world.comment(issue, author, on(6 + number % 4, day, hour, 30))
        if number % 5 == 0 and not closes:
            world.close(issue, on(8, day, 3), author)
    return world


PLACES = [
    {"groups": ("acme",)},
    {"projects": ("acme/pay", "globex/*")},
    {"groups": ("acme", "globex"), "also": ("opened", "comments", "releases")},
]


@pytest.mark.parametrize(
    ("people", "settings"),
    [(people, settings) for people in (("alice",), ()) for settings in PLACES] + [(("alice", "bob"), {})],
)
def test_it_keeps_the_contract(world, server, settings, people):
    varied(world)
    assert check_connector(lambda: source(server, **settings), wanted(*people))


def test_both_strategies_yield_the_same_rows(world, server):
    """People and scopes lead to the same rows."""
    varied(world)
    by_person = read(server, wanted("alice", "bob", "carol"))
    by_scope = read(server, wanted(), groups=("acme", "globex"))
    assert {row.id: row for row in by_person.rows} == {row.id: row for row in by_scope.rows}
    assert {row.role for row in by_scope.rows} == {"author", "merger", "reviewer", "assignee", "resolver"}


def test_scopes_are_read_where_that_is_cheaper(world, server):
    """The plan says so, with the requests of the other strategy."""
    names = [f"dev{number}" for number in range(10)]
    for number in range(100):
        made = world.merge_request("acme/pay", names[number % 10], on(7, 1), merged=on(7, 3))
        for other in range(1, 4):
            world.approve(made, names[(number + other) % 10], on(7, 2))
    lab = source(server, projects=("acme/pay",))
    said = "\n".join(lab.plan(wanted(*names)))
    assert "by project or group, for everyone at once" in said
    found = read(server, wanted(*names), lab)
    assert (len(found.of("pull_request")), len(found.of("review"))) == (100, 300)
    assert "by person" in "\n".join(source(server).plan(wanted("dev1")))


def test_what_is_older_than_the_events_is_a_gap(world, server):
    """GitLab keeps events for three years: reviews before that are found in named groups and projects only."""
    period = Period(on(1, 1, 0).replace(year=2020), on(12, 31, 0).replace(year=2020))
    made = world.merge_request("acme/pay", "bob", on(6, 1).replace(year=2020))
    world.approve(made, "alice", on(6, 2).replace(year=2020))
    world.merge_request("acme/pay", "alice", on(6, 1).replace(year=2020), merged=on(6, 3).replace(year=2020))
    found = read(server, wanted("alice", period=period))
    assert [row.kind for row in found.rows] == ["pull_request"]
    assert any("three years" in gap.reason for gap in found.gaps)
    placed = read(server, wanted("alice", period=period), groups=("acme",))
    assert sorted(row.kind for row in placed.rows) == ["pull_request", "review"]
    assert placed.gaps == []


def test_a_private_profile_is_a_gap(world, server):
    """GitLab shows neither the person's merge requests nor their events, and says nothing."""
    world.merge_request("acme/pay", "bob", on(6, 1), merged=on(7, 1))
    world.merge_request("acme/pay", "alice", on(6, 1), merged=on(7, 1))
    world.user("bob", private=True)
    found = read(server, wanted("alice", "bob"))
    assert [row.account for row in found.rows] == ["alice"]
    (gap,) = found.gaps
    assert "bob" in gap.reason
    assert "private" in gap.reason
    assert len(read(server, wanted("bob"), groups=("acme",)).rows) == 1


def test_only_their_own_work_is_asked_for(world, server):
    """REST's lists are of what the token's owner created, unless they are asked otherwise."""
    world.viewer = "dave"
    world.issue("acme/pay", "bob", on(6, 1), closed=on(7, 1), by="alice")
    made = world.merge_request("acme/pay", "bob", on(6, 1))
    world.approve(made, "alice", on(7, 2))
    assert sorted(row.kind for row in read(server, wanted("alice")).rows) == ["issue", "review"]


def test_a_private_project_is_private(world, server):
    """So is what is confidential in a public one."""
    world.project("acme/open", visibility="public")
    world.project("acme/inner", visibility="internal")
    for name in ("acme/open", "acme/inner", "acme/closed"):
        world.merge_request(name, "alice", on(7, 1), merged=on(8, 1))
        world.issue(name, "bob", on(7, 1), closed=on(8, 2), by="bob", assignees=("alice",))
    world.issue("acme/open", "bob", on(7, 1), closed=on(8, 3), by="bob", assignees=("alice",), confidential=True)
    rows = {row.work_item.partition("/")[2]: row.is_private for row in read(server, wanted("alice")).rows}
    assert rows == {
        "acme/open!1": False, "acme/open#1": False, "acme/open#2": True, "acme/inner!1": True, "acme/inner#1": True,
        "acme/closed!1": True, "acme/closed#1": True,
    }  # fmt: skip


def test_an_empty_period_is_empty_and_complete(server):
    found = read(server, Request(Period(on(7, 1), on(7, 1)), frozenset({"alice"})))
    assert found.rows == []


def test_loading_the_connector_loads_no_client():
    """`harvester --help` and a configuration's check load the class, and must stay quick."""
    code = "import sys, harvester.connectors.gitlab; print([n for n in ('gitlab', 'requests') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_times_do_not_depend_on_our_clock(world, server):
    """A clock that is a week behind ends no list too early."""
    world.merge_request("acme/pay", "alice", on(10, 1), merged=on(10, 30))
    other = world.merge_request("acme/pay", "bob", on(10, 1))
    world.approve(other, "alice", on(10, 31))
    autumn = Period(on(10, 1, 0), on(12, 31, 0))
    found = read(server, wanted("alice", period=autumn), now=NOW - dt.timedelta(days=7))
    assert sorted(row.kind for row in found.rows) == ["pull_request", "review"]
