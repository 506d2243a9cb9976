"""notebook.md: what no tracker sees, as plain Markdown that one may write by hand; reading it and adding to it.

    ## 2026-08-12 Paired on the first on-call shift
    with: teammate
    goal: mentoring
    result: The second shift went without a call for help.

One heading an entry, then fields as needed, each at the start of a line; indented lines below a field continue it.
Whatever else stands in an entry is its text. Entries of one day are in the order in which they stand, or from the last
to the first where the newest days stand first.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harvester.atomic import write_text
from harvester.errors import ConfigError, SourceError
from harvester.progress import read_outcome
from harvester.words import nearest

FILE = "notebook.md"
FIELDS: Mapping[str, str] = {
    "with": "people (keys of [people]) whom it was done with or for",
    "goal": "goals it serves",
    "about": "work it is about, such as PAY-7 or pay#131",
    "labels": "words to find it by",
    "role": "author, helper or mentor; helper where `with` is given",
    "result": "what came of it, for people who were not there",
    "technical": "what was hard about it",
    "takeaway": "what was learned",
    "outcome": "a figure that moves a goal: `no-double-charges = 4`",
    "link": "where the proof is",
}
"""The fields of an entry and what they mean; the reference in docs/ prints them."""

LISTS = ("with", "goal", "about", "labels")
ROLES = ("author", "helper", "mentor")
_INTRODUCTION = "# Notebook\n\nWhat no tracker sees. One heading an entry, fields as needed.\n"
_HEADING = re.compile(r"^##(?!#)[ \t]*(?P<text>.*)$")
_DATED = re.compile(r"(?P<date>\d{4}-\d{1,2}-\d{1,2})(?:[ \t:,–—-]+(?P<title>.*))?", re.ASCII)
_FIELD = re.compile(r"^(?P<key>[A-Za-z]+)[ \t]*:(?:[ \t]+(?P<value>.*))?$")
_FENCE = re.compile(r"^[ \t]{0,3}(```|~~~)")
_SLUG = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its day and title, its fields in lists (`with`, `goal`, …) and texts, and its other text."""

    date: dt.date
    title: str
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    line: int = 0
    """Where its heading stands, from 1; 0 for one that is not written yet."""

    @property
    def role(self) -> str:
        """As what it was done: as said, else helper where others are named, else author."""
        said = self.texts.get("role", "").strip().casefold()
        return said if said in ROLES else "helper" if self.lists.get("with") else "author"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What cannot be read as it stands: the line, from 1, in words; `lost` where the entry yields no row for it."""

    line: int
    reason: str
    date: dt.date | None = None
    lost: bool = True


def load(path: Path) -> tuple[list[Entry], list[Doubt]]:
    """The entries of a notebook in their order, and what in it is half-written; none where there is no file.

    Raises SourceError where the file cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return [], []
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: this is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8.") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.", hint="Is the path right?") from error
    return parse(text)


def parse(text: str) -> tuple[list[Entry], list[Doubt]]:
    """The entries in a notebook's text, and what in it is half-written."""
    entries: list[Entry] = []
    doubts: list[Doubt] = []
    for line, heading, lines in _sections(text):
        found = _DATED.fullmatch(heading.strip())
        date = _date(found["date"]) if found else None
        if date is None:
            what = f"{heading.strip()[:80]!r} does not begin with a day such as 2026-08-12, so it counts nowhere"
            doubts.append(Doubt(line, what))
            continue
        entry = _entry(date, (found["title"] if found else None) or "", lines, line)
        doubts += _doubts(entry, lines)
        if entry.title:
            entries.append(entry)
    return entries, doubts


def newest_first(entries: Sequence[Entry]) -> bool:
    """Whether the days go down from entry to entry."""
    dates = [each.date for each in entries]
    return dates == sorted(dates, reverse=True) and dates != sorted(dates)


def places(entries: Sequence[Entry]) -> list[int]:
    """Which one of its day each entry is, from 0, so that the later of two figures for a goal holds."""
    counts: dict[dt.date, int] = {}
    found = [0] * len(entries)
    for number in _by_time(entries):
        found[number] = counts[entries[number].date] = counts.get(entries[number].date, -1) + 1
    return found


def identities(entries: Sequence[Entry]) -> list[str]:
    """A lasting name for each entry, made from its title, so that moving it to another day moves the row.

    Where a title stands again its day is part of the name, and a number where it stands twice on that day. The earliest
    keeps the plain name, so that whoever referred to it still does when another is written.
    """
    seen: dict[tuple[str, dt.date | None], int] = {}
    names = [""] * len(entries)
    for number in _by_time(entries):
        date, title = entries[number].date, _plain(entries[number].title)
        again = seen[title, None] = seen.get((title, None), 0) + 1
        that_day = seen[title, date] = seen.get((title, date), 0) + 1
        end = (f"-{date.isoformat()}" if again > 1 else "") + (f"-{that_day}" if that_day > 1 else "")
        names[number] = f"{_slug(title)}-{hashlib.sha256(title.encode()).hexdigest()[:8]}{end}"
    return names


def render(entry: Entry) -> str:
    """An entry as it stands in a notebook."""
    lines = [f"## {entry.date.isoformat()} {' '.join(entry.title.split())}"]
    for key in FIELDS:
        value = ", ".join(entry.lists.get(key, ())) if key in LISTS else entry.texts.get(key, "").strip()
        if value:
            lines.append(f"{key}: " + "\n  ".join(part.strip() for part in value.splitlines() if part.strip()))
    if entry.body.strip():
        lines += ["", *(_as_text(line) for line in entry.body.strip("\n").splitlines())]
    return "\n".join(lines) + "\n"


