"""Several people as one, so that what two of them did together counts once: a page of theirs, or of their team."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from harvester.analysis import frame as frames
from harvester.analysis.frame import column, replaced
from harvester.analysis.measures import MEMBER, MEMBERS_OWN, counted_by
from harvester.model.periods import EVER, Period

if TYPE_CHECKING:
    import pandas as pd

ONE = "all of them"
"""The key of the people taken as one; neither a configured person nor a stranger has a key with a space."""


def as_one(frame: pd.DataFrame, persons: Collection[str], connectors: Mapping[str, str]) -> pd.DataFrame:
    """The people's rows of a prepared frame as those of one person (`ONE`); `connectors` names that of each source.

    Every measure then counts each thing once over all of them. A review within the team is one of own work, a member's
    commit in another's pull request is part of that, and owners and collaborators are those of outside. Of a pull
    request that several members wrote the lines are those of all of them.

    Two more columns: `member`, whose row it is, and `is_members_own`, whether it is of that member's own work. Labels
    are those of the frame.
    """
    members = frozenset(persons)
    rows = frame[frame["person"].isin(list(members)).to_numpy(bool)]
    own = rows.reset_index(drop=True)
    made = replaced(own.assign(**{MEMBER: own["person"], MEMBERS_OWN: own["is_own_work"]}), person=[ONE] * len(own))
    shared = _shared_lines(own)
    frames.recount(made, frames.from_git(made, connectors))
    owners = [names and _as_one(names, members) for names in column(own, "owner_people").to_pylist()]
    named = column(own, "collaborators").to_pylist()
    others = [names and [each for each in names if each not in members] for names in named]
    of_members = [ONE in (names or ()) for names in owners]
    is_own = [any(each) for each in zip(made["is_own_work"].tolist(), of_members, strict=True)]
    made = replaced(
        made, is_own_work=is_own, owner_people=owners, collaborators=[names or None for names in others],
        **_with_lines(made, shared),
    )  # fmt: skip
    if "counted" in made:
        made["counted"] = counted_by(made)
    return made.set_axis(rows.index)


def while_members(frame: pd.DataFrame, stays: Mapping[str, Sequence[Period]]) -> pd.DataFrame:
    """The rows without those of days on which their person was no member; who is not in `stays` keeps all of them."""
    import numpy as np

    inside = np.ones(len(frame), bool)
    for person, periods in stays.items():
        if EVER in periods:
            continue
        own = np.flatnonzero((frame["person"] == person).to_numpy(bool))
        times = frame["occurred_at"].iloc[own]
        inside[own] = False
        for each in periods:
            inside[own] |= ((times >= each.since) & (times < each.until)).to_numpy(bool)
    return frame[inside]


def _as_one(names: Collection[str], members: Collection[str]) -> list[str]:
    return list(dict.fromkeys(ONE if each in members else each for each in names))


def _shared_lines(own: pd.DataFrame) -> pd.DataFrame:
    """By work item the lines of all members' parts in a pull request that several of them wrote, where git knows them.

    A part is known by the key `own_commits`; of two rows of one person's part the primary one is taken.
    """
    import numpy as np

    pulls = own[((own["kind"] == "pull_request") & own["is_primary"] & (own["role"] != "merger")).to_numpy(bool)]
    parts = [any(key == "own_commits" for key, _ in each) for each in column(pulls, "extra").to_pylist()]
    known = pulls[np.array(parts, bool)][["work_item_key", "person", "additions", "deletions"]]
    several = known[known.duplicated("work_item_key", keep=False).to_numpy(bool)]
    return several.groupby("work_item_key")[["additions", "deletions"]].sum(min_count=1)


def _with_lines(made: pd.DataFrame, shared: pd.DataFrame) -> dict[str, list[int | None]]:
    """The columns of lines, with the sums of all members' parts."""
    at = ((made["kind"] == "pull_request") & made["work_item_key"].isin(shared.index.tolist())).to_numpy(bool)
    keys, found = made["work_item_key"].tolist(), {}
    for name in ("additions", "deletions"):
        sums, values = shared[name].to_dict(), column(made, name).to_pylist()
        found[name] = [sums[key] if is_shared else own for key, own, is_shared in zip(keys, values, at, strict=True)]
    return found
