"""Charts show the numbers of the page, as drawings with a title, a description and a table, whatever they are."""

import datetime as dt
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.analysis import measures
from harvester.analysis.frame import select
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.model import Goal, Goals
from harvester.model.people import People
from harvester.model.periods import Calendar, Period, calendar
from harvester.reporting.chart_mermaid import MERMAID_COLOURS
from harvester.reporting.chart_svg import MOST_KINDS
from harvester.reporting.charts import Kind, Pace, Point, Rows, Strip, in_markdown, to_mermaid, to_svg
from harvester.reporting.report_input import ReportInput
from harvester.reports.sections.charts import charts, themes_chart
from tests.rows import ADA, GRACE, at, commit, framed, review, row

D = dt.date
HOSTILE = '</title><script>alert(1)</script> "]\n%%{init: {}}%% `x` <!-- \u202e & --> ]]>'
BERLIN = calendar("Europe/Berlin")
PEOPLE = People((ADA, GRACE), {"here": "git", "hub": "github", "tickets": "jira", "notes": "notebook"})


def strip(*kinds, weeks=13, away=(), today=None, title="Work by week"):
    first = D(2026, 7, 1)
    days = tuple(first + dt.timedelta(days=7 * each) for each in range(weeks))
    numbers = tuple(away) or (0,) * weeks
    return Strip(title, "week", days, kinds, numbers, days[-1] + dt.timedelta(days=6) if days else first, today)


def pace(done, start=0.0, target=10.0, days=92, today=None, title="Pull requests for this goal", unit="pull requests"):
    """A goal whose figure is known from the days of `done` on."""
    first, way = D(2026, 7, 1), (target or 0) - start
    figures = [next((done[day] for day in range(each, -1, -1) if day in done), None) for each in range(days)]
    points = tuple(
        Point(first + dt.timedelta(days=each), figures[each], start + way * (each + 1) / days) for each in range(days)
    )
    return Pace(title, unit, start, target, points, (False,) * days, days - 1 if today is None else today)


def themes(*totals, weeks=13):
    """A row for each name: its number in the first week, and one in each other."""
    days = tuple(D(2026, 7, 1) + dt.timedelta(days=7 * each) for each in range(weeks))
    rows = tuple(Kind(name, (float(number), *(1.0,) * (weeks - 1))) for name, number in totals)
    return Rows("Themes by week", "theme", "changes", "week", days, rows)


def figure(chart, name="chart"):
    """The figure as a tree: it is well-formed, so nothing in it closes what it should not."""
    html = to_svg(chart, name).replace("&nbsp;", " ")
    return ET.fromstring(html)


def cells(tree):
    return [["".join(cell.itertext()) for cell in line] for line in tree.iter("tr")]


