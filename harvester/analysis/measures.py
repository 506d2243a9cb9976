"""The one table of measures: what every number in a report, a goal or JSON means, and the code that counts it.

A number without a row here does not ship. Counts never reach outside the period, but for a goal's: these are of the
goal's own days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Count = Literal["work_items", "rows", "projects", "owners", "collaborators", "story_points", "threads"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: of which rows, distinct on what, in which unit, and which source wins where several saw the same."""

    name: str
    one: str
    many: str
    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    count: Count
    definition: str
    where: Callable[[pd.DataFrame], pd.Series] | None = None
    wins: str = "the forge's or tracker's row before git's, then the row that knows more"
    goal: bool = False
    """Whether a goal may be measured in it."""

    def words(self, number: float) -> str:
        """The number with its unit, as a reader writes it: `1 review`, `23 pull requests`."""
        return f"{number:,g} {self.one if number == 1 else self.many}"


def _not_in_pull_request(frame: pd.DataFrame) -> pd.Series:
    return ~frame["in_pull_request"]


def _by_itself(frame: pd.DataFrame) -> pd.Series:
    return ~frame["in_pull_request"] & ~frame["is_cherry_pick"]


def _cherry_picks(frame: pd.DataFrame) -> pd.Series:
    return frame["is_cherry_pick"] & ~frame["in_pull_request"]


def _reverted(frame: pd.DataFrame) -> pd.Series:
    return frame["is_reverted"] & _by_itself(frame)


def _in_pull_request(frame: pd.DataFrame) -> pd.Series:
    return frame["in_pull_request"]


def _bot_assisted(frame: pd.DataFrame) -> pd.Series:
    return frame["bot_assisted"] & _by_itself(frame)


def _unplanned(frame: pd.DataFrame) -> pd.Series:
    served = frame.loc[frame["serves_goal"].astype(bool), "thread"]
    return ~frame["thread"].isin(served) & _by_itself(frame) & _done(frame)


def _done(frame: pd.DataFrame) -> pd.Series:
    return ~frame["state"].isin(NOT_DONE)


def _of_others(frame: pd.DataFrame) -> pd.Series:
    return ~frame["is_own_work"]


def _counting(frame: pd.DataFrame) -> pd.Series:
    import pandas as pd

    return pd.Series(frame.index.isin(counting(frame)), index=frame.index)


def _collaborators(frame: pd.DataFrame) -> pd.Series:
    return _counting(frame) & frame["collaborators"].notna()


NOBODY = "github:ghost"
"""What stands on GitHub in place of any account that was deleted."""

NOT_DONE = ("not_planned", "duplicate")
"""States in which a ticket was closed without anybody having done it."""

