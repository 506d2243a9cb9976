"""The page `checkin`: goals by state with the arithmetic, what changed, gaps, questions, and what is due."""

import dataclasses
import datetime as dt

import pytest

from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.checkins import CheckIn, KeptCriterion, KeptGoal
from harvester.goals.model import Criterion, Goal, Goals
from harvester.ledger.coverage import SourceStatus
from harvester.model.people import People, Person
from harvester.model.periods import Period, calendar, span
from harvester.reporting.report import render
from harvester.reporting.report_input import ReportInput
from harvester.reports.checkin import context, kept
from harvester.sdk import plugins
from harvester.sdk.connector import Gap
from tests.rows import GRACE, at, framed, review, row

BERLIN = calendar("Europe/Berlin")
REPORT = plugins.load(plugins.REPORTS, "checkin")
FIRST, DAY, BEFORE = dt.date(2026, 7, 1), dt.date(2026, 8, 15), dt.date(2026, 7, 15)
DATES = {"from": FIRST, "until": dt.date(2026, 9, 30)}
REVIEWS = {"name": "help", "title": "Help others", "measure": "reviews", "target": 4, "match": {"kinds": ["review"]}}
DOWN = {
    "name": "charges", "title": "Nobody is charged twice", "measure": "outcome", "baseline": 31, "target": 0,
    "unit": "double charges",
}  # fmt: skip
GROWS = {"name": "grows", "text": "Makes others better", "match": {"kinds": ["review"]}}
KEEP = "Keep the target, or change it?"


def made(rows, *goals, criteria=(), before=None, away=(), day=DAY, gaps=()):
    """The report input of Ada's rows for a check-in on a day, as assembling it makes it."""
    people = People(
        (Person("ada", "Ada Lovelace", ("ada@example.org",), {"github": ("ada",)}, away=away), GRACE),
        {"hub": "github"},
    )
    period = BERLIN.days(FIRST, day, span(FIRST, day))
    agreed = GoalsAndDecisions(
        Goals(
            goals=tuple(Goal.model_validate(DATES | each) for each in goals),
            criteria=tuple(Criterion.model_validate(each) for each in criteria),
        )
    )
    shared = {"persons": ("ada",), "period": period, "calendar": BERLIN, "people": people}
    status = SourceStatus("hub", period, gaps=gaps, read_at=period.until)
    assessment = assess(framed(rows, people), agreed, now=period.until - dt.timedelta(microseconds=1), **shared)
    return ReportInput(assessment=assessment, statuses=[status], kept=before, **shared)


def reviews(number, day=dt.date(2026, 7, 10), first=1):
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    return [
        review(each, title=f"Review {each}", occurred_at=noon, url=f"https://github.com/org/app/pull/{each}")
        for each in range(first, first + number)
    ]


def figure(text, day="2026-07-10", number=1):
    return row(
        kind="note", source="notebook", account="ada", work_item=f"notebook/{number}", project=None, title="Counted",
        occurred_at=at(day), extra={"outcome": text},
    )  # fmt: skip


def page(*arguments, **values):
    return context(made(*arguments, **values))


def text(*arguments, **values):
    return render(REPORT, made(*arguments, **values))


def kept_before(*arguments, **values):
    return kept(made(*arguments, day=BEFORE, **values))


