"""What the work of each thread may be called: the headings that its rows suggest, the most telling first."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester.analysis import file_kinds, measures
from harvester.analysis.frame import column
from harvester.analysis.threads import titles
from harvester.goals.rules import scope_names, scopes
from harvester.grouping.rules import GroupingRules
from harvester.text import shorten

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    Ints = np.ndarray[Any, np.dtype[np.int64]]

DEEPEST = 8
"""How many folders deep a file is looked at."""

NOTHING = -1
"""The code of a thread without a value."""

LONGEST = 60
"""Characters of a heading."""

OWN_WORK = ("pull_request", "issue", "commit", "release")
"""The kinds of work that decide what headings there are."""

NAMED = "[themes] in harvester.toml: {}"
"""The reason of a heading that `[themes]` names."""

LONGEST_SUBJECT = 120
"""Characters of a topic that is named by a subject line."""

OUR_NAMES = frozenset({"Build and packaging", "Continuous integration", "Documentation", "Tests"})
"""The headings that are words of ours, and no names in a project."""

_KIND_NAMES = {file_kinds.TEST: "Tests", file_kinds.DOCS: "Documentation", file_kinds.MANIFEST: "Build and packaging"}


@dataclass(frozen=True)
class Suggestion:
    """The headings of one sort, such as title scopes: for each thread the number of its value, or NOTHING.

    `headings` has the heading of each value ('' for none), `values` the value as it was found, for the reason.
    """

    reason: str
    """Why a thread has the heading, with {} for the value."""
    codes: Ints
    headings: Sequence[str]
    values: Sequence[str]


@dataclass(frozen=True)
class ThreadTable:
    """The threads in some rows, sorted by name, and what each may be called; those that one topic brought are one.

    `of_row` is the number of each row's thread. `votes` says which threads decide what headings there are: those with
    own work that counts. `suggestions` begin with the most telling. `projects` is the name of each thread's project, ''
    where it is unknown.
    """

    of_row: Ints
    votes: np.ndarray[Any, np.dtype[np.bool_]]
    suggestions: Sequence[Suggestion]
    projects: Sequence[str]


def thread_table(rows: pd.DataFrame, rules: GroupingRules, apart: np.ndarray[Any, np.dtype[np.bool_]]) -> ThreadTable:
    """The threads of these rows; those with a row in `apart` have no vote."""
    import numpy as np

    _, of_row = _sorted_codes(_units(rows))
    size = int(of_row.max(initial=-1)) + 1
    own = (rows["is_primary"] & ~rows["is_bot"] & rows["kind"].isin(OWN_WORK)).to_numpy(bool)
    counts = np.zeros(len(rows), bool)
    counts[own] = rows.index[own].isin(measures.counting(rows[own]))
    votes = np.bincount(of_row[counts], minlength=size) > 0
    votes &= np.bincount(of_row[apart], minlength=size) == 0
    by_thread = _ByThread(of_row, counts, size)
    project = by_thread.most_common(column(rows, "project"))
    projects = [_project_name(project.values[code]) if code >= 0 else "" for code in project.codes.tolist()]
    taken = [_words_of(project.values[code]) if code >= 0 else frozenset() for code in project.codes.tolist()]
    suggestions = [
        _named(rows, rules, by_thread),
        _parents(rows, by_thread),
        *_scopes(rows, by_thread),
        *_folders(rows, by_thread),
    ]
    suggestions = [_without_projects(each, taken) for each in suggestions]
    if len({projects[thread] for thread in np.flatnonzero(votes)}) > 1:
        suggestions.append(_suggest(project, "in {}", _project_name))
    return ThreadTable(of_row, votes, suggestions, projects)


@functools.cache
def known_words() -> tuple[frozenset[str], frozenset[str], dict[str, str]]:
    """What themes.toml has: scopes and folders that say nothing, and headings by word."""
    listed = tomllib.loads(Path(__file__).with_name("themes.toml").read_text(encoding="utf-8"))
    return frozenset(listed["no_scopes"]), frozenset(listed["no_folders"]), listed["names"]


class _ByThread:
    """Makes one value for each thread out of those of its rows: the most common one, of what counts if anything has."""

    def __init__(self, of_row: Ints, counts: np.ndarray[Any, np.dtype[np.bool_]], size: int) -> None:
        self.of_row, self.counts, self.size = of_row, counts, size

    def most_common(self, values: pa.Array, rows: Ints | None = None) -> Suggestion:
        """Of equally common values the first in order; values are those of all rows, or of some, by position."""
        import numpy as np

        distinct, codes = _sorted_codes(values)
        at = np.arange(len(codes)) if rows is None else rows
        known = codes >= 0
        at, codes = at[known], codes[known]
        pairs, place = np.unique(self.of_row[at] * (len(distinct) + 1) + codes, return_inverse=True)
        weight = np.bincount(place, weights=np.where(self.counts[at], len(self.counts) + 1.0, 1.0))
        thread, code = np.divmod(pairs, len(distinct) + 1)
        order = np.lexsort((code, -weight, thread))
        thread, code = thread[order], code[order]
        best = np.full(self.size, NOTHING)
        first = np.append(True, thread[1:] != thread[:-1]) if len(thread) else np.zeros(0, bool)
        best[thread[first]] = code[first]
        return Suggestion("", best, distinct, distinct)


def _suggest(found: Suggestion, reason: str, heading: Callable[[str], str]) -> Suggestion:
    return Suggestion(reason, found.codes, [heading(each) for each in found.values], found.values)


def _named(rows: pd.DataFrame, rules: GroupingRules, by_thread: _ByThread) -> Suggestion:
    """What `[themes]` names: of several headings that hold for a thread the first in the file."""
    import numpy as np

    which, reasons = rules.first_match(rows, rules.themes.items())
    found = np.flatnonzero(which >= 0)
    codes = np.full(by_thread.size, NOTHING)
    texts = [""] * by_thread.size
    # Written in this order, the last is the first in the file, and of what counts where anything of it matches.
    for row in sorted(found, key=lambda row: (by_thread.counts[row], -which[row], reasons[row])):
        codes[by_thread.of_row[row]], texts[by_thread.of_row[row]] = which[row], reasons[row]
    keys = list(rules.themes)
    headings = [keys[code] if code >= 0 else "" for code in codes.tolist()]
    own = np.where(codes >= 0, np.arange(by_thread.size), NOTHING)
    return Suggestion(NAMED, own, headings, texts)


def _parents(rows: pd.DataFrame, by_thread: _ByThread) -> Suggestion:
    found = by_thread.most_common(column(rows, "parent"))
    called = _parent_titles(rows) | titles(rows, list(found.values)) if found.values else {}
    return _suggest(
        found, "part of {}", lambda parent: _line(called.get(parent) or parent.rstrip("/").rpartition("/")[2])
    )


def _parent_titles(rows: pd.DataFrame) -> dict[str, str]:
    """What parents are called by the rows that belong to them, since a parent may have no row here."""
    import pyarrow.compute as pc

    named = pc.map_lookup(column(rows, "extra"), "parent_title", "first").to_pylist()
    return {
        parent: name for parent, name in zip(column(rows, "parent").to_pylist(), named, strict=True) if parent and name
    }


def _units(rows: pd.DataFrame) -> pa.Array:
    """What has one heading: the threads that came with one topic of a project together, and every other thread."""
    import pyarrow as pa
    import pyarrow.compute as pc

    topics = pc.map_lookup(column(rows, "extra"), "topic", "first").to_pylist()
    threads = column(rows, "thread").to_pylist()
    projects = column(rows, "project").to_pylist()
    together = {
        thread: f"{project} {topic}" for thread, project, topic in zip(threads, projects, topics, strict=True) if topic
    }
    return pa.array([together.get(thread, thread) for thread in threads], pa.string())


def topic_name(topic: str) -> str:
    """A topic as a reader calls it: `ps/writev` is `writev`, `jk/auto-gc` is `auto gc`, and a subject line stays."""
    if " " in topic:
        return _line(topic, LONGEST_SUBJECT)
    return _line(re.sub(r"[-_]+", " ", topic.rstrip("/").rpartition("/")[2]).strip())


def _scopes(rows: pd.DataFrame, by_thread: _ByThread) -> Iterable[Suggestion]:
    """The scope in a title as a whole, and what is before its slash: `dev-cmd/bump`, then `dev-cmd`."""
    found = by_thread.most_common(scopes(column(rows, "title")))
    yield _suggest(found, "title scope {}", lambda scope: scope_name(scope, 0))
    yield _suggest(found, "title scope {}", lambda scope: scope_name(scope, 1))


def scope_name(scope: str, above: int) -> str:
    """The heading of the beginning of a title up to its colon; '' where it says only what kind of change it is.

    `above` is how many of its last parts are left out: 1 gives `dev-cmd` of `dev-cmd/bump`.
    """
    inner = re.split(r"[,|]", scope_names(scope)[0])[0].strip(" /")
    parts = inner.split("/")
    kept = parts[: len(parts) - above] if above else parts
    name = readable(kept[-1]) if kept else ""
    return "" if name.casefold() in known_words()[0] else name


def readable(name: str) -> str:
    """A folder's, a file's or a scope's name as a reader calls it: `_termui_impl` is `termui_impl`; '' for no name."""
    name = re.sub(r"\.\w{1,5}$", "", name) if not name.startswith(".") else name
    name = name.strip("_. -")
    if not re.search(r"[^\W\d_]{1}.", name) and name.casefold() not in known_words()[2]:
        return ""
    return known_words()[2].get(name.casefold(), _line(name))


