"""A small organisation whose work is linked across sources, projects and people."""

import datetime as dt

from harvester.ledger import Changeset, Ledger
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.model.contribution import to_table
from harvester.model.periods import Period
from harvester.workspace.batch import NotMade
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import open_workspace

YEAR = Period(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
CONFIG = """
[me]
person = "ada"
timezone = "UTC"
[people.ada]
name = "Ada Lovelace"
emails = ["ada@example.org"]
accounts = { hub = ["ada"], jira = ["5b10"] }
[people.grace]
name = "Grace Hopper"
emails = ["grace@example.org", "grace@old.example.org"]
accounts = { hub = ["grace"] }
[people.other-grace]
name = "Grace Hopper"
emails = ["g.hopper@example.org"]
accounts = { hub = ["hopper"] }
[people.closed]
name = "Not Agreed"
emails = ["closed@example.org"]
accounts = { hub = ["closed"] }
mentee = { since = 2026-01-01, consent = false }
[teams.one]
name = "One"
members = ["ada", { person = "grace", until = 2026-08-10 }]
[teams.two]
name = "Two"
members = ["grace", "other-grace", "closed"]
[teams.none]
name = "Nobody"
members = ["closed"]
[sources.hub]
connector = "github"
organisations = ["org"]
token = "env:NO_SUCH_TOKEN"
[sources.here]
connector = "git"
repositories = ["repository"]
[sources.tickets]
connector = "jira"
url = "https://acme.atlassian.net"
token = "env:NO_SUCH_TOKEN"
"""
"""Two with one name, one who left a team, one in two teams, one who has not agreed, and a team of nobody else."""

GOALS = """
[[goals]]
name = "payments"
title = "Mend payments"
from = 2026-05-01
until = 2026-12-31
measure = "pull_requests"
target = 5
match = { labels = ["bug"] }
"""
"""Ada's: begun before the quarter."""

ACCOUNTS = {
    "hub": ["ada", "grace", "hopper", "closed", "stranger", "some-bot[bot]"],
    "here": [
        f"X <{each}example.org>" for each in ("ada@", "grace@", "grace@old.", "g.hopper@", "closed@", "stranger@")
    ],
    "tickets": ["5b10", "712020:stranger"],
}
PULLS = [f"github.com/org/{project}#{number}" for project in ("app", "Web") for number in (1, 2, 3)]
TICKETS = [f"acme.atlassian.net/PAY-{number}" for number in (1, 2, 3)]
COMMITS = [f"commit/{digit * 40}" for digit in "abc"]
KINDS = {
    "hub": [("pull_request", "author"), ("review", "reviewer"), ("issue", "resolver"), ("pull_request", "merger")],
    "here": [("commit", "author"), ("pull_request", "author"), ("commit", "co-author")],
    "tickets": [("issue", "assignee")],
}


def at_hour(number):
    """A time in the third quarter, or before it."""
    return dt.datetime(2026, 7, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number)


def workspace_in(folder):
    (folder / "harvester.toml").write_text(CONFIG)
    (folder / "goals.toml").write_text(GOALS)
    return open_workspace(Environment(environ={}, cwd=folder, clock=lambda: NOW))


def fill(folder, rows):
    """Each source in two commits, so that it has several files."""
    ledger = Ledger.open(folder / ".harvester" / "ledger")
    for source in KINDS:
        own = [each for each in rows if each.source == source]
        for part in (own[::2], own[1::2]):
            read = Coverage(source, WHOLE, None, YEAR, NOW, None, ())
            ledger.commit(Changeset(source, to_table(part), coverage=(read,)))


def shown(made):
    """What each page is, by the name of its file; of one that was not made, why."""
    return {
        each.words if isinstance(each, NotMade) else each.file_name: None
        if isinstance(each, NotMade)
        else (each.content, each.evidence, each.remarks, each.complete)
        for each in made
    }
