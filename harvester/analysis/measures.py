"""The one table of measures: what every number in a report, a goal or JSON means, and the code that counts it.

Every number that a report shows has its row here. Counts never reach outside the period, except those of a goal, which
are of the goal's own days.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from harvester.model.contribution import REPEATABLE
from harvester.text import number_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Count = Literal[
    "work_items", "rows", "projects", "owners", "collaborators", "threads", "sum", "persons", "median", "nobody"
]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: its rows, distinct on what, in which unit, and which source wins where several have the same."""

    name: str
    one: str
    many: str
    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    count: Count
    definition: str
    where: Callable[[pd.DataFrame], pd.Series] | None = None
    wins: str = "the forge's or tracker's row before git's, then the row that knows more"
    sums: str = ""
    """The column that `count = "sum"` adds up, once for each work item."""
    values: Callable[[pd.DataFrame], pd.Series] | None = None
    """Of what `count = "median"` gives the median, once for each work item."""
    goal: bool = False
    """Whether it is of what a person did: a goal may be measured in it, and the column `counted` names it."""
    not_shown: bool = False
    """Whether it counts only rows that the page does not show, so that none of the page's own is counted as it."""

    def words(self, number: float) -> str:
        """The number with its unit, as a reader writes it: `1 review`, `23 pull requests`."""
        return f"{number_text(number)} {self.one if number == 1 else self.many}"

    def is_delivered(self, kinds: Mapping[str, Collection[str]]) -> bool:
        """Whether sources that have these kinds of work, each with these further columns, can have what it counts.

        A measure that is of no kind of work needs none.
        """
        own = [kinds[kind] for kind in self.kinds if kind in kinds]
        return not self.kinds or any(self.sums != "story_points" or self.sums in columns for columns in own)


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
    planned = frame.loc[frame["serves_goal"].astype(bool), "thread"]
    return ~frame["thread"].isin(planned) & _by_itself(frame) & _done(frame)


def _done(frame: pd.DataFrame) -> pd.Series:
    return ~frame["state"].isin(NOT_DONE) & _credited(frame)


def _credited(frame: pd.DataFrame) -> pd.Series:
    """Whether a row is the person's work: who merely closed a ticket has it only where it is theirs."""
    return (frame["role"] != "resolver") | frame["is_own_work"]


def _with_points(frame: pd.DataFrame) -> pd.Series:
    return _done(frame) & frame["story_points"].notna()


def _was_opened(frame: pd.DataFrame) -> pd.Series:
    return _by_itself(frame) & frame["started_at"].notna()


def _days_open(frame: pd.DataFrame) -> pd.Series:
    return (frame["occurred_at"] - frame["started_at"]).dt.total_seconds() / 86_400


def _with_added(frame: pd.DataFrame) -> pd.Series:
    return _by_itself(frame) & frame["additions"].notna()


def _with_deleted(frame: pd.DataFrame) -> pd.Series:
    return _by_itself(frame) & frame["deletions"].notna()


def _leaves_out_files(frame: pd.DataFrame) -> pd.Series:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    extra = pa.chunked_array(frame["extra"].array.__arrow_array__())
    has_key = pc.is_valid(pc.map_lookup(extra, pa.scalar("not_work"), "first"))
    return _by_itself(frame) & pd.Series(pd.arrays.ArrowExtensionArray(has_key), index=frame.index)


def _of_others(frame: pd.DataFrame) -> pd.Series:
    return ~frame["is_own_work"] & ~frame["is_cherry_pick"]


def _submitted(frame: pd.DataFrame) -> pd.Series:
    return _review_given(frame) & (frame["state"] != TRAILER).fillna(True)


def _merged(frame: pd.DataFrame) -> pd.Series:
    return _of_other_people(frame) & (frame["state"] != APPLIED).fillna(True)


def _applied(frame: pd.DataFrame) -> pd.Series:
    return _of_other_people(frame) & (frame["state"] == APPLIED).fillna(False)


def _of_other_people(frame: pd.DataFrame) -> pd.Series:
    """Whether somebody else wrote it: not a bot, and not nobody, as where one branch is merged into another."""
    has_owner = cast("pd.Series", frame["owner_people"].list.len() > 0)
    return _of_others(frame) & has_owner.fillna(False)


