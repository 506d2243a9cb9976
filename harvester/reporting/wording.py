"""Whether the figures in an edited page are still those that its data gives, whatever was done to its words.

Lines that are on the page that the data makes are fine wherever they are. Of any other line the figures (numbers in
digits, also those in addresses, and bars with the state beside them) must be among those of the lines in whose place it
is, in the same order. So wording may change and figures may be left out; a figure that the data does not give in that
place is named. A row of a table, and a line in which nothing but figures changed, takes them from one line and not from
its neighbours.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harvester.text import diff_excerpt

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*(?: ?%|[kM]\b)?|[█░]+[^|]*")
LONGEST_BLOCK = 2_000
"""Changed lines that are aligned with each other; where there are more, they are compared all together."""

MOST_FIGURES = 50
"""Wrong figures that are named."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How an edited page differs: the number of lines changed or removed, and a sentence for each wrong figure."""

    changed: int = 0
    removed: int = 0
    figures: tuple[str, ...] = ()


def compare(text: str, made: str, *, first: int = 1) -> Wording:
    """What differs in a page's text from the one that its data makes; its first line has the number `first`."""
    lines, expected = text.split("\n"), made.split("\n")
    changed = removed = 0
    figures: list[str] = []
    spare = Counter(expected) - Counter(lines)
    extra = Counter(lines) - Counter(expected)
    for number, block, before in _changed_blocks(lines, expected):
        new = [(first - 1 + number + at, line) for at, line in enumerate(block) if _take(extra, line)]
        old = [line for line in before if _take(spare, line)]
        changed += len(new)
        removed += max(len(old) - len(new), 0)
        figures += itertools.islice(_wrong(new, old), MOST_FIGURES - len(figures))
    return Wording(changed, removed, tuple(figures))


def _changed_blocks(lines: list[str], expected: list[str]) -> Iterator[tuple[int, list[str], list[str]]]:
    """Where two texts differ: the number of the first line there, from 1, the lines, and those in whose place they are.

    What is alike at both ends is put aside first, since aligning takes long where both are long.
    """
    start = next((at for at, (a, b) in enumerate(zip(lines, expected, strict=False)) if a != b), None)
    if start is None:
        start = min(len(lines), len(expected))
    rest = min(len(lines), len(expected)) - start
    end = next((at for at in range(rest) if lines[-1 - at] != expected[-1 - at]), rest)
    own, other = lines[start : len(lines) - end], expected[start : len(expected) - end]
    if max(len(own), len(other)) > LONGEST_BLOCK:
        yield start + 1, own, other
        return
    for tag, a, b, c, d in difflib.SequenceMatcher(None, own, other, autojunk=False).get_opcodes():
        if tag != "equal":
            yield start + a + 1, own[a:b], other[c:d]


def _take(lines: Counter[str], line: str) -> bool:
    """Whether this line is among those left, from which it is taken."""
    if not lines[line]:
        return False
    lines[line] -= 1
    return True


def _wrong(new: list[tuple[int, str]], old: list[str]) -> Iterator[str]:
    """A sentence for each line with a figure that is not in the lines before, in their order."""
    rows = [tuple(_FIGURE.findall(line)) for line in old]
    known, together = [figure for row in rows for figure in row], " ".join(old)
    alike: dict[str, list[int]] = {}
    with_figure: dict[str, list[int]] = {}
    for at, (line, row) in enumerate(zip(old, rows, strict=True)):
        alike.setdefault(_without(line), []).append(at)
        for figure in set(row):
            with_figure.setdefault(figure, []).append(at)
    passed = 0
    for number, line in new:
        figures, own = _FIGURE.findall(line), alike.get(_without(line), [])
        missing, passed = _first_missing(figures, known, passed)
        if own:
            missing = _missing_from_each(figures, [rows[at] for at in own])
        elif figures and line.startswith("|"):
            # The rows with the rarest figure: a row with all of them is among these.
            rarest = min((with_figure.get(each, []) for each in figures), key=len)
            missing = _missing_from_each(figures, [rows[at] for at in rarest])
        if missing is not None:
            yield _sentence(number, missing, line, old[own[0]] if own else together)


def _missing_from_each(figures: Sequence[str], rows: Sequence[Sequence[str]]) -> str | None:
    """A figure that is missing from one of the rows; None where one row has them all."""
    missing: str | None = figures[0] if figures else None
    for row in rows:
        missing = _first_missing(figures, row)[0]
        if missing is None:
            break
    return missing


def _first_missing(figures: Sequence[str], known: Sequence[str], passed: int = 0) -> tuple[str | None, int]:
    """The first figure that is not among the known ones after those passed, or None; and how many are passed then."""
    for figure in figures:
        try:
            passed = known.index(figure, passed) + 1
        except ValueError:
            return figure, passed
    return None, passed


def _sentence(number: int, figure: str, line: str, before: str) -> str:
    """What a line says, and what the data gives there: the line with other figures, else all in whose place it is."""
    said, given = diff_excerpt(line, before)
    quoted = f"'{given}'" if before else f"no {figure} there"
    return f"line {number} says '{said}', and this data gives {quoted}."


def _without(line: str) -> str:
    return _FIGURE.sub("", line)
