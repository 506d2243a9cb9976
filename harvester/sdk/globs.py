"""Globs over the paths of repositories and projects: without case, `*` also across slashes."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def is_glob(text: str) -> bool:
    """Whether a text has a wildcard: `*`, `?` or `[`."""
    return any(each in text for each in "*?[")


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path such as `org/repo` matches one of these globs or is one of them."""
    return any(fnmatchcase(path.casefold(), each.casefold()) for each in patterns)
