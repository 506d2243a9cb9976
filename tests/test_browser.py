"""The page to look at in a real Chromium (`make browser`): read, on a phone, in print, by keyboard, and by axe-core."""

import datetime as dt
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harvester.reporting.charts import Kind, Pace, Point, Rows, Strip
from harvester.reporting.html import to_html
from tests.test_html import PAGE

ROOT = Path(__file__).parent.parent
VARIABLE = "BROWSER_TOOLS"
"""The folder `node_modules` with playwright-core and axe-core from npm."""

FIRST = dt.date(2026, 7, 1)
DAYS = [FIRST + dt.timedelta(days=each) for each in range(92)]
KINDS = tuple(Kind(name, tuple(float((at * 7 + step) % 5) for step in range(14))) for at, name in enumerate(
    ("pull requests", "reviews", "tickets", "comments", "notes")
))  # fmt: skip
CHARTS = {
    "weeks": Strip("Work by week", "week", tuple(DAYS[::7]), KINDS, (0,) * 6 + (7, 7) + (0,) * 6, DAYS[-1], 10),
    "goal-pay": Pace(
        "Pull requests for this goal", "pull requests", 0, 12,
        tuple(Point(day, at // 7 if at < 60 else None, 12 * at / 92) for at, day in enumerate(DAYS)),
        tuple(40 <= at < 54 for at in range(92)), 59,
    ),
    "themes": Rows(
        "Themes by week", "theme", "changes", "week", tuple(DAYS[::7]),
        (Kind("Search", (1, 3) * 7), Kind("x" * 300, (2, 0) * 7)),
    ),
}  # fmt: skip


def report(name):
    return (ROOT / "tests" / "reports" / name / "expected.md").read_text(encoding="utf-8")


PAGES = {
    "charts.html": PAGE.replace("## Sources", "<!-- chart goal-pay -->\n\n<!-- chart themes -->\n\n## Sources"),
    "goals.html": report("goals"),
    "hostile.html": report("hostile-titles"),
    "answers.html": report("answers"),
    "announcement.html": report("announcement"),
    "checkin.html": report("checkin"),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What tests/chromium.cjs saw of each page."""
    tools, chromium, node = os.environ.get(VARIABLE), shutil.which("chromium"), shutil.which("node")
    if not (tools and chromium and node):
        words = "NOT LOOKED AT IN A BROWSER: it needs chromium, node and two packages from npm; see `make browser`."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    folder = tmp_path_factory.mktemp("pages")
    for name, text in PAGES.items():
        (folder / name).write_text(to_html(text, CHARTS, title=name), encoding="utf-8")
    done = subprocess.run(
        [node, str(ROOT / "tests" / "chromium.cjs"), *(str(folder / name) for name in PAGES)],
        env={**os.environ, "NODE_PATH": tools, "CHROMIUM": chromium}, capture_output=True, text=True, check=False,
        timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched_and_nothing_complains(seen, name):
    """But for the page itself there is no request, and there is no message on the console."""
    for way in ("opened", "phone", "print"):
        assert [each.rpartition("/")[2] for each in seen[name][way]["requests"]] == [name]
        assert seen[name][way]["messages"] == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(seen, name, scheme):
    assert seen[name]["axe"][scheme] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_on_a_phone(seen, name):
    """At 375 pixels neither the page scrolls sideways nor a table of it: a goal's state is seen at once."""
    assert (seen[name]["phone"]["width"], seen[name]["phone"]["sideways"]) == (375, [])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_printed(seen, name):
    """On white paper whatever the screen's colours are, with the appendix unfolded."""
    printed = seen[name]["print"]
    assert printed["pages"] >= 1
    assert (printed["paper"], printed["folded"]) == ("rgb(255, 255, 255)", 0)


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_every_table_and_link(seen, name):
    opened = seen[name]["opened"]
    assert (opened["unreached"], opened["lost"], opened["repeated"]) == (0, [], [])


def test_the_words_are_on_the_screen(seen):
    text = seen["charts.html"]["opened"]["text"]
    assert [
        each for each in ("In short. Led it to its target.", "as a table", "1,019", "Work by week") if each not in text
    ] == []
