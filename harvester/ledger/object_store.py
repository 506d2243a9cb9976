"""What an object store needs besides its address, and why it refused, in words.

deltalake gives the error of a request as text: the chain of its causes, the store's own answer (XML) last.
"""

from __future__ import annotations

import atexit
import functools
import re
import time
import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harvester.errors import LedgerError

if TYPE_CHECKING:
    from deltalake.fs import DeltaStorageHandler
    from pyarrow.fs import FileSystem

PATIENCE = {
    "AWS_CONNECT_TIMEOUT": "5s",
    "AWS_TIMEOUT": "120s",
    "max_retries": "7",
    "retry_timeout": "60s",
}
"""How long to wait for a store that does not answer: about 20 seconds where it cannot be reached, at most two minutes.

A request may take two minutes, so that a full file (10 MB) passes a line of 1 Mbit/s; deltalake's own are 30 seconds.
"""


def options_in(environ: Mapping[str, str]) -> dict[str, str]:
    """The options for the object store that an environment has: the variables that begin with AWS_."""
    return {name: value for name, value in environ.items() if name.startswith("AWS_")}


def with_defaults(options: Mapping[str, str] | None) -> dict[str, str]:
    """Options for the object store (deltalake's `storage_options`), with `PATIENCE` where they say nothing else.

    Without keys among them a profile or a role is looked for, as deltalake else does for AWS' own stores only.
    """
    given = dict(options or {})
    named = {_plain(name) for name in given}
    if "access_key_id" not in named:
        given = {"AWS_FORCE_CREDENTIAL_LOAD": "true"} | given
    return {name: value for name, value in PATIENCE.items() if _plain(name) not in named} | given


def _plain(name: str) -> str:
    return name.lower().removeprefix("aws_")


def check_place(location: str, options: Mapping[str, str] | None) -> None:
    """Raise LedgerError where a URL names no bucket, or where the address of the store is none.

    deltalake would take the first for a folder, and ends the thread with a panic for the second.
    """
    if re.fullmatch(r"\w[\w+]+:/*", location):
        raise LedgerError(f"{location} names no bucket.", hint="Write one into [ledger] location: s3://bucket/ledger.")
    for name, value in (options or {}).items():
        if _plain(name) in ("endpoint", "endpoint_url", "endpoint_url_s3") and not _is_web_address(value):
            raise LedgerError(
                f"{name} is not a web address.", hint="It begins with https:// and has no user and no password in it."
            )


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


