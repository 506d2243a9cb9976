"""A number for each work item and reference, shared by all of the same token: finds the few that may be linked.

The numbers are the last bytes of a text, eight at most, as far back as the last `#`, `!` or `/`, without case: `12` for
`#12`, `org/repo#12` and `github.com/org/repo#12`. Different tokens may share one (`#12` of two projects), equal tokens
never have two; where a text is so odd that this might not hold, it is named as such and left to whoever compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Numbers = np.ndarray[Any, np.dtype[np.uint64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

COMMIT = "commit/"
WORD = 8
LOWER, HIGH, LOW_BITS = 0x2020202020202020, 0x8080808080808080, 0x7F7F7F7F7F7F7F7F


def endings(texts: pa.Array) -> tuple[Numbers, Mask]:
    """The numbers of these texts (no nulls), and which of them are too odd for one.

    `harvester.ledger.links.tokens` tells what a token is; the texts of a token give the same number as the token.
    """
    import numpy as np

    words, starts, lengths = _words(texts)
    tails = _cut(words[starts + lengths], lengths)
    numbers, slashed = _after_mark(tails | np.uint64(LOWER), tails)
    first = (words[starts + WORD] & np.uint64(0xFF)).astype(np.uint8)
    bare = (lengths > 0) & ((first == ord("#")) | (first == ord("!")))
    odd = _beyond_ascii(tails) | (bare & slashed)
    _commits(texts, words, starts, lengths, numbers, odd)
    return numbers, odd


def _words(texts: pa.Array) -> tuple[Numbers, Any, Any]:
    """The eight bytes before each place in the texts' bytes as one number, and where each text starts, and its length.

    Before the first and after the last byte there are zeros, so that every place has its eight.
    """
    import numpy as np
    import pyarrow as pa

    plain = pa.concat_arrays([texts])
    _, places, data = plain.buffers()
    ends = np.frombuffer(places, np.int32)[plain.offset : plain.offset + len(plain) + 1].astype(np.int64)
    size = int(ends[-1])
    padded = np.zeros(size + 2 * WORD, np.uint8)
    if size:
        padded[WORD : size + WORD] = np.frombuffer(data, np.uint8)[:size]
    words = np.ndarray((size + WORD + 1,), "<u8", padded.data, strides=(1,))
    return words, ends[:-1], np.diff(ends)


def _cut(words: Numbers, lengths: Any) -> Numbers:
    """The words with the bytes that lie before a shorter text's start as zeros."""
    import numpy as np

    drop = (np.uint64(8) * (WORD - np.minimum(lengths, WORD)).astype(np.uint64)).astype(np.uint64)
    kept = np.where(drop < 64, np.uint64(0xFFFFFFFFFFFFFFFF) << np.minimum(drop, np.uint64(63)), np.uint64(0))
    return words & kept


def _after_mark(lower: Numbers, plain: Numbers) -> tuple[Numbers, Mask]:
    """What follows the last mark in each word, in lower case, and where that mark is a slash."""
    import numpy as np

    slash = _equal(plain, "/")
    below = slash | _equal(plain, "#") | _equal(plain, "!")
    for shift in (8, 16, 32):
        below |= below >> np.uint64(shift)
    slashed = slash.copy()
    for shift in (8, 16, 32):
        slashed |= slashed >> np.uint64(shift)
    # A byte of 0x80 becomes 0xFF: what is to be left out. Bytes before a text's start are zeros and stay so.
    out = (below >> np.uint64(7)) * np.uint64(0xFF)
    empty = _equal(plain, "\0")
    out |= (empty >> np.uint64(7)) * np.uint64(0xFF)
    return lower & ~out, (slash != 0) & (slashed == below)


def _equal(words: Numbers, letter: str) -> Numbers:
    """0x80 in each byte that is this letter, else 0."""
    import numpy as np

    other = words ^ np.uint64(0x0101010101010101 * ord(letter))
    low = np.uint64(LOW_BITS)
    return ~(((other & low) + low) | other | low)


def _beyond_ascii(words: Numbers) -> Mask:
    import numpy as np

    return np.asarray((words & np.uint64(HIGH)) != 0, bool)


def _commits(texts: pa.Array, words: Numbers, starts: Any, lengths: Any, numbers: Numbers, odd: Mask) -> None:
    """Put the first seven digits in place of the ending where a text is a commit's."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    size = len(COMMIT)
    named = np.uint64(int.from_bytes(COMMIT.encode(), "little"))
    at = np.flatnonzero((lengths >= size) & ((words[starts + WORD] & np.uint64((1 << 8 * size) - 1)) == named))
    if not len(at):
        return
    seven = words[starts[at] + np.minimum(lengths[at], size) + WORD] << np.uint64(8)
    numbers[at] = seven | np.uint64(LOWER)
    numbers[at] &= ~np.uint64(0xFF)
    once = pc.equal(pc.count_substring(texts.take(pa.array(at)), "/"), 1).to_numpy(zero_copy_only=False)
    marked = (_equal(seven, "#") | _equal(seven, "!") | _equal(seven, "\0") & ~np.uint64(0xFF)) != 0
    odd[at] = _beyond_ascii(seven) | ~once | marked | (lengths[at] < 2 * size)
