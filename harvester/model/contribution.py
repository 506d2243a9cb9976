"""The contribution: one row of one person's work, its columns, and how it becomes an Arrow table.

The columns are defined here and nowhere else: `Contribution` gives each its type and its meaning, the Arrow schema and
the reference in docs/ are made from it.
"""

from __future__ import annotations

import datetime as dt
import functools
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 3
"""The schema's version; a ledger names the one it was written with.

Raise it when a column is added, renamed or changes its meaning.
"""

Kind = Literal["pull_request", "review", "issue", "commit", "comment", "help", "release", "note"]
Role = Literal[
    "author", "co-author", "reviewer", "tester", "assignee", "resolver", "merger", "reporter", "helper", "mentor"
]
Strings = tuple[str, ...]

REPEATABLE = ("review", "comment", "help")
"""Kinds that one person may make several times on one work item, each a contribution of its own."""

EXTRA: Mapping[str, str] = {
    "goal": "the goals a note names, one a line",
    "criterion": "the criteria a note names, one a line",
    "witness": "who confirms what a note says, as it names them, one a line; nobody may be named without `consent`",
    "consent": "the day by which all of `witness` agreed to be named, such as `2026-08-12`; not one that is to come",
    "problem": "what was wrong or missing before, by a note",
    "result": "what came of it, by a note",
    "technical": "what was hard, by a note",
    "takeaway": "what was learned, by a note",
    "outcome": "figures a note gives for goals, such as `no-double-charges = 4`, one a line",
    "link": "all links of a note, one a line",
    "highlight": "`yes` or `no`: whether a note wants what it is about among a report's highlights",
    "summary": "the opening paragraph of the person's report of `period`, by a note that is no item of work",
    "period": "the period that a `summary` is for, as written in a notebook, such as `2026Q3`",
    "credited": "why an issue, or a coding agent's pull request, is credited to the person",
    "parent_title": "what the `parent` of a Jira ticket is called",
    "resolution": "how a Jira ticket was resolved, as the site calls it",
    "hours": "how long the work took that a Jira worklog tells of, such as `2.5`; they are added up nowhere",
    "topic": "the topic branch, or the subject line, of the merge that brought a commit which is of no pull request",
    "topic_text": "what the message of that merge says, at most 2,000 characters",
    "commits": "how many commits came with a topic that the person merged",
    "trailer": "the trailers of a commit's message that name the person, such as `Tested-by`",
    "own_commits": "of a pull request with commits of several people, how many are the person's, of how many: `4/7`",
    "begun_by": "the account who wrote the first commit of a pull request, where that is somebody else",
    "not_work": "what is left out of a change's size, as vendored, generated, a lock file or a snapshot: files, and "
    "where they are known lines added and deleted, such as `3 +5200 -17`; of a forge by files' names, where it lists "
    "all files of the change",
    "paths": "how many of a pull request's changed files are in `paths`, where that is not all",
}
"""The keys of the column `extra`, and what each means; our connectors write no others."""

NO_EXTRA: Mapping[str, str] = types.MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One contribution of one person, as a source has it.

    A pull request that one person wrote and another approved is two contributions.

    Times are aware, and stored in UTC with microseconds. None means unknown, never zero. Text is as the source has it
    and not to be trusted. The key of a row is (source, scope, id).
    """

    id: Annotated[
        str,
        "the contribution, the same in every harvest: kind, role and immutable native ids, never a login or a name",
    ]
    source: Annotated[str, "the configured source's name"]
    scope: Annotated[str, "the container that was read: an organisation, a repository, a Jira project"]
    kind: Annotated[
        Kind,
        "what was done: a merged pull request, a review, a closed issue, a commit, help that a trailer or worklog "
        "names, …",
    ]
    work_item: Annotated[str, "the work item, the same from every source: `github.com/org/repo#12`, `commit/<sha>`"]
    account: Annotated[str, "who did it, as the source has it: a login, an account id, `name <e-mail>`"]
    role: Annotated[Role, "what the person was in it: author, reviewer, assignee, …"]
    occurred_at: Annotated[dt.datetime, "when it counts: merged, submitted, resolved, landed, released"]
    started_at: Annotated[dt.datetime | None, "opened, created, written (author date)"] = None
    title: Annotated[str | None, "the subject line or title"] = None
    body: Annotated[str | None, "the text below it"] = None
    url: Annotated[str | None, "where the evidence is"] = None
    project: Annotated[str | None, "what it belongs to, such as `org/repo`"] = None
    state: Annotated[
        str | None,
        "merged, approved, changes_requested, resolved, …; applied: committed for its author; of a review that only a "
        "commit tells of: trailer; of a note that is the opening of a report: summary",
    ] = None
    change_type: Annotated[str | None, "kind of work: feature, fix, docs, test, …"] = None
    parent: Annotated[str | None, "the epic or parent ticket"] = None
    milestone: Annotated[str | None, "the milestone it was planned for"] = None
    labels: Annotated[Strings, "labels; a review carries its pull request's"] = ()
    paths: Annotated[Strings, "files touched; a review carries its pull request's"] = ()
    owners: Annotated[
        Strings, "accounts whose work it is (for a review, who wrote what was reviewed; for a ticket, who did it)"
    ] = ()
    participants: Annotated[Strings, "accounts of everybody else who took part"] = ()
    closes: Annotated[Strings, "tickets it closes, as found: `#12`, `org/repo#12`, `PAY-7`"] = ()
    part_of: Annotated[Strings, "the pull request a commit belongs to"] = ()
    picked_from: Annotated[Strings, "the original of a backport, or a rebased twin: `commit/<sha>`"] = ()
    reverts: Annotated[Strings, "what it reverts"] = ()
    reverted_by: Annotated[
        Strings, "what reverted it and was not reverted itself, as the source knows from its whole history"
    ] = ()
    related_to: Annotated[Strings, "what a note is about"] = ()
    extra: Annotated[Mapping[str, str], "; ".join(f"`{key}`: {meaning}" for key, meaning in EXTRA.items())] = field(
        default_factory=lambda: NO_EXTRA
    )
    additions: Annotated[int | None, "lines added, without files that are not work where those are known"] = None
    deletions: Annotated[int | None, "lines deleted, as for lines added"] = None
    files_changed: Annotated[int | None, "files changed, as for lines added"] = None
    comment_count: Annotated[int | None, "comments on it"] = None
    story_points: Annotated[float | None, "story points"] = None
    is_private: Annotated[bool | None, "whether the public cannot see it; unknown counts as private"] = None


COLUMNS: tuple[str, ...] = tuple(each.name for each in fields(Contribution))
"""The names of the columns, in the order of the table."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column for readers: its Arrow type in words, whether it may be null, and what it means."""

    name: str
    arrow: str
    nullable: bool
    meaning: str


