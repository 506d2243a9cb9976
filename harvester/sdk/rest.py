"""A REST API over requests: one answer at a time, or all pages of a list by a named paginator."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urljoin

from harvester.sdk.http import (
    PROXY,
    RetryPolicy,
    Service,
    WebError,
    joined,
    other_host,
    redact,
    same_origin,
    same_origin_only,
    text_of,
)
from harvester.sdk.paging import walk_pages

if TYPE_CHECKING:
    import requests

Position = tuple[str, tuple[tuple[str, str], ...], str | None]
"""A page by its URL, its parameters, and the JSON that is POSTed for it; None for a GET."""


class Session(Protocol):
    """What sends requests: a requests session, or a library that answers as one."""

    def request(
        self, method: str, url: str, *, params: Any, data: str | None, headers: Mapping[str, str], timeout: int
    ) -> requests.Response:
        """The response, whatever its status; raises requests' errors, and WebError for a redirect to another host."""


@dataclass(frozen=True)
class Page:
    """One answer: the request it belongs to, its headers (lower-case names) and its JSON.

    `sent` is the JSON object that was POSTed; None for a GET.
    """

    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    links: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, Any] | None = None


Paginator = Callable[[Page], Position | None]
"""What follows a page; None where the server names nothing, which is the only end of a list."""


@dataclass
class RestClient:
    """Asks a REST API with retries. `secrets` never appear in a message, whatever the server says."""

    service: Service
    session: Session = field(repr=False)
    retry: RetryPolicy
    clock: Callable[[], dt.datetime]
    timeout: int = 30
    secrets: tuple[str, ...] = field(default=(), repr=False)
    asked: int = 0
    limited: Callable[[int, Mapping[str, str], str], bool] = lambda status, headers, message: False
    """Whether a status other than 429 is a rate limit, by its headers (lower-case names) and message."""

    def get(self, path: str, params: Mapping[str, object] | None = None, tries: int | None = None) -> Page:
        """The answer to a GET of a path below the service's URL (or of a whole URL); raises WebError without one."""
        return self.retry.call(lambda: self._once(*self._position(path, params or {})), tries)

    def pages(
        self, path: str, paginator: Paginator, params: Mapping[str, object] | None = None, tries: int | None = None
    ) -> Iterator[Page]:
        """All pages of a list; raises WebError where one cannot be read or comes twice."""
        return self._walk(self._position(path, params or {}), paginator, tries)

    def post(self, path: str, body: Mapping[str, object], tries: int | None = None) -> Page:
        """The answer to a POST of a JSON object that changes nothing, such as a search; otherwise as `get`."""
        return self.retry.call(lambda: self._once(*self._position(path, {}, body)), tries)

    def post_pages(
        self, path: str, paginator: Paginator, body: Mapping[str, object], tries: int | None = None
    ) -> Iterator[Page]:
        """All pages of a list that is POSTed for; the paginators put what leads on into the body."""
        return self._walk(self._position(path, {}, body), paginator, tries)

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """What a request that changes something answers: JSON, or None where that is empty (204).

        It is tried once, since one that failed may have happened; raises WebError.
        """
        url, _, sent = self._position(path, {}, body)
        answer, headers = self._answer(method, url, (), sent)
        if answer.status_code == 204:
            return None
        if answer.status_code not in {200, 201}:
            raise self._failure(answer, headers)
        return self.service.parse(text_of(answer))

    def _walk(self, first: Position, paginator: Paginator, tries: int | None) -> Iterator[Page]:
        return walk_pages(lambda at: self.retry.call(lambda: self._once(*at), tries), first, paginator)

    def _position(self, path: str, params: Mapping[str, object], body: Mapping[str, object] | None = None) -> Position:
        url = urljoin(f"{self.service.url.rstrip('/')}/", path)
        return url, tuple((name, str(value)) for name, value in params.items()), _as_json(body)

    def _once(self, url: str, params: tuple[tuple[str, str], ...], sent: str | None) -> Page:
        answer, headers = self._answer("GET" if sent is None else "POST", url, params, sent)
        if answer.status_code != 200:
            raise self._failure(answer, headers)
        links = {str(name): str(link["url"]) for name, link in answer.links.items()}
        posted = None if sent is None else json.loads(sent)
        return Page(url, dict(params), headers, self.service.parse(text_of(answer)), links, posted)

    def _answer(
        self, method: str, url: str, params: tuple[tuple[str, str], ...], sent: str | None
    ) -> tuple[requests.Response, Mapping[str, str]]:
        """The response to one request, whatever its status, and its headers with lower-case names."""
        if not same_origin(self.service.url, url):
            raise other_host(self.service.url, url)
        self.asked += 1
        headers = {} if sent is None else {"Content-Type": "application/json"}
        try:
            answer = self.session.request(
                method, url, params=list(params), data=sent, headers=headers, timeout=self.timeout
            )
        except (OSError, ValueError) as error:  # ValueError: urllib3's, of an address that is none
            raise self.service.unreachable(error, self.timeout) from None
        return answer, {name.casefold(): value for name, value in answer.headers.items()}

    def _failure(self, answer: requests.Response, headers: Mapping[str, str]) -> WebError:
        message = self._message(answer)
        limited = self.limited(answer.status_code, headers, message)
        return self.service.failure(answer.status_code, headers, message, self.clock(), limited=limited)

    def _message(self, answer: requests.Response) -> str:
        """What a refusal says, in the keys that GitHub, GitLab and Jira use."""
        try:
            body = answer.json()
        except ValueError:
            return ""
        messages = [body.get(key) for key in ("message", "error", "errorMessages")] if isinstance(body, dict) else []
        found = next((each for each in messages if each), "")
        return redact("; ".join(map(str, found)) if isinstance(found, list) else str(found), self.secrets)


