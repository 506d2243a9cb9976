"""Text for messages: the nearest known name, numbers in words, text that is safe for a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

JOINER = "\u2060"
"""Joins the characters beside it and shows as nothing."""

_JOINERS = {"\u200c", "\u200d", JOINER}

LONGEST = 280
"""Characters of a source's text that a report shows; the rest is behind the link."""

CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?P<code>.{1,300}?)(?<!`)\1(?!`)", re.DOTALL)
"""Code in a line of text as Markdown reads it: between two runs of as many backticks."""


_PLAIN_WORD = re.compile(r"[\w/][\w./+@#~-]*", re.ASCII)
"""A word that means itself in every shell: a # within a word begins no comment, but a ! repeats an earlier command."""


def shell_word(word: str) -> str:
    """A word as it is typed in a shell; `…`, which stands for what the user writes, in double quotation marks."""
    import shlex

    plain = _PLAIN_WORD.fullmatch(word) or word.startswith("--")
    return word if plain else f'"{word}"' if word == "…" else shlex.quote(word)


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """`; did you mean 'x'?` for the nearest known word, else `otherwise`, such as the full stop of the sentence."""
    near = most_like(word, known)
    return f"; did you mean {near!r}?" if near else otherwise


def most_like(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word, or None where none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def count_noun(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 row`, `1,200 rows`; `many` is given where it is more than `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def number_text(figure: float | None) -> str:
    """A figure, `1,200` or `0.5`, a whole one with all its digits; empty where it is not known."""
    if figure is None:
        return ""
    return f"{figure:,.0f}" if float(figure).is_integer() else f"{figure:,g}" if abs(figure) < 1e6 else f"{figure:,.1f}"


def rounded_text(figure: float | None) -> str:
    """A figure with at most one decimal place, such as what is expected by now; empty where it is not known."""
    return "" if figure is None else f"{figure:,.1f}".removesuffix(".0")


def ascii_words(text: str) -> list[str]:
    """The words of a text in letters from a to z and digits, without accents: `dont` and `arger` in `Don't ÄRGER`."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z0-9]+", plain.replace("'", ""))


LONGEST_NAME = 40
"""Characters of a name that is made from a title."""


def name_from(title: str, otherwise: str) -> str:
    """A name made from a title: `fewer-flaky-tests`; `otherwise` where it has no letter from A to Z and no digit."""
    words = ascii_words(title)
    name = ""
    for word in words:
        if len(name) + 1 + len(word) > LONGEST_NAME:
            break
        name += f"-{word}" if name else word
    return name or (words[0][:LONGEST_NAME] if words else otherwise)


def printable(text: str, *, lines: bool = True) -> str:
    """Text from a source as a terminal may have it: control characters become `?`, line ends too without `lines`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or (lines and each == "\n") else "?" for each in text)


_UNSEEN = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_COMMAND = re.compile(
    rf"(?:\A|(?<=[\r\n]))(?:[^\S\r\n]|[{_UNSEEN}])*:(?=[{_UNSEEN}]*:)"
    rf"|#[{_UNSEEN}]*#[{_UNSEEN}]*(?:vso)?[{_UNSEEN}]*(?=\[)"
)


def inert(text: str) -> str:
    """Text for a log, with a space in what a CI service would obey there: `: :add-mask::` and `## [group]`.

    GitHub Actions obeys `::` at the beginning of a line, after spaces too, and `##[` anywhere in it, of both streams;
    Azure Pipelines `##vso[` (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs). .NET
    compares by a culture, which passes over characters that are not seen.
    """
    return _COMMAND.sub(r"\g<0> ", text) if ":" in text or "#" in text else text


_OBEYED = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
    rf"|(?<=[#{_UNSEEN}])\[|(?<=#vso)\["
)
"""Controls, direction marks, and the bracket of a command to a CI service."""


def escape_json(text: str) -> str:
    """JSON with what a terminal, an editor or a log would obey escaped, which is only within its texts."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def parse_json(text: str) -> Any:
    """What a text in JSON says; raises ValueError, also for half a character, which no file can have.

    Raises RecursionError for what is nested too deep.
    """
    import json

    found = json.loads(text)
    if "\\ud" in text.casefold():
        json.dumps(found, ensure_ascii=False).encode()
    return found


def one_line(text: str) -> str:
    """Text on one line: breaks and tabs become a space, invisible characters are dropped but for those that join."""
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    return "".join(each for each in line if each in _JOINERS or unicodedata.category(each)[0] != "C").strip()


def shorten(line: str, longest: int) -> str:
    """The line, cut to `longest` characters with an ellipsis as the last one where it is longer."""
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def diff_excerpt(one: str, other: str, most: int = 60) -> tuple[str, str]:
    """Two texts, each cut to `most` characters around the first in which they differ, with … where text was cut."""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(same - most // 3, 0) if max(len(one), len(other)) > most else 0

    def cut(text: str) -> str:
        end = start + most
        return f"{'…' if start else ''}{text[start:end]}{'…' if text[end:] else ''}"

    return cut(one), cut(other)


_URL_SAFE = "/:?#@!$&*+,;=%~-._"
_PLAIN_URL = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?/[A-Za-z0-9/._~#=&?-]*")
"""Most addresses: nothing in them needs to be refused or quoted."""

_ENTITY = re.compile(r"&(?=#?[A-Za-z0-9]+;)")


def safe_url(url: str | None) -> str | None:
    """The address as it is written in a link's parentheses, so quoted that it can't leave them and is read unchanged.

    None unless it is http or https, with a host and no user.
    """
    if not url:
        return None
    if _PLAIN_URL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    return _ENTITY.sub("&amp;", quote(url, safe=_URL_SAFE))


def address(url: str) -> str:
    """The host of a web address, in lower case and without a port, with its path, as work items begin with it.

    `https://Jira.example.com:8443/tracker/` gives `jira.example.com/tracker`.
    """
    parts = urlsplit(url if "://" in url else f"//{url}")
    return f"{parts.hostname or ''}{parts.path.rstrip('/')}" or url
