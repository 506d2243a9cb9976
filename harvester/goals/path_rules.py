"""The share of a change's files under each goal's globs, and the one goal that may claim it.

Tests, texts, build files and lock files follow whatever a change is made for, so they only break ties beside source
files. So a goal for tests gets changes that are made for tests, and not each feature that brings its own.

As much outside a goal as inside is a tie, too, and ties are suggestions. Why these figures:
docs/decisions/matching-by-paths.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis import file_kinds
from harvester.analysis.frame import column
from harvester.analysis.threads import closers, within_runs
from harvester.goals.matches import MAYBE, NO, YES, Match, RuleContext, constant
from harvester.goals.model import DEFAULT_SHARE, Rule
from harvester.goals.rules import match_rule, match_words
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
"""Why a match by paths is left open; the first is that of a claim."""


@dataclass(frozen=True, slots=True)
class Target:
    """What competes for work: a goal's or a criterion's rule, and which rows are of its days (None: all)."""

    name: str
    match: Rule | None
    running: Array | None = None


@dataclass(frozen=True, slots=True)
class PathShare:
    """The rows with files under some globs, how much of each is under them, and the counts that a reason gives.

    Deciding files are those that show what a change is for.
    """

    rows: Array
    share: Array
    files: Array
    deciding_files: Array


class ChangedFiles:
    """The files of every row, a ticket's those of what closed it in the frame: each path once, and its weight."""

    def __init__(self, context: RuleContext, meant: Sequence[Sequence[str]]) -> None:
        """`meant` has the globs that are meant together: those of each goal, and those of each rule in a `not`."""
        import numpy as np
        import pyarrow.compute as pc

        lists = column(context.frame, "paths")
        counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        flat = pc.list_flatten(lists).dictionary_encode()
        self.distinct: pa.Array = flat.dictionary
        tickets, changes = _closed_by_changes(context, counts)
        self.of_ticket = np.zeros(context.size, bool)
        self.of_ticket[tickets] = True
        starts = np.cumsum(counts) - counts
        more = np.repeat(starts[changes], counts[changes]) + within_runs(counts[changes])
        self.codes = flat.indices.to_numpy(zero_copy_only=False)
        self.codes = np.concatenate((self.codes, self.codes[more]))
        # A row's files are side by side: first those of changes, then those of the tickets they closed.
        rows = (np.repeat(np.arange(context.size, dtype=np.int32), counts), np.repeat(tickets, counts[changes]))
        self.rows = np.concatenate(rows, dtype=np.int32)
        begin, own = self._runs(self.rows)
        self.weights, self.is_deciding = self._weigh(meant, column(context.frame, "change_type"), begin)
        self.number, self.deciding_files = np.zeros((2, context.size), np.int32)
        total = np.zeros(context.size, np.float32)
        self.number[own] = np.diff(begin, append=len(self.rows))
        self.deciding_files[own] = _sums(self.is_deciding, begin)
        total[own] = _sums(self.weights, begin)
        # Where nothing counts, as in a change of only lock files, all files count alike.
        self.all_alike = total == 0
        self.total = np.where(self.all_alike, self.number, total)

    def _weigh(self, meant: Sequence[Sequence[str]], types: pa.Array, begin: Array) -> tuple[Array, Array]:
        """What each file of each row counts, and whether it shows what the row's change is for.

        Source files do. In a change without any, tests, texts and build files do.

        Files of another kind than source that a glob names outright do, too, where the change has no source files, says
        itself that it is for files of this kind (its type), or the glob is meant together with one for source files.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        kinds = file_kinds.kinds(self.distinct)
        weights = np.array(file_kinds.WEIGHTS, np.float32)[kinds][self.codes]
        is_source = (kinds == file_kinds.SOURCE)[self.codes]
        without_source = np.repeat(_sums(is_source, begin) == 0, np.diff(begin, append=len(self.codes)))
        shows = is_source | (without_source & (weights > 0))
        for kind, its_types in file_kinds.CHANGE_TYPES.items():
            says_so = pc.is_in(types, pa.array(its_types, pa.string())).to_numpy(zero_copy_only=False)[self.rows]
            for globs in meant:
                of_kind = [file_kinds.kind_of_glob(line) for line in globs]
                named = [line for line, own in zip(globs, of_kind, strict=True) if own == kind]
                if named:
                    selected = ((kinds == kind) & file_kinds.matches(named, self.distinct))[self.codes]
                    shows |= selected & (without_source | says_so | (file_kinds.SOURCE in of_kind))
        weights[shows] = 1
        return weights, shows

    @staticmethod
    def _runs(rows: Array) -> tuple[Array, Array]:
        """Where each row's files begin, and which row it is."""
        import numpy as np

        begin = np.flatnonzero(np.append(True, rows[1:] != rows[:-1])) if len(rows) else np.zeros(0, np.int64)
        return begin, rows[begin]

    def share(self, globs: Sequence[str]) -> PathShare:
        """How much of each row is under these globs."""
        import numpy as np

        at = np.flatnonzero(file_kinds.matches(globs, self.distinct)[self.codes])
        begin, rows = self._runs(self.rows[at])
        number = np.diff(begin, append=len(at))
        weighed = np.where(self.all_alike[rows], number, _sums(self.weights[at], begin))
        return PathShare(rows, weighed / self.total[rows], number, _sums(self.is_deciding[at], begin))


