"""Every number has one definition, and nothing counts twice, whatever order the sources come in."""

import dataclasses
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.analysis import measures
from harvester.analysis.frame import records, select
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.model import Goal, Goals, Rule
from harvester.model.contribution import Kind, Role
from harvester.model.people import People
from harvester.model.periods import Period, calendar
from tests.rows import ADA, GRACE, PEOPLE, at, commit, framed, review, row

YEAR = Period(at("2026-01-01"), at("2027-01-01"))

BOTH = People((ADA, GRACE), {"hub": "github", "hub2": "github"})


def counted(rows, *names):
    asked = {"persons": ["ada"], "period": YEAR, "calendar": calendar("UTC"), "people": PEOPLE}
    frame = assess(framed(rows), GoalsAndDecisions(), now=at("2026-12-31"), **asked).frame
    mine = frame[(frame["person"] == "ada") & frame["is_primary"] & ~frame["is_bot"]]
    return [measures.count(mine, name) for name in names]


def test_every_measure_names_kinds_and_roles_of_the_schema():
    for each in measures.MEASURES.values():
        assert set(each.kinds) <= set(Kind.__args__)
        assert set(each.roles) <= set(Role.__args__)
        assert each.definition.endswith(".")


def test_an_empty_frame_counts_nothing():
    """And the median of nothing is no number."""
    for name, each in measures.MEASURES.items():
        (number,) = counted([], name)
        assert math.isnan(number) if each.count == "median" else number == 0


def test_a_pull_request_that_two_sources_saw_counts_once():
    seen_by_git = row(source="here", scope="github.com/org/app", account="Ada <ada@example.org>")
    assert counted([row(), seen_by_git], "pull_requests") == [1]


def test_a_pull_request_that_only_git_saw_is_its_author_s():
    seen_by_git = row(source="here", scope="github.com/org/app", account="Ada <ada@example.org>")
    assert counted([seen_by_git], "pull_requests", "co_authored") == [1, 0]


def test_a_persons_own_forge_row_decides_their_part():
    """What somebody else's rows say changes nothing: they may have been read or not."""
    by_git = row(source="here", scope="github.com/org/app", account="Ada <ada@example.org>")
    assert counted([by_git, row(role="co-author", id="other")], "pull_requests", "co_authored") == [0, 1]
    assert counted([by_git, row(account="grace")], "pull_requests", "co_authored") == [1, 0]


@pytest.mark.parametrize("kind", ["pull_request", "commit"])
def test_a_second_address_makes_nobody_their_own_co_author(kind):
    both = [row(kind=kind, source="here", scope="app", role=role, id=role) for role in ("co-author", "author")]
    both = [dataclasses.replace(each, account="Ada <ada@example.org>") for each in both]
    assert counted(both, f"{kind}s", "co_authored") == [1, 0]


class TestLandingCommit:
    """A clone has a repository's old name where the forge answers with the new one; the landing commit is the same."""

    SHA = f"commit/{'a' * 40}"
    OLD, NEW = "github.com/org/old#1", "github.com/org/app#1"

    def by_git(self, **values):
        git = {"source": "here", "scope": "github.com/org/old", "account": "Ada <ada@example.org>"}
        return row(**git | {"work_item": self.OLD, "closes": (self.SHA,), "project": "org/app"} | values)

    def test_two_names_of_one_pull_request_count_once(self):
        rows = [self.by_git(), row(closes=(self.SHA,)), commit("b" * 40, part_of=(self.OLD,)), commit("a" * 40)]
        for order in itertools.permutations(rows):
            frame = framed(order)
            primary = frame[frame["is_primary"] & (frame["kind"] == "pull_request")]
            assert primary["work_item"].tolist() == [self.NEW]
            assert counted(order, "pull_requests", "commits", "pieces") == [1, 0, 1]

    def test_a_revert_that_git_knows_marks_the_forges_row(self):
        rows = [self.by_git(reverted_by=(f"commit/{'c' * 40}",)), row(closes=(self.SHA,))]
        assert counted(rows, "pull_requests", "reverted") == [1, 1]
        assert counted([row(closes=(self.SHA,)), commit("a" * 40, reverted_by=("commit/c",))], "reverted") == [1]

    def test_another_landing_commit_is_another_pull_request(self):
        assert counted([self.by_git(), row(closes=(f"commit/{'b' * 40}",))], "pull_requests") == [2]
        assert counted([self.by_git(), row(closes=(self.SHA,), account="grace")], "pull_requests") == [1]

    def test_two_that_landed_in_one_commit_are_two(self):
        """Of a forge they are, though git knows one; that one is the one with its number, or else the first."""
        two = [row(work_item=f"github.com/org/app#{number}", closes=(self.SHA,)) for number in (1, 2)]
        assert counted([*two, self.by_git()], "pull_requests") == [2]
        same = self.by_git(work_item="github.com/org/app#2")
        assert framed([*two, same])["work_item_key"].tolist() == [
            "github.com/org/app#1", "github.com/org/app#2", "github.com/org/app#2"
        ]  # fmt: skip