def _line(text: str, longest: int = LONGEST) -> str:
    """One line of at most so many characters."""
    return shorten(" ".join(text.split()), longest)


def _folders(rows: pd.DataFrame, by_thread: _ByThread) -> Iterable[Suggestion]:
    """The module or folder that most of a thread's source files share, the deepest first, and each folder above it.

    Where a thread changes no source file, its other files are taken, but for lock files and changelogs. After the
    folders comes what kind half of all its files are of, such as tests. Beside source files it takes two thirds, and
    tests are then what any change brings with it.

    A folder is on a path where it has half of the files; the file itself, without its ending, is the last part. Where
    two halves are equally good, neither is. Each distinct path is cut into its parts once; then one `unique` for each
    depth counts the files of every thread under every folder.
    """
    import numpy as np
    import pyarrow.compute as pc

    lists = column(rows, "paths")
    made = pc.list_flatten(lists).dictionary_encode()
    paths = made.dictionary
    threads = by_thread.of_row[pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)]
    size = len(paths) + 1
    pairs = np.unique(threads * size + made.indices.to_numpy(zero_copy_only=False))
    threads, codes = np.divmod(pairs, size)
    kinds = file_kinds.kinds(paths).astype(np.int64)[codes]
    has_source = np.bincount(threads[kinds == file_kinds.SOURCE], minlength=by_thread.size) > 0
    keep = np.where(has_source[threads], kinds == file_kinds.SOURCE, kinds != file_kinds.RECORD)
    kind_names = [_KIND_NAMES.get(kind, "") for kind in range(len(file_kinds.WEIGHTS))]
    every = np.bincount(threads, minlength=by_thread.size)
    of_kind = _most(threads, kinds, len(kind_names), every, 0.5)
    beside_source = _most(threads, kinds, len(kind_names), every, 2 / 3)
    of_kind = np.where(has_source, np.where(beside_source == file_kinds.TEST, NOTHING, beside_source), of_kind)
    threads, codes = threads[keep], codes[keep]
    total = np.bincount(threads, minlength=by_thread.size)
    cut = [_parts(path) for path in paths.to_pylist()]
    for depth in range(DEEPEST, 0, -1):
        folders = ["/".join(parts[:depth]) if len(parts) >= depth else "" for parts in cut]
        yield _holding_half(folders, threads, codes, total)
    yield Suggestion("it changes {}", of_kind, kind_names, [name.lower() for name in kind_names])


