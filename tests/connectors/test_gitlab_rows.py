"""Rows made of GitLab's JSON: credit, reviews, and what is no contribution; and what the queries cost."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.connectors.gitlab import graphql, rows
from harvester.connectors.gitlab.rows import Closing, RowContext
from harvester.model.contribution import Contribution, to_table
from harvester.model.periods import EVER, Period
from tests.connectors import gitlab_documents
from tests.servers.gitlab_graphql import complexity, schema_of

JULY = Period(dt.datetime(2026, 7, 1, tzinfo=dt.UTC), dt.datetime(2026, 8, 1, tzinfo=dt.UTC))
USERS = {"ada": 1, "bo": 2, "cem": 3, "dee": 4}
BUG = {"id": "gid://gitlab/ProjectLabel/1", "title": "bug"}
SHA = "0123456789abcdef0123456789abcdef01234567"


def who(name: str) -> dict[str, Any]:
    return {"id": f"gid://gitlab/User/{USERS[name]}", "username": name}


def listed(*nodes: Any) -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": list(nodes)}


def note(key: int, by: str, text: str, at: str = "2026-07-06T10:00:00Z", **more: Any) -> dict[str, Any]:
    """A plain comment."""
    return {
        "id": f"gid://gitlab/Note/{key}", "body": text, "createdAt": at, "system": False, "systemNoteIconName": None,
        "author": who(by), "position": None,
    } | more  # fmt: skip


def on_line(key: int, by: str, text: str, at: str = "2026-07-06T10:00:00Z") -> dict[str, Any]:
    """A comment on a line of the changes."""
    return note(key, by, text, at, id=f"gid://gitlab/DiffNote/{key}", position={"positionType": "text"})


def said(key: int, by: str, text: str, at: str = "2026-07-06T10:00:00Z", icon: str | None = "check") -> dict[str, Any]:
    """A note that GitLab writes about what somebody did."""
    return note(key, by, text, at, system=True, systemNoteIconName=icon)


def stats(path: str, additions: int, deletions: int) -> dict[str, Any]:
    return {"path": path, "additions": additions, "deletions": deletions}


def merge_request(*notes: Any, **more: Any) -> dict[str, Any]:
    """`ada` wrote it, and `bo` merged it."""
    return {
        "id": "gid://gitlab/MergeRequest/501", "iid": "12", "title": "Round to cents", "description": "Closes #7",
        "webUrl": "https://gitlab.com/acme/pay/shop/-/merge_requests/12", "state": "merged",
        "createdAt": "2026-07-01T08:00:00Z", "mergedAt": "2026-07-08T12:00:00Z", "updatedAt": "2026-07-09T00:00:00Z",
        "userNotesCount": 3, "mergeCommitSha": SHA, "diffHeadSha": "f" * 40, "author": who("ada"),
        "mergeUser": who("bo"), "milestone": {"title": "Q3"},
        "project": {"id": "gid://gitlab/Project/70", "fullPath": "acme/pay/shop", "visibility": "private"},
        "diffStatsSummary": {"additions": 10, "deletions": 4, "fileCount": 2},
        "diffStats": [stats("cents.py", 6, 4), stats("tests/test_cents.py", 4, 0)],
        "labels": listed(BUG), "approvedBy": listed(who("cem")), "reviewers": listed(who("dee")),
        "notes": listed(*notes),
    } | more  # fmt: skip


def issue(**more: Any) -> dict[str, Any]:
    """A closed issue that `ada` opened and nobody is assigned to."""
    return {
        "id": "gid://gitlab/Issue/900", "iid": "7", "title": "Cents are lost", "description": "See the invoice.",
        "webUrl": "https://gitlab.com/acme/pay/shop/-/issues/7", "state": "closed", "type": "ISSUE",
        "confidential": False, "createdAt": "2026-07-02T09:00:00Z", "closedAt": "2026-07-08T12:00:01Z",
        "updatedAt": "2026-07-08T12:00:01Z", "userNotesCount": 2, "projectId": 70, "moved": False, "weight": None,
        "reference": "acme/pay/shop#7", "author": who("ada"), "milestone": None, "closedAsDuplicateOf": None,
        "assignees": listed(), "labels": listed(BUG),
    } | more  # fmt: skip


def activity(*notes: Any, status: str | None = None) -> dict[str, Any]:
    """A work item with an activity of these notes."""
    widgets: list[dict[str, Any]] = [{}, {"discussions": listed(*({"notes": listed(each)} for each in notes))}]
    return {"id": "gid://gitlab/WorkItem/900", "iid": "7", "widgets": [*widgets, {"status": {"category": status}}]}


def context(*accounts: str, period: Period = JULY, **more: Any) -> RowContext:
    wanted = frozenset(accounts) if accounts else None
    return RowContext("lab", "gitlab.com", (period,), wanted, **{"visibility": {70: "public"}, **more})


def by_role(found: list[Contribution]) -> list[tuple[str, str, str | None]]:
    return [(each.role, each.account, each.state) for each in found]


def test_a_merged_merge_request_is_its_authors():
    """With its size, its files, what it closes, and everybody else who took part."""
    (row,) = rows.of_merge_request(merge_request(said(31, "cem", "approved this merge request")), context("ada"))
    assert (row.id, row.kind, row.role, row.account) == ("pull_request/author/501", "pull_request", "author", "ada")
    assert row.work_item == "gitlab.com/acme/pay/shop!12"
    assert (row.occurred_at.isoformat(), row.project) == ("2026-07-08T12:00:00+00:00", "acme/pay/shop")
    assert (row.additions, row.deletions, row.files_changed, row.comment_count) == (10, 4, 2, 3)
    assert row.closes == ("#7", f"commit/{SHA}")
    assert row.participants == ("dee", "cem", "bo")
    assert (row.change_type, row.milestone, row.is_private, row.extra) == ("fix", "Q3", True, {})


@pytest.mark.parametrize(
    "branch",
    ["PAY-7", "feature/PAY-7-charge-once", "feature/pay-7-charge-once", "pay-7_once", "once-PAY-7", "ada/pay-7/x"],
)
def test_a_source_branch_names_a_ticket(branch):
    (row,) = rows.of_merge_request(merge_request(sourceBranch=branch), context("ada"))
    assert row.closes == ("#7", "PAY-7", f"commit/{SHA}")


@pytest.mark.parametrize(
    "branch", ["npm/lodash-4.17.21", "repay-7x", "charge-once", "re-pay-7", "x/7-pay", "patch-1", "gh-7"]
)
def test_a_source_branch_without_a_key_names_no_ticket(branch):
    (row,) = rows.of_merge_request(merge_request(sourceBranch=branch), context("ada"))
    assert row.closes == ("#7", f"commit/{SHA}")


def test_who_pressed_merge_has_a_row_of_their_own():
    (row,) = rows.of_merge_request(merge_request(), context("bo"))
    assert (row.id, row.role, row.owners) == ("pull_request/merger/501", "merger", ("ada",))
    assert row.participants == ("ada", "dee", "cem")


@pytest.mark.parametrize("merger", [who("ada"), None])
def test_an_author_who_merges_has_one_row(merger):
    assert len(list(rows.of_merge_request(merge_request(mergeUser=merger), context()))) == 1


@pytest.mark.parametrize("state", ["opened", "closed", "locked"])
def test_what_is_not_merged_is_no_work_yet(state):
    """Its reviews are."""
    node = merge_request(said(31, "cem", "approved this merge request"), state=state, mergedAt=None)
    assert by_role(list(rows.of_merge_request(node, context()))) == [("reviewer", "cem", "approved")]


def test_a_fast_forward_closes_its_last_commit():
    """There is no merge commit: the head of the branch is on the target branch."""
    (row,) = rows.of_merge_request(merge_request(mergeCommitSha=None), context("ada"))
    assert row.closes == ("#7", f"commit/{'f' * 40}")


def test_a_revert_names_what_it_reverts():
    node = merge_request(title='Revert "Round"', description="This reverts merge request !11")
    (row,) = rows.of_merge_request(node, context("ada"))
    assert row.reverts == ("!11",)


def test_files_that_are_not_work_are_in_no_size():
    """They are told apart by their names, where all files are known; who pressed Merge sees the same."""
    files = [stats("cents.py", 6, 4), stats("ui/yarn.lock", 4, 0)]
    for person in ("ada", "bo"):
        (row,) = rows.of_merge_request(merge_request(diffStats=files), context(person))
        assert (row.additions, row.deletions, row.files_changed) == (6, 4, 1)
        assert (row.extra, row.paths) == ({"not_work": "1 +4 -0"}, ("cents.py", "ui/yarn.lock"))
    (row,) = rows.of_merge_request(merge_request(diffStats=[None, files[1]]), context("ada"))
    assert (row.additions, row.deletions, row.files_changed, row.extra) == (10, 4, 2, {"paths": "1 of 2 known"})


def test_missing_paths_and_sizes_are_unknown():
    """Never zero."""
    node = merge_request(diffStats=None, diffStatsSummary=None, userNotesCount=None)
    (row,) = rows.of_merge_request(node, context("ada"))
    assert (row.additions, row.files_changed, row.comment_count, row.paths) == (None, None, None, ())
    (row,) = rows.of_merge_request(merge_request(diffStats=[stats("a", 1, 0)]), context("ada"))
    assert row.extra == {"paths": "1 of 2 known"}


def test_a_renamed_user_keeps_the_configured_account():
    (row,) = rows.of_merge_request(merge_request(), context("ada.l", renamed={1: "ada.l"}))
    assert (row.account, row.owners) == ("ada.l", ("ada.l",))


def test_a_host_may_have_a_path():
    there = RowContext("lab", "host.example/gitlab", (JULY,))
    assert there.work_item(merge_request()) == "host.example/gitlab/acme/pay/shop!12"
    assert there.work_item(issue()) == "host.example/gitlab/acme/pay/shop#7"


@pytest.mark.parametrize("visibility", ["public", "internal", "private", None])
def test_only_public_projects_are_public(visibility):
    expected = None if visibility is None else visibility != "public"
    node = merge_request(project={"id": "gid://gitlab/Project/70", "fullPath": "acme/shop", "visibility": visibility})
    known = context(visibility={70: visibility} if visibility else {})
    assert known.is_private(node) is expected
    assert known.is_private(issue()) is expected
    assert known.is_private(issue(confidential=True)) is True


def reviews_of(*notes: Any) -> list[tuple[str, str, str | None]]:
    """Id, account and state of each review."""
    found = rows.of_merge_request(merge_request(*notes), context(period=EVER))
    return [(each.id.rpartition("/")[2], each.account, each.state) for each in found if each.kind == "review"]


def test_an_approval_is_a_review():
    (row,) = rows.of_merge_request(merge_request(said(31, "cem", "approved this merge request")), context("cem"))
    assert (row.id, row.state, row.body) == ("review/reviewer/31", "approved", None)
    assert row.url == "https://gitlab.com/acme/pay/shop/-/merge_requests/12#note_31"
    assert (row.owners, row.paths, row.labels) == (("ada",), ("cents.py", "tests/test_cents.py"), ("bug",))


def test_an_approval_taken_back_is_withdrawn():
    """The one before it, of the same person only; a later approval stands."""
    notes = [
        said(1, "cem", "approved this merge request", "2026-07-06T10:00:00Z"),
        said(2, "dee", "approved this merge request", "2026-07-06T10:00:00Z"),
        said(3, "cem", "unapproved this merge request", "2026-07-06T11:00:00Z", icon="unapproval"),
        said(4, "cem", "approved this merge request", "2026-07-06T12:00:00Z"),
    ]
    assert sorted(reviews_of(*notes)) == [("1", "cem", "withdrawn"), ("2", "dee", "approved"), ("4", "cem", "approved")]


def test_within_a_second_the_numbers_decide():
    """GitLab gives times in whole seconds."""
    notes = [said(2, "cem", "unapproved this merge request"), said(1, "cem", "approved this merge request")]
    assert reviews_of(*notes) == [("1", "cem", "withdrawn")]


def test_an_approval_reset_by_a_push_stands():
    """Somebody else's push reset it: the review was given."""
    reset = said(2, "ada", "reset approvals from @cem by pushing to the branch", icon=None)
    assert reviews_of(said(1, "cem", "approved this merge request"), reset) == [("1", "cem", "approved")]


