"""Work on the work of others as rows of the ledger: reviews and help by trailers, patches applied, topics merged. Pure.

Each row's id has the commit and the address in its message, which no mailmap changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harvester.model.contribution import Contribution
from harvester.sdk.change_type import change_type

from . import log, messages
from .authors import Author, Helper
from .changes import Change
from .diffs import CommitDiff
from .rows import RowContext


@dataclass(frozen=True, slots=True)
class HelpFacts:
    """What only the whole history says of one commit, for the rows of who did not write it."""

    landed_at: int
    """When it reached the branch that is read, in seconds since 1970."""
    change: Change
    title: str
    """What the change is called."""
    owners: Sequence[Author]
    """Whose work it is."""


def help_rows(
    diff: CommitDiff, facts: HelpFacts, helper: Helper, picked_from: tuple[str, ...], context: RowContext
) -> Iterator[Contribution]:
    """The row of somebody who reviewed a commit, or helped with it, as a trailer says."""
    kind, role = helper.part
    yield Contribution(
        id=f"{kind}/{role}/{diff.sha}/{helper.who.raw_address.casefold()}",
        kind=kind,
        role=role,
        account=helper.who.account,
        state="trailer" if kind == "review" else None,
        work_item=facts.change.work_item,
        title=facts.title,
        url=_url(facts.change, context),
        change_type=change_type(facts.title),
        paths=diff.paths or (),
        files_changed=diff.size.files,
        picked_from=picked_from,
        extra=_topic(facts.change) | {"trailer": ", ".join(f"{word.capitalize()}-by" for word in helper.words)},
        **_common(facts, context),
    )


def applied_rows(
    diff: CommitDiff, facts: HelpFacts, author: Author, by: Author, picked_from: tuple[str, ...], context: RowContext
) -> Iterator[Contribution]:
    """The row of who committed what somebody else wrote, and signed it off."""
    title, _ = messages.split(diff.message)
    part_of = (facts.change.work_item,) if facts.change.merged else ()
    yield Contribution(
        id=f"commit/merger/{diff.sha}", kind="commit", role="merger", account=by.account, state="applied",
        work_item=f"commit/{diff.sha}", title=title, url=context.commit_url(diff.sha), change_type=change_type(title),
        part_of=part_of, picked_from=picked_from, extra=_topic(facts.change),
        **_common(facts, context) | {"owners": (author.account,)},
    )  # fmt: skip


def topic_rows(diff: CommitDiff, facts: HelpFacts, by: Author, context: RowContext) -> Iterator[Contribution]:
    """The row of who merged a topic."""
    _, body = messages.split(diff.message)
    yield Contribution(
        id=f"commit/merger/{diff.sha}", kind="commit", role="merger", account=by.account, state="merged",
        work_item=facts.change.work_item, title=facts.title, body=body or None, url=context.commit_url(diff.sha),
        participants=tuple(each.account for each in facts.change.owners[1:] if each.account != by.account),
        extra=_topic(facts.change) | {"commits": str(facts.change.commits)}, **_common(facts, context),
    )  # fmt: skip


def _common(facts: HelpFacts, context: RowContext) -> dict[str, Any]:
    return {
        "source": context.source, "scope": context.scope, "project": context.project,
        "occurred_at": log.to_datetime(facts.landed_at), "owners": tuple(each.account for each in facts.owners),
    }  # fmt: skip


def _topic(change: Change) -> dict[str, str]:
    return {"topic": change.topic} if change.topic else {}


def _url(change: Change, context: RowContext) -> str | None:
    return context.pull_request_url(change.merged) if change.merged else context.commit_url(change.sha)
