"""Record cassettes: `make cassettes` from the small servers, or with `--live LOGIN` with your own token.

    python -m tests.record_cassettes
    python -m tests.record_cassettes --live octocat --since 2026-07-01 --until 2026-10-01 [--place acme]
    python -m tests.record_cassettes --connector gitlab --live ann --token env:GITLAB_TOKEN [--place group]

A live recording has no titles and texts. It becomes cassettes/github/live_LOGIN.yaml, or that of gitlab, and is played
back at once, to see that it yields the same rows. Read it before you share it: names and paths remain in it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
from pathlib import Path
from typing import Any

from harvester.connectors.github import GitHub
from harvester.connectors.gitlab import GitLab
from harvester.model.periods import Period
from harvester.sdk.connector import Connector, Request
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.connectors import githubs, gitlabs, test_github_cassettes, test_gitlab_cassettes, test_jira_cassettes
from tests.connectors.fetches import gather
from tests.servers.github import GitHubServer
from tests.servers.gitlab import GitLabServer
from tests.servers.jira import JiraServer
from tests.tapes import tape

TEXTS = frozenset({"title", "body", "name", "description", "target_title"})
ADDRESSES = {"github": "https://github.com", "gitlab": "https://gitlab.com"}


def main() -> None:
    """Record as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connector", choices=sorted(ADDRESSES), default="github")
    parser.add_argument("--live", metavar="LOGIN", help="whose work to record from github.com or gitlab.com")
    parser.add_argument("--token", default="command:gh auth token", help="where your token is (default: %(default)s)")
    parser.add_argument("--url", help="another server than github.com or gitlab.com")
    parser.add_argument("--since", type=dt.date.fromisoformat, default=dt.date(2026, 7, 1))
    parser.add_argument("--until", type=dt.date.fromisoformat, default=dt.date(2026, 10, 1))
    parser.add_argument("--place", action="append", default=[], help="an organisation or group to read")
    options = parser.parse_args()
    if options.live:
        live(options)
    else:
        small()


def small() -> None:
    """Record every case that the tests play back from the small servers."""
    for name, case in test_github_cassettes.CASES.items():
        with GitHubServer(test_github_cassettes.world_of(name)) as hub, tape(f"github/{name}", record=True):
            case(hub, lambda hub=hub, **settings: githubs.source(hub, **settings))
    for name, case in test_gitlab_cassettes.CASES.items():
        with GitLabServer(test_gitlab_cassettes.world_of(name)) as lab, tape(f"gitlab/{name}", record=True):
            case(lab, lambda lab=lab, **settings: gitlabs.source(lab, **settings))
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
    """Record one person's work from GitHub or GitLab, and play it back."""
    period = Period(*(dt.datetime.combine(day, dt.time(), dt.UTC) for day in (options.since, options.until)))
    request = Request(period, frozenset({options.live}))
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)

    def read(token: str) -> list[Any]:
        handed = connector_context(Path(), options.connector, now=now, environ={**os.environ, "PLAYED": "none"})
        url = options.url or ADDRESSES[options.connector]
        made: Connector = (
            GitHub(token=Secret(token), url=url, organisations=options.place, context=handed)
            if options.connector == "github"
            else GitLab(token=Secret(token), url=url, groups=options.place, context=handed)
        )
        found = gather(made.fetch(request))
        return [sorted(row.id for row in found.rows), found.gaps]

    name = f"{options.connector}/live_{options.live}"
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
