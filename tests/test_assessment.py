"""A frame assessed by goals for a period: what came later changes nothing, and notes suggest what they are about."""

import pytest

from harvester.analysis import measures
from harvester.analysis.frame import prepare
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.decisions import Decision, Decisions
from harvester.goals.model import Goal, Goals
from harvester.goals.progress import Progress
from harvester.model.contribution import to_table
from harvester.model.people import People
from harvester.model.periods import Period, calendar
from tests.rows import ADA, GRACE, at, commit, row

PEOPLE = People((ADA, GRACE), {"here": "git", "hub": "github", "tickets": "jira", "notes": "notebook"})
QUARTER = Period(at("2026-04-01"), at("2026-07-01"))
PULL = "github.com/org/app#1"
BEFORE_AND_AT_END = ("2026-06-30T23:59:59", "2026-07-01")
BEFORE_AND_AT_MIDNIGHT = ("2026-05-10T23:59:59", "2026-05-11")


def assessed(rows, *goals, period=QUARTER, now="2026-12-31"):
    frame = prepare(to_table(rows), PEOPLE)
    known = GoalsAndDecisions(Goals(goals=tuple(Goal.model_validate(each) for each in goals)))
    asked = {"persons": ["ada"], "period": period, "calendar": calendar("UTC"), "people": PEOPLE}
    return assess(frame, known, now=at(now), **asked)


def counts(made, *names):
    return [measures.count(made.frame, name) for name in names]


def note(name, day, **fields):
    about = fields.pop("about", ())
    return row(
        source="notes", scope="notebook.md", kind="note", work_item=f"notebook/{name}", account="ada",
        occurred_at=at(day), id=f"note/{name}", title=name, related_to=about, extra=fields, project=None,
    )  # fmt: skip


def test_later_rows_change_no_thread_and_no_claim():
    goal = {"name": "pay", "title": "Pay", "match": {"tickets": ["PAY-*"]}}
    pull = row(occurred_at=at("2026-06-01"), closes=("acme.atlassian.net/PAY-1",))
    later = row(
        kind="issue",
        role="assignee",
        work_item="acme.atlassian.net/PAY-1",
        occurred_at=at("2026-07-02"),
        source="tickets",
    )
    alone, after = assessed([pull], goal), assessed([pull, later], goal)
    assert alone.frame["thread"].tolist() == after.frame["thread"].tolist() == [PULL]
    assert alone.claims.to_dict("list") == after.claims.to_dict("list")


def test_a_row_at_the_periods_end_is_outside():
    """A period is half-open: what occurs exactly at its end is part of the next one."""
    last, next_one = (row(work_item=f"{PULL}{n}", occurred_at=at(day)) for n, day in enumerate(BEFORE_AND_AT_END))
    made = assessed([last, next_one], {"name": "pay", "title": "Pay", "match": {"kinds": ["pull_request"]}})

    assert made.frame["work_item"].tolist() == made.frame["work_item"][made.claims["row"]].tolist() == [f"{PULL}0"]


def test_a_row_at_the_end_of_today_counts_tomorrow():
    """While the period runs, progress counts what occurred before the end of today, which is half-open too."""
    goal = {"name": "pay", "title": "Pay", "match": {"kinds": ["pull_request"]}, "measure": "pull_requests"}
    rows = [row(work_item=f"{PULL}{n}", occurred_at=at(day)) for n, day in enumerate(BEFORE_AND_AT_MIDNIGHT)]

    assert assessed(rows, goal, now="2026-05-10T12:00").progress["pay"].done == 1
    assert assessed(rows, goal, now="2026-05-11T12:00").progress["pay"].done == 2


def test_rows_of_others_change_no_thread_and_no_claim():
    """They may have been read or not; a ticket has the paths of the person's own pull request alone."""
    goal = {"name": "pay", "title": "Pay", "match": {"paths": ["pay/"]}}
    ticket = row(
        kind="issue", role="assignee", work_item=f"{PULL}7", occurred_at=at("2026-06-02"), closes=("PAY-1",)
    )  # fmt: skip
    pull = {"occurred_at": at("2026-06-01"), "closes": (f"{PULL}7",), "paths": ("pay/a.py",)}
    theirs, own = row(account="grace", **pull), row(work_item="github.com/org/app#2", **pull)
    alone, beside = assessed([ticket], goal), assessed([ticket, theirs], goal)
    assert alone.frame["thread"].tolist() == beside.frame["thread"].tolist() == [f"{PULL}7"]
    assert (len(alone.claims), len(beside.claims)) == (0, 0)
    assert len(assessed([ticket, own], goal).claims) == 2


def test_a_later_note_is_not_about_work_in_the_period():
    rows = [
        row(occurred_at=at("2026-06-01")),
        note("first", "2026-06-02", about=(PULL,)),
        note("late", "2026-07-02", about=(PULL,)),
    ]
    made = assessed(rows)
    assert {thread: made.frame["title"][list(notes)].tolist() for thread, notes in made.notes_by_thread.items()} == {
        PULL: ["first"]
    }


def test_a_note_with_a_goal_suggests_its_thread():
    """What it is about is linked to the goal; work that belongs to it may be for the goal, too."""
    goals = [{"name": name, "title": name} for name in ("docs", "pay")]
    rows = [
        row(work_item=f"{PULL}{n}", occurred_at=at("2026-06-01"), closes=("acme.atlassian.net/PAY-7",)) for n in (0, 1)
    ]
    made = assessed([*rows, note("said", "2026-06-02", about=(f"{PULL}0",), goal="docs\nnone")], *goals)
    assert made.suggestions[["row", "target", "reason"]].values.tolist() == [
        [1, "docs", "the note “said” about it names this goal"]
    ]
    assert made.claims["row"].tolist() == [0, 2]


