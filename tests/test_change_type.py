"""The type of work is said by a conventional prefix, or else by one label."""

import pytest

from harvester.sdk.change_type import change_type


@pytest.mark.parametrize(
    ("title", "labels", "expected"),
    [
        ("fix(pay): charge once", (), "fix"),
        ("feat!: drop Python 3.10", ("bug",), "feature"),
        ("Docs: say why", (), "docs"),
        ("Fix the thing", (), None),
        ("Fix the thing", ("bug",), "fix"),
        ("A thing", ("kind/bug", "area/x"), "fix"),
        ("A thing", ("type: documentation",), "docs"),
        ("A thing", ("bug", "enhancement"), None),
        ("http: a client", (), None),
        ("http: a client", ("bug",), "fix"),
        ("A thing", ("bug", "regression"), "fix"),
        ("A thing", ("Kind/Bug",), "fix"),
        ("A thing", ("t-bug",), "fix"),
        ("A thing", ("type : bug",), "fix"),
        ("A thing", ("type::bug", "bug::performance"), "fix"),
        ("A thing", ("type::maintenance", "maintenance::refactor"), "chore"),
        ("A thing", ("workflow::bug",), None),
        ("A thing", ("mytype: bug",), None),
        ("A thing", ("bug report",), None),
        ("A thing", ("area/x",), None),
    ],
)
def test_the_prefix_or_one_label_decides(title, labels, expected):
    """The title's prefix decides, else a single label."""
    assert change_type(title, labels) == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("fix(scope)!: x", "fix"),
        ("feat: x", "feature"),
        ("Docs: x", "docs"),
        ("perf: x", "performance"),
        ("git-gui: x", None),
        ("refs: x", None),
        ("fix x", None),
        ("fix:x", None),
        ("fix(a b, c): x", "fix"),
        ("fix(): x", None),
        ("fix(a)(b): x", None),
        ("fix!!: x", None),
        ("FIX!: x", "fix"),
        (" fix: x", None),
        ("prefix: x", None),
        ("", None),
    ],
)
def test_a_conventional_prefix_is_the_type(subject, expected):
    """A conventional prefix is the type of the change."""
    assert expected == change_type(subject)
