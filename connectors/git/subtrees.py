"""In which folder another repository's history was taken in, whose own paths lack that folder. Pure.

`git subtree add` without `--squash` merges the other history, and the message of this merge names the folder
(https://github.com/git/git/blob/master/contrib/subtree/git-subtree.adoc). `git subtree pull` merges what came later,
and its message does not; but what came later has its first parent in the folder already.
Test: test_imported_history_lies_in_its_folder.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import messages
from .log import History
from .merges import NO_MERGE, Ancestry

Folders = Mapping[int, str]
"""By the position of an imported commit the folder that its paths are below."""


def imported_folders(history: History, ancestry: Ancestry) -> Folders:
    """The folder of each imported commit that is reached.

    In the order of the ancestry, so that a commit's first parent has its folder before the commit. An import within an
    import lies in both folders.
    """
    added = _added(history)
    if not added:
        return {}
    folders: dict[int, str] = {}
    of_merge: dict[int, str] = {NO_MERGE: ""}
    for position in ancestry.order:
        merge = ancestry.brought_by[position]
        if merge == NO_MERGE:
            continue
        _fill(merge, added, ancestry.brought_by, of_merge)
        first_parent = history.index.get(history.parents[position].partition(b" ")[0], NO_MERGE)
        folder = of_merge[merge] if merge in added else folders.get(first_parent, of_merge[merge])
        if folder:
            folders[position] = folder
    return folders


def _added(history: History) -> dict[int, str]:
    """The merges that added another history as a folder, each with the folder."""
    return {
        position: folder
        for position, message in history.messages.items()
        if messages.SUBTREE_MARKER in message
        and history.is_merge(position)
        and (folder := messages.added_subtree(history.message(position), history.parents[position].decode()))
    }


def _fill(merge: int, added: Mapping[int, str], brought_by: list[int], of_merge: dict[int, str]) -> None:
    """Note the folder of what a merge brought: the merge's own within the folder of what it came with."""
    chain = []
    while merge not in of_merge:
        chain.append(merge)
        merge = brought_by[merge]
    for each in reversed(chain):
        of_merge[each] = "/".join(filter(None, (of_merge[brought_by[each]], added.get(each))))
