"""How much of a change is under whose globs, and which goal alone it is meant for.

Tests, texts, build files and lock files follow whatever a change is made for, so they only break ties beside other
files, unless a goal names them. As much outside a goal as inside is a tie, too, and ties are suggestions. Why these
figures: docs/decisions/matching-by-paths.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis import file_kinds as files
from harvester.analysis.frame import column
from harvester.analysis.threads import closers, within_runs
from harvester.goals.matches import MAYBE, NO, YES, Match, RuleContext
from harvester.goals.model import Rule
from harvester.goals.rules import by_words, holds
from harvester.text import count_noun

if TYPE_CHECKING:
    import pyarrow as pa

    from harvester.goals.matches import Array

MARGIN = 2.0
"""How many times the share of the goal that comes next a goal must have to be the one that is meant."""
SWEEPING, SWEEPING_SHARE = 50, 0.8
"""A change of more files than this touches everything; for a claim it needs this share."""
_ROUNDING = 1e-6
_CAUSES = (
    "",
    ", and nearly as many or more under another goal's paths",
    ", which is no more than half",
    ", and only tests, texts or build files",
    ", in a change of more than {} files",
)


@dataclass(frozen=True, slots=True)
class Target:
    """What competes for work: a goal's or a criterion's rule, and which rows fall into its days (None: all)."""

    name: str
    match: Rule | None
    running: Array | None = None


@dataclass(frozen=True, slots=True)
class PathShare:
    """The rows with files under some globs, how much of each is under them, and the counts a reason tells."""

    rows: Array
    share: Array
    hits: Array
    telling: Array


class Files:
    """The files of every row, a ticket's those of what closed it: each distinct path once, and what each counts."""

    def __init__(self, facts: RuleContext, globs: Sequence[str]) -> None:
        import numpy as np
        import pyarrow.compute as pc

        lists = column(facts.frame, "paths")
        counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        flat = pc.list_flatten(lists).dictionary_encode()
        self.distinct: pa.Array = flat.dictionary
        tickets, lenders = _lent(facts, counts)
        self.borrowed = np.zeros(facts.size, bool)
        self.borrowed[tickets] = True
        starts = np.cumsum(counts) - counts
        more = np.repeat(starts[lenders], counts[lenders]) + within_runs(counts[lenders])
        self.codes = flat.indices.to_numpy(zero_copy_only=False)
        self.codes = np.concatenate((self.codes, self.codes[more]))
        # A row's files stand side by side: first those of changes, then those of the tickets they closed.
        rows = (np.repeat(np.arange(facts.size, dtype=np.int32), counts), np.repeat(tickets, counts[lenders]))
        self.rows = np.concatenate(rows, dtype=np.int32)
        self.weights, self.source = _weights(self.distinct, globs)
        self.number, self.sources = np.zeros((2, facts.size), np.int32)
        total = np.zeros(facts.size, np.float32)
        begin, own = self._runs(self.rows)
        self.number[own] = np.diff(begin, append=len(self.rows))
        self.sources[own] = _sums(self.source, self.codes, begin)
        total[own] = _sums(self.weights, self.codes, begin)
        # Where nothing counts, as in a change of lock files alone, all files count alike.
        self.all_alike = total == 0
        self.total = np.where(self.all_alike, self.number, total)

    @staticmethod
    def _runs(rows: Array) -> tuple[Array, Array]:
        """Where each row's files begin, and which row it is."""
        import numpy as np

        begin = np.flatnonzero(np.append(True, rows[1:] != rows[:-1])) if len(rows) else np.zeros(0, np.int64)
        return begin, rows[begin]

    def share(self, globs: Sequence[str]) -> PathShare:
        """How much of each row is under these globs."""
        import numpy as np

        at = np.flatnonzero(files.matches(globs, self.distinct)[self.codes])
        begin, rows = self._runs(self.rows[at])
        hits, codes = np.diff(begin, append=len(at)), self.codes[at]
        weighed = np.where(self.all_alike[rows], hits, _sums(self.weights, codes, begin))
        return PathShare(rows, weighed / self.total[rows], hits, _sums(self.source, codes, begin))


