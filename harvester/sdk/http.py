"""Failures, retries and redirects for any source on the web.

A connector turns each failed request into a `WebError` (a `Service` words the usual ones), lets a `RetryPolicy` try
again, and yields a `Gap` for what it could not read. Nothing here knows a particular service.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from harvester.errors import AccessError, SourceError

if TYPE_CHECKING:
    import requests

T = TypeVar("T")
PROXY = "Is a proxy in between?"
"""The hint where an answer is not the service's own."""
CERTIFICATES = "REQUESTS_CA_BUNDLE names a file with certificates to trust, such as that of your company."
"""The hint where a certificate is not trusted."""
_CERTIFICATES = re.compile(r"CERTIFICATE_VERIFY_FAILED|NO_CERTIFICATE_OR_CRL|TLS CA certificate bundle", re.IGNORECASE)
_HALVES = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""What a character beyond four digits is written with, and each half of one."""
Reason = Literal["limit", "busy", "refused", "wrong"]


class WebError(Exception):
    """A request that failed. It is retried or becomes a SourceError; it never leaves a connector.

    `kind` says what may help: `limit` waiting (`after` seconds where the server named them), `busy` asking again for
    less, `refused` another token, `wrong` nothing. The message contains no secret. `status` is the HTTP status where
    that is what failed.
    """

    def __init__(
        self, kind: Reason, message: str, *, after: float | None = None, hint: str = "", status: int | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.after = after
        self.hint = hint
        self.status = status

    def error(self) -> SourceError:
        """The error to raise from a connector: AccessError where the server refused, else SourceError."""
        made = AccessError if self.kind == "refused" else SourceError
        return made(f"{str(self).rstrip('.')}.", hint=self.hint)


class Closable(Protocol):
    """What has a connection, such as a client."""

    def close(self) -> None:
        """Close the connection."""


@contextmanager
def connection(client: Closable) -> Iterator[None]:
    """Close a client at the end; a WebError becomes the SourceError that a connector may raise."""
    try:
        yield
    except WebError as failure:
        raise failure.error() from failure
    finally:
        client.close()


@dataclass
class RetryPolicy:
    """Retries within bounds: `tries` of one request, seconds of one wait (`longest`) and of all waits (`total`)."""

    wait: Callable[[float, str], None]
    tries: int = 6
    longest: float = 3700.0
    total: float = 3 * 3600.0
    waited: float = 0.0
    later: str = "Harvest again later: finished work is kept."
    """What to do where waiting would take too long."""

    def call(self, attempt: Callable[[], T], tries: int | None = None, less: Callable[[], object] | None = None) -> T:
        """What `attempt` returns, retried after a WebError of kind `limit` or `busy`; raises the last one.

        `less` is called before the next try where the server was busy, so that the next request asks for less.
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
        if seconds > self.longest or self.waited + seconds > self.total:
            raise WebError(
                failure.kind,
                f"{failure}; waiting {seconds:.0f} s more would be too long",
                after=seconds,
                hint=self.later,
            )
        self.waited += seconds
        self.wait(seconds, str(failure))


def or_busy(attempt: Callable[[], T]) -> T | WebError:
    """What `attempt` returns, or its WebError where the server stayed busy; raises every other WebError."""
    try:
        return attempt()
    except WebError as failure:
        if failure.kind != "busy":
            raise
        return failure


