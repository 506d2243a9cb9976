"""What many messages need: the nearest known name, a number with its noun, text that a terminal may have."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """`; did you mean 'x'?` for the nearest known word, else `otherwise`, such as the full stop of the sentence."""
    near = most_like(word, known)
    return f"; did you mean {near!r}?" if near else otherwise


def most_like(word: str, known: Iterable[str]) -> str | None:
    """The known word that is nearest, or None where none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def numbered(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 row`, `1,200 rows`; `many` is given where it is more than `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def printable(text: str, *, lines: bool = True) -> str:
    """Text from a source as a terminal may have it: control characters become `?`, line ends too without `lines`."""
    return "".join(each if each.isprintable() or (lines and each == "\n") else "?" for each in text)


def apart(one: str, other: str, most: int = 60) -> tuple[str, str]:
    """Two texts, each cut to `most` characters around the first in which they differ, with … where more stood."""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(same - most // 3, 0) if max(len(one), len(other)) > most else 0

    def cut(text: str) -> str:
        end = start + most
        return f"{'…' if start else ''}{text[start:end]}{'…' if text[end:] else ''}"

    return cut(one), cut(other)
