"""Suggestions: goals whose words a piece of work shares, the best three; never a claim.

A goal's words, title and reason are compared with a row's title and text, word by word and, for words that are not the
same, by the groups of three letters they share. NumPy and the standard library are enough for that.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.analysis.frame import column
from harvester.goals.model import Goal, Goals

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, Any]

COLUMNS = ("row", "target", "rank", "score", "reason")
BEST = 3
TITLE_LENGTH, BODY_LENGTH = 500, 400
"""Characters that are read; what matters comes first in a text."""

_WORD = re.compile(r"[A-Za-z0-9_$.@/-]+")
_PART = re.compile(r"[a-z0-9]+")
_HUMP = re.compile(r"([a-z0-9])([A-Z])")
# The score of a row for a goal is a sum over the row's words of three factors: how much the word says about the goal
# (`_WEIGHTS`: the goal's `words` most, its `why` least; a word of a phrase less than one by itself; one that is only
# spelt alike a quarter at most), how few goals and rows have it, and where the row has it: the title counts in full,
# the body less, since it mentions much besides. A phrase of `words` that a row has in full counts extra.
# A sum is enough, because scores only rank goals within a row. Then rows that fit one goal far better than any other
# teach it their words, as far as rows of other goals have them less often. `benchmarks/categorise.py` measures it.
_WEIGHTS = (("words", 3.0), ("title", 2.0), ("name", 2.0), ("why", 1.0))
_IN_PHRASE = 0.6
_PHRASE = 9.0
_IN_BODY = 0.3
_ALIKE, _NOT_SAME = 0.55, 0.5
_LEARNED, _LEARNED_ROWS = 2.0, 3
"""The weight of learned words, and how many rows must have one."""
_AT_ONCE = 20_000
_COMMON = frozenset(
    (  # noqa: SIM905 - a page of quotes and commas would be harder to read
        "a an and are as at be but by can for from has have in into is it its no not of on or so that the their them"
        " they this to up was when where which while with without work works working use used using add added fix fixed"
        " fixes update updated remove removed make makes allow should support correctly correct new change changed"
    ).split()
)


@dataclass(frozen=True, slots=True)
class _Terms:
    """The words of all goals, and how much each says about each goal (terms × goals)."""

    words: tuple[str, ...]
    weights: Array
    phrases: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Texts:
    """The words of all rows, flat: the distinct ones, and of each occurrence the row, the word and what it counts."""

    words: tuple[str, ...]
    rows: Array
    codes: Array
    counts: Array
    lowered: tuple[str, ...]


def suggest(frame: pd.DataFrame, goals: Goals, best: int = BEST) -> pd.DataFrame:
    """Up to `best` goals for each row whose text says anything about any: row, target, rank, score, reason.

    `row` is the frame's index label, `rank` starts at 1, `score` compares within a row only.

    What words suggest depends on all rows of the frame; it is meant for a person to decide, and is not a claim.
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    frame = frame if goals.goals else frame.iloc[:0]
    terms, texts = _terms(goals.goals), _texts(frame)
    score, says = _scores(terms, texts, len(frame), len(goals.goals))
    order = np.argsort(-score, axis=1, kind="stable")[:, :best]
    rows = np.flatnonzero((score != 0).any(axis=1))
    at, targets = np.repeat(rows, order.shape[1]), order[rows].reshape(-1)
    reasons = _reasons(terms, texts, says, at, targets)
    columns = (
        frame.index[at],
        _text([goals.goals[target].name for target in targets.tolist()]),
        pd.arrays.ArrowExtensionArray(pa.array(np.tile(np.arange(1, order.shape[1] + 1), len(rows)))),
        pd.arrays.ArrowExtensionArray(pa.array(score[at, targets])),
        _text(reasons),
    )
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _text(values: Sequence[str]) -> pd.api.extensions.ExtensionArray:
    import pandas as pd
    import pyarrow as pa

    return pd.arrays.ArrowExtensionArray(pa.array(values, pa.string()))


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, parts of `camelCase` and of dotted names too; common ones left out."""
    return [part for word in _WORD.findall(text) for part in _parts(word)]


@functools.lru_cache(maxsize=100_000)
def _parts(word: str) -> tuple[str, ...]:
    """A word as parts in lower case, without common ones; cached, since most words of a year's work are repeated."""
    parts = _PART.findall(_HUMP.sub(r"\1 \2", word).lower())
    if len(parts) > 1:
        parts.append("".join(parts))
    return tuple(each for each in parts if len(each) > 1 and each not in _COMMON)


