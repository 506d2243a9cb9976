"""`harvester init`: a configuration and goals to start from, written from what is found here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from harvester.workspace.environment import Environment


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where to write.")
@click.pass_obj
def command(environment: Environment, folder: Path) -> int:
    """Write harvester.toml, goals.toml and a notebook, from the remotes, git's identity and `gh` as found here.

    They hold comments that say what is what. Of what exists nothing is replaced, and no service is asked.

    \b
    Example:
      harvester init
    """
    from harvester.cli.main import OK
    from harvester.errors import HarvesterError
    from harvester.files import write_text

    place = (environment.cwd / folder).resolve()
    _make_folder(place / SCHEMAS)
    there: list[Path] = []
    wrote: list[Path] = []
    for path, text in _files(environment, place):
        if path.exists():
            there.append(path)
        else:
            write_text(path, text())
            wrote.append(path)
    kept = f"{_names(place, there)} {'is' if len(there) == 1 else 'are'} already there and left alone."
    if not wrote:
        raise HarvesterError(kept, hint="Edit them by hand.")
    _write_schemas(place / SCHEMAS)
    read = f"Next: read {'it' if len(wrote) == 1 else 'them'}, then `harvester report`."
    environment.echo(" ".join([f"Wrote {_names(place, wrote)}.", *([kept] if there else []), read]))
    return OK


def _files(environment: Environment, place: Path) -> Iterator[tuple[Path, Callable[[], str]]]:
    """The files to start from and what makes their text; the configuration comes first, for it names the notebook.

    Raises ConfigError where a configuration that is there cannot be read.
    """
    from harvester.cli.note import notebooks
    from harvester.config import settings
    from harvester.goals import load
    from harvester.notebook.notebook import INTRODUCTION

    yield place / settings.FILE, lambda: _configuration(environment, place)
    known = settings.load(place / settings.FILE, environment.zone())
    yield place / load.FILE, lambda: GOALS
    for path in notebooks(known, mine=True):
        if path.parent.is_dir():
            yield path, lambda: INTRODUCTION


def _write_schemas(place: Path) -> None:
    """What editors read of the keys of both files, out of git's sight."""
    from harvester.config import settings
    from harvester.files import write_text
    from harvester.goals import load

    for file, schema in ((settings.FILE, settings.json_schema()), (load.FILE, load.json_schema())):
        write_text(place / f"{Path(file).stem}.schema.json", json.dumps(schema, indent=2) + "\n")
    write_text(place / ".gitignore", "*\n")


def _names(place: Path, paths: list[Path]) -> str:
    """`harvester.toml, goals.toml and notebook.md`, as seen from the folder."""
    names = [str(path.relative_to(place) if path.is_relative_to(place) else path) for path in paths]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _make_folder(path: Path) -> None:
    from harvester.errors import HarvesterError

    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HarvesterError(f"{path} cannot be made: {error.strerror}.", hint="Name a --folder.") from error


def _configuration(environment: Environment, place: Path) -> str:
    from harvester.config.git_user import identity, remotes, repository
    from harvester.config.toml import as_toml
    from harvester.errors import SourceError

    try:
        top = repository(place, environment.environ)
        who, urls = identity(top, environment.environ), remotes(top, environment.environ)
        source = _source("git", repositories=["."])
    except SourceError:
        who, urls = identity(place, environment.environ), {}
        source = "# " + _source("git", repositories=["../my-repository", "../services/*"]).replace("\n", "\n# ")
    return CONFIGURATION.format(
        zone=as_toml(environment.zone()),
        name=as_toml(who.name or "Your Name"),
        emails=as_toml([who.email] if who.email else []),
        git=source,
        github=_github(environment, list(urls.values())),
    )


def _source(connector: str, **settings: str | list[str]) -> str:
    from harvester.config.toml import as_toml

    lines = [f"connector = {as_toml(connector)}", *(f"{key} = {as_toml(value)}" for key, value in settings.items())]
    return "\n".join([f"[sources.{'here' if connector == 'git' else connector}]", *lines])


def _github(environment: Environment, urls: list[str]) -> str:
    """A section for GitHub to be uncommented, naming the token that is there; it is never used by itself."""
    with_gh = "GITHUB_TOKEN" not in environment.environ and shutil.which("gh", path=environment.environ.get("PATH"))
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