def test_goals_are_in_the_order_of_their_state():
    """On track, at risk, off track; then what is decided; then what has no pace or no figure."""
    rows = [*reviews(4), figure("charges = 31")]
    goals = [
        {"name": "none", "title": "No measure"},
        REVIEWS | {"name": "open", "title": "Open", "until": None, "target": 9},
        DOWN,
        REVIEWS | {"name": "met", "title": "Met"},
        REVIEWS | {"name": "risk", "title": "Risk", "target": 10},
        REVIEWS | {"name": "track", "title": "Track", "target": 8},
        REVIEWS | {"name": "over", "title": "Over", "until": dt.date(2026, 8, 14), "target": 9},
    ]
    found = page(rows, *goals)

    assert [(each.name, each.label) for each in found.goals] == [
        ("track", "on track"), ("risk", "at risk"), ("charges", "off track"), ("met", "met"), ("over", "not met"),
        ("open", "open"), ("none", "no measure"),
    ]  # fmt: skip
    assert found.sentences[0] == (
        "Of 6 goals 1 is on track, 1 is at risk, 1 is off track, 1 is met, 1 has no pace and 1 has no measure."
    )
    assert found.sentences[1] == "1 goal ended since 1 July 2026."


def test_a_state_is_worked_out_in_words():
    """So that a reader can do the sum again, and sees where there is none."""
    rows = [*reviews(3), figure("a = 17\nb = 40")]
    goals = {
        "4 reviews × 46 of 92 days = 2; done is 150% of that": REVIEWS,
        "8 reviews × 46 of 92 days = 4; done is 75% of that": REVIEWS | {"target": 8},
        "7 reviews × 46 of 92 days = 3.5; less than one is missing": REVIEWS | {"target": 7},
        "8 reviews × 37 of 83 days = 3.6, 9 days away left out; less than one is missing": REVIEWS | {
            "target": 8, "away": ["2026-08-01..2026-08-09"],
        },
        "31 − 31 × 46 of 92 days = 15.5; 90% of that way is done": DOWN | {"name": "a"},
        "31 − 31 × 46 of 92 days = 15.5; further from the target than at the start": DOWN | {"name": "b"},
        "31 − 31 × 46 of 92 days = 15.5": DOWN | {"name": "c"},
        "3 reviews × 46 of 92 days = 1.5": REVIEWS | {"target": 3},
        "it has no last day": REVIEWS | {"until": None},
        "it has no first and no last day; counted from 1 July 2026": REVIEWS | {"until": None, "from": None},
        "all its days are away": REVIEWS | {"away": ["2026-07-01..2026-09-30"]},
        "ended on 14 August 2026": REVIEWS | {"until": dt.date(2026, 8, 14)},
        "": {"title": "None"},
    }  # fmt: skip
    named = [{"name": f"g{at}"} | each | ({"name": f"g{at}"} if each.get("name") == "help" else {})
             for at, each in enumerate(goals.values())]  # fmt: skip
    found = {each.name: each.worked_out for each in page(rows, *named).goals}

    assert [found[each["name"]] for each in named] == list(goals)


def test_without_goals_it_says_so():
    made_page = page([])
    assert made_page.sentences == [
        "No goal runs on this day.", "No earlier check-in was kept, so nothing is compared.",
    ]  # fmt: skip
    assert (made_page.goals, made_page.gaps, made_page.next) == ([], [], None)
    assert made_page.questions == ["No goal runs. What is agreed on next?"]
    assert "Nothing is linked to them." in text([])


def test_what_changed_is_said_goal_by_goal():
    """Figures, states, targets, titles, new work, work that is gone; and what is unchanged in one line."""
    before = kept_before([*reviews(2), *reviews(1, first=90)], REVIEWS, DOWN)
    rows = reviews(2) + reviews(6, day=dt.date(2026, 8, 1), first=10)
    found = page(rows, REVIEWS | {"title": "Help many", "target": 40}, DOWN, before=before)
    (change,) = found.since.changes

    assert (found.since.day, found.since.unchanged) == (BEFORE, ["Nobody is charged twice"])
    assert change.words == [
        "called “Help others” then",
        "3 → 8 reviews",
        "target 4 → 40 reviews",
        "on track → off track",
    ]
    assert ([each.title for each in change.new], change.more) == ([f"Review {n}" for n in (15, 14, 13, 12, 11)], 1)
    assert [(each.reference.label, each.title) for each in change.lost] == [("app#90", "Review 90")]
    assert "No earlier check-in" not in " ".join(found.sentences)
    assert (
        found.questions[0]
        == "“Help many” is off track: 8 of the 20 reviews expected by now. Keep the target, or change it?"
    )
    assert "The target of “Help many” was 4 and is 40 reviews. Is that agreed?" in found.questions