TICKET_ROLES = ("assignee", "author", "resolver")
MEASURES: Mapping[str, Measure] = {
    each.name: each
    for each in (
        Measure(
            "pull_requests", "pull request", "pull requests", ("pull_request",), ("author",), "work_items",
            "Merged pull requests (merge requests) that the person wrote, by when they were merged.",
            goal=True,
        ),
        Measure(
            "reviews", "review", "reviews", ("review",), ("reviewer",), "work_items",
            "Pull requests of others that the person reviewed, by when a review was submitted; several reviews of one "
            "pull request count once.",
            where=_of_others, goal=True,
        ),
        Measure(
            "review_submissions", "review submission", "review submissions", ("review",), ("reviewer",), "rows",
            "Reviews submitted on pull requests of others, each by its own time.",
            where=_of_others, goal=True,
        ),
        Measure(
            "people_reviewed", "person", "people", ("review",), ("reviewer",), "owners",
            "People other than oneself, and no bots, whose pull requests the person reviewed.",
            where=_of_others,
        ),
        Measure(
            "collaborators", "other person", "other people",
            ("pull_request", "issue", "commit", "release", "review", "comment", "note"), (), "collaborators",
            "People other than oneself, and no bots, who are named as taking part in something that counts: who "
            "reviewed or merged it, who reported, closed or shared a ticket, co-authors, whom a note names. Of people "
            "who are not configured only those of the source that names most, since no name tells that two are one.",
            where=_collaborators,
        ),
        Measure(
            "tickets", "ticket", "tickets", ("issue",), TICKET_ROLES, "work_items",
            "Tickets and issues closed as done (not as a duplicate or as not planned): those the person was "
            "assigned to when they were resolved; where nobody was "
            "assigned, those closed by the person's pull request, else those the person closed.",
            where=_done, goal=True,
        ),
        Measure(
            "story_points", "point", "points", ("issue",), TICKET_ROLES, "story_points",
            "Story points of the tickets counted, each ticket once; tickets without points add nothing.",
            where=_done, goal=True,
        ),
        Measure(
            "commits", "commit", "commits", ("commit",), ("author",), "work_items",
            "Commits that the person wrote, by when they landed (committer date), without merges, without those "
            "that are part of a pull request credited to the same person and merged by the end of the period, and "
            "without those picked from an earlier one of the same person.",
            where=_by_itself, goal=True,
        ),
        Measure(
            "commits_in_pull_requests", "commit", "commits", ("commit",), ("author",), "work_items",
            "Commits that are part of a pull request credited to the same person; not counted again and not listed.",
            where=_in_pull_request,
        ),
        Measure(
            "cherry_picks", "commit", "commits", ("commit",), ("author",), "work_items",
            "Commits picked from an earlier one of the same person, which counts already, in this period or before.",
            where=_cherry_picks,
        ),
        Measure(
            "reverted", "piece of work", "pieces of work", ("pull_request", "commit"), ("author",), "work_items",
            "Pull requests, and commits outside of them, that count and that a later change, whoever's, takes back "
            "and nothing has put back since.",
            where=_reverted,
        ),
        Measure(
            "co_authored", "piece of work", "pieces of work", ("pull_request", "commit"), ("co-author",), "work_items",
            "Pull requests, and commits outside of them, that somebody else wrote with the person as co-author; shown "
            "and counted for nothing else.",
            where=_not_in_pull_request,
        ),
        Measure(
            "bot_assisted", "piece of work", "pieces of work", ("pull_request", "commit"), ("author",), "work_items",
            "Pull requests, and commits outside of them, that the person wrote and in which a bot or an assistant is "
            "named as taking part.",
            where=_bot_assisted,
        ),
        Measure(
            "unplanned", "piece of work", "pieces of work", ("pull_request", "issue", "commit", "release"),
            ("author", "assignee", "resolver"), "threads",
            "Threads (a ticket with its pull requests and commits, or one of these alone) of which something counts "
            "and no row that counts is claimed by a goal.",
            where=_unplanned,
        ),
        Measure(
            "pieces", "piece of work", "pieces of work",
            ("pull_request", "issue", "commit", "release", "review", "comment", "note"), (), "threads",
            "Threads of which something counts: a ticket with its pull requests, reviews and commits, or a note.",
            where=_counting,
        ),
        Measure(
            "releases", "release", "releases", ("release",), ("author",), "work_items",
            "Releases the person published.",
            goal=True,
        ),
        Measure(
            "comments", "comment", "comments", ("comment",), ("helper",), "rows",
            "Comments on the issues and pull requests of others, each by its own time, where a source is asked for "
            "them; those within a review belong to that review.",
            where=_of_others, goal=True,
        ),
        Measure(
            "notes", "note", "notes", ("note",), ("author", "helper", "mentor"), "work_items",
            "Entries in the notebook, by their date.",
            wins="the notebook is the only source", goal=True,
        ),
        Measure(
            "projects", "project", "projects", ("pull_request", "commit", "issue", "release"),
            ("author", "assignee", "resolver"), "projects",
            "Projects in which pull requests, commits, tickets or releases are counted.",
        ),
        Measure(
            "rows", "act", "acts", (), (), "rows",
            "Acts as they were read, one row each, by when they count.",
            wins="every source's rows",
        ),
    )
}  # fmt: skip


LOOKED_AT = (
    "id", "kind", "role", "person", "work_item_key", "project", "story_points", "owner_people", "collaborators",
    "is_own_work", "in_pull_request", "is_cherry_pick", "is_reverted", "bot_assisted", "serves_goal", "state", "thread",
)  # fmt: skip
"""The columns of a prepared and assessed frame that measures look at."""


def of(frame: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """The rows of a prepared frame (`harvester.analysis.frame.prepare`) that a measure counts."""
    return frame[_inside(frame, measure)]


def _inside(frame: pd.DataFrame, measure: Measure) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows a measure counts."""
    import numpy as np

    inside = np.ones(len(frame), bool)
    if measure.kinds:
        inside &= frame["kind"].isin(measure.kinds).to_numpy(bool)
    if measure.roles:
        inside &= frame["role"].isin(measure.roles).to_numpy(bool)
    if measure.where:
        inside &= measure.where(frame).to_numpy(bool)
    return inside


COUNTED = ("pull_requests", "tickets", "releases", "commits", "reviews", "comments", "notes")
"""Measures of what a person did: a row that none of them counts serves no goal."""


def counting(frame: pd.DataFrame) -> pd.Index:
    """The labels of the rows of a prepared frame that any of `COUNTED` counts."""
    import numpy as np

    return frame.index[np.any([_inside(frame, MEASURES[name]) for name in COUNTED], axis=0)]


COUNTED_ROWS = (*COUNTED, "review_submissions")
"""The measures that `counted_by` names."""


def counted_by(frame: pd.DataFrame) -> pd.Series:
    """The names of the measures (`COUNTED_ROWS`) that count each row of a prepared frame, as Arrow `list<string>`.

    The list is empty, never null, for a row that counts nowhere: a bot's, another source's row of the same
    contribution, a co-author's. Where a measure counts a work item once, the first of its rows in the frame has the
    name; so the number of rows with a name, by person, is what a report counts for that frame.
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    primary = (frame["is_primary"] & ~frame["is_bot"]).to_numpy(bool)
    keys = frame[["person", "work_item_key"]]
    masks = []
    for measure in (MEASURES[name] for name in COUNTED_ROWS):
        mask = primary & _inside(frame, measure)
        if measure.count == "work_items":
            mask[mask] = ~keys[mask].duplicated().to_numpy(bool)
        masks.append(mask)
    rows, which = np.nonzero(np.array(masks).T)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(frame)))])
    names = pa.array(COUNTED_ROWS, pa.string()).take(pa.array(which))
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names)
    return pd.Series(pd.arrays.ArrowExtensionArray(lists), index=frame.index, name="counted")


