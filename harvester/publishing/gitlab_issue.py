"""A page as an issue of GitLab, over its REST API."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import harvester.publishing.issues as issues
from harvester.errors import PublishError
from harvester.publishing.issues import IssueWriter, Text
from harvester.publishing.publisher import Page, Publication, PublisherContext
from harvester.publishing.web import expected, place, published, require_allowed, require_markdown
from harvester.sdk.http import RetryPolicy, Service
from harvester.sdk.rest import RestClient, by_link_here, listed, session

if TYPE_CHECKING:
    import requests

EXAMPLE = "gitlab-issue:group/project, or gitlab-issue:https://gitlab.example.com/group/project"
ACCESS = "The token needs the scope api, and its owner the role Planner or Reporter in the project."
RIGHT_NAME = "Is the path of the project right, and may the token see it?"
DAY = dt.timedelta(days=1)
_QUICK_ACTION = re.compile(r"^([^\S\n]*)/", re.MULTILINE)


@dataclass(frozen=True)
class GitLabIssue:
    """An issue of a project, `group/project`; the token is at env:GITLAB_TOKEN where none is named."""

    target: str
    context: PublisherContext
    limit: int = 1_000_000
    """The most characters of a note; a description may have 1,048,576
    (https://docs.gitlab.com/administration/instance_limits/)."""

    def publish(self, page: Page) -> Publication:
        """Create the issue, or update it, with comments for what does not fit."""
        require_markdown(page, "an issue")
        url, path = place(self.target, self.context.environ.get("CI_SERVER_URL") or "https://gitlab.com", EXAMPLE)
        token = self.context.reveal_token("env:GITLAB_TOKEN")
        with published(tracker := GitLabTracker.open(url, path, token, self.context, self.limit)):
            tracker.sign_in(allow_public=self.context.public)
            return IssueWriter(tracker, self.context, page).publish()


@dataclass
class GitLabTracker:
    """The issues of a project."""

    name: str
    retry: RetryPolicy
    rest: RestClient = field(repr=False)
    session: requests.Session = field(repr=False)
    limit: int
    project: int = 0
    viewer: int = 0
    is_public: bool = True

    @classmethod
    def open(cls, url: str, path: str, token: str, context: PublisherContext, limit: int) -> GitLabTracker:
        """A tracker whose requests are signed with a token. `url` is the address of the web pages."""
        service = Service(
            "GitLab", f"{url}/api/v4", url_hint=RIGHT_NAME, renew_hint="Make a new token with the scope api.",
            access_hint=ACCESS, limit_headers="ratelimit",
        )  # fmt: skip
        retry = RetryPolicy(context.wait, total=issues.PATIENCE, later=issues.LATER)
        signed = session(service, {"Authorization": f"Bearer {token}"})
        return cls(path, retry, RestClient(service, signed, retry, context.clock, secrets=(token,)), signed, limit)

    def close(self) -> None:
        """Close the connection."""
        self.session.close()

    def sign_in(self, *, allow_public: bool) -> None:
        """Look up the project by its path, old ones included, and who the token's owner is; raises PublishError."""
        found = self.rest.get(f"projects/{quote(self.name, safe='')}").body
        with expected(self.rest.service):
            self.name, self.project = str(found["path_with_namespace"]), int(found["id"])
        self.is_public = found.get("visibility") not in {"private", "internal"}
        require_allowed(self.name, is_public=self.is_public, allowed=allow_public)
        if found.get("archived") or found.get("issues_enabled") is False:
            why = "is archived" if found.get("archived") else "has its issues turned off"
            raise PublishError(f"{self.name} {why}.", hint="Name another project.")
        owner = self.rest.get("user").body
        with expected(self.rest.service):
            self.viewer = int(owner["id"])

    def size(self, text: str) -> int:
        """The characters of a text."""
        return len(text)

    def safe(self, text: str) -> str:
        """A page without quick actions: GitLab runs a line that begins with `/close` or the like.

        Source: https://docs.gitlab.com/user/project/quick_actions/
        """
        return _QUICK_ACTION.sub(r"\1\\/", text)

    def issues(self, since: dt.date) -> Iterable[Text]:
        """The issues since the day before `since`; a project's next token has another owner."""
        params = {"state": "all", "scope": "all", "order_by": "created_at", "per_page": 100}
        params["created_after"] = f"{max(since, dt.date(1970, 1, 2)) - DAY}T00:00:00Z"
        pages = self.rest.pages(f"projects/{self.project}/issues", by_link_here, params)
        return (self._text(each) for page in pages for each in listed(page))

    def comments(self, issue: int) -> Iterable[Text]:
        """The notes of an issue, the oldest first."""
        params = {"sort": "asc", "order_by": "created_at", "per_page": 100}
        pages = self.rest.pages(self._notes(issue), by_link_here, params)
        return (self._note(issue, each) for page in pages for each in listed(page) if not each.get("system"))

    def create_issue(self, title: str, body: str) -> Text:
        """Create an issue."""
        sent = {"title": title, "description": body}
        return self._text(self.rest.send("POST", f"projects/{self.project}/issues", sent))

    def update_issue(self, issue: int, body: str) -> Text:
        """Replace an issue's description."""
        return self._text(self.rest.send("PUT", f"projects/{self.project}/issues/{issue}", {"description": body}))

    def create_comment(self, issue: int, body: str) -> Text:
        """Write a note."""
        return self._note(issue, self.rest.send("POST", self._notes(issue), {"body": body}))

    def update_comment(self, issue: int, comment: int, body: str) -> Text:
        """Replace a note's body."""
        return self._note(issue, self.rest.send("PUT", f"{self._notes(issue)}/{comment}", {"body": body}))

    def delete_comment(self, issue: int, comment: int) -> None:
        """Delete a note."""
        self.rest.send("DELETE", f"{self._notes(issue)}/{comment}")

    def _notes(self, issue: int) -> str:
        return f"projects/{self.project}/issues/{issue}/notes"

    def _text(self, entry: Mapping[str, Any]) -> Text:
        with expected(self.rest.service):
            return Text(
                int(entry["iid"]), str(entry.get("description") or ""), str(entry["web_url"]),
                str(entry["created_at"]), entry["author"]["id"] == self.viewer, str(entry["author"]["id"]),
                not self.is_public, str(entry["title"]), entry["state"] == "opened",
                entry.get("user_notes_count", 1) > 0,
            )  # fmt: skip

    def _note(self, issue: int, entry: Mapping[str, Any]) -> Text:
        with expected(self.rest.service):
            url, author = f"{self.name}#{issue} (note {entry['id']})", entry["author"]["id"]
            mine = author == self.viewer
            return Text(int(entry["id"]), str(entry["body"]), url, str(entry["created_at"]), mine, str(author))
