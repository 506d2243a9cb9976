"""Patch ids: which changes are the same lines in the same files, wherever they are in them.

See https://git-scm.com/docs/git-patch-id. White space does not matter, nor do line numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from .subprocess import Git, GitError, lines, text

MOST_BYTES = 1 << 26
"""A longer patch is not compared."""
MOST_AT_ONCE = 100
MOST_FAILURES = 200
"""As often git may fail, which in a clone that lacks a few contents is several times for each of them."""
DIFF = ("diff-tree", "-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")


def patch_id_between(git: Git, base: str, head: str) -> str | None:
    """The patch id of what changed between two commits; None for no change, and for a patch that is too long."""
    patch = _patch(git, base, head)
    return text(git.output("patch-id", "--stable", stdin=patch)).partition(" ")[0] or None if patch else None


def patch_ids_of(git: Git, shas: Sequence[str]) -> dict[str, str]:
    """The patch id of each commit by its hash, without those that change nothing or whose patch is too long.

    Where a partial clone lacks the contents of some, git ends at the first of them. So what could not be read at once
    is read in halves; a clone that lacks much is given up after a number of attempts, always the same.
    """
    found: dict[str, str] = {}
    waiting, failures = [list(shas)] if shas else [], 0
    while waiting and failures < MOST_FAILURES:
        part = waiting.pop()
        patches = None
        try:
            patches = _patch(git, "--stdin", stdin=lines(part)) if len(part) <= MOST_AT_ONCE else None
        except GitError:
            failures += 1
        if patches is not None:
            printed = text(git.output("patch-id", "--stable", stdin=patches)).splitlines()
            found |= {sha: patch for patch, _, sha in (line.partition(" ") for line in printed)}
        elif len(part) > 1:
            waiting += [part[len(part) // 2 :], part[: len(part) // 2]]
    return found


def _patch(git: Git, *arguments: str, stdin: bytes = b"") -> bytes | None:
    """What changed between two commits, or with `--stdin` in each commit; None where that is too long."""
    chunks, size = list[bytes](), 0
    with git.stream([*DIFF, "-p", "--full-index", *arguments], stdin) as running:
        for chunk in running.chunks():
            size += len(chunk)
            if size <= MOST_BYTES:
                chunks.append(chunk)
    return b"".join(chunks) if size <= MOST_BYTES else None
