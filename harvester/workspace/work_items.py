"""Looking up goals by name and work items by what a user calls them, and why a work item counts for nothing."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harvester.errors import ConfigError, HarvesterError, UnknownError
from harvester.model.periods import Period
from harvester.text import JOINER, did_you_mean, printable, shorten
from harvester.workspace.workspace import Workspace, load_goals_and_decisions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

    from harvester.goals.assessment import GoalsAndDecisions
    from harvester.goals.model import Criterion, Goal, Goals
    from harvester.model.periods import Calendar

SHOWN = 200
"""Characters of a title that a terminal gets."""

SHORTEST_HASH = 7
Found = TypeVar("Found")
HOW_NOTES = "A note is named by its title or its day."


def require_goals(workspace: Workspace, *, at_least_one: bool = False, or_criterion: bool = False) -> GoalsAndDecisions:
    """goals.toml and decisions.toml; raises ConfigError where goals.toml does not exist or is not valid.

    With `at_least_one` it is an error too where no goal is defined, and with `or_criterion` no criterion either.
    """
    from harvester.goals.load import FILE

    path = workspace.config.root / FILE
    if not workspace.configured or not os.path.lexists(path):
        where = "`harvester init` writes one" if not workspace.configured else "Write one beside harvester.toml"
        raise ConfigError(f"There is no {FILE} yet.", hint=f"{where}; docs/reference/goals.md has its keys.")
    known = load_goals_and_decisions(workspace)
    if at_least_one and not known.goals.goals and not (or_criterion and known.goals.criteria):
        raise ConfigError(f"No goals are defined yet in {path}.", hint="Write one: the file itself shows how.")
    return known


def decisions_path(workspace: Workspace) -> Path:
    """decisions.toml beside harvester.toml; raises ConfigError where there is no harvester.toml."""
    from harvester.goals.decisions import FILE

    if not workspace.configured:
        raise ConfigError(
            "Decisions are stored beside a harvester.toml, and there is none.", hint="Run `harvester init`."
        )
    return workspace.config.root / FILE


def find_goal(goals: Goals, name: str) -> Goal:
    """The goal of this name; raises UnknownError, with the nearest name, where there is none."""
    if goal := goals.goal(name):
        return goal
    raise _unknown("goal", "goals", name, [each.name for each in goals.goals])


def find_criterion(goals: Goals, name: str) -> Criterion:
    """The criterion of this name; raises UnknownError, with the nearest name, where there is none."""
    if criterion := goals.criterion(name):
        return criterion
    raise _unknown("criterion", "criteria", name, [each.name for each in goals.criteria])


def _unknown(one: str, many: str, name: str, known: Sequence[str]) -> UnknownError:
    message = f"There is no {one} {name!r}{did_you_mean(name, known, '.')}"
    defined = f"{many.capitalize()}: {', '.join(known)}." if known else f"No {many} are defined yet."
    return UnknownError(message, hint=defined)


NAMING = ("id", "kind", "work_item", "url", "occurred_at", "title")
"""The columns by which a user names a row."""


def read_rows(workspace: Workspace, *more: str) -> pd.DataFrame | None:
    """Id, kind, work item, address, time and title of every row in the ledger, and the further columns named.

    None where nothing has been read yet.
    """
    import pandas as pd

    from harvester.workspace.collect import ledger_exists, open_ledger

    if not ledger_exists(workspace):
        return None
    with open_ledger(workspace, create=False) as ledger:
        rows = ledger.rows(columns=(*NAMING, *more))
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def rows_of_work_item(frame: pd.DataFrame | None, what: str, calendar: Calendar) -> pd.DataFrame:
    """The rows of the one work item that a user calls so (`find_rows`); raises UnknownError for none or several."""
    if frame is None:
        raise UnknownError("Nothing has been read yet.", hint="Run `harvester harvest` first.")
    rows = find_rows(frame, what, calendar)
    if rows.empty:
        raise UnknownError(
            f"There is no work item {what!r} in what has been read.",
            hint="Has it been read? `harvester harvest --period …` reads another period. "
            f"Name it as a report does. {HOW_NOTES}",
        )
    work_items = sorted(rows["work_item"].unique())
    if len(work_items) > 1:
        raise UnknownError(f"{what!r} may be {', '.join(work_items[:5])}.", hint="Write the one you mean in full.")
    chosen: pd.DataFrame = frame[frame["work_item"] == work_items[0]]
    return chosen


def unresolved_references(frame: pd.DataFrame, references: Iterable[str], tickets: Mapping[str, str]) -> set[str]:
    """The references in notes that lead to no work item, or to more than one, and so to no thread.

    They are resolved as a report resolves them: as rows of notes, one for each reference, below the rows of the frame.
    """
    import pandas as pd
    import pyarrow as pa

    from harvester.analysis.threads import about

    asked = sorted(set(references))
    columns = {
        "kind": [*frame["kind"], *("note" for _ in asked)],
        "work_item": [*frame["work_item"], *("" for _ in asked)],
        "scope": [""] * (len(frame) + len(asked)),
        "url": [None] * (len(frame) + len(asked)),
        "related_to": [*([] for _ in frame.index), *([each] for each in asked)],
    }
    text = pa.string()
    table = pa.table(
        {name: pa.array(each, pa.list_(text) if name == "related_to" else text) for name, each in columns.items()}
    )
    notes = table.to_pandas(types_mapper=pd.ArrowDtype)
    return set(asked) - {asked[row - len(frame)] for row, _ in about(notes, tickets)}


def read_related_rows(workspace: Workspace, frame: pd.DataFrame, work_items: Collection[str]) -> pd.DataFrame:
    """The prepared rows of work items, and of the pull requests that decide whether these count by themselves.

    The frame is one of `read_rows` with the columns of `RELATING`; only rows that it relates are read in full. As in a
    report, rows of sources that are no longer configured are left out.
    """
    from harvester.analysis.frame import prepare
    from harvester.workspace.collect import of_configured_sources, open_ledger, with_consent

    related = frame[_related(frame, {each.lower() for each in work_items})]
    first, last = related["occurred_at"].min(), related["occurred_at"].max()
    period = Period(first.to_pydatetime(), last.to_pydatetime() + dt.timedelta(microseconds=1))
    with open_ledger(workspace, create=False) as ledger:
        rows = ledger.rows(period, ids=related["id"].unique().tolist())
    return prepare(with_consent(workspace, of_configured_sources(workspace, rows)), workspace.config.people)


RELATING = ("part_of", "closes")
"""The columns that say which pull request a commit belongs to, and as which commit a pull request landed."""


def _related(frame: pd.DataFrame, work_items: set[str]) -> Mask:
    """Which rows are of work items (in lower case), of the same contributions, or of pull requests that have them.

    A pull request has the commits that name it and the one that it landed as. The two names of a pull request, before
    and after its repository was renamed, have that commit in common, so the second round finds the other name.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from harvester.analysis.frame import column
    from harvester.analysis.references import exploded

    def is_in(values: pa.Array, known: pa.Array) -> Mask:
        found: Mask = pc.is_in(values, known).to_numpy(zero_copy_only=False).astype(bool)
        return found

    names, ids = pc.utf8_lower(column(frame, "work_item")), column(frame, "id")
    pulls = (frame["kind"] == "pull_request").to_numpy(bool)
    (part_rows, parts), (landed_rows, landed) = exploded(frame, "part_of"), exploded(frame, "closes")
    is_commit = pc.starts_with(landed, "commit/")
    landed_rows, landed = landed_rows[is_commit.to_numpy(zero_copy_only=False)], pc.utf8_lower(landed.filter(is_commit))
    related = is_in(ids, ids.filter(pc.is_in(names, pa.array(sorted(work_items)))))
    for _ in range(2):
        their = [pc.utf8_lower(parts.filter(related[part_rows])), landed.filter(related[landed_rows])]
        known = pa.concat_arrays([names.filter(related), *their])
        named = is_in(names, known)
        named[landed_rows[is_in(landed, known)]] = True
        related |= named & pulls
    return related


