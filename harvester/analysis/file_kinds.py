"""Changed files as evidence: which globs they match, and which of them say little about what a change is for.

Globs are read exactly as in `.gitignore`: pathspec (https://pypi.org/project/pathspec/) gives their meaning; Arrow's
regular expressions apply it to all distinct paths at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvester.sdk.not_work import LOCK_FILES, regex

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

SOURCE, TEST, DOCS, MANIFEST, RECORD = range(5)
"""Kinds of file: what a change is made for; tests and their data; texts; build and package files, what runs them and
the settings of tools; lock files, changelogs and lists of authors, which almost any change touches."""

_RECORDS = "(changelog|changes|relnotes|release[-_]?notes|history|news|authors|contributors|thanks)"
KINDS: tuple[tuple[int, str], ...] = (
    (
        RECORD,
        (
            rf"(?i){regex(LOCK_FILES)}|(^|/)("
            rf"{_RECORDS}([-_.][^/]*)?\.(md|mdx|rst|adoc|txt|html?|ya?ml|json|xml)|{_RECORDS}([-_][^/.]*)?)$"
            r"|(^|/)(changelogs?(\.d)?|changes|relnotes|release[-_]?notes|\.changeset|newsfragments?)/"
        ),
    ),
    (
        TEST,
        (
            r"(^|/)(_*(tests?|specs?|e2e|testing|testdata|test-data|fixtures?|snapshots?|mocks?|goldens?|examples?"
            r"|playgrounds?|integration)_*|[^/]+[-_]tests?|test[-_][^/]+|t)(/|$)"
            r"|[._-](test|spec|e2e|test-d|snap|golden)\.[^/]+$|\.(snap|golden)$"
            r"|(^|/)test_[^/]*$|(^|/)_?golden[-_][^/]*$|(^|/)[^/]*(Test|Tests|Spec)\.[A-Za-z]+$"
            r"|(^|/)(conftest\.py|pytest\.ini)$"
        ),
    ),
    (
        DOCS,
        (
            r"(?i)(^|/)(docs?|documentation)(/|$)|\.(md|mdx|rst|adoc|txt)$"
            r"|(^|/)(readme|licen[cs]e|copying|notice|contributing|mkdocs\.ya?ml)$"
        ),
    ),
    (
        MANIFEST,
        (
            r"(?i)(^|/)((package\.json|[jt]sconfig[^/]*\.json|go\.mod|cargo\.toml|pyproject\.toml|workspace\.(py|cfg)"
            r"|pom\.xml|build\.gradle(\.kts)?|build(\.bazel)?|requirements[^/]*\.txt|setup\.(py|cfg)|manifest\.in"
            r"|makefile|cmakelists\.txt|meson\.build|tox\.ini|noxfile\.py|jenkinsfile"
            r"|(azure-pipelines|appveyor)[^/]*\.ya?ml)$|\.[^/]+(/|$))"
        ),
    ),
)
"""The names of files of each kind; the first that matches decides. Only names count, in every repository alike."""

WEIGHTS = (1.0, 0.05, 0.05, 0.05, 0.0)
"""The weight of a file of each kind, where a change has several: tests, texts and manifests only break ties."""

CHANGE_TYPES: Mapping[int, tuple[str, ...]] = {TEST: ("test",), DOCS: ("docs",), MANIFEST: ("build", "ci"), RECORD: ()}
"""Which types of change (column `change_type`) say that a change is made for files of a kind other than SOURCE."""


@dataclass(frozen=True, slots=True)
class Glob:
    """One line as in `.gitignore`: its regular expression, or why it can never match anything."""

    line: str
    regex: str | None
    include: bool
    wrong: str = ""


def glob(line: str) -> Glob:
    """One glob; one that can never match a path says so in `wrong` instead of raising."""
    import pathspec

    try:
        pattern = pathspec.GitIgnoreSpec.from_lines([line], backend="simple").patterns
    except ValueError as error:
        return Glob(line, None, False, str(error).partition("\n")[0].rstrip("."))
    except re.error as error:  # pathspec passes on what it made of `[z-a]`
        return Glob(line, None, False, error.msg)
    if not pattern or pattern[0].include is None:
        return Glob(line, None, False, _why_no_pattern(line))
    regex = getattr(pattern[0], "regex", None)
    return Glob(line, regex.pattern if regex else None, bool(pattern[0].include), _why_impossible(line))


def matches(lines: Sequence[str], paths: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which of the (distinct) paths these lines select together, as `.gitignore` would ignore them.

    Without a `!` line neither the order of the lines nor parent folders change anything: a path is selected where any
    line matches it. So one expression for all lines is applied to all paths at once, by Arrow. With a `!` line, or an
    expression that Arrow's RE2 does not know, pathspec's own matcher decides path by path.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    globs = [each for each in map(glob, lines) if each.regex]
    if not globs or not len(paths):
        return np.zeros(len(paths), bool)
    if not all(each.include for each in globs):
        return _in_order(lines, paths)
    together = "|".join(f"(?:{each.regex})" for each in globs).replace("(?P<ps_d>/)", "/")
    try:
        selected = pc.match_substring_regex(paths, together)
    except pa.ArrowInvalid:
        return _in_order(lines, paths)
    return np.asarray(selected.to_numpy(zero_copy_only=False), bool)


def kinds(paths: pa.Array) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The kind of each (distinct) path: SOURCE, TEST, DOCS, MANIFEST or RECORD."""
    import numpy as np
    import pyarrow.compute as pc

    kind_by_path = np.full(len(paths), SOURCE, np.uint8)
    for kind, pattern in reversed(KINDS):
        kind_by_path[pc.match_substring_regex(paths, pattern).to_numpy(zero_copy_only=False).astype(bool)] = kind
    return kind_by_path


def kind_of_glob(line: str) -> int:
    """The kind of file that a glob names outright, such as TEST for `tests/pay/`; SOURCE for any other."""
    import pyarrow as pa

    return int(kinds(pa.array([line.rstrip("*")], pa.string()))[0])


def globs_text(lines: Sequence[str]) -> str:
    """Globs as a reader sees them in a reason: `services/pay` or `services/pay, docs/*.md`."""
    plain = [line.strip().removesuffix("/**").removesuffix("/*").rstrip("/").removeprefix("/") for line in lines]
    return ", ".join(each for each in plain if each) or "/"


def _why_no_pattern(line: str) -> str:
    """Why git does not read a line as a pattern."""
    if "[" in line and not line.lstrip().startswith("#"):
        return "a '[' is never closed by a ']'"
    return "it is empty or a comment"


def _why_impossible(line: str) -> str:
    parts = line.strip().removeprefix("!").split("/")
    if "." in parts or ".." in parts:
        return "paths start at the top of the repository and never contain '.' or '..'"
    if "\\" in line and not any(mark in line for mark in ("\\ ", "\\#", "\\!", "\\*", "\\?", "\\[", "\\\\")):
        return "folders are separated by '/', not by a backslash"
    return "" if not line.startswith("!") else "a line with '!' only excludes what another one selects"


def _in_order(lines: Sequence[str], paths: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    import numpy as np
    import pathspec

    valid = [line for line in lines if glob(line).regex]
    spec = pathspec.GitIgnoreSpec.from_lines(valid, backend="simple")
    return np.fromiter((spec.match_file(each) for each in paths.to_pylist()), bool, len(paths))