def session(service: Service, headers: Mapping[str, str]) -> requests.Session:
    """A session that sends these headers, a token's among them, and follows no redirect to another host.

    The headers are set as requests' `auth`, since requests would prefer a password in ~/.netrc to one set otherwise.
    """

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(headers)
        return request

    made = unsigned_session(service.url)
    made.auth = sign
    return made


def unsigned_session(url: str) -> requests.Session:
    """A session for a library that signs its requests: it follows no redirect to another host than that of `url`.

    On a redirect within the host it leaves the token in place; requests would take a password in ~/.netrc instead.
    """
    import requests

    class Session(requests.Session):
        def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
            """Leave the headers as they are: a redirect to another host was refused."""

    made = Session()
    made.hooks["response"].append(same_origin_only(url))
    return made


def by_link(page: Page) -> Position | None:
    """Follow the Link header's `next`, as GitHub and GitLab send it."""
    following = page.links.get("next")
    return (joined(page.url, following), (), None) if following else None


def by_link_here(page: Page) -> Position | None:
    """Follow the Link header's `next` on the address we asked: GitLab's links have the host it is configured with."""
    following = page.links.get("next")
    return (page.url, tuple(parse_qsl(following.partition("?")[2].partition("#")[0])), None) if following else None


def listed(page: Page) -> list[Mapping[str, Any]]:
    """The entries of a page of a list; raises WebError where it is none, or is one of something else than objects."""
    if not isinstance(page.body, list) or not all(isinstance(each, dict) for each in page.body):
        raise WebError("busy", "an answer is not a list of objects", hint=PROXY)
    return page.body


def by_token(name: str = "nextPageToken", parameter: str | None = None) -> Paginator:
    """Send the body's token `name` as `parameter` (the same name by default), as Jira Cloud wants it."""

    def following(page: Page) -> Position | None:
        token = _object(page).get(name)
        return _with(page, parameter or name, token) if token else None

    return following


def by_offset(items: str, total: str = "total", parameter: str = "startAt") -> Paginator:
    """Go on after what came until `total` is reached, as Jira Data Center wants it: a short page is not the end.

    Raises WebError (`busy`) where an empty page comes before the total.
    """

    def following(page: Page) -> Position | None:
        body, start = _object(page), int((page.params if page.sent is None else page.sent).get(parameter, 0))
        if not isinstance(body.get(items), list) or not isinstance(body.get(total), int):
            raise WebError("busy", f"an answer lacks {items!r} or {total!r}", hint=PROXY)
        came = len(body[items])
        if start + came >= body[total]:
            return None
        if not came:
            raise WebError("busy", f"the server gave {start} of {body[total]} and then an empty page")
        return _with(page, parameter, start + came)

    return following


def _object(page: Page) -> Mapping[str, Any]:
    if not isinstance(page.body, dict):
        raise WebError("busy", "an answer is not a JSON object", hint=PROXY)
    return page.body


def _with(page: Page, name: str, value: object) -> Position:
    if page.sent is not None:
        return page.url, tuple(page.params.items()), _as_json({**page.sent, name: value})
    return page.url, tuple({**page.params, name: str(value)}.items()), None


def _as_json(body: Mapping[str, object] | None) -> str | None:
    return None if body is None else json.dumps(body, sort_keys=True)
