"""notebook.md: what no tracker sees, as plain Markdown that one may write by hand; reading it and adding to it.

    ## 2026-08-12 Paired on the first on-call shift
    with: teammate
    goal: mentoring
    result: The second shift went without a call for help.

One heading an entry, then fields as needed, each at the start of a line; indented lines below a field continue it, and
so do lines after a `problem`, `result`, `technical` or `takeaway` up to an empty line, another field, a list or the
like.

Everything else in an entry is its text, code between fences too; comments are left out.

Entries of one day are in the order of the file, or in reverse where the newest days come first.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harvester.errors import ConfigError, PeriodError, SourceError
from harvester.files import lock_folder, read_text, write_text
from harvester.model.outcomes import read_outcome
from harvester.model.periods import Calendar, Period, calendar, day
from harvester.model.periods import parse as parse_period
from harvester.notebook.markdown_blocks import COMMENT_BEGINS, COMMENT_ENDS, Block, blocks, opens
from harvester.text import did_you_mean, safe_url

FILE = "notebook.md"
LARGEST = 4 << 20
"""Bytes of a notebook: a thousand pages."""

FIELDS: Mapping[str, str] = {
    "with": "people (keys of [people]) whom it was done with or for",
    "goal": "goals it serves",
    "criterion": "criteria that it shows; with `about` that work is linked to the criterion, as by a decision",
    "about": "work it is about, such as PAY-7 or pay#131; with `goal` it is linked to that goal, as by a decision",
    "labels": "words to find it by",
    "role": "author, helper or mentor; helper where `with` is given",
    "problem": "what was wrong or missing before",
    "result": "what came of it, for people who were not there",
    "technical": "what was hard about it",
    "takeaway": "what was learned",
    "outcome": "a figure that moves a goal: `no-double-charges = 4`",
    "link": "where the evidence is; of several, the first that is a web address",
    "witness": "people who saw it and confirm it; with `consent` reports name them, without it they name nobody",
    "consent": "the day by which everybody in `witness` agreed to be named in your reports, such as 2026-08-12",
    "highlight": "yes: a report has what it is about among its highlights; no: it has it elsewhere",
    "summary": "the opening paragraph of your report of a `period`; such an entry is no work and counts nowhere",
    "period": "which report a `summary` is for, such as 2026Q3",
    "public": "yes: everybody may read what the entry says; otherwise it is private",
}
"""The fields of an entry and what they mean; the reference in docs/ prints them."""

LISTS = ("with", "goal", "criterion", "about", "labels", "witness")
PEOPLE = ("with", "witness")
"""Fields that name people."""

WRAPPED = ("problem", "result", "technical", "takeaway", "summary")
"""Fields of prose, whose lines an editor may wrap."""

ROLES = ("author", "helper", "mentor")
YES_OR_NO: Mapping[str, bool] = {"yes": True, "true": True, "no": False, "false": False}
INTRODUCTION = "# Notebook\n\nWhat no tracker sees. One heading an entry, fields as needed.\n"
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u3000]|^[\u200b\u2060\ufeff]+")
"""Spaces that look like the plain one, and what nobody sees at the start of a line; a heading is read without them."""

_HEADING = re.compile(r"^##(?!#)[ \t]*(?P<text>.*)$")
_OTHER_HEADING = re.compile(r"^#+[ \t]*(?P<text>.*)$")
_UNDERLINE = re.compile(r"^(?:=+|-+)[ \t]*$")
_BETWEEN = "[-./‐‑‒–—−]"
_WRITTEN = rf"(?:\d{{4}}{_BETWEEN}\d{{1,2}}{_BETWEEN}\d{{1,2}}|\d{{1,2}}\. ?\d{{1,2}}\. ?\d{{4}})(?!\d)"
"""A day with the year first, or with the year last and dots: `2026-08-12`, `2026/8/12`, `12.8.2026`."""

_DATED = re.compile(rf"(?P<date>{_WRITTEN})(?:[ \t:,–—-]+(?P<title>.*))?", re.ASCII)
_BEGINS_WITH_DAY = re.compile(rf"[*_`\[(<\s]*(?P<date>{_WRITTEN})", re.ASCII)
_DAY = re.compile(rf"(?<![\d.]){_WRITTEN}|(?<!\d)\d{{1,2}}/\d{{1,2}}/\d{{4}}(?!\d)|(?<!\d)20\d{{6}}(?!\d)", re.ASCII)
_MARKERS = re.compile(r"(?:\s|\\(?=#)|>|[-+*](?=\s)|\d{1,9}[.)](?=\s)|\||#+|\[[ xX]\]|</?[A-Za-z][^<>]{0,200}>)*")
_ENDS_BLOCK = re.compile(r"\s*(?:$|[#<]|[-=_*]{3,}\s*$)")
"""A line after which another block begins."""

_HEADING_MARKER = re.compile(r"#|<(?:h\d|summary)\b", re.IGNORECASE)
_NO_HEADING = re.compile(rf"[-+*>|#\s]|(?i:{'|'.join(FIELDS)})[ \t]*:")
_FIELD = re.compile(r"^(?P<key>[A-Za-z]+)[ \t]*:(?:[ \t]+(?P<value>.*))?$")
_LONGEST_MISSPELT = 2 * max(map(len, FIELDS))
_NO_PROSE = re.compile(r"[>|]|[-+*][ \t]|1[.)][ \t]|#{1,6}(?:[ \t]|$)|(?:=+|-+|_{3,}|\*{3,})[ \t]*$")

Line = tuple[int, str, str]
"""A line of an entry: its number, from 1, the field it belongs to (or ''), what it says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its day and title, its fields in lists (`with`, `goal`, …) and texts, and its other text."""

    date: dt.date
    title: str
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    line: int = 0
    """The line of its heading, from 1; 0 for an entry that is not written yet."""

    @property
    def role(self) -> str:
        """The `role` that is given, else helper where others are named, else author."""
        role = self.texts.get("role", "").strip().casefold()
        return role if role in ROLES else "helper" if self.lists.get("with") else "author"

    @property
    def highlight(self) -> bool | None:
        """Whether what it is about is a highlight; None where it does not say so with yes or no."""
        return YES_OR_NO.get(self.texts.get("highlight", "").strip().casefold())

    @property
    def consent(self) -> dt.date | None:
        """The day by which every witness agreed to be named; None where there is none, or where it is no day."""
        found = re.fullmatch(_WRITTEN, self.texts.get("consent", "").strip(), re.ASCII)
        return _date(found.group()) if found else None

    @property
    def public(self) -> bool:
        """Whether everybody may read it: only where it says yes."""
        return YES_OR_NO.get(self.texts.get("public", "").strip().casefold()) is True

    @property
    def summary(self) -> str | None:
        """The opening paragraph that the entry gives for a period that it names; None where it gives none."""
        return self.texts.get("summary") if "period" in self.texts else None


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """What in a notebook cannot be read: the line, from 1, and why, in words."""

    line: int
    reason: str
    missing_on: dt.date | None = None
    """The day whose entry, figure or field is missing because of it; None where nothing is, or its day is unknown."""


def load(path: Path) -> tuple[list[Entry], list[ParseWarning]]:
    """The entries of a notebook in its order, and warnings about what is half-written; none where there is no file.

    Raises SourceError where the file cannot be read.
    """
    if not os.path.lexists(path):
        return [], []
    text = read_text(path, limit=LARGEST, error=SourceError).removeprefix("\ufeff")
    if "\0" in text:
        raise SourceError(f"{path}: this is not UTF-8 text (it has NUL characters).", hint="Save it as UTF-8.")
    return parse(text)


def parse(text: str) -> tuple[list[Entry], list[ParseWarning]]:
    """The entries in a notebook's text, and warnings about what is half-written, by line."""
    entries: list[Entry] = []
    all_lines = [_SPACES.sub(" ", line).lstrip() if _is_heading(line) else line for line in _LINE_END.split(text)]
    found_blocks = blocks(all_lines, _is_dated)
    warnings = [_unclosed(at + 1, all_lines[at]) for at in found_blocks.open]
    for line, heading, lines in _sections(all_lines, found_blocks.kinds):
        own = _HEADING.match(heading)
        found = own and _DATED.fullmatch(own["text"].strip())
        date = _date(found["date"]) if found else None
        if not found or date is None:
            warnings.append(_no_entry(line, heading))
            continue
        fields = _fields(lines, line + 1)
        entry = _entry(date, _without_comments(found["title"] or ""), fields, line)
        warnings += _warnings(entry, fields)
        if entry.title:
            entries.append(entry)
    warnings += _days_without_entry(all_lines, found_blocks.kinds)
    return entries, sorted(warnings, key=lambda each: each.line)


