"""Where a report places work that serves no goal: under routine, or under a theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvester.grouping.routine_work import routine
from harvester.grouping.rules import GroupingRules
from harvester.grouping.theme_choice import themes

if TYPE_CHECKING:
    import pandas as pd


def place(rows: pd.DataFrame, rules: GroupingRules) -> pd.DataFrame:
    """The place of each row: the columns `routine`, `theme` and `reason`, with the rows' index.

    `rows` are the assessed rows of one report's people in its period. At most one of `routine` and `theme` is not null;
    all three are null for a thread of which a goal claims any row, since goals come first.
    """
    import pandas as pd

    routines = routine(rows, rules)
    headings = themes(rows, rules, routines)
    served = rows["thread"].isin(rows.loc[rows["serves_goal"].to_numpy(bool), "thread"]).to_numpy(bool)
    is_routine = routines["routine"].notna().to_numpy(bool)
    placed = {
        "routine": routines["routine"].mask(served),
        "theme": headings["theme"].mask(is_routine | served),
        "reason": headings["reason"].mask(is_routine, routines["reason"]).mask(served),
    }
    return pd.DataFrame(placed, index=rows.index)
