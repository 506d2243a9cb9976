"""One Jira over the jira library: it signs in and sends, while paging, retries and bounds are ours.

By itself the library takes a short page of Data Center for the last one, follows a page token that repeats for ever,
waits for as long as it likes, and waits for an answer without an end.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harvester.sdk.http import RetryPolicy, Service, WebError, header, no_redirects, server_time
from harvester.sdk.paging import PageSize, walk_pages
from harvester.sdk.rest import Page, RestClient, by_offset, by_token

from .changelog import Json

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from jira import JIRA

TICKETS = 100
"""How many tickets are asked for at once; Cloud gives no more with their texts."""
IDS = 5000
"""How many ids are asked for at once; as many as Cloud gives."""
HISTORIES = 1000
"""Of how many tickets Cloud gives the changelogs at once."""
ENTRIES = 10_000
"""How many entries of changelogs are asked for at once, the most that Cloud gives.

Source: Atlassian's OpenAPI file, BulkChangelogRequestBean."""
CHANGING = ("assignee", "resolution", "status")
"""The fields whose changes are asked for."""
NOBODY = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED"})
"""How Jira says that it took a token for nobody's, whom it may answer with nothing and status 200
(https://confluence.atlassian.com/jirakb/understanding-the-x-seraph-loginreason-header-1318881741.html)."""
RIGHT_URL = "Is `url` right? It is what stands before /browse/ in the address of a ticket."
TOKENS = "https://id.atlassian.com/manage-profile/security/api-tokens"
RENEW = (
    f"Make an API token of the person in `email` on Cloud ({TOKENS}; one with scopes needs `cloud_id`), or a personal "
    "access token, without `email`, on Data Center."
)
ACCESS = "It must be allowed to browse the projects; one with scopes needs read:jira-work and read:jira-user."


@dataclass
class LibrarySession:
    """The session of the jira library, which has its sign-in, without the library's own retries and errors."""

    library: JIRA = field(repr=False)
    service: Service

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """The response, whatever its status; raises WebError for a redirect, and where the token counts as nobody's."""
        import requests

        session = self.library._session  # noqa: SLF001 - the library has no other name for it
        answer = requests.Session.request(session, method, url, **options)
        reason = header(answer.headers, "x-seraph-loginreason") or ""
        reasons = {each.strip() for each in reason.split(",")}
        is_nobody = (reasons & NOBODY and "OK" not in reasons) or header(answer.headers, "x-ausername") == "anonymous"
        if answer.status_code == 200 and is_nobody:
            raise WebError("refused", f"Jira does not accept the token ({reason or 'anonymous'})", hint=RENEW)
        if denied := header(answer.headers, "x-authentication-denied-reason"):
            raise WebError("refused", f"Jira refuses ({denied[:80]})", hint="Sign in in the browser once; it may ask.")
        return answer

    def close(self) -> None:
        """Close the connection."""
        self.library._session.close()  # noqa: SLF001 - as above


def sign_in(url: str, email: str | None, token: str, timeout: int) -> LibrarySession:
    """The library's session for a site, signed in; nothing is asked yet."""
    from jira import JIRA

    service = Service("Jira", url, url_hint=RIGHT_URL, renew_hint=RENEW, access_hint=ACCESS)
    signed: dict[str, Any] = {"basic_auth": (email, token)} if email else {"token_auth": token}
    library = JIRA(url, get_server_info=False, max_retries=0, timeout=timeout, logging=False, **signed)
    library._session.hooks["response"].append(no_redirects(url))  # noqa: SLF001 - as above
    return LibrarySession(library, service)


def encoded(email: str | None, token: str) -> tuple[str, ...]:
    """The token as it is sent together with an address, which anybody can decode; nothing where it is sent alone."""
    return (base64.b64encode(f"{email}:{token}".encode()).decode(),) if email else ()