def newest_first(entries: Sequence[Entry]) -> bool:
    """Whether the days go down from entry to entry."""
    dates = [each.date for each in entries]
    return dates == sorted(dates, reverse=True) and dates != sorted(dates)


def render(entry: Entry) -> str:
    """An entry as a notebook has it."""
    lines = [f"## {entry.date.isoformat()} {' '.join(entry.title.split())}"]
    for key in FIELDS:
        value = ", ".join(entry.lists.get(key, ())) if key in LISTS else entry.texts.get(key, "").strip()
        if value:
            lines.append(f"{key}: " + "\n  ".join(part.strip() for part in value.splitlines() if part.strip()))
    if entry.body.strip():
        lines += ["", *_as_text(entry.body.strip("\n").splitlines())]
    return "\n".join(lines) + "\n"


def add(path: Path, entry: Entry) -> None:
    """Add an entry to the notebook, at its beginning where the newest come first, else at its end.

    The file is replaced in one step and otherwise unchanged; others who add at the same time wait.

    Raises ConfigError where the entry has no title or an unknown field, or would be part of code that is not closed,
    SourceError where the file cannot be read, ReportError where it cannot be written.
    """
    for key in (*entry.lists, *entry.texts):
        if key not in FIELDS:
            raise ConfigError(f"A note has no field {key!r}{did_you_mean(key, FIELDS, '.')}")
    if not entry.title.strip():
        raise ConfigError("A note needs a title.")
    with lock_folder(path):
        before, _ = load(path)
        there = os.path.lexists(path)
        text = read_text(path, limit=LARGEST, error=SourceError) if there else INTRODUCTION
        if newest_first(before):
            at = _offset(text, before[0].line)
            after = text[:at] + render(entry) + "\n" + text[at:]
        else:
            after = text + ("" if text.endswith("\n") else "\n") + "\n" + render(entry)
        if len(parse(after.removeprefix("\ufeff"))[0]) <= len(before):
            raise ConfigError(
                f"{path} has code or a comment without an end, which would include this note.",
                hint="Nothing was written. `harvester doctor` names the line where it begins.",
            )
        write_text(path, after)


