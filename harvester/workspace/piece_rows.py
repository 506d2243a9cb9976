"""The rows of the one piece of work that a page is about, its own and those of everybody who took part in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harvester.analysis.frame import column, records, series
from harvester.analysis.measures import NOBODY, ONLY_NAMED
from harvester.analysis.threads import threads
from harvester.grouping import exclude
from harvester.workspace.collect import (
    Accounts,
    CollectedData,
    accounts_of,
    collect,
    harvest_sources,
    temporary_ledger,
)
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from harvester.goals.assessment import Assessment
    from harvester.ledger.coverage import SourceStatus
    from harvester.ledger.held_rows import StoredRows
    from harvester.reporting.report_input import ReportInput

    Mask = np.ndarray[Any, np.dtype[np.bool_]]


def of_piece(frame: pd.DataFrame, work_item: str) -> Mask:
    """Which rows are of the same piece of work as a work item: its threads, and all of a topic that a merge brought.

    The frame has `thread`. Nothing is marked where no row is of the work item.
    """
    names = (frame["work_item"].str.lower() == work_item.lower()) | (frame["work_item_key"] == work_item.lower())
    topics = _topics(frame)
    found = _of_threads(frame, frame["thread"][names.to_numpy(bool)])
    with_topic = topics.isin(topics[found].dropna()).to_numpy(bool)
    return _of_threads(frame, [*frame["thread"][found], *frame["thread"][with_topic]])


def _of_threads(frame: pd.DataFrame, names: Iterable[str]) -> Mask:
    found: Mask = frame["thread"].isin(list(names)).to_numpy(bool)
    return found


def _topics(frame: pd.DataFrame) -> pd.Series:
    """The project and the topic that a merge brought each row with; null where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    topic = pc.map_lookup(column(frame, "extra"), pa.scalar("topic"), "first")
    named = pc.binary_join_element_wise(column(frame, "project"), topic, " ")
    return series(named, frame.index)


def with_notes(report_input: ReportInput, work_item: str) -> Collection[Any]:
    """The labels of the rows of a piece of work, and of the people's notes about it."""
    frame = report_input.frame
    own = frame[of_piece(frame, work_item)]
    notes = report_input.assessment.notes_by_thread
    return list(dict.fromkeys([*own.index, *(note for name in own["thread"].unique() for note in notes.get(name, ()))]))


def about_piece(
    workspace: Workspace, ledger: StoredRows, collected: CollectedData, report_input: ReportInput, *, harvest: bool
) -> tuple[CollectedData, ReportInput]:
    """The input of a page about one piece of work (`request.about`): its own rows alone, and those of who took part.

    Git is read for everybody for the days of the page, and other sources that have any of the work for those whom the
    people's own rows name. So what others did does not depend on whose work was harvested before. Nobody asked for
    their work elsewhere: with `harvest` none of it is stored, and none is in the input.
    """
    work_item = report_input.request.about or ""
    labels = with_notes(report_input, work_item)
    own = report_input.frame[report_input.frame.index.isin(labels)]
    accounts = _accounts_to_read(workspace, own, report_input.persons)
    if harvest:
        with temporary_ledger() as temporary:
            outcome = harvest_sources(workspace, temporary, report_input.period, accounts)
            theirs = collect(workspace, temporary, report_input.period, accounts, outcome)
    else:
        theirs = collect(workspace, ledger, report_input.period, accounts)
    statuses = [_with_gaps(each, theirs.statuses) for each in report_input.statuses]
    made = dataclasses.replace(
        report_input,
        assessment=_only(report_input.assessment, labels),
        others=_others_in(workspace, report_input, theirs.frame),
        statuses=statuses,
    )
    return dataclasses.replace(collected, statuses=tuple(statuses)), made


def _only(assessment: Assessment, labels: Collection[Any]) -> Assessment:
    """The assessment with these rows of its frame, and what it says of them."""
    claims, suggestions = assessment.claims, assessment.suggestions
    return dataclasses.replace(
        assessment,
        frame=assessment.frame[assessment.frame.index.isin(labels)],
        claims=claims[claims["row"].isin(labels)],
        suggestions=suggestions[suggestions["row"].isin(labels)],
        notes_by_thread={
            name: notes for name, notes in assessment.notes_by_thread.items() if set(notes) <= set(labels)
        },
    )


def _others_in(workspace: Workspace, report_input: ReportInput, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of other people in the piece of work, without bots and those who may not be read."""
    import pandas as pd

    work_item, own = report_input.request.about or "", report_input.frame
    theirs, _ = exclude(frame, report_input.grouping)
    left_out = {*report_input.persons, *workspace.config.people.not_to_be_read}
    theirs = theirs[~(theirs["person"].isin(left_out) | theirs["is_bot"]).to_numpy(bool)]
    every = pd.concat([own[theirs.columns], theirs], ignore_index=True)
    every = every.assign(thread=threads(every, report_input.assessment.goals_and_decisions.tickets))
    is_theirs = every.index >= len(own)
    return every[of_piece(every, work_item) & is_theirs]


def _with_gaps(status: SourceStatus, others: Iterable[SourceStatus]) -> SourceStatus:
    """A source's status with what is missing of it for other people."""
    for each in others:
        if each.source == status.source:
            gaps, unread, stale = (
                tuple(dict.fromkeys((*getattr(status, name), *getattr(each, name))))
                for name in ("gaps", "unread", "stale")
            )
            return dataclasses.replace(status, gaps=gaps, unread=unread, stale=stale)
    return status


def _accounts_to_read(workspace: Workspace, own: pd.DataFrame, persons: Sequence[str]) -> Accounts:
    """By source whose work is read: in git everybody's, elsewhere of those whom rows of that source's work name."""
    connectors = workspace.config.people.connectors
    named = accounts_of(workspace, _named_in(workspace, own, persons))
    places = {*own["source"].unique()}
    return {
        source: None if connectors.get(source) == "git" else accounts if source in places else frozenset()
        for source, accounts in named.items()
    }


def _named_in(workspace: Workspace, rows: pd.DataFrame, persons: Collection[str]) -> list[str]:
    """The people, by key, whom rows name as owners or as taking part, without bots and those who can't be looked up."""
    people = workspace.config.people
    named = {
        people.person_of(row["source"], account)
        for row in records(rows[["source", "owners", "participants"]])
        for account in _accounts(row)
        if not people.is_bot(account)
    }
    unknown = {key for key in named if key.startswith(ONLY_NAMED) or key.rpartition(":")[2].casefold() == NOBODY}
    return sorted(named - unknown - set(persons))


def _accounts(row: dict[str, Any]) -> Iterator[str]:
    yield from row["owners"]
    yield from row["participants"]
