"""Local branches that are still there after their work was squashed into the default branch.

A branch was squashed into a commit where both change the same lines: the patch of the branch since its merge base has
the patch id of the commit (https://git-scm.com/docs/git-patch-id). Patches are read only where both change the same
files, so a history without such branches costs no more than the names of the files.
Test: test_a_squashed_branch_is_its_pull_request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .diffs import read_diffs
from .log import History
from .subprocess import Git, text

MOST_BYTES = 1 << 26
"""A branch whose patch is longer is not compared."""
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
    bases = {head: git.line("merge-base", heads[0], head) for head, commits in own.items() if commits}
    by_files = _by_files(git, history, ours, squashes, [base for base in bases.values() if base])
    found: dict[int, str] = {}
    for head, base in bases.items():
        candidates = by_files.get(_files(git, base, head), []) if base and by_files else []
        wanted = _patch_id(git, base, head) if candidates else None
        same = (each for each in candidates if wanted and wanted == _patch_id(git, *_with_parent(history, each)))
        if (squash := next(same, None)) is not None:
            found |= {each: squashes[squash] for each in own[head] if not history.is_merge(each)}
    return found


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
    for diff in read_diffs(git, [text(history.shas[position]) for position in chosen], "names"):
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


def _with_parent(history: History, position: int) -> tuple[str, str]:
    return text(history.parents[position]), text(history.shas[position])


def _files(git: Git, base: str, head: str) -> frozenset[str]:
    output = git.output(*_DIFF, "--name-only", "-z", base, head)
    return frozenset(text(output).split("\0")[:-1])


def _patch_id(git: Git, base: str, head: str) -> str | None:
    """The patch id of what changed between two commits; None for no change, and for a patch that is too long."""
    with git.stream([*_DIFF, "-p", "--full-index", base, head]) as stream:
        patch, is_longer = stream.read(MOST_BYTES), False
        while stream.read(MOST_BYTES):
            is_longer = True
    if not patch or is_longer:
        return None
    return text(git.output("patch-id", "--stable", stdin=patch)).partition(" ")[0] or None
