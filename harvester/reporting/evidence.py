"""The evidence of a report: rows, claims, goals and coverage it is made from, each with a digest, to be compared later.

A text longer than a report reads of it is cut, with a digest of the whole: five titles of ten million characters made
139 MB of evidence.

The times at which sources were read are in no digest: harvesting the same data again changes nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from harvester.analysis.frame import records
from harvester.analysis.threads import titles
from harvester.errors import PeriodError, ReportError
from harvester.files import read_text
from harvester.goals.model import Goal
from harvester.model.accounts import mail_key
from harvester.model.contribution import COLUMNS, VERSION
from harvester.model.periods import Period, calendar, parse_days
from harvester.model.periods import parse as parse_period
from harvester.reporting.evidence_diff import ROW_FIELDS, check, key_of
from harvester.reporting.formats import REPORT_FORMATS
from harvester.reporting.report_input import Audience, FirstContributions, PageRequest, ReportInput, SourceStatus
from harvester.sdk.connector import Remark
from harvester.text import LONGEST, parse_json
from harvester.version import VERSION as RELEASE

if TYPE_CHECKING:
    import pandas as pd

    from harvester.goals.assessment import Assessment

FORMAT = "harvester evidence 3"
LONGEST_TEXT = 4 * LONGEST
"""Characters of a text that evidence has in full: as many as `escape` reads, so that reports are the same."""

LARGEST_FILE = 256 << 20
"""Bytes of an evidence file: half a million rows of one person."""

MOST_VALUES = 8_000_000
"""Commas of an evidence: as many as half a million rows have. Twenty million empty objects need 60 MB of text, and
would need 1.7 GB of memory."""


def evidence(report_input: ReportInput, report: str) -> dict[str, Any]:
    """Everything a report is made from, as JSON: times in ISO 8601 and UTC, null where nothing is known.

    `rows` are the people's own, each with its key, what it is, and a digest of all columns. `threads` has the title of
    each thread.

    `read_at`, `remarks`, `source_remarks` and `choices` are in no digest of the page's head.
    """
    frame = report_input.frame
    is_own = frame["person"].isin(list(report_input.persons)) & frame["is_primary"] & ~frame["is_bot"]
    rows = frame[is_own.to_numpy(bool)]
    statuses = sorted(report_input.statuses, key=lambda each: each.source)
    period = report_input.period
    first, last = report_input.calendar.dates(period)
    facts = {
        "format": FORMAT, "harvester": RELEASE, "schema": VERSION, "report": report,
        "persons": [
            {"name": _bounded(report_input.name(each)), "accounts": _accounts(report_input, each)}
            for each in report_input.persons
        ],
        "request": dataclasses.asdict(report_input.request),
        "period": {"days": f"{first}..{last}", "zone": report_input.calendar.zone.key, "name": period.name},
        "rows": sorted(_rows(rows), key=key_of),
        "claims": _claims(report_input, rows),
        "goals": [_goal(report_input, each) for each in report_input.assessment.goals_and_decisions.goals.goals],
        "threads": dict(sorted(titles(frame, rows["thread"].unique().tolist()).items())),
        "coverage": [_source(each) for each in statuses],
        "read_at": {each.source: each.read_at.isoformat() if each.read_at else None for each in statuses},
        "remarks": list(report_input.remarks),
        "source_remarks": {each.source: [[one.scope, one.text] for one in each.remarks] for each in statuses},
        "draft": report_input.draft,
        "choices": _choices(report_input, rows),
    }  # fmt: skip
    # Accounts are whole: `verify` looks for the person who has them.
    return {part: value if part == "persons" else _bounded(value) for part, value in facts.items()}


def _bounded(value: Any) -> Any:
    """The same data with every long text cut; equal texts stay equal, and different ones different."""
    if isinstance(value, str):
        return (
            value
            if len(value) <= LONGEST_TEXT
            else f"{value[:LONGEST_TEXT]}… ({len(value):,} characters, {_digest(value)})"
        )
    if isinstance(value, dict):
        return {_bounded(key): _bounded(each) for key, each in value.items()}
    return [_bounded(each) for each in value] if isinstance(value, list) else value


def _accounts(report_input: ReportInput, person: str) -> list[str]:
    """All accounts of a person, for a configuration with other keys: `<e-mail>` and `connector:account`."""
    configured = report_input.people.configured(person)
    if configured is None:
        return [person]
    accounts = [f"{place}:{each}" for place, names in configured.accounts.items() for each in names]
    return sorted({*(mail_key(each) for each in configured.emails), *accounts}) or [f"notebook:{person}"]


def digests(evidence: Mapping[str, Any]) -> dict[str, str]:
    """A digest (16 hex digits) each of an evidence's rows, claims, goals and coverage."""
    return {part: _digest(evidence[part]) for part in ("rows", "claims", "goals", "coverage")}


