"""What a fetch would ask for, as text for `harvester harvest --dry-run`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harvester.sdk.strategy import Strategy
from harvester.text import count_noun

from .fetch import GitHubReader
from .preflight import Preflight
from .searches import BEFORE, CAP, Search


def explain(reader: GitHubReader) -> Iterator[str]:
    """What a fetch would ask for and how many requests that takes; asks for counts and nothing else."""
    start = reader.begin()
    strategy = start.strategy
    how = "everything since the last harvest" if start.cursor else "the whole period"
    yield f"{reader.options.host}: {how}, {strategy.explain('repository or organisation')}"
    kinds: Counter[str] = Counter()
    for search, count in strategy.counts.items():
        kinds[str(search).partition(" of ")[0].partition(" in ")[0]] += count
    yield from (f"  {count:,} {name} to look through" for name, count in kinds.items())
    yield from (
        f"  {search}: {count:,} are more than {CAP:,} and will be split by time" for search, count in _large(strategy)
    )
    yield f"  about {count_noun(strategy.requests, 'request')}, after {reader.client.asked} for counting"
    if strategy.by == "person" and not start.options.scope_filter.names_places:
        yield "  not found by person: an issue closed by somebody who has no other part in it,"
        yield f"  one that was closed over {BEFORE.days} days after the pull request that closes it was merged,"
        yield "  and a coding agent's pull request merged by somebody who has no other part in it"
    if "releases" in reader.options.also and not start.preflight.current_names:
        yield "  no releases: they are read of repositories that are named as owner/name, and none is"
    yield from _hidden(start.preflight)


def _large(strategy: Strategy[Search]) -> Iterator[tuple[object, int]]:
    yield from ((search, count) for search, count in strategy.counts.items() if count > CAP)


def _hidden(found: Preflight) -> Iterator[str]:
    yield from (f"  not shown: {each}" for each in found.unreadable)
