"""Real git repositories for tests: fixed dates and authors, and nothing of the machine's own git configuration."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ANN = "Ann Doe <ann@example.org>"
BOB = "Bob Roe <bob@example.org>"
CLEO = "Cleo Poe <cleo@example.org>"
WEB_FLOW = "GitHub <noreply@github.com>"
START = "2026-07-01T12:00:00+00:00"


QUICK = {
    "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "maintenance.auto", "GIT_CONFIG_VALUE_0": "false",
    "GIT_CONFIG_KEY_1": "core.fsync", "GIT_CONFIG_VALUE_1": "none",
}  # fmt: skip
"""Neither does git look after the repository at each commit, nor wait for the disk."""


@dataclass
class Repo:
    """A repository in a folder; its clock moves on by an hour with every commit."""

    path: Path
    now: dt.datetime = field(default_factory=lambda: dt.datetime.fromisoformat(START))

    @classmethod
    def init(cls, path: Path, *options: str) -> Repo:
        path.mkdir(parents=True, exist_ok=True)
        repo = cls(path)
        repo.git("init", "--quiet", "--initial-branch=main", *options)
        return repo

    def git(self, *arguments: str, given: str | bytes | None = None, env: Mapping[str, str] | None = None) -> str:
        raw = given.encode() if isinstance(given, str) else given
        command = ["git", *arguments]
        env = self._env() | dict(env or {})
        finished = subprocess.run(command, cwd=self.path, input=raw, capture_output=True, env=env)
        if finished.returncode:
            raise AssertionError(f"{command} failed: {finished.stderr.decode('utf-8', 'replace')}")
        return finished.stdout.decode("utf-8", "replace").strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files, delete those whose content is None, and stage it all."""
        for name, content in files.items():
            file = self.path / name
            if content is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")

    def commit(
        self,
        message: str | bytes,
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        by: str = ANN,
        committer: str | None = None,
        at: str | None = None,
        written: str | None = None,
    ) -> str:
        """Commit these files (none: an empty commit) and return the hash."""
        self.write(files or {})
        env = self._who(by, committer or by, self._tick(at), written)
        self.git(
            "commit",
            "--quiet",
            "--allow-empty",
            "--allow-empty-message",
            "--cleanup=verbatim",
            "--file=-",
            given=message,
            env=env,
        )
        return self.head()

    def merge(
        self, branch: str, message: str, *, by: str = ANN, committer: str | None = None, at: str | None = None
    ) -> str:
        """Merge a branch with a merge commit and return its hash."""
        env = self._who(by, committer or by, self._tick(at), None)
        self.git(
            "merge", "--quiet", "--no-ff", "--no-edit", "--cleanup=verbatim", "--message", message, branch, env=env
        )
        return self.head()

    def branch(self, name: str, start: str = "HEAD") -> None:
        self.git("checkout", "--quiet", "-b", name, start)

    def checkout(self, name: str) -> None:
        self.git("checkout", "--quiet", name)

    def head(self) -> str:
        """The hash of HEAD; read as git stores it, where that is one file, for it is asked after each commit."""
        head = self.path / ".git" / "HEAD"
        if head.is_file() and (found := head.read_text().strip()).startswith("ref: "):
            ref = self.path / ".git" / found.removeprefix("ref: ")
            if ref.is_file():
                return ref.read_text().strip()
        return self.git("rev-parse", "HEAD")

    def remote(self, url: str, name: str = "origin") -> None:
        self.git("remote", "add", name, url)

    def _tick(self, at: str | None) -> str:
        if at:
            self.now = dt.datetime.fromisoformat(at)
            return at
        self.now += dt.timedelta(hours=1)
        return self.now.isoformat()

    def _who(self, by: str, committer: str, at: str, written: str | None) -> dict[str, str]:
        (name, mail), (by_name, by_mail) = _name_and_address(by), _name_and_address(committer)
        return {
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": written or at,
            "GIT_COMMITTER_NAME": by_name, "GIT_COMMITTER_EMAIL": by_mail, "GIT_COMMITTER_DATE": at,
        }  # fmt: skip

    def _env(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
            "HOME": str(self.path.parent), "XDG_CONFIG_HOME": str(self.path.parent / "nothing"), "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ALLOW_PROTOCOL": "file", **QUICK,
        } | self._who(ANN, ANN, self.now.isoformat(), None)  # fmt: skip


def _name_and_address(who: str) -> tuple[str, str]:
    name, _, mail = who.rpartition(" <")
    return name, mail.rstrip(">")
