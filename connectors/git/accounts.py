"""Everybody who wrote commits of a repository, in a period or ever, with the number of their commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harvester.model.accounts import account_key
from harvester.model.periods import Period

from . import log
from .authors import MAX_TRAILERS
from .selection import first_second
from .subprocess import Git, lines, text
from .trailers import APPLIED, CO_AUTHOR, Trailer, trailers


def account_counts(
    git: Git, heads: Sequence[str], period: Period | None = None, *, unpushed: bool = False
) -> Counter[str]:
    """By account (`Name <e-mail>` by the mailmap) the commits that somebody wrote or is a co-author of; merges not.

    Somebody who only merged, reviewed or helped is there with 0. With a period these are the commits that landed in it:
    what the branch had at its end and not at its beginning, by the committer dates of its first-parent line. With
    `unpushed` they are only those that no remote-tracking branch has.
    """
    revisions = list(heads) if period is None else _revisions(git, heads, period)
    counts: Counter[str] = Counter()
    if not revisions:
        return counts
    arguments = ("--format=%P%x00%aN <%aE>%x00%B", "--stdin", *(("--not", "--remotes") if unpushed else ()))
    fields = git.output(*log.LOG, *arguments, stdin=lines(revisions)).split(b"\0")
    together: list[tuple[str, tuple[Trailer, ...]]] = []
    for parents, name, message in zip(fields[0:-1:3], fields[1::3], fields[2::3], strict=True):
        author, is_merge = text(name), b" " in parents
        counts[author] += not is_merge
        if not is_merge and _names_others(message):
            together.append((author, trailers(text(message))[:MAX_TRAILERS]))
    contacts = dict.fromkeys((each.name, each.address) for _, named in together for each in named)
    accounts = log.apply_mailmap(git, list(contacts))
    for author, named in together:
        others: dict[str, tuple[str, bool]] = {}
        for each in named:
            account, wrote = accounts[each.name, each.address], each.part == CO_AUTHOR
            if each.part != APPLIED and account_key(account) != account_key(author):
                account, known = others.get(account_key(account), (account, False))
                others[account_key(account)] = account, wrote or known
        counts.update({account: int(wrote) for account, wrote in others.values()})
    return counts


def _names_others(message: bytes) -> bool:
    """Whether a message may have trailers besides sign-offs, which most commits of some projects have."""
    lower = message.lower()
    return lower.count(b"-by") > lower.count(b"signed-off-by")


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
