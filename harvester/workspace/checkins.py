"""Check-ins: the period of one, and keeping it beside harvester.toml."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import ConfigError, PeriodError, PersonError, ReportError
from harvester.goals.checkins import keep
from harvester.model.people import find_or_address
from harvester.model.periods import Period, span
from harvester.workspace.assemble import choose_period
from harvester.workspace.workspace import Workspace, load_goals_and_decisions

if TYPE_CHECKING:
    from harvester.reporting.report import Report
    from harvester.reporting.report_input import ReportInput


def checkin_period(workspace: Workspace, words: str | None = None) -> Period:
    """The period of a check-in: up to the last day of the period that words mean, or today where that is later.

    It begins with the first day of the earliest goal that runs on that day; where none has a first day, with that of
    the day's quarter. Without words the day is today.

    Raises PeriodError for words that mean nothing, and for a day in the future; ConfigError for a goals.toml that is
    not valid.
    """
    calendar = workspace.config.calendar
    today = calendar.day_of(workspace.environment.clock())
    day = min(calendar.dates(choose_period(workspace, words or str(today)))[1], today)
    goals = load_goals_and_decisions(workspace).goals.goals
    starts = [each.from_ for each in goals if each.from_ is not None and each.includes(day)]
    try:
        first = min(starts) if starts else calendar.dates(calendar.quarter_of(calendar.midnight(day)))[0]
        return calendar.days(first, day, span(first, day))
    except OverflowError as error:  # of the first days that a calendar has
        raise PeriodError(f"{words!r} is too long ago.", hint="Name a later day.") from error


def require_own(workspace: Workspace, persons: Iterable[str], *, others: bool = False) -> None:
    """Raises PersonError where a check-in is asked for that is not the own: goals.toml is its owner's."""
    people = workspace.config.people
    if others or any(find_or_address(people, each) != workspace.me for each in persons):
        raise PersonError(
            "A check-in is about the goals in goals.toml, which are yours.",
            hint="Leave out --person, --team and --everyone.",
        )


def require_configured(workspace: Workspace) -> None:
    """Raises ConfigError where there is no harvester.toml, beside which a check-in could be kept."""
    if not workspace.configured:
        raise ConfigError("A check-in is kept beside a harvester.toml; none was read.", hint="Run `harvester init`.")


def keep_checkin(workspace: Workspace, report: Report, report_input: ReportInput, *, force: bool = False) -> Path:
    """Keep what a check-in says beside harvester.toml, for later ones to compare; returns the file.

    Raises ConfigError without a harvester.toml, and ReportError as `harvester.goals.checkins.keep` does.
    """
    require_configured(workspace)
    if report.keeps is None:
        raise ReportError(f"Nothing of a report {report.name!r} is kept.", hint="Keep a `checkin`.")
    return keep(workspace.config.root, report.keeps(report_input), force=force)
