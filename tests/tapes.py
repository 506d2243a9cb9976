"""Cassettes: answers recorded without secrets, and played back without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import vcr

CASSETTES = Path(__file__).parent.parent / "cassettes"
RECORDED_HEADERS = frozenset(
    {
        "content-type",
        "date",
        "link",
        "ratelimit-remaining",
        "ratelimit-reset",
        "retry-after",
        "x-total",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-oauth-scopes",
        "x-github-sso",
        "x-seraph-loginreason",
    }
)
"""The headers of an answer that a connector reads; all others are dropped."""
SECRETS = {
    "a token of GitHub": r"\b(?:gh[pousr]_|github_pat_)\w{4,}",
    "a token of GitLab": r"\bgl(?:pat|cbt|dt|rt)-[\w-]{4,}",
    "a token of Atlassian": r"\bATATT\w{4,}",
    "a JSON web token": r"\beyJ[\w-]{10,}\.[\w-]{10,}",
    "a private key": r"-----BEGIN",
    "a header that carries a secret": r"(?im)^\s*['\"]?(?:authorization|private-token|(?:set-)?cookie)['\"]?\s*:",
    "credentials in a URL": r"https?://[^/\s:@'\"]+:[^/\s@'\"]+@",
    "an e-mail address": r"\b[\w.+-]+@[\w-]+\.\w+",
}


@contextmanager
def tape(name: str, record: bool = False, scrub: Callable[[Any], Any] = lambda body: body) -> Iterator[None]:
    """Play a cassette (such as `github/one_person`), or record it; `scrub` is given each answer's JSON.

    Played back, a request that was not recorded is an error: method, path, query and body decide, host and port do not.
    """
    path = CASSETTES / f"{name}.yaml"
    if record:
        path.unlink(missing_ok=True)
    player = vcr.VCR(
        record_mode="all" if record else "none",
        match_on=["method", "path", "query", "body"],
        filter_headers=["authorization", "private-token", "cookie"],
        before_record_request=_without_host,
        before_record_response=lambda response: _scrubbed(response, scrub),
        decode_compressed_response=True,
    )
    with player.use_cassette(str(path)) as cassette:
        yield
    if not record and not cassette.all_played:
        raise AssertionError(f"{path.name} has answers that nothing asked for; record it again (make cassettes)")


def secrets_in(text: str) -> list[str]:
    """The kinds of secrets that a text seems to contain."""
    return [what for what, pattern in SECRETS.items() if re.search(pattern, text)]


def _without_host(request: Any) -> Any:
    parts = urlsplit(request.uri)
    request.uri = urlunsplit(parts._replace(netloc="recorded.example", scheme="http"))
    request.headers = {}
    return request


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _scrubbed(response: dict[str, Any], scrub: Callable[[Any], Any]) -> dict[str, Any]:
    headers = {
        name: [re.sub(r"https?://[^/]+", "http://recorded.example", each) for each in _listed(value)]
        for name, value in response["headers"].items()
        if name.casefold() in RECORDED_HEADERS
    }
    body = response["body"]["string"]
    try:
        text = json.dumps(scrub(json.loads(body)))
    except ValueError:
        text = body.decode() if isinstance(body, bytes) else body
    return response | {"headers": headers, "body": {"string": text.encode()}}