@dataclass(frozen=True)
class Service:
    """Whose answers these are, for messages: its name and address, and hints for what the user can do.

    `limit_headers` is what the names of its rate limit headers begin with.
    """

    name: str
    url: str
    url_hint: str = "Is the URL right?"
    renew_hint: str = "Make a new token."
    access_hint: str = "What may the token read?"
    limit_headers: str = "x-ratelimit"

    def failure(
        self, status: int, headers: Mapping[str, str], message: str, now: dt.datetime, *, limited: bool = False
    ) -> WebError:
        """The failure that an HTTP status means; `message` is the server's message, cleaned.

        `limited` says that a status other than 429 means a rate limit, too.
        """
        made = self._failure(status, headers, message, now, limited)
        made.status = status
        return made

    def _failure(
        self, status: int, headers: Mapping[str, str], message: str, now: dt.datetime, limited: bool
    ) -> WebError:
        if status in range(300, 400):
            return redirected(self.url, header(headers, "location") or "")
        if status == 429 or limited:
            return self.rate_limit(headers, now, f" ({status})")
        if status == 401:
            return WebError(
                "refused", f"{self.name} does not accept the token ({message or 401})", hint=self.renew_hint
            )
        if status == 403:
            return WebError("refused", f"{self.name} refuses ({message or 403})", hint=self.access_hint)
        if status >= 500:
            return WebError("busy", f"{self.name} answers with error {status}", after=retry_after(headers, now))
        return WebError("wrong", f"{self.name} answers {self.url} with status {status} ({message})", hint=self.url_hint)

    def rate_limit(self, headers: Mapping[str, str], now: dt.datetime, what: str = "") -> WebError:
        """A rate limit, with the seconds to wait: Retry-After, else until the reset where the quota is 0.

        The last answer within a quota shows 0, too, so a quota of 0 by itself is not a failure.
        """
        after = retry_after(headers, now)
        if after is None and header(headers, f"{self.limit_headers}-remaining") == "0":
            after = until_reset(headers, f"{self.limit_headers}-reset", now)
        return WebError("limit", f"{self.name}'s rate limit is reached{what}", after=after)

    def unreachable(self, error: Exception, timeout: float) -> WebError:
        """The failure of a request that requests raised `error` for; `timeout` is in seconds.

        A file of certificates that is not there is a plain OSError of requests.
        """
        import requests

        if _CERTIFICATES.search(str(error)):
            return WebError("wrong", f"the certificate of {self.name} cannot be verified", hint=CERTIFICATES)
        if isinstance(error, requests.exceptions.TooManyRedirects):
            return WebError("wrong", f"{self.name} redirects without an end", hint=self.url_hint)
        if isinstance(error, ValueError):
            return WebError(
                "wrong", f"{self.name} has an address, or redirects to one, that is none", hint=self.url_hint
            )
        if isinstance(error, requests.exceptions.Timeout):
            return WebError("busy", f"{self.name} did not answer within {timeout} s")
        return WebError("busy", f"the connection to {self.name} broke ({type(error).__name__})", hint=self.url_hint)

    def unusable(self, what: str) -> WebError:
        """The failure of an answer with a good status that is not what was asked for."""
        return WebError("busy", f"{self.name}'s answer {what}", hint=PROXY)

    def parse(self, body: str) -> Any:
        """The JSON of an answer with a good status; raises WebError (`busy`) for a web page or broken JSON.

        Half a character, which is left where a text was cut in its middle, becomes a question mark.
        """
        try:
            found = json.loads(body)
            if not _HALVES.search(body):
                return found
            return json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError):
            what = "a web page" if body.lstrip()[:1] == "<" else "broken JSON" if body.strip() else "empty"
            raise self.unusable(f"is {what}") from None


def pause(failure: WebError, number: int) -> float:
    """Seconds to wait after try `number` (from 1): what the server named, else doubling.

    A limit without a time gets at least a minute, as GitHub asks for
    (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
    """
    if failure.after is not None:
        return max(failure.after, 0.0)
    return float(2 ** (number - 1)) * (60 if failure.kind == "limit" else 1)


