"""Pace and progress follow from counts, outcomes, days and `now`, and from nothing else."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.analysis.frame import make_frame
from harvester.goals.model import Goal
from harvester.goals.progress import Outcome, PaceDays, arithmetic, bar, outcomes, pace_days, progress, target_text
from harvester.model.contribution import Contribution, to_table
from harvester.model.outcomes import read_outcome
from harvester.model.people import People
from harvester.model.periods import calendar

BERLIN = calendar("Europe/Berlin")
DATES = {"from": dt.date(2026, 7, 1), "until": dt.date(2026, 9, 30)}


def goal(**keys):
    return Goal.model_validate({"name": "g", "title": "G", "measure": "reviews", "target": 40} | DATES | keys)


def day(month, number):
    return BERLIN.midnight(dt.date(2026, month, number))


def test_the_pace_is_even_over_the_goals_days():
    made = progress(goal(), BERLIN, day(8, 16), count=19)

    assert (made.expected, made.share, made.state) == (pytest.approx(20.0), pytest.approx(0.475), "on track")


def test_days_away_stand_still():
    away = goal(away=["2026-07-20..2026-08-02"])

    assert pace_days(away, BERLIN, day(7, 20)) == pace_days(away, BERLIN, day(8, 3)) == PaceDays(19, 78, 14)
    assert pace_days(away, BERLIN, day(10, 1)).share == 1


def test_overlapping_days_away_count_once():
    """Those of the goal, those of the person, and those outside of the goal."""
    both = goal(away=["2026-06-20..2026-07-07"])
    own = [(dt.date(2026, 7, 5), dt.date(2026, 7, 10)), (dt.date(2026, 9, 30), dt.date(2026, 10, 9))]

    assert pace_days(both, BERLIN, day(7, 11), own) == PaceDays(0, 81, 11)
    assert pace_days(both, BERLIN, day(8, 21), own) == PaceDays(41, 81, 11)


def test_of_a_goal_with_all_days_away_nothing_is_expected():
    own = [(dt.date(2026, 7, 1), dt.date(2026, 9, 30))]
    made = progress(goal(), BERLIN, day(8, 16), count=0, away=own)

    assert (made.state, made.expected, made.days) == ("open", None, PaceDays(0, 0, 92))
    assert progress(goal(), BERLIN, day(10, 1), count=0, away=own).state == "not met"
    assert progress(goal(), BERLIN, day(8, 16), count=40, away=own).state == "met"


@pytest.mark.parametrize(
    ("now", "passed"),
    [
        (BERLIN.midnight(dt.date(2026, 3, 29)), 28),
        (BERLIN.midnight(dt.date(2026, 3, 29)) + dt.timedelta(microseconds=1), 29),
        (BERLIN.midnight(dt.date(2026, 3, 30)), 29),
        (BERLIN.midnight(dt.date(2026, 10, 25)), 238),
        (BERLIN.midnight(dt.date(2026, 10, 26)), 239),
    ],
)
def test_a_day_is_a_day(now, passed):
    """Also those of 23 and of 25 hours; a day counts from the first moment after its midnight."""
    year = goal(**{"from": dt.date(2026, 3, 1), "until": dt.date(2026, 12, 31)})

    assert pace_days(year, BERLIN, now) == PaceDays(passed, 306, 0)


def test_a_zone_that_left_out_a_day():
    """Samoa had no 30 December 2011: it counts, since a calendar on the wall has it."""
    samoa = calendar("Pacific/Apia")
    month = goal(**{"from": dt.date(2011, 12, 1), "until": dt.date(2011, 12, 31)})

    assert pace_days(month, samoa, samoa.midnight(dt.date(2012, 1, 1))) == PaceDays(31, 31, 0)


@pytest.mark.parametrize(
    ("now", "count", "state"),
    [
        (day(6, 30), 0, "not started"),
        (day(7, 1), 0, "on track"),
        (day(8, 16), 18, "on track"),
        (day(8, 16), 17, "at risk"),
        (day(8, 16), 14, "at risk"),
        (day(8, 16), 13, "off track"),
        (day(8, 16), 0, "off track"),
        (day(8, 16), 40, "met"),
        (day(9, 30), 40, "met"),
        (day(10, 1), 39, "not met"),
        (day(10, 1), 40, "met"),
    ],
)
def test_the_state_of_a_count(now, count, state):
    assert progress(goal(), BERLIN, now, count=count).state == state


@pytest.mark.parametrize(
    ("target", "now", "count", "state"),
    [
        (4, day(7, 2), 0, "on track"),
        (4, day(7, 23), 0, "on track"),
        (4, day(7, 24), 0, "off track"),
        (4, day(8, 15), 1, "on track"),
        (4, day(8, 16), 1, "off track"),
        (1, day(9, 30) + dt.timedelta(hours=23), 0, "off track"),
    ],
)
def test_less_than_one_is_not_missing(target, now, count, state):
    """Of 4 in 92 days the first is expected on day 23: before it nobody is off track with none."""
    assert progress(goal(target=target), BERLIN, now, count=count).state == state


DOWN = {"measure": "outcome", "baseline": 31, "target": 0, "unit": "double charges a month"}
UP = {"measure": "outcome", "baseline": 10, "target": 50}


def figure(value, at, name="g"):
    return Outcome(name, value, at)


@pytest.mark.parametrize(
    ("keys", "value", "share", "pace", "state"),
    [
        (DOWN, 0, 1.0, 15.5, "met"),
        (DOWN, -1, 32 / 31, 15.5, "met"),
        (DOWN, 15, 16 / 31, 15.5, "on track"),
        (DOWN, 17, 14 / 31, 15.5, "on track"),
        (DOWN, 18, 13 / 31, 15.5, "at risk"),
        (DOWN, 20, 11 / 31, 15.5, "at risk"),
        (DOWN, 21, 10 / 31, 15.5, "off track"),
        (DOWN, 30, 1 / 31, 15.5, "off track"),
        (DOWN, 40, -9 / 31, 15.5, "off track"),
        (UP, 50, 1.0, 30.0, "met"),
        (UP, 30, 0.5, 30.0, "on track"),
        (UP, 29.5, 19.5 / 40, 30.0, "on track"),
        (UP, 27.5, 17.5 / 40, 30.0, "at risk"),
        (UP, 5, -5 / 40, 30.0, "off track"),
    ],
)
def test_an_outcome_may_fall_or_rise(keys, value, share, pace, state):
    made = progress(goal(**keys), BERLIN, day(8, 16), outcomes=[figure(value, day(8, 1))])

    assert (made.done, made.state) == (value, state)
    assert (made.share, made.expected) == (pytest.approx(share), pytest.approx(pace))


def test_the_latest_outcome_of_the_goals_days_counts():
    figures = [
        figure(9, day(8, 1)),
        figure(4, day(8, 2)),
        figure(7, day(7, 30)),
        figure(0, day(6, 1)),
        figure(1, day(8, 17)),
    ]

    assert progress(goal(**DOWN), BERLIN, day(8, 16), outcomes=figures).done == 4
    assert progress(goal(**DOWN), BERLIN, day(8, 16), outcomes=[figure(0, day(8, 1), "other")]).done is None


def test_an_outcome_counts_from_its_very_moment_on():
    """The figure of a note exactly at `now` is the latest; that of a note a microsecond later is not known yet."""
    later = day(8, 16) + dt.timedelta(microseconds=1)
    figures = [figure(9, day(8, 1)), figure(4, day(8, 16)), figure(1, later)]

    assert progress(goal(**DOWN), BERLIN, day(8, 16), outcomes=figures).done == 4


def test_an_outcome_without_a_note_is_unknown():
    made = progress(goal(**DOWN), BERLIN, day(8, 16))

    assert (made.done, made.share, made.state) == (None, None, "unknown")


def test_without_target_or_days_there_is_no_pace():
    assert progress(goal(target=None), BERLIN, day(8, 16), count=3).expected is None
    unbounded = Goal(name="g", title="G", measure="reviews", target=40)
    assert progress(unbounded, BERLIN, day(8, 16), count=3).state == "open"


def test_outcomes_are_in_the_order_of_time():
    said = [("note", "b = 2"), ("commit", "b = 3"), ("note", "a = 1\nb = 4 a month"), ("note", "?")]
    rows = [
        Contribution(
            id=f"note:{n}", source="n", scope="n", kind=kind, work_item=f"notebook/{n}", account="me", role="author",
            occurred_at=day(8, n + 1), extra={"outcome": text},
        )
        for n, (kind, text) in enumerate(said)
    ]  # fmt: skip
    frame = make_frame(to_table(rows[::-1]), People())

    assert [(each.goal, each.value) for each in outcomes(frame)] == [("b", 2.0), ("a", 1.0), ("b", 4.0)]


@pytest.mark.parametrize(
    "text", ["", "no-double-charges", "= 4", "a = ", "a = four", "a = 4months4", "a = 1_000", "a = 1,000"]
)
def test_what_is_no_figure_is_none(text):
    assert read_outcome(text) == {}


def test_a_goal_without_an_end_has_no_pace():
    outcome = {"measure": "outcome", "baseline": 31, "target": 0, "until": None}
    made = progress(goal(**outcome), BERLIN, day(8, 1), outcomes=[Outcome("g", 0, day(6, 30))])

    assert (made.done, made.expected, made.state) == (None, None, "unknown")
    assert progress(goal(**outcome), BERLIN, day(8, 1), outcomes=[Outcome("g", 4, day(7, 1))]).done == 4


@given(st.floats(-2, 3))
def test_a_bar_is_full_only_where_all_is_done(share):
    made = bar(share)

    assert len(made) == 10
    assert (made == "█" * 10) == (share >= 1 - 1e-9)


@given(st.integers(0, 200), st.integers(0, 200))
def test_time_never_goes_back(first, second):
    made = goal(away=["2026-07-20..2026-08-02", "2026-09-01"])
    early, late = (pace_days(made, BERLIN, day(6, 1) + dt.timedelta(days=each)) for each in sorted((first, second)))

    assert 0 <= early.passed <= late.passed <= late.total == 77


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "40 reviews × 46 of 92 days = 20"),
        ({"target": 1}, "1 review × 46 of 92 days = 0.5"),
        (
            {"away": ["2026-07-20..2026-08-02", "2026-09-01"]},
            "40 reviews × 32 of 77 days = 16.6, 15 days away left out",
        ),
        (DOWN, "31 − 31 × 46 of 92 days = 15.5"),
        (UP, "10 + 40 × 46 of 92 days = 30"),
        (DOWN | {"baseline": 31, "target": 40}, "31 + 9 × 46 of 92 days = 35.5"),
        ({"away": ["2026-07-01..2026-09-30"]}, ""),
        ({"until": None}, ""),
        ({"target": None}, ""),
    ],
)
def test_the_arithmetic_gives_what_is_expected(keys, words):
    """A reader who does what the words say gets the figure."""
    made = progress(goal(**keys), BERLIN, day(8, 16), count=3, outcomes=[figure(12, day(8, 1))])

    assert arithmetic(goal(**keys), made) == words
    if words:
        sum_, _, result = re.sub(" reviews?|,.*", "", words).partition(" = ")
        sum_ = re.sub(r"(\d+) of (\d+) days", r"\1 / \2", sum_).replace("×", "*").replace("−", "-")
        assert made.expected == pytest.approx(eval(sum_))
        assert made.expected == pytest.approx(float(result), abs=0.05)


def test_how_much_of_the_pace_is_done():
    assert progress(goal(), BERLIN, day(8, 16), count=19).of_pace == pytest.approx(19 / 20)
    assert progress(goal(), BERLIN, day(7, 1), count=0).of_pace is None
    assert progress(goal(**DOWN), BERLIN, day(8, 16), outcomes=[figure(40, day(8, 1))]).of_pace < 0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"target": 1}, "1 review"),
        ({"target": 1200}, "1,200 reviews"),
        ({"target": None}, ""),
        ({"measure": None, "target": None}, ""),
        (
            {"measure": "outcome", "baseline": 31, "target": 0, "unit": "double charges a month"},
            "from 31 to 0 double charges a month",
        ),
    ],
)
def test_the_target_has_its_unit(keys, words):
    assert target_text(goal(**keys)) == words
