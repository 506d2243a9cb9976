"""Many people or teams, each by itself, from rows that are read once: on this machine, or wherever the rows are.

What is made of each of them is in `pages`, `measures` and `loaded`.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis.frame import persons_of
from harvester.errors import PersonError, UnknownError
from harvester.goals.assessment import GoalsAndDecisions
from harvester.ledger.held_rows import HeldRows
from harvester.ledger.queries import by_accounts
from harvester.model.periods import Period
from harvester.reporting.report import file_word
from harvester.reporting.report_input import Need, PageRequest
from harvester.workspace.assemble import (
    as_seen,
    assemble,
    find_among_accounts,
    find_stranger,
    people_in,
    period_to_read,
)
from harvester.workspace.chosen import Chosen
from harvester.workspace.collect import Accounts, CollectedData, accounts_of, harvest_sources
from harvester.workspace.mentees import choose_mentees
from harvester.workspace.people import choose_people
from harvester.workspace.recorded import RecordedWorkspace, record
from harvester.workspace.workspace import Workspace, load_goals_and_decisions

if TYPE_CHECKING:
    import pyarrow as pa

    from harvester.harvesting.run import Outcome
    from harvester.ledger import Ledger
    from harvester.ledger.coverage import Coverage
    from harvester.model.people import People
    from harvester.reporting.report_input import ReportInput


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a page is about, a person or a team, and whose rows it is made from, by key."""

    person: str | None
    team: str | None
    persons: tuple[str, ...]
    suffix: str = ""
    """What stands in the name of the page's file behind the name of whom it is about."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """What could not be made of a person or a team, and why, such as that nobody of a team may be read."""

    key: str
    """Of the person or the team."""
    error: PersonError

    @property
    def words(self) -> str:
        """Whose it would be, by key, and why."""
        return f"{self.key}: {self.error.message}"


@dataclass(frozen=True, slots=True)
class BatchInput:
    """What is said of a subject, and the rows that it is said from."""

    subject: Subject
    stored: HeldRows
    collected: CollectedData
    report_input: ReportInput


@dataclass(frozen=True)
class Batch:
    """What is said of many people or teams, without their rows: it can go to another process, and holds no secret."""

    workspace: RecordedWorkspace
    period: Period
    request: PageRequest
    needs: Set[Need]
    coverage: Sequence[Coverage]
    outcome: Outcome | None
    subjects: tuple[Subject, ...] | None
    """None: everybody who did something in the period that may count."""

    @property
    def period_to_read(self) -> Period:
        """The period whose rows are read; what is said of others than the goals' owner needs less of it."""
        return _period_to_read(self.workspace.open(), self.subjects, self.workspace.goals, self.period)

    def subjects_in(self, accounts: Iterable[tuple[str, str]]) -> list[Subject]:
        """The subjects; where they are everybody, by the accounts (source, account) of all rows that were read."""
        if self.subjects is not None:
            return list(self.subjects)
        people = self.workspace.config.people
        names = {key: name for key, name in names_of(people, accounts).items() if key not in people.not_to_be_read}
        suffixes = suffixes_of(names)
        return [Subject(key, None, (key,), suffixes[key]) for key in names]

    def inputs(self, rows: pa.Table, subjects: Iterable[Subject]) -> Iterator[BatchInput | NotMade]:
        """What is said of each subject, from all rows of their people in any order."""
        by_person = RowsByPerson(rows, self.workspace.config.people)
        for each in subjects:
            try:
                found = self._input(HeldRows(by_person.of(each.persons), self.coverage), each)
            except PersonError as error:
                yield NotMade(each.person or each.team or "", error)
            else:
                yield from filter(None, [found])

    def _input(self, stored: HeldRows, subject: Subject) -> BatchInput | None:
        """None for a person who did nothing, where the subjects are everybody who did something."""
        workspace = self.workspace.open()
        # First as one who sees everything, for what an audience may see is chosen from the whole.
        whole = dataclasses.replace(self.request, team=subject.team, audience="manager")
        collected, made = assemble(
            workspace, stored, self.period, [subject.person] if whole.mentees and subject.person else None,
            harvest=False, request=whole, needs=self.needs, outcome=self.outcome,
            keys=[subject.person] if subject.person and not whole.mentees else None,
        )  # fmt: skip
        if self.subjects is None and subject.person not in people_in(workspace, collected.frame, self.period):
            return None
        request = dataclasses.replace(whole, audience=self.request.audience)
        return BatchInput(subject, stored, collected, as_seen(dataclasses.replace(made, request=request)))


