"""GraphQL over HTTP: documents made of fragments in files, queries with retries, and what an answer means.

Nothing here knows a particular service. A connector's client says how a document is sent and which errors mean what.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar

from harvester.sdk.http import RetryPolicy, Service, WebError, redact, server_time

INVALID = frozenset(
    {
        "undefinedField", "undefinedType", "argumentNotAccepted", "argumentLiteralsIncompatible", "selectionMismatch",
        "missingRequiredArguments", "variableMismatch", "variableRequiresValidType", "fragmentOnNonCompositeType",
        "cannotSpreadFragment", "undefinedFragment", "useAndDefineFragment", "undefinedDirective", "parseError",
    }
)  # fmt: skip
"""The codes of queries that are refused before they run: graphql-ruby's static validation, which GitHub and GitLab run
on (https://graphql-ruby.org/api-doc/class/GraphQL/StaticValidation.html)."""


@dataclass(frozen=True)
class Documents:
    """Documents made of the fragments in the folder `queries` of a package.

    `optional` has what an older server may not know, by the name in its refusal, and a pattern for it in documents. An
    argument may be named with its field, too: `issues(includeArchived)`.
    `first` is a field that every document asks for.
    """

    package: str
    optional: Mapping[str, str] = field(default_factory=dict)
    first: str = ""

    @functools.cached_property
    def fragments(self) -> Mapping[str, str]:
        """Every fragment by its name."""
        texts = [each.read_text(encoding="utf-8") for each in self._folder.iterdir() if each.name.endswith(".graphql")]
        found = re.findall(
            r"^(fragment (\w+) on .*?)(?=^fragment |^query |^#|\Z)", "\n".join(texts), re.MULTILINE | re.DOTALL
        )
        return {name: text.strip() for text, name in found}

    def read(self, name: str) -> str:
        """The text of one file in the folder, by its name without the suffix."""
        return (self._folder / f"{name}.graphql").read_text(encoding="utf-8")

    def document(self, variables: Iterable[str], fields: Iterable[str]) -> str:
        """A query with these declarations (`$n: Int!`) and top-level fields, and the fragments that it spreads."""
        lines = "\n".join(f"  {each}" for each in (self.first, *fields) if each)
        declared = ", ".join(variables)
        operation = f"query Harvest{f'({declared})' if declared else ''} {{\n{lines}\n}}"
        return "\n".join([operation, *self._needed(operation)])

    def without(self, document: str, unsupported: Iterable[str]) -> str:
        """The document for a server that does not know these (keys of `optional`)."""
        for name in unsupported:
            document = re.sub(self.optional[name], "", document)
        return document

    @property
    def _folder(self) -> Traversable:
        return files(self.package) / "queries"

    def _needed(self, text: str) -> list[str]:
        """The fragments a text spreads, and theirs, each once: a document with an unused one is refused."""
        waiting, found = [text], {}
        while waiting:
            for name in re.findall(r"\.\.\.(\w+)", waiting.pop()):
                if name not in found:
                    found[name] = self.fragments[name]
                    waiting.append(found[name])
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its data, the errors that hide single nodes, and its headers (lower-case names)."""

    data: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class GraphQLClient(ABC):
    """Sends queries with retries. A service's own client says how one is sent, and which errors mean what."""

    clock: Callable[[], dt.datetime]
    retry: RetryPolicy
    asked: int = 0
    """How many requests were sent."""
    unsupported: set[str] = field(default_factory=set)
    """What this server turned out not to know, as keys of `documents.optional`."""

    documents: ClassVar[Documents]
    old_hint: ClassVar[str] = "Is this server old?"
    """The hint where a server does not understand a query."""

    @property
    @abstractmethod
    def service(self) -> Service:
        """The service, for messages."""

    @abstractmethod
    def post(self, document: str, variables: Mapping[str, object]) -> tuple[int, Mapping[str, str], str]:
        """Send a document once; returns status, headers (lower-case names) and body, or raises WebError."""

    @property
    def secrets(self) -> Sequence[str]:
        """What no message may contain."""
        return ()

    def ask(self, document: str, variables: Mapping[str, object], tries: int | None = None) -> Answer:
        """The answer to a query, with retries; raises WebError without one."""
        return self.retry.call(lambda: self.ask_once(document, variables), tries)

    def ask_once(self, document: str, variables: Mapping[str, object]) -> Answer:
        """The answer to a query, without retries.

        A server that does not know a field or an argument is asked again without it, if we can do without it.
        """
        known = len(self.unsupported)
        try:
            return self._answer(self.documents.without(document, sorted(self.unsupported)), variables)
        except WebError:
            if len(self.unsupported) == known:
                raise
        return self.ask_once(document, variables)

    def _answer(self, document: str, variables: Mapping[str, object]) -> Answer:
        self.asked += 1
        answer = self.read(*self.post(document, variables))
        if not self.is_complete(document, answer.data):
            raise self.service.unusable("lacks part of what was asked")
        return answer

    def read(self, status: int, headers: Mapping[str, str], body: str) -> Answer:
        """The answer in a response; raises WebError where it is none."""
        if status != 200:
            raise self.failure(status, headers, body)
        parsed = self.service.parse(body)
        if not isinstance(parsed, dict):
            raise self.service.unusable("is not a JSON object")
        listed = parsed.get("errors")
        errors = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        has_data = isinstance(parsed.get("data"), dict)
        message = self.clean(errors[0].get("message", "") if errors else parsed.get("message", ""))
        if (errors or not has_data) and self.asks_to_wait(headers, message):
            raise self.service.rate_limit(headers, self.clock())
        if errors and (failure := self._invalid(errors, message) or self.failure_in(errors, headers, message)):
            raise failure
        if not has_data:
            raise self.refused(message) if errors else self.service.unusable("has no data")
        return Answer(parsed["data"], errors, headers)

    def failure(self, status: int, headers: Mapping[str, str], body: str) -> WebError:
        """What an HTTP status other than 200 means."""
        return self.service.failure(status, headers, self.clean(message_of(body)), self.clock())

    @abstractmethod
    def failure_in(
        self, errors: Sequence[Mapping[str, Any]], headers: Mapping[str, str], message: str
    ) -> WebError | None:
        """The failure that errors beside HTTP 200 mean; None where each hides a single node only."""

    def asks_to_wait(self, headers: Mapping[str, str], message: str) -> bool:
        """Whether errors, or an answer without data, beside HTTP 200 are a rate limit."""
        return False

    def is_complete(self, document: str, data: Mapping[str, Any]) -> bool:
        """Whether an answer has every top-level field of the query."""
        return all(each in data for each in top_level(document))

    def refused(self, message: str) -> WebError:
        """The failure of an answer that has errors and no data."""
        return WebError("refused", f"{self.service.name} refuses ({message})", hint=self.service.access_hint)

    def server_now(self, answer: Answer) -> dt.datetime:
        """The server's time at an answer: its timestamps are of the same clock."""
        return server_time(answer.headers, self.clock())

    def clean(self, text: object) -> str:
        """Foreign text for a message: one line, without secrets."""
        return redact(str(text), self.secrets)

    def _invalid(self, errors: Sequence[Mapping[str, Any]], message: str) -> WebError | None:
        """The failure of a query that was refused before it ran; notes what this server does not know."""
        extensions = [each["extensions"] for each in errors if isinstance(each.get("extensions"), dict)]
        if not any(str(each.get("code", "")) in INVALID for each in extensions):
            return None
        named = {name for each in extensions for name in _names_in(each)}
        self.unsupported |= named & set(self.documents.optional)
        what = f"{self.service.name} does not understand the query ({message})"
        return WebError("wrong", what, hint=self.old_hint)


def _names_in(extensions: Mapping[str, Any]) -> set[str]:
    """What a refusal is about: an argument (`sort` and `list.sort`), else a field, a type or what it calls a node."""
    if argument := extensions.get("argumentName"):
        return {str(argument), f"{extensions.get('name')}.{argument}"}
    return {str(extensions.get(each)) for each in ("fieldName", "nodeName")} | (
        set() if extensions.get("fieldName") else {str(extensions.get("typeName"))}
    )


def top_level(document: str) -> list[str]:
    """The aliases of a document's top-level fields, and the names of those with arguments; others may be left out."""
    return re.findall(r"^  (\w+)[:(]", document.partition("\n}")[0], re.MULTILINE)


def message_of(body: str) -> str:
    """The `message` of a refusal in JSON, or what OAuth has instead, or an empty text."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(parsed, dict):
        return ""
    return str(next(filter(None, map(parsed.get, ("message", "error_description", "error"))), ""))
