"""The rows of the one piece of work that a page is about, its own and those of everybody who took part in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harvester.analysis.frame import column, records
from harvester.analysis.measures import NOBODY, ONLY_NAMED
from harvester.analysis.threads import threads
from harvester.grouping import exclude
from harvester.workspace.collect import Accounts, CollectedData, accounts_of, collect, harvest_sources
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from harvester.ledger import Ledger
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
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    topic = pc.map_lookup(column(frame, "extra"), pa.scalar("topic"), "first")
    named = pc.binary_join_element_wise(column(frame, "project"), topic, " ")
    return pd.Series(pd.arrays.ArrowExtensionArray(named), index=frame.index)


def with_notes(report_input: ReportInput, work_item: str) -> Collection[Any]:
    """The labels of the rows of a piece of work, and of the people's notes about it."""
    frame = report_input.frame
    own = frame[of_piece(frame, work_item)]
    notes = report_input.assessment.notes_by_thread
    return list(dict.fromkeys([*own.index, *(note for name in own["thread"].unique() for note in notes.get(name, ()))]))


def about_piece(
    workspace: Workspace, ledger: Ledger, report_input: ReportInput, *, harvest: bool
) -> tuple[CollectedData, ReportInput]:
    """The input of a page about one piece of work (`request.about`): its own rows alone, and those of who took part.

    Git is read for everybody for the days of the page, and other sources that have any of the work for those whom the
    people's own rows name. So what others did does not depend on whose work was harvested before. Their work elsewhere
    is in no row of the input, nor is that of people who may not be read.
    """
    work_item = report_input.request.about or ""
    labels = with_notes(report_input, work_item)
    own = report_input.frame[report_input.frame.index.isin(labels)]
    people, persons = workspace.config.people, report_input.persons
    accounts = _accounts_to_read(workspace, own, persons)
    outcome = harvest_sources(workspace, ledger, report_input.period, accounts) if harvest else None
    collected = collect(workspace, ledger, report_input.period, accounts, outcome)
    frame, _ = exclude(collected.frame, report_input.grouping)
    frame = frame.assign(thread=threads(frame, report_input.assessment.goals_and_decisions.tickets))
    left_out = [*persons, *(each.key for each in people.persons if not each.may_be_read)]
    others = frame[of_piece(frame, work_item) & ~(frame["person"].isin(left_out) | frame["is_bot"]).to_numpy(bool)]
    claims = report_input.assessment.claims
    suggestions = report_input.assessment.suggestions
    assessment = dataclasses.replace(
        report_input.assessment,
        frame=own,
        claims=claims[claims["row"].isin(labels)],
        suggestions=suggestions[suggestions["row"].isin(labels)],
        notes_by_thread={
            name: notes for name, notes in report_input.assessment.notes_by_thread.items() if set(notes) <= set(labels)
        },
    )
    statuses = [
        dataclasses.replace(each, remarks=known.remarks) if (known := _status(report_input, each.source)) else each
        for each in collected.statuses
    ]
    return collected, dataclasses.replace(report_input, assessment=assessment, others=others, statuses=statuses)


def _accounts_to_read(workspace: Workspace, own: pd.DataFrame, persons: Sequence[str]) -> Accounts:
    """By source whose work is read: in git everybody's, elsewhere that of the people and of those in their rows."""
    connectors = workspace.config.people.connectors
    everybody = accounts_of(workspace, [*persons, *_named_in(workspace, own, persons)])
    places = {*own["source"].unique()}
    return {
        source: None if connectors.get(source) == "git" else everybody[source] if source in places else accounts
        for source, accounts in accounts_of(workspace, persons).items()
    }


def _status(report_input: ReportInput, source: str) -> Any:
    return next((each for each in report_input.statuses if each.source == source), None)


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
