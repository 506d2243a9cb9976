"""Explaining a row: where it comes from, what counts it, its thread and its claims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import records, select
from harvester.errors import UnknownError
from harvester.grouping import place
from harvester.model.contribution import COLUMNS
from harvester.model.periods import day, within
from harvester.workspace.assemble import assemble
from harvester.workspace.collect import open_ledger
from harvester.workspace.reports import load_report
from harvester.workspace.work_items import HOW_NOTES, each_of, find_rows
from harvester.workspace.workspace import Workspace

REPORT = "accomplishments"
"""The report whose highlights are explained."""

if TYPE_CHECKING:
    import pandas as pd

    from harvester.reporting.report_input import ReportInput


def explain(
    workspace: Workspace,
    whats: Sequence[str],
    period: str | None = None,
    person: str | Sequence[str] | None = None,
    *,
    harvest: bool | None = None,
) -> list[dict[str, Any]]:
    """Explain each row that a user calls so (`find_rows`), in the order they are named and then of the frame.

    What a report has of the person in the period has its `routine` or its `theme`, too, unless a goal has it; what
    `[[exclude]]` left out has `excluded` instead of everything about counting. Each is a sentence with the reason.

    With `harvest` the sources are read first. Where it is None they are read only if the ledger lacks part of the
    period, or one of the things named: what explains a row is the report that was made of what has been read.

    Raises HarvesterError that names everything that is not in the period, and what `assemble` raises.
    """
    report_input = _read(workspace, whats, period, person, harvest=harvest)

    def find(what: str) -> list[Any]:
        rows = _find(report_input, what)
        if rows.empty:
            raise UnknownError(
                f"There is no work item {what!r} {within(report_input.period)}.",
                hint=f"Another period or person? Name it with --period or --person. {HOW_NOTES}",
            )
        return list(rows.index)

    found = each_of(whats, find, "Nothing is explained.")
    grouped = _placed(report_input)
    return [
        explain_row(report_input, index) | grouped.get(index, {})
        if index in report_input.frame.index
        else _explain_excluded(report_input.excluded.rows, index)
        for index in dict.fromkeys(index for rows in found for index in rows)
    ]


def _read(
    workspace: Workspace,
    whats: Sequence[str],
    period: str | None,
    person: str | Sequence[str] | None,
    *,
    harvest: bool | None,
) -> ReportInput:
    """What the rows are explained by, from the ledger where that has it, else from the sources."""
    with open_ledger(workspace) as ledger:
        if harvest is None and workspace.configured and workspace.persistent:
            collected, report_input = assemble(workspace, ledger, period, person, harvest=False)
            known = all(len(_find(report_input, what)) for what in whats)
            if known and collected.complete:
                return report_input
        return assemble(workspace, ledger, period, person, harvest=harvest is not False)[1]


def _find(report_input: ReportInput, what: str) -> pd.DataFrame:
    """The rows that a user calls so, or else those that were left out."""
    rows = find_rows(report_input.frame, what, report_input.calendar)
    left_out = report_input.excluded.rows
    return find_rows(left_out, what, report_input.calendar) if rows.empty and left_out is not None else rows


def _explain_excluded(left_out: Any, index: Any) -> dict[str, Any]:
    """The columns of a row that was left out, and the rule that left it out."""
    (values,) = records(left_out.loc[[index]])
    excluded = f"left out by {values['excluded_by']} in harvester.toml. Matched: {values['exclude_reason']}"
    return _columns(values) | {"excluded": excluded}


def _placed(report_input: ReportInput) -> dict[Any, dict[str, str]]:
    """By row of the people and the period its routine or its theme, and the highlight that it is part of, with why."""
    rows = select(report_input.frame, report_input.period, report_input.persons)
    placed: dict[Any, dict[str, str]] = {}
    for index, row in zip(rows.index, records(place(rows, report_input.grouping)), strict=True):
        if row["routine"]:
            placed[index] = {"routine": f"{row['routine']}. Because of {row['reason']}"}
        elif row["theme"]:
            placed[index] = {"theme": f"{row['theme']}. Because: {row['reason']}"}
    report = load_report(REPORT)
    for index, words in (report.highlights(report_input) if report.highlights else {}).items():
        placed.setdefault(index, {})["highlight"] = words
    return placed


def explain_row(report_input: ReportInput, index: Any) -> dict[str, Any]:
    """The columns of a row that are not null, and why it is where it is in a report.

    `counted_as` has the measures that count it, `why_not_counted` and `why_not_primary` a reason or ''. `thread` is the
    name of its thread, `with` the thread's other work items, `notes` the notes about it. `claims` and `suggestions`
    have the goals with their reasons.
    """
    frame, assessment = report_input.frame, report_input.assessment
    (values,) = records(frame.loc[[index]])
    thread = values["thread"]
    explained = _columns(values) | _counting(report_input, index, values)
    work_items = frame[(frame["thread"] == thread).astype(bool)]["work_item"].unique().tolist()
    notes = records(frame.loc[list(assessment.notes_by_thread.get(thread, ())), ["title", "occurred_at"]])
    claims = records(assessment.claims[assessment.claims["row"] == index])
    suggestions = records(assessment.suggestions[assessment.suggestions["row"] == index])
    return explained | {
        "thread": thread,
        "with": sorted(set(work_items) - {values["work_item"]}),
        "notes": [f"{each['title']}, {day(report_input.calendar.day_of(each['occurred_at']))}" for each in notes],
        "claims": [f"{each['status']} for {each['target']}. Matched: {each['reason']}" for each in claims],
        "suggestions": [f"{each['target']}. Matched: {each['reason']}" for each in suggestions],
    }


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The columns of a row that are not null."""
    columns = {name: values[name] for name in (*COLUMNS, "person") if _has_value(values[name])}
    return columns | {"extra": dict(columns["extra"])} if "extra" in columns else columns


def _counting(report_input: ReportInput, index: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Which measures count a row among the rows of its person, and otherwise why none does."""
    frame, primary = report_input.frame, values["is_primary"]
    own = frame[frame["is_primary"] & ~frame["is_bot"] & (frame["person"] == values["person"])]
    counts = not primary or index in measures.counting(own)
    return {
        "counted_as": [
            name
            for name, each in measures.MEASURES.items()
            if each.kinds and not each.not_shown and index in measures.of(own, each).index
        ],
        "why_not_counted": "" if counts else measures.uncounted(values),
        "why_not_primary": "" if primary else "another source's row of the same contribution has more detail",
    }


def _has_value(value: Any) -> bool:
    import pandas as pd

    return len(value) > 0 if hasattr(value, "__len__") else not pd.isna(value)
