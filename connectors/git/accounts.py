"""Everybody who wrote commits of a repository, in a period or ever, with the number of their commits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from harvester.model.accounts import account_key
from harvester.model.periods import Period

from . import log
from .authors import MAX_TRAILERS
from .selection import first_second
from .subprocess import Git, lines, text
from .trailers import co_authors

CO_AUTHORED = re.compile(rb"co-(?:authored|developed)-by", re.IGNORECASE)
"""Every message that names a co-author holds one of these."""


def account_counts(
    git: Git, heads: Sequence[str], period: Period | None = None, *, unpushed: bool = False
) -> Counter[str]:
    """By account (`Name <e-mail>` by the mailmap) the commits that somebody wrote or is a co-author of; merges not.

    Somebody who only merged is there with 0. With a period these are the commits that landed in it: what the branch had
    at its end and not at its beginning, by the committer dates of its first-parent line. With `unpushed` they are only
    those that no remote-tracking branch has.
    """
    revisions = list(heads) if period is None else _revisions(git, heads, period)
    counts: Counter[str] = Counter()
    if not revisions:
        return counts
    arguments = ("--format=%P%x00%aN <%aE>%x00%B", "--stdin", *(("--not", "--remotes") if unpushed else ()))
    fields = git.output(*log.LOG, *arguments, stdin=lines(revisions)).split(b"\0")
    together: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    for parents, name, message in zip(fields[0:-1:3], fields[1::3], fields[2::3], strict=True):
        author, is_merge = text(name), b" " in parents
        counts[author] += not is_merge
        if not is_merge and CO_AUTHORED.search(message):
            together.append((author, co_authors(text(message))[:MAX_TRAILERS]))
    accounts = log.apply_mailmap(git, list(dict.fromkeys(each for _, contacts in together for each in contacts)))
    for author, contacts in together:
        named = {account_key(accounts[each]): accounts[each] for each in contacts}
        counts.update(account for key, account in named.items() if key != account_key(author))
    return counts


def _revisions(git: Git, heads: Sequence[str], period: Period) -> list[str]:
    """What landed in a period, as git takes it: the last commits before its end, without the last before its start."""
    since, until = first_second(period.since), first_second(period.until)
    last = [sha for head in heads if (sha := _last_before(git, head, until))]
    before = [sha for head in heads if (sha := _last_before(git, head, since))]
    return [*dict.fromkeys(last), *(f"^{sha}" for sha in dict.fromkeys(before))] if last else []


def _last_before(git: Git, head: str, seconds: int) -> str:
    """The newest commit of a first-parent line that was committed before a time; empty where there is none."""
    if seconds <= 0:
        return ""
    arguments = ("--first-parent", "--max-count=1", f"--min-age={seconds - 1}", head)
    return text(git.output("rev-list", *arguments)).strip()