def test_an_issue_that_moved_counts_once():
    """By the id that the source gives it; the same id of another issue, opened at another time, is another."""
    issue = {"kind": "issue", "role": "assignee", "id": "issue/assignee/77", "started_at": at("2026-07-01")}
    here, there = (row(**issue, work_item=f"github.com/org/{name}#1", scope=name) for name in ("app", "lib"))
    assert counted([here, there], "tickets") == [1]
    assert counted([here, dataclasses.replace(there, started_at=at("2026-07-02"))], "tickets") == [2]
    elsewhere = framed([here, dataclasses.replace(there, source="hub2")], BOTH)
    assert measures.count(elsewhere[elsewhere["is_primary"]], "tickets") == 2


def test_a_commit_of_ones_own_pull_request_is_not_counted_again():
    rows = [row(), commit("a" * 40, part_of=("github.com/org/app#1",)), commit("b" * 40)]
    assert counted(rows, "pull_requests", "commits", "commits_in_pull_requests") == [1, 1, 1]


def test_the_merge_commit_of_a_pull_request_is_not_counted():
    assert counted([row(closes=(f"commit/{'a' * 40}",)), commit("a" * 40)], "commits") == [0]


def test_a_commit_in_somebody_else_s_pull_request_counts_for_its_author():
    rows = [row(account="grace"), commit("a" * 40, part_of=("github.com/org/app#1",))]
    assert counted(rows, "pull_requests", "commits") == [0, 1]


def test_changes_with_files_that_are_not_work():
    """Those that count are counted, by the row that represents them."""
    left_out = {"extra": {"goal": "x", "not_work": "1 +5 -0"}}
    rows = [
        commit("a" * 40, **left_out),
        commit("b" * 40),
        commit("c" * 40, part_of=("github.com/org/app#1",), **left_out),
    ]
    assert counted([*rows, row()], "sized_without_files") == [1]
    assert counted([row(**left_out)], "sized_without_files") == [1]


def git_pull(**values):
    """Git's row of the same pull request, of which Ada wrote a part."""
    said = {"topic": "x", "not_work": "1 +5 -0", "own_commits": "1/2"}
    defaults = {"source": "here", "account": "Ada <ada@example.org>", "additions": 3, "deletions": 1}
    return row(**defaults | {"files_changed": 2, "paths": ("a", "b", "b.lock"), "extra": said} | values)


@pytest.mark.parametrize("role", ["author", "co-author"])
def test_a_pull_request_has_the_size_that_git_knows(role):
    """Git knows attributes and whose commits they are; the row is the forge's all the same, and other rows stay."""
    forge = row(additions=90, deletions=9, files_changed=3, paths=("a", "b.lock"), extra={"goal": "x", "not_work": "2"})
    rows = [row(work_item="github.com/org/app#2", additions=7), git_pull(role=role, id="git"), forge]
    for ordered in itertools.permutations(rows):
        frame = framed(ordered).set_index("id")
        found = frame.loc[forge.id]
        assert (found["source"], found["is_primary"], dict(frame.loc["git"]["extra"])) == ("hub", True, rows[1].extra)
        assert found[["additions", "deletions", "files_changed"]].tolist() == [3, 1, 2]
        assert dict(found["extra"]) == {"goal": "x", "not_work": "1 +5 -0", "own_commits": "1/2"}
        assert frame.loc[rows[0].id]["additions"] == 7
        assert counted(ordered, "lines_added", "sized_without_files") == [10, 1]


