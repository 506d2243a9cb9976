"""Which changed files are work, and the size of a change without the others.

What is not work says the list of `harvester.sdk.not_work`, the attributes `linguist-generated` and `linguist-vendored`
in the `.gitattributes` files of the branch that is read, and the configuration. All of a squashed subtree is another
repository's work. Attributes are those at the branch's head, also for a file that is gone: as of each commit they would
have to be looked up in every commit's tree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harvester.sdk.not_work import ATTRIBUTES, Attribute, Verdict, is_work
from harvester.sdk.sizes import NOTHING

from .diffs import CommitDiff
from .subprocess import Git, GitError, text

_GREP = (
    "grep", "--text", "--basic-regexp", "--no-line-number", "--no-column", "--full-name", "--no-color",
    "--no-recurse-submodules", "--no-textconv", "-e", "^",
)  # fmt: skip
"""All lines with their files, whatever the reader has configured for `git grep`."""
UNSPECIFIED = "unspecified"
"""What git says where no attribute is given."""


class WorkFiles:
    """Which files are work, in one repository; it asks git for the attributes of each path once."""

    def __init__(self, configured: Verdict, git: Git | None = None) -> None:
        """`git` reads the attributes of the branch; None where no attribute says anything."""
        self._configured, self._git = configured, git
        self._known: dict[str, bool] = {}

    def sized(self, diffs: Sequence[CommitDiff]) -> Iterator[CommitDiff]:
        """The same commits with the size of what is work in each, and of what is not."""
        self._load([path for diff in diffs for path in diff.paths or ()])
        for diff in diffs:
            paths = diff.paths or ()
            marks = [not diff.is_squashed_subtree and self._known[path] for path in paths]
            if all(marks):
                yield dataclasses.replace(diff, size=diff.changes.size, not_work=NOTHING)
            else:
                others = diff.changes.only([not each for each in marks])
                yield dataclasses.replace(diff, size=diff.changes.only(marks).size, not_work=others.size)

    def _load(self, paths: Sequence[str]) -> None:
        new = [each for each in dict.fromkeys(paths) if each not in self._known]
        attributes = dict(_attributes(self._git, new)) if self._git and new else {}
        self._known |= {each: is_work(each, attributes.get(each, {}), self._configured) for each in new}


def linguist_lines(git: Git, head: str | None) -> bytes:
    """All lines of the `.gitattributes` files of a commit, where one says what is generated or vendored; else nothing.

    Where a partial clone lacks such a file, it says nothing.
    """
    if head is None:
        return b""
    try:
        lines = git.output(*_GREP, head, "--", ":(top,glob)**/.gitattributes")
    except GitError:  # git's way of saying that there is no such file
        return b""
    return lines.replace(f"{head}:".encode(), b"") if b"linguist-" in lines else b""


@contextmanager
def work_files(git: Git, head: str | None, lines: bytes, configured: Verdict) -> Iterator[WorkFiles]:
    """Which files are work by the attributes at a commit, given its `linguist_lines`.

    git reads them from an index of the commit's tree, so that nothing in the folder counts.
    """
    if head is None or not lines:
        yield WorkFiles(configured)
        return
    with git.without_configuration() as plain:
        plain.output("read-tree", head)
        yield WorkFiles(configured, plain)


def _attributes(git: Git, paths: Sequence[str]) -> Iterator[tuple[str, dict[Attribute, bool]]]:
    """The attributes of each path that are set or unset."""
    given = "".join(f"{path}\0" for path in paths).encode()
    fields = text(git.output("check-attr", "--cached", "--stdin", "-z", *ATTRIBUTES, stdin=given)).split("\0")
    values = fields[2:-1:3]
    for number, path in enumerate(paths):
        of_path = values[len(ATTRIBUTES) * number : len(ATTRIBUTES) * (number + 1)]
        marked = {name: _is_set(value) for name, value in zip(ATTRIBUTES, of_path, strict=True) if value != UNSPECIFIED}
        yield path, marked


def _is_set(value: str) -> bool:
    """Whether an attribute has a value that GitHub takes for true: `linguist-generated`, `linguist-generated=true`."""
    return value not in ("unset", "false")
