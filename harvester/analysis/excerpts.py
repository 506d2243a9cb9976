"""The first plain paragraph of a text below a title, as a reader may be shown it: what was done, and why.

Bodies of pull requests, merges and commits are written for many ends: templates with headings and check lists, quotes,
logs, tables, trailers. An excerpt is the first paragraph that is none of these and says more than the title does.

It reads lines and no Markdown tree: commit messages are no Markdown, and a parser takes `<branch>` for HTML and drops
it. What would be a paragraph in either reading is one here.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator

from harvester.text import CODE_SPAN, LONGEST, one_line

_READ = 65_536
"""Characters of a body that are read: GitHub allows no longer one, and no first paragraph begins behind them."""
_LINES = 4_000
"""Lines of a body that are read."""
_PARAGRAPHS = 100
"""Paragraphs that are looked at until one is plain."""
_PARAGRAPH = 2_000
"""Characters of a paragraph that are read, so that expressions that look back and forth in it take bounded time."""

_BLOCK = re.compile(
    r"^[ \t>]*(?:(?P<comment><!--)|(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})|<details\b)", re.MULTILINE | re.IGNORECASE
)
_DETAILS = re.compile(r"<(/?)details\b", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(?=[\w-]{1,60}:)")
_FRONT_MATTER_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)

_LIST = re.compile(r"[ \t]*(?:[-*+•–·‣]|\(?(?P<number>\d{1,3}|[A-Za-z])[.)])(?:[ \t]|$)")
_RULE = re.compile(r"[ \t]*([-*_=~])(?:[ \t]*\1){2,}[ \t]*$")
_HEADING = re.compile(
    r" {0,3}(?:#{1,6}|={1,6})(?:[ \t]|$)|[ \t]*(\*\*|__)[^*_]{1,100}\1[ \t]*:?[ \t]*$"
    r"|(?:[^\s.]{1,20} ){0,2}[^\s.]{1,20}:[ \t]*$"
)
_TABLE = re.compile(r"[ \t]*\||[ \t:-]+(?:\|[ \t:-]+)+$")
_NO_PROSE = re.compile(
    r"""[ \t]*(?:
        >                                                   # a quotation
        | \$[ ] | %[ ] | ^(?:diff[ ]--git|@@)[ ]            # a command, a patch
        | \[[^\]\n]{1,200}\]:[ \t]*\S | \[\^?\w{1,3}\][ \t] # where a link leads, a footnote
        | (?:From|To|Cc|Date|Subject|Fixes|Fix|Closes|Close|Resolves|Refs?|Ref|See|Link|Bug|Issues?|Ticket|PR|Reviewers?
            |Message-I[Dd]|Depends[ ]on|Backport|Reverts|Upstream|Differential[ ]Revision|Tags|Subscribers|Test[ ]Plan
            |Tests|Conflicts|\#[ ]Conflicts|Release[ ]Notes?|Changelog):
        | [A-Za-z][A-Za-z0-9]{0,30}(?:-[A-Za-z0-9]{1,30}){1,4}:[ \t]     # a trailer
        | \(?cherry[ ]picked[ ]from[ ]commit | See[ ]merge[ ]request[ ]
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_KEY_AND_VALUE = re.compile(r"[A-Za-z][\w.-]{0,40}:[ \t]+\S")
_SKIPPED_SECTION = re.compile(
    r"\W*(?:test(?:s|ing|ed)?(?: plan| steps| instructions| results)?|how (?:to|has this been|was this|did you) test.*"
    r"|(?:pre-?)?(?:merge |review |submission |pr |pull request |author )?check ?list.*|screen ?shots?.*|reviewers?"
    r"|steps to reproduce|environment|related.*|references?|links?|issues?|dependenc(?:y|ies)|type of changes?"
    r"|release notes?|change ?log|notes? (?:to|for) (?:the )?reviewers?|todo|ai .*|.*disclosure|license.*|conflicts?"
    r"|before(?: submitting.*)?|after|demo|versions?|configuration|updated-dependencies)\W*$",
    re.IGNORECASE,
)

_CODE = re.compile(r"<(code|tt|kbd)>([^<>`]{1,200})</\1>", re.IGNORECASE)
_ROLE = re.compile(r":(?:[a-z]+:){1,2}(?=`)")
_SKIP = re.compile(r"\[(?:(?:ci|actions|docs?|no)[ -]?(?:skip|ci)|skip[ -](?:ci|actions|changelog))\]", re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\](?:\([^()\s]{0,500}(?:[ \t][^()]{0,200})?\)|\[[^\[\]]{0,100}\])?")
_LINK = re.compile(
    r"\[([^\[\]]{0,400}(?:\[[^\[\]]{0,100}\][^\[\]]{0,100})?)\]"
    r"(?:\([^()\s]{0,500}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?(?:\s[^()]{0,200})?\)|\[[^\[\]]{0,100}\])"
)
_RST_LINK = re.compile(r"`([^`<>]{1,200}?)\s*<[^`<>\s]{1,400}>`__?")
_FOOTNOTE = re.compile(r"\s?\[\^[\w-]{1,20}\]|(?:(?<=[.,;:!?)\"'])|\s)(?:\[\d{1,2}\])+(?=[\s.,;:!?)]|$)")
_TAG = re.compile(
    r"<!--.{0,600}?-->|</?(?:a|abbr|b|big|blockquote|center|code|dd|del|details|div|dl|dt|em|font|h[1-6]|hr|i|img|ins"
    r"|kbd|li|ol|p|picture|pre|q|s|samp|small|source|span|strike|strong|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u"
    r"|ul|var|video)(?:\s[^<>]{0,600})?/?>",
    re.IGNORECASE,
)  # fmt: skip
_BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
_AUTOLINK = re.compile(r"<(https?://[^<>\s]{1,500})>")
_TICKET_URL = re.compile(
    r"https?://[\w.:-]{1,100}/((?:[\w.-]{1,100}/){1,20}?)(?:-/)?(?:issues|pull|work_items|(merge_requests))/(\d{1,10})"
    r"(?:[#?/][^\s()<>]{0,200})?(?![\w/])"
)
_COMMIT_URL = re.compile(r"https?://[\w.:-]{1,100}/((?:[\w.-]{1,100}/){1,20}?)(?:-/)?commits?/([0-9a-f]{7,64})\b(?!/)")
_LONG_URL = re.compile(r"(https?://[\w.-]{1,100}/)[^\s()<>\"']{30,}(?<![.,;:!?])")
_HASH = re.compile(r"\b([0-9a-f]{10})[0-9a-f]{10,54}\b")
_EMPHASIS = re.compile(
    r"(?<![\w*\\])(\*{1,3})(?=[\w\"'(`<&@#])([^*]{1,300}?)(?<=\S)\1(?![\w*.])"
    r"|(?<![\w\\])(__)(?=\w)([^_]{0,100} [^_]{0,100}?)(?<=\S)\3(?!\w)"
    r"|(?<![\w\\])(_)(?=\w)([^_]{1,300}?)(?<=\S)\5(?!\w)|(?<!~)(~~)([^~]{1,300})~~(?!~)"
)
_ESCAPE = re.compile(r"\\(?=[\\`*_{}\[\]<>#~|])")

_SENTENCE_END = re.compile(
    r"(?<!\b[A-Za-z])(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bcf)(?<!\betc)(?<!\bresp)(?<!\bMr)(?<!\bDr)(?<!\baka)"
    r"[.!?…]+[\"'”’)\]`]*(?=\s+[^\sa-z]|$)|[。！？]"
)
_CONTINUES = re.compile(
    r"[a-z]|(?i:also|and|but|finally|however|in addition|instead|likewise|or|otherwise|similarly|then)\b"
)
"""How a paragraph goes on with one that led to a list or to code."""
_DANGLING = re.compile(
    r"\s(?:a|an|and|are|as|at|because|by|for|from|in|into|is|like|of|on|or|so|such as|than|that|the|this|to|via|was"
    r"|when|where|which|with)$",
    re.IGNORECASE,
)
"""How a text ends that goes on in a list or in code."""
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|greetings|good (?:morning|day|evening))\b[^.!,:;?\n]{0,40}(?:[.!,:;?]+|$)\s*"
    r"|(?:thanks|thank you|thx|cheers)\b[^.!?]{0,80}(?:[.!?]+|$)\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:(?:short )?(?:summary|description|details|overview|abstract|tl;?dr|what|why|what and why|how|motivation"
    r"|context|background|purpose|reason|rationale|problem|issue|solution|changes?|proposed changes?|goal|intent"
    r"|explanation)(?: of (?:the )?changes?)?\s?(?::|\s[-–—]+)|\[[\w -]{1,30}\](?![(\[]))\s*",
    re.IGNORECASE,
)
_REFERENCE = (
    r"(?:https?://\S+|[\w./-]{0,200}[#!]\d{1,10}|GH-\d+|[A-Z][A-Z0-9_]{1,19}-\d+|\[[\w -]{1,30}\]|\b[0-9a-f]{7,64}\b)"
)
_REFERENCE_WORDS = (
    r"(?:fix(?:e[sd])?|close[sd]?|closing|resolve[sd]?|refs?|references?|related|relates|see|also|part|follow(?:s|-?up)?"
    r"|up|to|of|from|with|and|or|for|in|on|by|the|this|it|is|issues?|bugs?|tickets?|prs?|pull|requests?|merge|commits?"
    r"|cherry|pick(?:ed)?|backport(?:s|ed)?|depends|based|cc|addresses|implements|supersedes|replaces|reverts?|re|stacked"
    r"|continuation|alternative|closes|blocked|reversing|changes|made|reapplies|after|discussion|thread|link|comment)"
)
_ONLY_REFERENCES = re.compile(rf"(?:{_REFERENCE}|{_REFERENCE_WORDS}\b|[\W_])*", re.IGNORECASE)
_BOT = re.compile(
    r"\W*(?:(?:bumps|updates) (?:the )?\S+ (?:from \S+ to \S+$|group\b)|dependabot|renovate|depfu|snyk|greenkeeper"
    r"|you can trigger a rebase|this (?:pr|pull request|commit) (?:was|has been|is) (?:auto|generated|created by)"
    r"|(?:co-|auto-?)?generated\b|automated changes by|created by|full changelog|.{0,40}\bthe above\b"
    r"|for more information, see https?://\S+$"
    r"|\S{0,3}\s?coderabbit|\(?replace me|please (?:describe|include|provide|read|make sure|check|fill)|delete this)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_PLAIN_WORD = re.compile(r"[\"'(“‘«\[*]{0,3}[^\W\d_]+(?:['’-][^\W\d_]+)*\W{0,3}")
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|s|d|e)$")