def period_of(entry: Entry, calendar: Calendar) -> Period | None:
    """The period that a summary is for, words such as `last quarter` as of the entry's day; None without one.

    Raises PeriodError where it is not valid.
    """
    words = entry.texts.get("period")
    return parse_period(words, calendar, calendar.midnight(entry.date)) if words else None


def unknown_names(
    entries: Sequence[Entry], goals: Collection[str], people: Collection[str], criteria: Collection[str] = ()
) -> Iterator[ParseWarning]:
    """Warnings about fields that name a goal, a criterion or a person nobody configured, each with its line."""
    for each in entries:
        for goal in (*each.lists.get("goal", ()), *read_outcome(each.texts.get("outcome", ""))):
            if goal not in goals:
                yield ParseWarning(each.line, f"there is no goal {goal!r}{did_you_mean(goal, goals)}")
        for criterion in each.lists.get("criterion", ()):
            if criterion not in criteria:
                yield ParseWarning(each.line, f"there is no criterion {criterion!r}{did_you_mean(criterion, criteria)}")
        for person in dict.fromkeys(name for key in PEOPLE for name in each.lists.get(key, ())):
            if person not in people:
                yield ParseWarning(each.line, f"there is no person {person!r}{did_you_mean(person, people)}")


def own_witness(entries: Sequence[Entry], own_names: Collection[str]) -> Iterator[ParseWarning]:
    """Warnings about entries of somebody whose names these are, who is their own witness, each with its line."""
    for each in entries:
        for witness in each.lists.get("witness", ()):
            if witness in own_names:
                yield ParseWarning(each.line, f"{witness!r} is yourself, and nobody is their own witness")


def unresolved(entries: Sequence[Entry], references: Collection[str]) -> Iterator[ParseWarning]:
    """Warnings about entries whose `about` is one of these references, which lead to no work, each with its line."""
    for each in entries:
        for about in each.lists.get("about", ()):
            if about in references:
                yield ParseWarning(each.line, f"{about!r} matches no work item that was read, or several")


