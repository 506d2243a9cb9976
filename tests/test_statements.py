"""What descriptions say that they close on GitLab; for commit messages see tests/connectors/test_git_messages.py."""

import time

import pytest

from harvester.sdk import statements

EXAMPLE = """Awesome commit message

Fix #20, Fixes #21 and Closes group/other#22.
This commit is also related to #17 and fixes #18, #19
and https://gitlab.example.com/group/other/-/issues/23."""
"""Of GitLab's documentation."""


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Closes #4, #6, Related to #5", ("#4", "#6")),
        ("Closes #4 #6, and issue #7", ("#4", "#6", "#7")),
        ("This fixes issues #1,#2 and #3.", ("#1", "#2", "#3")),
        ("Implementing: acme/pay/shop#12", ("acme/pay/shop#12",)),
        ("Resolves shop#12", ("shop#12",)),
        ("Closes PAY-7, PAY-8", ("PAY-7", "PAY-8")),
        ("closes https://gitlab.example/gitlab/acme/shop/-/work_items/3.", ("gitlab.example/gitlab/acme/shop#3",)),
        ("closes https://acme.atlassian.net/browse/PAY-7", ("acme.atlassian.net/PAY-7",)),
        (EXAMPLE, ("#20", "#21", "group/other#22", "#18", "#19", "gitlab.example.com/group/other#23")),
        ("Closes !5", ()),
        ("Closes https://gitlab.com/acme/shop/-/merge_requests/5", ()),
        ("CLOSES #5", ()),
        ("Encloses #5", ()),
        ("Closes\n#5", ()),
        ("Closes #5a and #6", ()),
        ("Fixes UTF-8", ()),
        ("See #5", ()),
    ],
)
def test_a_description_closes_by_gitlabs_pattern(description, expected):
    """And nothing else."""
    assert statements.closes_on_gitlab(description) == expected


@pytest.mark.parametrize("text", ["closes ", "closes #1", "#1 ", "a/", "issue ", " ", "1", "A-", "http://a/", ", and "])
def test_a_hostile_description_takes_no_second(text):
    begun = time.monotonic()
    statements.closes_on_gitlab("closes " + text * 200_000)
    statements.closes_on_gitlab("closes #1" + text * 200_000)
    assert time.monotonic() - begun < 1
