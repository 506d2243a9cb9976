"""Queries and lists of GitLab over python-gitlab, and what its answers mean: data, hidden nodes, or a failure.

python-gitlab does tokens, addresses and the connection. Its own retries are off: they neither shrink a page nor report
that they wait, and its errors have no headers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from harvester.sdk.graphql import Documents, GraphQLClient
from harvester.sdk.http import Service, WebError, text_of
from harvester.sdk.rest import Page, RestClient, unsigned_session

from . import graphql

if TYPE_CHECKING:
    import gitlab
    import requests

RIGHT_URL = "Is `url` right? It is the address of the web pages, with a path where GitLab has one: https://host/gitlab."
RENEW = "Make a new token with the scope read_api: GitLab, Preferences, Access tokens."
SCOPES = "The token needs the scope read_api, and its owner access to the projects."
TOO_COMPLEX = re.compile(r"complexity of [\d,]+")
"""What GitLab says of a query that asks for too much at once, before it runs
(https://docs.gitlab.com/api/graphql/#limits)."""
TIMED_OUT = re.compile(r"timed? ?out", re.IGNORECASE)


@dataclass(kw_only=True)
class Client(GraphQLClient):
    """Sends queries to a GitLab and reads its lists, with retries. `url` is the address of its web pages."""

    documents: ClassVar[Documents] = graphql.DOCUMENTS
    old_hint: ClassVar[str] = "GitLab 16.0 is the oldest that can be read."

    url: str
    token: str = field(repr=False)
    timeout: int = 30
    _transport: Transport | None = field(default=None, repr=False)
    _rest: RestClient | None = field(default=None, repr=False)

    @property
    def service(self) -> Service:
        """GitLab, for messages."""
        return Service(
            "GitLab", f"{self.url}/api/v4", url_hint=RIGHT_URL, renew_hint=RENEW, access_hint=SCOPES,
            limit_headers="ratelimit",
        )  # fmt: skip

    @property
    def rest(self) -> RestClient:
        """For what GraphQL has no answer to."""
        if self._rest is None:
            self._rest = RestClient(
                self.service, self.transport, self.retry, self.clock, self.timeout, secrets=self.secrets
            )
        return self._rest

    @property
    def transport(self) -> Transport:
        """The connection."""
        if self._transport is None:
            self._transport = Transport(self.url, self.token)
        return self._transport

    @property
    def requests(self) -> int:
        """How many requests were sent, of either kind."""
        return self.asked + (self._rest.asked if self._rest else 0)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self.token,)

    def post(self, document: str, variables: Mapping[str, object]) -> tuple[int, Mapping[str, str], str]:
        """Send a document once; returns status, headers and body, or raises WebError."""
        try:
            answer = self.transport.request(
                "POST",
                f"{self.url}/api/graphql",
                params=(),
                data=json.dumps({"query": document, "variables": dict(variables)}),
                headers={},
                timeout=self.timeout,
            )
        except OSError as error:
            raise self.service.unreachable(error, self.timeout) from None
        headers = {name.casefold(): value for name, value in answer.headers.items()}
        return answer.status_code, headers, text_of(answer)

    def failure_in(
        self, errors: Sequence[Mapping[str, Any]], headers: Mapping[str, str], message: str
    ) -> WebError | None:
        """The failure that errors beside HTTP 200 mean; None where each hides a single node only.

        A query that is too complex is asked for less at once, without a wait: it did not run.
        """
        texts = [str(each.get("message", "")) for each in errors]
        if any(TOO_COMPLEX.search(each) for each in texts):
            return WebError("busy", f"the query is too complex for GitLab ({message})", after=0)
        if any(TIMED_OUT.search(each) for each in texts) or not all(each.get("path") for each in errors):
            return WebError("busy", f"GitLab could not finish the answer ({message})")
        return None

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


def total(page: Page) -> int | None:
    """How many entries a list has; None where GitLab does not say, as above 10,000."""
    text = page.headers.get("x-total", "")
    return int(text) if text.isdecimal() else None


@dataclass
class Transport:
    """python-gitlab's session. Each answer comes as it is, since its errors have no headers, such as Retry-After.

    The token travels as `Authorization: Bearer`, which is right for personal, project, group and OAuth tokens
    (https://docs.gitlab.com/api/rest/authentication/).
    """

    url: str
    token: str = field(repr=False)
    _opened: gitlab.Gitlab | None = field(default=None, repr=False)
    _last: requests.Response | None = field(default=None, repr=False)

    def request(
        self, method: str, url: str, *, params: Any, data: str | None, headers: Mapping[str, str], timeout: int
    ) -> requests.Response:
        """The response, whatever its status; raises requests' errors, and WebError for a redirect that is refused.

        python-gitlab says by itself that a body is JSON.
        """
        from gitlab.exceptions import GitlabError

        try:
            return self._open().http_request(
                method.lower(), url, query_data=dict(params), post_data=None if data is None else json.loads(data),
                timeout=timeout, obey_rate_limit=False, retry_transient_errors=False, max_retries=0,
                extra_headers=dict(headers),
            )  # fmt: skip
        except GitlabError:
            assert self._last is not None, "an error comes after the answer it is about"
            return self._last

    def close(self) -> None:
        """Close the connection."""
        if self._opened is not None:
            self._opened.session.close()

    def _open(self) -> gitlab.Gitlab:
        if self._opened is None:
            import gitlab

            session = unsigned_session(self.url)
            session.hooks["response"].append(self._note)
            self._opened = gitlab.Gitlab(self.url, oauth_token=self.token, session=session)
        return self._opened

    def _note(self, response: requests.Response, *args: Any, **kwargs: Any) -> None:
        """Keep an answer."""
        self._last = response
