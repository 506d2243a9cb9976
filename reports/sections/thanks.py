"""Who took part in a piece of work and what each did, by name: for thanks, and never a ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harvester.analysis.frame import records
from harvester.analysis.measures import NOBODY
from harvester.reporting.report_input import ReportInput

from .items import join_words
from .pieces import Piece

WROTE, CO_AUTHORED = "wrote changes", "co-authored changes"

DID: Mapping[tuple[str, str], str] = {
    ("pull_request", "author"): WROTE,
    ("commit", "author"): WROTE,
    ("pull_request", "co-author"): CO_AUTHORED,
    ("commit", "co-author"): CO_AUTHORED,
    ("help", "mentor"): "mentored",
    ("help", "helper"): "helped",
    ("review", "reviewer"): "reviewed",
    ("help", "tester"): "tested",
    ("help", "reporter"): "reported",
    ("issue", "reporter"): "reported",
    ("issue", "author"): "worked on the ticket",
    ("issue", "assignee"): "worked on the ticket",
    ("issue", "resolver"): "closed the ticket",
    ("pull_request", "merger"): "merged",
    ("commit", "merger"): "merged",
    ("release", "author"): "released",
    ("comment", "helper"): "took part in the discussion",
}
"""What somebody did, by kind and role of a row, in the order in which it is said."""

TOOK_PART = "took part"
"""What somebody did who is named in the work and of whom no source says more."""

_ORDER = tuple(dict.fromkeys(DID.values()))


@dataclass(frozen=True, slots=True)
class Thanked:
    """Somebody who took part."""

    name: str
    did: str
    """In words: `reviewed and tested`."""


def thanks(report_input: ReportInput, piece: Piece) -> list[Thanked]:
    """Everybody who took part but the people of the page and bots, each once, in the order of their names.

    Those are who has rows in the same piece of work, whose work it is, and whom the person's own rows and notes name.
    Two accounts of nobody configured are one person where they have the same full name, as are a configured person's
    and one of that name.
    """
    did: dict[str, set[str]] = {}
    for source, account, what in (*_rows_of_others(report_input), *_named(report_input, piece)):
        if account.casefold() == NOBODY or report_input.people.is_bot(account):
            continue
        person = report_input.people.person_of(source, account)
        if person not in report_input.persons:
            did.setdefault(_name(report_input, source, account, person), set()).update([what] if what else [])
    own = {_key(report_input.name(each)) for each in report_input.persons}
    merged: dict[str, tuple[str, set[str]]] = {}
    for name in sorted(did, key=lambda name: (name.casefold(), name)):
        if _key(name) not in own:
            merged.setdefault(_key(name), (name, set()))[1].update(did[name])
    return [Thanked(name, _words(what)) for name, what in merged.values()]


def _rows_of_others(report_input: ReportInput) -> Iterable[tuple[str, str, str]]:
    """Source, account and what they did of everybody else who has a row."""
    if report_input.others is None:
        return
    for row in records(report_input.others[["source", "account", "kind", "role"]]):
        if what := DID.get((row["kind"], row["role"])):
            yield row["source"], row["account"], what


def _named(report_input: ReportInput, piece: Piece) -> Iterable[tuple[str, str, str]]:
    """Source, account and '' of everybody whom the person's own rows, and notes about the work, name."""
    labels = [index for index, _ in piece.all_rows]
    for row in records(report_input.frame.loc[labels, ["source", "owners", "participants"]]):
        yield from ((row["source"], account, "") for account in (*row["participants"], *row["owners"]))


def _name(report_input: ReportInput, source: str, account: str, person: str) -> str:
    """What a reader calls somebody; of an address without a name the part before the @."""
    people = report_input.people
    known = report_input.names.get(person) or people.names_of([(source, account)]).get(person)
    name = known or report_input.name(person)
    return name.partition("@")[0] if "@" in name and " " not in name else name


def _key(name: str) -> str:
    """Names with one key are one person's: full names without case; a single word is nobody else's."""
    words = name.casefold().split()
    return " ".join(words) if len(words) > 1 else name


def _words(did: set[str]) -> str:
    if WROTE in did:
        did = did - {CO_AUTHORED}
    return join_words(sorted(did, key=_ORDER.index)) or TOOK_PART
