"""Contributions for tests, with everything that does not matter filled in."""

import datetime as dt
from collections.abc import Iterable

import pandas as pd

from harvester.analysis.frame import prepare
from harvester.model.contribution import Contribution, to_table
from harvester.model.people import People, Person

ADA = Person("ada", "Ada Lovelace", ("ada@example.org",), {"github": ("ada",), "jira": ("5b10",)})
GRACE = Person("grace", "Grace Hopper", ("grace@example.org",), {"github": ("grace",)})
PEOPLE = People((ADA, GRACE), {"here": "git", "there": "git", "hub": "github", "tickets": "jira"})


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def row(**values) -> Contribution:
    """A merged pull request of Ada's on GitHub, but for what is given."""
    subject = values.get("work_item", "github.com/org/app#1")
    given = {
        "id": f"{values.get('kind', 'pull_request')}/{values.get('role', 'author')}/{subject}",
        "source": "hub",
        "scope": "org",
        "kind": "pull_request",
        "work_item": subject,
        "account": "ada",
        "role": "author",
        "occurred_at": at("2026-08-01T12:00"),
        "title": "Work",
        "project": "org/app",
    }
    return Contribution(**given | values)


def commit(sha: str, **values) -> Contribution:
    """A commit of Ada's in git."""
    defaults = {"source": "here", "scope": "github.com/org/app", "account": "Ada <ada@example.org>"}
    return row(**{"kind": "commit", "work_item": f"commit/{sha}"} | defaults | values)


def review(number: int, **values) -> Contribution:
    """A review of Ada's of a pull request of Grace's."""
    defaults = {"kind": "review", "role": "reviewer", "work_item": f"github.com/org/app#{number}", "owners": ("grace",)}
    return row(**defaults | values)


def framed(rows: Iterable[Contribution], people: People = PEOPLE) -> pd.DataFrame:
    return prepare(to_table(rows), people)
