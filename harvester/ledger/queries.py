"""Queries on stored rows: by period, by account, by id, without an account."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harvester.ledger.changeset import to_timestamp
from harvester.model.accounts import keys_of, matches
from harvester.model.contribution import arrow_schema
from harvester.model.periods import Period

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

FORGOTTEN = "(forgotten)"
"""In other people's rows, in place of an account that was forgotten."""

_CONTACT = re.compile(r"[^<>\n:,]{0,400}<[^<>\n]{1,320}>|[^\s<>:,;()]{1,200}@[^\s<>:,;()]{1,200}")
"""`name <e-mail>` or an address in a text, such as in a Co-authored-by line."""

Wanted = Callable[[str, str], bool]
"""Whether the rows of an account are wanted: (source, account as the source has it)."""


def by_accounts(accounts: Mapping[str, frozenset[str] | None]) -> Wanted:
    """Accepts these accounts of these sources (None: all of it)."""
    keys = {source: None if names is None else keys_of(names) for source, names in accounts.items()}

    def wanted(source: str, account: str) -> bool:
        known = keys.get(source, frozenset())
        return known is None or matches(account, known)

    return wanted


def in_period(period: Period | None) -> ds.Expression | None:
    """A filter for the rows of a period (half-open) and for the partitions that have them; None for all rows."""
    import pyarrow.dataset as ds

    if period is None:
        return None
    years = (ds.field("year") >= period.since.year) & (ds.field("year") <= period.until.year)
    return (
        years
        & (ds.field("occurred_at") >= to_timestamp(period.since))
        & (ds.field("occurred_at") < to_timestamp(period.until))
    )


def select(
    dataset: ds.Dataset,
    period: Period | None,
    wanted: Wanted | None,
    columns: Sequence[str],
    ids: Collection[str] | None,
) -> pa.Table:
    """The rows of a period, of the accounts wanted and with these ids; None of any of them means all."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    where = in_period(period)
    if wanted is not None:
        chosen = ds.scalar(False)
        for source, accounts in accounts_in(dataset, where, wanted).items():
            chosen |= (ds.field("source") == source) & ds.field("account").isin(accounts)
        where = chosen if where is None else where & chosen
    if ids is not None:
        named = ds.field("id").isin(list(ids))
        where = named if where is None else where & named
    schema = pa.schema([arrow_schema().field(name) for name in columns])
    return dataset.to_table(columns=list(columns), filter=where).cast(schema)


def accounts_in(dataset: ds.Dataset, where: ds.Expression | None, wanted: Wanted) -> dict[str, list[str]]:
    """The accounts that are wanted, as the rows spell them, by source."""
    table = dataset.to_table(columns=["source", "account"], filter=where).group_by(["source", "account"]).aggregate([])
    found: dict[str, list[str]] = {}
    for source, account in zip(table["source"].to_pylist(), table["account"].to_pylist(), strict=True):
        if wanted(source, account):
            found.setdefault(source, []).append(account)
    return found


def without_accounts(rows: pa.Table, source: str, wanted: Wanted) -> pa.Table | None:
    """The rows without the wanted accounts' own, and without these accounts in others; None if nothing changes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    own = [each for each in rows["account"].unique().to_pylist() if wanted(source, each)]
    rest = rows.filter(pc.invert(pc.is_in(rows["account"], pa.array(own, pa.string()))))
    for name in ("owners", "participants"):
        lists = rest[name].to_pylist()
        named = {each for each in set().union(*lists) if wanted(source, each)}
        rest = _with(rest, name, [[FORGOTTEN if each in named else each for each in row] for row in lists])
    for name in ("title", "body"):
        rest = _with(rest, name, [text and _without_contacts(text, source, wanted) for text in rest[name].to_pylist()])
    return None if rest.equals(rows) else rest


def _with(rows: pa.Table, name: str, values: list[Any]) -> pa.Table:
    import pyarrow as pa

    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), pa.array(values, rows.schema.field(place).type))


def _without_contacts(text: str, source: str, wanted: Wanted) -> str:
    """A text without the addresses of wanted accounts, and without the names before them."""
    if "@" not in text and "<" not in text:
        return text

    def shown(found: re.Match[str]) -> str:
        space = " " if found[0].startswith(" ") else ""
        return f"{space}{FORGOTTEN}" if wanted(source, found[0]) else found[0]

    return _CONTACT.sub(shown, text)