def _parts(path: str) -> list[str]:
    """The folders of a path and its file without its ending."""
    folders, _, file = path.rpartition("/")
    stem = re.sub(r"(?<=[^.])\.[^/]*$", "", file)
    return [*(folders.split("/") if folders else ()), stem]


def _holding_half(folders: Sequence[str], threads: Ints, codes: Ints, total: Ints) -> Suggestion:
    """For each thread the folder of one depth that has half of its files."""
    import numpy as np

    distinct = sorted(set(folders))
    number = {folder: place for place, folder in enumerate(distinct)}
    by_path = np.array([number[folder] for folder in folders], np.int64)
    at = by_path[codes] if len(codes) else codes
    known = np.array([bool(folder) for folder in distinct] or [False])[at] if len(at) else np.zeros(0, bool)
    best = _most(threads[known], at[known], len(distinct), total, 0.5)
    return Suggestion("most of its files are under {}", best, [folder_name(each) for each in distinct], distinct)


def _most(threads: Ints, codes: Ints, number: int, total: Ints, share: float) -> Ints:
    """For each thread the one code that at least this share of its files has; NOTHING where none or two have."""
    import numpy as np

    pairs, counts = np.unique(threads * (number + 1) + codes, return_counts=True)
    thread, code = np.divmod(pairs, number + 1)
    enough = counts >= share * total[thread]
    thread, code = thread[enough], code[enough]
    best = np.full(len(total), NOTHING)
    best[thread] = code
    best[np.bincount(thread, minlength=len(total)) > 1] = NOTHING
    return best


