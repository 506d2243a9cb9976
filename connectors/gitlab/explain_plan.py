"""What a fetch would ask for, as text for `harvester harvest --dry-run`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harvester.text import count_noun

from .fetch import GitLabReader


def explain(reader: GitLabReader) -> Iterator[str]:
    """What a fetch would ask for and how many requests that takes; asks for counts and nothing else."""
    start = reader.begin()
    strategy, found = start.strategy, start.preflight
    how = "everything since the last harvest" if start.cursor else "the whole period"
    yield f"{reader.options.host}: {how}, {strategy.explain('project or group')}"
    if found.server:
        yield f"  GitLab {found.server}"
    kinds: Counter[str] = Counter()
    for request, count in strategy.counts.items():
        kinds[request.name] += count
    yield from (f"  {count:,} {name} to look through" for name, count in kinds.items())
    if strategy.by == "person":
        people = len(found.usernames)
        yield f"  the events of {count_noun(people, 'person')}, and what they reviewed, closed or merged"
    yield f"  about {count_noun(strategy.requests, 'request')}, after {reader.client.requests} for counting"
    if strategy.by == "person" and not start.options.scope_filter.names_places:
        yield "  not found by person: an issue without an assignee that only the commits of a merge request closed"
    if "releases" in reader.options.also and not start.options.scope_filter.named:
        yield "  no releases: they are read of projects that are named by their path, and none is"
    yield from (f"  not shown: {each}" for each in found.unreadable)