def why_nothing_counts(workspace: Workspace, frame: pd.DataFrame, work_item: str) -> str:
    """Why nothing of a work item counts, in words; '' where something does, for `me` or else a configured person.

    The frame is one of `read_related_rows`. Where `me` has a part in the work item, that of others does not matter.
    """
    from harvester.analysis.frame import records
    from harvester.analysis.measures import counting, uncounted

    every = frame[(frame["work_item"].str.lower() == work_item.lower()) & ~frame["is_bot"]]
    rows = every[every["is_primary"].astype(bool)]
    if rows.empty and not every.empty:
        is_same = frame["id"].isin(every["id"]) | frame["work_item_key"].isin(every["work_item_key"])
        same = frame[is_same & frame["is_primary"]]["work_item"]
        return f"it counts as {short(' or '.join(sorted(set(same))))}"
    mine = rows[(rows["person"] == (workspace.me or "")).astype(bool)]
    if mine.empty:
        mine = rows[rows["person"].isin([each.key for each in workspace.config.people.persons])]
    if mine.index.isin(counting(frame)).any():
        return ""
    return "; ".join(filter(None, dict.fromkeys(map(uncounted, records(mine))))) or "somebody else's"


def pull_request_of(frame: pd.DataFrame, work_item: str) -> str | None:
    """The pull request with which a commit counts for everybody who has a part in it; None where it counts by itself.

    The frame is one of `read_related_rows`.
    """
    commits = frame[
        (frame["work_item_key"] == work_item.lower())
        & (frame["kind"] == "commit")
        & frame["is_primary"]
        & ~frame["is_bot"]
    ]
    if commits.empty or not commits["in_pull_request"].all():
        return None
    named = {each for refs in commits["part_of"] for each in refs}
    pulls = frame[frame["kind"] == "pull_request"]
    pairs = zip(pulls["work_item_key"], pulls["work_item"], pulls["closes"], strict=True)
    keys = {key for key, pull, closed in pairs if pull in named or work_item in closed}
    return min(pulls[pulls["work_item_key"].isin(keys) & pulls["is_primary"]]["work_item"], default=None)


