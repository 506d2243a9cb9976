"""`harvester init`: a configuration and goals to start from, written from what is found here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from harvester.cli.world import World


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where to write.")
@click.pass_obj
def command(world: World, folder: Path) -> int:
    """Write harvester.toml and goals.toml, commented, from the remotes, git's identity and `gh` as found here.

    Nothing that exists is replaced, and no service is asked.

    \b
    Example:
      harvester init
    """
    from harvester import config, goals
    from harvester.atomic import write_text
    from harvester.cli.main import OK
    from harvester.errors import HarvesterError

    place = (world.cwd / folder).resolve()
    there = [name for name in (config.FILE, goals.FILE) if (place / name).exists()]
    if there:
        raise HarvesterError(f"{place / there[0]} is already there and is left alone.", hint="Edit it by hand.")
    _make_folder(place / SCHEMAS)
    for file, schema in ((config.FILE, config.json_schema()), (goals.FILE, goals.json_schema())):
        write_text(place / SCHEMAS / f"{Path(file).stem}.schema.json", json.dumps(schema, indent=2) + "\n")
    write_text(place / SCHEMAS / ".gitignore", "*\n")
    write_text(place / config.FILE, _configuration(world, place))
    write_text(place / goals.FILE, GOALS)
    config.load(place / config.FILE, world.zone())
    goals.load(place / goals.FILE)
    world.echo(f"Wrote {config.FILE} and {goals.FILE}. Next: read them, then `harvester report`.")
    return OK


def _make_folder(path: Path) -> None:
    from harvester.errors import HarvesterError

    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HarvesterError(f"{path} cannot be made: {error.strerror}.", hint="Name a --folder.") from error


def _configuration(world: World, place: Path) -> str:
    from harvester.config import as_toml
    from harvester.errors import SourceError
    from harvester.identity import identity, remotes, repository

    try:
        top = repository(place, world.environ)
        who, urls = identity(top, world.environ), remotes(top, world.environ)
        source = _source("git", repositories=["."])
    except SourceError:
        who, urls = identity(place, world.environ), {}
        source = "# " + _source("git", repositories=["../my-repository", "../services/*"]).replace("\n", "\n# ")
    return CONFIGURATION.format(
        zone=as_toml(world.zone()),
        name=as_toml(who.name or "Your Name"),
        emails=as_toml([who.email] if who.email else []),
        git=source,
        github=_github(world, list(urls.values())),
    )


def _source(connector: str, **settings: str | list[str]) -> str:
    from harvester.config import as_toml

    lines = [f"connector = {as_toml(connector)}", *(f"{key} = {as_toml(value)}" for key, value in settings.items())]
    return "\n".join([f"[sources.{'here' if connector == 'git' else connector}]", *lines])


def _github(world: World, urls: list[str]) -> str:
    """A section for GitHub to be uncommented, naming the token that is there; it is never used by itself."""
    with_gh = "GITHUB_TOKEN" not in world.environ and shutil.which("gh", path=world.environ.get("PATH"))
    reference = "command:gh auth token" if with_gh else "env:GITHUB_TOKEN"
    owners = sorted({owner for url in urls if (owner := _github_owner(url))}) or ["your-organisation"]
    return "# " + _source("github", token=reference, organisations=owners).replace("\n", "\n# ")


def _github_owner(url: str) -> str | None:
    import re

    found = re.search(r"github\.com[:/]([A-Za-z0-9-]+)/", url)
    return found[1] if found else None


SCHEMAS = Path(".harvester")
CONFIGURATION = """\
#:schema .harvester/harvester.schema.json
# Where to look, and who is who. Secrets stand elsewhere; here is only where to find them.

[me]
person = "me"                      # a key of [people]
timezone = {zone}
year_starts = "January"            # the fiscal year; quarters follow it
week_starts = "Monday"

[people.me]
name = {name}
emails = {emails}                  # every address you commit with; compared exactly
# accounts = {{ github = "your-login" }}

# [people.teammate]
# name = "A Teammate"
# emails = ["teammate@example.org"]

{git}

[sources.notebook]                 # what no tracker sees; `harvester note "…"` adds to it
connector = "notebook"
file = "notebook.md"

# Remove the `#` to read GitHub too. The token is looked up where it is named, and kept nowhere.
{github}
"""
GOALS = """\
#:schema .harvester/goals.schema.json
# What was agreed, in words both sides understand. Dates are half-open: `until` is the first day that no longer counts.
# Remove the first `#` of each line below and make it yours; `harvester goals check` says whether it holds together.

# [[criteria]]
# name = "leads-projects"
# level = "Senior engineer"
# text = "Leads projects that span more than one team, from the idea to the result."

# [[goals]]
# name = "payments-rewrite"
# title = "Lead the payments rewrite"
# why = "Invoices reach customers a day earlier and nobody is charged twice."
# criterion = "leads-projects"
# from = 2026-07-01
# until = 2026-10-01
# measure = "pull_requests"
# target = 12
# words = ["payment", "invoice"]    # only suggests; `harvester triage` asks you
#
# [goals.match]                     # what claims; globs as in .gitignore
# any = [
#   { paths = ["services/pay/"], share = 0.5 },
#   { labels = ["payments"] },
# ]
"""