@pytest.mark.parametrize("icon", ["approval", "check", None])
def test_approvals_are_known_by_icon_or_text(icon):
    assert reviews_of(said(1, "cem", "approved this merge request", icon=icon)) == [("1", "cem", "approved")]


def test_changes_requested_end_a_review():
    """By themselves they are none: no event leads to them, so reading by person would not find them."""
    assert reviews_of(said(1, "cem", "requested changes", icon="error")) == []
    notes = [
        on_line(1, "cem", "Why?", "2026-07-06T10:00:00Z"),
        on_line(2, "dee", "Nit.", "2026-07-06T10:00:00Z"),
        said(3, "cem", "requested changes", "2026-07-06T10:59:59Z", icon="error"),
        on_line(4, "cem", "Still?", "2026-07-07T10:00:00Z"),
        said(5, "cem", "requested changes", "2026-07-07T11:00:00Z", icon="error"),
    ]
    assert sorted(reviews_of(*notes)) == [
        ("1", "cem", "changes_requested"), ("2", "dee", "commented"), ("4", "cem", "commented"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["approved this merge request", "requested changes", "unapproved this merge request"])
def test_who_writes_an_approval_does_not_give_it(text):
    """Only GitLab's own notes count, and no other of them."""
    assert reviews_of(note(1, "cem", text)) == []
    assert reviews_of(said(1, "cem", f"changed title from **{text}** to **x**", icon="pencil")) == []
    assert reviews_of(said(1, "cem", "requested review from @dee", icon="user")) == []


def test_line_comments_are_reviews_by_the_pause():
    notes = [
        on_line(1, "cem", "Why?", "2026-07-06T10:00:00Z"),
        on_line(2, "dee", "Nit.", "2026-07-06T10:10:00Z"),
        on_line(3, "cem", "And here?", "2026-07-06T10:59:59Z"),
        on_line(4, "cem", "Still.", "2026-07-06T11:59:59Z"),
    ]
    assert sorted(reviews_of(*notes)) == [
        ("1", "cem", "commented"),
        ("2", "dee", "commented"),
        ("4", "cem", "commented"),
    ]
    found = rows.of_merge_request(merge_request(*notes), context("cem"))
    assert [each.body for each in found] == ["Why?", "Still."]


def test_a_line_that_moved_is_no_review():
    """GitLab notes that itself, at the line."""
    moved = said(1, "cem", "changed this line in version 2 of the diff") | {"position": {"positionType": "text"}}
    assert reviews_of(moved) == []


def test_a_review_begun_before_the_period_is_not_in_it():
    """Nor is the part of it that lies within."""
    notes = [on_line(1, "cem", "Why?", "2026-06-30T23:50:00Z"), on_line(2, "cem", "And?", "2026-07-01T00:10:00Z")]
    assert [each.role for each in rows.of_merge_request(merge_request(*notes), context("cem"))] == []


def test_whoever_is_unknown_reviews_as_ghost():
    assert reviews_of(said(1, "cem", "approved this merge request") | {"author": None}) == [("1", "ghost", "approved")]


_SECONDS = st.integers(0, 40 * 86_400)
_BUILDERS = st.sampled_from(
    [
        on_line,
        note,
        lambda key, by, _, at: said(key, by, "approved this merge request", at),
        lambda key, by, _, at: said(key, by, "unapproved this merge request", at, icon="unapproval"),
        lambda key, by, _, at: said(key, by, "requested changes", at, icon="error"),
    ]
)
_MOMENTS = st.one_of(_SECONDS, st.integers(0, 12).map(lambda number: 20 * 86_400 + number * 1_200))


@st.composite
def some_notes(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Notes from the middle of June to the end of July, some close together, in any order."""
    start, found = dt.datetime(2026, 6, 15, tzinfo=dt.UTC), []
    for key in range(draw(st.integers(0, 12))):
        at = start + dt.timedelta(seconds=draw(_MOMENTS))
        found.append(draw(_BUILDERS)(key + 1, draw(st.sampled_from(sorted(USERS))), "Hm.", f"{at:%Y-%m-%dT%H:%M:%SZ}"))
    return draw(st.permutations(found))


def all_rows(notes: list[dict[str, Any]], there: RowContext) -> list[Contribution]:
    return [*rows.of_merge_request(merge_request(*notes), there), *rows.of_comments(merge_request(*notes), there)]


QUICK = settings(max_examples=40)


@QUICK
@given(some_notes(), st.randoms(use_true_random=False))
def test_the_order_of_notes_does_not_matter(notes, random):
    shuffled = random.sample(notes, len(notes))
    assert {each.id: each for each in all_rows(notes, context())} == {
        each.id: each for each in all_rows(shuffled, context())
    }


@QUICK
@given(some_notes())
def test_a_period_only_leaves_out(notes):
    """The rows of a period are those of all time that lie in it: a review is never another one by the period."""
    ever = all_rows(notes, context(period=EVER))
    assert all_rows(notes, context()) == [each for each in ever if each.occurred_at in JULY]


@QUICK
@given(some_notes())
def test_accounts_only_leave_out(notes):
    everybody = all_rows(notes, context())
    assert all_rows(notes, context("cem")) == [each for each in everybody if each.account == "cem"]


@QUICK
@given(some_notes())
def test_nobody_reviews_their_own_work(notes):
    assert not [
        each for each in all_rows(notes, context(period=EVER)) if each.account == "ada" and each.role != "author"
    ]


@QUICK
@given(some_notes())
def test_ids_are_distinct_and_rows_can_be_stored(notes):
    found = all_rows(notes, context(period=EVER))
    assert len({each.id for each in found}) == len(found)
    to_table(found)


@QUICK
@given(some_notes())
def test_each_line_comment_is_in_one_review(notes):
    """Within a review less than an hour lies between two comments, between reviews of one person an hour or more."""
    groups = rows.line_comments(merge_request(*notes))
    assert sorted(each["id"] for group in groups for each in group) == sorted(
        each["id"] for each in notes if each["position"] and not each["system"]
    )
    hour, last = dt.timedelta(hours=1), dict[str, dt.datetime]()
    for group in groups:
        (name,) = {each["author"]["username"] for each in group}
        times = [dt.datetime.fromisoformat(each["createdAt"]) for each in group]
        assert all(after - before < hour for before, after in itertools.pairwise(times))
        assert name not in last or times[0] - last[name] >= hour
        last[name] = times[-1]


@QUICK
@given(some_notes())
def test_plain_comments_are_no_reviews(notes):
    """And nothing is both."""
    plain = {each["id"].rpartition("/")[2] for each in notes if not each["system"] and not each["position"]}
    for each in all_rows(notes, context(period=EVER)):
        assert (each.id.rpartition("/")[2] in plain) == (each.kind == "comment") or each.kind == "pull_request"


BY_BO = Closing(who("bo"))
BY_MERGE = Closing(who("bo"), "", "12", who("dee"))


@pytest.mark.parametrize(
    ("assignees", "closing", "expected"),
    [
        ((), BY_BO, [("resolver", "bo", ("bo",), "closed it")]),
        ((), BY_MERGE, [("resolver", "dee", ("dee",), "author of the merge request that closed it")]),
        ((), Closing(who("bo"), "", "12"), [("resolver", "bo", ("bo",), "closed it")]),
        ((), None, []),
        ((), Closing(None), []),
        (("cem",), None, [("assignee", "cem", ("cem",), "assigned")]),
        (("bo",), BY_BO, [("assignee", "bo", ("bo",), "assigned")]),
        (("cem",), BY_BO, [("assignee", "cem", ("cem",), "assigned"), ("resolver", "bo", ("cem",), "closed it")]),
        (
            ("cem", "ada"),
            BY_MERGE,
            [
                ("assignee", "cem", ("cem",), "assigned"),
                ("assignee", "ada", ("ada",), "assigned"),
                ("resolver", "dee", ("cem", "ada"), "author of the merge request that closed it"),
            ],
        ),
    ],
)
def test_who_is_credited_with_a_closed_issue(assignees, closing, expected):
    """Its assignees; without any, who resolved it; beside them who resolved it is listed, and it is not theirs."""
    found = list(rows.of_issue(issue(assignees=listed(*map(who, assignees))), context(), closing))
    assert [(each.role, each.account, each.owners, each.extra["credited"]) for each in found] == expected


def test_a_closed_issue_has_what_reports_need():
    (row,) = rows.of_issue(issue(weight=3, milestone={"title": "Q3"}), context(), BY_BO)
    assert (row.id, row.work_item) == ("issue/resolver/900/2", "gitlab.com/acme/pay/shop#7")
    assert (row.occurred_at.isoformat(), row.state) == ("2026-07-08T12:00:01+00:00", "closed")
    assert (row.story_points, row.comment_count, row.is_private, row.participants) == (3, 2, False, ("ada",))
    to_table([row])


@pytest.mark.parametrize(
    ("state", "more", "closing"),
    [
        ("moved", {"moved": True}, BY_BO),
        ("duplicate", {"closedAsDuplicateOf": {"id": "gid://gitlab/Issue/1"}}, BY_BO),
        ("not_planned", {}, Closing(who("bo"), canceled=True)),
        ("closed", {}, BY_BO),
    ],
)
def test_an_issue_may_be_closed_without_being_done(state, more, closing):
    assert [each.state for each in rows.of_issue(issue(**more), context(), closing)] == [state]


@pytest.mark.parametrize("kind", ["ISSUE", "TASK", "INCIDENT", "TICKET", None])
def test_tasks_and_incidents_are_tickets(kind):
    assert len(list(rows.of_issue(issue(type=kind), context(), BY_BO))) == 1


@pytest.mark.parametrize("kind", ["REQUIREMENT", "TEST_CASE", "OBJECTIVE", "KEY_RESULT", "EPIC"])
def test_other_work_items_are_no_tickets(kind):
    node = issue(type=kind, notes=listed(note(1, "bo", "Hm.")))
    assert [*rows.of_issue(node, context(), BY_BO), *rows.of_opened(node, context())] == []
    assert list(rows.of_comments(node, context())) == []


@pytest.mark.parametrize("more", [{"state": "opened"}, {"closedAt": None}, {"closedAt": "2026-08-01T00:00:00Z"}])
def test_only_what_was_closed_in_the_period_has_a_row(more):
    """The first second after a period is not in it."""
    assert list(rows.of_issue(issue(**more), context(), BY_BO)) == []


def test_an_opened_issue_is_its_reporters():
    (row,) = rows.of_opened(issue(state="opened", closedAt=None), context())
    assert (row.id, row.role, row.account, row.state) == ("issue/reporter/900/1", "reporter", "ada", "open")


@pytest.mark.parametrize(
    ("text", "project", "iid"),
    [
        ("closed", "", ""),
        ("closed via commit 0123456", "", ""),
        ("closed via merge request !12", "", "12"),
        ("closed with merge request !12", "", "12"),
        ("closed via merge request acme/other!3", "acme/other", "3"),
        ("closed with merge request other!3", "other", "3"),
        ("Status changed to closed by merge request !4", "", "4"),
        ("resolved the corresponding error and closed the issue", "", ""),
        ("automatically closed this incident because the alert resolved", "", ""),
    ],
)
def test_the_activity_says_how_an_issue_was_closed(text, project, iid):
    """As GitLab words it in its versions (app/models/state_note.rb)."""
    item = activity(said(1, "bo", text, icon="issue-close"), said(2, "cem", "reopened", icon="issues"))
    assert rows.closing(item) == Closing(who("bo"), project, iid)


def test_the_last_closing_counts():
    notes = [
        said(3, "dee", "closed", "2026-07-03T10:00:00Z", icon="issue-close"),
        said(2, "cem", "reopened", "2026-07-02T10:00:00Z", icon="issues"),
        said(1, "bo", "closed via merge request !1", "2026-07-01T10:00:00Z", icon=None),
    ]
    assert rows.closing(activity(*notes)) == rows.closing(activity(*reversed(notes))) == Closing(who("dee"))


def test_an_activity_without_a_closing_says_nothing():
    item = activity(
        said(1, "bo", "changed title from **closed** to **closed via !1**", icon="pencil"), status="CANCELED"
    )
    assert rows.closing(item) == Closing(None, canceled=True)
    assert rows.closing({"widgets": [None, {}, {"discussions": None}]}) == Closing(None)


def test_a_comment_on_others_work_is_help():
    node = issue(notes=listed(note(1, "bo", "Try this."), note(2, "ada", "Thanks."), said(3, "bo", "closed")))
    (row,) = rows.of_comments(node, context())
    assert (row.id, row.role, row.account, row.owners) == ("comment/helper/1", "helper", "bo", ("ada",))
    assert (row.body, row.url) == ("Try this.", "https://gitlab.com/acme/pay/shop/-/issues/7#note_1")


@pytest.mark.parametrize("how", ["moved", "cloned"])
def test_comments_that_came_along_are_copies(how):
    """The comments of an issue that is moved to another project are copied, with their time; the originals stay."""
    notes = [
        note(1, "bo", "Try this.", "2026-07-03T10:00:00Z"),
        said(2, "cem", f"{how} from acme/old#3", "2026-07-04T10:00:00Z", icon="arrow-right"),
        note(3, "bo", "And that.", "2026-07-04T10:00:00Z"),
    ]
    assert [each.body for each in rows.of_comments(issue(notes=listed(*notes)), context())] == ["And that."]


def test_a_release_counts_once_its_day_has_come():
    project = merge_request()["project"]
    node = {
        "tagName": "v1.2", "name": "Summer", "description": None, "createdAt": "2026-07-01T00:00:00Z",
        "releasedAt": "2026-07-09T00:00:00Z", "upcomingRelease": False, "author": who("ada"), "links": None,
    }  # fmt: skip
    (row,) = rows.of_release(node, project, context())
    assert (row.id, row.work_item) == ("release/author/70/v1.2", "gitlab.com/acme/pay/shop@v1.2")
    assert (row.title, row.account, row.url) == ("Summer", "ada", None)
    assert list(rows.of_release(node | {"upcomingRelease": True}, project, context())) == []


@pytest.mark.parametrize("listing", gitlab_documents.EXAMPLES, ids=lambda each: f"{each}, {each.shape}")
def test_a_list_costs_what_we_say(listing):
    """By GitLab's formula, at most two less: so page sizes fit, and none is smaller than it need be."""
    for entries in (1, 37, 100):
        variables = {"n0": entries, "iids0": ["1"], "paths": True}
        cost = complexity(schema_of("18.6.0", True), gitlab_documents.lists([listing]), variables)
        assert cost <= listing.cost(entries) <= min(cost + 2, graphql.LIMIT)


def test_a_closing_costs_what_we_say():
    documents = {number: gitlab_documents.closings(number) for number in (1, 4)}
    few = {f"iids{number}": ["1"] for number in range(4)}
    for number, document in documents.items():
        cost = complexity(schema_of("18.6.0", True), document, few)
        assert number * (graphql.CLOSING_COST - 2) <= cost <= number * graphql.CLOSING_COST


@pytest.mark.parametrize("name", gitlab_documents.examples())
def test_every_query_stays_within_the_limits(name):
    document = gitlab_documents.examples()[name]
    assert len(document) <= graphql.LONGEST
    few = {f"{name}{i}": value for i in range(20) for name, value in (("n", 1), ("iids", ["1"]))}
    if name != "lists together":
        assert complexity(schema_of("18.6.0", True), document, few) <= graphql.LIMIT


@pytest.mark.parametrize("enterprise", [True, False])
@pytest.mark.parametrize("version", ["16.0.0", "17.8.0", "18.6.0"])
def test_each_version_understands_the_rest(version, enterprise):
    """Without what an older version or the Community Edition may not know."""
    for name, document in gitlab_documents.examples().items():
        needed = graphql.DOCUMENTS.without(document, sorted(graphql.OPTIONAL))
        assert [each.message for each in validate(schema_of(version, enterprise), parse(needed))] == [], name


@pytest.mark.parametrize("name", graphql.OPTIONAL)
def test_what_is_optional_is_asked_for(name):
    assert any(re.search(graphql.OPTIONAL[name], each) for each in gitlab_documents.examples().values())