@pytest.mark.parametrize(
    "other",
    [
        {"additions": None}, {"paths": ("a",)}, {"role": "merger"}, {"account": "Grace <grace@example.org>"},
        {"work_item": "github.com/org/app#2", "closes": ()},
    ],
)  # fmt: skip
def test_a_forge_s_size_stays_where_git_knows_less(other):
    """Where git's row has no size or not all files, or is of a merge, of somebody else or of another change."""
    forge = row(additions=90, paths=("a", "b.lock"), extra={"not_work": "2"})
    found = framed([git_pull(**{"id": "git"} | other), forge]).set_index("id").loc[forge.id]
    assert (found["additions"], dict(found["extra"])) == (90, {"not_work": "2"})


def test_co_authoring_counts_for_nothing_else():
    rows = [
        row(role="co-author"),
        commit("a" * 40, role="co-author", part_of=("github.com/org/app#1",)),
        commit("b" * 40, role="co-author"),
    ]
    assert counted(rows, "pull_requests", "commits", "co_authored", "projects") == [0, 0, 2, 0]


def test_three_reviews_of_one_pull_request_are_one_review_and_three_submissions():
    rows = [review(1, id=f"review/{each}") for each in "abc"]
    assert counted(rows, "reviews", "review_submissions", "people_reviewed") == [1, 3, 1]


def test_a_review_that_two_configured_sources_saw_is_one_submission():
    frame = framed([review(1, id="review/a"), review(1, id="review/a", source="hub2", scope="all")], BOTH)
    assert measures.count(frame[frame["is_primary"]], "review_submissions") == 1


def test_a_review_of_ones_own_work_does_not_count():
    assert counted([review(1, owners=("ada",))], "reviews", "review_submissions", "people_reviewed") == [0, 0, 0]


def test_a_bot_s_pull_request_is_reviewed_but_a_bot_is_no_person_helped():
    assert counted([review(1, owners=("dependabot[bot]",))], "reviews", "people_reviewed") == [1, 0]


def test_comments_count_each_and_only_on_the_work_of_others():
    comment = {"kind": "comment", "role": "helper", "owners": ("grace",)}
    rows = [row(id="comment/a", **comment), row(id="comment/b", **comment), row(id="comment/c", **comment)]
    assert counted([*rows[:2], dataclasses.replace(rows[2], owners=("ada",))], "comments") == [2]


def test_a_picked_commit_counts_once():
    first = f"commit/{'a' * 40}"
    picked = commit("b" * 40, picked_from=(first,), occurred_at=at("2026-08-02"))
    assert counted([commit("a" * 40), picked], "commits", "cherry_picks") == [1, 1]
    assert counted([picked], "commits", "cherry_picks") == [0, 1]


def test_what_a_source_says_is_reverted_is_marked():
    """Whoever reverted it and whenever: none of these rows is looked for."""
    gone = {"reverted_by": (f"commit/{'c' * 40}",)}
    assert counted([row(), commit("a" * 40)], "reverted") == [0]
    assert counted([row(**gone), commit("a" * 40, **gone), commit("b" * 40)], "reverted") == [2]
    part = {"part_of": ("github.com/org/app#1",)}
    assert counted([row(), commit("a" * 40, **part, **gone), commit("b" * 40, **part)], "reverted") == [0]


