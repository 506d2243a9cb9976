"""`harvester publish`: put a page where others read it, once, and keep it up to date there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from harvester.cli import options
from harvester.cli.terminal import Terminal
from harvester.text import printable

if TYPE_CHECKING:
    from harvester.publishing.publisher import Publication, Step
    from harvester.sdk.secrets import Secret

WORDS = {
    "create": ("Created", "Would create"),
    "update": ("Updated", "Would update"),
    "remove": ("Removed", "Would remove"),
}


@click.command()
@click.argument("page", type=click.Path())
@click.option(
    "--to", required=True, metavar="NAME:TARGET", callback=options.not_empty,
    help="github-issue:org/repo, gitlab-issue:group/project, file:PATH, or summary (of a step of GitHub Actions).",
)  # fmt: skip
@click.option(
    "--token", metavar="WHERE", callback=options.not_empty,
    help="Where the token is, as in harvester.toml; by default env:GITHUB_TOKEN or env:GITLAB_TOKEN.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--public", is_flag=True, help="Publish where everybody can read it, too.")
@click.option("--force", is_flag=True, help="Replace what a person has edited there.")
@options.allow_incomplete
@options.as_json
@click.pass_obj
def command(
    terminal: Terminal,
    page: str,
    to: str,
    token: str | None,
    dry_run: bool,
    public: bool,
    force: bool,
    allow_incomplete: bool,
    as_json: bool,
) -> int:
    """Put PAGE, which `report --output` wrote, where others read it: created once, and updated by the next run.

    An issue is found again by a hidden marker (the kind of page, its people and its days) and by its author, the owner
    of the token; nothing is written where the page is the same. What does not fit into an issue is in comments below
    it. What a person has edited there is not overwritten.

    \b
    Examples:
      harvester publish digest.md --to github-issue:acme/team --dry-run
      harvester publish digest.md --to gitlab-issue:https://gitlab.example.com/acme/team --token file:token
      harvester publish digest.html --to file:/srv/www/digest.html
    """
    from harvester.cli.main import INCOMPLETE, OK
    from harvester.workspace.publish import PublishOptions, publish_page

    chosen = PublishOptions(_secret(token), dry_run, force, public)
    done = publish_page(terminal, page, to, chosen)
    publication = done.publication
    if as_json:
        terminal.echo_json({**dataclasses.asdict(publication), "complete": done.complete, "dry_run": dry_run})
    else:
        _echo(terminal, publication, dry_run=dry_run)
    for remark in publication.remarks:
        terminal.notify(remark)
    if done.edited:
        terminal.notify("The page has been edited since harvester wrote it, and is published as it is.")
    if not done.complete:
        terminal.notify("Incomplete: the page says what is missing.")
    return OK if done.complete or allow_incomplete else INCOMPLETE


def _secret(reference: str | None) -> Secret | None:
    """Where the token is; a usage error, which does not repeat the text, for what may be the token itself."""
    from harvester.sdk.secrets import Secret

    try:
        return Secret(reference) if reference else None
    except ValueError as error:
        raise click.BadParameter(f"it {error}.", param_hint="'--token'") from None


def _echo(terminal: Terminal, publication: Publication, *, dry_run: bool) -> None:
    for step in publication.steps:
        terminal.echo(printable(_line(step, dry_run=dry_run), lines=False))
    if not publication.steps:
        terminal.echo(printable(f"Unchanged: {publication.url}", lines=False))


def _line(step: Step, *, dry_run: bool) -> str:
    done, planned = WORDS[step.action]
    at = f": {step.url}" if step.url and step.url not in step.what else ""
    return f"{planned if dry_run else done} {step.what}{at}"