def _terms(goals: Sequence[Goal]) -> _Terms:
    import numpy as np

    weights: list[dict[str, float]] = [{} for _ in goals]
    phrases = []
    for number, goal in enumerate(goals):
        for name, weight in _WEIGHTS:
            for text in goal.words if name == "words" else [getattr(goal, name)]:
                parts = words_of(text)
                each = weight * (_IN_PHRASE if name == "words" and len(parts) > 1 else 1)
                for word in parts:
                    weights[number][word] = max(weights[number].get(word, 0.0), each)
        phrases += [(text.casefold(), number) for text in goal.words if not text.isalnum() and text.strip()]
    words = tuple(sorted({word for each in weights for word in each}))
    table = np.array([[each.get(word, 0.0) for each in weights] for word in words]).reshape(len(words), len(goals))
    # A word that fewer goals have says more.
    rarity = np.log((1 + len(goals)) / np.maximum((table > 0).sum(axis=1), 1)) + 0.3
    return _Terms(words, table * rarity[:, None], tuple(phrases))


def _texts(frame: pd.DataFrame) -> _Texts:
    import numpy as np
    import pyarrow.compute as pc

    titles = pc.utf8_slice_codeunits(column(frame, "title"), 0, TITLE_LENGTH).to_pylist()
    bodies = pc.utf8_slice_codeunits(column(frame, "body"), 0, BODY_LENGTH).to_pylist()
    numbers: dict[str, int] = {}
    rows: list[int] = []
    codes: list[int] = []
    counts: list[float] = []
    for row, (title, body) in enumerate(zip(titles, bodies, strict=True)):
        counted = dict.fromkeys(words_of(body or ""), _IN_BODY) | dict.fromkeys(words_of(title or ""), 1.0)
        rows += [row] * len(counted)
        codes += [numbers.setdefault(word, len(numbers)) for word in counted]
        counts += counted.values()
    lowered = tuple(f"{title or ''} {body or ''}".casefold() for title, body in zip(titles, bodies, strict=True))
    return _Texts(tuple(numbers), np.array(rows, np.int64), np.array(codes, np.int64), np.array(counts), lowered)


def _scores(terms: _Terms, texts: _Texts, rows: int, goals: int) -> tuple[Array, Array]:
    """How well each row fits each goal (rows × goals), and what each distinct word says (words × goals)."""
    import numpy as np

    if not terms.words or not texts.words:
        return np.zeros((rows, goals)), np.zeros((len(texts.words), goals))
    seen = np.bincount(texts.codes, minlength=len(texts.words))
    says = _alike(texts.words, terms) * np.log((rows + 1) / (seen + 0.5)).clip(min=0.1)[:, None]
    score = _summed(texts, says, rows)
    for phrase, goal in terms.phrases:
        score[[row for row, text in enumerate(texts.lowered) if phrase in text], goal] += _PHRASE
    return score + _LEARNED * _summed(texts, _learned(texts, score), rows), says


def _summed(texts: _Texts, says: Array, rows: int) -> Array:
    """What the words of each row say about each goal, summed (rows × goals)."""
    import numpy as np

    each = [np.bincount(texts.rows, texts.counts * says[texts.codes, goal], rows) for goal in range(says.shape[1])]
    return np.stack(each, axis=1)


def _alike(words: Sequence[str], terms: _Terms) -> Array:
    """How much each word says about each goal: as the goal's own word, or as one that is spelt alike."""
    import numpy as np

    numbers: dict[str, int] = {}
    for word in terms.words:
        for gram in _grams(word):
            numbers.setdefault(gram, len(numbers))
    has = np.zeros((len(numbers) + 1, len(terms.words)), np.float32)  # the last line is for any other group
    for place, word in enumerate(terms.words):
        has[[numbers[gram] for gram in _grams(word)], place] = 1
    parts = [
        _alike_some(words[first : first + _AT_ONCE], terms, numbers, has) for first in range(0, len(words), _AT_ONCE)
    ]
    return np.concatenate(parts)


