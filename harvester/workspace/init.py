"""The files to start from: a configuration, goals and a notebook, written from what git says of a folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harvester.config import settings
from harvester.config.git_user import identity, messages, remotes, repository
from harvester.config.toml import as_toml
from harvester.errors import HarvesterError, PersonError, SourceError
from harvester.files import write_text
from harvester.goals import load
from harvester.model.look_alikes import Sightings
from harvester.notebook.notebook import INTRODUCTION
from harvester.workspace.environment import Environment
from harvester.workspace.look_alikes import Unlisted, list_accounts, unlisted
from harvester.workspace.notes import notebooks
from harvester.workspace.proposal import accounts_line, commented, section
from harvester.workspace.proposals import propose
from harvester.workspace.workspace import open_workspace

SCHEMAS = Path(".harvester")


@dataclass(frozen=True, slots=True)
class StartingFiles:
    """The files that were written, and those that existed and were not changed."""

    written: tuple[Path, ...]
    existing: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose harvester.toml it is to be, where git is not to say it: a name, and all addresses they commit with."""

    name: str = ""
    emails: tuple[str, ...] = ()


def write_starting_files(environment: Environment, folder: Path, owner: Owner | None = None) -> StartingFiles:
    """Write the files that do not exist yet, and the schemas for editors beside them; no service is asked.

    Raises HarvesterError where the folder cannot be made, PersonError where neither git nor `owner` says whose work
    counts, and ConfigError where a harvester.toml that exists is not valid; nothing is written then.
    """
    given = owner or Owner()
    if not (folder / settings.FILE).exists():
        given = _owner(environment, folder, given)
    _make_folder(folder / SCHEMAS)
    existing: list[Path] = []
    written: list[Path] = []
    for path, make_text in _files(environment, folder, given):
        if path.exists():
            existing.append(path)
        else:
            write_text(path, make_text())
            written.append(path)
    if written:
        _write_schemas(folder / SCHEMAS)
    return StartingFiles(tuple(written), tuple(existing))


def _files(environment: Environment, folder: Path, owner: Owner) -> Iterator[tuple[Path, Callable[[], str]]]:
    """Each file and what makes its text; harvester.toml comes first, since it names the notebook."""
    yield folder / settings.FILE, lambda: _configuration(environment, folder, owner)
    config = settings.load(folder / settings.FILE, environment.zone())
    yield folder / load.FILE, lambda: GOALS
    for path in notebooks(config, mine=True):
        if path.parent.is_dir():
            yield path, lambda: INTRODUCTION


def _write_schemas(folder: Path) -> None:
    """JSON Schemas of both files for editors, in a folder that git ignores."""
    for file, schema in ((settings.FILE, settings.json_schema()), (load.FILE, load.json_schema())):
        write_text(folder / f"{Path(file).stem}.schema.json", json.dumps(schema, indent=2) + "\n")
    write_text(folder / ".gitignore", "*\n")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HarvesterError(f"{path} cannot be made: {error.strerror}.", hint="Name a --folder.") from error


def _owner(environment: Environment, folder: Path, given: Owner) -> Owner:
    """Who was named, else git's user; raises PersonError where that leaves a report without a name or an address."""
    who = identity(folder if folder.is_dir() else environment.cwd, environment.environ)
    emails = given.emails or ((who.email,) if who.email else ())
    name = given.name or who.name or ""
    if not emails or not name:
        missing = " and ".join(key for key, value in (("user.name", name), ("user.email", emails)) if not value)
        raise PersonError(
            f"Nothing says whose work counts: git has no {missing} here, and reports need both.",
            hint='Run `harvester init --name "ADA BYRON" --email ADA@EXAMPLE.ORG`, with your own, or set them for git.',
        )
    return Owner(name, emails)


def _configuration(environment: Environment, folder: Path, owner: Owner) -> str:
    try:
        top = repository(folder, environment.environ)
        urls, said = remotes(top, environment.environ), messages(top, environment.environ)
        source = section("git", "here", repositories=["."])
    except SourceError:
        urls, said = {}, []
        source = commented(section("git", "here", repositories=["../my-repository", "../services/*"]))
    proposals = list(propose(environment.environ, urls.values(), owner.emails, said))
    return CONFIGURATION.format(
        zone=as_toml(environment.zone()),
        name=as_toml(owner.name),
        emails=as_toml(list(owner.emails)),
        accounts=accounts_line(proposals),
        git=source,
        proposals="\n\n".join(commented(each.section) for each in proposals),
    )


def own_look_alikes(environment: Environment, folder: Path) -> Iterator[Unlisted]:
    """Whose accounts in this folder's sources look like those of `me`, and are not listed in harvester.toml."""
    workspace = open_workspace(environment, folder / settings.FILE)
    people = workspace.config.people
    yield from unlisted(
        people, Sightings(people, list_accounts(workspace.connectors)), [workspace.me] if workspace.me else []
    )


CONFIGURATION = """\
#:schema .harvester/harvester.schema.json
# Which sources to read, and who is who. Secrets are not written here, only where to find them.

[me]
person = "me"                      # a key of [people]
timezone = {zone}
year_starts = "January"            # the fiscal year; quarters follow it
week_starts = "Monday"

[people.me]
name = {name}
emails = {emails}                  # every address you commit with; compared exactly
# {accounts}

# [people.teammate]
# name = "A Teammate"
# emails = ["teammate@example.org"]

{git}

[sources.notebook]                 # what no tracker sees; `harvester note "…"` adds to it
connector = "notebook"
file = "notebook.md"

# Remove the `#` to read more. A token is looked up where it is named, and never stored.
{proposals}
"""
GOALS = """\
#:schema .harvester/goals.schema.json
# Your goals, in words that you and your manager understand. `until` is the last day, which still counts.
# Remove the first `#` of each line below and edit it; `harvester goals check` says whether it is valid.

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
# until = 2026-09-30
# measure = "pull_requests"
# target = 12
# words = ["payment", "invoice"]    # only suggests; `harvester triage` asks you
#
# [goals.match]                     # what claims; globs as in .gitignore
# any = [
#   { paths = ["services/pay/"], share = 0.5 },
#   { scopes = ["pay"] },          # titles such as `fix(pay): …`; `labels` where a forge is read
# ]

# [[questions]]                     # of your company's form, for `harvester report answers`
# title = "Impact"
# text = "What did you achieve, and for whom?"
# limit = 1000                      # characters
# goals = ["payments-rewrite"]      # and `criteria` or `match`; without them the highlights answer it
"""