_CREDENTIALS = "docs/ledger-on-s3.md says where they are looked for."
_REFUSALS = (
    (
        r"credentials? provider|g credentials|//169\.254\.|Missing (?:SecretAccessKey|AccessKeyId)|/latest/api/token",
        "no credentials were found",
        f"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE. {_CREDENTIALS}",
    ),
    (
        r"ExpiredToken|TokenRefreshRequired|RequestExpired",
        "the credentials have expired",
        "Get new ones, for example with `aws sso login`, and run it again.",
    ),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|InvalidClientTokenId|InvalidIdentityToken|401 Un",
        "the store does not accept the credentials",
        f"Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or AWS_PROFILE. {_CREDENTIALS}",
    ),
    (
        r"RequestTimeTooSkewed",
        "the clock of this machine differs too much from the store's",
        "Set the clock, and run it again.",
    ),
    (
        r"NoSuchBucket|InvalidBucketName",
        "there is no such bucket",
        "Make it first, or correct [ledger] location in harvester.toml; with AWS_ENDPOINT_URL it is looked for there.",
    ),
    (
        r"PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocation|redirect without LOCATION|301 Moved",
        "the bucket is in another region",
        "Set AWS_REGION to the region of the bucket.",
    ),
    (
        r"403 Forbidden|lacked the necessary privileges",
        "the credentials may not do that",
        "They need s3:ListBucket and s3:GetObject; to harvest, s3:PutObject and s3:DeleteObject too.",
    ),
    (
        r"404 Not Found|NoSuchKey",
        "a file is missing",
        "Does a lifecycle rule of the bucket delete objects? Restore it, or choose another [ledger] location.",
    ),
    (
        r"NotImplemented|501 Not Implemented|conditional put is disabled",
        "the store knows no conditional writes",
        "Without them two harvests could overwrite each other; docs/ledger-on-s3.md names stores that have them.",
    ),
    (
        r"SlowDown|InternalError|(?:429|5\d\d) [A-Z]",
        "the store is too busy, or has a failure",
        "Run it again later.",
    ),
    (
        r"URL scheme is not allowed",
        "AWS_ENDPOINT_URL begins with http://, over which everyone in between can read along",
        "Use https://, or set AWS_ALLOW_HTTP=true for a store on this machine.",
    ),
    (
        r"Unable to extract metadata|non-partial response|invalid (?:list|get) response",
        "what answers is no store",
        "Is there a sign-in page or a proxy in between? Check AWS_ENDPOINT_URL.",
    ),
    (
        r"HTTP error|error sending request|operation timed out|Connection refused|dns error",
        "the store does not answer",
        "Is the network there? Check [ledger] location in harvester.toml, AWS_ENDPOINT_URL and AWS_REGION.",
    ),
)  # fmt: skip
_OF_A_STORE = re.compile(
    r"Error performing [A-Z]+ |Generic [A-Za-z]*(?:S3|GCS|Azure|HTTP) error|operation lacked |redentials? provider"
)
_REQUEST = re.compile(r"Error performing ([A-Z]+) https?://[^/\s]+(/[^\s?]*)?")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def refusal(error: BaseException) -> tuple[str, str] | None:
    """Why an object store, or the way to it, refused, and what to do; None where that is not what went wrong.

    The last good state is intact then: what failed is a request, and no file is damaged.
    """
    text = in_one_line(": ".join(str(each) for each in with_causes(error)))
    if not _OF_A_STORE.search(text):
        return None
    for words, why, hint in _REFUSALS:
        if re.search(words, text):
            return f"{why}{_request(text)}", hint
    return None


def _request(text: str) -> str:
    """Which request was refused, and the store's code for it, in brackets."""
    found = (_REQUEST.search(text), _CODE.search(text) or _STATUS.search(text))
    said = [part for each in found if each for part in each.groups() if part]
    return f" ({' '.join(said)})" if said else ""


def in_one_line(text: str) -> str:
    """The chain of causes that deltalake writes line by line, with arrows and in colour, as one line of plain text."""
    plain = _COLOUR.sub("", text).replace("↳", ": ")
    return re.sub(r"\s*:\s(?:\s|:\s)*", ": ", re.sub(r"\s+", " ", plain)).strip()


def with_causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what caused it, the first cause last."""
    while error is not None:
        yield error
        error = error.__cause__


@functools.cache
def _handler_class() -> type[DeltaStorageHandler]:
    import pyarrow as pa
    from deltalake.fs import DeltaStorageHandler

    class Handler(DeltaStorageHandler):
        """deltalake's, and it knows which of its files somebody still has."""

        def open_input_file(self, path: str) -> pa.PythonFile:
            file = self._handler.open_input_file(path)
            _open_files.add(file)
            return pa.PythonFile(file)

        open_input_stream = open_input_file

    # Not sooner: what is registered later is called earlier, and a cluster's workers still read when theirs is called.
    atexit.register(wait_for_open_files)
    return Handler


_open_files: weakref.WeakSet[Any] = weakref.WeakSet()


def file_system(uri: str, options: Mapping[str, str] | None, sizes: Mapping[str, int]) -> FileSystem:
    """A folder in a store as a file system; what has a known size (in bytes, by path) is not asked for it."""
    import pyarrow.fs

    return pyarrow.fs.PyFileSystem(_handler_class()(uri, dict(options or {}), dict(sizes)))


def wait_for_open_files(seconds: float = 2.0) -> bool:
    """Wait until nobody has an open file of a store any more; False where that takes longer than this.

    Called when the process ends. Arrow's own threads let go of a file a moment after what it held was read; one that
    does so while the interpreter is taken down aborts the process (https://github.com/delta-io/delta-rs/issues/2184).
    """
    end = time.monotonic() + seconds
    while _open_files and time.monotonic() < end:
        time.sleep(0.001)
    return not _open_files
