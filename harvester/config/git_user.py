"""Who stands here, and where: what git says of a folder when nobody configured anything."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harvester.errors import SourceError


@dataclass(frozen=True, slots=True)
class Identity:
    """git's `user.name` and `user.email` as a folder sees them; None where they are not set."""

    name: str | None
    email: str | None


def identity(folder: Path, environ: Mapping[str, str]) -> Identity:
    """Who git takes the user for in this folder; raises SourceError where git is not installed."""
    return Identity(*(_git(folder, environ, "config", f"user.{key}") for key in ("name", "email")))


def repository(folder: Path, environ: Mapping[str, str]) -> Path:
    """The top folder of the git repository that holds this folder (the git directory itself where it is bare).

    Raises SourceError where there is no such folder or it is in no repository.
    """
    if not folder.exists():
        raise SourceError(f"There is no folder {str(folder)!r}.", hint="Is the path right?")
    if not folder.is_dir():
        raise SourceError(f"{str(folder)!r} is no folder.", hint="Name the folder of a git repository.")
    top = _git(folder, environ, "rev-parse", "--show-toplevel") or _git(
        folder, environ, "rev-parse", "--absolute-git-dir"
    )
    if top is None:
        raise SourceError(
            f"{str(folder)!r} is not in a git repository.",
            hint="Go to one, name one with --repo PATH, or write a harvester.toml with `harvester init`.",
        )
    return Path(top)


def remotes(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The names and addresses of a repository's remotes; addresses as configured, which may hold credentials."""
    lines = (_git(folder, environ, "config", "--get-regexp", r"^remote\..*\.url$") or "").splitlines()
    pairs = (line.split(" ", 1) for line in lines if " " in line)
    return {key.removeprefix("remote.").removesuffix(".url"): url for key, url in pairs}


def _git(folder: Path, environ: Mapping[str, str], *arguments: str) -> str | None:
    # The connector for git drops more: what it counts must not depend on the caller. Here the caller may say who they
    # are by GIT_CONFIG_COUNT and its like, so only what leads to another repository is dropped.
    clean = {key: value for key, value in environ.items() if not key.startswith("GIT_") or key.startswith("GIT_CONFIG")}
    try:
        done = subprocess.run(
            ["git", "-c", "safe.directory=*", "-c", "safe.bareRepository=all", "-C", str(folder), *arguments],
            capture_output=True, check=False, stdin=subprocess.DEVNULL, env=clean | {"LC_ALL": "C"},
        )  # fmt: skip
    except FileNotFoundError as error:
        raise SourceError("git is not installed, or not on the PATH.", hint="Install git 2.31 or newer.") from error
    text = done.stdout.decode("utf-8", "replace").removesuffix("\n")  # a folder's name may end in a space
    return text if done.returncode == 0 and text.strip() else None