@dataclass
class Client:
    """Asks one Jira. `cloud` decides where and how; it is set once that is known."""

    session: LibrarySession = field(repr=False)
    retry: RetryPolicy
    clock: Callable[[], dt.datetime]
    timeout: int = 30
    secrets: tuple[str, ...] = field(default=(), repr=False)
    cloud: bool = True
    size: PageSize = field(default_factory=lambda: PageSize(TICKETS))
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the first answer."""
    rest: RestClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.rest = RestClient(self.session.service, self.session, self.retry, self.clock, self.timeout, self.secrets)

    @property
    def version(self) -> str:
        """Cloud's third version has documents as texts; Data Center has the second one only."""
        return "3" if self.cloud else "2"

    @property
    def started_at(self) -> dt.datetime:
        """The server's time at the first answer."""
        return server_time(self.headers, self.clock())

    def close(self) -> None:
        """Close the connection."""
        self.session.close()

    def get(self, path: str, **parameters: object) -> Any:
        """The JSON at a path below `rest/api/VERSION/`; raises WebError without one."""
        return self._taken(self.rest.get(f"rest/api/{self.version}/{path}", parameters))

    def server(self) -> Json:
        """What the site says of itself; both flavours answer it at the same place."""
        return self._object(self.rest.get("rest/api/2/serverInfo"))

    def found(self, path: str, **parameters: object) -> Any:
        """The JSON at a path, or None where nothing is there or it is not shown."""
        try:
            return self.get(path, **parameters)
        except WebError as failure:
            if failure.status in {400, 404}:
                return None
            raise

    def values(self, path: str, items: str, **parameters: object) -> list[Any]:
        """A list that is given in pages by `startAt`."""
        first = {**parameters, "startAt": 0, "maxResults": TICKETS}
        pages = self.rest.pages(f"rest/api/{self.version}/{path}", by_offset(items), first)
        return [each for page in pages for each in self._list(self._object(page), items)]

    def listed(self, path: str, items: str) -> tuple[list[Any], int]:
        """What comes of a list that is given in pages by `startAt`, each once, and how many the server counts.

        A server that gives all at once whatever is asked for has given all; an empty page is the end, too.
        """
        found: dict[str, Any] = {}
        total = 0

        def ask(start: int) -> tuple[int, Json]:
            def once() -> Json:
                at = {"startAt": start, "maxResults": self.size.size}
                body = self._object(self.rest.get(f"rest/api/{self.version}/{path}", at, tries=1))
                self._list(body, items)
                return body

            return start, self._sized(once)

        def following(page: tuple[int, Json]) -> int | None:
            start, body = page
            came, counted = len(self._list(body, items)), body.get("total")
            return start + came if came and isinstance(counted, int) and start + came < counted else None

        for _, body in walk_pages(ask, 0, following):
            found |= {str(each["id"]): each for each in self._list(body, items) if isinstance(each, dict)}
            total = int(body.get("total") or 0)
        return list(found.values()), total

    def _sized(self, once: Callable[[], Json]) -> Json:
        """The answer to a request for a page, which is asked for again with a smaller one where that fails."""
        answer = self.retry.call(once, less=self.size.shrink)
        self.size.worked()
        return answer

    def search(self, jql: str, fields: Sequence[str], *, ids: bool = False) -> Iterator[tuple[list[Json], int | None]]:
        """Pages of tickets, each with the total where the server names one; raises WebError.

        Only a missing token is the end on Cloud, and only the total on Data Center, which sends changelogs along.
        """
        body: dict[str, object] = {"jql": jql, "fields": list(fields)}
        if not self.cloud and not ids:
            body["expand"] = ["changelog"]
        path = f"rest/api/{self.version}/search{'/jql' if self.cloud else ''}"

        def ask(position: str | int) -> tuple[str | int, Json]:
            def once() -> Json:
                at: dict[str, object] = {"startAt": position}
                if self.cloud:
                    at = {"nextPageToken": position} if position else {}
                most = IDS if ids else self.size.size
                answer = self._object(self._searched(path, {**body, **at, "maxResults": most}))
                self._list(answer, "issues")
                if not self.cloud and not isinstance(answer.get("total"), int):
                    raise self.session.service.unusable("has no total")
                if self.cloud and answer.get("isLast") is False and not answer.get("nextPageToken"):
                    raise self.session.service.unusable("names no next page, and is not the last one")
                return answer

            return position, self.retry.call(once) if ids else self._sized(once)

        first: str | int = 0
        for _, answer in walk_pages(ask, first, self._following):
            total = answer.get("total")
            yield self._list(answer, "issues"), total if isinstance(total, int) else None

    def _searched(self, path: str, body: Mapping[str, object]) -> Page:
        """The answer to a search; raises WebError with a hint where Jira does not accept the query."""
        try:
            return self.rest.post(path, body, tries=1)
        except WebError as failure:
            if failure.status != 400:
                raise
            words = f"Jira does not accept the query: {failure}"
            raise WebError("wrong", words, hint="Is `jql` in its section right?", status=400) from None

    def count(self, jql: str) -> int:
        """About how many tickets a query finds."""
        if self.cloud:
            return int(
                self._object(self.rest.post("rest/api/3/search/approximate-count", {"jql": jql})).get("count", 0)
            )
        body = {"jql": jql, "fields": ["id"], "maxResults": 0}
        return int(self._object(self.rest.post("rest/api/2/search", body)).get("total", 0))

    def _following(self, page: tuple[str | int, Json]) -> str | int | None:
        position, answer = page
        came = len(self._list(answer, "issues"))
        if self.cloud:
            token = answer.get("nextPageToken")
            return str(token) if token else None
        total, start = answer["total"], int(position)
        if start + came < total and not came:
            raise WebError("busy", f"Jira gave {start} of {total} tickets and then an empty page")
        return start + came if start + came < total else None

    def histories(self, ids: Sequence[str]) -> dict[str, list[Json]]:
        """The changelogs of tickets by id, of the fields that matter; Cloud's, many at once."""
        found: dict[str, list[Json]] = {each: [] for each in ids}
        body: dict[str, object] = {"fieldIds": list(CHANGING), "maxResults": ENTRIES}
        for start in range(0, len(ids), HISTORIES):
            some = {**body, "issueIdsOrKeys": list(ids[start : start + HISTORIES])}
            for page in self.rest.post_pages("rest/api/3/changelog/bulkfetch", by_token(), some):
                for log in self._list(self._object(page), "issueChangeLogs"):
                    found.setdefault(str(log.get("issueId")), []).extend(log.get("changeHistories") or ())
        return found

    def _taken(self, page: Page) -> Any:
        self.headers = self.headers or page.headers
        return page.body

    def _object(self, page: Page) -> Json:
        body = self._taken(page)
        if not isinstance(body, dict):
            raise self.session.service.unusable("is not a JSON object")
        return body

    def _list(self, body: Json, name: str) -> list[Any]:
        entries = body.get(name)
        if not isinstance(entries, list):
            raise self.session.service.unusable(f"has no {name}")
        return entries
