"""Jira, Cloud and Data Center: resolved tickets, credited to who they were assigned to.

docs/decisions/jira.md explains its requests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from harvester.model.contribution import Kind
from harvester.sdk.capabilities import Finding, Part
from harvester.sdk.connector import ConnectorContext, Event, Request, ScopeCompleted
from harvester.sdk.secrets import Secret
from harvester.text import address

from .jql import narrowing

if TYPE_CHECKING:
    from .client import Client
    from .fetch import JiraReader

NOT_DONE = (
    "Abandoned", "Canceled", "Cancelled", "Cannot Reproduce", "Declined", "Duplicate", "Incomplete", "Invalid",
    "Not a Bug", "Obsolete", "Rejected", "Won't Do", "Won't Fix", "Wontfix", "Works as Designed",
)  # fmt: skip
"""Resolutions of Jira's own and other usual ones for which nobody did what the ticket asks for."""


GATEWAY = "https://api.atlassian.com/ex/jira"
PROJECT = r"^(?:[A-Za-z*?]|\[[^\]\s]+\])(?:[\w*?]|\[[^\]\s]+\])*$"
"""The key of a project in the configuration, or a glob of keys."""


def _narrows(jql: str) -> str:
    narrowing(jql)
    return jql


@dataclass(frozen=True, kw_only=True)
class Jira:
    """Reads one Jira site: everything the token may browse, or the projects that are named."""

    url: Annotated[
        str,
        Field(
            pattern=r"^https?://[^/?#\s@]+(?:/[^?#\s]*)?$",
            description="what stands before /browse/ in the address of a ticket, such as https://acme.atlassian.net",
        ),
    ]
    token: Annotated[Secret, Field(description="where the token is, such as env:JIRA_TOKEN")]
    email: Annotated[
        str | None, Field(description="whose token it is, on Jira Cloud; Data Center wants the token alone")
    ] = None
    cloud_id: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9a-fA-F-]{30,40}$",
            description="the site's id, where the token has scopes; /_edge/tenant_info of the site shows it",
        ),
    ] = None
    projects: Annotated[
        list[Annotated[str, Field(pattern=PROJECT)]],
        Field(description="keys of projects to read, such as PAY; globs are allowed; all where none is named"),
    ] = field(default_factory=list)
    jql: Annotated[
        Annotated[str, AfterValidator(_narrows)] | None,
        Field(description="a condition in JQL that tickets must meet as well, such as labels = backend"),
    ] = None
    also: Annotated[
        list[Literal["comments", "reported", "worklogs"]],
        Field(description="what else to read: comments and work logged on others' tickets, tickets reported"),
    ] = field(default_factory=list)
    not_done: Annotated[
        list[str],
        Field(
            description="resolutions, or statuses, of tickets that were closed without being done; by default "
            + ", ".join(NOT_DONE)
        ),
    ] = field(default_factory=lambda: list(NOT_DONE))
    timeout: Annotated[int, Field(gt=0, description="seconds to wait for an answer")] = 30
    context: ConnectorContext

    def import_modules(self) -> None:
        """Import the client, and what it needs."""
        import jira  # noqa: F401 - for its effect

    def fetch(self, request: Request) -> Iterator[Event]:
        """Yield resolved tickets; raises SourceError where Jira stops answering."""
        yield from self.fetch_part(request, Part(""))

    def parts(self, request: Request) -> Iterator[Part]:
        """Yield tickets by when they were created, where nothing is known yet and there is much to read.

        Raises SourceError where Jira stops answering.
        """
        from harvester.sdk.http import connection

        from .slices import slices

        reader = self._reader(request)
        with connection(reader.client):
            yield from [each.part(reader.options.scope) for each in slices(reader)]

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        """As `fetch`, of one of the `parts`; raises SourceError also where token or configuration are others here."""
        from harvester.sdk.http import connection

        reader = self._reader(request, part.name)
        with connection(reader.client):
            yield from reader.events()

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        """The site, where all of its parts were completed."""
        from harvester.sdk.slices import joined

        from .cursor import Cursor

        yield from joined(completed, Cursor.joined)

    def contents(self) -> Mapping[Kind, Collection[str]]:
        """Issues with labels and story points; comments, and help by worklogs, where `also` names them."""
        found: dict[Kind, Collection[str]] = {"issue": ("labels", "story_points")}
        if "comments" in self.also:
            found["comment"] = ("labels",)
        if "worklogs" in self.also:
            found["help"] = ("labels",)
        return found

    def plan(self, request: Request) -> Iterator[str]:
        """Yield what a fetch would ask for and how many requests that would take; asks for counts only."""
        from harvester.sdk.http import connection

        from .explain_plan import explain

        reader = self._reader(request)
        with connection(reader.client):
            yield from explain(reader)

    def check(self) -> Iterator[Finding]:
        """Yield what the site is, whose token it is and in which zone, what it may browse, and which fields it has."""
        from .health import findings

        yield from findings(self)

    @property
    def address(self) -> str:
        """The address of the web pages, without a slash at its end."""
        return self.url.rstrip("/")

    @property
    def api(self) -> str:
        """What the paths of the API begin with.

        A token with scopes works at Atlassian's gateway only
        (https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/).
        """
        return f"{GATEWAY}/{self.cloud_id}" if self.cloud_id else self.address

    def client(self, tries: int = 6) -> Client:
        """A client that tries each request so often.

        Raises SecretError where no token is found, AccessError for what cannot be one.
        """
        from harvester.sdk.http import RetryPolicy

        from .client import Client, encoded, sign_in

        token = self.context.reveal_token(self.token)
        session = sign_in(self.api, self.email, token, self.timeout)
        retry = RetryPolicy(self.context.wait, tries)
        return Client(session, retry, self.context.clock, self.timeout, secrets=(token, *encoded(self.email, token)))

    def _reader(self, request: Request, part: str = "") -> JiraReader:
        from harvester.errors import SourceError
        from harvester.sdk.cursor import digest
        from harvester.sdk.slices import TimeSlice

        from .cursor import FORMAT
        from .fetch import JiraReader, ReadOptions
        from .rows import plain_name

        try:
            jql = narrowing(self.jql) if self.jql else ""
        except ValueError as error:
            raise SourceError(f"The jql of the source {self.context.source!r} cannot be used: {error}.") from error
        client = self.client()
        settings = [
            FORMAT, *client.secrets, self.email, self.api, self.address, list(self.projects), jql, sorted(self.also),
            sorted(self.not_done),
        ]  # fmt: skip
        options = ReadOptions(
            self.context.source,
            address(self.address),
            self.address,
            tuple(self.projects),
            jql,
            tuple(self.also),
            frozenset(map(plain_name, self.not_done)),
            digest(settings),
            self.context.person_of,
        )
        return JiraReader(client, options, request, TimeSlice.loads(part, options.settings))