def excerpt(body: str | None, *, title: str | None = None) -> str | None:
    """The first plain paragraph of a body, as one line of at most `LONGEST` characters.

    It is plain text but for code, whose backticks are balanced; links became their text, other markup is dropped. It
    ends with a sentence, or with … within one. It is still a source's text and not to be trusted.

    None where there is no plain paragraph, or none that says more than `title` does.
    """
    known, unfinished = _stems(title or ""), False
    for paragraph in itertools.islice(_paragraphs((body or "")[:_READ]), _PARAGRAPHS):
        text = _readable(paragraph)
        if text and not _stems(text) <= known and not (unfinished and _CONTINUES.match(text)):
            return cut(text)
        unfinished = unfinished or paragraph.endswith(":")
    return None


def cut(text: str, longest: int = LONGEST) -> str:
    """A line of text, at its last sentence that ends within `longest` characters, else at a word and with …."""
    if len(text) <= longest:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text[: longest + 2]) if found.end() <= longest]
    whole = [end for end in ends if _balanced(text[:end]) == text[:end] and end >= min(40, longest)]
    if whole:
        return text[: whole[-1]]
    head = text[: longest - 1]
    if not text[longest - 1].isspace():
        head = head.rpartition(" ")[0] or head
    if _balanced(head) != head:  # in code, which is left out
        head = _balanced(head.rpartition("`")[0])
    return head.rstrip(" ,;:-–—(") + "…"


