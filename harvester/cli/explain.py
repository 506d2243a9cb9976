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

SHORTEST_HASH = 7


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

    WHAT is its id, its subject, its address, `repo#12` as in a report, or a commit's hash.

    \b
    Examples:
      harvester explain pay#120
      harvester explain 1a2b3c4d5e
    """
    from harvester.cli.main import OK
    from harvester.cli.material import gather
    from harvester.cli.reading import open_ledger
    from harvester.cli.setup import open_setup
    from harvester.errors import UnknownError

    setup = open_setup(world, config_path, repo)
    with open_ledger(world, setup) as ledger:
        _, material = gather(world, setup, ledger, period, person)
    rows = find(material.frame, what)
    if rows.empty:
        raise UnknownError(
            f"Nothing that was read for the {material.window.name} is {what!r}.",
            hint="Another window? Name it with --period.",
        )
    explained = [_explained(material, index) for index in rows.index]
    if as_json:
        world.echo(json.dumps(explained, indent=2, default=str))
    else:
        world.echo("\n\n".join(_text(each) for each in explained))
    return OK


def find(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """The rows whose id, subject, address, short name (`repo#12`) or commit (at least 7 digits of its hash) this is."""
    subject = frame["subject"]
    found = (frame["id"] == what) | (subject == what) | (frame["url"] == what) | subject.str.endswith(f"/{what}")
    if what[:1] in "#!":
        found |= subject.str.endswith(what)
    if len(what) >= SHORTEST_HASH and all(each in "0123456789abcdef" for each in what.lower()):
        found |= subject.str.startswith(f"commit/{what.lower()}")
    return frame[found.fillna(False).astype(bool)]


def _explained(material: Material, index: Any) -> dict[str, Any]:
    """A row's columns, what counts it, its thread and who else is in it, its claims and suggestions with reasons."""
    from harvester import measures
    from harvester.frame import records
    from harvester.schema import COLUMNS

    frame, assessment = material.frame, material.assessment
    (values,) = records(frame.loc[[index]])
    told = {name: values[name] for name in (*COLUMNS, "person") if _says_something(values[name])}
    known = frame[frame["shown"] & ~frame["bot"] & (frame["person"] == values["person"])]
    told["counted_as"] = [
        name for name, each in measures.MEASURES.items() if each.kinds and index in measures.of(known, each).index
    ]
    told["why_not_shown"] = "" if values["shown"] else "another source's row of the same act knows more"
    told["thread"] = values["thread"]
    same = frame[(frame["thread"] == values["thread"]).astype(bool)]["subject"].unique().tolist()
    told["with"] = sorted(set(same) - {values["subject"]})
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
    return "\n".join(f"{name:{width}}  {_plain(value)}" for name, value in explained.items() if value not in ("", []))


def _plain(value: Any) -> str:
    from harvester.words import printable

    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) or hasattr(value, "tolist") else str(value)
    return printable(text)