def in_future(entries: Sequence[Entry], today: dt.date) -> Iterator[ParseWarning]:
    """Warnings about entries and consents of days after `today`, each with its line."""
    for each in entries:
        if each.date > today:
            yield ParseWarning(each.line, f"{day(each.date)} is in the future; the entry counts from that day on")
        if each.consent and each.consent > today:
            yield ParseWarning(
                each.line, f"the consent is of {day(each.consent)}, in the future; nobody is named before that day"
            )


def _sections(lines: Sequence[str], kinds: Sequence[Block]) -> Iterator[tuple[int, str, list[tuple[str, Block]]]]:
    """Each heading that may be an entry's, with the number of its line, and the lines below it with what they are."""
    section: tuple[int, str, list[tuple[str, Block]]] | None = None
    framed = ["", *lines, ""]
    for number, (line, kind) in enumerate(zip(lines, kinds, strict=True), 1):
        if kind == "text" and (_begins(line) or _underlined(*framed[number - 1 : number + 2])):
            if section:
                yield section
            section = (number, line, [])
        elif section:
            section[2].append((line, kind))
    if section:
        yield section


def _begins(line: str) -> bool:
    """Whether an entry, or what was meant to be one, begins here: second-level headings and all that are dated."""
    other = _OTHER_HEADING.match(line)
    return bool(_HEADING.match(line) or (other and _BEGINS_WITH_DAY.match(other["text"])))


def _is_dated(line: str) -> bool:
    """Whether an entry surely begins here: code that is not closed must not swallow it."""
    own = _HEADING.match(line)
    return bool(own and _DATED.match(own["text"]))


def _underlined(before: str, line: str, following: str) -> bool:
    """Whether a line is a heading because of the line below it, and dated; of the second level wherever its day is."""
    if (before.strip() and not before.startswith("#")) or not _UNDERLINE.match(following) or _NO_HEADING.match(line):
        return False
    return bool(_BEGINS_WITH_DAY.match(line) or (following.startswith("-") and _DAY.search(line)))


def _no_entry(line: int, heading: str) -> ParseWarning:
    """Why a heading begins no entry."""
    text = heading.lstrip("#").strip()
    found = _BEGINS_WITH_DAY.match(text)
    if _HEADING.match(heading):
        why = f"{text[:80]!r} does not begin with a day such as 2026-08-12, so it is not counted"
    else:
        why = f"{heading[:80]!r} is not a heading such as `## 2026-08-12 …`, so the entry is not counted"
    return ParseWarning(line, why, _date(found["date"]) if found else None)


def _unclosed(line: int, text: str) -> ParseWarning:
    """The warning about code or a comment that has no end."""
    if opens(text) == "code":
        return ParseWarning(
            line, f"the code that begins with {text.strip()[:80]!r} has no end, so the next entry ends it"
        )
    return ParseWarning(line, "the comment that begins here has no end, so it is read as text")


def _entry(date: dt.date, title: str, fields: Sequence[Line], line: int) -> Entry:
    values: dict[str, list[str]] = {}
    for _, key, value in fields:
        values.setdefault(key, []).append(value)
    written = "\n".join(values.pop("", ())).strip("\n")
    lists = {
        key: tuple(
            dict.fromkeys(part.strip() for value in values.pop(key) for part in value.split(",") if part.strip())
        )
        for key in LISTS
        if key in values
    }
    texts = {key: "\n".join(filter(None, lines)) for key, lines in values.items()}
    sentences = (texts.get("result", ""), texts.get("summary", ""), written)
    first = next((each.strip() for each in sentences if each.strip()), "")
    lists = {key: names for key, names in lists.items() if names}
    texts = {key: value for key, value in texts.items() if value}
    return Entry(date, " ".join((title.strip() or first.split("\n")[0]).split()), lists, texts, written, line)


