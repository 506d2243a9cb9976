"""Which commits name the same pull request, since numbers come again when a project moves. Pure.

A form that is not the present forge's own names a pull request of another forge; so does a `Title (#12)` that no forge
committed, where it is older than all that is certainly the present forge's. Of two commits with one form and one
number, both certain to be a pull request's, with neither title nor branch in common, the later names another pull
request: that of the repository in which the numbers began again. Squashed commits do not say their branch, and people
write `Title (#12)` of an issue more than once; so between these only a restart decides: several numbers come again, and
all that came first are older than all that came again. What is older than a restart is the older repository's,
whether or not its number has come again yet.

A pull request of another forge or an older repository has a work item of its own, which ends in the hash of the commit
that merged it and its number; so it never has the address of a stranger's new one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from .messages import Forge, PullRequest

MIN_RESTART = 2
"""As many numbers come again after a restart; one alone may be a slip."""

MOST_COMPARED = 5
"""With as many earlier pull requests of its number a commit is compared, the last ones."""


@dataclass(frozen=True)
class Naming:
    """A commit that names a pull request as merged."""

    position: int
    time: int
    pull_request: PullRequest
    work_item: str
    """By the number alone."""
    is_pick: bool = False

    @cached_property
    def title(self) -> str:
        """The title without case and spaces; empty where it is only the subject line of a merge."""
        title = self.pull_request.title
        return "" if title.startswith(("Merge ", "Merged in ")) else "".join(title.split()).casefold()


@dataclass(slots=True)
class Group:
    """The commits that name one pull request, the first in time first."""

    namings: list[Naming]

    @property
    def first(self) -> Naming:
        """The commit that merged it."""
        return self.namings[0]


Key = tuple[str, Forge | None]
"""A work item by number alone, and the forge whose form names it."""


def work_items(namings: Sequence[Naming], forge: Forge | None, shas: Sequence[bytes]) -> dict[int, str]:
    """The work item that each commit names, by position; the namings are in the order of their times, picks last.

    `forge` is the present one, whose newest numbers are the present ones.
    """
    by_key: dict[Key, list[Naming]] = {}
    before, moved_at = _before_the_move(namings, forge)
    for each in namings:
        is_before = not each.pull_request.certain and each.time < moved_at
        by_key.setdefault((each.work_item, before if is_before else each.pull_request.forge), []).append(each)
    present = {key for key in by_key if forge is None or key[1] in (None, forge)}
    groups = {key: _groups(of_key, by_title=True) for key, of_key in by_key.items()}
    restart = _restart([groups[key] for key in present])
    if restart is None:
        groups = {key: _groups(of_key, by_title=False) for key, of_key in by_key.items()}
    items: dict[int, str] = {}
    for key, of_number in groups.items():
        for group in of_number:
            newest = group is of_number[-1] and key in present
            ours = newest and (restart is None or group.first.time >= restart)
            item = key[0] if ours else _old_work_item(group.first, shas[group.first.position])
            items |= {each.position: item for each in group.namings}
    return items


def _before_the_move(namings: Sequence[Naming], forge: Forge | None) -> tuple[Forge | None, float]:
    """The other forge whose forms there are, and when the first certain form of the present one came.

    (The present forge, -infinity) where the history has no other forge's forms.
    """
    other = usual_forge(each.pull_request for each in namings if each.pull_request.forge != forge)
    if forge is None or other is None:
        return forge, -math.inf
    certain = (each.time for each in namings if each.pull_request.certain and each.pull_request.forge == forge)
    return other, min(certain, default=math.inf)


def _old_work_item(first: Naming, sha: bytes) -> str:
    reference = first.pull_request.reference
    return f"{first.work_item.removesuffix(reference)}~{sha[:10].decode('ascii')}{reference}"


def _groups(namings: Iterable[Naming], *, by_title: bool) -> list[Group]:
    """The pull requests that commits with one number name, in the order of their first commits."""
    groups: list[Group] = []
    for each in namings:
        compared = reversed(groups[-MOST_COMPARED:])
        same = next((group for group in compared if not _differ(group.first, each, by_title)), None)
        if same is None and each.is_pick and groups:
            same = groups[-1]
        if same is None:
            groups.append(Group([each]))
        else:
            same.namings.append(each)
    return groups


def _differ(first: Naming, later: Naming, by_title: bool) -> bool:
    """Whether two commits with one number name two pull requests; `by_title` also where only titles can be compared."""
    one, other = first.pull_request, later.pull_request
    if not (one.certain and other.certain):
        return False
    titles = bool(first.title and later.title)
    if titles and (first.title in later.title or later.title in first.title):
        return False
    if one.branch and other.branch:
        return one.branch.casefold() != other.branch.casefold()
    return by_title and titles


def _restart(groups: Iterable[Sequence[Group]]) -> int | None:
    """When the numbers began again, in seconds since 1970; None where they did not, or not clearly."""
    again = [(of_number[-2].first.time, of_number[-1].first.time) for of_number in groups if len(of_number) > 1]
    before, after = max((old for old, _ in again), default=0), min((new for _, new in again), default=0)
    return after if len(again) >= MIN_RESTART and before < after else None


def usual_forge(pull_requests: Iterable[PullRequest]) -> Forge | None:
    """The forge whose forms are the most; None without any."""
    counts: dict[Forge, int] = {}
    for each in pull_requests:
        if each.forge:
            counts[each.forge] = counts.get(each.forge, 0) + 1
    return max(sorted(counts), key=lambda forge: counts[forge], default=None)
