"""GitHub and GitHub Enterprise: merged pull requests, reviews and closed issues, complete and in few requests.

docs/decisions/github.md explains its requests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from harvester.model.contribution import Kind
from harvester.sdk.capabilities import Finding, Part
from harvester.sdk.connector import ConnectorContext, Event, Request, ScopeCompleted
from harvester.sdk.secrets import Secret

if TYPE_CHECKING:
    from .client import Client
    from .fetch import GitHubReader


NAME = r"^[^/\s]+/[^/\s]+$"
"""A repository in the configuration: owner/name."""


@dataclass(frozen=True)
class App:
    """A GitHub App that is installed in the repositories to read."""

    id: Annotated[int, Field(description="the App's id")]
    installation: Annotated[int, Field(description="the id of its installation")]
    private_key: Annotated[Secret, Field(description="where its private key is, such as file:app.pem")]


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """Reads one GitHub: everything the token sees, or the organisations and repositories that are named."""

    token: Annotated[
        Secret | None, Field(description="where the token is, such as env:GITHUB_TOKEN or command:gh auth token")
    ] = None
    app: Annotated[App | None, Field(description="a GitHub App instead of a token")] = None
    url: Annotated[str, Field(pattern=r"^https?://[^/?#\s@]+/?$", description="the address of the web pages")] = (
        "https://github.com"
    )
    organisations: Annotated[
        list[Annotated[str, Field(pattern=r"^[\w.-]+$")]],
        Field(description="organisations to read; everywhere where neither these nor repositories are named"),
    ] = field(default_factory=list)
    repositories: Annotated[
        list[Annotated[str, Field(pattern=NAME)]],
        Field(description="repositories to read, as owner/name; globs are allowed"),
    ] = field(default_factory=list)
    exclude: Annotated[
        list[Annotated[str, Field(pattern=NAME)]],
        Field(description="repositories to leave out, as owner/name; globs are allowed"),
    ] = field(default_factory=list)
    also: Annotated[
        list[Literal["opened", "comments", "releases"]],
        Field(description="what else to read: issues opened, comments on others' work, releases of named repositories"),
    ] = field(default_factory=list)
    timeout: Annotated[int, Field(gt=0, description="seconds to wait for an answer")] = 30
    context: ConnectorContext

    def import_modules(self) -> None:
        """Import the client, and what it needs."""
        import github  # noqa: F401 - for its effect

    def fetch(self, request: Request) -> Iterator[Event]:
        """Yield merged pull requests, reviews and closed issues; raises SourceError where GitHub stops answering."""
        yield from self.fetch_part(request, Part(""))

    def parts(self, request: Request) -> Iterator[Part]:
        """Yield stretches of time of every list, where nothing is known yet and there is much to read.

        Raises SourceError where GitHub stops answering.
        """
        from harvester.sdk.http import connection

        from .slices import slices

        reader = self._reader(request)
        with connection(reader.client):
            yield from [each.part(self.host) for each in slices(reader)]

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        """As `fetch`, of one of the `parts`; raises SourceError also where token or configuration are others here."""
        from harvester.sdk.http import connection

        reader = self._reader(request, part.name)
        with connection(reader.client):
            yield from reader.events()

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        """The host, where all of its parts were completed."""
        from harvester.sdk.slices import joined

        from .cursor import Cursor

        yield from joined(completed, Cursor.joined)

    def contents(self) -> Mapping[Kind, Collection[str]]:
        """Pull requests, reviews and issues; comments and releases where `also` names them."""
        found: dict[Kind, Collection[str]] = dict.fromkeys(("pull_request", "review", "issue"), ("labels",))
        if "comments" in self.also:
            found["comment"] = ("labels",)
        if "releases" in self.also:
            found["release"] = ()
        return found

    def plan(self, request: Request) -> Iterator[str]:
        """Yield what a fetch would ask for and how many requests that would take; asks for counts only."""
        from harvester.sdk.http import connection

        from .explain_plan import explain

        reader = self._reader(request)
        with connection(reader.client):
            yield from explain(reader)

    def check(self) -> Iterator[Finding]:
        """Yield whose token it is, what it cannot see, what is left of its rate limit, and how far the clock is off."""
        from .health import findings

        yield from findings(self)

    @property
    def host(self) -> str:
        """The host that work items begin with, without a port, as in a remote's URL."""
        return urlsplit(self.url).hostname or self.url

    @property
    def api(self) -> str:
        """The address of the REST API, from which PyGithub makes that of GraphQL.

        Source: https://docs.github.com/enterprise-server/rest/overview/resources-in-the-rest-api
        """
        if self.host == "github.com" or self.host.endswith(".ghe.com"):
            return f"https://api.{self.host}"
        return f"{self.url.rstrip('/')}/api/v3"

    def client(self) -> Client:
        """A client of this GitHub; raises AccessError where no token is configured, SecretError where none is found."""
        from harvester.sdk.http import RetryPolicy

        from .auth import sign_in
        from .client import Client

        return Client(
            api=self.api,
            sign_in=sign_in(self),
            clock=self.context.clock,
            retry=RetryPolicy(self.context.wait),
            timeout=self.timeout,
        )

    def _reader(self, request: Request, part: str = "") -> GitHubReader:
        from harvester.sdk.cursor import digest
        from harvester.sdk.slices import TimeSlice

        from .cursor import FORMAT
        from .fetch import GitHubReader
        from .scope import ScopeFilter
        from .strategy import ReadOptions

        client = self.client()
        settings = [
            FORMAT,
            client.sign_in.identity,
            self.url,
            *(list(each) for each in (self.organisations, self.repositories, self.exclude, self.also)),
        ]
        options = ReadOptions(
            self.context.source,
            self.host,
            ScopeFilter(self.organisations, self.repositories, self.exclude),
            tuple(self.also),
            digest(settings),
        )
        return GitHubReader(client, options, request, TimeSlice.loads(part, options.settings))
