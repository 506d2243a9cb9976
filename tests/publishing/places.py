"""GitHub and GitLab as places to publish to: what the tests of issues do to either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harvester.publishing.github_issue import GitHubIssue
from harvester.publishing.gitlab_issue import GitLabIssue
from harvester.publishing.publisher import Publication
from harvester.publishing.testing import page, publisher_context
from tests.servers import github, gitlab
from tests.servers.faults import Fault

TEAM = "acme/team"
TOKENS = {"GITHUB_TOKEN": github.TOKEN, "GITLAB_TOKEN": gitlab.TOKEN}
TEXT = "# Ada – digest, July 2026\n\nMerged 3 pull requests.\n"


@dataclass
class Place:
    """A tracker on a local server, with what a person there may do. `kind` is github or gitlab."""

    kind: str
    server: Any
    publisher: type
    limit: int = 2_000
    """Fewer characters than there are, so that texts may be short."""
    waited: list[tuple[float, str]] = field(default_factory=list)

    @property
    def world(self) -> Any:
        return self.server.world

    @property
    def is_github(self) -> bool:
        return self.kind == "github"

    @property
    def issues(self) -> list[dict[str, Any]]:
        return list(self.world.items) if self.is_github else self.world.issues

    def body(self, issue: dict[str, Any]) -> str:
        return issue["body" if self.is_github else "description"]

    def edit(self, issue: dict[str, Any], change: Callable[[str], str]) -> None:
        issue["body" if self.is_github else "description"] = change(self.body(issue))

    def comments(self, issue: dict[str, Any]) -> list[dict[str, Any]]:
        found = issue["comments"] if self.is_github else issue["notes"]
        return [each for each in found if not each.get("system")]

    def add(self, author: str, body: str, title: str = "Something", **more: Any) -> dict[str, Any]:
        """An issue that somebody writes."""
        name = "body" if self.is_github else "description"
        return self.world.issue(TEAM, author, self.world.now, title=title, **{name: body}, **more)

    def comment(self, issue: dict[str, Any], author: str, body: str) -> None:
        self.world.comment(issue, author, self.world.now)
        self.comments(issue)[-1]["body"] = body

    def everything(self) -> list[Any]:
        """Every issue with its title, text, state and comments."""
        return [
            (each["title"], self.body(each), each["state"], [one["body"] for one in self.comments(each)])
            for each in self.issues
        ]

    def publish(self, text: str = TEXT, root: Path = Path(), target: str = TEAM, **options: Any) -> Publication:
        """Publish a page of this text; options of `page` (who, days) and of the context."""
        about = {name: options.pop(name) for name in ("who", "days") if name in options}
        context = publisher_context(
            root, now=github.NOW, environ=TOKENS, waited=self.waited, **options.pop("context", {})
        )
        for name, value in options.items():
            object.__setattr__(context, name, value)
        publisher = self.publisher(f"{self.server.url}/{target}", context, self.limit)
        return publisher.publish(page(text, Path("digest.md"), **about))

    def make_public(self) -> None:
        if self.is_github:
            self.world.repositories[TEAM]["isPrivate"] = False
        else:
            self.world.projects[TEAM]["visibility"] = "public"

    def once(self, fault: Fault) -> Fault | None:
        """The fault, the first time."""
        self.server.rule = lambda asked: None
        return fault

    def writes(self) -> list[str]:
        """The requests that came and change something."""
        asked = [(each.method, each.path) for each in self.server.asked]
        return [f"{method} {path}" for method, path in asked if method != "GET" and not path.endswith("/graphql")]


@contextmanager
def github_place() -> Iterator[Place]:
    with github.GitHubServer() as server:
        server.world.repository(TEAM, private=True)
        yield Place("github", server, GitHubIssue)


@contextmanager
def gitlab_place() -> Iterator[Place]:
    with gitlab.GitLabServer() as server:
        server.world.project(TEAM)
        yield Place("gitlab", server, GitLabIssue)


PLACES = {"github": github_place, "gitlab": gitlab_place}