def batch_of(
    workspace: Workspace,
    ledger: Ledger,
    period: Period,
    chosen: Chosen,
    asked: tuple[Sequence[str] | None, PageRequest],
    *,
    needs: Set[Need],
    harvest: bool,
) -> tuple[Batch, Accounts]:
    """What is said of each of the people or teams that were `asked` for, and the accounts whose rows it is said from.

    With `harvest` the sources are read first, once for all of them. Raises UnknownError for every team where there is
    none, PersonError for an unknown person, and what `harvest_sources` raises.
    """
    subjects, request = _subjects(workspace, chosen, asked, period)
    goals = load_goals_and_decisions(workspace)
    persons = None if subjects is None else list(dict.fromkeys(each for one in subjects for each in one.persons))
    accounts = accounts_of(workspace, persons)
    to_read = _period_to_read(workspace, subjects, goals, period)
    outcome = harvest_sources(workspace, ledger, to_read, accounts) if harvest else None
    if not request.mentees:
        _require_known(workspace, ledger, period, asked[0] or ())
    recorded, known = record(workspace, period, needs), outcome and _without_errors(outcome)
    return Batch(recorded, period, request, needs, ledger.coverage(), known, subjects), accounts


def _period_to_read(
    workspace: Workspace, subjects: Iterable[Subject] | None, goals: GoalsAndDecisions, period: Period
) -> Period:
    """The period, from the first day of the goals where their owner is among the subjects."""
    is_own = subjects is None or any(each.person == workspace.me for each in subjects)
    return period_to_read(workspace.config.calendar, goals if is_own else GoalsAndDecisions(), period)


def _subjects(
    workspace: Workspace, chosen: Chosen, asked: tuple[Sequence[str] | None, PageRequest], period: Period
) -> tuple[tuple[Subject, ...] | None, PageRequest]:
    """Whom it is about, each by itself, None for everybody; and what is asked for beside."""
    persons, request = asked
    if chosen.every_team:
        return tuple(_teams(workspace, period)), PageRequest(audience=chosen.audience)
    alone = PageRequest(mentees=request.mentees, audience=request.audience)
    if request.everyone:
        return None, alone
    if request.mentees:
        *mentees, mentor = choose_mentees(workspace, persons or (), period)
        return _each(workspace, mentees, (mentor,)), alone
    named = [_find(workspace, each) for each in persons or ()]
    return _each(workspace, sorted({*(named or choose_people(workspace, (), request.team, period))})), alone


def _teams(workspace: Workspace, period: Period) -> Iterator[Subject]:
    """Each team, in the order of harvester.toml; raises UnknownError where there is none."""
    teams = workspace.config.teams
    if not teams:
        raise UnknownError("There are no teams.", hint="Write [teams.NAME] into harvester.toml, with its members.")
    suffixes = suffixes_of({key: team.name for key, team in teams.items()})
    for key, team in teams.items():
        yield Subject(None, key, tuple(team.members(period, workspace.config.calendar)), suffixes[key])


def _find(workspace: Workspace, words: str) -> str:
    try:
        return workspace.config.people.find(words)
    except PersonError:
        return find_stranger(workspace, words)


def _require_known(workspace: Workspace, ledger: Ledger, period: Period, named: Iterable[str]) -> None:
    """Raises PersonError for a stranger who has no row in the period and whom no source knows."""
    for words in named:
        person = _find(workspace, words)
        if not workspace.config.people.configured(person):
            accounts = accounts_of(workspace, [person])
            if not len(ledger.rows(period, by_accounts(accounts), columns=["source"])):
                find_among_accounts(workspace, words)


def _each(workspace: Workspace, persons: Sequence[str], beside: tuple[str, ...] = ()) -> tuple[Subject, ...]:
    suffixes = suffixes_of({each: workspace.config.people.name(each) for each in persons})
    return tuple(Subject(each, None, (each, *beside), suffixes[each]) for each in persons)


def _without_errors(outcome: Outcome) -> Outcome:
    """What pages need of how a harvest went: what is missing of the sources that could not be stored."""
    return dataclasses.replace(
        outcome, sources=tuple(dataclasses.replace(each, request=None, failed=None) for each in outcome.sources)
    )


class RowsByPerson:
    """Rows of many people, of which those of some are taken at once."""

    def __init__(self, rows: pa.Table, people: People) -> None:
        """Sort the places of Arrow rows, with the columns `source` and `account`, by whose they are."""
        import numpy as np

        persons = persons_of(rows, people)
        codes = persons.indices.to_numpy(zero_copy_only=False)
        self._rows = rows.combine_chunks()  # what lies in many pieces is taken from a hundred times slower
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
    """By key what stands behind a name in the name of a file, so that no two are the same: the key where it must."""
    words = {key: file_word(name) for key, name in names.items()}
    number_of = Counter(words.values())
    found = {key: "" for key, word in words.items() if number_of[word] == 1}
    taken = {words[key] for key in found}
    for key, word in words.items():
        if key not in found:
            tries = (key, *(f"{number} {key}" for number in range(2, len(names) + 2)))
            found[key] = next(each for each in tries if _joined(word, each) not in taken)
            taken.add(_joined(word, found[key]))
    return found


def _joined(*texts: str) -> str:
    return "-".join(filter(None, map(file_word, texts)))
