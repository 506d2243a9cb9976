"""Accounts in the sources that look like a person's and are not listed: for reports, and what to add to `[people]`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from harvester.config.toml import as_toml, key_as_toml
from harvester.errors import SourceError
from harvester.ledger.coverage import WHOLE, SourceStatus
from harvester.model.accounts import FORGE_HOSTS, name_of
from harvester.model.look_alikes import Account, LookAlike, Sightings, addresses_and_logins
from harvester.model.people import People, Person
from harvester.model.periods import Period
from harvester.sdk.capabilities import ListsAccounts
from harvester.sdk.connector import Connector, Remark
from harvester.text import ascii_words, count_noun
from harvester.workspace.collect import ledger_exists, open_ledger
from harvester.workspace.workspace import Workspace

MOST_NAMED = 5
"""How many accounts that look like one person's a report names."""


def list_accounts(connectors: Mapping[str, Connector], period: Period | None = None) -> dict[Account, int]:
    """The accounts of the sources that can list them, with counts in a period, or ever; the ledger has no part."""
    return {
        Account(source, text): count
        for source, connector in connectors.items()
        for text, count in _accounts(connector, period).items()
        if count
    }


def stored_accounts(workspace: Workspace, connectors: Mapping[str, Connector]) -> dict[Account, int]:
    """The accounts, with their rows in the ledger, of the sources that cannot list them; none without a ledger."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [
        source
        for source, connector in connectors.items()
        if not isinstance(connector, ListsAccounts) and workspace.config.sources[source].connector != "notebook"
    ]
    if not names or not workspace.persistent or not ledger_exists(workspace):
        return {}
    with open_ledger(workspace, create=False) as ledger:
        rows = ledger.rows().select(["source", "account"])
    rows = rows.filter(pc.is_in(rows["source"], pa.array(names, pa.string())))
    counted = rows.group_by(["source", "account"]).aggregate([([], "count_all")]).to_pylist()
    return {Account(each["source"], each["account"]): each["count_all"] for each in counted}


def _accounts(connector: Connector, period: Period | None) -> Mapping[str, int]:
    """The accounts of a source; none where it cannot list them, or cannot be read, which the harvest then reports."""
    if not isinstance(connector, ListsAccounts):
        return {}
    try:
        return connector.accounts(period)
    except SourceError:
        return {}


def look_alikes_in(workspace: Workspace, period: Period, persons: Sequence[str]) -> dict[str, list[Remark]]:
    """By source, a remark for each account in the period that looks like a person's and is not.

    The sources are asked and not the ledger, so it does not matter who was harvested. A source that cannot list its
    accounts gets no remark.
    """
    people = workspace.config.people
    seen = (
        workspace.sightings() if workspace.sightings else Sightings(people, list_accounts(workspace.connectors, period))
    )
    remarks: dict[str, list[Remark]] = {}
    for person in persons:
        name = people.name(person) if people.configured(person) else name_of(_account(seen, person))
        found = [each for each in seen.like(person, frozenset(persons)) if each.count]
        for each in found[:MOST_NAMED]:
            remarks.setdefault(each.accounts[0].source, []).append(Remark(WHOLE, _sentence(name, each)))
        if rest := found[MOST_NAMED:]:
            more = f"{count_noun(len(rest), 'further account')} {'looks' if len(rest) == 1 else 'look'}"
            text = f"{more} like {name} too"
            remarks.setdefault(rest[0].accounts[0].source, []).append(Remark(WHOLE, text))
    return remarks


def with_remarks(statuses: Sequence[SourceStatus], remarks: Mapping[str, Sequence[Remark]]) -> tuple[SourceStatus, ...]:
    """The statuses of sources with further remarks, given by source."""
    return tuple(dataclasses.replace(each, remarks=(*each.remarks, *remarks.get(each.source, ()))) for each in statuses)


def _account(seen: Sightings, person: str) -> str:
    """The account that a stranger uses most; the key where nothing was seen of them."""
    return next((each.text for each in seen.accounts(person)), person)


def _sentence(name: str, found: LookAlike) -> str:
    """What a reader of a report must know, without the full stop: whose work may be missing, how much, and why."""
    count = count_noun(found.count, "contribution")
    account = found.accounts[0].text
    return f"{account} ({count}) is not counted as {name}, but looks like the same person: {found.reason}"


@dataclasses.dataclass(frozen=True, slots=True)
class Unlisted:
    """A person, those who look like them and nobody lists, and the lines of harvester.toml that would list them."""

    name: str
    """The configured name, or a stranger's account."""
    count: int
    """The number of the person's own contributions."""
    found: tuple[LookAlike, ...]
    lines: str
    """A section `[people.KEY]`, with what it has already."""

    @property
    def words(self) -> str:
        """Who looks like whom, with counts and reasons."""
        others = "; ".join(f"{each.accounts[0].text} ({each.count:,}; {each.reason})" for each in self.found)
        return f"{self.name} ({count_noun(self.count, 'contribution')}) may also be {others}"


def unlisted(people: People, seen: Sightings, persons: Iterable[str]) -> Iterator[Unlisted]:
    """The people, of these keys, who have look-alikes; of two strangers who look alike only the first."""
    done = set[str]()
    for person in persons:
        found = tuple(each for each in seen.like(person) if each.person not in done)
        done |= {person, *(each.person for each in found)}
        if found:
            name = people.name(person) if people.configured(person) else _account(seen, person)
            yield Unlisted(name, seen.count(person), found, _section(people, seen, person, found))


def _section(people: People, seen: Sightings, person: str, found: Sequence[LookAlike]) -> str:
    configured = people.configured(person)
    accounts = [account for each in found for account in each.accounts]
    if configured is None:
        accounts = [*seen.accounts(person), *accounts]
    emails, logins = addresses_and_logins(accounts)
    lines = [f"[people.{key_as_toml(configured.key if configured else _key(accounts[0]))}]"]
    if configured is None:
        lines.append(f"name = {as_toml(name_of(accounts[0].text))}")
    if emails:
        lines.append(f"emails = {as_toml([*(configured.emails if configured else ()), *emails])}")
    if logins:
        named = {place: list(names) for place, names in configured.accounts.items()} if configured else {}
        for forge, names in logins.items():
            place = _place(people, configured, forge)
            named[place] = [*named.get(place, ()), *names]
        lines.append(f"accounts = {as_toml(named)}")
    return "\n".join(lines)


def _place(people: People, configured: Person | None, forge: str) -> str:
    """Where logins of a forge are to be written: under its source where the person has some there, which would win."""
    sources = configured.accounts if configured else ()
    public = [host for name, host in FORGE_HOSTS.items() if name == forge]
    return next((each for each in sources if public and people.hosts.get(each) in public), forge)


def _key(account: Account) -> str:
    """A key for somebody who has none: the first name, in letters that a key may have."""
    words = (each.lstrip("0123456789") for each in ascii_words(name_of(account.text)))
    return next(filter(None, words), "somebody")
