"""Which commits name the same pull request, since numbers are reused when a project moves. Pure.

A form that is not the present forge's own names a pull request of another forge; so does a `Title (#12)` that no forge
committed, where it is older than all that is certainly the present forge's. Of two commits with one form and one
number, both certain to be a pull request's, with neither title nor branch in common, the later names another pull
request. Squashed commits do not say their branch, and people write `Title (#12)` of an issue more than once; so between
these only a restart decides: the numbers began again in another repository. What is older than a restart is the older
repository's, whether or not its number has been reused yet. Where two pull requests have one number without a restart,
one of them was merged in somebody's fork, or its number is a slip; it is the present one that the forge committed.

In a restart several numbers are reused, all first uses are older than all second ones, the numbers are lower
than they were, and not few of those that had been used before are reused (in the histories of pytest and Rails, which
have no restart, twenty pull requests have a number that is reused).

A pull request of another forge or an older repository has a work item of its own, which ends in the hash of the commit
that merged it and its number; so it never has the address of a stranger's new one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from .messages import Forge, PullRequest

MIN_RESTART = 2
"""At least as many numbers are reused after a restart; only one may be a slip."""
MIN_SHARE = 8
"""At least one of as many numbers that were used before is reused."""
AROUND = 20
"""As many pull requests before and after a restart are compared."""

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
    by_forge: bool = False
    """Whether the forge itself committed it."""

    @property
    def number(self) -> int:
        """Its number alone."""
        return int(self.pull_request.reference[1:])

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
    ours = [each for key in present for each in by_key[key] if not each.is_pick]
    restart = _restart([groups[key] for key in present], sorted(ours, key=lambda each: each.time))
    if restart is None:
        groups = {key: _groups(of_key, by_title=False) for key, of_key in by_key.items()}
    items: dict[int, str] = {}
    for key, of_number in groups.items():
        present_group = _present(of_number, restart) if key in present else None
        for group in of_number:
            item = key[0] if group is present_group else _old_work_item(group.first, shas[group.first.position])
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


def _present(groups: Sequence[Group], restart: int | None) -> Group | None:
    """Which of the pull requests with one number is the present repository's; None where nobody can know."""
    since = [group for group in groups if restart is None or group.first.time >= restart]
    if len(since) > 1:
        since = [group for group in since if any(each.by_forge for each in group.namings)]
    return since[0] if len(since) == 1 else None


def _restart(groups: Iterable[Sequence[Group]], namings: Sequence[Naming]) -> int | None:
    """When the numbers began again, in seconds since 1970; None where they did not, or not clearly.

    `namings` are all of the present forge, in the order of their times.
    """
    again = [(of_number[-2].first, of_number[-1].first) for of_number in groups if len(of_number) > 1]
    if len(again) < MIN_RESTART:
        return None
    last_old, restart = max(old.time for old, _ in again), min(new.time for _, new in again)
    before = [each for each in namings if each.time < restart]
    after = [each.number for each in namings if each.time >= restart]
    level = median(after[:AROUND])
    if last_old >= restart or level > median(each.number for each in before[-AROUND:]):
        return None
    highest = max(each.number for each in before)
    if len(again) * MIN_SHARE < len({number for number in after if number <= highest}):
        return None
    # The first ones after the restart may have numbers that the older repository did not merge.
    while before and before[-1].time > last_old and before[-1].number <= level:
        restart = before.pop().time
    return restart


def usual_forge(pull_requests: Iterable[PullRequest]) -> Forge | None:
    """The forge whose forms are the most; None without any."""
    counts: dict[Forge, int] = {}
    for each in pull_requests:
        if each.forge:
            counts[each.forge] = counts.get(each.forge, 0) + 1
    return max(sorted(counts), key=lambda forge: counts[forge], default=None)