def test_what_is_not_counted_is_not_suggested():
    goal = {"name": "pay", "title": "Charged twice", "words": ["charged"]}
    issue = {"kind": "issue", "role": "assignee", "title": "Charged twice", "occurred_at": at("2026-06-01")}
    done, twice = (
        row(**issue, work_item=f"{PULL}{n}", state=state) for n, state in enumerate(("completed", "duplicate"))
    )
    assert assessed([done, twice], goal).suggestions["row"].unique().tolist() == [0]


@pytest.mark.parametrize("keys", [{}, {"measure": "pull_requests"}, {"measure": "outcome", "baseline": 3, "target": 0}])
def test_without_target_or_figure_nothing_is_missed(keys):
    goal = {"name": "g", "title": "G", "from": "2026-04-01", "until": "2026-06-30"} | keys
    made = assessed([row(occurred_at=at("2026-06-01"))], goal).progress["g"]
    assert isinstance(made, Progress)
    assert made.state == "unknown"


PAY_GOAL = {"name": "pay", "title": "Pay"}
SAYS_SO = "the note of 5 June 2026 says so"


def linked(rows, *goals, decisions=()):
    """The goal, the work item and the reason of each claim of work, as goals and decisions make them."""
    frame = prepare(to_table(rows), PEOPLE)
    goals = [Goal.model_validate(each) for each in goals or (PAY_GOAL,)]
    known = GoalsAndDecisions(Goals(goals=tuple(goals)), Decisions(decisions), {"PAY": "acme.atlassian.net"})
    asked = {"persons": ["ada"], "period": QUARTER, "calendar": calendar("Europe/Berlin"), "people": PEOPLE}
    claims = assess(frame, known, now=at("2026-12-31"), **asked).claims
    items = frame["work_item"].loc[claims["row"]]
    found = zip(claims["target"], items, claims["status"], claims["reason"], strict=True)
    return sorted(each for each in found if not each[1].startswith("notebook"))


def pull(number, **values):
    return row(work_item=f"github.com/org/app#{number}", occurred_at=at("2026-06-01"), **values)


def test_a_note_links_what_it_is_about_to_its_goal():
    """As the person's own decision: it counts, and the reason names the note's day in the person's zone."""
    rows = [pull(1), pull(2), note("a", "2026-06-04T23:00", goal="pay", about=("app#1", "gone#7"))]

    assert linked(rows) == [("pay", PULL, "claimed", SAYS_SO)]


def test_a_note_links_all_of_its_work_and_goals():
    """Everything that a note is about is linked to each goal that it names."""
    rows = [pull(1), pull(2), note("a", "2026-06-05", goal="pay\nship\ngone", about=("app#1", "app#2"))]
    found = linked(rows, PAY_GOAL, {"name": "ship", "title": "Ship"})

    assert [each[:2] for each in found] == [(g, f"github.com/org/app#{n}") for g in ("pay", "ship") for n in (1, 2)]


def test_a_decision_comes_before_a_notes_link():
    rows = [pull(1), pull(2), note("a", "2026-06-05", goal="pay", about=("app#1", "app#2"))]
    no = Decision(PULL, "pay", accept=False, date=at("2026-06-01").date())
    yes = Decision(f"{PULL[:-1]}2", "pay", accept=True, date=at("2026-06-01").date())

    assert linked(rows, decisions=(no, yes)) == [
        ("pay", "github.com/org/app#2", "claimed", "decided by hand, 1 June 2026")
    ]


def test_a_notes_link_is_more_than_a_rules_suggestion():
    rows = [pull(1, paths=("a/x.py", "b/x.py")), note("a", "2026-06-05", goal="pay", about=("#1",))]

    assert linked(rows, PAY_GOAL | {"match": {"paths": ["a/"]}}) == [("pay", PULL, "claimed", SAYS_SO)]


@pytest.mark.parametrize(
    "about",
    [
        "commit/" + "a" * 40,  # a commit counts with its pull request
        "PAY-7",  # somebody else's ticket, that the pull request closed
        "https://github.com/org/app/pull/1",
    ],
)
def test_a_note_about_a_part_means_the_whole(about):
    whole = pull(1, closes=("PAY-7", "commit/" + "a" * 40))
    part = commit("a" * 40, occurred_at=at("2026-06-01"), part_of=(PULL,))
    ticket = row(
        kind="issue", role="reporter", work_item="acme.atlassian.net/PAY-7", source="tickets", account="5b10",
        occurred_at=at("2026-06-01"),
    )  # fmt: skip

    made = linked([whole, part, ticket, note("a", "2026-06-05", goal="pay", about=(about,))])

    assert made == [("pay", PULL, "claimed", SAYS_SO)]


def test_a_note_links_own_work_of_the_goals_days():
    """Work of other people, or of days outside the goal, is not linked."""
    rows = [
        pull(1), pull(2, account="grace"), note("a", "2026-06-05", goal="pay", about=("app#1", "app#2")),
        note("b", "2026-06-05", about=("app#1",)),
    ]  # fmt: skip

    assert linked(rows, PAY_GOAL | {"from": "2026-06-02"}) == []


def test_the_first_of_several_notes_gives_the_reason():
    notes = [note(name, f"2026-06-0{day}", goal="pay", about=("app#1",)) for name, day in (("b", 6), ("a", 5))]
    rows = [pull(1), *notes]

    assert linked(rows) == linked(rows[::-1]) == [("pay", PULL, "claimed", SAYS_SO)]
