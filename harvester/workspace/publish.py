"""Publishing a page that was written before; nothing is read but the page, and no configuration is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harvester.errors import PublishError
from harvester.files import read_bytes, resolve_path
from harvester.publishing.publisher import Publication, PublisherContext, Step, make_publisher, page_of
from harvester.reporting.stamp import LARGEST, parse_page
from harvester.sdk.secrets import Secret, SecretStore
from harvester.workspace.environment import Environment
from harvester.workspace.reports import require_report


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """How a page is published: what `PublisherContext` has of the same names."""

    token: Secret | None = None
    dry_run: bool = False
    force: bool = False
    public: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did, and whether the page is of complete sources and as harvester wrote it."""

    publication: Publication
    complete: bool
    edited: bool


def publish_page(environment: Environment, file: str, to: str, options: PublishOptions) -> Published:
    """Publish the page in a file to `NAME:TARGET`.

    A page that its author has edited is published as it is: the words are theirs. Raises UnknownError where there is no
    such file or publisher, and PublishError for a file that is no page, or where publishing fails.
    """
    path = resolve_path(environment.cwd, file)
    require_report(path, file)
    content = read_bytes(path, limit=LARGEST)
    written = parse_page(content.decode("utf-8", "replace"))
    if written is None:
        raise PublishError(f"{file!r} is not a page that harvester wrote.", hint="Name one that --output wrote.")
    publisher = make_publisher(to, _context(environment, options))
    publication = _redacted(publisher.publish(page_of(path, content, written)), environment.redact)
    return Published(publication, written.complete, not written.unedited)


def _redacted(publication: Publication, redact: Callable[[str], str]) -> Publication:
    """What was done, without a token that the service repeated in an address or a name."""
    steps = (Step(each.action, redact(each.what), redact(each.url)) for each in publication.steps)
    return Publication(tuple(steps), redact(publication.url), tuple(map(redact, publication.remarks)))


def _context(environment: Environment, options: PublishOptions) -> PublisherContext:
    secrets = SecretStore(environment.environ, environment.cwd)
    environment.secret_stores.append(secrets)
    return PublisherContext(
        root=environment.cwd, clock=environment.clock, wait=environment.wait, reveal=secrets.reveal,
        environ=environment.environ, token=options.token, dry_run=options.dry_run, force=options.force,
        public=options.public,
    )  # fmt: skip
