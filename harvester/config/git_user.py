"""What git says of the user and of the repository in a folder, where nothing is configured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harvester.errors import SourceError
from harvester.sdk import git_folder
from harvester.sdk.git_folder import GitFolder


@dataclass(frozen=True, slots=True)
class Identity:
    """git's `user.name` and `user.email` in a folder; None where they are not set."""

    name: str | None
    email: str | None


def identity(folder: Path, environ: Mapping[str, str]) -> Identity:
    """The user's name and address by git's configuration in this folder. Raises SourceError where there is no git."""
    place = git_folder.find(folder, environ)
    return Identity(*(_git(place, environ, "config", f"user.{key}") for key in ("name", "email")))


def repository(folder: Path, environ: Mapping[str, str]) -> Path:
    """The top folder of the git repository that holds this folder; the git directory itself where it is bare.

    Raises SourceError where the folder does not exist or is in no repository, and where the repository leads elsewhere.
    """
    if not folder.exists():
        raise SourceError(f"There is no folder {str(folder)!r}.", hint="Is the path right?")
    if not folder.is_dir():
        raise SourceError(f"{str(folder)!r} is not a folder.", hint="Name the folder of a git repository.")
    if found := git_folder.find(folder, environ):
        return found.work_tree or found.git_dir
    raise SourceError(
        f"{str(folder)!r} is not in a git repository.",
        hint="Go to one, name one with --repo PATH, or write a harvester.toml with `harvester init`.",
    )


def remotes(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The URL of each of a repository's remotes by its name; as configured, so it may hold credentials."""
    lines = (
        _git(git_folder.find(folder, environ), environ, "config", "--get-regexp", r"^remote\..*\.url$") or ""
    ).splitlines()
    pairs = (line.split(" ", 1) for line in lines if " " in line)
    return {key.removeprefix("remote.").removesuffix(".url"): url for key, url in pairs}


def messages(folder: Path, environ: Mapping[str, str], most: int = 1000) -> list[str]:
    """The messages of a repository's newest commits, as written; empty where it has none."""
    place = git_folder.find(folder, environ)
    printed = _git(place, environ, "log", "-z", f"--max-count={most}", "--format=%B", "--no-show-signature")
    return [each for each in (printed or "").split("\0") if each.strip()]


def _git(place: GitFolder | None, environ: Mapping[str, str], *arguments: str) -> str | None:
    """What git prints, without the line end; None where it fails or prints nothing.

    Users may say by GIT_CONFIG_COUNT and the like who they are, so only variables that lead to another repository are
    removed. The git connector removes more: what it counts must not depend on the user.
    """
    clean = {key: value for key, value in environ.items() if not key.startswith("GIT_") or key.startswith("GIT_CONFIG")}
    there = place.arguments if place else (f"--git-dir={os.devnull}",)
    status, printed = git_folder.run(["git", *there, *arguments], clean | {"LC_ALL": "C"})
    output = printed.decode("utf-8", "replace").removesuffix("\n")
    return output if status == 0 and output.strip() else None