def test_goals_come_and_go():
    """A goal that is no longer in goals.toml, a new one, and one that ended since."""
    old = REVIEWS | {"name": "old", "title": "Old one"}
    ends = REVIEWS | {"name": "ends", "title": "Ends", "until": dt.date(2026, 8, 14), "target": 9}
    before = kept_before(reviews(2), old, ends)
    found = page(reviews(2), REVIEWS, ends, before=before)

    assert [(each.title, each.words) for each in found.since.changes] == [
        ("Help others", ["new goal"]),
        ("Ends", ["off track → not met", "ended on 14 August 2026"]),
        ("Old one", ["no goal any more; 2 done then, on track"]),
    ]
    assert "“Old one” is no goal any more. Is that agreed?" in found.questions
    assert "“Ends” ended with 2 of 9 reviews. Is it closed, or does it go on?" in found.questions
    assert found.sentences[-1] == "1 goal ended since 15 July 2026."


def test_a_goal_of_another_name_is_the_same():
    """Readers know a goal by its title: a name that changed is neither a new goal nor one that went."""
    before = kept_before(reviews(2), REVIEWS)
    found = page(reviews(3), REVIEWS | {"name": "help-others"}, before=before)

    assert [(each.title, each.words) for each in found.since.changes] == [("Help others", ["2 → 3 reviews"])]


def test_another_first_day_loses_no_work():
    """Of a goal without one that of the page, which moves with the other goals."""
    open_ = REVIEWS | {"from": None, "until": None, "target": 9}
    before = kept_before(reviews(3, day=dt.date(2026, 7, 2)), open_)
    before = before.model_copy(update={"goals": [before.goals[0].model_copy(update={"first": dt.date(2026, 4, 1)})]})
    (change,) = page(reviews(1), open_, before=before).since.changes

    assert change.words == ["3 → 1 review", "counted from 1 April 2026 then, and from 1 July 2026 now"]
    assert change.lost == []


def test_another_measure_is_not_compared():
    before = kept_before(reviews(2), REVIEWS)
    found = page(reviews(2), DOWN | {"name": "help", "title": "Help others"}, before=before)

    assert found.since.changes[0].words == ["measured by reviews then, and by a figure (double charges) now"]


def test_an_ended_goal_is_told_once():
    """It ended before the last check-in, which had it; where none was kept, before the period it is not looked for."""
    ends = REVIEWS | {"until": dt.date(2026, 7, 10)}
    assert page(reviews(2), ends, before=kept_before(reviews(2), ends)).goals == []
    assert [each.state for each in page(reviews(2), ends).goals] == ["not met"]


def test_a_criterion_changes_its_state():
    before = CheckIn(day=BEFORE, goals=[], criteria=[KeptCriterion(name="grows", state="strong")], incomplete=["hub"])
    found = page(reviews(1), REVIEWS, criteria=[GROWS, {"name": "new", "text": "Leads"}], before=before)

    assert found.since.criteria == [
        "“Makes others better”: strong evidence → evidence needed", "“Leads”: new, evidence needed",
    ]  # fmt: skip
    assert "Some sources could not be read in full then: hub." in text(reviews(1), REVIEWS, before=before)


def test_a_draft_with_nothing_to_do_has_no_section_for_it():
    nothing, something = (made([row(title="A change")], *goals) for goals in ((), (REVIEWS,)))
    assert "For the author" not in render(REPORT, dataclasses.replace(nothing, draft=True))
    assert "For the author" in render(REPORT, dataclasses.replace(something, draft=True))