def _alike_some(words: Sequence[str], terms: _Terms, numbers: dict[str, int], has: Array) -> Array:
    import numpy as np

    grams = [_grams(word) for word in words]
    sizes = np.array([len(each) for each in grams])
    flat = np.array([numbers.get(gram, len(numbers)) for each in grams for gram in each])
    common = np.add.reduceat(has[flat], np.concatenate(([0], np.cumsum(sizes)[:-1])), axis=0)
    alike = 2 * common / (sizes[:, None] + has.sum(axis=0)[None, :])
    alike = np.where(alike >= _ALIKE, alike * _NOT_SAME, 0)
    places = {word: place for place, word in enumerate(terms.words)}
    same = np.array([(row, places[word]) for row, word in enumerate(words) if word in places], np.int64).reshape(-1, 2)
    alike[same[:, 0], same[:, 1]] = 1
    alike **= 2
    return np.stack([(alike * weight[None, :]).max(axis=1) for weight in terms.weights.T.astype(np.float32)], axis=1)


def _grams(word: str) -> list[str]:
    """The groups of three letters in a word and at its ends, each once."""
    framed = f"^{word}$"
    return list(dict.fromkeys(framed[place : place + 3] for place in range(len(framed) - 2)))


def _learned(texts: _Texts, score: Array) -> Array:
    """What words say that rows have which plainly fit one goal: the logarithm of how much more often than the mean."""
    import numpy as np

    if score.shape[1] < 2:
        return np.zeros((len(texts.words), score.shape[1]))
    ordered = np.sort(score, axis=1)
    lead = ordered[:, -1] - ordered[:, -2]
    plain = lead > (np.quantile(lead[lead > 0], 0.3) if (lead > 0).any() else np.inf)
    goal = score.argmax(axis=1)
    in_plain = plain[texts.rows]
    count = np.zeros((len(texts.words), score.shape[1]))
    np.add.at(count, (texts.codes[in_plain], goal[texts.rows[in_plain]]), 1)
    members = np.bincount(goal[plain], minlength=score.shape[1])
    every = count.sum(axis=1, keepdims=True)
    rate = (count + 0.5 * every / max(members.sum(), 1) + 0.1) / (members + 1)
    says: Array = np.log(rate / rate.mean(axis=1, keepdims=True)).clip(-1.5, 2.5)
    says[every[:, 0] < _LEARNED_ROWS] = 0
    return says


def _reasons(terms: _Terms, texts: _Texts, says: Array, rows: Array, targets: Array) -> list[str]:
    """In words why: the row's words that say most about the goal."""
    phrases: dict[int, list[str]] = {}
    for phrase, goal in terms.phrases:
        phrases.setdefault(goal, []).append(phrase)
    reasons = []
    strongest = _strongest(texts, says, rows, targets)
    for row, target, words in zip(rows.tolist(), targets.tolist(), strongest, strict=True):
        found = [phrase for phrase in phrases.get(target, ()) if phrase in texts.lowered[row]]
        reasons.append(_reason([*found, *words]))
    return reasons


def _strongest(texts: _Texts, says: Array, rows: Array, targets: Array) -> Iterable[list[str]]:
    """For each row and goal the words that say most about it, the strongest first."""
    import numpy as np

    starts = np.searchsorted(texts.rows, np.arange(len(texts.lowered) + 1))
    counts = np.diff(starts)[rows]
    pair = np.repeat(np.arange(len(rows)), counts)
    codes = texts.codes[np.repeat(starts[rows] - np.cumsum(counts) + counts, counts) + np.arange(len(pair))]
    strength = says[codes, targets[pair]]
    some = np.flatnonzero(strength > 0)
    some = some[np.lexsort((-strength[some], pair[some]))]
    words = [texts.words[code] for code in codes[some].tolist()]
    ends = np.searchsorted(pair[some], np.arange(len(rows) + 1)).tolist()
    for first, last in itertools.pairwise(ends):
        yield words[first : min(last, first + 3 * BEST)]


def _reason(words: Iterable[str]) -> str:
    """The first words, without those that are only a part of another, as `open` is of `openapi`."""
    distinct = list(dict.fromkeys(words))
    named = [each for each in distinct if not any(each != other and each in other for other in distinct)][:BEST]
    if not named:
        return "words that other work for it has"
    single = len(named) == 1 and " " not in named[0]
    return f"the {'word' if single else 'words'} {', '.join(named)}"