class PathContest:
    """Goals (or criteria) that claim by paths, held against each other: each takes only what is plainly its own."""

    def __init__(self, facts: RuleContext, targets: Sequence[Target]) -> None:
        import numpy as np

        self.facts = facts
        rules = [list(_path_rules(facts, each.match)) for each in targets]
        everything = [line for target in targets for line in _globs(target.match)]
        self.files = Files(facts, everything) if everything else None
        self.shares: dict[tuple[str, ...], PathShare] = {}
        self.first, self.second = np.zeros(facts.size, np.float32), np.zeros(facts.size, np.float32)
        self.best = {}
        for target, parts in zip(targets, rules, strict=True):
            best = np.zeros(facts.size, np.float32)
            for rule, allowed in parts:
                rows, share = self.of(rule).rows, self.of(rule).share
                best[rows] = np.maximum(best[rows], share if allowed is None else share * allowed[rows])
            if parts and target.match and _is_knotted(target.match):
                best[holds(facts, target.match, self._at_all, self.plainly).level == NO] = 0
            if target.running is not None:
                best[~target.running] = 0
            self.best[target.name] = best
            np.maximum(self.second, np.minimum(self.first, best), out=self.second)
            np.maximum(self.first, best, out=self.first)

    def of(self, rule: Rule) -> PathShare:
        """The share of a rule's paths, worked out once."""
        lines = tuple(rule.paths or ())
        if lines not in self.shares:
            self.shares[lines] = self._files().share(lines)
        return self.shares[lines]

    def _files(self) -> Files:
        if self.files is None:
            raise ValueError("a rule by paths that was not entered in the contest")
        return self.files

    def plainly(self, rule: Rule) -> Match:
        """The verdict on a rule's paths by its share alone; for rules that exclude."""
        share = self.of(rule)
        return self._yes(share.rows[share.share >= rule.share - _ROUNDING])

    def _at_all(self, rule: Rule) -> Match:
        """Whether any file is under a rule's paths: where a whole rule fails even so, it competes for nothing."""
        return self._yes(self.of(rule).rows)

    def _yes(self, rows: Array) -> Match:
        verdict = self.facts.nothing()
        verdict.level[rows] = YES
        return verdict

    def verdict(self, target: str, rule: Rule) -> Match:
        """The verdict on a rule's paths for a target: YES where it alone is meant, MAYBE where that is left open."""
        import numpy as np

        share = self.of(rule)
        enough = np.flatnonzero(share.share >= rule.share - _ROUNDING)
        rows, much = share.rows[enough], share.share[enough]
        own = self.best[target][rows]
        rival = np.where(own >= self.first[rows] - _ROUNDING, self.second[rows], self.first[rows])
        files = self._files()
        doubts = (
            (own <= rival + _ROUNDING) | (own < MARGIN * rival - _ROUNDING),
            (much <= 0.5 + _ROUNDING) & (rule.share >= 0.5),
            (files.sources[rows] == 0) & (much < 1 - _ROUNDING),
            (files.number[rows] > SWEEPING) & (much < SWEEPING_SHARE - _ROUNDING),
        )
        cause = np.select(doubts, range(1, len(doubts) + 1), 0)
        verdict = self.facts.nothing()
        verdict.level[rows] = np.where(cause > 0, MAYBE, YES)
        verdict.reason[rows] = self._reasons(rule, enough, cause)
        return verdict

    def _reasons(self, rule: Rule, enough: Array, cause: Array) -> Array:
        """The numbers of the reasons, each distinct one written once."""
        import numpy as np

        share, files = self.of(rule), self._files()
        rows = share.rows[enough]
        parts = (share.hits[enough], files.number[rows], share.telling[enough], files.sources[rows])
        table = np.stack([*parts, files.borrowed[rows], cause], axis=1, dtype=np.int64)
        packed, exact = np.zeros(len(rows), np.int64), 1
        for place in range(table.shape[1]):
            size = int(table[:, place].max(initial=0)) + 1
            packed, exact = packed * size + table[:, place], exact * size
        if exact >= 2**62:  # more files than fit; compare whole lines instead
            _, first, back = np.unique(table, axis=0, return_index=True, return_inverse=True)
        else:
            _, first, back = np.unique(packed, return_index=True, return_inverse=True)
        where = files_shown(rule)
        texts = [self.facts.number(_reason(where, rule.share, *line)) for line in table[first].tolist()]
        return np.array([*texts, 0], np.int32)[back.reshape(-1)]