def test_collaborators_are_other_people_each_once():
    rows = [
        row(participants=("grace", "linus", "ada", "dependabot[bot]")),
        row(work_item="github.com/org/app#2", participants=("Linus",)),
        row(work_item="github.com/org/app#3", role="co-author", account="ada", participants=("margaret",)),
        commit("a" * 40, participants=("Grace Hopper <grace@example.org>",)),
    ]
    assert counted(rows, "collaborators", "bot_assisted") == [2, 1]
    assert counted([row()], "collaborators") == [0]
    # People who are not configured may be one person in both sources; `ghost` is any deleted account.
    seen = [
        row(participants=("linus", "margaret", "ghost")),
        commit("b" * 40, participants=("Linus <linus@example.org>",)),
    ]
    assert counted(seen, "collaborators") == [2]
    assert counted([row(participants=("ghost", "ada"))], "collaborators") == [0]
    lab = [dataclasses.replace(each, source="lab") for each in (row(participants=("ghost",)), seen[0])]
    people = People((ADA, GRACE), {"lab": "gitlab"})
    assert [measures.count(framed([each], people), "collaborators") for each in lab] == [0, 2]


def test_counts_by_thread_are_those_of_each_thread_by_itself():
    goals = {"persons": ["ada"], "period": YEAR, "calendar": calendar("UTC"), "people": PEOPLE}
    rows = [
        row(participants=("grace",), started_at=at("2026-07-30")),
        review(1, id="r1", account="grace", owners=("ada",)),
        review(2, id="r2"), review(2, id="r3"),
        row(kind="issue", role="assignee", work_item="github.com/org/app#4", story_points=3.0),
        resolved(story_points=3.0),
        row(work_item="github.com/org/app#5", closes=("#4",), participants=("grace", "linus")),
    ]  # fmt: skip
    frame = assess(framed(rows), GoalsAndDecisions(), now=at("2026-12-31"), **goals).frame
    mine = frame[(frame["person"] == "ada").to_numpy(bool)]
    for name in measures.MEASURES:
        by_thread = measures.count_by(mine, name, ["thread"])
        alone = {(thread,): measures.count(own, name) for thread, own in mine.groupby("thread")}
        assert by_thread == {thread: number for thread, number in alone.items() if number and number == number}


def test_case_and_clones_do_not_count_twice():
    shouted = row(
        source="here", scope="github.com/Org/App", work_item="github.com/Org/App#1", account="Ada <ada@example.org>"
    )
    assert counted([row(), shouted], "pull_requests", "projects") == [1, 1]
    fork = {"source": "here", "account": "Ada <ada@example.org>", "id": "pull_request/author/abc"}
    clones = [row(**fork), row(**fork, work_item="github.com/ada/app#1", scope="github.com/ada/app")]
    assert counted(clones, "pull_requests") == [1]


def test_work_whose_uncounted_parts_alone_are_claimed_is_unplanned():
    goals = Goals(goals=(Goal.model_validate({"name": "g", "title": "G", "match": {"scopes": ["pay"]}}),))
    rows = [row(title="A page"), commit("a" * 40, title="pay: x", part_of=("github.com/org/app#1",))]
    asked = {"persons": ["ada"], "period": YEAR, "calendar": calendar("UTC"), "people": PEOPLE}
    made = assess(framed(rows), GoalsAndDecisions(goals), now=at("2026-12-31"), **asked)
    assert (len(made.claims), measures.count(made.frame, "unplanned")) == (0, 1)


def test_points_are_added_once_a_ticket_and_unknown_points_add_nothing():
    tickets = [
        row(kind="issue", role="assignee", work_item="acme.atlassian.net/PAY-1", story_points=3.0),
        resolved(work_item="acme.atlassian.net/PAY-1", story_points=3.0),
        row(kind="issue", role="assignee", work_item="acme.atlassian.net/PAY-2"),
    ]
    assert counted(tickets, "tickets", "story_points") == [2, 3]


def test_a_ticket_that_nobody_did_does_not_count():
    states = ("completed", None, "not_planned", "duplicate", "moved")
    tickets = [
        row(kind="issue", role="assignee", work_item=f"github.com/org/app#{number}", state=state, story_points=1.0)
        for number, state in enumerate(states)
    ]
    assert counted(tickets, "tickets", "story_points") == [2, 2]


