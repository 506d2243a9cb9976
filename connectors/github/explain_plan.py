"""A plan in words, for `harvester harvest --dry-run`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harvester.text import count_noun

from .fetch import GitHubReader
from .preflight import Preflight
from .searches import BEFORE, CAP
from .strategy import Strategy


def explain(reading: GitHubReader) -> Iterator[str]:
    """What a reading would ask for and what that costs; asks for counts, and for nothing else."""
    start = reading.begin()
    choice = start.choice
    how = "everything since the last harvest" if start.memory else "the whole period"
    yield f"{reading.order.host}: {how}, {_way(choice)}"
    kinds: Counter[str] = Counter()
    for search, count in choice.counts.items():
        kinds[str(search).partition(" of ")[0].partition(" in ")[0]] += count
    yield from (f"  {count:,} {name} to look through" for name, count in kinds.items())
    yield from (
        f"  {search}: {count:,} are more than {CAP:,} and will be cut by time" for search, count in _large(choice)
    )
    yield f"  about {count_noun(choice.price, 'request')}, after {reading.client.asked} for counting"
    if choice.by == "person" and not start.memory:
        yield "  an issue that somebody closed who neither wrote, had nor discussed it is found place by place only"
        yield f"  so is one that was closed over {BEFORE.days} days after the pull request that closes it was merged"
    if "releases" in reading.order.also and not start.scene.today:
        yield "  releases are read of repositories that are named, and none is: name them as owner/name"
    yield from _unseen(start.scene)


def _way(choice: Strategy) -> str:
    if choice.by == "place":
        other = f" ({count_noun(choice.other, 'request')} person by person)" if choice.other is not None else ""
        return f"place by place for everybody together{other}"
    other = f" ({count_noun(choice.other, 'request')} place by place)" if choice.other is not None else ""
    return f"person by person{other}"


def _large(choice: Strategy) -> Iterator[tuple[object, int]]:
    yield from ((search, count) for search, count in choice.counts.items() if count > CAP)


def _unseen(scene: Preflight) -> Iterator[str]:
    yield from (f"  not shown: {hole}" for hole in scene.holes)