def uncounted(row: Mapping[str, Any]) -> str:
    """Why none of `COUNTED` counts a row (one of `frame.records`), in words; '' where nobody knows better."""
    if row["is_bot"]:
        return "it is a bot's or an assistant's, which are left out"
    kind, role = row["kind"], row["role"]
    if role == "co-author":
        return "as co-author: shown, and counted nowhere"
    if role not in {each for name in COUNTED if kind in MEASURES[name].kinds for each in MEASURES[name].roles}:
        return f"as {role}: counted nowhere"
    if row["in_pull_request"]:
        return "part of a pull request, which counts"
    if row["is_cherry_pick"]:
        return "picked from an earlier commit, which counts"
    if row["is_own_work"]:
        return f"a {kind} of one's own work"
    if row["state"] in NOT_DONE:
        return f"closed as {'a duplicate' if row['state'] == 'duplicate' else 'not planned'}"
    return ""


def count(frame: pd.DataFrame, name: str) -> float:
    """The number a measure gives for a prepared frame; of several people each work item counts once for each."""
    once = _once(frame, MEASURES[name])
    if MEASURES[name].count == "story_points":
        return float(once["story_points"].sum()) if len(once) else 0
    return len(once)


def count_by(frame: pd.DataFrame, name: str, columns: Sequence[str]) -> Mapping[tuple[str, ...], float]:
    """The number a measure gives for the rows of each combination of values in columns, such as `thread`, at once."""
    once = _once(frame, MEASURES[name], columns)
    if MEASURES[name].count == "story_points":
        return {
            cast("tuple[str, ...]", value): float(own.sum())
            for value, own in once.groupby(list(columns))["story_points"]
        }
    return {cast("tuple[str, ...]", value): float(each) for value, each in once[list(columns)].value_counts().items()}


def _once(frame: pd.DataFrame, measure: Measure, by: Sequence[str] = ()) -> pd.DataFrame:
    """What a measure counts, a row for each, for each combination of values in the columns `by`.

    Only the columns that matter are taken: taking rows costs as much as there are columns.
    """
    needed, made = _COUNTS[measure.count]
    rows = made(frame[list(dict.fromkeys([*by, *needed]))][_inside(frame, measure)])
    once = rows.drop_duplicates([name for name in rows.columns if name != "story_points"])
    return once[_told_apart(once, by)] if measure.count == "collaborators" else once


def _told_apart(once: pd.DataFrame, by: Sequence[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which people are certainly not one and the same, and somebody at all.

    Whoever is not configured has another name in each source. So of these only those of the source that names most
    are counted: too few rather than one twice.
    """
    import numpy as np

    groups = list(zip(*(once[name].tolist() for name in (*by, "person")), strict=True))
    places = [_place(each) for each in once["collaborators"].tolist()]
    best: dict[tuple[str, ...], str] = {}
    for (group, place), _ in Counter(zip(groups, places, strict=True)).most_common():
        if place and place != NOBODY:
            best.setdefault(group, place)
    told = (not place or place == best.get(group) for group, place in zip(groups, places, strict=True))
    return np.fromiter(told, bool, len(once))


def _place(person: str) -> str:
    """Where somebody who is not configured is known; empty for the configured."""
    if person.casefold() == NOBODY:
        return NOBODY
    return "git" if person.startswith("<") else person.partition(":")[0] if ":" in person else ""


def words(frame: pd.DataFrame, name: str) -> str:
    """The number with its unit: `23 pull requests`."""
    return MEASURES[name].words(count(frame, name))


def _named(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """A row for each person that a column of lists names, other than oneself."""
    named = rows.explode(name).dropna(subset=[name])
    return named[(named["person"] != named[name]).to_numpy(bool)]


_COUNTS: Mapping[Count, tuple[tuple[str, ...], Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "work_items": (("person", "work_item_key"), lambda rows: rows),
    "rows": (("person", "work_item_key", "id"), lambda rows: rows),
    "threads": (("person", "thread"), lambda rows: rows),
    "projects": (("project",), lambda rows: rows.assign(project=rows["project"].str.lower()).dropna()),
    "owners": (("person", "owner_people"), lambda rows: _named(rows, "owner_people")),
    "collaborators": (("person", "collaborators"), lambda rows: _named(rows, "collaborators")),
    "story_points": (("person", "work_item_key", "story_points"), lambda rows: rows.dropna(subset=["story_points"])),
}
"""The columns that a count looks at, and what it makes of the rows before each distinct one is counted once."""
