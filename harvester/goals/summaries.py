"""The opening paragraph of a report where its person wrote one: the summary of exactly this period in the notebook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from harvester.analysis.frame import records
from harvester.analysis.measures import SUMMARY
from harvester.errors import PeriodError
from harvester.model.periods import Calendar, Period, parse

if TYPE_CHECKING:
    import pandas as pd


def summary_of(frame: pd.DataFrame, persons: Collection[str], period: Period, calendar: Calendar) -> str | None:
    """The summary that one of these people wrote for this period, on one line and without markup of ours; else None.

    A summary of a year says nothing about one of its quarters. Of several the one that was written last counts. The
    frame is a prepared one that has the rows of the period; the text is untrusted.
    """
    is_summary = frame["person"].isin(list(persons)) & (frame["state"] == SUMMARY).fillna(False)
    notes = frame[is_summary.to_numpy(bool)][["id", "occurred_at", "started_at", "extra"]]
    written = [
        (row["started_at"] or row["occurred_at"], row["occurred_at"], row["id"], dict(row["extra"] or ()))
        for row in records(notes)
    ]
    own = [each for each in written if _is_for(each[3].get("period", ""), each[0], period, calendar)]
    newest = max(own, key=lambda each: each[:3], default=None)
    return " ".join(newest[3].get("summary", "").split()) or None if newest else None


def _is_for(words: str, written: dt.datetime, period: Period, calendar: Calendar) -> bool:
    """Whether the words of a period, as of when they were written, mean this one."""
    try:
        return parse(words, calendar, written) == period
    except PeriodError:
        return False
