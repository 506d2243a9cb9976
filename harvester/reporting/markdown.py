"""Text from sources, made safe for Markdown: escaped, on one line, with nothing in it that links, mentions or closes.

What a title says is not to be trusted. A report is pasted into issues, chats and mails, where `@name` calls people,
`Fixes #12` closes a stranger's issue and a bare address becomes a link; so these are broken with a word joiner, which
shows as nothing. Entities would not do: GitHub looks for mentions after it has rendered them.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any

from harvester.text import safe_url

JOINER = "\u2060"
LONGEST = 240
"""Characters of a text that are shown; the proof is behind the link."""

_SPECIAL = re.compile(r"[\\`*\[\]<>|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w)|^[-+=#]")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_REFERENCE = re.compile(r"[@#!%~$](?=[\w\"\[])|(?<=\bgh)-(?=\d)|:(?=//)|(?<=\bmailto):|(?<=\bxmpp):", re.IGNORECASE)
_WWW = re.compile(r"(?<![^\W_])(www)\.", re.IGNORECASE)
_MAIL = re.compile(r"(?<=[\w.+-])@(?=[\w-])")
_HASH = re.compile(r"\b([0-9a-f]{6})(?=[0-9a-f]{1,58}\b)")
_KEPT_FORMATS = {"\u200c", "\u200d", JOINER}


class Markdown(str):
    """Text that is Markdown already: made by us from parts that were escaped."""

    __slots__ = ()


def visible(text: str) -> str:
    """What `escape` shows of a text: one line without invisible characters, cut at `LONGEST`."""
    line = " ".join(text[: 4 * LONGEST].split())
    if not (line.isascii() and line.isprintable()):
        line = "".join(each for each in line if each in _KEPT_FORMATS or unicodedata.category(each)[0] != "C").strip()
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def escape(text: str) -> Markdown:
    """One line of Markdown that shows this text and does nothing else; longer than `LONGEST` it ends with an ellipsis.

    Line breaks and tabs become spaces; control characters, direction marks and other invisible ones are dropped, save
    those that join letters and emoji.
    """
    return _escaped(text[: 4 * LONGEST])  # no more is looked at, and no more is kept


@functools.lru_cache(maxsize=8192)
def _escaped(text: str) -> Markdown:
    line = visible(text)
    line = _MAIL.sub(f"@{JOINER}", _WWW.sub(rf"\1{JOINER}.", _REFERENCE.sub(rf"\g<0>{JOINER}", line)))
    line = _HASH.sub(lambda found: found[1] + JOINER, line)
    return Markdown(_NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", line)))


def link(text: str, url: str | None) -> Markdown:
    """A link with escaped text; only the text where the address is missing or is not plain http or https."""
    target = safe_url(url)
    label = escape(text)
    return Markdown(f"[{label}]({target})") if target else label


def code(text: str) -> Markdown:
    """A hash or a name as code; only letters, digits and `-_./` may stand in it."""
    return Markdown(f"`{re.sub(r'[^A-Za-z0-9_./-]', '', text)}`")


def render_value(value: Any) -> Any:
    """What a template shows for a value: our own Markdown as it is, every other text escaped, a number with commas."""
    if isinstance(value, Markdown):
        return value
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return f"{value:,}"
