"""What a review is of: the pull request or the topic that a commit came with, or the commit alone. Pure.

A review of twelve commits of one topic is a review of one change, as one of a pull request is on a forge. So the work
item of a review is the pull request's, the commit that merged the topic, or else the commit. A forge's review of the
same pull request has the same work item, and both are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import messages
from .authors import Author, CommitAuthors, Helper, rank_authors
from .facts import HistoryFacts
from .log import History
from .merges import NO_MERGE, MergedPullRequest
from .rows import credit_for
from .subprocess import text
from .trailers import HELPER

APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Change:
    """A pull request, a topic, or a commit that came with neither."""

    work_item: str
    title: str
    owners: tuple[Author, ...]
    """Who wrote it, who wrote most of it first."""
    sha: str
    """The commit that it landed with."""
    merged: MergedPullRequest | None = None
    topic: str = ""
    """The topic's name; empty for a pull request and a commit."""
    commits: int = 0
    """How many commits came with the topic; 0 for a pull request and a commit."""


@dataclass
class Changes:
    """The changes that the commits of a history came with, once their people were loaded."""

    history: History
    facts: HistoryFacts
    authors: CommitAuthors
    _pull_requests: dict[str, Change] = field(default_factory=dict)
    _topics: dict[int, Change | None] = field(default_factory=dict)

    def of(self, position: int) -> Change:
        """The change that a commit came with, or that it merged."""
        merge_map = self.facts.merge_map
        merged = merge_map.by_merge_commit.get(position)
        merged = merged or merge_map.pull_requests.get(merge_map.part_of.get(position, ""))
        if merged:
            return self._of_pull_request(merged)
        topic = self.facts.topics.merge_of(position)
        if found := self.topic(position) or (topic != NO_MERGE and self.topic(topic)):
            return found
        sha = text(self.history.shas[position])
        return Change(f"commit/{sha}", "", (self.authors.author(position),), sha)

    def topic(self, merge: int) -> Change | None:
        """The topic that a merge brought; None where it is none, or all of it came with pull requests."""
        if merge not in self._topics:
            commits = self.facts.topics.brought_by(merge)
            sha, name = text(self.history.shas[merge]), self.facts.topics.name(merge) if commits else ""
            writers = rank_authors(map(self.authors.author, reversed(commits)))
            made = Change(f"commit/{sha}", name or "", writers, sha, topic=name or "", commits=len(commits))
            self._topics[merge] = made if name else None
        return self._topics[merge]

    def helpers(self, position: int) -> tuple[Helper, ...]:
        """Who reviewed or helped with a commit that others wrote.

        Nobody reviews their own commit, or a commit in their own pull request. A merge has what its message says of the
        whole that it brought; one that is neither a pull request's nor a topic's says nothing of work.
        """
        named = self.authors.helpers(position)
        if not named:
            return ()
        change = self.of(position)
        is_merge, is_landing = self.history.is_merge(position), position in self.facts.merge_map.by_merge_commit
        if is_merge and not is_landing and not self.topic(position):
            return ()
        own: list[Author] = [] if is_merge else self.authors.all_of([position])
        own += change.owners if is_landing else change.owners[:1] if is_merge or change.merged else ()
        persons = {each.person for each in own}
        return tuple(_as_meant(each, is_landing) for each in named if each.who.person not in persons)

    def owners(self, position: int) -> Sequence[Author]:
        """Whose work a review of a commit is about: of a topic the author of the commit."""
        change = self.of(position)
        if change.merged or self.history.is_merge(position):
            return change.owners[:1]
        return (self.authors.author(position),)

    def title(self, position: int, message: str) -> str:
        """What the change is called; a commit by its own subject line."""
        return self.of(position).title or messages.split(message)[0]

    def _of_pull_request(self, merged: MergedPullRequest) -> Change:
        if merged.work_item not in self._pull_requests:
            self._pull_requests[merged.work_item] = Change(
                merged.work_item, merged.pull_request.title, credit_for(merged, self.authors),
                text(self.history.shas[merged.merge_commit]), merged,
            )  # fmt: skip
        return self._pull_requests[merged.work_item]


def _as_meant(helper: Helper, is_landing: bool) -> Helper:
    """An approval is a review where a forge writes it, in the commit that merged a pull request."""
    only_approved = not is_landing and helper.words == (APPROVED,)
    return Helper(helper.who, HELPER, helper.words) if only_approved else helper
