"""Local branches that are still there after their work was squashed into the default branch.

A branch was squashed into a commit where both change the same lines: the patch of the branch since its merge base has
the patch id of the commit (https://git-scm.com/docs/git-patch-id). Patches are read only where both change the same
files, so a history without such branches costs no more than the names of the files.
Test: test_a_squashed_branch_is_its_pull_request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from .diffs import read_diffs
from .log import History
from .subprocess import Git, lines, text

MOST_BYTES = 1 << 26
"""A branch whose patch is longer is not compared."""
MOST_AT_ONCE = 100
_DIFF = ("diff-tree", "-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")


def squashed_branches(
    git: Git,
    history: History,
    parents: Sequence[Sequence[int]],
    heads: Sequence[str],
    ours: bytearray,
    squashes: Mapping[int, str],
) -> dict[int, str]:
    """The work item of the pull request that each commit of a squashed branch is part of, by position.

    The first head is the default branch's, and `ours` has a mark for each commit that it reaches; `squashes` are the
    squashed commits with their work items.
    """
    own = {head: _own_commits(parents, history.index[head.encode()], ours) for head in heads[1:]}
    found_bases = {head: _merge_base(git, history, parents, (heads[0], head), own[head]) for head in own}
    bases = {head: base for head, base in found_bases.items() if base}
    by_files = _by_files(git, history, ours, squashes, list(bases.values()))
    candidates = {head: by_files.get(_files(git, base, head), []) for head, base in bases.items()}
    shas = {text(history.shas[position]): position for of_head in candidates.values() for position in of_head}
    patch_ids = _patch_ids(git, list(shas))
    squash_by_patch = {patch_ids[sha]: shas[sha] for sha in reversed(shas) if sha in patch_ids}
    found: dict[int, str] = {}
    for head, base in bases.items():
        patch = _patch_id(git, _patch(git, base, head)) if candidates[head] else None
        if patch in squash_by_patch:
            work_item = squashes[squash_by_patch[patch]]
            found |= {each: work_item for each in own[head] if not history.is_merge(each)}
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
    git: Git, history: History, ours: bytearray, squashes: Mapping[int, str], bases: Sequence[str]
) -> dict[frozenset[str], list[int]]:
    """The squashed commits of the default branch since the oldest of the merge bases, by the files that they change."""
    if not bases:
        return {}
    oldest = min(history.times[history.index[base.encode()]] or 0 for base in bases)
    chosen = [
        position
        for position in sorted(squashes, reverse=True)
        if ours[position] and history.parents[position] and (history.times[position] or 0) >= oldest
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
    output = git.output(*_DIFF, "--name-only", "-z", base, head)
    return frozenset(text(output).split("\0")[:-1])


def _patch(git: Git, *arguments: str, stdin: bytes = b"") -> bytes | None:
    """What changed between two commits, or with `--stdin` in each commit; None where that is too long."""
    chunks, size = list[bytes](), 0
    with git.stream([*_DIFF, "-p", "--full-index", *arguments], stdin) as running:
        for chunk in running.chunks():
            size += len(chunk)
            if size <= MOST_BYTES:
                chunks.append(chunk)
    return b"".join(chunks) if size <= MOST_BYTES else None


def _patch_id(git: Git, patch: bytes | None) -> str | None:
    """The patch id of a patch; None for no change, and for a patch that is too long."""
    return text(git.output("patch-id", "--stable", stdin=patch)).partition(" ")[0] or None if patch else None


def _patch_ids(git: Git, shas: Sequence[str]) -> dict[str, str]:
    """The patch id of each commit by its hash, without those whose patch is too long."""
    if not shas:
        return {}
    patches = _patch(git, "--stdin", stdin=lines(shas)) if len(shas) <= MOST_AT_ONCE else None
    if patches is not None:
        printed = text(git.output("patch-id", "--stable", stdin=patches)).splitlines()
        return {sha: patch for patch, _, sha in (line.partition(" ") for line in printed)}
    half = len(shas) // 2
    return _patch_ids(git, shas[:half]) | _patch_ids(git, shas[half:]) if half else {}