def _waited(frame: pd.DataFrame) -> pd.Series:
    import pandas as pd

    waited = frame["occurred_at"] - frame["started_at"] >= pd.Timedelta(days=LONG_DAYS)
    return _done(frame) & waited.fillna(False)


def _review_given(frame: pd.DataFrame) -> pd.Series:
    return _of_others(frame) & (frame["state"] != WITHDRAWN).fillna(True)


def _reviewed(frame: pd.DataFrame) -> pd.Series:
    if MEMBERS_OWN not in frame:
        return _review_given(frame)
    not_withdrawn = (frame["state"] != WITHDRAWN).fillna(True)
    return ~frame[MEMBERS_OWN] & ~frame["is_cherry_pick"] & not_withdrawn


def _counting(frame: pd.DataFrame) -> pd.Series:
    import pandas as pd

    return pd.Series(frame.index.isin(counting(frame)), index=frame.index)


def _took_part(frame: pd.DataFrame) -> pd.Series:
    is_person = ~frame["is_bot"]
    primary = frame[(frame["is_primary"] & is_person).to_numpy(bool)]
    return is_person & frame["thread"].isin(primary.loc[counting(primary), "thread"])


def _is_no_summary(frame: pd.DataFrame) -> pd.Series:
    return (frame["state"] != SUMMARY).fillna(True)


def _collaborators(frame: pd.DataFrame) -> pd.Series:
    return _counting(frame) & frame["collaborators"].notna()


MEMBER = "member"
"""The column of several people taken as one (`harvester.analysis.as_one`) that says whose row it is."""

MEMBERS_OWN = "is_members_own"
"""The column of several people taken as one (`harvester.analysis.as_one`) that says of each row whether it is of the
member's own work, as `is_own_work` says it of all of them together."""

NOBODY = "ghost"
"""The account that GitHub and GitLab show in place of any deleted one.

Sources: https://github.com/ghost, https://docs.gitlab.com/user/profile/account/delete_account/#associated-records
"""

LONG_DAYS = 14
"""From so many whole days on something waited long."""

ONLY_NAMED = "notebook:"
"""The beginning of the key of somebody who is named by a note alone."""

NOT_DONE: Mapping[str, str] = {
    "not_planned": "closed as not planned",
    "duplicate": "closed as a duplicate",
    "moved": "moved to another project",
}
"""States in which a ticket was closed without anybody having done it, in words."""

WITHDRAWN = "withdrawn"
"""The state of an approval that the reviewer took back."""

SUMMARY = "summary"
"""The state of a note that is the opening paragraph of a report: it is no work."""

APPLIED = "applied"
"""The state of a commit that the person committed for its author."""

TRAILER = "trailer"
"""The state of a review that only a trailer of a commit tells of: nobody submitted it."""

MERGER = "merger"
"""The role of who brought in what others wrote: such a row is no work of the person's own."""

