"""What git says of the user and of the repository in a folder, where nothing is configured."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harvester.errors import SourceError


@dataclass(frozen=True, slots=True)
class Identity:
    """git's `user.name` and `user.email` in a folder; None where they are not set."""

    name: str | None
    email: str | None


def identity(folder: Path, environ: Mapping[str, str]) -> Identity:
    """The user's name and address by git's configuration in this folder. Raises SourceError where there is no git."""
    return Identity(*(_git(folder, environ, "config", f"user.{key}") for key in ("name", "email")))


def repository(folder: Path, environ: Mapping[str, str]) -> Path:
    """The top folder of the git repository that holds this folder; the git directory itself where it is bare.

    Raises SourceError where the folder does not exist or is in no repository, and where there is no git.
    """
    if not folder.exists():
        raise SourceError(f"There is no folder {str(folder)!r}.", hint="Is the path right?")
    if not folder.is_dir():
        raise SourceError(f"{str(folder)!r} is not a folder.", hint="Name the folder of a git repository.")
    for option in ("--show-toplevel", "--absolute-git-dir"):
        # The bytes of a path are whatever they are; one with others in their place would be another folder.
        if top := _git(folder, environ, "rev-parse", option, errors="surrogateescape"):
            return Path(top)
    raise SourceError(
        f"{str(folder)!r} is not in a git repository.",
        hint="Go to one, name one with --repo PATH, or write a harvester.toml with `harvester init`.",
    )


def remotes(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The URL of each of a repository's remotes by its name; as configured, so it may hold credentials."""
    lines = (_git(folder, environ, "config", "--get-regexp", r"^remote\..*\.url$") or "").splitlines()
    pairs = (line.split(" ", 1) for line in lines if " " in line)
    return {key.removeprefix("remote.").removesuffix(".url"): url for key, url in pairs}


def _git(folder: Path, environ: Mapping[str, str], *arguments: str, errors: str = "replace") -> str | None:
    """What git prints, without the line end; None where it fails or prints nothing.

    Users may say by GIT_CONFIG_COUNT and the like who they are, so only variables that lead to another repository are
    removed. The git connector removes more: what it counts must not depend on the user.
    """
    clean = {key: value for key, value in environ.items() if not key.startswith("GIT_") or key.startswith("GIT_CONFIG")}
    try:
        finished = subprocess.run(
            ["git", "-c", "safe.directory=*", "-c", "safe.bareRepository=all", "-C", str(folder), *arguments],
            capture_output=True, check=False, stdin=subprocess.DEVNULL, env=clean | {"LC_ALL": "C"},
        )  # fmt: skip
    except FileNotFoundError as error:
        raise SourceError("git is not installed, or not on the PATH.", hint="Install git 2.31 or newer.") from error
    output = finished.stdout.decode("utf-8", errors).removesuffix("\n")  # a folder's name may end in a space
    return output if finished.returncode == 0 and output.strip() else None
