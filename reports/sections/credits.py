"""Shared credit: who else the work of a theme names, and for what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.analysis import measures
from harvester.model.people import BY_ADDRESS
from harvester.text import safe_url

from .evidence_themes import EvidenceTheme
from .items import Reference, once, reference_to
from .pieces import Piece, Pieces

MOST_PEOPLE = 8
"""People named for one theme."""

_CO_AUTHOR = re.compile(
    r"^Co-authored-by:[ \t]*(?P<account>[^\n<>]{0,200}<[^\n<>]{1,200}>)[ \t]*$", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Credit:
    """Somebody else in the work of a theme: what they began, what they co-wrote, and what else names them."""

    name: str
    began: list[Reference]
    co_wrote: list[Reference]
    took_part: list[Reference]


@dataclass(frozen=True, slots=True)
class SharedWork:
    """The others who are named in the work of a theme, by name."""

    title: str
    people: list[Credit]
    more: int
    """How many others are not listed, for want of room or of a name."""


def shared_work(pieces: Pieces, themes: Sequence[EvidenceTheme]) -> list[SharedWork]:
    """A line for each theme in which others took part, as the measure `collaborators` counts them."""
    by_key = {piece.key: piece for piece in pieces}
    lines = [_of(pieces, theme, [by_key[key] for key in theme.keys]) for theme in themes]
    return [each for each in lines if each.people or each.more]


def _of(pieces: Pieces, theme: EvidenceTheme, own: Sequence[Piece]) -> SharedWork:
    rows = pieces.with_notes[pieces.with_notes["piece"].isin(theme.keys).to_numpy(bool)]
    every = [row for piece in own for _, row in piece.all_rows]
    others = measures.people_by(rows.assign(theme=theme.title), "collaborators", ["theme"]).get((theme.title,), [])
    names = _names(pieces, others, every)
    others = sorted(names, key=lambda person: (names[person].casefold(), person))
    began, wrote = list(_began(pieces, every)), list(_co_wrote(pieces, own))
    credited = [
        _credit(names[person], person, began, wrote, [row for row in every if person in (row["collaborators"] or ())])
        for person in others
    ]
    named = credited[:MOST_PEOPLE]
    return SharedWork(theme.title, named, theme.others - len(named))


def _names(pieces: Pieces, others: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """By person what a reader calls them, without those who must not be named or of whom there is an id alone."""
    report_input, people = pieces.report_input, pieces.report_input.people
    written = people.names_of((row["source"], account) for row in rows for account in row["participants"])
    names = {}
    for person in others:
        has_id_alone = person.partition(":")[0] in BY_ADDRESS and person not in written
        if person not in report_input.unnamed and (people.configured(person) or not has_id_alone):
            own = None if people.configured(person) else written.get(person)
            names[person] = own or report_input.name(person)
    return names


Named = tuple[str, Reference]
"""A person, and what they are named for."""


def _credit(
    name: str, person: str, began: Sequence[Named], wrote: Sequence[Named], rows: Sequence[Mapping[str, Any]]
) -> Credit:
    first = list(dict.fromkeys(each for who, each in began if who == person))
    second = list(dict.fromkeys(each for who, each in wrote if who == person and each not in first))
    other = once(map(_reference, rows))
    third = [each for each in other if each.label not in {one.label for one in (*first, *second)}]
    return Credit(name, first, second, third)


def _reference(row: Mapping[str, Any]) -> Reference:
    """A work item, or a note by its title: "took part in" it."""
    return Reference(f"“{row['title']}”", safe_url(row["url"]) or None) if row["kind"] == "note" else reference_to(row)


def _began(pieces: Pieces, rows: Sequence[Mapping[str, Any]]) -> Iterator[Named]:
    for row in rows:
        if account := dict(row["extra"]).get("begun_by"):
            yield pieces.report_input.people.person_of(row["source"], account), reference_to(row)


def _co_wrote(pieces: Pieces, own: Sequence[Piece]) -> Iterator[Named]:
    """Whom the texts of changes name as co-authors; a commit within a pull request is that pull request's."""
    people = pieces.report_input.people
    for piece in own:
        changes = [row for _, row in piece.rows if row["kind"] in ("pull_request", "commit")]
        pulls = [row for row in changes if row["kind"] == "pull_request"]
        for row in (*changes, *pieces.commits_of(piece.key)):
            where = _pull_of(row, pulls) or row
            for found in _CO_AUTHOR.finditer(row["body"] or ""):
                yield people.person_of(row["source"], found["account"]), reference_to(where)


def _pull_of(row: Mapping[str, Any], pulls: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The pull request that a commit belongs to, where the piece of work has one alone or one that names it."""
    if row["kind"] != "commit" or not pulls:
        return None
    return pulls[0] if len(pulls) == 1 else next((each for each in pulls if each["title"] in row["title"]), None)