def outside_goal_days(goal: Goal, dates: Iterable[dt.date]) -> str:
    """A sentence where none of these days is one of the goal's, so that nothing counts for it; else ''."""
    from harvester.model.periods import day

    days = sorted(set(dates))
    if any(map(goal.includes, days)) or not days:
        return ""
    first = day(goal.from_) if goal.from_ else "the beginning"
    end = f" up to {day(goal.until)}" if goal.until else ""
    return f"It is dated {day(days[-1])}; {goal.name} runs from {first}{end}, so it does not count there."


def short(text: str) -> str:
    """A title on one line, without control characters, cut to `SHOWN` characters."""
    return shorten(printable(" ".join(text[: 2 * SHOWN].split())), SHOWN)


def each_of(whats: Sequence[str], find: Callable[[str], Found], nothing: str) -> list[Found]:
    """What `find` makes of each thing that a user named; where it refuses several, an error names all of them.

    `nothing` says what was not done, such as "Nothing was decided.", where more than one was named.
    """
    found, errors = list[Found](), list[HarvesterError]()
    for what in dict.fromkeys(whats):
        try:
            found.append(find(what))
        except HarvesterError as error:
            errors.append(error)
    if errors and len(whats) > 1:
        hints = dict.fromkeys(each.hint for each in errors if each.hint)
        raise HarvesterError("\n".join(each.message for each in errors), hint="\n".join([nothing, *hints]))
    if errors:
        raise errors[0]
    return found


def find_rows(frame: pd.DataFrame, what: str, calendar: Calendar) -> pd.DataFrame:
    """The rows with this id, work item, address, short name (`repo#12`) or commit hash (at least 7 digits).

    Where there are none: the notes with this title, else those whose title begins so (without case), else those of
    this day.
    """
    what = what.replace(JOINER, "")  # it is in a reference that was copied from a page
    work_item, reported = frame["work_item"], _reported(frame)
    matches = (frame["id"] == what) | (frame["url"] == what)
    for names in (work_item, reported):
        matches |= (names == what) | names.str.endswith(f"/{what}")
    if what[:1] in "#!":
        matches |= work_item.str.endswith(what)
    digits = what.lower().removeprefix("commit/")
    if len(digits) >= SHORTEST_HASH and all(each in "0123456789abcdef" for each in digits):
        matches |= work_item.str.startswith(f"commit/{digits}")
    rows = frame[matches.fillna(False).astype(bool)]
    return _find_notes(frame[frame["kind"] == "note"], what, calendar) if rows.empty else rows


def _reported(frame: pd.DataFrame) -> pd.Series:
    from harvester.analysis.frame import column, series
    from harvester.analysis.references import as_reported

    return series(as_reported(column(frame, "work_item")), frame.index)


def _find_notes(notes: pd.DataFrame, what: str, calendar: Calendar) -> pd.DataFrame:
    words = " ".join(what.casefold().split())
    titles = [" ".join(each.casefold().split()) for each in notes["title"]]
    days = [calendar.day_of(each).isoformat() for each in notes["occurred_at"]]
    for fits in ([each == words for each in titles], [each.startswith(words) for each in titles]):
        if any(fits):
            return notes[fits]
    return notes[[each == words for each in days]]
