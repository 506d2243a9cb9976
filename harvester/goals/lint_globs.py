"""Warnings about globs of goals.toml that match none of the files read so far, each with what may be meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from harvester.analysis.file_kinds import glob, matches
from harvester.text import most_like

if TYPE_CHECKING:
    import pyarrow as pa

    from harvester.goals.model import Goals

Tree = Mapping[str, Collection[str]]
"""The names in each folder, by the folder's path; '' is the top."""

_SPECIAL = frozenset("*?[\\")


def lint_globs(goals: Goals, paths: pa.Array) -> Iterator[str]:
    """One line for each such glob, beginning with its key path; none where no file was read. Paths are distinct."""
    if not len(paths):
        return
    tree: Tree = {}
    for where, rule in goals.rules():
        for line in dict.fromkeys(rule.paths or ()):
            each = glob(line)
            if each.include and not each.wrong and not matches([line], paths).any():
                tree = tree or _tree(paths.to_pylist())
                nearest = _nearest_glob(line, tree)
                near = f"; did you mean {nearest!r}?" if nearest and matches([nearest], paths).any() else ""
                yield f"{where}.paths: {line!r} matches none of the files read so far{near}"


def _tree(paths: Collection[str]) -> Tree:
    tree: dict[str, set[str]] = {"": set()}
    for path in paths:
        while path:
            folder, _, name = path.rpartition("/")
            known = tree.setdefault(folder, set())
            if name in known:
                break
            known.add(name)
            path = folder
    return tree


def _nearest_glob(line: str, tree: Tree) -> str | None:
    """The glob with the nearest existing name in place of each missing one, up to the first part with a wildcard."""
    parts = line.strip("/").split("/")
    before, _, after = line.partition("/".join(parts))
    folder = ""
    for number, part in enumerate(parts):
        if _SPECIAL & set(part):
            break
        is_folder = bool(after) or number < len(parts) - 1
        near = _near(part, _names(tree, folder, folders=is_folder))
        if near is None and len(parts) == 1 and not before:  # such a glob selects at any depth
            near = _near(part, {each.rpartition("/")[2] for each in tree})
        if near is None:
            return None
        parts[number] = near
        folder = f"{folder}/{near}".lstrip("/")
    return f"{before}{'/'.join(parts)}{after}"


def _names(tree: Tree, folder: str, *, folders: bool) -> Collection[str]:
    names = tree.get(folder, ())
    return [name for name in names if f"{folder}/{name}".lstrip("/") in tree] if folders else names


def _near(name: str, known: Collection[str]) -> str | None:
    """The name itself where it exists, else the nearest one, without case."""
    if name in known:
        return name
    lower = {each.casefold(): each for each in sorted(known) if each}
    return lower.get(most_like(name.casefold(), lower) or "")
