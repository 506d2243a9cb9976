"""Text from sources, made safe for Markdown: escaped, on one line, with nothing in it that links, mentions or closes.

A title is not to be trusted. A report is pasted into issues, chats and mails, where `@name` notifies people, `Fixes
#12` closes a stranger's issue and a bare address becomes a link; so these are broken with an invisible word joiner.
Entities would not do: GitHub looks for mentions after it has rendered them.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any

from harvester.text import safe_url

JOINER = "\u2060"
LONGEST = 240
"""Characters of a text that are shown; the rest is behind the link."""

_SPECIAL = re.compile(r"[\\`*\[\]<>|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w)|^[-+=#]")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_REFERENCE = re.compile(r"[@#!%~$](?=[\w\"\[])|(?<=\bgh)-(?=\d)|:(?=//)|(?<=\bmailto):|(?<=\bxmpp):", re.IGNORECASE)
_WWW = re.compile(r"(?<![^\W_])(www)\.", re.IGNORECASE)
_MAIL = re.compile(r"(?<=[\w.+-])@(?=[\w-])")
_HASH = re.compile(r"\b([0-9a-f]{6})(?=[0-9a-f]{1,58}\b)")
_JOINERS = {"\u200c", "\u200d", JOINER}


class Markdown(str):
    """Text that is Markdown already: made by us from parts that were escaped."""

    __slots__ = ()


def visible(text: str) -> str:
    """What `escape` shows of a text: one line without invisible characters, cut at `LONGEST`."""
    line = " ".join(text[: 4 * LONGEST].split())
    if not (line.isascii() and line.isprintable()):
        line = "".join(each for each in line if each in _JOINERS or unicodedata.category(each)[0] != "C").strip()
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def escape(text: str) -> Markdown:
    """One line of Markdown that shows this text and does nothing else; longer than `LONGEST` it ends with an ellipsis.

    Line breaks and tabs become spaces; control characters, direction marks and other invisible ones are dropped, except
    those that join letters and emoji.

    The order matters. References, hosts, addresses and hashes are broken first, while the text is still as a forge
    would see it: a backslash between `@` and `_name` would hide the mention from the expression, and not from the
    forge, which looks for it after Markdown is rendered. A hash is broken inside, since nothing precedes it. Then come
    the backslashes, so none is escaped twice, and last a number that begins the line as in a list.
    """
    return _escaped(text[: 4 * LONGEST])  # no more is needed, nor cached


@functools.lru_cache(maxsize=8192)
def _escaped(text: str) -> Markdown:
    line = visible(text)
    line = _MAIL.sub(f"@{JOINER}", _WWW.sub(rf"\1{JOINER}.", _REFERENCE.sub(rf"\g<0>{JOINER}", line)))
    line = _HASH.sub(lambda match: match[1] + JOINER, line)
    return Markdown(_NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", line)))


def link(text: str, url: str | None) -> Markdown:
    """A link with escaped text; only the text where the address is missing or is not plain http or https."""
    target = safe_url(url)
    label = escape(text)
    return Markdown(f"[{label}]({target})") if target else label


def code(text: str) -> Markdown:
    """A hash or a name as code; other characters than letters, digits and `-_./` are dropped."""
    return Markdown(f"`{re.sub(r'[^A-Za-z0-9_./-]', '', text)}`")


def render_value(value: Any) -> Any:
    """A value as a template shows it: our own Markdown as it is, every other text escaped, a number with commas."""
    if isinstance(value, Markdown):
        return value
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return f"{value:,}"
