"""What any source on the web needs, once: bounded waits, pages that give way, totals held against what came.

Nothing here knows a service. A connector turns each answer that is none into a `WebError`, lets `Patience` try again,
and tells what it could not get.
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urljoin, urlsplit

from harvester.errors import AccessError, SourceError

if TYPE_CHECKING:
    import requests

T = TypeVar("T")
Reason = Literal["limit", "busy", "refused", "wrong"]


class WebError(Exception):
    """An answer that is none, on its way to being tried again or told; never leaves a connector.

    `kind` says what may help: `limit` waiting (`after` seconds where the server named them), `busy` trying again with
    less, `refused` another token, `wrong` nothing. The message holds no secret.
    """

    def __init__(self, kind: Reason, message: str, *, after: float | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.after = after
        self.hint = hint

    def error(self) -> SourceError:
        """The same as the error a user meets."""
        made = AccessError if self.kind == "refused" else SourceError
        return made(f"{str(self).rstrip('.')}.", hint=self.hint)


@dataclass
class RetryPolicy:
    """Tries again, within bounds: tries of one request, seconds of one wait, seconds of all waits of a reading."""

    wait: Callable[[float, str], None]
    tries: int = 6
    longest: float = 3700.0
    together: float = 3 * 3600.0
    waited: float = 0.0

    def call(self, attempt: Callable[[], T], tries: int | None = None, less: Callable[[], object] | None = None) -> T:
        """What `attempt` gives, tried again after a WebError of kind limit or busy; raises the last one.

        `less` is called before another try where the server was busy, so that less can be asked for.
        """
        allowed = tries or self.tries
        for number in range(1, allowed + 1):
            try:
                return attempt()
            except WebError as failure:
                if number == allowed or failure.kind not in {"limit", "busy"}:
                    raise
                if failure.kind == "busy" and less:
                    less()
                self._pause(failure, number)
        raise AssertionError("a loop of at least one try either returns or raises")

    def _pause(self, failure: WebError, number: int) -> None:
        seconds = pause(failure, number)
        if seconds > self.longest or self.waited + seconds > self.together:
            raise WebError(
                failure.kind,
                f"{failure}; waiting {seconds:.0f} s more would be too long",
                after=seconds,
                hint="Harvest again later: what was read is kept.",
            )
        self.waited += seconds
        self.wait(seconds, str(failure))


def pause(failure: WebError, number: int) -> float:
    """Seconds to wait after the try of this number (from 1): what the server named, else doubling.

    A limit without a time is given a minute at least, as GitHub asks for
    (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
    """
    if failure.after is not None:
        return max(failure.after, 0.0)
    return float(2 ** (number - 1)) * (60 if failure.kind == "limit" else 1)


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or an HTTP date; None where it asks for nothing readable."""
    value = _header(headers, "retry-after")
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    until = _http_date(value)
    return max((until - server_time(headers, now)).total_seconds(), 0.0) if until else None


def until_reset(headers: Mapping[str, str], name: str, now: dt.datetime) -> float | None:
    """Seconds until the epoch time in the header `name`, and one more, by the server's own clock; None without one."""
    value = _header(headers, name)
    try:
        at = dt.datetime.fromtimestamp(float(value), dt.UTC) if value is not None else None
    except (ValueError, OverflowError, OSError):
        return None
    return max((at - server_time(headers, now)).total_seconds(), 0.0) + 1 if at else None


def server_time(headers: Mapping[str, str], now: dt.datetime) -> dt.datetime:
    """The server's clock from its `Date` header, since ours may be off; `now` (aware) where it has none."""
    value = _header(headers, "date")
    return (_http_date(value) if value else None) or now


def skew(headers: Mapping[str, str], now: dt.datetime) -> float:
    """Seconds by which our clock (`now`, aware) is ahead of the server's; 0 where the server names no time."""
    return (now - server_time(headers, now)).total_seconds()


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.casefold() == name), None)


def _http_date(value: str) -> dt.datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def redact(text: str, secrets: Iterable[str], longest: int = 200) -> str:
    """Foreign text for an error: without the secrets, on one line, and cut."""
    for secret in sorted((each for each in secrets if each), key=len, reverse=True):
        text = text.replace(secret, "***")
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def same_home(home: str, target: str) -> bool:
    """Whether a URL (or a path) stays on the scheme, host and port of `home`."""
    one, other = urlsplit(home), urlsplit(urljoin(home, target))
    return (one.scheme, one.hostname, _port(one)) == (other.scheme, other.hostname, _port(other))


def stay_home(home: str) -> Callable[..., None]:
    """A response hook for a requests session that refuses to follow a redirect away from `home`.

    requests drops `Authorization` on the way to another host but no other header, so a token in one of its own would
    leave the house. Raises WebError (`wrong`).
    """

    def hook(response: requests.Response, *args: Any, **kwargs: Any) -> None:
        if response.is_redirect and not same_home(home, response.headers["location"]):
            raise strayed(home, response.headers["location"])

    return hook


def no_redirects(home: str) -> Callable[..., None]:
    """A response hook for a requests session that refuses every redirect, for a source that is only ever POSTed to.

    A question that is POSTed again elsewhere may be answered elsewhere, and a chain of redirects may have no end.
    Raises WebError (`wrong`).
    """

    def hook(response: requests.Response, *args: Any, **kwargs: Any) -> None:
        if response.is_redirect:
            raise redirected(home, response.headers["location"])

    return hook


def redirected(home: str, location: str) -> WebError:
    """The failure of a server that redirects what it should answer."""
    if not same_home(home, location):
        return strayed(home, location)
    path = redact(urlsplit(urljoin(home, location)).path, ())
    return WebError("wrong", f"{home} redirects to the path {path!r}", hint="Is the URL right?")


def strayed(home: str, location: str) -> WebError:
    """The failure of a server that sends its callers, and their token, to another host."""
    host = urlsplit(urljoin(home, location)).netloc.rpartition("@")[2]
    return WebError(
        "wrong",
        f"{urlsplit(home).netloc} redirects to {redact(host, ())!r}; the token was not sent there",
        hint="Is the URL right? Name the place it redirects to if you trust it.",
    )


def _port(url: Any) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)