def test_criteria_of_a_ladder_have_their_themes_names():
    """Once each, by how they are judged: without a goal and a rule by hand, as on the goal sheet."""
    ladder = [
        {
            "name": "grows",
            "theme": "Team",
            "level": "Senior",
            "text": "Makes others better.",
            "match": {"kinds": ["review"]},
        },
        {"name": "plans", "theme": "Planning", "level": "Senior", "text": "Plans work, and again."},
        {"name": "learns", "theme": "Learning", "level": "Senior", "text": "Learns, and again."},
    ]
    assert page([row(title="A change")], criteria=ladder).gaps == [
        "Criteria that nothing is linked to: “Team”.",
        "Criteria judged by hand, with no goal and no rule: “Planning” and “Learning”.",
    ]


def test_gaps_are_goals_and_criteria_without_evidence():
    """And a goal to which something else is linked than what it counts: its figure would look like no work."""
    pull = row(title="A change", labels=("pay",))
    counts = REVIEWS | {"name": "pay", "title": "Pay", "match": {"labels": ["pay"]}}
    found = page([pull], counts, REVIEWS, criteria=[GROWS])

    assert found.gaps == [
        "Nothing is linked to “Help others”.",
        "“Pay” counts reviews; linked to it: 1 pull request.",
        "Criteria that nothing is linked to: “Makes others better”.",
    ]
    assert "Is there work for these gaps that no source has?" in found.questions
    assert page(reviews(1), REVIEWS).gaps == []


def test_questions_follow_from_facts():
    """In the order of the goals on the page; each can be seen on it."""
    goals = [
        REVIEWS | {"name": "risk", "title": "Risk", "target": 8},
        DOWN, DOWN | {"name": "unknown", "title": "Unknown"}, {"name": "talk", "title": "Talk"},
        REVIEWS | {"name": "count", "title": "Count", "target": None},
        REVIEWS | {"name": "met", "title": "Met", "target": 3},
    ]  # fmt: skip

    assert page([*reviews(3), figure("charges = 30")], *goals).questions == [
        "“Risk” is at risk: 3 of the 4 reviews expected by now. Keep the target, or change it?",
        f"“{DOWN['title']}” is off track: 30 double charges, where 15.5 is expected by now. " + KEEP,
        "“Met” is met and goes on until 30 September 2026. Does its target stay?",
        "“Unknown” has no figure yet. Where is it now?",
        "“Talk” has no measure. How will both see that it is reached?",
        "“Count” has no target. What is to be reached?",
        "Is there work for these gaps that no source has?",
        "When is the next check-in? No day is set.",
    ]


def test_days_away_are_asked_about_while_goals_run():
    """Without a day for the next check-in up to the last day of the goals; without one of these not at all."""
    away = ((dt.date(2026, 9, 25), dt.date(2026, 10, 9)), (dt.date(2027, 1, 1), dt.date(2027, 1, 2)))
    asked = [page([], each, away=away).questions for each in (REVIEWS, REVIEWS | {"until": None})]
    assert [[each for each in found if each.startswith("Away")] for found in asked] == [
        ["Away 25 to 30 September 2026. Does any goal change for it?"], [],
    ]  # fmt: skip


def test_no_question_without_a_fact():
    """Of a goal that is on track, with a day for the next check-in."""
    assert page(reviews(2), REVIEWS | {"checkins": [dt.date(2026, 9, 15)]}).questions == []


