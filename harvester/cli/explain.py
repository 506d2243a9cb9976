"""`harvester explain`: where a row of a report comes from, and what counts it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import options
from harvester.cli.world import World

if TYPE_CHECKING:
    import pandas as pd

    from harvester.report import Material
    from harvester.windows import Calendar

SHORTEST_HASH = 7
LONGEST = 1_000
"""Characters of a value that a terminal gets."""

SENTENCES = ("notes", "claims", "suggestions")
"""What may hold commas itself."""

HOW_NOTES = "A note is named by its title or its day."


@click.command()
@click.argument("what", callback=options.given)
@options.period
@options.person
@options.as_json
@options.config
@options.repo
@click.pass_obj
def command(
    world: World,
    what: str,
    period: str | None,
    person: str | None,
    as_json: bool,
    config_path: Path | None,
    repo: Path | None,
) -> int:
    """Explain a row, its thread and its claims.

    WHAT is its id, its subject, its address, `repo#12` as in a report, a commit's hash, or a note's title (its
    beginning is enough) or day.

    \b
    Examples:
      harvester explain pay#120
      harvester explain 1a2b3c4d5e
      harvester explain "Paired on"
    """
    from harvester.cli.main import OK
    from harvester.cli.material import gather
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup
    from harvester.errors import UnknownError
    from harvester.windows import within

    setup = open_setup(world, config_path, repo)
    with open_ledger(world, setup) as ledger:
        _, material = gather(world, setup, ledger, period, person)
    rows = find(material.frame, what, material.calendar)
    if rows.empty:
        raise UnknownError(
            f"Nothing that was read {within(material.window)} is {what!r}.",
            hint=f"Another window? Name it with --period. {HOW_NOTES}",
        )
    explained = [_explained(material, index) for index in rows.index]
    if as_json:
        world.echo(json.dumps(explained, indent=2, default=str))
    else:
        world.echo("\n\n".join(_text(each) for each in explained))
    return OK


def find(frame: pd.DataFrame, what: str, calendar: Calendar) -> pd.DataFrame:
    """The rows whose id, subject, address, short name (`repo#12`) or commit (at least 7 digits of its hash) this is.

    Else the notes of this title, else those whose title begins so, without case, else those of this day.
    """
    subject = frame["subject"]
    found = (frame["id"] == what) | (subject == what) | (frame["url"] == what) | subject.str.endswith(f"/{what}")
    if what[:1] in "#!":
        found |= subject.str.endswith(what)
    if len(what) >= SHORTEST_HASH and all(each in "0123456789abcdef" for each in what.lower()):
        found |= subject.str.startswith(f"commit/{what.lower()}")
    rows = frame[found.fillna(False).astype(bool)]
    return _notes(frame[frame["kind"] == "note"], what, calendar) if rows.empty else rows


def _notes(notes: pd.DataFrame, what: str, calendar: Calendar) -> pd.DataFrame:
    words = " ".join(what.casefold().split())
    titles = [" ".join(each.casefold().split()) for each in notes["title"]]
    days = [calendar.day_of(each).isoformat() for each in notes["at"]]
    for fits in ([each == words for each in titles], [each.startswith(words) for each in titles]):
        if any(fits):
            return notes[fits]
    return notes[[each == words for each in days]]


def _explained(material: Material, index: Any) -> dict[str, Any]:
    """A row's columns, what counts it or why nothing does, its thread with what else is in it and the notes about it.

    And its claims and suggestions with reasons.
    """
    from harvester import measures
    from harvester.frame import records
    from harvester.schema import COLUMNS
    from harvester.windows import day

    frame, assessment = material.frame, material.assessment
    (values,) = records(frame.loc[[index]])
    told = {name: values[name] for name in (*COLUMNS, "person") if _says_something(values[name])}
    if "fields" in told:
        told["fields"] = dict(told["fields"])
    known = frame[frame["shown"] & ~frame["bot"] & (frame["person"] == values["person"])]
    told["counted_as"] = [
        name for name, each in measures.MEASURES.items() if each.kinds and index in measures.of(known, each).index
    ]
    counts = not values["shown"] or index in measures.counting(known)
    told["why_not_counted"] = "" if counts else measures.uncounted(values)
    told["why_not_shown"] = "" if values["shown"] else "another source's row of the same act knows more"
    told["thread"] = values["thread"]
    same = frame[(frame["thread"] == values["thread"]).astype(bool)]["subject"].unique().tolist()
    told["with"] = sorted(set(same) - {values["subject"]})
    notes = records(frame.loc[list(assessment.cards.get(values["thread"], ())), ["title", "at"]])
    told["notes"] = [f"{each['title']}, {day(material.calendar.day_of(each['at']))}" for each in notes]
    claims = assessment.claims[assessment.claims["row"] == index]
    told["claims"] = [f"{each['status']} for {each['target']}: {each['reason']}" for each in records(claims)]
    words = assessment.suggestions[assessment.suggestions["row"] == index]
    told["suggestions"] = [f"{each['target']}: {each['reason']}" for each in records(words)]
    return told


def _says_something(value: Any) -> bool:
    import pandas as pd

    return len(value) > 0 if hasattr(value, "__len__") else not pd.isna(value)


def _text(explained: Mapping[str, Any]) -> str:
    width = max(map(len, explained))
    said = {name: value for name, value in explained.items() if value not in ("", [])}
    return "\n".join(f"{name:{width}}  {_plain(name, value, ' ' * (width + 2))}" for name, value in said.items())


def _plain(name: str, value: Any, indent: str) -> str:
    """A value as a terminal gets it; sentences each on a line of its own, set off by `indent`."""
    from harvester.notes.notebook import WRAPPED
    from harvester.words import printable

    if isinstance(value, dict):
        joint = {key: " " if key in WRAPPED else ", " for key in value}
        text = "; ".join(f"{key}: {joint[key].join(each.splitlines())}" for key, each in value.items())
    elif isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        text = (f"\n{indent}" if name in SENTENCES else ", ").join(map(str, value))
    else:
        text = str(value)
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters; --json has them all)"
    return printable(cut)
