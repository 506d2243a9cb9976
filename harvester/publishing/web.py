"""What publishers to a web service share: the owner and name of a target, and failures as errors of publishing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from harvester.errors import PublishError, SourceError
from harvester.publishing.publisher import Page
from harvester.reporting.formats import MARKDOWN
from harvester.sdk.http import Closable, Service, connection

_PATH = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[\w.-]+(?:/[\w.-]+)+", re.ASCII)


@contextmanager
def published(client: Closable) -> Iterator[None]:
    """Close a client at the end; a WebError becomes a PublishError."""
    try:
        with connection(client):
            yield
    except SourceError as error:
        raise PublishError(error.message, hint=error.hint) from error


@contextmanager
def expected(service: Service) -> Iterator[None]:
    """An answer that lacks what it should have becomes a WebError (`busy`)."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise service.unusable("lacks part of what was asked") from None


def require_markdown(page: Page, where: str) -> None:
    """Raises PublishError for a page in another format than Markdown."""
    if page.format != MARKDOWN:
        raise PublishError(
            f"{page.file.name} is not Markdown, which {where} needs.", hint="Write the page with --output page.md."
        )


def require_allowed(name: str, *, is_public: bool, allowed: bool) -> None:
    """Raises PublishError where everybody can read what is published there and the user did not say so."""
    if is_public and not allowed:
        raise PublishError(
            f"{name} is public: everybody could read the page.",
            hint="Name a private one, or add --public where the page is meant for everybody.",
        )


def place(target: str, usual: str, example: str) -> tuple[str, str]:
    """The web address of a service and the path in it that a target names: `org/repo`, or `https://host/org/repo`.

    `usual` is the address of the service where the target has none. Raises PublishError for anything else.
    """
    try:
        parts = urlsplit(target) if "://" in target else None
        is_web = parts is None or (parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0)
    except ValueError:  # of a host or a port that is none
        parts, is_web = None, False
    path = (parts.path if parts else target).strip("/").removesuffix(".git")
    if not is_web or not _PATH.fullmatch(path) or (parts and "@" in parts.netloc):
        named = f"{target[:100]!r} names" if "@" not in target else "The target, which is not repeated here, names"
        raise PublishError(f"{named} no place to publish to.", hint=f"Write {example}.")
    return (f"{parts.scheme}://{parts.netloc}" if parts else usual.rstrip("/")), path
