"""A goal that counts or matches what no source has is named, with what to write instead."""

from pathlib import Path

import pytest

from harvester.goals import load, model
from harvester.goals.lint_sources import Contents, lint_sources

GIT = {"commit": (), "pull_request": ()}
NOTEBOOK = {"note": ("labels",)}
FORGE = {"pull_request": ("labels",), "review": ("labels",), "issue": ("labels",)}
COMMITS, REVIEWS, NOTES = {"measure": "commits"}, {"measure": "reviews"}, {"measure": "notes"}


def linted(kinds, goal=None, criterion=None, **counts):
    tables = {"goals": [{"name": "a", "title": "A"} | goal] if goal else []}
    tables |= {"criteria": [{"name": "c", "text": "C", "match": criterion}] if criterion else []}
    goals = load.from_file(model.GoalsFile.model_validate(tables), Path("goals.toml"), model.KnownNames())
    return list(lint_sources(goals, Contents(kinds, **counts)))


@pytest.mark.parametrize(
    ("kinds", "goal", "expected"),
    [
        (
            GIT | NOTEBOOK,
            REVIEWS,
            (
                "measure: no configured source has reviews, so nothing counts; "
                'write measure = "pull_requests" or "commits" or "notes" or "outcome", '
                "or add git, or a forge such as GitHub or GitLab"
            ),
        ),
        (
            GIT,
            {"measure": "outcome", "baseline": 1, "target": 0},
            "measure: an outcome is written in a notebook, and none is configured; add one",
        ),
        (
            FORGE,
            {"measure": "story_points"},
            'measure: no configured source has story points, so nothing counts; write measure = "tickets"',
        ),
        (
            GIT,
            {"match": {"any": [{"paths": ["a/"]}, {"labels": ["bug"]}]}},
            (
                "match.any[2].labels: no configured source has labels, so it matches nothing; write paths, scopes or "
                "tickets, or add a forge or tracker such as GitHub or GitLab"
            ),
        ),
        (
            GIT | NOTEBOOK,
            {"match": {"labels": ["bug"]}},
            (
                "match.labels: of the configured sources only notes have labels; "
                "write paths, scopes or tickets, or add a forge or tracker such as GitHub or GitLab"
            ),
        ),
        (
            GIT,
            {"match": {"kinds": ["review", "commit"]}},
            (
                "match.kinds: no configured source has 'review', so it matches nothing; "
                "add git, or a forge such as GitHub or GitLab"
            ),
        ),
    ],
)
def test_what_no_source_has_is_named(kinds, goal, expected):
    """With its place, and with what to write or to add instead."""
    assert linted(kinds, goal) == [f"goals[1].{expected}"]


@pytest.mark.parametrize(
    ("kinds", "goal"),
    [
        (None, REVIEWS | {"match": {"labels": ["bug"]}}),
        (GIT | FORGE, REVIEWS | {"match": {"labels": ["bug"], "kinds": ["Review"]}}),
        (GIT | NOTEBOOK, NOTES | {"match": {"labels": ["help"]}}),
        (GIT | NOTEBOOK, {"match": {"labels": ["help"], "kinds": ["note"]}}),
        (GIT | NOTEBOOK, {"measure": "outcome", "baseline": 1, "target": 0}),
        (GIT, {}),
        (GIT, COMMITS | {"match": {"paths": ["a/"]}}),
    ],
)
def test_what_a_source_has_is_no_warning(kinds, goal):
    """Nor is anything where a source does not say what it has."""
    assert linted(kinds, goal) == []


def test_a_criterion_is_looked_at_too():
    assert [each.partition(":")[0] for each in linted(GIT, criterion={"labels": ["a"]})] == ["criteria[1].match.labels"]


@pytest.mark.parametrize(
    ("goal", "counts", "expected"),
    [
        (COMMITS, (88, 120), "pull_requests"),
        (COMMITS, (120, 88), ""),
        (COMMITS, (0, 9), ""),
        (COMMITS, (0, 0), ""),
        ({"measure": "pull_requests"}, (120, 0), "commits"),
        ({"measure": "pull_requests"}, (120, 1), ""),
        (NOTES, (0, 120), ""),
    ],
)
def test_the_measure_that_fits_is_named(goal, counts, expected):
    """Where work comes as pull requests, commits hardly count; where there is none, pull requests never do."""
    found = linted(GIT | NOTEBOOK, goal, commits=counts[0], pull_requests=counts[1])

    assert [each.rpartition("write measure = ")[2] for each in found] == ([f'"{expected}"'] if expected else [])


def test_the_counts_of_what_was_read_are_said():
    assert linted(GIT, COMMITS, commits=1, pull_requests=1203) == [
        (
            "goals[1].measure: commits in pull requests do not count by themselves, "
            "and 1,203 pull requests and 1 commit outside of them were read so far; "
            'write measure = "pull_requests"'
        )
    ]


def test_git_without_reviews_is_a_warning():
    """A goal of reviews, where git alone could have them and none was read."""
    (warning,) = linted(GIT | {"review": ()}, REVIEWS)
    assert warning.endswith("`Reviewed-by` in commits, and none was read so far; add a forge such as GitHub")
    assert linted(GIT | {"review": ()}, REVIEWS, reviews=1) == []
    assert linted(GIT | {"review": ("labels",)}, REVIEWS) == []
