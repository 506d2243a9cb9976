"""When each commit landed: when it reached the branch that is read, which may be long after it was written.

A commit lands with the commit of the branch's first-parent line that brought it: the outermost merge, or itself where
it lies on that line. So a pull request and its commits land at the same time, and a commit that was written in June and
merged in July counts in July. Of several branches the first that reaches a commit decides.
Test: test_a_commit_lands_with_the_outermost_merge.
"""

from __future__ import annotations

from collections.abc import Collection

from .log import History
from .merges import NO_MERGE, Ancestry

Times = list[int | None]
"""In seconds since 1970, by position; None where no date can be read, and for what is not reached."""


def landing_times(history: History, ancestry: Ancestry, boundary: Collection[bytes]) -> Times:
    """The committer date of the commit with which each commit landed.

    From the newest to the oldest, so that for the merge that brought a commit the answer is there already.

    A shallow clone lacks history, and so may show a commit as brought by a late merge that the branch had long before.
    What is no newer than the newest commit at which it was cut off therefore lands at its own time.
    """
    own, brought_by = history.times, ancestry.brought_by
    landed: Times = [None] * len(own)
    for position in reversed(ancestry.order):
        merge = brought_by[position]
        landed[position] = own[position] if merge == NO_MERGE else landed[merge]
    cut = [own[history.index[sha]] or 0 for sha in boundary if sha in history.index]
    if cut:
        newest = max(cut)
        for position in ancestry.order:
            if (at := own[position]) is not None and at <= newest:
                landed[position] = at
    return landed