def sentences(line: str) -> list[str]:
    """The sentences of a line of text, in order; where nothing ends one, the line is one."""
    ends = [found.end() for found in _SENTENCE_END.finditer(line)]
    parts = (line[start:end].strip() for start, end in itertools.pairwise([0, *ends, len(line)]))
    return [each for each in parts if each]


def _paragraphs(body: str) -> Iterator[str]:
    """The paragraphs that are neither a heading, list, quotation, table, code nor trailer, with their line breaks."""
    paragraph: list[str] = []
    in_list = skipped = flush = False
    before = ""
    for line in [*_without_blocks(body).split("\n", _LINES)[:_LINES], ""]:
        line = line[:_PARAGRAPH].rstrip()
        if paragraph and _RULE.match(line) and len(paragraph) == 1 and len(paragraph[0]) < 80:
            heading, paragraph = paragraph[0], []
            skipped = bool(_SKIPPED_SECTION.match(heading))
        elif not paragraph and _HEADING.match(line) and not _LIST.match(line):
            skipped, in_list = bool(_SKIPPED_SECTION.match(line)), False
        elif line and _is_prose(line, paragraph, in_list, not before, flush):
            paragraph.append(line)
            in_list = False
        elif paragraph and line and not _LIST.match(line) and not _RULE.match(line):
            pass  # a line such as `Fixes #12` within a paragraph
        else:
            if paragraph and not skipped and not all(map(_KEY_AND_VALUE.match, paragraph)):
                yield "\n".join(paragraph)[:_PARAGRAPH]
            paragraph = []
            in_list = bool(_LIST.match(line)) or (in_list and (not line or line[0] in " \t" or bool(before)))
        flush = flush or (bool(line) and not line[0].isspace())
        before = line


