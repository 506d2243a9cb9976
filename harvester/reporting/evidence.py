"""What a report stood on, so that it can be made again and compared: rows, claims and coverage, each with a digest.

The times at which sources were read are no part of it: reading the same again changes nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from harvester.analysis.frame import column, records
from harvester.analysis.threads import titles
from harvester.errors import ReportError
from harvester.goals.model import Goal
from harvester.model.accounts import mail_key
from harvester.model.contribution import COLUMNS, VERSION
from harvester.model.periods import Period
from harvester.reporting.evidence_diff import SHOWN, check, key_of
from harvester.version import VERSION as RELEASE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from harvester.reporting.report_input import ReportInput

FORMAT = "harvester evidence 1"


def evidence(report_input: ReportInput, report: str) -> dict[str, Any]:
    """Everything a report is made from, as JSON: times in ISO 8601 and UTC, null where nothing is known.

    `rows` are the people's own, each with its key, what it is, and a digest of all columns. What others did beside them
    shows in `claims`, where it changes any, and in `threads`: what each piece of work is called, though it be a ticket
    of somebody else's. `read_at` and `remarks` have no part in any digest.
    """
    frame = report_input.frame
    rows = frame[
        (frame["person"].isin(list(report_input.persons)) & frame["is_primary"] & ~frame["is_bot"]).astype(bool)
    ]
    return {
        "format": FORMAT, "harvester": RELEASE, "schema": VERSION, "report": report,
        "persons": [
            {"name": report_input.name(each), "accounts": _accounts(report_input, each)}
            for each in report_input.persons
        ],
        "period": {
            "since": report_input.period.since.isoformat(), "until": report_input.period.until.isoformat(),
            "name": report_input.period.name,
        },
        "rows": sorted(_rows(rows), key=key_of),
        "claims": _claims(report_input, rows),
        "goals": [_goal(report_input, each) for each in report_input.assessment.goals_and_decisions.goals.goals],
        "threads": dict(sorted(titles(frame, rows["thread"].unique().tolist()).items())),
        "coverage": [_standing(each) for each in sorted(report_input.standings, key=lambda each: each.source)],
        "read_at": {each.source: each.read_at.isoformat() if each.read_at else None for each in report_input.standings},
        "remarks": list(report_input.remarks),
    }  # fmt: skip


def _accounts(report_input: ReportInput, person: str) -> list[str]:
    """What a person is called everywhere, for a configuration with other keys: `<e-mail>` and `connector:account`."""
    known = next((each for each in report_input.people.persons if each.key == person), None)
    if known is None:
        return [person]
    named = [f"{place}:{each}" for place, accounts in known.accounts.items() for each in accounts]
    return sorted({*(mail_key(each) for each in known.emails), *named}) or [f"notebook:{person}"]


def digests(told: Mapping[str, Any]) -> dict[str, str]:
    """A digest (16 hex digits) each of an evidence's rows, claims, goals and coverage."""
    return {part: _digest(told[part]) for part in ("rows", "claims", "goals", "coverage")}


