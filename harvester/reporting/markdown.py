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
from typing import Any, LiteralString, Protocol

from harvester.text import CODE_SPAN, JOINER, LONGEST, one_line, safe_url, shorten

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
    | >(?=!)                                                # >!a spoiler!<
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

_CODE = "\ue000"
"""Stands for code while the text around it is escaped; as an invisible character it is in no text that is shown."""
_APART = re.compile(r"( *(?:\|+|&(?=\#)|<(?=[!?])) *)")
"""What parts code in two pieces. A bar ends a table's cell even in code, and what keeps it there shows
elsewhere; Python-Markdown loses its step in HTML behind a bad entity or declaration, even in code."""

_NUMBERED = re.compile(r"^([0-9]+|[A-Za-z]|[ivxlcdmIVXLCDM]+)([.)])(?=\s|$)")


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]*(?:-[A-Za-z0-9_.]+)*(?:[#!]\d+|-\d+)")
_SHORT_HASH = re.compile(r"[0-9a-f]{10}")
"""What a work item is called: `pay#120`, `PAY-7`; the first digits of a commit's hash."""


class Labelled(Protocol):
    """What is called something, and has an address (http or https) or none."""

    @property
    def label(self) -> str:
        """Such as `pay#120`, or the first ten digits of a hash."""
        ...

    @property
    def url(self) -> str | None:
        """The address."""
        ...


class Markdown(str):
    """Text that is Markdown already: made by us from parts that were escaped."""

    __slots__ = ()


def visible(text: str, longest: int = LONGEST) -> str:
    """What `escape` shows of a text: one line without invisible characters, cut at `longest` characters."""
    return shorten(one_line(text[: 4 * longest]), longest)


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
    return _escape_line(visible(text))


def prose(text: str, longest: int = LONGEST) -> Markdown:
    """As `escape`, but code between backticks is shown as code, in which forges follow no references.

    It is cut at `longest` characters.
    """
    return _with_code(text[: 4 * longest], longest)


@functools.lru_cache(maxsize=8192)
def _with_code(text: str, longest: int) -> Markdown:
    line = visible(text, longest)
    spans = [_code_span(found["code"]) or _escape_line(found[0]) for found in CODE_SPAN.finditer(line)]
    around = _escape_line(CODE_SPAN.sub(_CODE, line)).split(_CODE)
    return Markdown("".join(part for pair in zip(around, [*spans, ""], strict=True) for part in pair))


def _code_span(text: str) -> Markdown:
    """Code on one line, in pieces where it must be; empty where it cannot be shown as code."""
    plain = text.strip()
    fence = "``" if "`" in plain else "`"
    if not plain or "``" in plain or "`" in (plain[0], plain[-1]) or (fence == "``" and _APART.search(plain)):
        return Markdown("")
    pieces = enumerate(_APART.split(plain))
    return Markdown("".join(_escape_line(each) if at % 2 else each and f"{fence}{each}{fence}" for at, each in pieces))


def _escape_line(line: str) -> Markdown:
    broken = _REFERENCE.sub(lambda found: found[0] + JOINER, line).replace("@", f"{JOINER}@")
    return _without_markup(_HASH.sub(lambda found: _SIX_OF_MORE.sub(rf"\g<0>{JOINER}", found[0]), broken))


def _without_markup(line: str) -> Markdown:
    return Markdown(_NUMBERED.sub(r"\1\\\2", _MARKUP.sub(lambda found: _ESCAPED[found[0]], line)))


def link(text: str, url: str | None) -> Markdown:
    """A link with escaped text and its code; only the text where the address is missing or not plain http or https."""
    target = safe_url(url)
    label = text if isinstance(text, Markdown) else prose(text)
    return Markdown(f"[{label}]({target})") if target else label


def reference(name: str, url: str | None) -> Markdown:
    """A link with a label such as `pay#120`, which may be searched for: no reference is followed within a link.

    Without an address it is text as any other. The name has no spaces and no `@`.
    """
    target = safe_url(url)
    return Markdown(f"[{_without_markup(visible(name))}]({target})") if target else escape(name)


def label(named: Labelled) -> Markdown:
    """What a work item is called, linked to it where it has an address."""
    if _SHORT_HASH.fullmatch(named.label):
        return link(code(named.label), named.url)
    return (reference if _NAME.fullmatch(named.label) else link)(named.label, named.url)


def code(text: str) -> Markdown:
    """A hash, a file's name or a command as code on one line; empty if nothing of it can be seen."""
    line = visible(text)
    return _code_span(line) or escape(line)


def fenced(text: str) -> Markdown:
    """Text of several lines as a block of code, which shows it as it is: nothing in it can end the block.

    Its lines are made by us and have no control characters; the fence is longer than any run of backticks in them.
    """
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(longest + 1, 3)
    return Markdown(f"{fence}text\n{text}\n{fence}")


def sentence(template: LiteralString, *parts: Any) -> Markdown:
    """A sentence of ours with parts of a source: `sentence("{} is not in {}", name, code("goals.toml"))`.

    The template is Markdown and has a `{}` for each part, which is shown as a template of a report shows it.
    """
    return Markdown(template.format(*map(render_value, parts)))


def render_value(value: Any) -> Any:
    """A value as a template shows it: our own Markdown as it is, other text by `prose`, a number with commas."""
    if isinstance(value, Markdown):
        return value
    if isinstance(value, str):
        return prose(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return f"{value:,}"