_ALL_KINDS = ("pull_request", "issue", "commit", "release", "review", "comment", "help", "note")

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
            "Pull requests of others that the person reviewed, by when a review was submitted, and those whose "
            "commits name the person in `Reviewed-by`, by when they landed; without a pull request the topic that was "
            "merged, or the commit. Several reviews of one of these count once, from git and a forge together, and an "
            "approval that was withdrawn does not.",
            where=_review_given, goal=True,
        ),
        Measure(
            "review_submissions", "review submission", "review submissions", ("review",), ("reviewer",), "rows",
            "Reviews submitted on pull requests of others, each by its own time, without approvals that were "
            "withdrawn; trailers in commits are none.",
            where=_submitted, goal=True,
        ),
        Measure(
            "reviewed", "review", "reviews", ("review",), ("reviewer",), "work_items",
            "As reviews; of a team taken as one person also what one member reviewed of another's work, which is no "
            "review of others' work there.",
            where=_reviewed,
        ),
        Measure(
            "people_reviewed", "person", "people", ("review",), ("reviewer",), "owners",
            "People other than oneself, and no bots, whose work the person reviewed.",
            where=_review_given,
        ),
        Measure(
            "collaborators", "other person", "other people",
            _ALL_KINDS, (), "collaborators",
            "People other than oneself, and no bots, who are named as taking part in something that counts: who "
            "reviewed or merged it, who reported, closed or shared a ticket, co-authors, people a note names. People "
            "who are not configured are counted in one source only, the one that names most of them, since the same "
            "person has another name in each; those whom only a note names are not counted.",
            where=_collaborators,
        ),
        Measure(
            "tickets", "ticket", "tickets", ("issue",), TICKET_ROLES, "work_items",
            "Tickets and issues closed as done (not as a duplicate or as not planned, and not moved elsewhere): those "
            "the person was assigned to when they were resolved; where nobody was assigned, those closed by the "
            "person's pull request, else those the person closed. To close somebody else's ticket does not count.",
            where=_done, goal=True,
        ),
        Measure(
            "story_points", "point", "points", ("issue",), TICKET_ROLES, "sum",
            "Story points of the tickets counted, each ticket once; tickets without points add nothing.",
            where=_with_points, sums="story_points", goal=True,
        ),
        Measure(
            "commits", "commit", "commits", ("commit",), ("author",), "work_items",
            "Commits that the person wrote, by when they reached the branch read, without merges, without those "
            "that are part of a pull request credited to the same person, and without those that are the same "
            "change as an earlier one of the same person (picked or rebased).",
            where=_by_itself, goal=True,
        ),
        Measure(
            "lines_added", "line added", "lines added", ("pull_request", "commit"), ("author",), "sum",
            "Lines added by the pull requests and commits counted, where a source knows them; of a pull request with "
            "commits of several authors one's own, where git knows them. What is known to be no work is left out.",
            where=_with_added, sums="additions",
        ),
        Measure(
            "lines_deleted", "line deleted", "lines deleted", ("pull_request", "commit"), ("author",), "sum",
            "Lines deleted by the pull requests and commits counted, as for lines added.",
            where=_with_deleted, sums="deletions",
        ),
        Measure(
            "commits_in_pull_requests", "commit", "commits", ("commit",), ("author",), "work_items",
            "Commits that are part of a pull request credited to the same person; not counted again and not listed.",
            where=_in_pull_request,
        ),
        Measure(
            "cherry_picks", "commit", "commits", ("commit",), ("author",), "work_items",
            "Commits that are the same change as an earlier one of the same person, which counts already, in this "
            "period or before: picked from it, or a rebased twin. `picked_from` names the one that counts.",
            where=_cherry_picks,
        ),
        Measure(
            "reverted", "change", "changes", ("pull_request", "commit"), ("author",), "work_items",
            "Pull requests, and commits outside of them, that count and that anybody's later change reverts and "
            "nothing has restored since, also after the period. Only git knows it, from the whole history of a "
            "repository, of a pull request by the commit as which it landed.",
            where=_reverted,
        ),
        Measure(
            "sized_without_files", "change", "changes", ("pull_request", "commit"), ("author",), "work_items",
            "Pull requests and commits that count and that change files which are not work, too: vendored, generated, "
            "lock files, snapshots, or what `not_work` of the source in harvester.toml selects. Their lines are in no "
            "size. Of a pull request that git has, too, git's size is taken: a forge shows no more than files' names.",
            where=_leaves_out_files,
        ),
        Measure(
            "co_authored", "change", "changes", ("pull_request", "commit"), ("co-author",), "work_items",
            "Pull requests, and commits outside of them, that somebody else wrote with the person as co-author; "
            "listed for information and in no total.",
            where=_not_in_pull_request,
        ),
        Measure(
            "bot_assisted", "change", "changes", ("pull_request", "commit"), ("author",), "work_items",
            "Pull requests, and commits outside of them, that the person wrote and in which a bot or an assistant is "
            "named as taking part.",
            where=_bot_assisted,
        ),
        Measure(
            "unplanned", "item", "items", ("pull_request", "issue", "commit", "release"),
            ("author", "assignee", "resolver"), "threads",
            "Threads (a ticket with its pull requests and commits, or only one of these) in which something counts "
            "and no row that counts is claimed by a goal.",
            where=_unplanned,
        ),
        Measure(
            "pieces", "piece of work", "pieces of work",
            _ALL_KINDS, (), "threads",
            "Threads in which something counts: a ticket with its pull requests, reviews and commits, or a note.",
            where=_counting,
        ),
        Measure(
            "left_out", "item", "items",
            _ALL_KINDS, (), "work_items",
            "What a rule in `[[exclude]]` of harvester.toml leaves out of everything and would count otherwise: pull "
            "requests, tickets, releases, commits, notes, and work of others that was reviewed or commented on.",
            where=_counting, not_shown=True,
        ),
        Measure(
            "withheld", "item", "items",
            _ALL_KINDS, (), "work_items",
            "What counts on a manager's page and is not shown to the page's audience: for the public work that is "
            "private, or that nothing calls public; for a team private notes about mentoring. Of one's "
            "pull requests, tickets, releases, commits and notes, and work of others that was reviewed or commented "
            "on, each once. Zero on a manager's page.",
            where=_counting, not_shown=True,
        ),
        Measure(
            "days_to_merge", "day", "days", ("pull_request",), ("author",), "median",
            "The median of the days from opening to merge, of the merged pull requests that the person wrote and of "
            "which a source knows when they were opened; git does not.",
            where=_was_opened, values=_days_open,
        ),
        Measure(
            "days_away", "day away", "days away", (), (), "nobody",
            "Days on which the person is away, as `away` in harvester.toml says, weekends too; of no rows.",
            wins="harvester.toml says so",
        ),
        Measure(
            "mentees_left_out", "person", "people", (), (), "nobody",
            "People with `mentee` in harvester.toml whose `consent` is not true, of a page about mentees; nothing of "
            "theirs is read. Of no rows, and zero on other pages.",
            wins="harvester.toml says so",
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
            "help", "item helped with", "items helped with", ("help",),
            ("helper", "tester", "reporter", "mentor"), "work_items",
            "Changes of others (a pull request, a topic that was merged, or a commit) whose commits name the person "
            "in a trailer as who helped with it, suggested, acknowledged, tested or reported it, or mentored its "
            "author, by when they landed; and tickets of others on which the person logged work, by when that began. "
            "Each counts once for all of these, whatever the hours. Git has the former, Jira the latter where it is "
            "asked for worklogs.",
            where=_of_others, goal=True,
        ),
        Measure(
            "people_helped", "person", "people", ("help",), ("helper", "tester", "reporter", "mentor"), "owners",
            "People other than oneself, and no bots, whose commits name the person so, or on whose tickets the person "
            "logged work.",
            where=_of_others,
        ),
        Measure(
            "mentored", "change mentored", "changes mentored", ("help",), ("mentor",), "work_items",
            "Changes of others whose commits name the person in `Mentored-by`.",
            where=_of_others, goal=True,
        ),
        Measure(
            "merged_for_others", "change of others merged", "changes of others merged", ("pull_request", "commit"),
            (MERGER,), "work_items",
            "Pull requests of others, and topics of others, that the person merged with a merge commit, by when they "
            "landed; a topic is of whoever wrote most of its commits, and of topics within topics the outermost "
            "counts, and none that the person wrote a part of. What bots wrote, and one branch merged into another "
            "without a commit of its own, are nobody's. git and GitLab have it; in git what was squashed or rebased "
            "does not say who did it. In no other total.",
            where=_merged,
        ),
        Measure(
            "people_merged", "other person", "other people", ("pull_request", "commit"), (MERGER,), "owners",
            "People other than oneself, and no bots, whose pull requests and topics the person merged.",
            where=_merged,
        ),
        Measure(
            "applied", "commit of others", "commits of others", ("commit",), (MERGER,), "work_items",
            "Commits of others, and no bots, that the person committed and signed off, such as mailed patches, by "
            "when they landed; without those picked from one that the same person applied. In no other total.",
            where=_applied,
        ),
        Measure(
            "notes", "note", "notes", ("note",), ("author", "helper", "mentor"), "work_items",
            "Entries in the notebook, by their date, without the opening paragraphs of reports.",
            where=_is_no_summary, wins="the notebook is the only source", goal=True,
        ),
        Measure(
            "projects", "project", "projects", ("pull_request", "commit", "issue", "release"),
            ("author", "assignee", "resolver"), "projects",
            "Projects in which pull requests, commits, tickets or releases are counted.",
            where=_done,
        ),
        Measure(
            "waited", "item", "items", ("pull_request", "issue"), TICKET_ROLES, "work_items",
            f"Pull requests and tickets that count and were merged or resolved {LONG_DAYS} days or more after they "
            "were opened, where a source knows when that was; git does not.",
            where=_waited,
        ),
        Measure(
            "newcomers", "person", "people", (), (), "persons",
            "People whose first contribution to a project, a commit that they wrote or co-wrote, landed in the period, "
            "by the whole history of the project. git knows it of a clone that is not shallow; no service is asked.",
            wins="git is the only source",
        ),
        Measure(
            "people", "person", "people", (), (), "persons",
            "People who took part in something that counts, as its authors, co-authors, reviewers or otherwise, of the "
            "people whom a report is about; bots are none. People who are not configured and have the same name count "
            "once.",
            where=_took_part, wins="every source's rows",
        ),
        Measure(
            "rows", "record", "records", (), (), "rows",
            "Contributions as the source has them, a row each, by when they count.",
            wins="every source's rows",
        ),
    )
}  # fmt: skip


