"""The notebook: what the person wrote down because no tracker sees it; one row an entry."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from pydantic import Field

from harvester.errors import PeriodError, SourceError
from harvester.files import resolve_path
from harvester.model.contribution import Contribution, Kind, Role
from harvester.model.periods import Calendar, Period
from harvester.notebook.entry_ids import identities, places
from harvester.notebook.notebook import FILE, Entry, ParseWarning, in_future, load, period_of
from harvester.sdk.capabilities import Finding
from harvester.sdk.connector import ConnectorContext, Event, Gap, Request, ScopeCompleted
from harvester.text import count_noun, did_you_mean, safe_url

_START = '`harvester note "…"` starts one.'
_HALF_WRITTEN = "half-written"
"""The scope of gaps, beside that of the rows: a gap in one entry makes no other entry unknown."""

_EXTRA = ("problem", "result", "technical", "takeaway", "outcome", "link", "summary", "period")
_EXTRA_LISTS = ("goal", "criterion", "witness")
"""Lists that a row has in `extra`, a name a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """Reads a notebook in full each time, so that an entry that was changed or removed is not counted twice."""

    context: ConnectorContext
    file: Annotated[str, Field(description="the notebook, from the folder of harvester.toml")] = FILE
    person: Annotated[str | None, Field(description="whose notebook it is: a key of [people]; yours where missing")] = (
        None
    )

    def fetch(self, request: Request) -> Iterator[Event]:
        """Yield a row for each entry, and a gap of a day for what is half-written; nothing without a notebook.

        An entry of a future day is not yielded before that day.

        Raises SourceError where the file cannot be read, where its folder does not exist (a disk that is not mounted
        must not look like an empty notebook), or where it is not clear whose notebook it is.
        """
        person = self._person(request)
        if not request.wants(person):
            return
        path = self._path()
        if not path.parent.is_dir():
            raise SourceError(f"There is no folder for the notebook {self.file!r}.", hint="Is the path right?")
        entries, warnings = load(path)
        for entry, name, at in zip(entries, identities(entries), self._times(entries), strict=True):
            if at in request.period and entry.date <= self._today():
                yield self._row(entry, name, at, person)
        gaps = [gap for each in warnings if (gap := self._gap(each, request.period))]
        if gaps:
            # The file was read to its end all the same, so an entry that was renamed or removed must not remain.
            yield ScopeCompleted(self.file, whole=True)
            yield from gaps

    def contents(self) -> Mapping[Kind, Collection[str]]:
        """Notes, which may have labels."""
        return {"note": ("labels",)}

    def check(self) -> Iterator[Finding]:
        """Report what in the notebook cannot be read."""
        path = self._path()
        if not path.parent.is_dir():
            yield Finding("error", f"There is no folder for the notebook {self.file!r}.", "Is the path right?")
            return
        if not os.path.lexists(path):
            yield Finding("warning", f"There is no notebook {self.file!r} yet{self._like(path)}", _START)
            return
        entries, warnings = load(path)
        warnings += in_future(entries, self._today())
        for each in sorted(warnings, key=lambda each: each.line):
            yield Finding("warning", f"{self.file}:{each.line}: {each.reason}", "Fix that line.")
        if not warnings:
            yield Finding("ok", f"{count_noun(len(entries), 'entry', 'entries')} in {self.file}")

    def latest(self) -> dt.datetime | None:
        """When the newest entry counts, of those up to today; None where there is none."""
        entries, _ = load(self._path())
        times = zip(self._times(entries), entries, strict=True)
        return max((at for at, each in times if each.date <= self._today()), default=None)

    def _times(self, entries: Sequence[Entry]) -> list[dt.datetime]:
        """When each entry counts: noon of its day, and a second later for each one of that day before it.

        A summary is of the period that it is for, also where it was written after it or before it: then of the period's
        last or first day.
        """
        at = zip(entries, places(entries), strict=True)
        return [self._noon(each) + dt.timedelta(seconds=place) for each, place in at]

    def _noon(self, entry: Entry) -> dt.datetime:
        calendar = self.context.calendar
        try:
            period = period_of(entry, calendar) if entry.summary else None
        except PeriodError:  # a warning of the notebook's own
            period = None
        if period is None:
            return noon(entry.date, calendar)
        first, last = calendar.dates(period)
        return noon(min(max(entry.date, first), last), calendar)

    def _today(self) -> dt.date:
        return self.context.calendar.day_of(self.context.clock())

    def _gap(self, warning: ParseWarning, period: Period) -> Gap | None:
        """The day that misses something because of a warning, where it is in the period; None otherwise."""
        day = warning.missing_on
        if day is None or noon(day, self.context.calendar) not in period:
            return None
        whole = self.context.calendar.days(day, day)
        return Gap(_HALF_WRITTEN, f"{self.file}:{warning.line}: {warning.reason}", whole.overlap(period))

    def _like(self, path: Path) -> str:
        """The file beside it whose name is nearest, for a misspelt `file`."""
        return did_you_mean(path.name, sorted(each.name for each in path.parent.iterdir() if each.is_file()), ".")

    def _path(self) -> Path:
        return resolve_path(self.context.root, self.file, error=SourceError)

    def _person(self, request: Request) -> str:
        if person := self.person or self.context.person:
            return person
        if request.accounts is not None and len(request.accounts) == 1:
            return next(iter(request.accounts))
        raise SourceError(
            f"It is not clear whose notebook {self.file!r} is.",
            hint=f'Add person = "me" to [sources.{self.context.source}].',
        )

    def _row(self, entry: Entry, name: str, at: dt.datetime, person: str) -> Contribution:
        lists, texts = entry.lists, entry.texts
        goals = lists.get("goal", ())
        fields = {key: texts[key] for key in _EXTRA if key in texts}
        fields |= {key: "\n".join(lists[key]) for key in _EXTRA_LISTS if key in lists}
        # A consent of a future day is not yet given.
        if entry.consent and entry.consent <= self._today():
            fields["consent"] = entry.consent.isoformat()
        if entry.highlight is not None:
            fields["highlight"] = "yes" if entry.highlight else "no"
        return Contribution(
            id=f"note:{name}",
            source=self.context.source,
            scope=self.file,
            kind="note",
            work_item=f"notebook/{name}",
            account=person,
            role=cast("Role", entry.role),
            occurred_at=at,
            started_at=noon(entry.date, self.context.calendar) if entry.summary else None,
            title=entry.title,
            body=entry.body or None,
            url=next(filter(safe_url, texts.get("link", "").split("\n")), None),
            labels=tuple(dict.fromkeys((*lists.get("labels", ()), *goals))),
            participants=lists.get("with", ()),
            related_to=lists.get("about", ()),
            extra=fields,
            state="summary" if entry.summary else None,
            is_private=not entry.public,
        )


def noon(day: dt.date, calendar: Calendar) -> dt.datetime:
    """Noon of a day in the person's zone, in UTC: an entry has a day only, and noon is in no other one nearby."""
    return dt.datetime(day.year, day.month, day.day, 12, tzinfo=calendar.zone).astimezone(dt.UTC)
