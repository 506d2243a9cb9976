"""The topic a commit came with: the merge that brought it, where that merge is named after a piece of work.

Projects that take no pull requests merge topic branches (`Merge branch 'ps/writev'`), and the message of such a merge
says what the topic is about. A commit's topic is the outermost merge that brought it and has a name of its own. Merges
of pull requests are none, nor are those that only keep branches together: back merges, maintenance, pulls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from . import messages
from .log import History
from .merges import NO_MERGE, Ancestry, MergeMap

LONGEST_TEXT = 2_000
"""Characters that are kept of what a merge says."""

_QUOTED = r"'[^']{1,300}'"
_MERGE = re.compile(
    r"Merge (?P<kind>branch(?:es)?|remote(?:-tracking)? branch(?:es)?|tags?|commit) "
    rf"(?P<names>{_QUOTED}(?:(?:, | and |, and ){_QUOTED}){{0,30}})(?P<more>.{{0,1000}})"
)
_TOPIC = re.compile(r"Merge changes from topics? ['\"](?P<name>[^'\"]{1,300})['\"]")
"""As Gerrit writes it."""
_OF_REPOSITORY = re.compile(r" (?:of|from) (?P<url>[^\s']{1,1000})")
_INTO = re.compile(r" into '?(?P<name>[^\s']{1,300})'?$")
_REMOTE = re.compile(r"(?:refs/)?(?:remotes/)?(?:origin|upstream)/|refs/(?:heads|tags)/")
_ANY_REMOTE = re.compile(r"(?:refs/)?(?:remotes/)?[^/]{1,100}/")
_KEEPING = re.compile(
    r"(?:main|master|trunk|default|develop(?:ment)?|dev|devel|head|next|seen|pu|staging|prod(?:uction)?|stable|maint"
    r"|maintenance|release|releases|rel|lts|hotfix|backports?|for-linus|for-next|for-upstream|features?|fixes|gh-pages"
    r"|origin|upstream|[\w-]{1,40}[-_/]ma(?:in|ster))"
    r"(?:[-_/.].*|\d.*)?"
    r"|(?:[\w-]{1,40}[-_/])?v?\d+(?:[._-](?:\d+|x))*(?:[._-]?(?:x|rc|alpha|beta|stable|maint|dev|final)[\w.-]{0,20})?",
    re.IGNORECASE,
)
"""Names of branches and tags that keep versions and not a piece of work."""
_NO_SUBJECT = re.compile(
    r".{0,200}\b(?:auto-?)?(?:merg|conflict|sync|revert)"
    r"|(?:Add|Split) '.{1,1000}/' (?:from|into) commit |.{1,1000}\(#\d{1,10}\)$",
    re.IGNORECASE,
)
"""Subject lines that speak of merging, and not of what was merged; `git subtree` writes the second kind."""


def topic(subject: str, project: str) -> str | None:
    """What a merge is named after: its branch or tag, the repository of a pull, or its own subject line; else None.

    `project` is ours, `org/repo`.
    """
    if found := _TOPIC.match(subject):
        return found["name"]
    found = _MERGE.match(subject)
    if found is None:
        return None if not subject or _NO_SUBJECT.match(subject) else subject
    into = _INTO.search(found["more"])
    remote = _ANY_REMOTE if found["kind"].startswith("remote") else _REMOTE
    names = [remote.sub("", each[1:-1]) for each in re.findall(_QUOTED, found["names"])]
    if found["kind"] != "commit" and not (into and into["name"] in names):
        named = [each for each in names if not _KEEPING.fullmatch(each.rpartition(":")[2])]
        if named:
            return ", ".join(named)
    return _other_repository(found["more"], project)


def _other_repository(after: str, project: str) -> str | None:
    """The name of the repository that was pulled from, unless it has ours, or may have it since ours is not known."""
    found = _OF_REPOSITORY.match(after)
    path = [each for each in re.split(r"[:/]+", found["url"].removesuffix(".git").rstrip("/")) if each] if found else []
    if not project or len(path) < 2 or path[-1].casefold() == project.rpartition("/")[2].casefold():
        return None
    return path[-1]


class Topics:
    """The topics of the commits below some heads; each is found when it is asked for."""

    def __init__(
        self, history: History, project: str, ancestry: Ancestry, merge_map: MergeMap, place: Sequence[int]
    ) -> None:
        """`project` is ours, `org/repo`; `place` is each position's index in the order of the ancestry."""
        self._history, self._project, self._ancestry, self._place = history, project, ancestry, place
        self._brought_by, self._merged, self._part_of = (
            ancestry.brought_by,
            merge_map.by_merge_commit,
            merge_map.part_of,
        )
        self._of_brought: dict[int, int] = {NO_MERGE: NO_MERGE}
        """By merge the topic's merge of what it brought."""

    def merge_of(self, position: int) -> int:
        """The position of the merge that a commit came with as a topic, or NO_MERGE.

        What a merge brought is looked up once, so that asking for all commits takes time in proportion to their number.
        """
        merges = []
        merge = self._brought_by[position]
        while merge not in self._of_brought:
            merges.append(merge)
            merge = self._brought_by[merge]
        found = self._of_brought[merge]
        for each in reversed(merges):
            if found == NO_MERGE and each not in self._merged and self.name(each):
                found = each
            self._of_brought[each] = found
        return found

    def as_extra(self, position: int) -> dict[str, str]:
        """The keys of the column `extra` that name a commit's topic; none where it has none."""
        merge = self.merge_of(position)
        name = None if merge == NO_MERGE else self.name(merge)
        said = messages.split(self._history.message(merge))[1][:LONGEST_TEXT].rstrip() if name else ""
        return ({"topic": name} if name else {}) | ({"topic_text": said} if said else {})

    @cached_property
    def of_all(self) -> list[int]:
        """What `merge_of` says of each commit, by position."""
        return [self.merge_of(position) for position in range(len(self._brought_by))]

    def brought_by(self, merge: int) -> list[int]:
        """The commits that came with the topic which a merge brought, without those of pull requests, newest first.

        Empty for any other commit. What a merge brought is all that lies between its first such commit and itself.
        """
        order, found = self._ancestry.order, list[int]()
        for place in range(self._place[merge] - 1, -1, -1) if self._history.is_merge(merge) else ():
            if self.merge_of(order[place]) != merge:
                break
            if not self._history.is_merge(order[place]) and order[place] not in self._part_of:
                found.append(order[place])
        return found

    def name(self, merge: int) -> str | None:
        """What a merge is named after; None where that is no piece of work."""
        return topic(messages.split(self._history.subject(merge))[0], self._project)
