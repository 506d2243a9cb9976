"""Whom a page about mentees is of, and which rows it may have: with consent, since their first day, and no others."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harvester.errors import PersonError
from harvester.ledger.coverage import SourceStatus
from harvester.model.periods import Period
from harvester.sdk.connector import Gap
from harvester.workspace.collect import CollectedData, accounts_of
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from harvester.model.people import Person

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

SECTION = (
    "`mentee = { since = 2026-01-01, consent = true }` under [people.NAME] says whom you mentor, and that they agreed."
)
MENTEES = "mentees"
"""What the Incomplete block calls the people whom no source knows."""


def choose_mentees(workspace: Workspace, names: Iterable[str], period: Period) -> list[str]:
    """The keys of those who agreed and whose first day is not after the period, by name, and then the mentor's.

    `names` may have keys, full names and addresses of mentees, and the mentor; without any it is all of them.

    Raises PersonError where nobody is meant, and for who is no mentee or did not agree.
    """
    people, me = workspace.config.people, workspace.me
    if me is None:
        raise PersonError("No person is configured, so nobody is mentored.", hint=SECTION)
    named = [person for words in names if (person := people.find(words)) != me]
    mentees = {each.key: each for each in people.mentees}
    for key in named:
        _require_consent(people.name(key), mentees.get(key))
    last = workspace.config.calendar.dates(period)[1]
    agreed = [each for each in mentees.values() if each.may_be_read and (not named or each.key in named)]
    chosen = [each for each in agreed if each.mentored_since is not None and each.mentored_since <= last]
    if not chosen:
        why = "is mentored yet in this period" if agreed else "whom you mentor has agreed to be read"
        raise PersonError(f"Nobody {why}.", hint=SECTION)
    return [*(each.key for each in sorted(chosen, key=lambda each: (each.name.casefold(), each.key))), me]


def _require_consent(name: str, mentee: Person | None) -> None:
    if mentee is None:
        raise PersonError(f"{name} is nobody whom you mentor.", hint=SECTION)
    if not mentee.may_be_read:
        raise PersonError(f"{name} has not agreed to be read.", hint=SECTION)


def only_mentoring(workspace: Workspace, persons: Sequence[str], period: Period, known: CollectedData) -> CollectedData:
    """What was collected of mentees in the period since their first day, and of the mentor what is with or for them.

    A mentee who has no account on any source is a gap.
    """
    calendar, people = workspace.config.calendar, workspace.config.people
    *mentees, mentor = persons
    since = {
        key: calendar.midnight(found.mentored_since)
        for key in mentees
        if (found := people.configured(key)) and found.mentored_since
    }
    frame = known.frame[_concerns(known.frame, since, mentor, period)]
    gaps = [
        Gap("", f"{people.name(key)} has no address and no account here")
        for key in mentees
        if not _is_known(workspace, key)
    ]
    statuses = [*known.statuses, SourceStatus(MENTEES, period, tuple(gaps))] if gaps else known.statuses
    return dataclasses.replace(known, frame=frame, statuses=tuple(statuses))


def _concerns(frame: pd.DataFrame, since: Mapping[str, dt.datetime], mentor: str, period: Period) -> Mask:
    """Which rows are a mentee's since their first day, or the mentor's on work of one or in a note that names one."""
    import numpy as np

    from harvester.analysis.frame import records

    def concerns(person: str, at: dt.datetime, named: Iterable[str]) -> bool:
        whom = [person] if person != mentor else [each for each in named if each in since]
        return at in period and any(each in since and at >= since[each] for each in whom)

    slim = records(frame[["person", "occurred_at", "owner_people", "collaborators", "kind", "is_own_work"]])
    found = [
        concerns(row["person"], row["occurred_at"], [*(row["owner_people"] or ()), *_in_note(row)]) for row in slim
    ]
    return np.array(found, bool)


def _in_note(row: Mapping[str, object]) -> Iterable[str]:
    """Whom a note names; who took part in other work of the mentor's is no part of mentoring."""
    names = row["collaborators"] if row["kind"] == "note" else ()
    return names if isinstance(names, list) else ()


def _is_known(workspace: Workspace, person: str) -> bool:
    """Whether any source but a notebook may have work of theirs."""
    sources = workspace.config.sources
    return any(
        names and sources[source].connector != "notebook" for source, names in accounts_of(workspace, [person]).items()
    )


def left_out(workspace: Workspace) -> int:
    """How many people are mentored and have not agreed."""
    return sum(not each.may_be_read for each in workspace.config.people.mentees)
