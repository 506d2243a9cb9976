"""A workspace whose sources are asked once: what pages need of them, for this process or for others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from harvester.errors import SourceError
from harvester.model.look_alikes import Sightings
from harvester.model.periods import Period
from harvester.sdk.capabilities import KnowsFirstContributions, ListsAccounts, NamesContents
from harvester.sdk.connector import Connector, Event, Request
from harvester.workspace.environment import Environment
from harvester.workspace.look_alikes import list_accounts
from harvester.workspace.workspace import Workspace, load_goals_and_decisions, load_kept

if TYPE_CHECKING:
    from collections.abc import Collection, Set

    from harvester.config.settings import Config
    from harvester.goals.assessment import GoalsAndDecisions
    from harvester.goals.checkins import CheckIn
    from harvester.reporting.report_input import Need


@dataclass(frozen=True)
class RecordedWorkspace:
    """What the pages of one period need of a workspace; it holds no secret, and nothing of the machine but its time."""

    config: Config
    configured: bool
    persistent: bool
    goals: GoalsAndDecisions
    kept: tuple[CheckIn, ...]
    now: dt.datetime
    connectors: Mapping[str, RecordedConnector]
    period: Period

    @cached_property
    def _sightings(self) -> Sightings:
        """Everybody in the sources in the period, compared once for all pages."""
        return Sightings(self.config.people, list_accounts(self.connectors, self.period))

    def open(self) -> Workspace:
        """The workspace, on any machine: its sources answer what they answered, and cannot be read."""
        environment = Environment(environ={}, cwd=self.config.root, clock=lambda: self.now)
        connectors: dict[str, Connector] = dict(self.connectors)
        return Workspace(
            environment, self.config, connectors, self.configured, self.persistent, goals=self.goals,
            kept=self.kept, sightings=lambda: self._sightings,
        )  # fmt: skip


class RecordedConnector:
    """A connector with the answers of another: it has those capabilities that were asked for, and reads nothing."""

    def __init__(self, answers: Mapping[str, Mapping[tuple[Any, ...], Any]]) -> None:
        for name, known in answers.items():
            setattr(self, name, partial(_answer, known))

    def fetch(self, request: Request) -> Iterator[Event]:
        """Raises SourceError: there is nothing to read here."""
        raise SourceError("Sources are read before pages are made.", hint="This is a bug; please report it.")


def _answer(known: Mapping[tuple[Any, ...], Any], *arguments: Any) -> Any:
    answer = known[arguments]
    if isinstance(answer, SourceError):
        raise answer
    return answer


def record(workspace: Workspace, period: Period, needs: Set[Need]) -> RecordedWorkspace:
    """Ask the sources what pages of a period need beside rows: accounts, kinds of rows and first contributions."""
    kept = load_kept(workspace, period) if "checkin" in needs else None
    connectors = {name: _recorded(each, period, needs) for name, each in workspace.connectors.items()}
    return RecordedWorkspace(
        workspace.config,
        workspace.configured,
        workspace.persistent,
        load_goals_and_decisions(workspace),
        () if kept is None else (kept,),
        workspace.environment.clock(),
        connectors,
        period,
    )


def _recorded(connector: Connector, period: Period, needs: Collection[Need]) -> RecordedConnector:
    answers: dict[str, dict[tuple[Any, ...], Any]] = {}
    if isinstance(connector, NamesContents):
        answers["contents"] = {(): connector.contents()}
    if isinstance(connector, ListsAccounts):
        answers["accounts"] = {(period,): _asked(lambda: dict(connector.accounts(period)))}
    if isinstance(connector, KnowsFirstContributions) and "first_contributions" in needs:
        answers["first_contributions"] = {(period,): _asked(lambda: list(connector.first_contributions(period)))}
    return RecordedConnector(answers)


def _asked(question: Any) -> Any:
    """The answer, or the error in place of it, which is raised where it is asked for."""
    try:
        return question()
    except SourceError as error:
        return error