def resolved(**values):
    """A ticket that Ada closed, which is her own work unless it says otherwise."""
    ticket = {"kind": "issue", "role": "resolver", "work_item": "github.com/org/app#4", "story_points": 2.0}
    return row(**ticket | {"owners": ("ada",)} | values)


@pytest.mark.parametrize(
    ("owners", "counts"), [(("ada",), 1), (("grace",), 0), (("grace", "ada"), 1), (("Ada",), 1), ((), 0)]
)
def test_who_closed_a_ticket_has_it_only_as_own_work(owners, counts):
    """Somebody's ticket that another person closes is no work of that person, whichever way it is counted."""
    numbers = counted([resolved(owners=owners)], "tickets", "story_points", "unplanned", "projects", "pieces")
    assert numbers == [counts, 2 * counts, counts, counts, counts]


def test_an_assignee_who_closed_the_ticket_has_it_once():
    rows = [resolved(role="assignee"), resolved(owners=("grace", "ada"))]
    assert counted(rows, "tickets", "story_points") == [1, 2]


def test_a_ticket_not_done_gives_no_project():
    assert counted([resolved(state="duplicate"), row(role="merger"), row(role="co-author")], "projects") == [0]


def test_a_withdrawn_approval_is_no_review():
    rows = [review(1, id="r1", state="withdrawn"), review(2, id="r2", state="approved")]
    assert counted(rows, "reviews", "review_submissions", "people_reviewed", "pieces") == [1, 1, 1, 1]
    again = review(1, id="r3", state="approved", occurred_at=at("2026-08-02"))
    assert counted([*rows, again], "reviews", "review_submissions") == [2, 2]


@pytest.mark.parametrize("role", ["author", "co-author"])
def test_pressing_merge_changes_no_other_credit(role):
    """What git says of a person's part stays, also where the forge's only row of theirs says that they merged it."""
    by_git = row(source="here", scope="app", role=role, account="Ada <ada@example.org>")
    names = ("pull_requests", "co_authored", "merged_for_others")
    assert counted([by_git, row(role="merger", owners=("grace",))], *names) == counted([by_git], *names)
    assert counted([row(role="merger")], "pull_requests", "co_authored", "pieces", "projects") == [0, 0, 0, 0]


def test_an_assistant_among_the_co_authors_is_counted_as_such():
    assert counted(
        [row(participants=("Claude <noreply@anthropic.com>", "grace"))], "bot_assisted", "pull_requests"
    ) == [1, 1]


def test_words_give_one_and_many():
    assert measures.MEASURES["reviews"].words(1) == "1 review"
    assert measures.MEASURES["story_points"].words(2.5) == "2.5 points"
    assert measures.MEASURES["commits"].words(12345) == "12,345 commits"


WORLD = [
    row(),
    row(source="here", scope="github.com/org/app", account="Ada <ada@example.org>"),
    row(source="there", scope="github.com/org/app", account="Grace <grace@example.org>"),
    row(work_item="github.com/org/app#2", role="co-author"),
    commit("a" * 40, part_of=("github.com/org/app#1",)),
    commit("a" * 40, source="there"),
    commit("b" * 40, title=None),
    review(3, id="review/1"),
    review(3, id="review/2"),
    row(kind="issue", role="assignee", work_item="github.com/org/app#9", story_points=2.0),
]


@pytest.fixture(scope="module")
def numbers():
    """Every measure of `WORLD`."""
    return counted(WORLD, *measures.MEASURES)


FEWER = settings(max_examples=settings().max_examples * 2 // 5)
"""Each example assesses a frame."""


@FEWER
@given(rows=st.permutations(WORLD), again=st.lists(st.sampled_from(WORLD)))
def test_order_and_repetition_do_not_change_a_count(numbers, rows, again):
    assert counted([*rows, *again], *measures.MEASURES) == numbers


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations([{"additions": 5, "body": "why"}, {}])))
def test_the_row_that_knows_more_is_shown(first, second):
    frame = framed([row(**first), row(source="hub2", **second)], BOTH)
    assert frame.loc[frame["is_primary"], "body"].tolist() == ["why"]