def contested(contest: PathContest, target: Target) -> Match:
    """How far a target's rule holds, its paths judged in the contest."""
    if target.match is None:
        return contest.facts.nothing()
    verdict = holds(contest.facts, target.match, lambda rule: contest.verdict(target.name, rule), contest.plainly)
    if target.running is not None:
        verdict = Match(verdict.level * target.running, verdict.reason)
    return verdict


def files_shown(rule: Rule) -> str:
    """A rule's globs as a reason names them."""
    return files.globs_text(rule.paths or ())


def _reason(
    where: str, share: float, hits: int, number: int, telling: int, sources: int, borrowed: int, cause: int
) -> str:
    """Such as `12 of 13 files under services/pay`; tests and the like are left out where they would hide the point."""
    hidden = 2 * hits <= number or hits < share * number
    aside = number - sources if 0 < sources < number and hidden else 0
    some, all_of = (telling, sources) if aside else (hits, number)
    text = f"{some:,} of {count_noun(all_of, 'file')} under {where}"
    if aside:
        text += f" (without {count_noun(aside, 'test, text or build file', 'tests, texts and build files')})"
    closed = " in what closed it" if borrowed else ""
    return text + closed + _CAUSES[cause].format(SWEEPING)


def _path_rules(
    facts: RuleContext, rule: Rule | None, allowed: Array | None = None
) -> Iterator[tuple[Rule, Array | None]]:
    """The rules by paths that may claim, each with the rows where its other keys hold (None: all)."""
    if rule is None:
        return
    for asked, wanted in ((rule, True), *((each, False) for each in rule.not_ or () if not each.paths)):
        if (words := by_words(facts, asked)) is not None:
            fits = (words.level > 0) == wanted
            allowed = fits if allowed is None else allowed & fits
    if rule.paths:
        yield rule, allowed
    for each in (*(rule.any or ()), *(rule.all or ())):
        yield from _path_rules(facts, each, allowed)


def _is_knotted(rule: Rule) -> bool:
    """Whether where a rule can hold is more than its rules by paths say, each with what stands beside it and above."""
    return any(
        each.all or any(no.paths or no.any or no.all or no.not_ for no in each.not_ or ()) for _, each in rule.rules("")
    )


def _globs(rule: Rule | None) -> list[str]:
    return [line for _, each in rule.rules("") for line in each.paths or ()] if rule else []


def _weights(distinct: pa.Array, globs: Sequence[str]) -> tuple[Array, Array]:
    """What each distinct path counts, and whether it is one that tells what a change is for."""
    import numpy as np

    kinds = files.kinds(distinct)
    source = kinds == files.SOURCE
    for kind in range(1, len(files.WEIGHTS)):
        if named := [line for line in globs if files.kind_of_glob(line) == kind]:
            source |= (kinds == kind) & files.matches(named, distinct)
    weights = np.array(files.WEIGHTS, np.float32)[kinds]
    weights[source] = 1
    return weights, source


def _sums(values: Array, codes: Array, begin: Array) -> Array:
    """The sum of a value over the files of each row."""
    import numpy as np

    taken = values[codes].astype(np.float32 if values.dtype == np.float32 else np.int32)
    return np.add.reduceat(taken, begin) if len(begin) else taken


def _lent(facts: RuleContext, counts: Array) -> tuple[Array, Array]:
    """Tickets that take the files of what closed them, and who lends to each: two arrays of positions, by ticket."""
    tickets, lenders = closers(facts.frame, facts.tickets)
    lend = (counts[tickets] == 0) & (counts[lenders] > 0)
    return tickets[lend], lenders[lend]
