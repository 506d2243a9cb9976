"""A page as an issue: created once, found again by its marker and its author, and written only where it differs.

What does not fit into the issue is in comments below it, a part each. A part that a person has edited is not
overwritten, and one that is no longer needed is removed. Nothing here knows a particular service.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from harvester.errors import PublishError
from harvester.publishing.headings import split, without_fragments, without_title
from harvester.publishing.markers import LONGEST, is_edited, marked, marker_of
from harvester.publishing.publisher import Action, Page, Publication, PublisherContext, Step
from harvester.sdk.http import RetryPolicy
from harvester.text import count_noun, shorten

T = TypeVar("T")
MOST_PARTS = 100
"""Parts of a page that are published: the issue and its comments, 6.5 million characters on GitHub."""
LONGEST_TITLE = 250
"""Characters of a title; GitHub takes 256 and GitLab 255."""
LATER = "Publish it again later: what is there already is not written twice."
PATIENCE = 3700.0
"""Seconds of all waits together: until the next hour's quota."""


@dataclass(frozen=True, slots=True)
class Text:
    """An issue or a comment, as it is there."""

    id: int
    """What it is called in addresses: an issue's number, a comment's id."""
    body: str
    url: str
    created_at: str
    """The time in ISO 8601, by which two are put in order."""
    is_mine: bool
    """Whether the owner of the token wrote it."""
    author: str = ""
    """Who wrote it, as the service names them."""
    is_trusted: bool = False
    """Whether the author belongs to the place, so that the token may have been theirs before."""
    title: str = ""
    is_open: bool = True
    has_comments: bool = False


class IssueTracker(Protocol):
    """The issues of one repository or project. Every method raises WebError; those that write try once."""

    name: str
    limit: int
    """The most characters of a body."""
    retry: RetryPolicy

    def size(self, text: str) -> int:
        """The characters of a text as the service counts them, or more."""

    def safe(self, text: str) -> str:
        """A page's text so that the service does nothing with it but show it."""

    def issues(self, since: dt.date) -> Iterable[Text]:
        """Issues that were created since about this day, and perhaps older ones."""

    def comments(self, issue: int) -> Iterable[Text]:
        """All comments of an issue."""

    def create_issue(self, title: str, body: str) -> Text:
        """Create an issue."""

    def update_issue(self, issue: int, body: str) -> Text:
        """Replace an issue's body."""

    def create_comment(self, issue: int, body: str) -> Text:
        """Write a comment."""

    def update_comment(self, issue: int, comment: int, body: str) -> Text:
        """Replace a comment's body."""

    def delete_comment(self, issue: int, comment: int) -> None:
        """Delete a comment."""