def load(path: Path) -> dict[str, Any]:
    """Read an evidence file; raises ReportError where there is none or it is none of ours."""
    try:
        if path.exists() and not path.is_file():
            raise ReportError(f"{str(path)!r} is no ordinary file.", hint="Make the report again elsewhere.")
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReportError(
            f"There is no evidence {str(path)!r}.", hint="It is written beside a report by --output; keep it there."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{str(path)!r} cannot be read: {error}.", hint="Make the report again.") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ReportError(f"{str(path)!r} is no evidence that this version reads.", hint="Make the report again.")
    try:
        _checked(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReportError(f"{str(path)!r} was changed since it was written.", hint="Make the report again.") from error
    return told


def _checked(told: Mapping[str, Any]) -> None:
    """Look at every part that is used, as it is used; raises KeyError, TypeError, ValueError or AttributeError."""
    period_of(told)
    check(told)
    for each in told["persons"]:
        str.join("", [each["name"], *each["accounts"]])
    for at in told["read_at"].values():
        _moment(at)
    str.join("", [told["report"], told["harvester"], *told["remarks"]])
    if len(told["persons"]) != 1:
        raise ValueError("a report is of one person")


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def as_read(report_input: ReportInput, told: Mapping[str, Any]) -> ReportInput:
    """The report_input as it was when an evidence was made: with the times of reading, names and remarks it tells."""
    at = {source: _moment(text) for source, text in told["read_at"].items()}
    standings = [
        dataclasses.replace(each, read_at=at.get(each.source, each.read_at)) for each in report_input.standings
    ]
    names = {key: each["name"] for key, each in zip(report_input.persons, told["persons"], strict=False)}
    return dataclasses.replace(
        report_input, standings=standings, names={**report_input.names, **names}, remarks=told["remarks"]
    )


def dump(told: Mapping[str, Any]) -> str:
    """An evidence as text; the same evidence gives the same bytes."""
    return json.dumps(told, indent=1, ensure_ascii=True, sort_keys=True) + "\n"


def path_beside(report: Path) -> Path:
    """Where the evidence of a report lies: `report.md` has `report.md.evidence.json` beside it."""
    return report.with_name(f"{report.name}.evidence.json")


def period_of(told: Mapping[str, Any]) -> Period:
    """The period of an evidence."""
    period = told["period"]
    return Period(
        dt.datetime.fromisoformat(period["since"]), dt.datetime.fromisoformat(period["until"]), period["name"]
    )


def _rows(rows: pd.DataFrame) -> Iterable[dict[str, Any]]:
    """Each row with its key, what it is, and the digest of all its columns as JSON with sorted keys.

    Column by column: a year with all its threads is ten thousands of rows, and each has some forty values.
    """
    import pyarrow as pa

    columns = {name: column(rows, name) for name in sorted(COLUMNS)}
    form = "{" + ", ".join(f'"{name}": %s' for name in columns) + "}"
    lists = {name for name, each in columns.items() if pa.types.is_list(each.type)}
    values = {name: _plain(name, each) for name, each in columns.items() if name not in lists}
    texts = (_listed(columns[name]) if name in lists else _encoded(values[name]) for name in columns)
    digests = [_hashed(form % each) for each in zip(*texts, strict=True)]
    for each in zip(*(values[name] for name in SHOWN), digests, strict=True):
        yield dict(zip((*SHOWN, "digest"), each, strict=True))


def _plain(name: str, column: pa.Array) -> list[Any]:
    """A column's values as JSON has them."""
    if name in ("occurred_at", "started_at"):
        # Without the zone, of which making an object each time would cost more than all the rest.
        plain = column.cast("timestamp[us]").to_pylist()
        return [each and f"{each.isoformat()}+00:00" for each in plain]
    values = column.to_pylist()
    return [None if each != each else each for each in values]


def _encoded(values: Sequence[Any]) -> list[str]:
    """Each value as JSON."""
    if any(isinstance(each, list) for each in values):
        return [json.dumps(each) for each in values]
    # JSON writes a line break in a text otherwise, so that no text holds the separator.
    return json.dumps(values, separators=("\n", ": "))[1:-1].split("\n") if values else []


def _listed(column: pa.ListArray) -> list[str]:
    """Each list of texts as JSON."""
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = pc.list_flatten(column)
    lengths = pc.coalesce(pc.list_value_length(column), 0).to_pylist()
    offsets = pa.array(itertools.accumulate(lengths, initial=0), pa.int32())
    encoded = pa.ListArray.from_arrays(offsets, pa.array(_encoded(flat.to_pylist()), pa.string()))
    joined = pc.binary_join_element_wise("[", pc.binary_join(encoded, ", "), "]", "")
    return cast("list[str]", pc.if_else(pc.is_null(column), "null", joined).to_pylist())


def _claims(report_input: ReportInput, rows: pd.DataFrame) -> list[dict[str, Any]]:
    claims = report_input.assessment.claims
    claims = claims[claims["row"].isin(rows.index)]
    keys = rows[["source", "scope", "id", "work_item"]].reindex(claims["row"])
    told = [
        {"source": key["source"], "scope": key["scope"], "id": key["id"], "work_item": key["work_item"]}
        | {name: claim[name] for name in ("target_kind", "target", "status", "reason")}
        for key, claim in zip(records(keys), records(claims), strict=True)
    ]
    return sorted(told, key=lambda each: (*key_of(each), each["target_kind"], each["target"]))


def _standing(standing: Any) -> dict[str, Any]:
    return {
        "source": standing.source,
        "holes": sorted(f"{gap.scope}: {gap.reason}" for gap in (*standing.gaps, *standing.stale)),
        "unread": [[period.since.isoformat(), period.until.isoformat()] for period in standing.unread],
    }


def _goal(report_input: ReportInput, goal: Goal) -> dict[str, Any]:
    """What was agreed of a goal, and what is done for it."""
    criterion = report_input.assessment.goals_and_decisions.goals.criterion(goal.criterion or "")
    return {
        "name": goal.name, "title": goal.title, "why": goal.why, "criterion": criterion.text if criterion else "",
        "measure": goal.measure, "baseline": goal.baseline, "target": goal.target, "unit": goal.unit,
        "done": report_input.assessment.progress[goal.name].done,
    }  # fmt: skip


def _digest(told: Any) -> str:
    return _hashed(json.dumps(told, sort_keys=True, ensure_ascii=True))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
