"""Jira's query language as far as a connector needs it: read, checked and evaluated; what is not known is refused.

Dates have minutes and no offset, and are read in the time zone of the caller's profile, as Jira reads them.
https://support.atlassian.com/jira-software-cloud/docs/what-is-advanced-search-in-jira-cloud/
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tests.servers.jira import World

Issue = dict[str, Any]
Test = Callable[[Issue], bool]


class JqlError(Exception):
    """What Jira answers with status 400."""


_WORDS = """
abort access add after alias all alter and any are as asc audit avg before begin between boolean
break by byte catch cf char character check checkpoint collate collation column commit connect
continue count create current date decimal declare decrement default defaults define delete
delimiter desc difference distinct divide do double drop else empty encoding end equals escape
exclusive exec execute exists explain false fetch file field first float for from function go goto
grant greater group having identified if immediate in increment index initial inner inout input
insert int integer intersect intersection into is isempty isnull join last left less like limit lock
long max min minus mode modify modulo more multiply next noaudit not notin nowait null number object
of on option or order outer output power previous prior privileges public raise raw remainder rename
resource return returns revoke right row rowid rownum rows select session set share size sqrt start
strict string subtract sum synonym table then to trans transaction trigger true uid union unique
update user validate values view when whenever where while with
"""
RESERVED = frozenset(_WORDS.split())
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<custom>cf\[\d+\])
    | (?P<op>!=|>=|<=|!~|=|>|<|~|\(|\)|,)
    | (?P<word>[^\s"'()=!~<>,;?|*/%^$\#@\[\]{}.+\\&:`]+)
    )""",
    re.VERBOSE,
)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\", "'": "'", '"': '"', " ": " "}


@dataclass(frozen=True)
class Token:
    """A word, an operator or a quoted text."""

    kind: str
    text: str

    @property
    def key(self) -> str:
        """The word in lower case; a quoted text is no keyword."""
        return self.text.casefold() if self.kind in {"word", "op"} else ""


def tokens(jql: str) -> list[Token]:
    """The tokens of a query; raises JqlError where there is none, such as at an open quote."""
    found, at = [], 0
    while jql[at:].strip():
        match = _TOKEN.match(jql, at)
        if not match:
            raise JqlError(f"Error in the JQL Query: the character at {at} ({jql[at:].strip()[0]!r}) is not allowed.")
        kind = str(match.lastgroup)
        text = match[kind]
        found.append(Token(kind, _unquoted(text) if kind == "text" else text))
        at = match.end()
    return found


def _unquoted(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1][0] == "u" and len(match[1]) == 5:
            return chr(int(match[1][1:], 16))
        if match[1] not in _ESCAPES:
            raise JqlError(f"Error in the JQL Query: '\\{match[1]}' is an illegal JQL escape sequence.")
        return _ESCAPES[match[1]]

    made = re.sub(r"\\(u[0-9a-fA-F]{4}|.)", plain, text[1:-1], flags=re.DOTALL)
    return made.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # two escapes may be one character


@dataclass(frozen=True)
class Query:
    """A query as a test of issues and an order: fields, each with whether it descends."""

    holds: Test
    order: tuple[tuple[str, bool], ...]
    bounded: bool


UNIQUE = frozenset({"key", "issuekey", "id", "issue"})
_USERS = {"assignee": "assignee", "reporter": "reporter", "creator": "creator"}
_DATES = {
    "created": "created", "createddate": "created", "updated": "updated", "updateddate": "updated",
    "resolved": "resolved", "resolutiondate": "resolved", "statuscategorychangeddate": "category_changed",
}  # fmt: skip
_PEOPLE = frozenset({*_USERS, "worklogauthor"})
_DAYS = frozenset({"worklogdate"})
"""Fields of days without a time (https://bitbucket.org/tempo-io/servertimesheet/wiki/RESTful_endpoint)."""
_WAS = frozenset({"assignee", "reporter", "resolution", "status", "priority", "fixversion"})
_PREDICATES = frozenset({"by", "during", "on", "before", "after", "from", "to"})