class PathContest:
    """Goals (or criteria) that claim by paths compete for each row: each takes only what is plainly its own.

    A goal's bid for a row is the largest share of the row's files under one of its rules by paths, and 0 where the goal
    cannot take the row anyway (its days, its other keys, its `not`): what can never win must not spoil another's claim.
    A claim needs a bid of MARGIN times that of every rival, so at most one goal claims a row by paths. Only the highest
    and the second highest bid of each row are needed for that: the rival of the highest bidder is the second, that of
    all others is the highest. Each bid depends only on its own row, so other rows change no claim.
    """

    def __init__(self, context: RuleContext, targets: Sequence[Target]) -> None:
        import numpy as np

        self.context = context
        meant = [globs for target in targets if target.match for globs in _meant_together(target.match) if globs]
        self._changed = ChangedFiles(context, meant) if meant else None
        self._shares: dict[tuple[str, ...], PathShare] = {}
        self.highest, self.second = np.zeros((2, context.size), np.float32)
        self.bids = {}
        for target in targets:
            bid = self.bids[target.name] = self._bid(target)
            np.maximum(self.second, np.minimum(self.highest, bid), out=self.second)
            np.maximum(self.highest, bid, out=self.highest)

    def _bid(self, target: Target) -> Array:
        import numpy as np

        bid = np.zeros(self.context.size, np.float32)
        for rule, allowed in _path_rules(self.context, target.match):
            rows, share = self.share(rule).rows, self.share(rule).share
            bid[rows] = np.maximum(bid[rows], share if allowed is None else share * allowed[rows])
        if target.match and _is_nested(target.match):
            bid[match_rule(self.context, target.match, self._by_any_file, self.by_share).level == NO] = 0
        return bid if target.running is None else bid * target.running

    def match(self, target: Target) -> Match:
        """How far a target's rule holds, its paths judged in the contest."""
        if target.match is None:
            return self.context.no_match()
        match = match_rule(self.context, target.match, lambda rule: self._by_contest(target.name, rule), self.by_share)
        return match.within(target.running)

    def share(self, rule: Rule) -> PathShare:
        """The share of a rule's paths, worked out once."""
        lines = tuple(rule.paths or ())
        if lines not in self._shares:
            self._shares[lines] = self._files().share(lines)
        return self._shares[lines]

    def _files(self) -> ChangedFiles:
        if self._changed is None:
            raise ValueError("a rule by paths that was not entered in the contest")
        return self._changed

    def by_share(self, rule: Rule, reason: str = "") -> Match:
        """The match of a rule's paths only by its share, whatever others ask for; rules in a `not` need no reason."""
        share = self.share(rule)
        return self.context.match(share.rows[share.share >= rule.share - _ROUNDING], YES, constant(reason))

    def _by_any_file(self, rule: Rule) -> Match:
        """Whether any file is under a rule's paths: where a whole rule fails even so, it competes for nothing."""
        return self.context.match(self.share(rule).rows, YES, constant(""))

    def _by_contest(self, target: str, rule: Rule) -> Match:
        """The match of a rule's paths for a target: YES where only it is meant, MAYBE where that is left open."""
        import numpy as np

        share, files = self.share(rule), self._files()
        enough = np.flatnonzero(share.share >= rule.share - _ROUNDING)
        rows, much = share.rows[enough], share.share[enough]
        bid = self.bids[target][rows]
        rival = np.where(bid >= self.highest[rows] - _ROUNDING, self.second[rows], self.highest[rows])
        left_open = (
            (bid <= rival + _ROUNDING) | (bid < MARGIN * rival - _ROUNDING),
            (much <= DEFAULT_SHARE + _ROUNDING) & (rule.share >= DEFAULT_SHARE),
            (share.deciding_files[enough] == 0) & (much < 1 - _ROUNDING),
            (files.number[rows] > SWEEPING) & (much < SWEEPING_SHARE - _ROUNDING),
        )
        cause = np.select(left_open, range(1, len(left_open) + 1), 0)

        def reasons(wanted: Array) -> pa.Array:
            at = np.zeros(self.context.size, np.int32)
            at[rows] = np.arange(len(rows))
            return self._reasons(rule, enough[at[wanted]], cause[at[wanted]])

        return self.context.match(rows, np.where(cause > 0, MAYBE, YES), reasons)

    def _reasons(self, rule: Rule, at: Array, cause: Array) -> pa.Array:
        """The reasons of rows, given by their places in the share of a rule; each distinct one is written once."""
        import pandas as pd
        import pyarrow as pa

        share, files = self.share(rule), self._files()
        rows = share.rows[at]
        counts = (share.files[at], files.number[rows], share.deciding_files[at], files.deciding_files[rows])
        table = pd.DataFrame(dict(enumerate((*counts, files.of_ticket[rows], cause))))
        numbers = table.groupby(list(table), sort=False).ngroup()  # in the order in which `drop_duplicates` has them
        where = globs_text(rule)
        lines = table.drop_duplicates().itertuples(index=False, name=None)
        return pa.array([_reason(where, rule.share, *line) for line in lines], pa.string()).take(pa.array(numbers))