def add(path: Path, entry: Entry) -> None:
    """Add an entry to the notebook, at its beginning where the newest stand first, else at its end.

    The file is replaced in one step and otherwise stays as it is. Raises ConfigError where the entry has no title or a
    field that a notebook has not, SourceError where the file cannot be read, ReportError where it cannot be written.
    """
    for key in (*entry.lists, *entry.texts):
        if key not in FIELDS:
            raise ConfigError(f"A note has no field {key!r}{nearest(key, FIELDS, '.')}")
    if not entry.title.strip():
        raise ConfigError("A note needs a title.")
    before, _ = load(path)
    text = path.read_bytes().decode("utf-8") if path.exists() else _INTRODUCTION
    if newest_first(before):
        at = _offset(text, before[0].line)
        write_text(path, text[:at] + render(entry) + "\n" + text[at:])
    else:
        write_text(path, text + ("" if text.endswith("\n") else "\n") + "\n" + render(entry))


def unknown(entries: Sequence[Entry], goals: Collection[str], people: Collection[str]) -> Iterator[Doubt]:
    """Fields that name a goal or a person nobody configured, each with its line."""
    for each in entries:
        told = read_outcome(each.texts.get("outcome", ""))
        for goal in (*each.lists.get("goal", ()), *told):
            if goal not in goals:
                yield Doubt(each.line, f"there is no goal {goal!r}{nearest(goal, goals)}", each.date, lost=False)
        for person in each.lists.get("with", ()):
            if person not in people:
                yield Doubt(each.line, f"there is no person {person!r}{nearest(person, people)}", each.date, lost=False)


def _by_time(entries: Sequence[Entry]) -> list[int]:
    """The numbers of the entries from the earliest to the latest."""
    numbers = range(len(entries))
    return sorted(reversed(numbers) if newest_first(entries) else numbers, key=lambda number: entries[number].date)


def _sections(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Each second-level heading with the number of its line and the lines below it.

    Code in fences has no headings, but for dated ones: a fence that nobody closed must not swallow the next entry.
    """
    section: tuple[int, str, list[str]] | None = None
    fenced = False
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        fenced ^= bool(_FENCE.match(line))
        heading = _HEADING.match(line)
        if heading and fenced and not _DATED.match(heading["text"]):
            heading = None
        if heading:
            fenced = False
            if section:
                yield section
            section = (number, heading["text"], [])
        elif section:
            section[2].append(line)
    if section:
        yield section


def _entry(date: dt.date, title: str, lines: Sequence[str], line: int) -> Entry:
    lists: dict[str, tuple[str, ...]] = {}
    texts: dict[str, str] = {}
    body: list[str] = []
    for key, value in _fields(lines):
        if key in LISTS:
            lists[key] = lists.get(key, ()) + tuple(part.strip() for part in re.split(r"[,\n]", value) if part.strip())
        elif key:
            texts[key] = "\n".join(filter(None, (texts.get(key, ""), value.strip())))
        else:
            body.append(value)
    written = "\n".join(body).strip("\n")
    first = next((each.strip() for each in (texts.get("result", ""), written) if each.strip()), "")
    lists = {key: tuple(dict.fromkeys(values)) for key, values in lists.items() if values}
    texts = {key: value for key, value in texts.items() if value}
    return Entry(date, " ".join((title.strip() or first.split("\n")[0]).split()), lists, texts, written, line)


def _fields(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Fields with their values, continued lines joined; lines of text under the key ''."""
    key, value, fenced = "", "", False
    for line in lines:
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _FIELD.match(line)
        if key and not fenced and line[:1] in {" ", "\t"} and line.strip():
            value += "\n" + line.strip()
            continue
        if key:
            yield key, value
        key = found["key"].casefold() if found and found["key"].casefold() in FIELDS else ""
        value = (found["value"] or "") if found and key else ""
        if not key:
            yield "", line
    if key:
        yield key, value


def _doubts(entry: Entry, lines: Sequence[str]) -> Iterator[Doubt]:
    if not entry.title:
        yield Doubt(entry.line, "the entry has neither a title nor a result, so it counts nowhere", entry.date)
    told = entry.texts.get("outcome", "")
    if len(read_outcome(told)) != len([line for line in told.split("\n") if line.strip()]):
        what = f"the outcome {told[:80]!r} is no `goal = number`, so it moves no goal"
        yield Doubt(_line(entry, lines, "outcome"), what, entry.date)
    role = entry.texts.get("role")
    if role and role.casefold() not in ROLES:
        what = f"there is no role {role[:80]!r}{nearest(role, ROLES)}"
        yield Doubt(_line(entry, lines, "role"), what, entry.date, lost=False)
    for number, line in enumerate(lines, entry.line + 1):
        found = _FIELD.match(line)
        if found and found["key"].casefold() not in FIELDS and (near := nearest(found["key"].casefold(), FIELDS)):
            yield Doubt(number, f"{found['key']!r} is no field and stays text{near}", entry.date, lost=False)


def _line(entry: Entry, lines: Sequence[str], key: str) -> int:
    start = f"{key}"
    at = (number for number, line in enumerate(lines, entry.line + 1) if line.casefold().startswith(start))
    return next(at, entry.line)


def _date(text: str) -> dt.date | None:
    year, month, day = map(int, text.split("-"))
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _as_text(line: str) -> str:
    """A line of text, set off by a space where it would be read as a heading, a field or a fence."""
    found = _FIELD.match(line)
    special = _HEADING.match(line) or _FENCE.match(line) or (found and found["key"].casefold() in FIELDS)
    return f" {line}" if special else line


def _offset(text: str, line: int) -> int:
    """Where a line, from 1, begins."""
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1])


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title)[:_SLUG].strip("-") or "note"
