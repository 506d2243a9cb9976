"""Finding the piece of work that a page is to be about by what a user calls it, and its days."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harvester.errors import UnknownError
from harvester.model.periods import Period, day, within
from harvester.reporting.report import missing_by_source
from harvester.reporting.report_input import PageRequest, ReportInput
from harvester.text import most_like
from harvester.workspace.assemble import assemble, choose_period
from harvester.workspace.piece_rows import with_notes
from harvester.workspace.work_items import HOW_NOTES, find_rows, short
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    from harvester.ledger import Ledger

EARLIEST = dt.date(1970, 1, 1)
"""The first day on which a ledger is looked into for a piece of work whose days are not known."""


def locate(
    workspace: Workspace,
    ledger: Ledger,
    what: str,
    period: str | None,
    persons: Sequence[str] | None,
    request: PageRequest,
    *,
    harvest: bool,
) -> tuple[Period, PageRequest]:
    """The period of a page about what a user calls so, and the request with its work item.

    Without words for a period it is the days of the piece of work, from the first of the people's own rows in it to the
    last, notes about it included. Where the ledger has some of it, the sources are read from its first day there up to
    today; where not, from the first day of the last quarter. Where the work turns out to have begun earlier, they are
    read again from then on, so that the page does not depend on what was read before.

    Raises UnknownError, with the nearest name, where the people have no such work item, and what `assemble` raises.
    """
    whole = dataclasses.replace(request, audience="manager")

    def read(when: Period | str, *, harvest: bool) -> ReportInput:
        return assemble(workspace, ledger, when, persons, harvest=harvest, request=whole)[1]

    if period:
        found = read(period, harvest=harvest)
        work_item = find_work_item(found, what)
        if work_item is None:
            raise _not_found(found, found, what, within(found.period))
        return found.period, dataclasses.replace(request, about=work_item)
    stored = found = read(_up_to_today(workspace, EARLIEST), harvest=False)
    work_item = find_work_item(stored, what)
    if harvest:
        begun = days_of(stored, work_item) if work_item else choose_period(workspace, None)
        first, earlier = None, workspace.config.calendar.day_of(begun.since)
        while first is None or earlier < first:
            first = earlier
            found = read(_up_to_today(workspace, first), harvest=True)
            work_item = find_work_item(found, what)
            earlier = _begun(found, work_item) if work_item else first
    if work_item is None:
        everything = read(_up_to_today(workspace, EARLIEST), harvest=False)
        raise _not_found(everything, found if harvest else None, what, "in what has been read")
    return days_of(found, work_item), dataclasses.replace(request, about=work_item)


def _up_to_today(workspace: Workspace, first: dt.date) -> Period:
    calendar = workspace.config.calendar
    return calendar.days(first, calendar.day_of(workspace.environment.clock()))


def find_work_item(report_input: ReportInput, what: str) -> str | None:
    """The work item of the people's own rows that a user calls so (`find_rows`), as reports name it; None for none.

    Several that are of one piece of work are one: the first in the frame is taken. Of a note it is what that is about.
    Raises UnknownError where what is meant is of several pieces.
    """
    frame = report_input.frame
    rows = find_rows(frame, what, report_input.calendar)
    if rows.empty:
        return None
    label = rows.index[0]
    about = report_input.assessment.related_rows.get(label, [label])[0]
    found = str(frame.at[about, "work_item"])
    if not set(rows.index) <= set(with_notes(report_input, found)):
        named = sorted(rows["work_item"].unique())
        raise UnknownError(f"{what!r} may be {', '.join(named[:5])}.", hint="Write the one you mean in full.")
    return found


def _not_found(report_input: ReportInput, read: ReportInput | None, what: str, when: str) -> UnknownError:
    """The error that the people have no such work item, with the one that has the nearest name or title.

    Where a source could not be read in full just now (`read`), it says so: the work may be there.
    """
    rows = report_input.frame[["work_item", "title"]].fillna("")
    short_names = {work_item: work_item.rpartition("/")[2] for work_item in rows["work_item"]}
    names = {name: name for name in short_names.values()}
    names |= {title: short_names[work] for work, title in zip(rows["work_item"], rows["title"], strict=True) if title}
    near = names.get(most_like(what, names) or "")
    missing = missing_by_source(read) if read else {}
    gaps = "".join(f" {source} could not be read in full ({'; '.join(why)})." for source, why in missing.items())
    return UnknownError(
        f"{report_input.who} has no work item {what!r} {when}"
        + (f"; did you mean {short(near)!r}?" if near else ".")
        + gaps,
        hint=f"Name another with --about, or another --period or --person. {HOW_NOTES}",
    )


def _begun(report_input: ReportInput, work_item: str) -> dt.date:
    """The day on which the first of a piece of work was begun: its ticket opened, its first change written."""
    rows = report_input.frame.loc[list(with_notes(report_input, work_item)), ["occurred_at", "started_at"]]
    times = [at.to_pydatetime() for at in (*rows["occurred_at"], *rows["started_at"].dropna())]
    return report_input.calendar.day_of(min(times))


def days_of(report_input: ReportInput, work_item: str) -> Period:
    """The days of the people's own rows of a piece of work, and of the notes about it, from the first to the last.

    A pull request's begin when it was opened, since it is reviewed from then on.
    """
    rows = report_input.frame.loc[list(with_notes(report_input, work_item)), ["kind", "occurred_at", "started_at"]]
    opened = rows["started_at"][(rows["kind"] == "pull_request").to_numpy(bool)].dropna()
    times = [at.to_pydatetime() for at in (*rows["occurred_at"], *opened)]
    first, last = map(report_input.calendar.day_of, (min(times), max(times)))
    return report_input.calendar.days(first, last, day(first) if first == last else "")