def _fields(lines: Sequence[tuple[str, Block]], first: int) -> list[Line]:
    """Each line with its number, and the field it belongs to, which is '' for a line of text; wrapped ones as one."""
    made: list[tuple[int, str, list[str]]] = []
    key = ""
    for number, (line, kind) in enumerate(lines, first):
        if kind == "comment":
            # What follows its end is visible, and so it is text.
            key, rest = "", line.partition(COMMENT_ENDS)[2].strip()
            made += [(number, "", [rest])] if rest else []
            continue
        found = _FIELD.match(line) if kind == "text" else None
        if key and kind == "text" and line[:1] in {" ", "\t"} and line.strip():
            made.append((number, key, [_without_comments(line)]))
            continue
        named = found["key"].casefold() if found and found["key"].casefold() in FIELDS else ""
        if key in WRAPPED and kind == "text" and not named and _goes_on(line):
            made[-1][2].append(_without_comments(line))
            continue
        key = named
        made.append((number, key, [_without_comments(found["value"] or "") if found and key else line]))
    return [(number, key, " ".join(filter(None, parts))) for number, key, parts in made]


def _without_comments(text: str) -> str:
    """A field's text or a title without the comments in it; one that does not end is text."""
    parts, at = [], 0
    while (begin := text.find(COMMENT_BEGINS, at)) >= 0:
        end = text.find(COMMENT_ENDS, begin + len(COMMENT_BEGINS))
        if end < 0:
            break
        parts.append(text[at:begin])
        at = end + len(COMMENT_ENDS)
    return " ".join(filter(None, map(str.strip, [*parts, text[at:]])))


def _goes_on(line: str) -> bool:
    """Whether a line is more of the paragraph above it, as Markdown has it, and no field with a slip in its name."""
    return bool(line.strip()) and not _NO_PROSE.match(line) and not _misspelt(line)


def _warnings(entry: Entry, fields: Sequence[Line]) -> Iterator[ParseWarning]:
    if not entry.title:
        yield ParseWarning(entry.line, "the entry has neither a title nor a result, so it is not counted", entry.date)
    empty = {key: number for number, key, _ in reversed(fields) if key not in {"", *entry.lists, *entry.texts}}
    for key, number in empty.items():
        yield ParseWarning(number, f"`{key}:` says nothing yet")
    yield from _summary_warnings(entry, {key: number for number, key, value in reversed(fields) if value})
    yield from _witness_warnings(entry, {key: number for number, key, value in reversed(fields) if value})
    yield from _outcome_warnings(entry, [(number, value) for number, key, value in fields if key == "outcome"])
    for number, key, value in fields:
        if key == "role" and value and value.casefold() not in ROLES:
            yield ParseWarning(number, f"there is no role {value[:80]!r}{did_you_mean(value, ROLES)}")
        if key in ("highlight", "public") and value and value.casefold() not in YES_OR_NO:
            yield ParseWarning(number, f"`{key}` is yes or no, and not {value[:80]!r}")
        if key == "link" and value and not safe_url(value):
            yield ParseWarning(number, f"{value[:80]!r} is not an http or https address, so reports do not link to it")
        if not key and (near := _misspelt(value)):
            yield ParseWarning(number, near)


def _summary_warnings(entry: Entry, lines: Mapping[str, int]) -> Iterator[ParseWarning]:
    """Warnings about a summary without a valid period, and about a period without a summary; `lines` by field."""
    period = entry.texts.get("period")
    if "summary" in entry.texts and period is None:
        yield ParseWarning(
            lines["summary"], "no report shows this summary: it needs a period below it, such as `period: 2026Q3`"
        )
    if period is None:
        return
    if "summary" not in entry.texts:
        yield ParseWarning(lines["period"], "`period:` says which report a `summary` is for, and there is none")
    try:
        period_of(entry, calendar("UTC"))
    except PeriodError as error:
        yield ParseWarning(lines["period"], f"{error.message.rstrip('.')}, so no report shows this summary")


def _witness_warnings(entry: Entry, lines: Mapping[str, int]) -> Iterator[ParseWarning]:
    """Warnings about a witness without consent, and consent without a witness or a day; `lines` by field."""
    if "consent" in entry.texts and entry.consent is None:
        said = entry.texts["consent"][:80]
        yield ParseWarning(
            lines["consent"], f"`consent` is the day on which the witness agreed, such as 2026-08-12, and not {said!r}"
        )
    elif "consent" in entry.texts and "witness" not in entry.lists:
        yield ParseWarning(lines["consent"], "`consent:` is that of a `witness`, and there is none")
    elif "consent" not in entry.texts and "witness" in entry.lists:
        yield ParseWarning(
            lines["witness"],
            "no `consent:` says when the witness agreed to be named, so reports name nobody and it confirms nothing; "
            "write the day below it once they agree, as `consent: 2026-08-12`",
        )


