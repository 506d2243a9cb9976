"""Threads over a whole organisation: the steps of `analysis.threads_in_parts` as tasks over parts, groups and buckets.

What a step makes stays where it was made; this process holds the names of tasks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from harvester.analysis import threads_in_parts as step

if TYPE_CHECKING:
    Made = Any
    """What stands for a result that is made elsewhere, such as a Future."""

TOGETHER = 8
"""How many results one task merges."""
PARTS_A_GROUP = 4
"""What a part says of links is about a tenth of its rows' bytes."""


class Tasks(Protocol):
    """What runs the steps: a cluster, or this process."""

    def map(self, function: Callable[..., Any], *columns: Sequence[Made]) -> list[Made]:
        """A task for each line of the columns, whose values may be results of other tasks, or lists of such."""

    def exchange(
        self, types: Mapping[str, str], count: int, function: Callable[..., Any], *columns: Sequence[Made]
    ) -> list[Made]:
        """So many tables with columns of these types, of the lines that the tasks of `map` make: by `to`, from 0."""


def threads(
    tasks: Tasks,
    parts: Sequence[step.ReadColumns],
    tickets: Mapping[str, str],
    groups: int | None = None,
    together: int = TOGETHER,
) -> list[Made]:
    """The threads of the work items in each part, as a table for each part that `threads_in_parts.thread_of` reads.

    A part reads its own rows, of the columns it is asked for; it is called twice. `tickets` maps keys of configured
    Jira projects to their host; projects with a ticket in any part are known besides. The threads, and their names,
    are those of `analysis.threads.threads` of all rows together, for any division into parts and any number of groups.

    A part's table has at most a line for each of its work items, and none for those that their thread is named after.
    To have all rows of a thread in one task, send each row to `links.bucket_of` its thread.
    """
    if not parts:
        return []
    groups = groups or -(-len(parts) // PARTS_A_GROUP)
    numbers = range(groups)
    places = _merged(tasks, step.merged_places, tasks.map(step.places_in, parts), together)
    known = tasks.map(step.known_in, [places], [dict(tickets)])[0]
    read = functools.partial(step.links_of, groups=groups)
    links = tasks.exchange(step.LINKS, groups, read, parts, range(len(parts)), [known] * len(parts))
    nodes = tasks.exchange(step.NODES, groups, functools.partial(step.nodes_of, buckets=groups), links, numbers)
    joined = tasks.map(step.joined, links, tasks.exchange(step.SHARED, groups, step.shared, nodes))
    pairs = _merged(tasks, step.merged, tasks.map(step.pairs_of, joined), together)
    items = tasks.map(step.settled, joined, [pairs] * groups)
    best = functools.partial(step.candidates, buckets=groups)
    named = tasks.exchange(
        step.NAMES, groups, step.named, tasks.exchange(step.CANDIDATES, groups, best, items, numbers)
    )
    return tasks.exchange(step.THREADS, len(parts), step.answers, links, items, named)


def _merged(tasks: Tasks, merge: Callable[[list[Any]], Any], made: list[Made], together: int) -> Made:
    """What was made, merged as a tree of tasks of a few each."""
    while len(made) > 1:
        made = tasks.map(merge, [made[at : at + together] for at in range(0, len(made), together)])
    return made[0]
