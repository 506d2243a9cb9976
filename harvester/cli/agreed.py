"""What several commands need of goals and decisions: them or an error, a goal by name, work by what one calls it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.cli.setup import Setup, agreed
from harvester.cli.world import World

if TYPE_CHECKING:
    import pandas as pd

    from harvester.agreed.assess import Agreed
    from harvester.agreed.goals import Goal, Goals
    from harvester.windows import Calendar

SHOWN = 200
"""Characters of a title that a terminal gets."""


def with_goals(setup: Setup, *, some: bool = False, or_criteria: bool = False) -> Agreed:
    """What was agreed; raises ConfigError with the next step where goals.toml is not there or wrong.

    With `some` it is an error too where no goal stands in it, and with `or_criteria` no criterion either.
    """
    from harvester.agreed.goals import FILE
    from harvester.errors import ConfigError

    path = setup.config.root / FILE
    if not setup.configured or not path.is_file():
        where = "`harvester init` writes one" if not setup.configured else "Write one beside harvester.toml"
        raise ConfigError(f"There is no {FILE} yet.", hint=f"{where}; docs/reference/goals.md has its keys.")
    known = agreed(setup)
    if some and not known.goals.goals and not (or_criteria and known.goals.criteria):
        raise ConfigError(f"There is no goal in {path} yet.", hint="Write one: the file itself shows how.")
    return known


def decisions_path(setup: Setup) -> Path:
    """Where decisions are kept: beside harvester.toml; raises ConfigError where there is none."""
    from harvester.agreed.decisions import FILE
    from harvester.errors import ConfigError

    if not setup.configured:
        raise ConfigError("Decisions stand beside a harvester.toml, and there is none.", hint="Run `harvester init`.")
    return setup.config.root / FILE


def find_goal(goals: Goals, name: str) -> Goal:
    """The goal of this name; raises UnknownError, with the nearest name, where there is none."""
    from harvester.errors import UnknownError
    from harvester.words import nearest

    if goal := goals.goal(name):
        return goal
    known = [each.name for each in goals.goals]
    message = f"There is no goal {name!r}{nearest(name, known, '.')}"
    raise UnknownError(message, hint=f"There are: {', '.join(known) or 'none'}.")


def everything(world: World, setup: Setup, *more: str) -> pd.DataFrame | None:
    """Identity, kind, subject, address, time and title of every row in the ledger, and whatever columns more are named.

    None where nothing was read yet.
    """
    import pandas as pd

    from harvester.cli.reading import is_there, open_ledger

    if not is_there(setup):
        return None
    with open_ledger(world, setup, create=False) as ledger:
        rows = ledger.rows().select(["id", "kind", "subject", "url", "at", "title", *more])
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def rows_of(frame: pd.DataFrame | None, what: str, calendar: Calendar) -> pd.DataFrame:
    """The rows of the one subject that this is (`harvester explain` takes the same); raises UnknownError otherwise."""
    from harvester.cli.explain import HOW_NOTES, find
    from harvester.errors import UnknownError

    if frame is None:
        raise UnknownError("Nothing was read yet.", hint="Run `harvester harvest` first.")
    rows = find(frame, what, calendar)
    if rows.empty:
        raise UnknownError(
            f"Nothing that was read is {what!r}.",
            hint="Was it read? `harvester harvest --period …` reads another window. "
            f"Name it as a report does. {HOW_NOTES}",
        )
    subjects = sorted(rows["subject"].unique())
    if len(subjects) > 1:
        raise UnknownError(f"{what!r} may be {', '.join(subjects[:5])}.", hint="Write the one you mean in full.")
    chosen: pd.DataFrame = frame[frame["subject"] == subjects[0]]
    return chosen


def nowhere(frame: pd.DataFrame, references: Iterable[str], tickets: Mapping[str, str]) -> set[str]:
    """Those of the references in notes that lead to no subject, or to more than one, and so to no thread."""
    import pandas as pd
    import pyarrow as pa

    from harvester.threads import about

    asked = sorted(set(references))
    columns = {
        "subject": [*frame["subject"], *("" for _ in asked)],
        "scope": [""] * (len(frame) + len(asked)),
        "url": [None] * (len(frame) + len(asked)),
        "about": [*([] for _ in frame.index), *([each] for each in asked)],
    }
    text = pa.string()
    table = pa.table(
        {name: pa.array(each, pa.list_(text) if name == "about" else text) for name, each in columns.items()}
    )
    notes = table.to_pandas(types_mapper=pd.ArrowDtype)
    return set(asked) - {asked[row - len(frame)] for row, _ in about(notes, tickets)}


def with_neighbours(world: World, setup: Setup, subject: str) -> pd.DataFrame:
    """The prepared rows of a subject and of what tells whether they count: pull requests, and what it was picked from.

    As in a report, rows of sources that are no longer configured are left out.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from harvester.cli.reading import open_ledger
    from harvester.frame import prepare

    with open_ledger(world, setup, create=False) as ledger:
        rows = ledger.rows()
    rows = rows.filter(pc.is_in(rows["source"], pa.array(list(setup.config.sources), pa.string())))
    own = rows.filter(pc.equal(pc.utf8_lower(rows["subject"]), subject.lower()))
    named = pa.array([subject, *pc.list_flatten(own["same_as"]).to_pylist()], pa.string())
    wanted = pc.is_in(pc.utf8_lower(rows["subject"]), pc.utf8_lower(named))
    wanted = pc.or_(pc.or_(wanted, pc.is_in(rows["id"], own["id"])), pc.equal(rows["kind"], "pull_request"))
    return prepare(rows.filter(wanted), setup.config.people)


