"""Who contributed to a project for the first time, by the sources that know the whole history of their projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.reporting.report_input import FirstContributions, Newcomer
from harvester.sdk.capabilities import FirstContribution, KnowsFirstContributions
from harvester.sdk.connector import Remark
from harvester.workspace.workspace import Workspace


def first_contributions(
    workspace: Workspace, period: Period, persons: Mapping[str, Sequence[Period]]
) -> FirstContributions:
    """Who of these people was new to a project in the period, and in one of their own periods.

    Of a project that several sources know the earliest contribution is taken. The ledger has no part in it, and bots
    are not people. A source that cannot be read is a remark, for harvesting it is a gap.
    """
    sources, first, remarks = list[str](), dict[tuple[str, str], Newcomer](), list[str]()
    people = workspace.config.people
    for source, connector in workspace.connectors.items():
        if not isinstance(connector, KnowsFirstContributions):
            continue
        sources.append(source)
        for found in _asked(source, connector, period):
            if isinstance(found, Remark):
                remarks.append(f"{found.scope}: {found.text}.")
                continue
            new = Newcomer(people.person_of(source, found.account), found.project, found.occurred_at)
            key = new.person, new.project.casefold()
            earlier = first.get(key)
            if not people.is_bot(found.account) and (earlier is None or new.occurred_at < earlier.occurred_at):
                first[key] = new
    inside = (each for each in first.values() if any(each.occurred_at in own for own in persons.get(each.person, ())))
    newcomers = sorted(inside, key=lambda each: (each.occurred_at, each.person, each.project))
    return FirstContributions(tuple(newcomers), tuple(sources), tuple(remarks))


def _asked(source: str, connector: KnowsFirstContributions, period: Period) -> Iterator[FirstContribution | Remark]:
    try:
        yield from connector.first_contributions(period)
    except SourceError:
        yield Remark(source, "it could not be read, so nobody knows who contributed for the first time")