def load(path: Path) -> dict[str, Any]:
    """Read an evidence file; raises ReportError where there is none or it is not one that harvester wrote."""
    if not os.path.lexists(path):
        raise ReportError(
            f"There is no evidence {str(path)!r}.",
            hint="--output writes it next to the report; leave it there.",
        )
    return parse(read_text(path, limit=LARGEST_FILE), repr(str(path)))


def parse(text: str, name: str) -> dict[str, Any]:
    """An evidence that was read; raises ReportError, which begins with `name`, for what harvester did not write."""
    if text.count(",") > MOST_VALUES:
        raise ReportError(f"{name} has more values than evidence can have.", hint="Make the report again.")
    try:
        read = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{name} cannot be read: {error}.", hint="Make the report again.") from error
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        raise ReportError(f"{name} is not evidence that this version reads.", hint="Make the report again.")
    try:
        _check(read)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, PeriodError) as error:
        raise ReportError(f"{name} has been edited.", hint="Make the report again.") from error
    return read


def _check(evidence: Mapping[str, Any]) -> None:
    """Use every part as it is used later; raises one of the errors that `load` maps to a ReportError."""
    period_of(evidence)
    request_of(evidence)
    check(evidence)
    for each in evidence["persons"]:
        str.join("", [each["name"], *each["accounts"]])
    dict(evidence.get("choices", {}))
    for at in evidence["read_at"].values():
        _time(at)
    str.join("", [evidence["report"], evidence["harvester"], *evidence["remarks"]])
    for remarks in evidence["source_remarks"].values():
        [Remark(str.join("", [scope]), str.join("", [text])) for scope, text in remarks]
    str.join("", [REPORT_FORMATS[evidence["page"]["format"]].name, evidence["page"]["digest"]])
    if template := evidence["page"].get("template"):
        str.join("", [template["name"], template["digest"]])
    if not evidence["persons"] and not request_of(evidence).everyone:
        raise ValueError("a report is of somebody")