def retry_after(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or an HTTP date; None without one that can be read.

    urllib3's own parser measures a date against this machine's clock, which may be off; this one against the server's.
    """
    value = header(headers, "retry-after")
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    until = _http_date(value)
    return max((until - server_time(headers, now)).total_seconds(), 0.0) if until else None


def until_reset(headers: Mapping[str, str], name: str, now: dt.datetime) -> float | None:
    """Seconds until the epoch time in the header `name`, plus one, by the server's clock; None without a time."""
    at = epoch_time(header(headers, name))
    return max((at - server_time(headers, now)).total_seconds(), 0.0) + 1 if at else None


def epoch_time(value: str | None) -> dt.datetime | None:
    """The time (UTC) of seconds since 1970 in a header; None where it has none."""
    try:
        return dt.datetime.fromtimestamp(float(value), dt.UTC) if value is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def server_time(headers: Mapping[str, str], now: dt.datetime) -> dt.datetime:
    """The server's clock by its `Date` header, since ours may be off; `now` (aware) without that header."""
    value = header(headers, "date")
    return (_http_date(value) if value else None) or now


def skew(headers: Mapping[str, str], now: dt.datetime) -> float:
    """Seconds by which our clock (`now`, aware) is ahead of the server's; 0 where the server names no time."""
    return (now - server_time(headers, now)).total_seconds()


def header(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a header by its lower-case name, however the server writes it; None without one."""
    return next((value for key, value in headers.items() if key.casefold() == name), None)


def says_limit(headers: Mapping[str, str], message: str) -> bool:
    """Whether a refusal of GitHub's is a rate limit: the primary one, or a secondary one whatever is left of it.

    A secondary one comes with 403, 429 or 200 (header names in lower case).
    """
    return headers.get("x-ratelimit-remaining") == "0" or says_wait(headers, message)


def says_wait(headers: Mapping[str, str], message: str) -> bool:
    """Whether a refusal of GitHub's is a secondary rate limit."""
    words = message.casefold()
    return "retry-after" in headers or "rate limit" in words or "abuse" in words


def _http_date(value: str) -> dt.datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def text_of(answer: requests.Response) -> str:
    """The body of an answer that should be JSON, which is UTF-8 (RFC 8259, section 8.1), whatever its headers say."""
    return answer.content.decode("utf-8", "replace")


def redact(text: str, secrets: Iterable[str], longest: int = 200) -> str:
    """Foreign text for a message: without the secrets, on one line, cut to `longest` characters."""
    for secret in sorted((each for each in secrets if each), key=len, reverse=True):
        text = text.replace(secret, "***")
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def same_origin(url: str, target: str) -> bool:
    """Whether `target` (a URL or a path) has the scheme, host and port of `url`; what is no URL has not."""
    try:
        one, other = urlsplit(url), urlsplit(urljoin(url, target))
        return (one.scheme, one.hostname, _port(one)) == (other.scheme, other.hostname, _port(other))
    except ValueError:
        return False


def joined(url: str, target: str) -> str:
    """The address of `target` (a URL or a path) as seen from `url`; what is no URL stays as it is."""
    try:
        return urljoin(url, target)
    except ValueError:
        return target


def same_origin_only(url: str) -> Callable[..., None]:
    """A response hook for a requests session that refuses redirects to another host, and of what is not a GET.

    requests drops `Authorization` on the way to another host but no other header, so a token in a header such as
    `PRIVATE-TOKEN` would be sent there; and it turns a redirected POST into a GET. The hook raises WebError (`wrong`).
    """

    def hook(response: requests.Response, *args: Any, **kwargs: Any) -> None:
        if not response.is_redirect:
            return
        if response.request.method != "GET" or not same_origin(url, response.headers["location"]):
            response.close()
            raise redirected(url, response.headers["location"])

    return hook


def no_redirects(url: str) -> Callable[..., None]:
    """A response hook for a requests session that refuses every redirect, for a service that is only POSTed to.

    requests turns a redirected POST into a GET, and a chain of redirects may have no end. The hook raises WebError
    (`wrong`).
    """

    def hook(response: requests.Response, *args: Any, **kwargs: Any) -> None:
        if response.is_redirect:
            raise redirected(url, response.headers["location"])

    return hook


def redirected(url: str, location: str) -> WebError:
    """The failure of a server that redirects where it should answer."""
    if not same_origin(url, location):
        return other_host(url, location)
    path = redact(urlsplit(urljoin(url, location)).path, ())
    return WebError("wrong", f"{url} redirects to the path {path!r}", hint="Is the URL right?")


def other_host(url: str, location: str) -> WebError:
    """The failure of a server that redirects to another host; the token is not sent there."""
    try:
        host = urlsplit(urljoin(url, location)).netloc.rpartition("@")[2]
    except ValueError:
        host = location.rpartition("@")[2]
    return WebError(
        "wrong",
        f"{urlsplit(url).netloc} redirects to {redact(host, ())!r}; the token was not sent there",
        hint="Is the URL right? Name the place it redirects to if you trust it.",
    )


def _port(url: Any) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)
