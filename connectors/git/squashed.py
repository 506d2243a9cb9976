"""Local branches that are still there after their work was squashed into the default branch.

A branch was squashed into a commit where both change the same lines: the patch of the branch since its merge base has
the patch id of the commit (https://git-scm.com/docs/git-patch-id). Patches are read only where both change the same
files, so a history without such branches costs no more than the names of the files.
Tests: test_a_squashed_branch_is_its_pull_request, test_a_squashed_branch_without_a_number_counts_once.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from itertools import chain

from .diffs import read_diffs
from .log import History
from .patch_ids import DIFF, patch_id_between, patch_ids_of
from .subprocess import Git, text


def squashed_branches(
    git: Git,
    history: History,
    parents: Sequence[Sequence[int]],
    heads: Sequence[str],
    ours: bytearray,
    pull_requests: Container[int],
) -> dict[int, int]:
    """The squashed commit of the default branch that each commit of a squashed branch went into, by position.

    The first head is the default branch's, and `ours` has a mark for each commit that it reaches; `pull_requests` are
    the commits that merged a pull request. Besides these a commit may be a squash that has an author of the branch.
    """
    own = {head: _own_commits(parents, history.index[head.encode()], ours) for head in heads[1:]}
    authors = {history.addresses[position] for of_head in own.values() for position in of_head}
    squashes = {
        position
        for position, address in enumerate(history.addresses)
        if ours[position] and not history.is_merge(position) and (position in pull_requests or address in authors)
    }
    found_bases = {head: _merge_base(git, history, parents, (heads[0], head), own[head]) for head in own}
    bases = {head: base for head, base in found_bases.items() if base}
    by_files = _by_files(git, history, squashes, list(bases.values()))
    candidates = {head: by_files.get(_files(git, base, head), []) for head, base in bases.items()}
    shas = {text(history.shas[position]): position for of_head in candidates.values() for position in of_head}
    patch_ids = patch_ids_of(git, list(shas))
    squash_by_patch = {patch_ids[sha]: shas[sha] for sha in reversed(shas) if sha in patch_ids}
    found: dict[int, int] = {}
    for head, base in bases.items():
        patch = patch_id_between(git, base, head) if candidates[head] else None
        if patch in squash_by_patch:
            squash = squash_by_patch[patch]
            found |= {each: squash for each in own[head] if not history.is_merge(each)}
    return found


def _merge_base(
    git: Git, history: History, parents: Sequence[Sequence[int]], heads: tuple[str, str], own: Sequence[int]
) -> str | None:
    """The commit at which a branch left the default branch; None for a branch without commits of its own.

    It is the only commit below the branch's own, or where there are several git knows the newest.
    """
    below = {parent for each in own for parent in parents[each]} - set(own)
    if len(below) > 1:
        return git.line("merge-base", *heads) or None
    return text(history.shas[below.pop()]) if below else None


def _by_files(
    git: Git, history: History, squashes: Collection[int], bases: Sequence[str]
) -> dict[frozenset[str], list[int]]:
    """The squashed commits of the default branch since the oldest of the merge bases, by the files that they change."""
    if not bases:
        return {}
    oldest = min(history.times[history.index[base.encode()]] or 0 for base in bases)
    chosen = [
        position
        for position in sorted(squashes, reverse=True)
        if history.parents[position] and (history.times[position] or 0) >= oldest
    ]
    found: dict[frozenset[str], list[int]] = {}
    for diff in chain.from_iterable(read_diffs(git, [text(history.shas[position]) for position in chosen], "names")):
        found.setdefault(frozenset(diff.paths or ()), []).append(history.index[diff.sha.encode()])
    return found


def _own_commits(parents: Sequence[Sequence[int]], head: int, ours: bytearray) -> list[int]:
    """The commits that a head reaches and that are not marked as the default branch's."""
    own: set[int] = set()
    waiting = [head]
    while waiting:
        position = waiting.pop()
        if not ours[position] and position not in own:
            own.add(position)
            waiting.extend(parents[position])
    return sorted(own)


def _files(git: Git, base: str, head: str) -> frozenset[str]:
    output = git.output(*DIFF, "--name-only", "-z", base, head)
    return frozenset(text(output).split("\0")[:-1])