def globs_text(rule: Rule) -> str:
    """A rule's globs as a reason names them."""
    return file_kinds.globs_text(rule.paths or ())


def _reason(
    where: str, share: float, under: int, number: int, deciding_under: int, deciding: int, of_ticket: bool, cause: int
) -> str:
    """Such as `12 of 13 files under services/pay`; tests and the like are left out where they would hide the point."""
    hidden = 2 * under <= number or under < share * number
    left_out = number - deciding if 0 < deciding < number and hidden else 0
    some, all_of = (deciding_under, deciding) if left_out else (under, number)
    text = f"{some:,} of {count_noun(all_of, 'file')} under {where}"
    if left_out:
        text += f" (without {count_noun(left_out, 'test, text or build file', 'tests, texts and build files')})"
    closed = " in what closed it" if of_ticket else ""
    return text + closed + _CAUSES[cause].format(SWEEPING)


def _path_rules(
    context: RuleContext, rule: Rule | None, allowed: Array | None = None
) -> Iterator[tuple[Rule, Array | None]]:
    """The rules by paths that may claim, each with the rows where its other keys hold (None: all)."""
    if rule is None:
        return
    for each, wanted in ((rule, True), *((each, False) for each in rule.not_ or () if not each.paths)):
        if (words := match_words(context, each)) is not None:
            fits = (words.level > 0) == wanted
            allowed = fits if allowed is None else allowed & fits
    if rule.paths:
        yield rule, allowed
    for each in (*(rule.any or ()), *(rule.all or ())):
        yield from _path_rules(context, each, allowed)


def _is_nested(rule: Rule) -> bool:
    """Whether where a rule can hold is more than its rules by paths say, each with the keys beside and above it."""
    return any(
        each.all or any(no.paths or no.any or no.all or no.not_ for no in each.not_ or ()) for _, each in rule.rules("")
    )


def _meant_together(rule: Rule) -> Iterator[list[str]]:
    """The globs with which a rule recognises work, and apart from them those of each rule in a `not`."""
    globs: list[str] = []
    rules = [rule]
    while rules:
        each = rules.pop()
        globs += each.paths or ()
        rules += [*(each.any or ()), *(each.all or ())]
        for inner in each.not_ or ():
            yield from _meant_together(inner)
    yield globs


def _sums(values: Array, begin: Array) -> Array:
    """The sum of the values of each row's files; the rows begin at `begin`."""
    import numpy as np

    values = values.astype(np.float32 if values.dtype == np.float32 else np.int32)
    return np.add.reduceat(values, begin) if len(begin) else values


def _closed_by_changes(context: RuleContext, counts: Array) -> tuple[Array, Array]:
    """Tickets without files of their own and the changes that closed them: two arrays of positions, by ticket."""
    tickets, changes = closers(context.frame, context.tickets)
    takes = (counts[tickets] == 0) & (counts[changes] > 0)
    return tickets[takes], changes[takes]
