"""One question to GitHub's GraphQL over PyGithub, and what its answer is: data, a hole, or a failure.

PyGithub does tokens, App installations and the connection. Its own retries are off: they neither shrink a page nor tell
anybody that they wait, and its GraphQL method raises away what came beside an error.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harvester.sdk.http import (
    RetryPolicy,
    WebError,
    no_redirects,
    redact,
    redirected,
    retry_after,
    server_time,
    until_reset,
)

from . import graphql
from .auth import SignIn

if TYPE_CHECKING:
    from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester


LIMITED = frozenset({"RATE_LIMITED", "RATE_LIMIT"})
"""Both are seen: the first is documented, the second came from the live service (octokit/plugin-throttling.js#848)."""
LOST = frozenset({"FORBIDDEN", "NOT_FOUND", "INSUFFICIENT_SCOPES"})
"""Errors that say what one node is; everything beside them stands."""
TOKENS = re.compile(r"\b(?:gh[pousr]_|github_pat_)\w+")
"""What tokens look like: that of an App's installation is made by PyGithub and never seen here."""
SEARCHED = re.compile(r"[cs]\d+")
"""What searches are called in a question: c0 where they are counted, s0 where they are read."""
INVALID = frozenset(
    {
        "undefinedField", "undefinedType", "argumentNotAccepted", "argumentLiteralsIncompatible", "selectionMismatch",
        "missingRequiredArguments", "variableMismatch", "variableRequiresValidType", "fragmentOnNonCompositeType",
        "cannotSpreadFragment", "undefinedFragment", "useAndDefineFragment", "undefinedDirective", "parseError",
    }
)  # fmt: skip
"""The codes of what is refused before it is run: those of graphql-ruby's static validation, which GitHub runs on
(https://graphql-ruby.org/api-doc/class/GraphQL/StaticValidation.html)."""


Question = tuple[str, Mapping[str, object]]
"""A document and its variables."""


def fixed(document: str, variables: Mapping[str, object]) -> Callable[[], Question]:
    """A question that is the same at every try."""
    return lambda: (document, variables)


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub answered: its data, the errors that cost single nodes, and its headers (lower-case names)."""

    data: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Client:
    """Asks GitHub, with patience. `api` is the REST address."""

    api: str
    sign_in: SignIn
    clock: Callable[[], dt.datetime]
    patience: RetryPolicy
    timeout: int = 30
    asked: int = 0
    lacking: set[str] = field(default_factory=set)
    """What this server turned out not to know, as keys of `documents.OPTIONAL`."""
    _requester: Requester | None = field(default=None, repr=False)
    _line: HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass | None = field(default=None, repr=False)

    def ask(
        self, question: Callable[[], Question], tries: int | None = None, less: Callable[[], object] | None = None
    ) -> Answer:
        """The answer to a question, which is made anew for each try; raises WebError where there is none in the end.

        `less` is called before another try after GitHub was busy, so that the next question asks for less.
        """
        return self.patience.call(lambda: self._once(*question()), tries, less)

    def _once(self, document: str, variables: Mapping[str, object]) -> Answer:
        """One answer; a server that does not know all of the question is asked again without what it does not know."""
        lacking = len(self.lacking)
        try:
            return self._answer(graphql.without(document, sorted(self.lacking)), variables)
        except WebError:
            if len(self.lacking) == lacking:
                raise
        return self._once(document, variables)

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
        except requests.exceptions.Timeout:
            raise WebError("busy", f"GitHub did not answer within {self.timeout} s") from None
        except requests.exceptions.RequestException as error:
            raise WebError("busy", f"the connection to GitHub broke ({type(error).__name__})", hint=RIGHT_URL) from None
        except PyJWTError:
            raise WebError("refused", "the App's private key cannot be used", hint="Is it the PEM file?") from None
        except GithubException as error:  # from signing an App in, which is a request of its own
            raise self.judge(error.status, error.headers or {}, json.dumps(error.data)) from None
        except RecursionError:  # PyGithub follows redirects of an App's sign-in without counting them
            raise WebError("wrong", f"{self.api} redirects without an end", hint=RIGHT_URL) from None
        except RuntimeError as error:  # PyGithub's word for a redirect it will not follow
            raise WebError("wrong", f"{self._clean(error)}; the token was not sent there", hint=RIGHT_URL) from None
        answer = self.read(status, {str(key): str(value) for key, value in headers.items()}, body)
        if not _holds_all(document, answer.data):
            raise WebError("busy", "GitHub's answer lacks part of what was asked", hint="Is a proxy in between?")
        return answer

    def read(self, status: int, headers: Mapping[str, str], body: str) -> Answer:
        """The answer in a response; raises WebError where it is none."""
        if status != 200:
            raise self.judge(status, headers, body)
        try:
            parsed = json.loads(body)
        except ValueError:
            what = "a web page" if body.lstrip()[:1] == "<" else "nothing" if not body.strip() else "broken JSON"
            raise WebError("busy", f"GitHub's answer is {what}", hint="Is a proxy in between?") from None
        if not isinstance(parsed, dict):
            raise WebError("busy", "GitHub's answer is no JSON object", hint="Is a proxy in between?")
        errors = [each for each in parsed.get("errors") or [] if isinstance(each, dict)]
        shown = isinstance(parsed.get("data"), dict)
        said = self._clean(errors[0].get("message", "") if errors else parsed.get("message", ""))
        if (errors or not shown) and _asks_to_wait(headers, said):
            raise WebError("limit", "GitHub's rate limit is reached", after=self._pause(headers))
        if errors and (failure := self._graver(errors, headers)):
            raise failure
        if not shown:
            if errors:
                raise WebError("refused", f"GitHub refuses ({self._clean(errors[0].get('message', ''))})", hint=SCOPES)
            raise WebError("busy", "GitHub's answer holds no data", hint="Is a proxy in between?")
        return Answer(parsed["data"], errors, headers)

    def judge(self, status: int, headers: Mapping[str, str], body: str) -> WebError:
        """What an HTTP status other than 200 means."""
        said = self._clean(_message(body))
        if status in range(300, 400):
            return self._redirected(headers)
        if status == 403 and (hint := sso_hint(headers)):
            return WebError("refused", f"GitHub refuses ({said or 403})", hint=hint)
        if status == 401:
            return WebError("refused", f"GitHub does not accept the token ({said or 401})", hint=RENEW)
        if status == 429 or (status == 403 and _is_limit(headers, said)):
            return WebError("limit", f"GitHub's rate limit is reached ({status})", after=self._pause(headers))
        if status == 403:
            return WebError("refused", f"GitHub refuses ({said or 403})", hint=SCOPES)
        if status >= 500:
            after = retry_after(headers, self.clock())
            return WebError("busy", f"GitHub answers with error {status}", after=after)
        return WebError("wrong", f"GitHub answers {self.api} with status {status} ({said})", hint=RIGHT_URL)

    def _graver(self, errors: Sequence[Mapping[str, Any]], headers: Mapping[str, str]) -> WebError | None:
        """The failure that errors beside HTTP 200 mean, or None where each costs one node only."""
        types = {str(each.get("type")) for each in errors}
        said = self._clean(str(errors[0].get("message", "")))
        if types & LIMITED:
            return WebError("limit", "GitHub's rate limit is reached", after=self._pause(headers))
        if any(_code(each) in INVALID for each in errors):
            self.lacking |= {name for each in errors for name in _unknown(each)}
            return WebError("wrong", f"GitHub does not understand the question ({said})", hint="Is this server old?")
        if not types <= LOST:
            return WebError("busy", f"GitHub could not finish the answer ({said})")
        return None

    def _pause(self, headers: Mapping[str, str]) -> float | None:
        """Retry-After, else the reset where nothing is left; a last good answer shows 0 too, so that alone is none."""
        asked = retry_after(headers, self.clock())
        if asked is None and headers.get("x-ratelimit-remaining") == "0":
            return until_reset(headers, "x-ratelimit-reset", self.clock())
        return asked

    def _redirected(self, headers: Mapping[str, str]) -> WebError:
        return redirected(self.api, headers.get("location", ""))

    def server_now(self, answer: Answer) -> dt.datetime:
        """The server's time at an answer, which is what its own timestamps are made with."""
        return server_time(answer.headers, self.clock())

    def close(self) -> None:
        """Close the connection."""
        for each in (self._requester, self._line):
            if each is not None:
                each.close()

    def _clean(self, text: object) -> str:
        return redact(str(text), (*self.sign_in.secrets, *TOKENS.findall(str(text))))

    def _signed_in(self) -> Requester:
        """Where the sign-in of an App brings no token, PyGithub fails in as many ways as there are wrong answers.

        It keeps what it was given, so that the next try is begun anew.
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
        raise WebError("busy", "GitHub's answer to the App's sign-in holds no token", hint="Is a proxy in between?")

    def _connected(self) -> HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass:
        """PyGithub's connection, but one that follows no redirect."""
        if self._line is None:
            from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass

            parts = urlsplit(self.api)
            kind = HTTPSRequestsConnectionClass if parts.scheme == "https" else HTTPRequestsConnectionClass
            self._line = kind(parts.hostname or "", parts.port, retry=0, timeout=self.timeout)
            self._line.session.hooks["response"].append(no_redirects(self.api))
        return self._line

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
    """What to do where an organisation wants the token authorised for single sign-on; nothing where none does."""
    return "Authorise the token for the organisation's single sign-on." if headers.get("x-github-sso") else ""


def _message(body: str) -> str:
    try:
        parsed = json.loads(body)
    except ValueError:
        return ""
    return str(parsed.get("message", "")) if isinstance(parsed, dict) else ""


def _is_limit(headers: Mapping[str, str], said: str) -> bool:
    return headers.get("x-ratelimit-remaining") == "0" or _asks_to_wait(headers, said)


def _asks_to_wait(headers: Mapping[str, str], said: str) -> bool:
    """A secondary limit, which GitHub tells by 403, 429 or 200; what is left of the primary one says nothing of it."""
    words = said.casefold()
    return "retry-after" in headers or "rate limit" in words or "abuse" in words


def _holds_all(document: str, data: Mapping[str, Any]) -> bool:
    """Whether every field of a question stands in its answer, counts as numbers and pages with their results."""
    asked = re.findall(r"^  (\w+)[:(]", document.partition("\n}")[0], re.MULTILINE)
    return all(each in data and (not SEARCHED.fullmatch(each) or _is_page(each, data[each])) for each in asked)


def _is_page(name: str, value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("issueCount"), int):
        return False
    return name.startswith("c") or (isinstance(value.get("nodes"), list) and isinstance(value.get("pageInfo"), dict))


def _unknown(error: Mapping[str, Any]) -> set[str]:
    """What an error says that this server does not know, if that can be done without."""
    extensions = error.get("extensions")
    named = extensions if isinstance(extensions, dict) else {}
    return {str(named.get("argumentName") or named.get("fieldName"))} & set(graphql.OPTIONAL)


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""
