"""Generated histories, hostile and malformed, through the git connector: no traceback, and no commit is lost.

python -m tests.fuzz_git [HISTORIES]      10,000 by default (`make fuzz`); the suite runs a few

Objects are written as git stores them, so a commit may hold what no git command would write: authors without a name,
an address or a date, any bytes, other encodings, unknown headers. Only its tree and its parents are sound, for without
them git itself reads nothing. What git prints of each history is parsed, and compared with what was written. All
histories of a repository are also read as its local branches by the whole connector.
The number of a history is its seed: the same number gives the same history.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import os
import random
import sys
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from harvester.connectors.git import Git as Connector
from harvester.connectors.git import log
from harvester.connectors.git.diffs import read_diffs
from harvester.connectors.git.repository import Repository, RepositoryOptions, open_repository
from harvester.connectors.git.subprocess import text
from harvester.model.contribution import Contribution, to_table
from harvester.model.periods import Period
from harvester.sdk.connector import Gap, Request
from harvester.sdk.testing import connector_context
from tests.gitrepo import Repo
from tests.scripted import NOW

EVER = Period(dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC))
AT_ONCE = 50
"""As many histories are in one repository."""

NAMES = (
    b"Ann", b"", b"A\xff\xfeB", "Zoë".encode(), b"a:1\t2\t3", b"-", b" x ", b"GitHub", b"A" * 300,
    b"x\x01\x1b[31m",
)  # fmt: skip
ADDRESSES = (
    b"<ann@example.org>", b"<>", b"", b"<a b>", b"<<x>>", b"<\xff@x>", b"noreply", b"<noreply@github.com>",
    b"<a@b> <c@d>",
)  # fmt: skip
DATES = (
    b"1751371200 +0000", b"0 +0000", b"-5 +0000", b"99999999999999999999 +0000", b"9223372036854775807 +0000",
    b"253402300800 +0000", b"17x +0000", b"", b"1751371200", b"1751371200 +9999", b"1751371200 -0000 extra",
)  # fmt: skip
PIECES = (
    b"Subject", b"\n", b"\n\n", b"\r\n", b"\x00", b"\x1e\x1f", b"\xff\xfe", "– ü 日本".encode(),
    b":100644 100644 a b M\tx", b"1\t2\tfake", b"-\t-\tfake", b"0" * 40, b"Merge pull request #12 from org/x",
    b"Merge branch 'topic'", b"Title (#34)", b"See merge request a/b!5",
    b"Co-authored-by: Bob <bob@example.org>", b"co-authored-by: <>", b"Reviewed-by: x <x@y>",
    b"This reverts commit HASH.", b"(cherry picked from commit HASH)",
    b"git-subtree-dir: a\ngit-subtree-split: HASH",
    b"Squashed 'a/' content from commit 01\n\ngit-subtree-dir: a\ngit-subtree-split: HASH",
    b"closes #1, #2 and PAY-3", b"Revert HASH", b"Pull request #7: x", b"Merged PR 8: y", b"x" * 3000,
    b"commit HASH", b" ", b"+AAA-", b"Fixes: " * 50,
)  # fmt: skip
PATHS = (
    b"a", b"b", b"src/a.py", b"src/deep/er/c", b"tab\there", b"line\nend", b"\xff", "ü".encode(), b"uv.lock",
    b"vendor/x", b"-", b":100644", b"a b", b"0" * 40, b"sub/.gitattributes", b".mailmap",
)  # fmt: skip
CONTENTS = (
    b"", b"1\n", b"1\n2\n", b"\x00\x01", b"no end", b"1\n" * 50, b"\r\n", b"* linguist-generated\n",
    b"<a@b> <c@d>\n",
)  # fmt: skip
HEADERS = (
    b"encoding ISO-8859-1", b"encoding UTF-7", b"encoding nonsense", b"encoding UTF-16",
    b"gpgsig -----\n a\n \n b", b"junk", b"x \xff",
)  # fmt: skip

Tree = dict[bytes, tuple[str, str]]
"""By path the mode and the hash of a file."""


@dataclass
class Written:
    """A history as it was written: by commit its parents and the files of its tree."""

    parents: dict[str, list[str]] = field(default_factory=dict)
    trees: dict[str, Tree] = field(default_factory=dict)

    def changed(self, sha: str) -> set[str]:
        """The paths that a commit changes against its first parent, as text; submodules are no files."""
        own, parents = self.trees[sha], self.parents[sha]
        before = self.trees[parents[0]] if parents else {}
        paths = {path for path in own.keys() | before.keys() if own.get(path) != before.get(path)}
        return {text(path) for path in paths}


@dataclass
class Objects:
    """The folder of objects of a repository."""

    folder: Path

    def write(self, kind: str, content: bytes) -> str:
        """Store an object, and return its hash."""
        whole = f"{kind} {len(content)}\0".encode() + content
        sha = hashlib.sha1(whole).hexdigest()
        path = self.folder / sha[:2] / sha[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(whole, 1))
        return sha

    def tree(self, files: Tree) -> str:
        """Store the tree of these files, with one for each folder."""
        entries: dict[bytes, tuple[str, str]] = {}
        folders: dict[bytes, Tree] = {}
        for path, entry in files.items():
            first, slash, rest = path.partition(b"/")
            if slash:
                folders.setdefault(first, {})[rest] = entry
            else:
                entries[first] = entry
        entries |= {name: ("40000", self.tree(below)) for name, below in folders.items()}
        in_order = sorted(entries, key=lambda name: name + (b"/" if entries[name][0] == "40000" else b""))
        lines = (entries[name][0].encode() + b" " + name + b"\0" + bytes.fromhex(entries[name][1]) for name in in_order)
        return self.write("tree", b"".join(lines))


def write_history(objects: Objects, seed: int) -> Written:
    """One history of up to nine commits, with merges, by its number."""
    chance, written = random.Random(seed), Written()
    for _ in range(chance.randint(1, 9)):
        earlier = list(written.parents)
        count = chance.choice((1, 1, 1, 2, 3)) if earlier else 0
        parents = list(dict.fromkeys([*earlier[-1:], *chance.choices(earlier, k=count)]))[:count] if count else []
        files = dict(written.trees[parents[0]]) if parents else {}
        for path in chance.sample(PATHS, chance.randint(0, 4)):
            if path in files and chance.random() < 0.3:
                del files[path]
            else:
                files[path] = (chance.choice(("100644", "100755")), objects.write("blob", chance.choice(CONTENTS)))
        sha = objects.write("commit", _commit(chance, objects.tree(files), parents, earlier))
        if sha not in written.parents:
            written.parents[sha], written.trees[sha] = parents, files
    return written


def _commit(chance: random.Random, tree: str, parents: list[str], earlier: list[str]) -> bytes:
    """A commit as git stores it; `HASH` in its message is that of an earlier one."""

    def ident() -> bytes:
        if chance.random() < 0.6:
            return b"Ann Doe <ann@example.org> %d +0000" % chance.randint(1751371200, 1761371200)
        return b" ".join((chance.choice(NAMES), chance.choice(ADDRESSES), chance.choice(DATES)))

    lines = [b"tree " + tree.encode(), *(b"parent " + each.encode() for each in parents)]
    people = [b"author " + ident(), b"committer " + ident()]
    lines += people if chance.random() < 0.95 else chance.sample(people, chance.randint(0, 1))
    lines += chance.sample(HEADERS, 1) if chance.random() < 0.3 else []
    message = b"".join(chance.choices(PIECES, k=chance.randint(0, 8)))
    return b"\n".join(lines) + b"\n\n" + message.replace(b"HASH", chance.choice([*earlier, "0" * 40]).encode())


def check_history(repository: Repository, written: Written) -> None:
    """What git prints of a history has every commit, each with its parents and its paths."""
    git, shas = repository.git, sorted(written.parents)
    history = log.read_history(git, shas)
    assert sorted(map(text, history.shas)) == shas
    assert {
        text(sha): text(line).split() for sha, line in zip(history.shas, history.parents, strict=True)
    } == written.parents
    for mode in ("counts", "names"):
        diffs = list(itertools.chain.from_iterable(read_diffs(git, shas, mode)))
        assert sorted(each.sha for each in diffs) == shas
        if mode == "names":
            for diff in diffs:
                folder = diff.is_squashed_subtree and "a/"
                assert {path.removeprefix(folder or "") for path in diff.paths} == written.changed(diff.sha)


def check_rows(folder: Path, histories: list[Written]) -> None:
    """Every commit with a date has a row of its author, it is said how many have none, and all rows can be stored."""
    connector = Connector(
        ["."], connector_context(folder, now=NOW, environ=os.environ), branches="local", forge="github"
    )
    events = list(connector.fetch(Request(EVER)))
    rows = [each for each in events if isinstance(each, Contribution)]
    to_table(rows)
    assert len({row.id for row in rows}) == len(rows)
    commits = {sha for each in histories for sha, parents in each.parents.items() if len(parents) < 2}
    credited = {row.work_item.removeprefix("commit/") for row in rows if row.kind == "commit" and row.role == "author"}
    assert credited <= commits
    undated = sum(int(each.reason.split("in ")[1].split()[0]) for each in events if isinstance(each, Gap))
    assert len(commits - credited) <= undated


def run(first: int, count: int) -> int:
    """Write and check these histories, so many in a repository; return the number of their commits."""
    commits = 0
    for start in range(first, first + count, AT_ONCE):
        with tempfile.TemporaryDirectory() as name:
            repo = Repo.init(Path(name) / "shop")
            objects = Objects(repo.path / ".git" / "objects")
            histories = []
            for seed in range(start, min(start + AT_ONCE, first + count)):
                histories.append(write_history(objects, seed))
                _name_heads(repo.path, seed, histories[-1])
            repository = open_repository(repo.path, RepositoryOptions("origin", None, "git", os.environ))
            for seed, written in enumerate(histories, start):
                try:
                    check_history(repository, written)
                except Exception as error:
                    raise AssertionError(f"history {seed}") from error
            try:
                check_rows(repo.path, histories)
            except Exception as error:
                raise AssertionError(f"one of the histories from {start} on") from error
            commits += len({sha for each in histories for sha in each.parents})
    return commits


def _name_heads(folder: Path, seed: int, written: Written) -> None:
    below = set(itertools.chain.from_iterable(written.parents.values()))
    for number, sha in enumerate(each for each in written.parents if each not in below):
        (folder / ".git" / "refs" / "heads" / f"h{seed}-{number}").write_text(f"{sha}\n")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    commits = 0
    for start in range(0, count, 500):
        commits += run(start, min(500, count - start))
        sys.stdout.write(f"{min(start + 500, count):,} histories, {commits:,} commits: none is lost\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
