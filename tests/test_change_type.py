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
    ],
)
def test_the_work_type_is_said_by_the_prefix_or_one_label(title, labels, expected):
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
        ("", None),
    ],
)
def test_a_conventional_prefix_tells_the_type_of_work(subject, expected):
    assert expected == change_type(subject)