EXTREMES = {
    "nothing": strip(),
    "no week": strip(weeks=0),
    "one item in one week": strip(Kind("reviews", (1.0,)), weeks=1),
    "a year": strip(Kind("commits", tuple(float(each % 5) for each in range(53))), weeks=53),
    "5,000 items": strip(Kind("commits", (5000.0, *(1.0,) * 12)), Kind("notes", (0.0, 1.0, *(0.0,) * 11))),
    "away all the time": strip(Kind("notes", (1.0,) * 13), away=(7,) * 13, today=4),
    "every kind": strip(*(Kind(f"kind {each}", (float(each),) * 13) for each in range(8))),
    "hostile": strip(Kind(HOSTILE, (1.0,) * 13), title=HOSTILE),
    "a goal of one day": pace({0: 1.0}, days=1),
    "no figure": pace({}, today=3),
    "target 0": pace({0: 31.0, 60: 0.0}, start=31.0, target=0.0, unit="double charges"),
    "nothing to do": pace({5: 0.0}, start=0.0, target=0.0),
    "it got worse": pace({5: 40.0}, start=31.0, target=3.0),
    "far beyond": pace({5: 5000.0}, target=1.0),
    "no target": pace({5: 3.0, 9: 4.0}, target=None),
    "hostile goal": pace({5: 3.0}, title=HOSTILE, unit=HOSTILE),
    "no theme": themes(),
    "one theme": themes(("Search", 1)),
    "hostile themes": themes((HOSTILE, 3), ("x" * 100_000, 5000), ("", 0), (HOSTILE, 1)),
    "many themes": themes(*((f"Theme {each}", each) for each in range(40))),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_a_chart_is_whole_at_its_extremes(name):
    """A title, a description and a table; every length is a number, and nothing is drawn outside of the drawing."""
    chart = EXTREMES[name]
    tree = figure(chart, "x")
    svg = tree.find("svg")
    assert svg is not None
    ids = [each.attrib["id"] for each in tree.iter() if "id" in each.attrib]
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-labelledby"].split() == ["chart:x:title", "chart:x:desc"] == ids[:2]
    assert len(ids) == len(set(ids))
    assert all(each.text and each.text.strip() for each in (svg.find("title"), svg.find("desc")))
    assert len(cells(tree)) == 1 + len(chart.table[1])
    assert not list(tree.iter("script"))
    height = float(svg.attrib["height"])
    for each in svg.iter("rect"):
        lengths = {key: float(each.attrib.get(key, "0").rstrip("%")) for key in ("x", "y", "width", "height")}
        assert all(0 <= length <= max(height, 100.01) for length in lengths.values()), lengths
        assert lengths["y"] + lengths["height"] <= height
    for each in svg.iter("polyline"):
        numbers = [float(number) for number in re.split("[ ,]", each.attrib["points"])]
        assert all(-0.1 <= number <= 1000 for number in numbers)
    assert "nan" not in to_svg(chart)


@given(st.text(), st.text())
def test_a_hostile_name_stays_text(title, name):
    html = to_svg(Rows(title, "theme", title, "week", (D(2026, 7, 1),), (Kind(name, (1.0,)), Kind(title, (2.0,)))))
    control = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
    assert not control.search(html)
    assert len(list(ET.fromstring(html).iter("text"))) == 5


def test_the_numbers_are_in_words_and_in_the_table():
    chart = strip(Kind("pull requests", (1.0, 3.0)), Kind("reviews", (0.0, 2.0)), weeks=2, away=(4, 0))
    assert chart.description == (
        "4 pull requests, 2 reviews in 2 weeks; most (5) in the week from 8 July 2026; days away in 1 week."
    )
    assert chart.table == (
        ("Week from", "Pull requests", "Reviews", "Days away"),
        [("1 July 2026", "1", "0", "4"), ("8 July 2026", "3", "2", "0"), ("All", "4", "2", "4")],
    )
    assert cells(figure(chart))[1] == ["1 July 2026", "1", "0", "4"]


def test_a_goal_has_its_figure_pace_and_target():
    """The description says the three, and how many days are away."""
    chart = pace({each: float(each // 10) for each in range(92)}, target=12.0)
    assert chart.description == "9 by 30 September 2026; 12 expected by then; the target is 12."
    assert chart.table[1][-1] == ("30 September 2026", "9", "12")
    assert pace({}, today=3).description == "There is no figure yet; the target is 10."


def test_kinds_differ_by_more_than_their_colour():
    """Each has a pattern of its own; where there are too many, the smallest are drawn as one and keep their column."""
    chart = EXTREMES["every kind"]
    tree = figure(chart)
    fills = [each.attrib.get("fill", each.attrib.get("class")) for each in tree.iter("g")]
    assert len(fills) == len(set(fills)) == MOST_KINDS
    legend = ["".join(each.itertext()) for each in tree.iter("li")]
    assert legend == ["kind 4 52", "kind 5 65", "kind 6 78", "kind 7 91", "other work 78"]
    assert cells(tree)[-1] == ["All", *(str(13 * each) for each in range(8))]


def test_a_day_or_two_away_mark_no_week():
    assert strip(weeks=3, away=(2, 4, 7)).mostly_away == [False, True, True]


@pytest.mark.parametrize("name", EXTREMES)
def test_mermaid_gets_plain_words_and_numbers(name):
    """One line an instruction; names cannot end their quotes, begin a comment, or be taken for one another."""
    colours, *lines = to_mermaid(EXTREMES[name]).splitlines()
    assert colours == MERMAID_COLOURS
    assert [each.split()[0] for each in lines[:6]] == [
        "xychart-beta", "accTitle:", "accDescr:", "title", "x-axis", "y-axis"
    ]  # fmt: skip
    assert all(each.count('"') % 2 == 0 for each in lines)
    assert not re.search(r"%%|[<>&`;{}#]", "\n".join(lines).replace("-->", ""))
    numbered = re.fullmatch('    x-axis "(?:week|month)" 1 --> ([0-9]+)', lines[4])
    names = re.findall('"([^"]*)"', lines[4]) if not numbered else [*range(int(numbered[1]))]
    assert len(names) == len(set(names)) > 0
    assert all(each.count(",") == len(names) - 1 for each in lines[6:])


def test_markdown_has_mermaid_or_nothing():
    page = "# Title\n\nIn short.\n\n<!-- chart weeks -->\n\n<!-- chart goal-x.y -->\n\n## More\n"
    assert in_markdown(page, EXTREMES, mermaid=False) == "# Title\n\nIn short.\n\n## More\n"
    made = in_markdown(page, {"weeks": EXTREMES["a year"]}, mermaid=True)
    assert made.startswith("# Title\n\nIn short.\n\n```mermaid\n%%{init")
    assert made.endswith("]\n```\n\n## More\n")


# The data.


def report_input(rows, *goals, period=("2026-07-01", "2026-10-01"), now="2026-12-31", calendar=BERLIN):
    midnight = [calendar.midnight(D.fromisoformat(each)) for each in period]
    agreed = GoalsAndDecisions(Goals(goals=tuple(Goal.model_validate(each) for each in goals)))
    asked = {"persons": ("ada",), "period": Period(*midnight), "calendar": calendar, "people": PEOPLE}
    made = assess(framed(rows, PEOPLE), agreed, now=at(now), **asked)
    return ReportInput(statuses=(), assessment=made, **asked)


def drawn(*arguments, **keys):
    given = report_input(*arguments, **keys)
    mine = select(given.frame, given.period)
    mine = mine[mine["is_primary"] & ~mine["is_bot"]]
    return charts(given, mine), mine, given


def work(days):
    """A pull request a day, three reviews of the same and of another one, and a commit outside of any."""
    for number, day in enumerate(days):
        occurred = at(day)
        yield row(work_item=f"github.com/org/app#{number}", occurred_at=occurred)
        yield review(900 + number // 2, id=f"review/{number}", occurred_at=occurred)
        yield commit(f"{number:040x}", occurred_at=occurred)


def sums(chart):
    return dict(zip(chart.table[0][1:], chart.table[1][-1][1:], strict=True))


DAYS = [f"2026-{month:02}-{day:02}T22:30" for month in (7, 8, 9) for day in range(1, 29, 5)]


def test_a_strip_sums_to_the_pages_numbers():
    """What is reviewed in two weeks counts in the first, as it counts once on the page."""
    made, mine, _ = drawn(work(DAYS))
    for column, name in (("Pull requests", "pull_requests"), ("Reviews", "reviews"), ("Commits", "commits")):
        assert sums(made["weeks"])[column] == f"{measures.count(mine, name):g}"
    assert measures.count(mine, "reviews") == len(DAYS) / 2


@settings(max_examples=8)
@given(st.lists(st.integers(0, 366 * 24), min_size=5, max_size=12), st.integers(0, 6))
def test_no_item_is_lost_between_weeks(hours, week_starts):
    days = [(at("2026-01-01") + dt.timedelta(hours=each)).isoformat()[:16] for each in hours]
    zone = Calendar(calendar("America/Toronto").zone, week_starts=week_starts)
    rows = [row(work_item=f"github.com/org/app#{number}", occurred_at=at(day)) for number, day in enumerate(days)]
    made, mine, _ = drawn(rows, period=("2026-01-01", "2027-01-01"), calendar=zone)
    if "weeks" in made:
        assert sum(made["weeks"].totals) == measures.count(mine, "pull_requests")
        assert all(each.weekday() == week_starts for each in made["weeks"].days[1:])


def test_a_week_begins_where_the_person_s_does():
    """The first is as long as the period has days of it; an instant belongs to the person's own day."""
    late = row(work_item="github.com/org/app#2", occurred_at=at("2026-09-30"))
    made, _, _ = drawn([row(occurred_at=at("2026-07-05T22:30")), late])
    assert made["weeks"].days[:2] == (D(2026, 7, 1), D(2026, 7, 6))
    assert made["weeks"].kinds[0].numbers[:2] == (0, 1)


def test_many_weeks_become_months():
    made, mine, _ = drawn(work(DAYS), period=("2025-01-01", "2027-01-01"))
    assert (made["weeks"].step, len(made["weeks"].days)) == ("month", 24)
    assert sum(made["weeks"].totals) == sum(measures.count(mine, name) for name in measures.COUNTED)


@pytest.mark.parametrize("period", [("2026-07-01", "2026-07-02"), ("2026-08-02", "2026-08-02")])
def test_a_day_has_no_strip(period):
    assert drawn(work(DAYS), period=period)[0] == {}


def test_nothing_counted_has_no_chart():
    goal = {"name": "pay", "title": "Pay", "measure": "pull_requests", "target": 3}
    assert drawn([], goal)[0] == {}


GOAL = {
    "name": "pay", "title": "Pay", "from": "2026-07-01", "until": "2026-09-30", "measure": "reviews", "target": 12,
    "away": ["2026-07-20..2026-08-02"], "match": {"kinds": ["review", "pull_request"]},
}  # fmt: skip


@pytest.mark.parametrize("measure", ["reviews", "pull_requests", "review_submissions"])
@pytest.mark.parametrize("now", ["2026-08-20", "2026-12-31"])
def test_a_pace_ends_with_the_pages_figure(measure, now):
    """The last figure and what is expected by then are those of the goals' table."""
    made, _, given = drawn(work(DAYS), {**GOAL, "measure": measure}, now=now)
    chart, progress = made["goal-pay"], given.assessment.progress["pay"]
    assert chart.now is not None
    assert (chart.now.done, chart.now.expected) == (progress.done, pytest.approx(progress.expected))
    assert [each.expected for each in chart.points][-1] == 12
    assert sum(chart.away) == 14
    figures = [each.done for each in chart.points if each.done is not None]
    assert figures == sorted(figures)
    assert len(figures) == chart.today + 1


def test_story_points_add_up():
    tickets = [
        row(kind="issue", role="assignee", work_item=f"acme/PAY-{each}", source="tickets", account="5b10",
            occurred_at=at(f"2026-07-1{each}"), story_points=each + 0.5)
        for each in range(3)
    ]  # fmt: skip
    goal = {**GOAL, "measure": "story_points", "match": {"kinds": ["issue"]}}
    made, _, given = drawn(tickets, goal)
    assert made["goal-pay"].now.done == given.assessment.progress["pay"].done == 4.5


@pytest.mark.parametrize(("days", "names"), [(1, set()), (2, {"weeks", "goal-pay"})])
def test_a_single_step_has_no_chart(days, names):
    """The numbers beside it say as much as one column, or one step of a line, would."""
    assert set(drawn(work(DAYS[:days]), {**GOAL, "measure": "pull_requests"})[0]) == names


def test_themes_are_drawn_where_they_say_when():
    """Of two themes and two weeks; each row adds up to what the theme has."""
    july, late = D(2026, 7, 1), D(2026, 9, 30)
    period = Period(*map(BERLIN.midnight, (july, D(2026, 10, 1))))
    chart = themes_chart(BERLIN, period, [("odb", [july, july, late]), ("Tests", [late])])
    assert [(each.name, each.total, each.numbers[0], each.numbers[-1]) for each in chart.rows] == [
        ("odb", 3, 2, 1), ("Tests", 1, 0, 1)
    ]  # fmt: skip
    assert (chart.table[0], chart.table[1][-1]) == (("Week from", "odb", "Tests"), ("All", "3", "1"))
    assert chart.description == "4 changes in 2 themes and 14 weeks; most (3) in odb."
    assert themes_chart(BERLIN, period, [("odb", [july, late])]) is None
    assert themes_chart(BERLIN, period, [("odb", [late]), ("Tests", [late])]) is None


def test_a_kind_keeps_its_colour():
    """Whatever other kinds there are, unless one before it has the same."""

    def fills(*numbers):
        chart = strip(*(Kind(f"kind {each}", (1.0,) * 13, fill) for each, fill in enumerate(numbers)))
        return [int(each.get("fill", "p1)")[-2]) for each in figure(chart).iter("g")]

    assert fills(1, 2, 5) == [1, 2, 5]
    assert fills(2) == [2]
    assert fills(1, 1, 2, 5) == [1, 3, 2, 5]
    assert fills(0, 1, 0) == [2, 1, 3]


def note(day, figure):
    return row(
        source="notes", scope="n.md", kind="note", work_item=f"notebook/{day}", id=f"note/{day}", account="ada",
        occurred_at=at(day), project=None, extra={"outcome": f"pay = {figure}"},
    )  # fmt: skip


def test_an_outcome_may_fall():
    goal = {**GOAL, "measure": "outcome", "baseline": 31, "target": 0, "unit": "double charges", "match": None}
    made, _, given = drawn([note("2026-07-21", 18), note("2026-08-12", 0), note("2026-10-02", 7)], goal)
    chart = made["goal-pay"]
    assert (chart.start, chart.now.done, given.assessment.progress["pay"].done) == (31, 0, 0)
    assert [each.done for each in chart.points if each.day.day == 5] == [None, 18, 0]
    assert (chart.title, chart.unit) == ("Double charges", "double charges")


def test_a_goal_without_days_is_drawn_over_the_period():
    goal = {**GOAL, "from": None, "until": None, "away": []}
    made, _, given = drawn(work(DAYS), goal)
    chart = made["goal-pay"]
    assert (chart.points[0].day, chart.points[-1].day) == (D(2026, 7, 1), D(2026, 9, 30))
    assert chart.now.done == given.assessment.progress["pay"].done
    assert {each.expected for each in chart.points} == {None}