def _time(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def as_read(report_input: ReportInput, evidence: Mapping[str, Any]) -> ReportInput:
    """The report input with the times of reading, names and remarks of an evidence, a draft where that was one."""
    remarks = {source: tuple(Remark(*each) for each in of) for source, of in evidence["source_remarks"].items()}
    at = {source: _time(text) for source, text in evidence["read_at"].items()}
    statuses = [
        dataclasses.replace(
            each, read_at=at.get(each.source, each.read_at), remarks=remarks.get(each.source, each.remarks)
        )
        for each in report_input.statuses
    ]
    names = {key: each["name"] for key, each in zip(report_input.persons, evidence["persons"], strict=False)}
    return dataclasses.replace(
        report_input, statuses=statuses, names={**report_input.names, **names}, remarks=evidence["remarks"],
        draft=bool(evidence["draft"]),
    )  # fmt: skip


def other_names(report_input: ReportInput, evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The names that an evidence has and this data does not give, of people and of the period, each with its own."""
    pairs = [
        (each["name"], report_input.name(key))
        for key, each in zip(report_input.persons, evidence["persons"], strict=False)
    ]
    period = period_of(evidence)
    if period.name and not _means(period.name, period, evidence["period"]["zone"]):
        pairs.append((period.name, str(evidence["period"]["days"])))
    return [(name, own) for name, own in pairs if name != _bounded(own)]


def _means(words: str, period: Period, zone: str) -> bool:
    """Whether words mean these days in any calendar: the author's years and weeks may begin elsewhere."""
    neutral = calendar(zone)
    calendars = [
        *(dataclasses.replace(neutral, year_starts=month) for month in range(1, 13)),
        *(dataclasses.replace(neutral, week_starts=day) for day in range(7)),
    ]
    try:
        return any(parse_period(words, each, period.since) == period for each in calendars)
    except PeriodError:
        return False


def other_remarks(report_input: ReportInput, evidence: Mapping[str, Any]) -> list[str]:
    """The remarks of an evidence that this data does not give."""
    own = {*report_input.remarks, *(each.text for status in report_input.statuses for each in status.remarks)}
    said = [*evidence["remarks"], *(text for each in evidence["source_remarks"].values() for _, text in each)]
    return [each for each in dict.fromkeys(said) if each not in set(map(_bounded, own))]


def dump(evidence: Mapping[str, Any]) -> str:
    """An evidence as text; the same evidence gives the same bytes."""
    return json.dumps(evidence, indent=1, ensure_ascii=True, sort_keys=True) + "\n"


def path_beside(report: Path) -> Path:
    """Where the evidence of a report is: `report.md` has `report.md.evidence.json` next to it."""
    return report.with_name(f"{report.name}.evidence.json")


def period_of(evidence: Mapping[str, Any]) -> Period:
    """The period of an evidence: its days, both included, in the zone of its author."""
    period = evidence["period"]
    return dataclasses.replace(calendar(period["zone"]).days(*parse_days(period["days"])), name=period["name"])


def request_of(evidence: Mapping[str, Any]) -> PageRequest:
    """What the page of an evidence was asked for; raises TypeError or ValueError where it was edited."""
    request = PageRequest(**evidence["request"])
    texts = (each for each in (request.team, request.about) if each is not None)
    flags = (request.everyone, request.mentees)
    if request.audience not in get_args(Audience) or not all(isinstance(each, bool) for each in flags):
        raise ValueError("no page is asked for so")
    str.join("", texts)
    return request


def _rows(rows: pd.DataFrame) -> Iterable[dict[str, Any]]:
    """Each row with its key, what it is, and the digest of all its columns as JSON with sorted keys."""
    for row in records(rows[list(COLUMNS)]):
        at = row["occurred_at"].isoformat()
        yield {name: row[name] for name in ROW_FIELDS} | {"occurred_at": at, "digest": _digest(row)}


def _claims(report_input: ReportInput, rows: pd.DataFrame) -> list[dict[str, Any]]:
    claims = report_input.assessment.claims
    claims = claims[claims["row"].isin(rows.index)]
    keys = records(rows[["source", "scope", "id", "work_item"]].reindex(claims["row"]))
    about = records(claims[["target_kind", "target", "status", "reason"]])
    merged = [key | claim for key, claim in zip(keys, about, strict=True)]
    return sorted(merged, key=lambda each: (*key_of(each), each["target_kind"], each["target"]))


CHOICES = {
    "highlights": "decisions.toml chooses other highlights than for this report.",
    "criteria": "goals.toml has other criteria than for this report.",
    "themes": "[themes] in harvester.toml is not as for this report.",
    "routine": "[routine] in harvester.toml is not as for this report.",
    "teams": "[teams] or the days away of these people in harvester.toml are not as for this report.",
    "newcomers": "Who contributed to which project for the first time is not as for this report.",
    "questions": "The questions in goals.toml are not those of this report.",
    "others": "What other people did in this piece of work is not known as for this report.",
    "days": "goals.toml or [people] has other days (from, until, away, checkins) than for this report.",
    "asked": "goals.toml asks for other things (criteria, or what a goal serves and counts) than for this report.",
    "sources": "The sources have other kinds of work for the goals than for this report.",
    "kept": "The check-in that was kept before it is not as for this report.",
}
"""What else a page depends on: the person's own choices, which change neither rows nor claims."""


def _choices(report_input: ReportInput, rows: pd.DataFrame) -> dict[str, str]:
    """A digest of each of the person's choices; of highlights those about these rows."""
    rules, known = report_input.grouping, report_input.assessment.goals_and_decisions
    pins = known.decisions.highlights
    chosen = {key: pins[key] for key in rows["work_item_key"].unique().tolist() if key in pins}
    made = {
        "highlights": chosen,
        "criteria": [[each.name, each.level, each.text] for each in known.goals.criteria],
        "themes": [[name, rule.model_dump()] for name, rule in rules.themes.items()],
        "routine": [[name, rule.model_dump()] for name, rule in rules.routine.items()],
        "teams": [_teams(report_input), list(report_input.unread)],
        "newcomers": dataclasses.asdict(report_input.first_contributions or FirstContributions()),
        "others": _parts_of_others(report_input),
        "questions": [each.model_dump() for each in report_input.assessment.goals_and_decisions.goals.questions],
        "days": _days(report_input.assessment),
        "asked": _asked(report_input.assessment),
        "sources": dict(report_input.undelivered),
        "kept": report_input.kept.model_dump(mode="json") if report_input.kept else None,
    }
    # A digest of rules confirms them to somebody who guesses them.
    names = ("highlights",) if report_input.withheld is not None else tuple(made)
    return {name: _digest(made[name]) for name in names}


def _days(assessment: Assessment) -> list[str]:
    """The days of each goal, and those on which the person is away."""
    goals = assessment.goals_and_decisions.goals.goals
    own = [f"{each.name} {each.from_} {each.until} {each.checkins} {each.away}" for each in goals]
    return [*own, f"{assessment.away}"]


def _teams(report_input: ReportInput) -> Any:
    """The teams, and when the people are away, of a report that is of a team; nothing of any other."""
    if report_input.request.team is None:
        return None
    people = report_input.people
    away = {each: people.away_of(each, report_input.calendar) for each in report_input.persons}
    return [
        [f"{team}" for team in report_input.teams.values()],
        [f"{person} {periods}" for person, periods in away.items()],
    ]


def _parts_of_others(report_input: ReportInput) -> list[list[str]]:
    """Who else did what in the piece of work that a page is about; empty for every other page."""
    rows = [] if report_input.others is None else records(report_input.others[["account", "kind", "role", "work_item"]])
    return sorted([each["account"], each["kind"], each["role"], each["work_item"]] for each in rows)


def _asked(assessment: Assessment) -> list[object]:
    """The words of the criteria, and of each goal which criterion it serves and how its work is recognised."""
    goals = assessment.goals_and_decisions.goals
    criteria = [each.model_dump() for each in goals.criteria]
    return [criteria, [[each.name, each.criterion, each.match and each.match.model_dump()] for each in goals.goals]]


def changed_choices(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """A sentence for each choice of the person that is another one now; none for an evidence without choices."""
    known = before.get("choices", {})
    return [words for name, words in CHOICES.items() if name in known and known[name] != after["choices"].get(name)]


def _source(status: SourceStatus) -> dict[str, Any]:
    return {
        "source": status.source,
        "gaps": sorted(f"{gap.scope}: {gap.reason}" for gap in (*status.gaps, *status.stale)),
        "unread": [[period.since.isoformat(), period.until.isoformat()] for period in status.unread],
    }


def _goal(report_input: ReportInput, goal: Goal) -> dict[str, Any]:
    """A goal as it was agreed on, and what is done for it."""
    criterion = report_input.assessment.goals_and_decisions.goals.criterion(goal.criterion or "")
    return {
        "name": goal.name, "title": goal.title, "why": goal.why, "criterion": criterion.text if criterion else "",
        "measure": goal.measure, "baseline": goal.baseline, "target": goal.target, "unit": goal.unit,
        "done": report_input.assessment.progress[goal.name].done,
    }  # fmt: skip


_ENCODER = json.JSONEncoder(sort_keys=True, default=dt.datetime.isoformat)


def _digest(value: Any) -> str:
    text = _ENCODER.encode(value)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