class Reader:
    """Reads one query of one caller; what it does not know is an error."""

    def __init__(self, world: World, jql: str, cloud: bool) -> None:
        self.world, self.cloud, self.jql = world, cloud, jql
        self.tokens = tokens(jql)
        self.at = 0
        self.bounded = False

    def query(self) -> Query:
        """The whole query."""
        holds: Test = lambda issue: True  # noqa: E731 - a test like the others
        if self.tokens and not self._is("order"):
            holds = self._either()
        order = self._order() if self._take("order") else ()
        if self.at < len(self.tokens):
            raise self._unexpected()
        return Query(holds, order, self.bounded)

    def _is(self, *words: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].key in words

    def _take(self, *words: str) -> str:
        if not self._is(*words):
            return ""
        self.at += 1
        return self.tokens[self.at - 1].key

    def _need(self, *words: str) -> str:
        return self._take(*words) or self._fail()

    def _next(self) -> Token:
        if self.at >= len(self.tokens):
            raise self._unexpected()
        self.at += 1
        return self.tokens[self.at - 1]

    def _fail(self) -> str:
        raise self._unexpected()

    def _unexpected(self) -> JqlError:
        where = repr(self.tokens[self.at].text) if self.at < len(self.tokens) else "the end of the query"
        return JqlError(f"Error in the JQL Query: {where} was not expected here.")

    def _either(self) -> Test:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda issue: any(each(issue) for each in parts)

    def _both(self) -> Test:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else lambda issue: all(each(issue) for each in parts)

    def _negated(self) -> Test:
        if self._take("not", "!"):
            inner = self._negated()
            return lambda issue: not inner(issue)
        if self._take("("):
            inside = self._either()
            self._need(")")
            return inside
        return self._clause()

    def _clause(self) -> Test:
        token = self._next()
        if token.kind == "op" or (token.kind == "word" and token.key in RESERVED):
            self.at -= 1
            raise self._unexpected()
        name = token.text.casefold()
        self._known(name, token.text)
        self.bounded = True
        if self._take("was"):
            return self._was(name)
        if self._take("changed"):
            return self._changed(name)
        return self._compared(name)

    def _known(self, name: str, shown: str) -> None:
        known = {*_PEOPLE, *_DATES, *_DAYS, *UNIQUE, *_PLAIN, *self.world.clause_names(self.cloud)}
        if not self.cloud:
            known -= {"statuscategorychangeddate"}
        if name not in known:
            raise JqlError(f"Field '{shown}' does not exist or you do not have permission to view it.")

    def _values(self) -> list[str]:
        """One value, or a list in brackets."""
        if not self._take("("):
            return [self._value()]
        found = [self._value()]
        while self._take(","):
            found.append(self._value())
        self._need(")")
        return found

    def _value(self) -> str:
        token = self._next()
        if token.kind == "op" or (token.kind == "word" and token.key in RESERVED - {"empty", "null"}):
            self.at -= 1
            raise self._unexpected()
        if token.kind == "word" and self._take("("):
            self._need(")")
            return self._called(token.text)
        return "\0" if token.key in {"empty", "null"} else token.text

    def _called(self, name: str) -> str:
        if name.casefold() == "currentuser":
            return str(self.world.native(self.world.caller, self.cloud))
        if name.casefold() == "now":
            return "0m"
        raise JqlError(f"Unable to find JQL function '{name}()'.")

    def _moment(self, text: str, name: str) -> dt.datetime:
        """A date in the caller's zone, or so much before or after now."""
        zone = ZoneInfo(self.world.zone)
        if re.fullmatch(r"[-+]?(\d+[wdhm] ?)+", text):
            units = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
            sign = -1 if text.startswith("-") else 1
            return self.world.now + sign * sum(
                (dt.timedelta(**{units[unit]: int(number)}) for number, unit in re.findall(r"(\d+)([wdhm])", text)),
                dt.timedelta(),
            )
        for shape in ("%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y/%m/%d"):
            try:
                return dt.datetime.strptime(text, shape).replace(tzinfo=zone)
            except ValueError:
                continue
        raise JqlError(
            f"Date value '{text}' for field '{name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )

    def _compared(self, name: str) -> Test:
        if self._take("is"):
            negated = bool(self._take("not"))
            self._need("empty", "null")
            empty = self._test_of(name, ["\0"])
            return (lambda issue: not empty(issue)) if negated else empty
        operator = self._take("=", "!=", ">", ">=", "<", "<=", "~", "!~", "in")
        if not operator:
            self._need("not")
            self._need("in")
            operator = "not in"
        values = self._values() if operator.endswith("in") else [self._value()]
        if name in _DATES:
            return self._dated(name, operator, values)
        if name in _DAYS:
            return self._worked(name, operator, values[0])
        if operator in {"~", "!~"}:
            return self._containing(name, operator, values[0])
        if operator in {">", ">=", "<", "<="}:
            raise JqlError(f"The operator '{operator}' is not supported by the '{name}' field.")
        same = self._test_of(name, values)
        if operator in {"=", "in"}:
            return same
        # What is empty is neither equal nor unequal.
        empty = self._test_of(name, ["\0"])
        return lambda issue: not same(issue) and ("\0" in values or not empty(issue))

    def _dated(self, name: str, operator: str, values: Sequence[str]) -> Test:
        field = _DATES[name]
        if values == ["\0"]:
            return lambda issue: (issue[field] is None) == (operator == "=")
        when, compare = self._moment(values[0], name), self._comparison(name, operator)
        return lambda issue: issue[field] is not None and compare(issue[field], when)

    def _worked(self, name: str, operator: str, value: str) -> Test:
        """Whether any work was begun on such a day, in the caller's zone; there are no times."""
        zone, compare = ZoneInfo(self.world.zone), self._comparison(name, operator)
        if ":" in value:
            raise JqlError(
                f"Date value '{value}' for field '{name}' is invalid. Valid formats include: 'YYYY/MM/DD', "
                "'YYYY-MM-DD', or a period format e.g. '-5d', '4w 2d'."
            )
        day = self._moment(value, name).astimezone(zone).date()
        return lambda issue: any(compare(each["started"].astimezone(zone).date(), day) for each in issue["worklogs"])

    def _comparison(self, name: str, operator: str) -> Callable[[Any, Any], bool]:
        known: dict[str, Callable[[Any, Any], bool]] = {
            "=": eq, "!=": ne, ">": gt, ">=": ge, "<": lt, "<=": le,
        }  # fmt: skip
        if operator not in known:
            raise JqlError(f"The operator '{operator}' is not supported by the '{name}' field.")
        return known[operator]

    def _containing(self, name: str, operator: str, value: str) -> Test:
        if name not in {"summary", "description", "text", "comment"}:
            raise JqlError(f"The operator '{operator}' is not supported by the '{name}' field.")
        words = re.findall(r"\w+", value.casefold())

        def holds(issue: Issue) -> bool:
            texts = {
                "summary": [issue["summary"]], "description": [issue["description"]],
                "comment": [each["body"] for each in issue["comments"]],
            }  # fmt: skip
            chosen = [text for key, each in texts.items() if name in {key, "text"} for text in each]
            found = {word for text in chosen for word in re.findall(r"\w+", str(text).casefold())}
            return all(word in found for word in words) == (operator == "~")

        return holds

    def _test_of(self, name: str, values: Sequence[str]) -> Test:
        """Whether the field has one of these values, each checked as Jira does."""
        wanted = {value if value == "\0" else self._checked(name, value) for value in values}
        return lambda issue: bool(wanted & self._held(issue, name))

    def _held(self, issue: Issue, name: str) -> set[str]:
        """What an issue has in a field, in the form of `_checked`; the empty mark where it has nothing."""
        if name in _USERS:
            held: set[Any] = {issue[_USERS[name]]}
        elif name in _PEOPLE:
            held = {each["author"] for each in issue["worklogs"]}
        elif name in UNIQUE:
            held = {issue["id"]}
        else:
            held = set(_PLAIN[name](self.world, issue)) if name in _PLAIN else self.world.custom_of(issue, name)
        return {str(each).casefold() if name not in {*_PEOPLE, *UNIQUE} else each for each in held - {None}} or {"\0"}

    def _checked(self, name: str, value: str) -> str:
        if name in _PEOPLE:
            return self._user(name, value)
        if name in UNIQUE:
            return self._issue(name, value)
        known = self.world.known(name)
        if known is None:
            return value.casefold()
        for each, number in known.items():
            if value.casefold() == each.casefold() or value == number:
                return "\0" if each == "Unresolved" else each.casefold()
        raise JqlError(f"The value '{value}' does not exist for the field '{name}'.")

    def _user(self, name: str, value: str) -> str:
        found = self.world.login_of(value, self.cloud)
        if found is None:
            raise JqlError(f"The value '{value}' does not exist for the field '{name}'.")
        return found

    def _issue(self, name: str, value: str) -> str:
        found = self.world.find(value)
        if found is None and self.world.lenient:
            return "-1"
        if found is None:
            raise JqlError(f"An issue with key '{value}' does not exist for field '{name}'.")
        return str(found["id"])

    def _was(self, name: str) -> Test:
        if name not in _WAS:
            raise JqlError(f"History searches do not support the '{name}' field.")
        negated = bool(self._take("not"))
        values = self._values() if self._take("in") else [self._value()]
        wanted = {value if value == "\0" else self._checked(name, value) for value in values}
        limits = self._limits(name, moment=False)

        def holds(issue: Issue) -> bool:
            held = any(
                span.value in wanted and all(limit(span) for limit in limits) for span in self._spans(issue, name)
            )
            return held != negated

        return holds

    def _changed(self, name: str) -> Test:
        if name not in _WAS:
            raise JqlError(f"History searches do not support the '{name}' field.")
        limits = self._limits(name, moment=True)

        def holds(issue: Issue) -> bool:
            changes = [each for each in self._spans(issue, name) if each.change]
            return any(all(limit(each) for limit in limits) for each in changes)

        return holds

    def _limits(self, name: str, moment: bool) -> list[Callable[[Span], bool]]:
        limits: list[Callable[[Span], bool]] = []
        while word := self._take(*_PREDICATES):
            if word in {"from", "to"}:
                values = {self._checked(name, each) if each != "\0" else each for each in self._values()}
                limits.append(
                    lambda span, word=word, values=values: (span.before if word == "from" else span.value) in values
                )
            elif word == "by":
                users = {self._user("by", each) for each in self._values()}
                limits.append(lambda span, users=users: span.by in users)
            else:
                limits.append(self._in_time(word, self._values(), moment))
        return limits

    def _in_time(self, word: str, values: Sequence[str], moment: bool) -> Callable[[Span], bool]:
        """Whether a value was held at any moment of a time; of a change its own moment counts."""
        times = [self._moment(each, word) for each in values]
        since, until = {
            "during": (times[0], times[-1]), "on": (times[0], times[0] + dt.timedelta(days=1)),
            "before": (_FIRST, times[0]), "after": (times[0], _LAST),
        }[word]  # fmt: skip
        if moment:
            return lambda span: since <= span.since < until
        return lambda span: span.since < until and span.until > since

    def _spans(self, issue: Issue, name: str) -> list[Span]:
        """The values of a field over time, oldest first."""
        spans, value, since, by, before = [], None, issue["created"], issue["creator"], None
        changes = list(_changes(issue, name))
        value = changes[0][2] if changes else next(iter(self._held(issue, name)))
        change = False
        for at, author, _, after in changes:
            spans.append(Span(self._plain(name, value), since, at, by, self._plain(name, before), change))
            before, value, since, by, change = value, after, at, author, True
        return [*spans, Span(self._plain(name, value), since, _LAST, by, self._plain(name, before), change)]

    def _plain(self, name: str, value: Any) -> str:
        if value is None:
            return "\0"
        return str(value) if name in _USERS else str(value).casefold()

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._need("by")
        found = []
        while True:
            token = self._next()
            self._known(token.text.casefold(), token.text)
            found.append((token.text.casefold(), self._take("asc", "desc") == "desc"))
            if not self._take(","):
                break
        if self.cloud and len(found) > 7:
            raise JqlError("JQL can be ordered by at most 7 fields.")
        return tuple(found)


_FIRST, _LAST = dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Span:
    """A value that a field had for some time, and who gave it."""

    value: str
    since: dt.datetime
    until: dt.datetime
    by: str | None
    before: str
    change: bool


def _changes(issue: Issue, name: str) -> Iterator[tuple[dt.datetime, str | None, Any, Any]]:
    for each in issue["histories"]:
        for item in each["items"]:
            if item["fieldId"].casefold() == name:
                users = name in _USERS
                before, after = ("from", "to") if users else ("fromString", "toString")
                yield each["at"], each["author"], item[before], item[after]


def _category(world: World, issue: Issue) -> list[str]:
    return [world.category(issue["status"])]


_PLAIN: dict[str, Callable[[Any, Issue], Sequence[Any]]] = {
    "project": lambda world, issue: [issue["project"]],
    "status": lambda world, issue: [issue["status"]],
    "statuscategory": _category,
    "resolution": lambda world, issue: [issue["resolution"]],
    "issuetype": lambda world, issue: [issue["type"]],
    "type": lambda world, issue: [issue["type"]],
    "priority": lambda world, issue: [issue["priority"]],
    "labels": lambda world, issue: issue["labels"],
    "component": lambda world, issue: issue["components"],
    "fixversion": lambda world, issue: issue["fix_versions"],
    "parent": lambda world, issue: [world.issues[issue["parent"]]["key"]] if issue["parent"] else [],
    "summary": lambda world, issue: [issue["summary"]],
    "description": lambda world, issue: [issue["description"]] if issue["description"] else [],
    "text": lambda world, issue: [],
    "comment": lambda world, issue: [],
}


def read(world: World, jql: str, cloud: bool) -> Query:
    """A query of the caller of this Jira; raises JqlError where Jira would refuse it."""
    return Reader(world, jql, cloud).query()


def ordered(
    world: World, issues: Sequence[Issue], order: Sequence[tuple[str, bool]], reverse_ties: bool
) -> list[Issue]:
    """Issues in this order. `reverse_ties` turns those around that it does not tell apart, as another node might."""
    found = sorted(issues, key=lambda each: int(each["id"]), reverse=reverse_ties or not order)
    for name, descending in reversed(order):
        found.sort(key=lambda each: _sortable(world, each, name), reverse=descending)
    return found


def _sortable(world: World, issue: Issue, name: str) -> Any:
    if name in _DATES:
        return issue[_DATES[name]] or _LAST
    if name == "id":
        return int(issue["id"])
    if name in UNIQUE:
        project, _, number = issue["key"].rpartition("-")
        return project, int(number)
    held = [issue[_USERS[name]]] if name in _USERS else _PLAIN.get(name, lambda *_: [])(world, issue)
    return tuple(str(each) for each in held)


def matching(pattern: str, name: str) -> bool:
    """Whether a name is found by a query of the user search: its words begin with it."""
    words = [name, *re.split(r"[\s.@_-]+", name)]
    return any(fnmatch.fnmatchcase(each.casefold(), f"{pattern.casefold()}*") for each in words)
