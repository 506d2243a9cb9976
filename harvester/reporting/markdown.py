"""Text from sources, made safe for Markdown: escaped, on one line, with nothing in it that links, mentions or closes.

A title is not to be trusted. It is made safe in two steps:

- Forges, mail programs and some renderers look for references in the text that was rendered: `@name` notifies people,
  `Fixes #12` closes a stranger's issue, `evil.example` becomes a link. No escape helps there, so these are broken with
  a word joiner, which shows as nothing.
- Renderers read markup. A sign gets a backslash where all renderers read one before it, else it becomes an entity.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from harvester.text import JOINER, one_line, safe_url

LONGEST = 240
"""Characters of a text that are shown; the rest is behind the link."""

_REFERENCE = re.compile(
    r"""[@\[{\\]                                            # names, mail, [[pages]], [kind:12], {{ code }}, \(math\)
    | [#!%~$](?=[\w"]) | &(?=\d) | \*(?=\w+:)               # issues, merge requests, milestones, labels, epics
    | -(?=\d)(?:(?<=[A-Z][A-Z0-9]-)|(?<=\b(?i:g[hl])-))     # PAY-12, CVE-2026-1, gh-12
    | -(?<=\bGHSA-)
    | :(?=\S)(?!\d\d?\b) | /(?:(?=/)|(?<=^/)(?=\w))         # schemes and :emoji:, but no time; //host; /command
    | [Ww]{3}(?=\.)
    | \.(?=[^\W\d_]{2}) | \.(?<=\d\.)(?=\d+\.\d+\.\d)       # hosts by name or number""",
    re.VERBOSE,
)
"""What is read after rendering, up to where the joiner goes.

For markdown-it a joiner is a letter of a host's name. So it follows the dot, where it makes the top-level domain an
unknown one, and it parts the two slashes before a host. GitHub's parser takes `www.` before anything: there it
precedes the dot.
"""

_HASH = re.compile(r"[0-9A-Fa-f](?<![0-9A-Za-z].)[0-9A-Fa-f]{6,}(?![0-9A-Za-z])")
_SIX_OF_MORE = re.compile(r"......(?=.)")

_MARKUP = re.compile(
    r"""[`*_\[\]\\|<{}~$^\u2424]
    | &(?=\S) | \#(?=\#*$) | !$                             # an entity; the end of a heading; before a link: an image
    | [+=](?:(?<=\+\+|==)|(?=[+=])) | [-+=>\#!:%?](?<=^.)   # doubled signs; what begins a block
    | \((?<=^.)(?=\w{1,5}\)\s|.*\)=$)                       # (iv) begins a list, (name)= a target""",
    re.VERBOSE,
)
_ESCAPED = (
    {each: f"&#x{ord(each):x};" for each in "[]\\|{}~$^\u2424#=(:%?"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    | {each: f"\\{each}" for each in "`*_+-!"}
)
"""A backslash only where every renderer reads it so: python-markdown shows it before many signs and loses count before
others, marked drops it before brackets in a link's label, and math begins with one before a bracket.

The numbers are hexadecimal, so that the source does not say `#12` either.
"""

_NUMBERED = re.compile(r"^([0-9]+|[A-Za-z]|[ivxlcdmIVXLCDM]+)([.)])(?=\s|$)")


class Markdown(str):
    """Text that is Markdown already: made by us from parts that were escaped."""

    __slots__ = ()


def visible(text: str) -> str:
    """What `escape` shows of a text: one line without invisible characters, cut at `LONGEST`."""
    line = one_line(text[: 4 * LONGEST])
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
    line = _REFERENCE.sub(lambda found: found[0] + JOINER, visible(text)).replace("@", f"{JOINER}@")
    return _without_markup(_HASH.sub(lambda found: _SIX_OF_MORE.sub(rf"\g<0>{JOINER}", found[0]), line))


def _without_markup(line: str) -> Markdown:
    return Markdown(_NUMBERED.sub(r"\1\\\2", _MARKUP.sub(lambda found: _ESCAPED[found[0]], line)))


def link(text: str, url: str | None) -> Markdown:
    """A link with escaped text; only the text where the address is missing or is not plain http or https."""
    target = safe_url(url)
    label = text if isinstance(text, Markdown) else escape(text)
    return Markdown(f"[{label}]({target})") if target else label


def reference(name: str, url: str | None) -> Markdown:
    """A link with a label such as `pay#120`, which may be searched for: no reference is followed within a link.

    Without an address it is text as any other. The name has no spaces and no `@`.
    """
    target = safe_url(url)
    return Markdown(f"[{_without_markup(visible(name))}]({target})") if target else escape(name)


def code(text: str) -> Markdown:
    """A hash or a name as code, reduced to ASCII letters, digits and `-_./`; empty if none remain."""
    plain = re.sub(r"[^A-Za-z0-9_./-]", "", text)
    return Markdown(f"`{plain}`" if plain else "")


def render_value(value: Any) -> Any:
    """A value as a template shows it: our own Markdown as it is, every other text escaped, a number with commas."""
    if isinstance(value, Markdown):
        return value
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return f"{value:,}"