@dataclass
class IssueWriter:
    """Publishes one page into one tracker."""

    tracker: IssueTracker
    context: PublisherContext
    page: Page
    steps: list[Step] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def publish(self) -> Publication:
        """Create or update the issue and its comments; raises WebError, and PublishError for what was edited."""
        bodies = self._bodies()
        issue = self._find()
        if issue is None:
            issue = self._create(bodies)
            others: Sequence[Text] = []
        else:
            others = self._comments(issue) if len(bodies) > 1 or issue.has_comments else []
            self._update(issue, bodies, others)
        self._write_comments(issue, bodies, others)
        return Publication(tuple(self.steps), issue.url if issue else "", tuple(self.remarks))

    def _bodies(self) -> list[str]:
        """The page in marked parts that fit."""
        parts, left = parts_of(self.page, self.tracker)
        if left:
            self.remarks.append(f"The page is too long; left out at its end: {count_noun(left, 'part')}.")
        return [marked(self.page.key, number, len(parts), part) for number, part in enumerate(parts, 1)]

    def _find(self) -> Text | None:
        """The oldest issue of this page; None where there is none."""
        every = list(self.tracker.issues(self._since()))
        mine = [each for each in every if each.is_mine]
        found = sorted(self._own(mine, 1), key=_age)
        for each in found[1:]:
            self._point(each, found[0])
        if found:
            return found[0]
        title = shorten(self.page.title, LONGEST_TITLE)
        lost = sorted((each for each in mine if each.title == title and marker_of(each.body) is None), key=_age)
        if lost:
            self._refuse(f"{lost[0].url} has this page's title and no marker: it has been edited")
            return lost[0]
        return self._of_another(every)

    def _point(self, second: Text, first: Text) -> None:
        """Say in a second issue of this page where the page is, unless a person has edited it."""
        self.remarks.append(f"{second.url} is a second issue for this page; {first.url} is the one kept up to date.")
        body = marked(self.page.key, 1, 1, f"*This page is kept up to date in {first.url}.*\n")
        if not is_edited(second.body) and not _is_same(second, body):
            self._rewrite(second, body)

    def _rewrite(self, issue: Text, body: str) -> None:
        retry = self.tracker.retry
        self._write(
            "update", f"issue {issue.url}", lambda: retry.call(lambda: self.tracker.update_issue(issue.id, body))
        )

    def _of_another(self, every: Iterable[Text]) -> Text | None:
        """The oldest issue of this page that was published with another account's token; None where there is none."""
        theirs = min(self._own((each for each in every if each.is_trusted), 1), key=_age, default=None)
        if theirs:
            self.remarks.append(f"{theirs.url} was written by another account, and is kept up to date all the same.")
        return theirs

    def _since(self) -> dt.date:
        """The day before which the page was not published: at most the length of its period ahead of it."""
        return self.page.earliest(self.context.clock().date())

    def _own(self, texts: Iterable[Text], number: int | None = None) -> Iterator[Text]:
        """Those texts that are a part of this page (this one)."""
        for each in texts:
            marker = marker_of(each.body)
            if marker and marker.key == self.page.key and number in (None, marker.number):
                yield each

    def _comments(self, issue: Text) -> list[Text]:
        """The comments that are parts of this page, whichever account published it."""
        found = (each for each in self.tracker.comments(issue.id) if each.is_mine or each.author == issue.author)
        return sorted(self._own(found), key=_age)

    def _create(self, bodies: Sequence[str]) -> Text | None:
        title = shorten(self.page.title, LONGEST_TITLE)

        def there() -> Text | None:
            return next((each for each in self._issues_again() if each.body.startswith(_first_line(bodies[0]))), None)

        return self._write(
            "create", f"issue {title!r} in {self.tracker.name}",
            lambda: once(self.tracker.retry, lambda: self.tracker.create_issue(title, bodies[0]), there),
        )  # fmt: skip

    def _issues_again(self) -> Iterator[Text]:
        return (each for each in self.tracker.issues(self._since()) if each.is_mine)

    def _update(self, issue: Text, bodies: Sequence[str], others: Sequence[Text]) -> None:
        """Bring the issue up to date; before anything is written it is known that all of it may be."""
        for each in (issue, *others):
            wanted = self._wanted(each, bodies)
            if not _is_same(each, wanted) and is_edited(each.body) and marker_of(each.body):
                self._refuse(f"{each.url} has been edited")
        if not issue.is_open:
            self.remarks.append(f"{issue.url} is closed, and stays so.")
        if not _is_same(issue, bodies[0]):
            self._rewrite(issue, bodies[0])

    def _wanted(self, text: Text, bodies: Sequence[str]) -> str | None:
        """What a part that is there should be; None where it is not needed any more."""
        marker = marker_of(text.body)
        number = marker.number if marker else 1
        return bodies[number - 1] if 1 <= number <= len(bodies) else None

    def _write_comments(self, issue: Text | None, bodies: Sequence[str], others: Sequence[Text]) -> None:
        """Write the parts behind the first; `others` are those that are there, the oldest first."""
        kept: set[int] = set()
        for number, body in enumerate(bodies[1:], 2):
            there = next(self._own(others, number), None)
            if there is not None:
                kept.add(there.id)
            self._write_part(issue, f"part {number} of {len(bodies)}", body, there)
        for each in others:
            if each.id not in kept:
                self._remove(issue, each)

    def _write_part(self, issue: Text | None, what: str, body: str, there: Text | None) -> None:
        tracker, number = self.tracker, issue.id if issue else 0
        if there is None:
            self._write("create", what, lambda: once(tracker.retry, lambda: tracker.create_comment(number, body),
                                                     lambda: self._comment_again(number, body)))  # fmt: skip
        elif not _is_same(there, body):
            self._write(
                "update", what, lambda: tracker.retry.call(lambda: tracker.update_comment(number, there.id, body))
            )

    def _comment_again(self, issue: int, body: str) -> Text | None:
        mine = (each for each in self.tracker.comments(issue) if each.is_mine)
        return next((each for each in mine if each.body.startswith(_first_line(body))), None)

    def _remove(self, issue: Text | None, comment: Text) -> None:
        number = issue.id if issue else 0

        def delete() -> bool:
            self.tracker.delete_comment(number, comment.id)
            return True

        def gone() -> bool | None:
            return None if any(each.id == comment.id for each in self.tracker.comments(number)) else True

        def write() -> None:
            once(self.tracker.retry, delete, gone)

        self._write("remove", f"comment {comment.url}", write)

    def _write(self, action: Action, what: str, write: Callable[[], Text | None]) -> Text | None:
        """Do one step, and note it; with `dry_run` only note it."""
        written = None if self.context.dry_run else write()
        self.steps.append(Step(action, what, written.url if written else ""))
        return written

    def _refuse(self, why: str) -> None:
        """Raise PublishError, unless the user wants what was edited replaced."""
        if not self.context.force:
            raise PublishError(f"{why} and was not overwritten.", hint="--force replaces it.")


def parts_of(page: Page, tracker: IssueTracker) -> tuple[list[str], int]:
    """A page's text, without its title, in parts that fit and say where it goes on, and how many are left out."""
    text = tracker.safe(without_fragments(without_title(page.text)))
    every = split(text, tracker.size, tracker.limit - LONGEST - LONGEST_NOTE)
    parts, left = every[:MOST_PARTS], len(every) - MOST_PARTS
    ends = ["*Continued in the next comment.*"] * (len(parts) - 1)
    ends.append(f"*Left out: {count_noun(left, 'further part')} of this page.*" if left > 0 else "")
    ended = [f"{part.rstrip()}\n\n{end}\n" if end else part for part, end in zip(parts, ends, strict=True)]
    return ended, max(left, 0)


LONGEST_NOTE = 200
"""Characters of the sentence at the end of a part, with the lines around it."""


def once(retry: RetryPolicy, do: Callable[[], T], done: Callable[[], T | None]) -> T:
    """What `do` returns, tried again as `retry` allows; before each further try `done` looks whether it happened.

    A request that failed may have happened all the same, such as one whose answer was lost.
    """
    tried = False

    def attempt() -> T:
        nonlocal tried
        if tried and (found := done()) is not None:
            return found
        tried = True
        return do()

    return retry.call(attempt)


def _is_same(text: Text, wanted: str | None) -> bool:
    """Whether a part has the marker that it should have, so that what was written there is the same."""
    return wanted is not None and marker_of(text.body) == marker_of(wanted)


def _first_line(body: str) -> str:
    return body.partition("\n")[0]


def _age(text: Text) -> tuple[str, int]:
    return text.created_at, text.id
