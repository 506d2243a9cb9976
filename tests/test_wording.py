"""Whose words a page has does not matter, whose figures does."""

import pytest

from harvester.reporting.wording import MOST_FIGURES, Wording, compare

PAGE = """# Ada

3 pull requests and 5 reviews in 2 projects.

## Goals

| [app#1](https://x.example/1) | Carry the key | 1 Aug | +340 |
| [app#2](https://x.example/2) | Refuse a charge | 2 Aug | +12 |

| `██░░` off track |

Last line."""


def edited(old, new):
    assert old in PAGE
    return compare(PAGE.replace(old, new), PAGE)


def test_the_same_text_differs_in_nothing():
    assert compare(PAGE, PAGE) == Wording()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Last line.", "My last line.", Wording(1, 0)),
        ("Last line.", "Last line.\n\nOf my own.", Wording(2, 0)),
        ("3 pull requests and 5 reviews in 2 projects.", "3 merged, and 5 reviewed.", Wording(1, 0)),
        ("Carry the key", "Carried the order's key", Wording(1, 0)),
        ("## Goals\n", "", Wording(0, 1)),
        ("# Ada\n\n", "", Wording(0, 2)),
    ],
)
def test_words_may_change_and_figures_be_left_out(old, new, expected):
    assert edited(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("3 pull", "30 pull", 3),
        ("3 pull", "33 pull", 3),
        ("3 pull requests and 5", "5 pull requests and 3", 3),
        ("+340", "+3,400", 7),
        ("x.example/2", "x.example/9", 8),
        ("Last line.", "Last line, of 9.", 12),
        ("Last line.", "Last line.\n\nI led 4 people.", 14),
        ("# Ada", "I did 7 things.\n# Ada", 1),
        ("| 1 Aug | +340 |\n| [app#2](https://x.example/2) | Refuse a charge | 2 Aug | +12 |", "| 1 Aug | +12 |", 7),
        ("3 pull requests", "3k pull requests", 3),
        ("5 reviews", "5% reviews", 3),
        ("`██░░`", "`████`", 10),
        ("off track", "met", 10),
        ("+12 |", "+12 |\n| [app#2](https://x.example/2) | Refuse a charge | 2 Aug | +12 |", 9),
    ],
)
def test_a_figure_that_is_not_in_the_data_is_named(old, new, line):
    found = edited(old, new)
    assert [each.split(" says ")[0] for each in found.figures] == [f"line {line}"]


def test_a_line_takes_no_figure_from_the_next():
    """Where only figures changed, or in a table's row, those of other lines are wrong, however the lines shrink."""
    made = "- fixes: 4 commits\n- tests: 9 commits\n- docs"
    assert len(compare("- fixes: 9 commits\n- docs", made).figures) == 1
    assert compare("- fixes and tests: 4 and 9 commits\n- docs", made).figures == ()


def test_lines_may_move():
    lines = PAGE.split("\n")
    found = compare("\n".join([*lines[4:8], *lines[:4], *lines[8:]]), PAGE)
    assert found.figures == ()


def test_a_page_of_which_all_changed_is_compared_too():
    many = "\n".join(f"line {number} of many" for number in range(100_000))
    found = compare(many.replace("of", "among"), many)
    assert (found.changed, found.figures) == (100_000, ())
    assert len(compare(many.replace("line", "line 7,"), many).figures) == MOST_FIGURES
