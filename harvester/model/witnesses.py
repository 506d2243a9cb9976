"""Witnesses: who confirms what a note says, and whether a report may name them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harvester.model.accounts import name_of
from harvester.model.people import People


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who confirms a note, without its own author, and the day by which they agreed to be named; None: they have not.

    Without a consent a report names none of them, and the note confirms nothing.
    """

    persons: Mapping[str, str]
    """Their names by their keys in the frame's `person`; a name that is not configured is as the note has it."""
    consent: dt.date | None


def witnesses(people: People, note: Mapping[str, Any]) -> Witnesses | None:
    """The witnesses of a note, given by its `source`, `account` and `extra`; None where it has none but its author."""
    extra, author = dict(note["extra"] or ()), people.person_of(note["source"], note["account"])
    named: dict[str, str] = {}
    for words in filter(None, extra.get("witness", "").split("\n")):
        person = people.person_of(note["source"], words)
        if person != author:
            named.setdefault(person, people.name(person) if people.configured(person) else name_of(words) or words)
    consent = extra.get("consent")
    return Witnesses(named, dt.date.fromisoformat(consent) if consent else None) if named else None
