"""Who took part in a piece of work and what each did, by name: for thanks, and never a ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

_ORDER = tuple(dict.fromkeys(DID.values()))


@dataclass(frozen=True, slots=True)
class Thanked:
    """Somebody who took part."""

    name: str
    did: str
    """In words: `reviewed and tested`; empty for somebody of whom no source says more than their name."""


def thanks(report_input: ReportInput, piece: Piece) -> list[Thanked]:
    """Everybody who took part but the people of the page and bots, each once, in the order of their names.

    Those are who has rows in the same piece of work, whose work it is, and whom the person's own rows and notes name.
    Two people of whom nobody says that they are one are so where they have the same full name. Who must not be named
    is not there (`unnamed`).
    """
    own = {_key(report_input.name(each)) for each in report_input.persons}
    names = _names(report_input, piece)
    merged: dict[str, tuple[str, set[str]]] = {}
    for person, did in _took_part(report_input, piece).items():
        name = names.get(person) or report_input.name(person)
        name = name.partition("@")[0] if "@" in name and " " not in name else name
        if person not in report_input.unnamed and _key(name) not in own:
            merged.setdefault(_key(name), (name, set()))[1].update(did)
    by_name = sorted(merged.values(), key=lambda each: (each[0].casefold(), each[0]))
    return [Thanked(name, _words(did)) for name, did in by_name]


def unnamed(report_input: ReportInput, piece: Piece) -> int:
    """How many people took part who must not be named."""
    return len(_took_part(report_input, piece).keys() & report_input.unnamed)


def _took_part(report_input: ReportInput, piece: Piece) -> dict[str, set[str]]:
    """By person what they did; nothing where nobody says more than that they took part."""
    did: dict[str, set[str]] = {}
    if report_input.others is not None:
        for row in records(report_input.others[["person", "kind", "role"]]):
            if what := DID.get((row["kind"], row["role"])):
                did.setdefault(row["person"], set()).add(what)
    for row in records(report_input.frame.loc[_labels(piece), ["owner_people", "collaborators"]]):
        for person in (*(row["owner_people"] or ()), *(row["collaborators"] or ())):
            did.setdefault(person, set())
    gone = {person for person in did if person.rpartition(":")[2].casefold() == NOBODY}
    return {person: what for person, what in did.items() if person not in (gone | {*report_input.persons})}


def _names(report_input: ReportInput, piece: Piece) -> dict[str, str]:
    """Names, by key, of those who are not configured, as rows write them."""
    pairs = [(row["source"], row["account"]) for row in _of_others(report_input)]
    for row in records(report_input.frame.loc[_labels(piece), ["source", "owners", "participants"]]):
        pairs += [(row["source"], account) for account in (*row["owners"], *row["participants"])]
    return report_input.people.names_of(pairs) | dict(report_input.names)


def _of_others(report_input: ReportInput) -> list[dict[str, Any]]:
    return [] if report_input.others is None else records(report_input.others[["source", "account"]])


def _labels(piece: Piece) -> list[Any]:
    return [index for index, _ in piece.all_rows]


def _key(name: str) -> str:
    """Names with one key are one person's: full names without case; a single word is nobody else's."""
    words = name.casefold().split()
    return " ".join(words) if len(words) > 1 else name


def _words(did: set[str]) -> str:
    if WROTE in did:
        did = did - {CO_AUTHORED}
    return join_words(sorted(did, key=_ORDER.index))
