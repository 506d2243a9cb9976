"""Several people as one: a team's frame, in which what two members did together counts once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis.frame import column, prepare
from harvester.analysis.measures import MEMBERS_OWN
from harvester.model.contribution import COLUMNS
from harvester.model.people import WhoIsWho

if TYPE_CHECKING:
    import pandas as pd

ONE = "all of them"
"""The key of the people taken as one; neither a configured person nor a stranger has a key with a space."""


@dataclass(frozen=True)
class AsOne:
    """Who is who, where some people are one."""

    people: WhoIsWho
    persons: Collection[str]

    @property
    def connectors(self) -> Mapping[str, str]:
        """As for the people apart."""
        return self.people.connectors

    def person_of(self, source: str, account: str) -> str:
        """`ONE` for one of them, else the person."""
        person = self.people.person_of(source, account)
        return ONE if person in self.persons else person

    def is_bot(self, account: str) -> bool:
        """As for the people apart."""
        return self.people.is_bot(account)


def as_one(frame: pd.DataFrame, persons: Collection[str], people: WhoIsWho) -> pd.DataFrame:
    """The people's rows of a prepared frame, prepared as those of one person (`ONE`).

    Two more columns: `member`, whose row it is, and `is_members_own`, whether it is of that member's own work.

    So every measure counts each thing once over all of them. A review within the team is one of own work, a member's
    commit in another's pull request is part of that, and owners and collaborators are those of outside. The index is
    new.
    """
    import pyarrow as pa

    own = frame[frame["person"].isin(list(persons)).to_numpy(bool)]
    table = pa.table({name: column(own, name) for name in COLUMNS})
    made = prepare(table, AsOne(people, frozenset(persons)))
    made["member"], made[MEMBERS_OWN] = (own[name].reset_index(drop=True) for name in ("person", "is_own_work"))
    return made
