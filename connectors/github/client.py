"""One GraphQL query to GitHub over PyGithub, and what its answer means: data, hidden nodes, or a failure.

PyGithub does tokens, App installations and the connection. Its own retries are off: they neither shrink a page nor
report that they wait, and its GraphQL method raises an error in place of the data that came beside it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harvester.sdk.http import RetryPolicy, Service, WebError, no_redirects, redact, server_time

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
INVALID = frozenset(
    {
        "undefinedField", "undefinedType", "argumentNotAccepted", "argumentLiteralsIncompatible", "selectionMismatch",
        "missingRequiredArguments", "variableMismatch", "variableRequiresValidType", "fragmentOnNonCompositeType",
        "cannotSpreadFragment", "undefinedFragment", "useAndDefineFragment", "undefinedDirective", "parseError",
    }
)  # fmt: skip
"""The codes of queries that are refused before they run: graphql-ruby's static validation, which GitHub runs on
(https://graphql-ruby.org/api-doc/class/GraphQL/StaticValidation.html)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """GitHub's answer: its data, the errors that hide single nodes, and its headers (lower-case names)."""

    data: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Client:
    """Sends GraphQL queries to GitHub, with retries. `api` is the address of the REST API."""

    api: str
    sign_in: SignIn
    clock: Callable[[], dt.datetime]
    retry: RetryPolicy
    timeout: int = 30
    asked: int = 0
    unsupported: set[str] = field(default_factory=set)
    """What this server turned out not to know, as keys of `graphql.OPTIONAL`."""
    _requester: Requester | None = field(default=None, repr=False)
    _connection: HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass | None = field(default=None, repr=False)

    @property
    def service(self) -> Service:
        """GitHub, for messages."""
        return Service("GitHub", self.api, url_hint=RIGHT_URL, renew_hint=RENEW, access_hint=SCOPES)

    def ask(self, document: str, variables: Mapping[str, object], tries: int | None = None) -> Answer:
        """The answer to a query, with retries; raises WebError without one."""
        return self.retry.call(lambda: self.ask_once(document, variables), tries)

    def ask_once(self, document: str, variables: Mapping[str, object]) -> Answer:
        """The answer to a query, without retries.

        A server that does not know a field or an argument is asked again without it, if we can do without it.
        """
        known = len(self.unsupported)
        try:
            return self._answer(graphql.without(document, sorted(self.unsupported)), variables)
        except WebError:
            if len(self.unsupported) == known:
                raise
        return self.ask_once(document, variables)

    def _answer(self, document: str, variables: Mapping[str, object]) -> Answer:
        import requests
        from github import GithubException
        from jwt import PyJWTError

        self.asked += 1
        try:
            status, headers, body = self._signed_in().requestJson(
                "POST",
                self._open().graphql_url,
                input={"query": document, "variables": variables},
                cnx=self._connected(),
            )
        except requests.exceptions.RequestException as error:
            raise self.service.unreachable(error, self.timeout) from None
        except PyJWTError:
            raise WebError("refused", "the App's private key cannot be used", hint="Is it the PEM file?") from None
        except GithubException as error:  # from signing an App in, which is a request of its own
            raise self.failure(error.status, error.headers or {}, json.dumps(error.data)) from None
        except RecursionError:  # PyGithub follows redirects of an App's sign-in without counting them
            raise WebError("wrong", f"{self.api} redirects without an end", hint=RIGHT_URL) from None
        except RuntimeError as error:  # PyGithub raises this for a redirect it does not follow
            raise WebError("wrong", f"{self._clean(error)}; the token was not sent there", hint=RIGHT_URL) from None
        answer = self.read(status, {str(key): str(value) for key, value in headers.items()}, body)
        if not _is_complete(document, answer.data):
            raise self.service.unusable("lacks part of what was asked")
        return answer

    def read(self, status: int, headers: Mapping[str, str], body: str) -> Answer:
        """The answer in a response; raises WebError where it is none."""
        if status != 200:
            raise self.failure(status, headers, body)
        parsed = self.service.parse(body)
        if not isinstance(parsed, dict):
            raise self.service.unusable("is not a JSON object")
        errors = [each for each in parsed.get("errors") or [] if isinstance(each, dict)]
        has_data = isinstance(parsed.get("data"), dict)
        message = self._clean(errors[0].get("message", "") if errors else parsed.get("message", ""))
        if (errors or not has_data) and _asks_to_wait(headers, message):
            raise self.service.rate_limit(headers, self.clock())
        if errors and (failure := self._failure_in(errors, headers, message)):
            raise failure
        if not has_data:
            raise (
                WebError("refused", f"GitHub refuses ({message})", hint=SCOPES)
                if errors
                else self.service.unusable("has no data")
            )
        return Answer(parsed["data"], errors, headers)

    def failure(self, status: int, headers: Mapping[str, str], body: str) -> WebError:
        """What an HTTP status other than 200 means."""
        message = self._clean(_message(body))
        if status == 403 and (hint := sso_hint(headers)):
            return WebError("refused", f"GitHub refuses ({message or 403})", hint=hint)
        limited = status == 403 and _is_limit(headers, message)
        return self.service.failure(status, headers, message, self.clock(), limited=limited)

    def _failure_in(
        self, errors: Sequence[Mapping[str, Any]], headers: Mapping[str, str], message: str
    ) -> WebError | None:
        """The failure that errors beside HTTP 200 mean; None where each hides a single node only."""
        types = {str(each.get("type")) for each in errors}
        if types & RATE_LIMIT_TYPES:
            return self.service.rate_limit(headers, self.clock())
        if any(_code(each) in INVALID for each in errors):
            self.unsupported |= {name for each in errors for name in _unsupported(each)}
            return WebError("wrong", f"GitHub does not understand the query ({message})", hint="Is this server old?")
        if not types <= HIDDEN_NODE_TYPES:
            return WebError("busy", f"GitHub could not finish the answer ({message})")
        return None

    def server_now(self, answer: Answer) -> dt.datetime:
        """The server's time at an answer: its timestamps are of the same clock."""
        return server_time(answer.headers, self.clock())

    def close(self) -> None:
        """Close the connection."""
        for each in (self._requester, self._connection):
            if each is not None:
                each.close()

    def _clean(self, text: object) -> str:
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


def _message(body: str) -> str:
    try:
        parsed = json.loads(body)
    except ValueError:
        return ""
    return str(parsed.get("message", "")) if isinstance(parsed, dict) else ""


def _is_limit(headers: Mapping[str, str], message: str) -> bool:
    return headers.get("x-ratelimit-remaining") == "0" or _asks_to_wait(headers, message)


def _asks_to_wait(headers: Mapping[str, str], message: str) -> bool:
    """Whether this is a secondary rate limit. It comes with 403, 429 or 200, whatever is left of the primary one."""
    words = message.casefold()
    return "retry-after" in headers or "rate limit" in words or "abuse" in words


def _is_complete(document: str, data: Mapping[str, Any]) -> bool:
    """Whether an answer has every field of the query, counts as numbers and pages with their results."""
    asked = re.findall(r"^  (\w+)[:(]", document.partition("\n}")[0], re.MULTILINE)
    return all(each in data and (not SEARCH_ALIAS.fullmatch(each) or _is_page(each, data[each])) for each in asked)


def _is_page(name: str, value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("issueCount"), int):
        return False
    return name.startswith("c") or (isinstance(value.get("nodes"), list) and isinstance(value.get("pageInfo"), dict))


def _unsupported(error: Mapping[str, Any]) -> set[str]:
    """What an error says this server does not know, of what we can do without."""
    extensions = error.get("extensions")
    named = extensions if isinstance(extensions, dict) else {}
    return {str(named.get("argumentName") or named.get("fieldName"))} & set(graphql.OPTIONAL)


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""
