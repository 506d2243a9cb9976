"""Several people as one: what two members did together counts once."""

import pytest

from harvester.analysis import measures
from harvester.analysis.as_one import ONE, as_one
from tests.rows import PEOPLE, at, commit, framed, review, row

MEMBERS = ("ada", "grace")
GRACE = "Grace <grace@example.org>"
PULL = "github.com/org/app#1"


def count(rows, name, members=MEMBERS):
    made = as_one(framed(rows), members, PEOPLE.connectors)
    assert set(made["person"]) <= {ONE}
    return measures.count(made[(made["is_primary"] & ~made["is_bot"]).to_numpy(bool)], name)


def test_a_change_of_two_members_counts_once():
    """As author and co-author, in git and on the forge."""
    rows = [
        row(work_item=PULL),
        row(work_item=PULL, source="here", account=GRACE, id="pull_request/author/a1"),
        row(work_item=PULL, source="here", account=GRACE, role="co-author", id="pull_request/co-author/a1"),
    ]
    assert count(rows, "pull_requests") == 1
    assert count(rows, "co_authored") == 0


def test_a_members_commit_in_anothers_pull_request():
    """It is part of the team's pull request, and no commit beside it."""
    rows = [row(work_item=PULL), commit("a1", account=GRACE, part_of=(PULL,)), commit("b2", account=GRACE)]
    assert measures.count(framed(rows), "commits") == 2
    assert count(rows, "commits") == 1
    assert count(rows, "commits", ["grace"]) == 2


@pytest.mark.parametrize(("owner", "of_others"), [("grace", 0), ("linus", 1)])
def test_reviews_within_and_beyond_the_team(owner, of_others):
    """What two members reviewed counts once; within the team it is no help for others."""
    rows = [review(7, owners=(owner,)), review(7, id="r2"), review(7, account="grace", owners=(owner,), id="r3")]
    rows = [each for each in rows if each.account != owner]
    assert count([each for each in rows if each.owners == (owner,)], "reviewed") == 1
    assert count([each for each in rows if each.owners == (owner,)], "reviews") == of_others


def test_a_review_of_ones_own_work_is_none():
    """Also as a member of a team."""
    assert count([review(7, owners=("ada",))], "reviewed") == 0


def test_people_of_outside_are_collaborators():
    """Members are not; owners neither."""
    rows = [row(participants=("grace", "linus"))]
    assert measures.count(framed(rows), "collaborators") == 2
    assert count(rows, "collaborators") == 1


def test_a_ticket_that_a_member_closed_for_another():
    """It counts once, whoever closed it and whoever it was assigned to."""
    ticket = {"kind": "issue", "work_item": "github.com/org/app#7", "owners": ("grace",)}
    rows = [row(**ticket, role="resolver", id="t1"), row(**ticket, role="assignee", account="grace", id="t2")]
    assert count(rows, "tickets") == 1


@pytest.mark.parametrize(("opened", "waited"), [("2026-07-18T12:01", 0), ("2026-07-18T12:00", 1), (None, 0)])
def test_what_waited_two_weeks(opened, waited):
    """By when it was opened, where that is known; merged on 1 August at noon: a page names whole days."""
    assert count([row(started_at=opened and at(opened))], "waited") == waited


def test_people_are_those_whose_work_counts():
    """Each once, co-authors too; who only merged work that counts for nobody is not among them."""
    rows = [row(work_item=PULL), row(work_item="github.com/org/app#2", account="grace", role="merger")]
    assert people(rows) == 1
    assert people([*rows, row(work_item=PULL, account="grace", role="co-author")]) == 2


def people(rows):
    """How many took part, where each work item is a thread; of the people apart and as one."""
    apart, together = framed(rows), as_one(framed(rows), MEMBERS, PEOPLE.connectors)
    numbers = {measures.count(each.assign(thread=each["work_item_key"]), "people") for each in (apart, together)}
    assert len(numbers) == 1
    return numbers.pop()


def test_the_lines_of_a_pull_request_are_those_of_all_members():
    """Where git knows each one's own; a part of somebody outside of the team is not among them."""
    own = {"work_item": PULL, "source": "here"}
    rows = [
        row(**own, account="Ada <ada@example.org>", id="p/a", additions=10, deletions=1, extra={"own_commits": "1/3"}),
        row(**own, account=GRACE, role="co-author", id="p/g", additions=5, deletions=2, extra={"own_commits": "1/3"}),
        row(
            **own,
            account="x <x@y.z>",
            role="co-author",
            id="p/x",
            additions=7,
            deletions=7,
            extra={"own_commits": "1/3"},
        ),
    ]
    assert (count(rows, "lines_added"), count(rows, "lines_deleted")) == (15, 3)
    assert count(rows, "lines_added", ["ada"]) == 10
