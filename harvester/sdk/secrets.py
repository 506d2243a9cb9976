"""Secrets by reference: the configuration says where a secret is, and only the code that uses it sees it.

The text after `env:`, `file:` or `keyring:` may be the secret itself, pasted there by mistake, and a command's
arguments may hold one. So a message repeats it only where it is surely a name: a variable that is set, a file that is
there, a program that is found, or a word of the usual form of such names.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harvester.errors import AccessError, SecretError
from harvester.files import read_text, resolve_path
from harvester.text import did_you_mean

SCHEMES = ("env", "command", "keyring", "file")
FORMS = "env:NAME, command:gh auth token, keyring:service/user or file:path"
COMMAND_SECONDS = 30.0
LARGEST_FILE = 1 << 20

_TOKEN = re.compile(
    r"\bgh[opsur]_\w{20,}|\bgithub_pat_\w{20,}|\bgl(?:pat|cbt|dt|oas|ptt|rt|soat)-[\w-]{20,}|\bATATT[\w=-]{20,}",
    re.ASCII,
)
_CREDENTIALS = re.compile(rf"://[^/\s]*@|^(?!(?:{'|'.join(SCHEMES)}):)[^/\s:@]{{2,}}:[^/\s@]+@\S")
"""A user in a URL, or `user:password@host` without a scheme."""

_VARIABLE = re.compile(r"[A-Z]{1,15}(?:_[A-Z]{1,15}){0,6}_?\d{0,2}")
_PROGRAM = re.compile(r"[a-z]{1,12}(?:-[a-z]{1,12}){0,4}\d?")
"""What variables and programs are usually called; keys and passwords have digits in between or both cases."""

_WHERE = "It is not repeated here, for it may be the secret itself; see the configuration."


def holds_secret(text: str) -> bool:
    """Whether a text holds a token of a known form, or an address with a user or a password in it."""
    return bool(_TOKEN.search(text) or _CREDENTIALS.search(text))


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is, such as `env:GITHUB_TOKEN`; never the secret itself. Raises ValueError for anything else."""

    reference: str

    def __post_init__(self) -> None:
        scheme, colon, rest = self.reference.partition(":")
        if not colon or scheme not in SCHEMES or not rest.strip() or _TOKEN.search(rest):
            likely = did_you_mean(scheme, SCHEMES) if colon and scheme not in SCHEMES else ""
            raise ValueError(f"must say where the secret is ({FORMS}), and not be the secret{likely}")

    def __repr__(self) -> str:
        return f"Secret({self.reference.partition(':')[0]}:…)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Read from a string in TOML; an error does not repeat the string, which may be a secret."""
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(), serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """For editors: a string in one of the four forms."""
        return {"type": "string", "pattern": f"^({'|'.join(SCHEMES)}):.+", "examples": FORMS.split(", ")}


def require_token(token: str, owner: str) -> str:
    """A token that can be sent in a header; raises AccessError, without it, for a text that cannot be one.

    `owner` is whose it is, such as `the source 'github'`.
    """
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise AccessError(
            f"The token of {owner} contains a character that no token has.",
            hint="Was it pasted with a line break, a space or dots for the part that is not shown?",
        )
    return token


@dataclass(frozen=True)
class SecretStore:
    """Looks secrets up, and remembers them so that `redact` can remove them from any text.

    A command that has not answered after `command_seconds` is ended, with everything it started.
    """

    environ: Mapping[str, str] = field(repr=False)
    root: Path
    revealed: set[str] = field(default_factory=set, repr=False)
    command_seconds: float = COMMAND_SECONDS

    def reveal(self, secret: Secret) -> str:
        """The secret's value, stripped; raises SecretError, which does not repeat what may be one, without a value."""
        scheme, _, rest = secret.reference.partition(":")
        lookups = {"env": self._env, "file": self._file, "command": self._command, "keyring": self._keyring}
        value = lookups[scheme](rest.strip()).strip()
        if not value:
            found = {"env": rest.strip(), "command": f"{self._program(rest.strip())} …"}.get(scheme, "…")
            raise SecretError(f"The secret '{scheme}:{found}' is empty.", hint=f"A reference is {FORMS}.")
        self.revealed.add(value)
        return value

    def redact(self, text: str) -> str:
        """The text with `***` in place of every secret revealed so far, also where a URL contains it."""
        from urllib.parse import quote, quote_plus

        forms = {
            form(value) for value in self.revealed for form in (str, quote_plus, lambda each: quote(each, safe=""))
        }
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "***")
        return text

    def _env(self, name: str) -> str:
        if name not in self.environ:
            named, where = (f"{name!r} ", "") if _VARIABLE.fullmatch(name) else ("that `env:…` names ", f"{_WHERE} ")
            raise SecretError(
                f"The environment variable {named}is not set.",
                hint=f"{where}Set it, or use another reference: {FORMS}.",
            )
        return self.environ[name]

    def _file(self, path: str) -> str:
        try:
            place = resolve_path(self.root, path, error=SecretError)
        except SecretError:
            place = None
        if place is None or not os.path.lexists(place):
            raise SecretError("The file that `file:…` names is not there.", hint=f"Is the path right? {_WHERE}")
        return read_text(place, limit=LARGEST_FILE, error=SecretError)

    def _command(self, command: str) -> str:
        try:
            return self._output(shlex.split(command))
        except FileNotFoundError:
            raise SecretError(
                f"The program {self._program(command)!r} was not found.", hint="Install it, or use env:NAME."
            ) from None
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            raise SecretError(
                f"The command {self._program(command)!r} returned no secret ({_why(error)}).",
                hint="Run it yourself to see why.",
            ) from None

    def _program(self, command: str) -> str:
        """The program of a command, without its arguments; … where what stands there may not be a program at all."""
        program, _, arguments = command.strip().partition(" ")
        found = shutil.which(program, path=self.environ.get("PATH")) is not None
        return program if found or (arguments and _PROGRAM.fullmatch(program)) else "…"

    def _output(self, arguments: list[str]) -> str:
        with subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            env=dict(self.environ), cwd=self.root, start_new_session=True, encoding="utf-8",
        ) as process:  # fmt: skip
            try:
                answer, _ = process.communicate(timeout=self.command_seconds)
            except BaseException:
                _end(process)
                raise
        if process.returncode:
            raise subprocess.SubprocessError
        return answer

    def _keyring(self, name: str) -> str:
        try:
            import keyring
        except ImportError:
            raise SecretError(
                "A secret in a keyring needs the package keyring.", hint="pip install 'contribution-harvester[keyring]'"
            ) from None
        service, _, user = name.rpartition("/")
        if not service or not user:
            raise SecretError(
                "The reference `keyring:…` lacks a service or a user.", hint="Write keyring:service/user."
            )
        try:
            value = keyring.get_password(service, user)
        except Exception as error:  # noqa: BLE001 - a backend is another's program and raises what it likes
            raise SecretError(f"The keyring did not answer ({type(error).__name__}).", hint="Unlock it.") from None
        if value is None:
            raise SecretError(
                "The keyring has no entry of the name in `keyring:…`.", hint=f"keyring set SERVICE USER. {_WHERE}"
            )
        return str(value)


def _end(process: subprocess.Popen[str]) -> None:
    """End a command and everything it started: a grandchild that keeps the pipe open would block us for ever."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no answer in {error.timeout:g} seconds"
    return "it failed" if type(error) is subprocess.SubprocessError else type(error).__name__