COLUMNS_USED = (
    "id", "kind", "role", "person", "work_item_key", "project", "story_points", "owner_people", "collaborators",
    "is_own_work", "in_pull_request", "is_cherry_pick", "is_reverted", "bot_assisted", "serves_goal", "state", "thread",
    "additions", "deletions", "extra",
)  # fmt: skip
"""The columns of a prepared and assessed frame that measures need."""


def of(frame: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """The rows of a prepared frame (`harvester.analysis.frame.prepare`) that a measure counts."""
    return frame[_inside(frame, measure)]


def _inside(frame: pd.DataFrame, measure: Measure) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows a measure counts."""
    import numpy as np

    inside = np.ones(len(frame), bool)
    if measure.kinds:
        inside &= frame["kind"].isin(measure.kinds).to_numpy(bool)
    # Most measures count none of a person's rows, and each look at a frame takes as long as a thousand rows do.
    if measure.roles and inside.any():
        inside &= frame["role"].isin(measure.roles).to_numpy(bool)
    if measure.where and inside.any():
        inside &= measure.where(frame).to_numpy(bool)
    return inside


COUNTED = (
    "pull_requests", "tickets", "releases", "commits", "reviews", "comments", "help", "notes",
)  # fmt: skip
"""Measures of what a person did, one for each kind: a row that none of them counts can serve no goal."""


def counting(frame: pd.DataFrame) -> pd.Index:
    """The labels of the rows of a prepared frame that any of `COUNTED` counts."""
    import numpy as np

    return frame.index[np.any([_inside(frame, MEASURES[name]) for name in COUNTED], axis=0)]


def counted_by(frame: pd.DataFrame) -> pd.Series:
    """The names of the measures that count each row of a prepared frame, as an Arrow list of strings; never null.

    Only measures of what a person did are named (those with `goal`). The list is empty where none counts the row, for
    bots, and for a row whose contribution another source's row represents.

    A measure that counts a work item once names only the first of its rows in the frame, by time. So the number of rows
    with a name, by person, is the number a report of these rows has, and their points add up to its points.
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    # Each row's measures are one number, a bit for each measure. Rows have a few distinct numbers, so a few lists are
    # made and shared instead of one for every row.
    slim = frame.astype({"kind": "category", "role": "category"})
    counts = (frame["is_primary"] & ~frame["is_bot"]).to_numpy(bool)
    measures = [each for each in MEASURES.values() if each.goal]
    bits = np.zeros(len(frame), np.int64)
    for place, measure in enumerate(measures):
        rows = np.flatnonzero(counts & _inside(slim, measure))
        bits[_first_of_each(frame, rows) if _repeats(measure) else rows] |= 1 << place
    distinct = np.flatnonzero(np.bincount(bits, minlength=1))
    lists = [[each.name for place, each in enumerate(measures) if number >> place & 1] for number in distinct.tolist()]
    values = pa.array(lists, pa.list_(pa.string())).take(pa.array(np.searchsorted(distinct, bits)))
    return pd.Series(pd.arrays.ArrowExtensionArray(values), index=frame.index, name="counted")


def _repeats(measure: Measure) -> bool:
    """Whether several primary rows of a person may be one work item of the measure: in several roles, or repeatedly."""
    return measure.count != "rows" and (len(measure.roles) > 1 or any(kind in REPEATABLE for kind in measure.kinds))


def _first_of_each(frame: pd.DataFrame, rows: Any) -> Any:
    """Of these positions the first of each person and work item, by time and then by id."""
    import numpy as np

    slim = frame[["person", "work_item_key", "occurred_at", "id"]].iloc[rows].assign(row=rows)
    repeated = slim.duplicated(["person", "work_item_key"], keep=False).to_numpy(bool)
    first = slim[repeated].sort_values(["occurred_at", "id"]).drop_duplicates(["person", "work_item_key"])
    return np.concatenate([rows[~repeated], first["row"].to_numpy(np.int64)])


_UNCOUNTED = {
    APPLIED: "applied for its author: not in the totals",
    WITHDRAWN: "it was withdrawn",
    SUMMARY: "the opening paragraph of a report, which is no work",
}
"""States of rows that no total counts, in words."""
_DONE_FOR_OTHERS = {"review": "a review", "comment": "a comment", "help": "help with a part"}


def uncounted(row: Mapping[str, Any]) -> str:
    """Why none of `COUNTED` counts a row (one of `frame.records`), in words; '' where one does."""
    if row["is_bot"]:
        return "it is a bot's or an assistant's, which are left out"
    kind, role = row["kind"], row["role"]
    if role == "co-author":
        return "as co-author: listed for information; not in the totals"
    if row["state"] in _UNCOUNTED:
        return _UNCOUNTED[row["state"]]
    if role not in {each for name in COUNTED if kind in MEASURES[name].kinds for each in MEASURES[name].roles}:
        return f"as {role}: not in the totals"
    if row["in_pull_request"]:
        return "part of a pull request, which counts"
    if row["is_cherry_pick"]:
        return "the same change as an earlier commit, which counts"
    if role == "resolver" and not row["is_own_work"]:
        return "closed for somebody else, whose work it is" if len(row["owners"]) else NOBODYS
    if row["is_own_work"] and kind != "issue":
        return f"{_DONE_FOR_OTHERS[kind]} of one's own work"
    return NOT_DONE.get(row["state"], "")


NOBODYS = "closed by the person, but nothing says that it is their work"
"""Why a ticket without owners does not count for who closed it."""


def count(frame: pd.DataFrame, name: str) -> float:
    """The number a measure gives for a prepared frame; of several people each work item counts once for each.

    A median of nothing is not a number (`math.nan`). It needs `occurred_at` and `started_at`, too.
    """
    measure = MEASURES[name]
    if measure.values:
        return _median(frame, measure, measure.values)
    inside = _inside(frame, measure)
    if not inside.any() or measure.count == "nobody":
        return 0
    distinct = _distinct(frame, measure, inside)
    return float(distinct[measure.sums].sum()) if measure.sums else len(distinct)


def _median(frame: pd.DataFrame, measure: Measure, values: Callable[[pd.DataFrame], pd.Series]) -> float:
    inside = _inside(frame, measure)
    if not inside.any():
        return math.nan
    return float(values(frame[inside].drop_duplicates(["person", "work_item_key"])).median())


def count_by(frame: pd.DataFrame, name: str, columns: Sequence[str]) -> Mapping[tuple[str, ...], float]:
    """The number a measure gives for each combination of values in columns, such as `thread`; without zeros."""
    measure = MEASURES[name]
    inside = _inside(frame, measure)
    if not inside.any() or measure.count == "nobody":
        return {}
    if measure.values:
        groups = frame[inside].groupby(list(columns))
        return {cast("tuple[str, ...]", key): _median(own, measure, measure.values) for key, own in groups}
    distinct = _distinct(frame, measure, inside, columns)
    if measure.sums:
        summed = distinct.groupby(list(columns))[measure.sums]
        return {cast("tuple[str, ...]", values): float(own.sum()) for values, own in summed}
    counts = distinct[list(columns)].value_counts()
    return {cast("tuple[str, ...]", values): float(number) for values, number in counts.items()}


def people_by(frame: pd.DataFrame, name: str, columns: Sequence[str]) -> Mapping[tuple[str, ...], list[str]]:
    """The keys of the people whom a measure of people counts, for each combination of values in columns, sorted."""
    measure = MEASURES[name]
    inside = _inside(frame, measure)
    if not inside.any():
        return {}
    distinct = _distinct(frame, measure, inside, columns)
    people = distinct[_COUNTS[measure.count][0][-1]]
    found: dict[tuple[str, ...], set[str]] = {}
    for values, person in zip(zip(*(distinct[each].tolist() for each in columns), strict=True), people, strict=True):
        found.setdefault(values, set()).add(person)
    return {values: sorted(each) for values, each in found.items()}


def _distinct(
    frame: pd.DataFrame, measure: Measure, inside: np.ndarray[Any, np.dtype[np.bool_]], by: Sequence[str] = ()
) -> pd.DataFrame:
    """What a measure counts of the rows `inside`, one row for each, within each combination of values in `by`.

    A measure never counts rows but distinct things: several rows may be of one work item (three reviews, two sources).
    So its rows are cut to the columns that tell such things apart (`_COUNTS`), and duplicates are dropped. The result
    depends neither on the order of the rows nor on how often one was read. What is added up, such as points, is not
    compared: the work item's first row gives it.

    Only the columns that matter are taken: taking rows costs as much as there are columns.
    """
    columns, expand = _COUNTS[measure.count]
    if measure.count == "persons" and MEMBER in frame:
        columns = (MEMBER,)
    summed = [measure.sums] if measure.sums else []
    rows = expand(frame[list(dict.fromkeys([*by, *columns, *summed]))][inside])
    distinct = rows.drop_duplicates([name for name in rows.columns if name != measure.sums])
    return distinct[_certainly_different(distinct, by)] if measure.count == "collaborators" else distinct


def _certainly_different(distinct: pd.DataFrame, by: Sequence[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which collaborators are certainly different people, and a person at all.

    A configured person is one however many sources name them. Somebody who is not configured has another name in each
    source, and nothing says which two are the same. So of these only the ones of a single source count, the source
    that names most: perhaps too few, but nobody twice.
    """
    import numpy as np

    groups = list(zip(*(distinct[name].tolist() for name in (*by, "person")), strict=True))
    sources = [_source_of(each) for each in distinct["collaborators"].tolist()]
    best: dict[tuple[str, ...], str] = {}
    for (group, source), _ in Counter(zip(groups, sources, strict=True)).most_common():
        if source and source != NOBODY:
            best.setdefault(group, source)
    keep = (not source or source == best.get(group) for group, source in zip(groups, sources, strict=True))
    return np.fromiter(keep, bool, len(distinct))


def _source_of(person: str) -> str:
    """Where somebody who is not configured is known; empty for a configured person.

    What a note names that is no key of `[people]` is only a text: it may be somebody whom a source names otherwise.
    """
    place, _, login = person.partition(":")
    if login.casefold() == NOBODY or person.startswith(ONLY_NAMED):
        return NOBODY
    return "git" if person.startswith("<") else place if login else ""


def firsts(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows that a measure counts, one for each thing it counts: the first by time, then by id.

    So the measure's numbers of these rows by day or by week add up to its number of the frame.
    """
    columns, _ = _COUNTS[MEASURES[name].count]
    rows = of(frame, MEASURES[name]).sort_values(["occurred_at", "id"])
    return rows.drop_duplicates(list(columns))


def words(frame: pd.DataFrame, name: str) -> str:
    """The number with its unit: `23 pull requests`."""
    return MEASURES[name].words(count(frame, name))


def _others_in(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """A row for each person in a column of lists, other than the row's own person."""
    each = rows.explode(name).dropna(subset=[name])
    return each[(each["person"] != each[name]).to_numpy(bool)]


_COUNTS: Mapping[Count, tuple[tuple[str, ...], Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "work_items": (("person", "work_item_key"), lambda rows: rows),
    "rows": (("person", "work_item_key", "id"), lambda rows: rows),
    "threads": (("person", "thread"), lambda rows: rows),
    "persons": (("person",), lambda rows: rows),
    "projects": (("project",), lambda rows: rows.assign(project=rows["project"].str.lower()).dropna()),
    "owners": (("person", "owner_people"), lambda rows: _others_in(rows, "owner_people")),
    "collaborators": (("person", "collaborators"), lambda rows: _others_in(rows, "collaborators")),
    "sum": (("person", "work_item_key"), lambda rows: rows),
    "median": (("person", "work_item_key"), lambda rows: rows),
    "nobody": ((), lambda rows: rows),
}
"""By what a measure counts: the columns that tell such things apart, and how rows are expanded to one for each."""