def folder_name(folder: str) -> str:
    """The heading of a folder or module: its last part; '' where that says nothing, such as `src`."""
    last = re.sub(r"^tests?[-_]|[-_](?:tests?|specs?)$", "", folder.rpartition("/")[2].strip("_"))
    name = readable(last)
    return "" if name.casefold() in known_words()[1] else name


def _project_name(project: str) -> str:
    return _line(project.rstrip("/").rpartition("/")[2])


def _words_of(project: str) -> frozenset[str]:
    """The names of a project and its owner, without case and marks: a heading that repeats them says nothing."""
    return frozenset(map(heading_key, (*project.split("/"), project)))


def heading_key(text: str) -> str:
    """What headings are compared by, without case and marks: `active_record` and `ActiveRecord` are one."""
    return re.sub(r"[\W_]", "", text.casefold())


def _without_projects(found: Suggestion, taken: Sequence[frozenset[str]]) -> Suggestion:
    """The suggestion without headings that are merely the thread's project; what `[themes]` names remains."""
    import numpy as np

    if found.reason == NAMED:
        return found
    keys = [heading_key(heading) for heading in found.headings]
    codes = found.codes.tolist()
    says_more = np.fromiter(
        (code >= 0 and keys[code] not in own and bool(keys[code]) for code, own in zip(codes, taken, strict=True)),
        bool,
        len(codes),
    )
    return Suggestion(found.reason, np.where(says_more, found.codes, NOTHING), found.headings, found.values)


def _sorted_codes(values: pa.Array) -> tuple[list[str], Ints]:
    """The distinct values in order, and the number of each value, -1 for null: the same however the rows come."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    made = values.dictionary_encode()
    order = pc.sort_indices(made.dictionary).to_numpy(zero_copy_only=False)
    rank = np.empty(len(order) + 1, np.int64)
    rank[order] = np.arange(len(order))
    rank[-1] = NOTHING
    codes = pc.fill_null(made.indices, -1).to_numpy(zero_copy_only=False)
    return made.dictionary.take(pa.array(order)).to_pylist(), rank[codes]