def _is_prose(line: str, paragraph: list[str], in_list: bool, after_blank: bool, flush: bool) -> bool:
    """Whether a line begins a plain paragraph or goes on with one.

    What is indented below lines that are not (`flush`) is quoted or code.
    """
    found = _LIST.match(line)
    if found and not (paragraph and found["number"] not in (None, "1")):
        return False
    if not paragraph and (
        line.startswith(("    ", "\t", "  " if flush else "\t")) or (in_list and (line[0] in " \t" or not after_blank))
    ):
        return False
    return not (_NO_PROSE.match(line) or _TABLE.match(line) or _RULE.match(line))


def _without_blocks(body: str) -> str:
    """The body without front matter, comments, fenced code and what is folded away; each may be nested or unclosed."""
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    at, parts = 0, []
    if (front := _FRONT_MATTER.match(text)) and (end := _FRONT_MATTER_END.search(text, front.end())):
        at = end.end()
    while found := _BLOCK.search(text, at):
        parts.append(text[at : found.start()])
        at = _end_of_block(text, found)
    return "\n\n".join([*parts, text[at:]])


def _end_of_block(text: str, start: re.Match[str]) -> int:
    if start["comment"]:
        end = text.find("-->", start.end())
        return len(text) if end < 0 else end + 3
    if fence := start["fence"]:
        closing = re.compile(rf"^[ \t>]*{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE).search(text, start.end())
        return closing.end() if closing else len(text)
    depth = 0
    for found in _DETAILS.finditer(text, start.start()):
        depth += -1 if found[1] else 1
        if not depth:
            return text.find(">", found.end()) + 1 or len(text)
    return len(text)


def _readable(paragraph: str) -> str:
    """A paragraph as one line without markup and without what is said only to the forge; empty if nothing remains."""
    text = _plain("\n".join(_without_reference_lines(paragraph.split("\n"))))
    while found := _GREETING.match(text) or _LABEL.match(text) or _leading_references(text):
        text = text[found.end() :].lstrip()
    if text.endswith(":") or _DANGLING.search(text):
        text = _without_last_sentence(text)
    if text.startswith(('"', "“")) and not re.search('["”]', text[1:]):
        text = text[1:].lstrip()
    return "" if _BOT.match(text) or not _is_language(text) else text


def _without_reference_lines(lines: list[str]) -> Iterator[str]:
    """The lines without those that only refer to something, such as `Fixes #12`, unless a sentence runs on in them."""
    before = ""
    for line in lines:
        ended = not before or before.endswith((".", ":", "!", "?"))
        if not (ended and re.search(_REFERENCE, line[:500]) and _ONLY_REFERENCES.fullmatch(line[:500])):
            yield line
        before = line


def _leading_references(text: str) -> re.Match[str] | None:
    """A first sentence that only refers to something."""
    found = _SENTENCE_END.search(text[:200])
    return _ONLY_REFERENCES.fullmatch(text, 0, found.end()) if found else None


def _without_last_sentence(text: str) -> str:
    ends = [found.end() for found in _SENTENCE_END.finditer(text[:-1])]
    return text[: ends[-1]] if ends else ""


def _is_language(text: str) -> bool:
    """Whether a text is mostly words: at least three, or as many letters as three have where words are not parted.

    A path, an address or an option is no word: `Video demo: https://…` and `npx prettier '*.js' --write` say nothing.
    """
    letters = sum(each.isalpha() for each in text)
    words = sum(bool(_PLAIN_WORD.fullmatch(each)) for each in CODE_SPAN.sub("code", text).split())
    if not re.search(r"[^\W\d_]{2}", CODE_SPAN.sub("", text)):  # code alone
        return False
    unparted = sum(each.isalpha() and each > "\u2e7f" for each in text)
    return (words >= 3 or unparted >= 9) and letters >= 0.6 * len(text.replace(" ", ""))


def _plain(text: str) -> str:
    """Text on one line: links as their text, code with balanced backticks, everything else without its markup."""
    text = _CODE.sub(r"`\2`", _RST_LINK.sub(r"\1", _ROLE.sub("", text)))
    parts, at = [], 0
    for found in CODE_SPAN.finditer(text):
        parts += [text[at : found.start()], found[0]]
        at = found.end()
    parts.append(text[at:])
    # Code is put away while markup is dropped, which may enclose it: `[`name`](url)`, `**`name`**`.
    spans = parts[1::2]
    marked = "\0".join(each.replace("\0", "") for each in parts[::2])
    shown = _without_markup(marked).split("\0")
    if len(shown) == len(spans) + 1:
        joined = "".join(part for pair in zip(shown, [*map(_span, spans), ""], strict=True) for part in pair)
    else:  # a span was in what was dropped, such as an image's text
        joined = " ".join(shown)
    return _balanced(one_line(joined))


def _span(span: str) -> str:
    content = span.strip("`")
    return span if "`" in content else f"`{content.strip()}`"


def _without_markup(text: str) -> str:
    text = _IMAGE.sub("", _SKIP.sub("", text))
    for _ in range(2):  # a link around an image, or around code in brackets
        text = _LINK.sub(r"\1", text)
    text = _TAG.sub("", _BREAK.sub(" ", _AUTOLINK.sub(r"\1", text)))
    text = _TICKET_URL.sub(lambda found: f"{found[1].rstrip('/')}{'!' if found[2] else '#'}{found[3]}", text)
    text = _COMMIT_URL.sub(lambda found: f"{found[1].rstrip('/')}@{found[2][:10]}", text)
    text = _HASH.sub(r"\1", _FOOTNOTE.sub("", _LONG_URL.sub(r"\1…", text)))
    for _ in range(2):  # bold around italic
        text = _EMPHASIS.sub(lambda found: found[2] or found[4] or found[6] or found[8] or "", text)
    return html.unescape(_ESCAPE.sub("", text))


def _balanced(text: str) -> str:
    """Text without the runs of backticks that open or close no code."""
    if "`" not in text:
        return text
    parts, at = [], 0
    for found in CODE_SPAN.finditer(text):
        parts += [text[at : found.start()].replace("`", ""), found[0]]
        at = found.end()
    return "".join([*parts, text[at:].replace("`", "")])


def _stems(text: str) -> frozenset[str]:
    """The words of a text without their endings, so that `Bumps x` says no more than `Bump x`."""
    return frozenset(_ENDING.sub("", each) for each in _WORD.findall(text.casefold()))