def test_what_is_due_until_the_next_check_in():
    """What is expected by then, and which goals end; days away are asked about."""
    ends = {"until": dt.date(2026, 8, 31)}
    away = ((dt.date(2026, 8, 10), dt.date(2026, 8, 20)), (dt.date(2026, 9, 10), dt.date(2026, 10, 1)))
    found = page(
        reviews(2), REVIEWS | {"checkins": [BEFORE, DAY, dt.date(2026, 9, 15), dt.date(2026, 9, 16)]},
        REVIEWS | {"name": "ends", "title": "Ends", "target": 9} | ends, DOWN,
        REVIEWS | {"name": "met", "title": "Met", "target": 2}, {"name": "talk", "title": "Talk"} | ends, away=away,
    )  # fmt: skip

    assert found.next.day == dt.date(2026, 9, 15)
    assert sorted(found.next.due) == [
        "“Ends” ends on 31 August 2026: 9 reviews (2 now)",
        "“Help others”: 4 reviews expected by then (2 now)",
        "“Nobody is charged twice”: 0 double charges expected by then (no figure yet)",
        "“Talk” ends on 31 August 2026",
    ]
    assert [each for each in found.questions if each.startswith("Away")] == [
        "Away 16 to 20 August 2026. Does any goal change for it?",
        "Away 10 to 15 September 2026. Does any goal change for it?",
    ]
    assert "“Ends” ends on 31 August 2026, before the next check-in. When is its result looked at?" in found.questions


@pytest.mark.parametrize("day", [FIRST, dt.date(2026, 9, 30)])
def test_the_first_and_the_last_day_have_a_pace(day):
    """On its last day a goal is not yet over, also where the page is made again later."""
    found = page(reviews(4, day=FIRST), REVIEWS | {"target": 8}, day=day).goals[0]
    assert (found.state, found.runs) == ("on track" if day == FIRST else "off track", True)


def test_hostile_text_shows_as_text():
    """Of goals.toml, of sources, and of a kept check-in."""
    evil = "</a><script>x</script> [a](javascript:1) @all #1\n## H"
    before = kept_before(reviews(2), REVIEWS | {"name": "old", "title": evil}, REVIEWS | {"title": evil})
    before = before.model_copy(
        update={"goals": [KeptGoal.model_validate(before.goals[0].model_dump() | {
            "work": [{"work_item": f"github.com/org/app#9{evil}", "title": evil}], "name": "help", "title": evil,
        }), before.goals[1]], "incomplete": [evil]}
    )  # fmt: skip
    shown = text(reviews(2), REVIEWS | {"title": f"{evil}2"}, before=before)
    assert "<script>" not in shown
    assert "](javascript:1)" not in shown
    assert "@all" not in shown
    assert [line for line in shown.splitlines() if line.startswith("## H")] == []


def test_missing_work_heads_the_page_and_what_is_kept():
    gap = Gap("org", "401")
    assert "> - hub: org: 401" in text(reviews(1), REVIEWS, gaps=(gap,))
    assert kept(made(reviews(1), REVIEWS, gaps=(gap,))).incomplete == ["hub"]


def test_what_is_kept_is_what_the_page_says():
    """Of the goals that run on the day: figure, expectation, state and work items."""
    over = REVIEWS | {"name": "over", "until": dt.date(2026, 8, 14)}
    given = made([*reviews(2), *reviews(1)], REVIEWS, over, criteria=[GROWS])
    goal = kept(given).goals[0]
    shown = context(given).goals[0]

    assert [each.name for each in kept(given).goals] == ["help"]
    assert (goal.done, goal.expected, goal.state, goal.target) == (2, 2, "on track", 4)
    assert (shown.done, shown.expected, shown.state) == (goal.done, goal.expected, goal.state)
    assert [each.work_item for each in goal.work] == ["github.com/org/app#1", "github.com/org/app#2"]
    assert [(each.name, each.state) for each in kept(given).criteria] == [("grows", "evidence needed")]


def test_the_period_is_not_the_goals():
    """Figures count the goal's own days also where these began before the page's first one."""
    given = made(reviews(3, day=dt.date(2026, 6, 20)), REVIEWS | {"from": dt.date(2026, 6, 1)})
    assert given.period == Period(BERLIN.midnight(FIRST), BERLIN.midnight(DAY + dt.timedelta(days=1)))
    assert context(given).goals[0].done == 3
    assert len(context(given).goals[0].items) == 3