APPLIED = "applied for its author: not in the totals"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, ""),
        ({"role": "co-author"}, "as co-author: listed for information; not in the totals"),
        ({"role": "merger", "owners": ("grace",)}, "as merger: not in the totals"),
        ({"kind": "commit", "role": "merger", "owners": ("grace",), "state": "applied"}, APPLIED),
        ({"kind": "help", "role": "tester", "owners": ("grace",)}, ""),
        ({"kind": "help", "role": "tester", "owners": ("ada",)}, "help with a part of one's own work"),
        (
            {"kind": "help", "role": "tester", "picked_from": ("commit/1",)},
            "the same change as an earlier commit, which counts",
        ),
        ({"kind": "issue", "role": "assignee", "state": "duplicate"}, "closed as a duplicate"),
        ({"kind": "issue", "role": "resolver", "owners": ("ada",), "state": "not_planned"}, "closed as not planned"),
        ({"kind": "issue", "role": "resolver", "owners": ("ada",)}, ""),
        ({"kind": "issue", "role": "assignee", "state": "moved"}, "moved to another project"),
        ({"kind": "issue", "role": "resolver", "owners": ("grace",)}, "closed for somebody else, whose work it is"),
        ({"kind": "issue", "role": "resolver"}, "closed by the person, but nothing says that it is their work"),
        ({"kind": "review", "role": "reviewer", "owners": ("grace",), "state": "withdrawn"}, "it was withdrawn"),
        ({"kind": "issue", "role": "assignee", "state": "completed"}, ""),
        ({"kind": "comment", "role": "helper", "owners": ("ada",)}, "a comment of one's own work"),
        ({"account": "dependabot[bot]"}, "it is a bot's or an assistant's, which are left out"),
    ],
)
def test_why_a_row_does_not_count_is_given_in_words(values, why):
    frame = framed([row(**values)])
    assert measures.uncounted(records(frame)[0]) == why
    assert (why == "") == bool(len(measures.counting(frame[~frame["is_bot"]])))


def test_counted_names_what_counts_a_row():
    """Each measure of what a person did names its rows, a ticket's points too, where it has any."""
    ticket = {"kind": "issue", "role": "assignee", "work_item": "acme.atlassian.net/PAY-1"}
    rows = {
        "pull request": row(),
        "commit of it": commit("a" * 40, part_of=("github.com/org/app#1",)),
        "commit": commit("b" * 40),
        "review": review(2),
        "own review": review(3, owners=("ada",)),
        "ticket": row(**ticket),
        "ticket with points": row(**ticket | {"work_item": "acme.atlassian.net/PAY-2"}, story_points=0.0),
        "duplicate": row(**ticket | {"work_item": "acme.atlassian.net/PAY-3"}, story_points=1.0, state="duplicate"),
        "co-author": row(work_item="github.com/org/app#4", role="co-author"),
        "bot": row(work_item="github.com/org/app#5", account="dependabot[bot]"),
        "same as git has it": row(source="here", account="Ada <ada@example.org>"),
    }
    made = dict(zip(rows, framed(rows.values())["counted"].tolist(), strict=True))
    assert made == {name: [] for name in rows} | {
        "pull request": ["pull_requests"],
        "commit": ["commits"],
        "review": ["reviews", "review_submissions"],
        "ticket": ["tickets"],
        "ticket with points": ["tickets", "story_points"],
    }


@FEWER
@given(st.permutations([*WORLD, resolved(work_item="github.com/org/app#9")]))
def test_a_naive_groupby_gives_the_measures(rows):
    """The rows with a name in `counted`, by person, are as many as the measure counts; points add up to its points."""
    frame = framed(rows)
    assert str(frame["counted"].dtype) == "list<item: string>[pyarrow]"
    assert not frame["counted"].isna().any()
    each = frame[["person", "counted", "story_points"]].explode("counted").dropna(subset=["counted"])
    primary = frame[frame["is_primary"] & ~frame["is_bot"]]
    for name in (name for name, each in measures.MEASURES.items() if each.goal):
        named = each[each["counted"] == name]
        number = named["story_points"].sum() if name == "story_points" else len(named)
        assert (name, number) == (name, measures.count(primary, name))


