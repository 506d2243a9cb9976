"""Record cassettes: `make cassettes` from the small servers, or with `--live LOGIN` from GitHub with your own token.

    python -m tests.record_cassettes
    python -m tests.record_cassettes --live octocat --since 2026-07-01 --until 2026-10-01 [--organisation acme]

A live recording has no titles and texts. It becomes cassettes/github/live_LOGIN.yaml and is played back at once, to see
that it yields the same rows. Read it before you share it: names and paths remain in it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
from pathlib import Path
from typing import Any

from harvester.connectors.github import GitHub
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.connectors import test_jira_cassettes
from tests.connectors.faults import gather
from tests.connectors.githubs import source
from tests.connectors.test_github_cassettes import CASES, world_of
from tests.servers.github import GitHubServer
from tests.servers.jira import JiraServer
from tests.tapes import tape

TEXTS = frozenset({"title", "body", "name", "description"})


def main() -> None:
    """Record as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", metavar="LOGIN", help="whose work to record from github.com")
    parser.add_argument("--token", default="command:gh auth token", help="where your token is (default: %(default)s)")
    parser.add_argument("--url", default="https://github.com", help="another GitHub (default: %(default)s)")
    parser.add_argument("--since", type=dt.date.fromisoformat, default=dt.date(2026, 7, 1))
    parser.add_argument("--until", type=dt.date.fromisoformat, default=dt.date(2026, 10, 1))
    parser.add_argument("--organisation", action="append", default=[])
    options = parser.parse_args()
    if options.live:
        live(options)
    else:
        small()


def small() -> None:
    """Record every case that the tests play back from the small server."""
    for name, case in CASES.items():
        with GitHubServer(world_of(name)) as server, tape(f"github/{name}", record=True):
            case(server, lambda server=server, **settings: source(server, **settings))
    for name, (flavour, case) in test_jira_cassettes.CASES.items():
        with (
            JiraServer(test_jira_cassettes.tickets(), flavour) as jira,
            tape(f"jira/{name}", record=True, scrub=without_addresses),
        ):
            case(jira)


def without_addresses(body: Any) -> Any:
    """The same JSON without e-mail addresses."""
    if isinstance(body, list):
        return [without_addresses(each) for each in body]
    if not isinstance(body, dict):
        return body
    return {key: None if key == "emailAddress" else without_addresses(each) for key, each in body.items()}


def live(options: argparse.Namespace) -> None:
    """Record one person's work from GitHub, and play it back."""
    period = Period(*(dt.datetime.combine(day, dt.time(), dt.UTC) for day in (options.since, options.until)))
    request = Request(period, frozenset({options.live}))
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)

    def read(token: str) -> list[Any]:
        handed = connector_context(Path(), "github", now=now, environ={**os.environ, "PLAYED": "none"})
        hub = GitHub(token=Secret(token), url=options.url, organisations=options.organisation, context=handed)
        found = gather(hub.fetch(request))
        return [sorted(row.id for row in found.rows), found.gaps]

    name = f"github/live_{options.live}"
    with tape(name, record=True, scrub=without_texts):
        recorded = read(options.token)
    with tape(name):
        assert read("env:PLAYED") == recorded
    print(f"{len(recorded[0])} rows, {len(recorded[1])} gaps: cassettes/{name}.yaml")  # noqa: T201 - a script's answer


def without_texts(body: Any) -> Any:
    """The same JSON with dots instead of what people wrote."""
    if isinstance(body, list):
        return [without_texts(each) for each in body]
    if not isinstance(body, dict):
        return body
    return {key: "…" if key in TEXTS and isinstance(each, str) else without_texts(each) for key, each in body.items()}


if __name__ == "__main__":
    main()
