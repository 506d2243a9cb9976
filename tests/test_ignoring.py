"""Which work a rule for triage ignores, and which rules are offered for some work."""

import datetime as dt
import time
from dataclasses import dataclass

import pytest

from harvester.goals.decisions import IgnoreRule
from harvester.goals.ignoring import ignores, ignores_everything, ignoring_rule, parse_rule, rules_for

DAY = dt.date(2026, 8, 3)


@dataclass(frozen=True)
class Piece:
    """Some work."""

    title: str = ""
    labels: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("pattern", "title", "is_ignored"),
    [
        ("[ci] *", "[ci] Build", True),
        ("[ci] *", "[CI]  build\nagain", True),
        ("[ci] *", "c Build", False),
        ("[ci] *", "Fix [ci] it", False),
        ("[ci] *", "[ci]", False),
        ("[ci]*", "[ci]", True),
        ("Why?", "why?", True),
        ("Why?", "whys", False),
        ("a.c", "abc", False),
        ("STRASSE*", "straße 1", True),
        ("Bump * from * to *", "Bump click from 8.0 to 8.1", True),
        ("Bump * from * to *", "Bump click to 8.1 from 8.0", False),
        ("*ab*ab", "xab", False),
        ("*ab*ab", "xabab", True),
        ("**", "anything", True),
        ("*", "", True),
        ("\\d+", "12", False),
    ],
)
def test_a_title_is_matched_in_full_without_case(pattern, title, is_ignored):
    """Only * is special."""
    assert ignores(IgnoreRule(DAY, title=pattern), Piece(title)) is is_ignored


def test_a_hostile_title_takes_no_time():
    rule, began = IgnoreRule(DAY, title="a*" * 40 + "b"), time.monotonic()
    assert not ignores(rule, Piece("a" * 1_000_000))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("rule", "work", "is_ignored"),
    [
        ({"label": "deps*"}, Piece(labels=("Dependencies", "x")), False),
        ({"label": "dep*"}, Piece(labels=("x", "Dependencies")), True),
        ({"label": "dep*"}, Piece(), False),
        ({"author": "dependabot[bot]"}, Piece(authors=("Dependabot[bot]",)), True),
        ({"path": "docs/"}, Piece(paths=("docs/a.md", "docs/b/c.md")), True),
        ({"path": "docs/"}, Piece(paths=("docs/a.md", "src/a.py")), False),
        ({"path": "docs/"}, Piece(), False),
        ({"path": "*.lock"}, Piece(paths=("a/uv.lock",)), True),
        ({"path": "docs/", "title": "Fix*"}, Piece("Fix it", paths=("docs/a",)), True),
        ({"path": "docs/", "title": "Fix*"}, Piece("Add it", paths=("docs/a",)), False),
    ],
)
def test_every_key_of_a_rule_must_match(rule, work, is_ignored):
    """A label or an author is enough; of paths all must be under the glob."""
    assert ignores(IgnoreRule(DAY, **rule), work) is is_ignored


@pytest.mark.parametrize(
    ("work", "rules"),
    [
        (Piece("[ci] Build 12"), ["title=[ci] *"]),
        (Piece("docs: say more"), ["title=docs: *"]),
        (Piece("fix(pay)!: do less"), ["title=fix(pay)!: *"]),
        (Piece("Bump click from 8.0.1 to 8.1.0"), ["title=Bump click from * to *"]),
        (Piece("Release 1.2 3.4 now"), ["title=Release * now"]),
        (Piece("Plain words"), ["title=Plain words"]),
        (Piece("docs:"), ["title=docs:"]),
        (Piece("x" * 1_000_000), [f"title={'x' * 80}*"]),
        (Piece(labels=("bug", " ")), ["label=bug"]),
        (Piece(paths=("docs/a.md", "docs/b/c.md")), ["path=/docs/"]),
        (Piece(paths=("docs/a.md", "src/a.py")), []),
        (Piece(paths=("docs/a.md", "setup.py")), []),
        (Piece(paths=("odd [x]*.md",)), ["path=/odd\\ \\[x\\]\\*.md"]),
        (Piece(authors=("dependabot[bot]",)), ["author=dependabot[bot]"]),
        (Piece(), []),
    ],
)
def test_rules_are_offered_by_what_work_is(work, rules):
    """Each ignores the work it is offered for."""
    offered = rules_for(work, DAY)
    assert [each.about for each in offered] == rules
    assert all(ignores(each, work) for each in offered)


def test_the_first_rule_that_matches_ignores():
    rules = [IgnoreRule(DAY, title="x*"), IgnoreRule(DAY, title="*y")]
    assert ignoring_rule(rules, Piece("xy")) is rules[0]
    assert ignoring_rule(rules, Piece("z")) is None


def test_a_rule_is_read_as_it_is_written():
    assert parse_rule(" Title =  [ci]   * = x ", DAY) == IgnoreRule(DAY, title="[ci] * = x")
    every = {each: ignores_everything(parse_rule(each, DAY)) for each in ("title=**", "path=/*", "path=x", "label=* a")}
    assert every == {"title=**": True, "path=/*": True, "path=x": False, "label=* a": False}