def test_counted_is_of_the_selected_rows():
    """Of two reviews of one pull request the first is named, in each period the first of that period."""
    times = {"a": "2026-08-03", "b": "2026-08-01", "c": "2026-09-01", "d": "2026-09-01"}
    frame = framed([review(1, id=name, occurred_at=at(time)) for name, time in times.items()])

    def first(selected):
        return [row["id"] for row in records(selected) if "reviews" in row["counted"]]

    assert first(frame) == ["b"]
    assert first(select(frame, Period(at("2026-09-01"), at("2026-10-01")))) == ["c"]
    assert first(select(frame, Period(at("2026-08-02"), at("2026-09-01")), ["ada"])) == ["a"]


def test_measures_of_what_a_person_did_are_counted():
    assert set(measures.COUNTED) <= {name for name, each in measures.MEASURES.items() if each.goal}


def test_a_picked_commit_in_a_pull_request_is_no_pick():
    """It is part of the pull request already, and is said once why it does not count."""
    picked = commit(
        "b" * 40, picked_from=(f"commit/{'a' * 40}",), occurred_at=at("2026-08-02"), part_of=("github.com/org/app#1",)
    )
    rows = [row(), commit("a" * 40), picked]
    assert counted(rows, "commits", "cherry_picks", "commits_in_pull_requests") == [1, 0, 1]


def test_a_release_is_work_that_counts():
    """A release alone is a piece of work, and who is named in it took part in something."""
    release = row(kind="release", work_item="github.com/org/app/releases/1", participants=("grace",))
    assert counted([release], "releases", "pieces", "unplanned", "collaborators") == [1, 1, 1, 1]


def test_bots_are_seen_in_what_counts_by_itself():
    """A bot in a commit of a pull request, or in a pick, is not counted beside the pull request or the original."""
    bot = {"participants": ("Claude <noreply@anthropic.com>",)}
    inside = commit("a" * 40, part_of=("github.com/org/app#1",), **bot)
    original = commit("b" * 40)
    pick = commit("c" * 40, picked_from=(f"commit/{'b' * 40}",), occurred_at=at("2026-08-02"), **bot)
    assert counted([row(), inside, original, pick], "bot_assisted") == [0]
    assert counted([row(**bot), inside, commit("d" * 40, **bot)], "bot_assisted") == [2]
    assert counted([row(role="co-author", **bot)], "bot_assisted") == [0]