def _outcome_warnings(entry: Entry, outcomes: Sequence[tuple[int, str]]) -> Iterator[ParseWarning]:
    """Warnings about each outcome that is not a figure, or that a later one for the same goal replaces."""
    last = {goal: number for number, value in outcomes for goal in read_outcome(value)}
    for number, value in outcomes:
        if value and not read_outcome(value):
            yield ParseWarning(
                number, f"the outcome {value[:80]!r} is not `goal = number`, so it moves no goal", entry.date
            )
        for goal in read_outcome(value):
            if last[goal] != number:
                yield ParseWarning(number, f"the entry has a later outcome of {goal!r}, which replaces {value[:80]!r}")


@functools.lru_cache(maxsize=4096)
def _misspelt(line: str) -> str:
    """A warning where a line of text looks like a field with a misspelt name; else empty."""
    found = _FIELD.match(line)
    if not found or found["key"].casefold() in FIELDS or len(found["key"]) > _LONGEST_MISSPELT:
        return ""
    near = did_you_mean(found["key"].casefold(), FIELDS)
    return near and f"{found['key']!r} is not a field and is read as text{near}"


def _date(text: str) -> dt.date | None:
    """The day that is written with the year first, or with dots and the year last; None where there is no such day."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    year, month, day = numbers if text[:4].isdigit() else reversed(numbers)
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _is_heading(line: str) -> bool:
    """Whether a line is a heading without what nobody sees before it; behind a plain space it is text (`_set_off`)."""
    return not line.startswith((" ", "\t")) and _SPACES.sub(" ", line).lstrip().startswith("#")


def _days_without_entry(lines: Sequence[str], kinds: Sequence[Block]) -> Iterator[ParseWarning]:
    """Warnings about lines that were plainly meant to begin an entry, and do not.

    Outside of the entries that is every line at the start of a block that has a day in it. Inside of one its text may
    have days, so there it is a heading that is quoted, listed or indented, a day in bold, and a day with a field below.
    """
    inside = False
    framed = ["", *lines, ""]
    for number, (line, kind) in enumerate(zip(lines, kinds, strict=True), 1):
        before, _, below = framed[number - 1 : number + 2]
        if kind != "text":
            continue
        if _begins(line) or _underlined(before, line, below):
            own = _HEADING.match(line)
            found = own and _DATED.fullmatch(own["text"].strip())
            inside = bool(found and _date(found["date"]))
            continue
        marked = _MARKERS.match(_SPACES.sub(" ", line))
        markers = marked.group() if marked else ""
        rest = _SPACES.sub(" ", line)[len(markers) :]
        first = _BEGINS_WITH_DAY.match(rest)
        starts = markers.strip() or number == 1 or kinds[number - 2] != "text" or _ENDS_BLOCK.match(before)
        if not starts or not (first or _DAY.search(rest)):
            continue
        if inside and not (first and _meant_as_heading(line, markers, rest, below)):
            continue
        day = _date(first["date"]) if first else None
        yield ParseWarning(number, f"{line.strip()[:80]!r} begins no entry, as `## 2026-08-12 …` does", day)


def _meant_as_heading(line: str, markers: str, rest: str, below: str) -> bool:
    """Whether a dated line inside of an entry was meant as a heading."""
    if _HEADING_MARKER.search(markers):
        return not re.match(r" #", line)
    field = _FIELD.match(below)
    return rest.startswith(("**", "__")) or bool(not markers and field and field["key"].casefold() in FIELDS)


def _as_text(lines: Sequence[str]) -> list[str]:
    """A body's lines; where code or a comment in it has no end, what opens one is set off so that it opens nothing."""
    found = blocks(lines, _is_dated)
    if found.open:
        return [_set_off(line) if opens(line) == "text" else f"    {line}" for line in lines]
    return [_set_off(line) if kind == "text" else line for line, kind in zip(lines, found.kinds, strict=True)]


def _set_off(line: str) -> str:
    """A line of text, set off by a space where it would be read as a heading or a field."""
    found = _FIELD.match(line)
    special = _begins(line) or _UNDERLINE.match(line) or (found and found["key"].casefold() in FIELDS)
    return f" {line}" if special else line


def _offset(text: str, line: int) -> int:
    """Where a line, from 1, begins."""
    return [0, *(found.end() for found in _LINE_END.finditer(text))][line - 1]