def why_nothing_counts(setup: Setup, frame: pd.DataFrame, subject: str) -> str:
    """Why nothing of a subject counts, in words; '' where something does, for oneself or else for whom one configured.

    Where one has a part in it oneself, that of others does not matter.
    """
    from harvester.frame import records
    from harvester.measures import counting, uncounted

    every = frame[(frame["work"] == subject.lower()) & ~frame["bot"]]
    rows = every[every["shown"].astype(bool)]
    if rows.empty and not every.empty:
        same = frame[frame["id"].isin(every["id"]) & frame["shown"]]["subject"]
        return f"it counts as {short(' or '.join(sorted(set(same))))}"
    mine = rows[(rows["person"] == (setup.me or "")).astype(bool)]
    if mine.empty:
        mine = rows[rows["person"].isin([each.key for each in setup.config.people.persons])]
    if mine.index.isin(counting(frame)).any():
        return ""
    return "; ".join(filter(None, dict.fromkeys(map(uncounted, records(mine))))) or "somebody else's"


def counted_in(frame: pd.DataFrame, subject: str) -> str | None:
    """The pull request with which a commit counts for everybody who has a part in it; None where it counts by itself.

    The frame is one of `with_neighbours`.
    """
    commits = frame[(frame["work"] == subject.lower()) & (frame["kind"] == "commit") & frame["shown"] & ~frame["bot"]]
    if commits.empty or not commits["in_pull_request"].all():
        return None
    named = {each for refs in commits["part_of"] for each in refs}
    pulls = frame[frame["kind"] == "pull_request"]
    pairs = zip(pulls["subject"], pulls["closes"], strict=True)
    return min((pull for pull, closed in pairs if pull in named or subject in closed), default=None)


def outside(goal: Goal, dates: Iterable[dt.date]) -> str:
    """A sentence where none of these days is one of the goal's, so that it counts nothing of them; else ''."""
    from harvester.windows import day

    days = sorted(set(dates))
    if any((not goal.from_ or at >= goal.from_) and (not goal.until or at < goal.until) for at in days) or not days:
        return ""
    first = day(goal.from_) if goal.from_ else "the beginning"
    end = f" up to {day(goal.until - dt.timedelta(days=1))}" if goal.until else ""
    return f"It is of {day(days[-1])}; {goal.name} runs from {first}{end}, so it does not count there."


def short(text: str) -> str:
    """A title on one line that a terminal may have."""
    from harvester.words import printable

    line = printable(" ".join(text[: 2 * SHOWN].split()))
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