class TestTrailers:
    """What commits name people for counts beside what forges know, and nothing twice."""

    SHA = "a" * 40

    def by_git(self, **values):
        git = {"source": "here", "scope": "github.com/org/app", "account": "Ada <ada@example.org>"}
        return row(**git | {"owners": ("Grace <grace@example.org>",)} | values)

    def review(self, sha, work_item, **values):
        given = {"kind": "review", "role": "reviewer", "state": "trailer", "id": f"review/reviewer/{sha}/ada"}
        return self.by_git(work_item=work_item, **given | values)

    def help(self, role, work_item, sha="b" * 40, **values):
        return self.by_git(kind="help", role=role, work_item=work_item, id=f"help/{role}/{sha}/ada", **values)

    def merged(self, kind, work_item, **values):
        return self.by_git(kind=kind, role="merger", work_item=work_item, **{"state": "merged"} | values)

    def test_a_forges_review_and_a_trailer_are_one(self):
        """The same pull request and person count once, and a trailer is no submission."""
        rows = [review(1, state="approved"), self.review(self.SHA, "github.com/org/app#1")]
        for order in itertools.permutations(rows):
            assert counted(order, "reviews", "review_submissions", "people_reviewed") == [1, 1, 1]

    def test_trailers_of_one_change_are_one_review(self):
        rows = [self.review(f"{n}" * 40, f"commit/{self.SHA}") for n in range(3)]
        assert counted([*rows, self.review("d" * 40, "commit/" + "d" * 40)], "reviews") == [2]

    def test_ones_own_work_is_no_help(self):
        """Also where only the configuration knows that the other address is the person's own."""
        own = {"owners": ("Ada <ada@example.org>",)}
        rows = [
            self.review(self.SHA, "commit/1", **own), self.help("tester", "commit/1", **own),
            self.merged("pull_request", "github.com/org/app#1", **own), self.merged("commit", "commit/2", **own),
        ]  # fmt: skip
        assert counted(rows, "reviews", "help", "merged_for_others", "applied") == [0, 0, 0, 0]

    def test_help_counts_once_whatever_it_was(self):
        rows = [self.help(role, "commit/1") for role in ("helper", "tester", "reporter", "mentor")]
        rows.append(self.help("mentor", "commit/2", "c" * 40, owners=("Bob <bob@example.org>",)))
        assert counted(rows, "help", "mentored", "people_helped", "reviews", "commits") == [2, 2, 2, 0, 0]

    def test_work_logged_on_a_ticket_counts_it_once(self):
        """However often, and beside changes; one's own tickets are no help."""
        owners = ("Grace <grace@example.org>", "Grace <grace@example.org>", "bob", "bob", "Ada <ada@example.org>")
        rows = [
            self.by_git(
                kind="help", role="helper", id=f"help/helper/{n}", work_item=f"jira.example.com/PAY-{n // 2}",
                owners=(owner,), scope="jira.example.com",
            )
            for n, owner in enumerate(owners)
        ]  # fmt: skip
        assert counted([*rows, self.help("tester", "commit/1")], "help", "people_helped", "tickets") == [3, 2, 0]

    def test_what_is_picked_is_no_second_help(self):
        again = {"picked_from": ("commit/1",)}
        rows = [self.help("tester", "commit/1"), self.help("tester", "commit/2", "c" * 40, **again)]
        assert counted(rows, "help") == [1]

    def test_merges_of_others_are_no_work_of_ones_own(self):
        """Pull requests and topics count in a measure of their own, patches that were applied in another."""
        rows = [
            self.merged("pull_request", "github.com/org/app#1", additions=5, deletions=5),
            self.merged("commit", "commit/1"), self.merged("commit", "commit/2", state="applied"),
        ]  # fmt: skip
        assert counted(rows, "merged_for_others", "people_merged", "applied") == [2, 1, 1]
        assert counted(rows, "pull_requests", "commits", "lines_added", "unplanned", "projects") == [0] * 5

    @pytest.mark.parametrize("owners", [(), ("dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",)])
    def test_a_merge_of_nobodys_work_is_none_for_others(self, owners):
        """Neither one branch merged into another, which brings no commit of its own, nor what a bot wrote."""
        rows = [
            self.merged("pull_request", "github.com/org/app#1", owners=owners),
            self.merged("commit", "commit/1", owners=owners),
            self.merged("commit", "commit/2", owners=owners, state="applied"),
        ]  # fmt: skip
        assert counted(rows, "merged_for_others", "people_merged", "applied") == [0, 0, 0]

    def test_merging_ones_own_pull_request_counts_once(self):
        """A merge that git credits to somebody else and a forge to its author is none for others."""
        rows = [row(), self.merged("pull_request", "github.com/org/app#1")]
        assert counted(rows, "pull_requests", "merged_for_others") == [1, 0]

    def test_mentoring_is_evidence_for_a_goal_with_people(self):
        """A goal that names a person claims what trailers say was done for them."""
        goal = Goal(name="grow", title="Grow", match=Rule(people=["grace"]))
        rows = framed([self.help("mentor", "commit/1")])
        asked = {"persons": ["ada"], "period": YEAR, "calendar": calendar("UTC"), "people": PEOPLE}
        made = assess(rows, GoalsAndDecisions(Goals(goals=[goal])), now=at("2026-12-31"), **asked)
        assert made.claims[["target", "status", "reason"]].values.tolist() == [["grow", "claimed", "with Grace Hopper"]]
