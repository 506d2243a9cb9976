"""GitLab, of gitlab.com or self-managed: merged merge requests, reviews and closed issues, complete, in few requests.

docs/decisions/gitlab.md explains its requests.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from harvester.errors import AccessError
from harvester.model.contribution import Kind
from harvester.sdk.capabilities import Finding, Part
from harvester.sdk.connector import ConnectorContext, Event, Request, ScopeCompleted
from harvester.sdk.secrets import Secret

if TYPE_CHECKING:
    from .client import Client
    from .fetch import GitLabReader


PATH = r"^[^/\s]+(/[^/\s]+)+$"
"""A project in the configuration: the path of its group and its own name."""
JOB_TOKEN = re.compile(r"(?:\A|-)glcbt-")
"""What the tokens of CI jobs begin with, perhaps after a prefix of the installation
(https://docs.gitlab.com/security/tokens/#token-prefixes)."""

OAUTH = re.compile(r"[0-9a-f]{64}")
"""What OAuth's tokens look like, which `glab` renews every two hours: whose they are tells them apart, not their text
(https://docs.gitlab.com/integration/oauth_provider/#access-token-expiration)."""


@dataclass(frozen=True, kw_only=True)
class GitLab:
    """Reads one GitLab: everything the token sees, or the groups and projects that are named."""

    token: Annotated[
        Secret | None,
        Field(description="where the token is, such as env:GITLAB_TOKEN or command:glab config get token --host HOST"),
    ] = None
    url: Annotated[
        str,
        Field(
            pattern=r"^https?://[^/?#\s@]+(/[^?#\s@]*)?$",
            description="the address of the web pages, with a path where it has one, as https://example.com/gitlab",
        ),
    ] = "https://gitlab.com"
    groups: Annotated[
        list[Annotated[str, Field(pattern=r"^[\w.-]+(/[\w.-]+)*$")]],
        Field(
            description="groups to read, with their subgroups; everywhere where neither these nor projects are named"
        ),
    ] = field(default_factory=list)
    projects: Annotated[
        list[Annotated[str, Field(pattern=PATH)]],
        Field(description="projects to read, as group/project; globs are allowed"),
    ] = field(default_factory=list)
    exclude: Annotated[
        list[Annotated[str, Field(pattern=PATH)]],
        Field(description="projects to leave out, as group/project; globs are allowed"),
    ] = field(default_factory=list)
    also: Annotated[
        list[Literal["opened", "comments", "releases"]],
        Field(description="what else to read: issues opened, comments on others' work, releases of named projects"),
    ] = field(default_factory=list)
    timeout: Annotated[int, Field(gt=0, description="seconds to wait for an answer")] = 30
    context: ConnectorContext

    def import_modules(self) -> None:
        """Import the client, and what it needs."""
        import gitlab  # noqa: F401 - for its effect

    def fetch(self, request: Request) -> Iterator[Event]:
        """Yield merged merge requests, reviews and closed issues; raises SourceError where GitLab stops answering."""
        yield from self.fetch_part(request, Part(""))

    def parts(self, request: Request) -> Iterator[Part]:
        """Yield stretches of time of every list, where nothing is known yet and there is much to read.

        Raises SourceError where GitLab stops answering.
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
        """Merge requests (as pull requests), reviews and issues; comments and releases where `also` names them."""
        found: dict[Kind, Collection[str]] = dict.fromkeys(("pull_request", "review"), ("labels",))
        found["issue"] = ("labels", "story_points")
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
        """Yield version and edition, whose token it is, what it cannot see, and how far the clock is off."""
        from .health import findings

        yield from findings(self)

    @property
    def address(self) -> str:
        """The address of the web pages, without a slash at its end."""
        return self.url.rstrip("/")

    @property
    def host(self) -> str:
        """What work items begin with: the host without a port, and the path, as in a remote's URL."""
        parts = urlsplit(self.address)
        return f"{parts.hostname or self.address}{parts.path}"

    def client(self) -> Client:
        """A client of this GitLab; raises AccessError without a token that can read, SecretError where none is found.

        A token of a CI job sees neither GraphQL nor the lists that are read
        (https://docs.gitlab.com/ci/jobs/ci_job_token/).
        """
        from harvester.sdk.http import RetryPolicy

        from .client import Client

        if self.token is None:
            raise AccessError(
                f"The source {self.context.source!r} has no token.",
                hint='Write token = "env:GITLAB_TOKEN" in its section; the token needs the scope read_api.',
            )
        token = self.context.reveal_token(self.token)
        if JOB_TOKEN.search(token) or token == self.context.environ.get("CI_JOB_TOKEN"):
            raise AccessError(
                f"The token of the source {self.context.source!r} is that of a CI job, which may not read all this.",
                hint="Use a project, group or personal access token with the scope read_api, as a masked variable.",
            )
        return Client(
            url=self.address,
            token=token,
            clock=self.context.clock,
            retry=RetryPolicy(self.context.wait),
            timeout=self.timeout,
        )

    def _reader(self, request: Request, part: str = "") -> GitLabReader:
        from harvester.sdk.cursor import digest
        from harvester.sdk.slices import TimeSlice

        from .cursor import FORMAT
        from .fetch import GitLabReader
        from .scope import ScopeFilter
        from .strategy import ReadOptions

        client = self.client()
        settings = [
            FORMAT,
            digest(["token", "" if OAUTH.fullmatch(client.token) else client.token]),
            self.address,
            *(list(each) for each in (self.groups, self.projects, self.exclude, self.also)),
        ]
        options = ReadOptions(
            self.context.source,
            self.host,
            ScopeFilter(self.groups, self.projects, self.exclude),
            tuple(self.also),
            digest(settings),
        )
        return GitLabReader(client, options, request, TimeSlice.loads(part, options.settings))
