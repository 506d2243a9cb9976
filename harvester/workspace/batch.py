"""A page for each of many people or teams from rows that are read once: on this machine, or wherever the rows are."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis.frame import persons_of
from harvester.ledger.held_rows import HeldRows
from harvester.reporting.report import file_word
from harvester.workspace.assemble import as_seen, assemble, people_in, period_to_read
from harvester.workspace.recorded import RecordedWorkspace, record
from harvester.workspace.reports import RenderedReport, load_report, rendered

if TYPE_CHECKING:
    import pyarrow as pa

    from harvester.harvesting.run import Outcome
    from harvester.ledger.coverage import Coverage
    from harvester.model.people import People
    from harvester.model.periods import Period
    from harvester.reporting.formats import PageOptions
    from harvester.reporting.report_input import PageRequest


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a page is about: a person, or a team; and whose rows it is made from, by key."""

    person: str | None
    team: str | None
    persons: tuple[str, ...]
    suffix: str = ""
    """What stands in the name of the page's file behind the person's name."""


@dataclass(frozen=True)
class Batch:
    """What the pages of one command share. It can go to another process: it holds no rows and no secret."""

    workspace: RecordedWorkspace
    kind: str
    period: Period
    request: PageRequest
    options: PageOptions
    draft: bool
    coverage: Sequence[Coverage]
    outcome: Outcome | None
    only_active: bool
    """Whether there is a page only of who did something in the period that may count."""

    @property
    def period_to_read(self) -> Period:
        """The period whose rows the pages are made from."""
        return period_to_read(self.workspace.open(), self.workspace.goals, self.period)

    def page(self, rows: pa.Table, subject: Subject) -> RenderedReport | None:
        """The page from all rows of the subject's people, in any order; None where there is to be none."""
        workspace, report = self.workspace.open(), load_report(self.kind)
        # As one who sees everything, for the audience's view of a page is made of the whole.
        whole = dataclasses.replace(self.request, team=subject.team, audience="manager")
        person = [subject.person] if subject.person else None
        collected, made = assemble(
            workspace, HeldRows(rows, self.coverage), self.period, person, harvest=False,
            request=whole, needs=report.needs, outcome=self.outcome,
        )  # fmt: skip
        if self.only_active and subject.person not in people_in(workspace, collected.frame, self.period):
            return None
        request = dataclasses.replace(whole, audience=self.request.audience)
        made = as_seen(dataclasses.replace(made, draft=self.draft, request=request))
        return rendered(report, made, self.options, complete=collected.complete, suffix=subject.suffix)


class RowsByPerson:
    """Rows of many people, of which those of some are taken at once."""

    def __init__(self, rows: pa.Table, people: People) -> None:
        """Sort the places of Arrow rows, with the columns `source` and `account`, by whose they are."""
        import numpy as np

        persons = persons_of(rows, people)
        codes = persons.indices.to_numpy(zero_copy_only=False)
        self._rows = rows
        self._order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(persons.dictionary)))
        names = persons.dictionary.to_pylist()
        self._places = {
            name: (end - size, end) for name, end, size in zip(names, ends, np.diff(ends, prepend=0), strict=True)
        }

    def of(self, persons: Iterable[str]) -> pa.Table:
        """All rows of these people, by key."""
        import numpy as np
        import pyarrow as pa

        parts = [self._order[slice(*self._places[each])] for each in persons if each in self._places]
        return self._rows.take(pa.array(np.concatenate([np.array([], np.int64), *parts])))


def names_of(people: People, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The people behind pairs of source and account, bots not, by key and in order of it, with the name of each."""
    ordered = sorted(pair for pair in set(pairs) if not people.is_bot(pair[1]))
    strangers = people.names_of(ordered)
    keys = sorted({people.person_of(*pair) for pair in ordered})
    return {key: strangers.get(key) or people.name(key) for key in keys}


def suffixes_of(names: Mapping[str, str]) -> dict[str, str]:
    """By key what stands in the name of a file behind somebody's name: the key, where another has that name too."""
    known = Counter(file_word(each) for each in names.values())
    return {person: person if known[file_word(name)] > 1 else "" for person, name in names.items()}
