"""What a publisher receives, and what it returns.

A publisher is a dataclass with the fields `target` and `context`, found by its name in the entry points
`harvester.publishers`. It has one method.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from harvester.errors import ConfigError, PublishError
from harvester.publishing.headings import title_of
from harvester.reporting.formats import Format
from harvester.reporting.stamp import PageOf, WrittenPage
from harvester.sdk import plugins
from harvester.sdk.cursor import digest
from harvester.sdk.secrets import Secret, require_token

Action = Literal["create", "update", "remove"]


@dataclass(frozen=True, slots=True)
class Page:
    """A page that harvester wrote, to be published."""

    file: Path
    """Where it was read from."""
    written: bytes
    """The whole file: with its head and, where it is embedded, its evidence."""
    format: Format
    text: str
    """Its content: without head and evidence, which has accounts and e-mail addresses."""
    title: str
    """Its heading as plain text on one line; the file's name where it has none."""
    of: PageOf | None
    """Its kind, people and days; None where its head does not say them, as that of JSON."""

    @property
    def key(self) -> str:
        """What marks this page and every later one of the same kind, people and days: 16 hex digits."""
        if self.of is None:
            raise PublishError(
                f"{self.file.name} does not say of whom and when it is.", hint="Publish the page in Markdown (.md)."
            )
        return digest([self.of.report, self.of.who, str(self.of.first), str(self.of.last)])

    def earliest(self, today: dt.date) -> dt.date:
        """The first day on which it may have been published.

        That is as long before its period, or before today where that is earlier, as the period itself is: the goals of
        a year are published in the year before.
        """
        if self.of is None:
            return dt.date.min
        first = min(self.of.first, today).toordinal()
        return dt.date.fromordinal(max(1, first - (self.of.last - self.of.first).days - 1))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was written, or would be: `create` the `issue 'Digest, July 2026' in acme/pay`."""

    action: Action
    what: str
    url: str = ""
    """Where it is; empty where that is not known yet."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing a page did: nothing where it is there already, unchanged."""

    steps: tuple[Step, ...] = ()
    url: str = ""
    """Where the page is, as a person finds it; empty where it is not there yet."""
    remarks: tuple[str, ...] = ()
    """What a person should know, a sentence each."""


@dataclass(frozen=True, slots=True)
class PublisherContext:
    """What the core hands to a publisher, so that it reads no global state."""

    root: Path
    """The folder that relative paths start from."""
    clock: Callable[[], dt.datetime]
    """Gives an aware time."""
    wait: Callable[[float, str], None]
    """`wait(seconds, why)` waits, says so, and ends at once when the user interrupts."""
    reveal: Callable[[Secret], str]
    """Looks a secret up."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment variables, such as those that a CI service sets."""
    token: Secret | None = None
    """Where the user says the token is; None where the publisher's usual place is meant."""
    dry_run: bool = False
    """Whether nothing may be written; the steps say what would be."""
    force: bool = False
    """Whether what a person has edited is replaced."""
    public: bool = False
    """Whether the page may go where everybody can read it."""

    def reveal_token(self, usual: str) -> str:
        """The token to send: where the user says, else at `usual`, such as `env:GITHUB_TOKEN`.

        Raises SecretError without one, and AccessError for a text that cannot be a token.
        """
        secret = self.token or Secret(usual)
        return require_token(self.reveal(secret), f"{secret.reference.partition(':')[0]}:…")


class Publisher(Protocol):
    """One method: put a page where it belongs, once, and bring it up to date there."""

    def publish(self, page: Page) -> Publication:
        """Write what differs from what is there, and nothing else; nothing at all with `context.dry_run`.

        What was published before is found again by the page's `key` and by who wrote it, never by a title.
        Raises PublishError.
        """
        ...


def make_publisher(to: str, context: PublisherContext) -> Publisher:
    """The publisher that `NAME:TARGET` names, such as `github-issue:org/repo`, with that target.

    Raises UnknownError for an unknown name, PublishError for a target it does not understand, and ConfigError for a
    plugin that is none.
    """
    name, _, target = to.partition(":")
    made = plugins.load(plugins.PUBLISHERS, name)
    if not isinstance(made, type) or not {"target", "context"} <= set(getattr(made, "__dataclass_fields__", ())):
        raise ConfigError(
            f"The publisher {name!r} is not a dataclass with the fields `target` and `context`.",
            hint="See docs/writing-a-publisher.md.",
        )
    return cast("Publisher", cast("type[Any]", made)(target=target, context=context))


def page_of(file: Path, content: bytes, written: WrittenPage) -> Page:
    """The page to publish from a file that was read and parsed."""
    title = title_of(written.content) if written.format.name == "md" else ""
    return Page(file, content, written.format, written.content, title or file.name, written.of)
