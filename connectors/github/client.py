"""One GraphQL query to GitHub over PyGithub, and what its answer means: data, hidden nodes, or a failure.

PyGithub does tokens, App installations and the connection. Its own retries are off: they neither shrink a page nor
report that they wait, and its GraphQL method raises an error in place of the data that came beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from harvester.sdk.graphql import Documents, GraphQLClient, message_of, top_level
from harvester.sdk.http import Service, WebError, no_redirects, redact, says_limit, says_wait

from . import graphql
from .auth import SignIn

if TYPE_CHECKING:
    from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester


RATE_LIMIT_TYPES = frozenset({"RATE_LIMITED", "RATE_LIMIT"})
"""Both are seen: the first is documented, the second came from the live service (octokit/plugin-throttling.js#848)."""
HIDDEN_NODE_TYPES = frozenset({"FORBIDDEN", "NOT_FOUND", "INSUFFICIENT_SCOPES"})
"""Types of errors that hide one node; the rest of the answer is good."""
TOKENS = re.compile(r"\b(?:gh[pousr]_|github_pat_)\w+")
"""What tokens look like: PyGithub makes that of an App's installation, and we never see it."""
SEARCH_ALIAS = re.compile(r"[cs]\d+")
"""What searches are called in a query: c0 where they are counted, s0 where they are read."""


@dataclass(kw_only=True)
class Client(GraphQLClient):
    """Sends GraphQL queries to GitHub, with retries. `api` is the address of the REST API."""

    documents: ClassVar[Documents] = graphql.DOCUMENTS
    api: str
    sign_in: SignIn
    timeout: int = 30
    _requester: Requester | None = field(default=None, repr=False)
    _connection: HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass | None = field(default=None, repr=False)

    @property
    def service(self) -> Service:
        """GitHub, for messages."""
        return Service("GitHub", self.api, url_hint=RIGHT_URL, renew_hint=RENEW, access_hint=SCOPES)

    def post(self, document: str, variables: Mapping[str, object]) -> tuple[int, Mapping[str, str], str]:
        """Send a document once, over PyGithub; returns status, headers and body, or raises WebError."""
        from github import GithubException
        from jwt import PyJWTError

        try:
            status, headers, body = self._signed_in().requestJson(
                "POST",
                self._open().graphql_url,
                input={"query": document, "variables": variables},
                cnx=self._connected(),
            )
        except OSError as error:
            raise self.service.unreachable(error, self.timeout) from None
        except PyJWTError:
            raise WebError("refused", "the App's private key cannot be used", hint="Is it the PEM file?") from None
        except GithubException as error:  # from signing an App in, which is a request of its own
            raise self.failure(error.status, error.headers or {}, json.dumps(error.data)) from None
        except UnicodeError:  # the body is in an encoding that is none
            raise self.service.unusable("cannot be decoded") from None
        except RecursionError:  # PyGithub follows redirects of an App's sign-in without counting them
            raise WebError("wrong", f"{self.api} redirects without an end", hint=RIGHT_URL) from None
        except RuntimeError as error:  # PyGithub raises this for a redirect it does not follow
            raise WebError("wrong", f"{self.clean(error)}; the token was not sent there", hint=RIGHT_URL) from None
        return status, {str(key): str(value) for key, value in headers.items()}, body

    def failure(self, status: int, headers: Mapping[str, str], body: str) -> WebError:
        """What an HTTP status other than 200 means."""
        message = self.clean(message_of(body))
        if status == 403 and (hint := sso_hint(headers)):
            return WebError("refused", f"GitHub refuses ({message or 403})", hint=hint)
        limited = status == 403 and says_limit(headers, message)
        return self.service.failure(status, headers, message, self.clock(), limited=limited)

    def failure_in(
        self, errors: Sequence[Mapping[str, Any]], headers: Mapping[str, str], message: str
    ) -> WebError | None:
        """The failure that errors beside HTTP 200 mean; None where each hides a single node only."""
        types = {str(each.get("type")) for each in errors}
        if types & RATE_LIMIT_TYPES:
            return self.service.rate_limit(headers, self.clock())
        if not types <= HIDDEN_NODE_TYPES:
            return WebError("busy", f"GitHub could not finish the answer ({message})")
        return None

    def asks_to_wait(self, headers: Mapping[str, str], message: str) -> bool:
        """Whether this is a secondary rate limit."""
        return says_wait(headers, message)

    def is_complete(self, document: str, data: Mapping[str, Any]) -> bool:
        """Whether an answer has every field of the query, counts as numbers and pages with their results."""
        asked = top_level(document)
        return all(each in data and (not SEARCH_ALIAS.fullmatch(each) or _is_page(each, data[each])) for each in asked)

    def close(self) -> None:
        """Close the connection."""
        for each in (self._requester, self._connection):
            if each is not None:
                each.close()

    def clean(self, text: object) -> str:
        """Foreign text for a message: one line, without secrets and what looks like a token of GitHub's."""
        return redact(str(text), (*self.sign_in.secrets, *TOKENS.findall(str(text))))

    def _signed_in(self) -> Requester:
        """PyGithub's requester, signed in; raises WebError where the sign-in of an App gives no token.

        PyGithub fails in a different way for each wrong answer and keeps what it got, so the next try makes a new one.
        """
        requester, token = self._open(), None
        try:
            if requester.auth:
                token = requester.auth.token
                requester.auth.authentication({})  # looks at when it ends, too
        except (TypeError, ValueError, AttributeError, AssertionError):
            token = None
        if isinstance(token, str) and token:
            return requester
        requester.close()
        self._requester = None
        raise self.service.unusable("to the App's sign-in has no token")

    def _connected(self) -> HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass:
        """PyGithub's connection, made to follow no redirect."""
        if self._connection is None:
            from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass

            parts = urlsplit(self.api)
            kind = HTTPSRequestsConnectionClass if parts.scheme == "https" else HTTPRequestsConnectionClass
            self._connection = kind(parts.hostname or "", parts.port, retry=0, timeout=self.timeout)
            self._connection.session.hooks["response"].append(no_redirects(self.api))
        return self._connection

    def _open(self) -> Requester:
        if self._requester is None:
            from github import Github

            opened = Github(
                auth=self.sign_in.auth(), base_url=self.api, timeout=self.timeout, retry=0, per_page=100,
                seconds_between_requests=0, seconds_between_writes=0,
            )  # fmt: skip
            self._requester = opened.requester
        return self._requester


RIGHT_URL = "Is `url` right? For GitHub Enterprise it is the address of the web pages, https://github.example.com."
RENEW = "Make a new token, or sign in again with `gh auth login`."
SCOPES = "A classic token needs the scope repo; a fine-grained one read access to pull requests and issues."


def sso_hint(headers: Mapping[str, str]) -> str:
    """What to do where an organisation wants the token authorised for single sign-on; empty where none does."""
    return "Authorise the token for the organisation's single sign-on." if headers.get("x-github-sso") else ""


def _is_page(name: str, value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("issueCount"), int):
        return False
    return name.startswith("c") or (isinstance(value.get("nodes"), list) and isinstance(value.get("pageInfo"), dict))
