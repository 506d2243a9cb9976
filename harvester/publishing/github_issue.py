"""A page as an issue of GitHub, over its REST API."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import harvester.publishing.issues as issues
from harvester.errors import PublishError
from harvester.publishing.issues import IssueWriter, Text
from harvester.publishing.publisher import Page, Publication, PublisherContext
from harvester.publishing.web import expected, place, published, require_allowed, require_markdown
from harvester.sdk.http import RetryPolicy, Service, says_limit
from harvester.sdk.rest import RestClient, by_link, listed, session

if TYPE_CHECKING:
    import requests

EXAMPLE = "github-issue:org/repo, or github-issue:https://github.example.com/org/repo"
ACCESS = "The token needs to read the repository and to write its issues: in Actions `permissions: issues: write`."
RIGHT_NAME = "Is the name of the repository right, and may the token see it?"
MEMBERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""What GitHub calls authors who belong to a repository (https://docs.github.com/graphql/reference/enums)."""
DAY = dt.timedelta(days=1)
_LINK = re.compile(r"\]\(https://github\.com/(?=[^)\s]*/(?:pull|issues|discussions)/)")


@dataclass(frozen=True)
class GitHubIssue:
    """An issue of a repository, `org/repo`; the token is at env:GITHUB_TOKEN where none is named."""

    target: str
    context: PublisherContext
    limit: int = 65_536
    """The most characters of a body (https://github.com/orgs/community/discussions/27190)."""

    def publish(self, page: Page) -> Publication:
        """Create the issue, or update it, with comments for what does not fit."""
        require_markdown(page, "an issue")
        url, path = place(self.target, self.context.environ.get("GITHUB_SERVER_URL") or "https://github.com", EXAMPLE)
        if path.count("/") != 1:
            raise PublishError(f"{path!r} is no repository.", hint=f"Write {EXAMPLE}.")
        token = self.context.reveal_token("env:GITHUB_TOKEN")
        with published(tracker := GitHubTracker.open(url, path, token, self.context, self.limit)):
            tracker.sign_in(allow_public=self.context.public)
            return IssueWriter(tracker, self.context, page).publish()


@dataclass
class GitHubTracker:
    """The issues of a repository. Pull requests are among them in its API, and are left out."""

    name: str
    retry: RetryPolicy
    rest: RestClient = field(repr=False)
    session: requests.Session = field(repr=False)
    graphql: str
    limit: int
    viewer: str = ""

    @classmethod
    def open(cls, url: str, path: str, token: str, context: PublisherContext, limit: int) -> GitHubTracker:
        """A tracker whose requests are signed with a token. `url` is the address of the web pages."""
        host = urlsplit(url).netloc
        api = f"https://api.{host}" if host == "github.com" or host.endswith(".ghe.com") else f"{url}/api/v3"
        service = Service("GitHub", api, url_hint=RIGHT_NAME, access_hint=ACCESS)
        retry = RetryPolicy(context.wait, total=issues.PATIENCE, later=issues.LATER)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
        signed = session(service, headers)
        rest = RestClient(
            service, signed, retry, context.clock, secrets=(token,),
            limited=lambda status, headers, message: status == 403 and says_limit(headers, message),
        )  # fmt: skip
        return cls(path, retry, rest, signed, f"{api.removesuffix('/v3')}/graphql", limit)

    def close(self) -> None:
        """Close the connection."""
        self.session.close()

    def sign_in(self, *, allow_public: bool) -> None:
        """Look up the repository under its present name, and who the token's owner is; raises PublishError."""
        found = self.rest.get(f"repos/{self.name}").body
        with expected(self.rest.service):
            self.name = str(found["full_name"])
        require_allowed(self.name, is_public=not found.get("private", False), allowed=allow_public)
        if found.get("archived") or not found.get("has_issues", True):
            why = "is archived" if found.get("archived") else "has its issues turned off"
            raise PublishError(f"{self.name} {why}.", hint="Name another repository.")
        self.viewer = self.retry.call(self._owner)

    def _owner(self) -> str:
        """The login of the token's owner, asked once; raises WebError.

        Only GraphQL names the owner of an installation's token such as that of Actions; REST refuses it. A limit comes
        with HTTP 200.
        """
        answer = self.rest.post(self.graphql, {"query": "query { viewer { login } }"}, tries=1)
        with expected(self.rest.service):
            if says_limit({}, str(answer.body.get("errors") or "").replace("_", " ")):
                raise self.rest.service.rate_limit(answer.headers, self.rest.clock())
            return str(answer.body["data"]["viewer"]["login"])

    def size(self, text: str) -> int:
        """The characters of a text; those beyond four digits count as two, so that either count is kept."""
        return len(text.encode("utf-16-le")) // 2

    def safe(self, text: str) -> str:
        """A page whose links leave no mark on what they lead to.

        GitHub notes at every pull request and issue that an issue links to that it does
        (https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls#avoiding-backlinks-to-linked-references).
        """
        return _LINK.sub("](https://redirect.github.com/", text)

    def issues(self, since: dt.date) -> Iterator[Text]:
        """The issues, the newest first, down to those of the day before `since`."""
        params = {"state": "all", "sort": "created", "direction": "desc", "per_page": 100}
        first = (max(since, dt.date(1970, 1, 2)) - DAY).isoformat()
        for page in self.rest.pages(f"repos/{self.name}/issues", by_link, params):
            entries = listed(page)
            yield from (self._text(each) for each in entries if "pull_request" not in each)
            if entries and str(entries[-1].get("created_at"))[:10] < first:
                return

    def comments(self, issue: int) -> Iterable[Text]:
        """The comments of an issue, the oldest first."""
        pages = self.rest.pages(f"repos/{self.name}/issues/{issue}/comments", by_link, {"per_page": 100})
        return (self._text(each) for page in pages for each in listed(page))

    def create_issue(self, title: str, body: str) -> Text:
        """Create an issue."""
        return self._text(self.rest.send("POST", f"repos/{self.name}/issues", {"title": title, "body": body}))

    def update_issue(self, issue: int, body: str) -> Text:
        """Replace an issue's body."""
        return self._text(self.rest.send("PATCH", f"repos/{self.name}/issues/{issue}", {"body": body}))

    def create_comment(self, issue: int, body: str) -> Text:
        """Write a comment."""
        return self._text(self.rest.send("POST", f"repos/{self.name}/issues/{issue}/comments", {"body": body}))

    def update_comment(self, issue: int, comment: int, body: str) -> Text:
        """Replace a comment's body."""
        return self._text(self.rest.send("PATCH", f"repos/{self.name}/issues/comments/{comment}", {"body": body}))

    def delete_comment(self, issue: int, comment: int) -> None:
        """Delete a comment."""
        self.rest.send("DELETE", f"repos/{self.name}/issues/comments/{comment}")

    def _text(self, entry: Mapping[str, Any]) -> Text:
        """An issue or a comment; a deleted account has no name."""
        with expected(self.rest.service):
            user = entry.get("user") or {}
            author = str(user.get("login", "")).casefold()
            return Text(
                int(entry.get("number") or entry["id"]), str(entry.get("body") or ""), str(entry["html_url"]),
                str(entry["created_at"]), author == self.viewer.casefold(), author,
                entry.get("author_association") in MEMBERS or user.get("type") == "Bot",
                str(entry.get("title") or ""), entry.get("state", "open") == "open", bool(entry.get("comments")),
            )  # fmt: skip