def columns() -> tuple[Column, ...]:
    """The columns with their types and meanings, read from `Contribution`; the reference in docs/ prints them."""
    schema = arrow_schema()
    return tuple(
        Column(name, str(schema.field(name).type), schema.field(name).nullable, hint.__metadata__[0])
        for name, hint in _hints().items()
    )


@functools.cache
def arrow_schema() -> pa.Schema:
    """The Arrow schema of a table of contributions: UTC microseconds, real nulls, lists as lists."""
    import pyarrow as pa

    return pa.schema([pa.field(name, *_arrow_type(hint)) for name, hint in _hints().items()])


def to_table(rows: Iterable[Contribution]) -> pa.Table:
    """Contributions as an Arrow table of `arrow_schema()`, in their order.

    Raises ValueError, naming the row and the column, where a value is of another type, null where none may be, a time
    without a zone or beyond the years 1 to 9999 in UTC, a number beyond 64 bits, or a text that cannot be UTF-8.
    """
    import pyarrow as pa

    rows = rows if isinstance(rows, list) else list(rows)
    return pa.Table.from_arrays([_array(rows, column) for column in arrow_schema()], schema=arrow_schema())


def from_table(table: pa.Table) -> list[Contribution]:
    """The contributions in a table of `arrow_schema()` or of a frame made from it; the inverse of `to_table`."""
    rows: list[dict[str, Any]] = table.select(list(COLUMNS)).cast(arrow_schema()).to_pylist(maps_as_pydicts="strict")
    return [Contribution(**{name: _tuple_for_list(value) for name, value in row.items()}) for row in rows]


def _tuple_for_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _array(rows: list[Contribution], column: pa.Field) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(_arrow_values([getattr(row, column.name) for row in rows], column), column.type)
    except _UNSTORABLE as error:
        bad, why = _first_bad(rows, column) or (None, error)
        who = f" of row {bad.id!r} from {bad.source!r}" if bad else ""
        raise ValueError(f"{column.name!r}{who} cannot be stored as {column.type}: {why}") from error


# pyarrow raises ValueErrors and TypeErrors; a date for a time, or a list for a mapping, raises an AttributeError.
_UNSTORABLE = (ValueError, TypeError, OverflowError, AttributeError)


def _arrow_values(values: list[Any], column: pa.Field) -> list[Any]:
    import pyarrow as pa

    if not column.nullable and None in values:
        raise ValueError("it must not be null")
    if pa.types.is_timestamp(column.type):
        return [value and _in_utc(value) for value in values]
    return [list(value.items()) for value in values] if pa.types.is_map(column.type) else values


def _in_utc(value: dt.datetime) -> dt.datetime:
    if value.utcoffset() is None:
        raise ValueError(f"{value.isoformat()} has no time zone")
    return value.astimezone(dt.UTC)


def _first_bad(rows: list[Contribution], column: pa.Field) -> tuple[Contribution, Exception] | None:
    import pyarrow as pa

    for row in rows:
        try:
            pa.array(_arrow_values([getattr(row, column.name)], column), column.type)
        except _UNSTORABLE as error:
            return row, error
    return None


@functools.cache
def _hints() -> dict[str, Any]:
    return typing.get_type_hints(Contribution, include_extras=True)


def _arrow_type(hint: Any) -> tuple[pa.DataType, bool]:
    import pyarrow as pa

    plain = hint.__origin__
    members = [each for each in typing.get_args(plain) if each is not types.NoneType]
    nullable = types.NoneType in typing.get_args(plain)
    if nullable:
        (plain,) = members
    if typing.get_origin(plain) is Literal:
        plain = str
    known: dict[object, pa.DataType] = {
        str: pa.string(),
        Strings: pa.list_(pa.string()),
        Mapping[str, str]: pa.map_(pa.string(), pa.string()),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        dt.datetime: pa.timestamp("us", tz="UTC"),
    }
    return known[plain], nullable
