"""Count a repository's history with harvester and independently with plain git, and explain each difference.

python benchmarks/truth.py PATH [PATH …]     any clone; exit status 1 where a difference is not explained

Compared are all of the default branch: commits, when each landed, who wrote and reviewed them, their lines, and pull
requests. The independent count is made of `git rev-list`, `git shortlog` and `git log --numstat`. It knows nothing of
harvester but the definitions in docs/reference/measures.md:

- a commit has one parent or none, and lands with the commit of the first-parent line whose history has it first;
- a pull request is a number that `Merge pull request #N from` merged, or that ends a subject line as `(#N)`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

HARVESTER = str(Path(sys.executable).with_name("harvester"))
EVER = "1970-01-02..2099-12-31"
MERGED = re.compile(r"Merge pull request #(\d+) from ")
SQUASHED = re.compile(r"\(#(\d+)\)$")
PULLED = re.compile(
    r"^Merge remote(?:-tracking)? branch '(?!origin/)"
    r"|^Merge (?:remote )?(?:branch|tag) .*' of \S+?(?P<name>[^/:\s]+?)(?:\.git)?(?: |$)"
)
"""A merge from another repository than that of `origin`; without a name where only a remote of somebody's is named."""
ADDRESS = re.compile(r"<([^<>\s]+)>")
NUMBERS = re.compile(r"#\d+\b")
PLAIN = ("-c", "core.attributesFile=/dev/null", "-c", "diff.renameLimit=1000", "-c", "log.mailmap=true")


def plain_environment() -> dict[str, str]:
    """The environment without anything that redirects git, without the reader's configuration, and offline."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    offline = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    return environ | offline | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


@dataclass
class Truth:
    """What plain git says of the default branch of one repository."""

    repo: Path

    def git(self, *arguments: str, where: Path | None = None) -> str:
        """The output of git, with nothing of the reader's configuration."""
        command = ["git", *PLAIN, "-C", str(where or self.repo), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, env=plain_environment())
        return done.stdout.decode("utf-8", "replace")

    @cached_property
    def head(self) -> str:
        """The head of the remote's default branch, or of the branch that is checked out."""
        refs = self.git("for-each-ref", "--format=%(refname)").split()
        return self.git(
            "rev-parse", "refs/remotes/origin/HEAD" if "refs/remotes/origin/HEAD" in refs else "HEAD"
        ).strip()

    @cached_property
    def name(self) -> str:
        """The repository's name, by its remote or its folder."""
        url = self.git("config", "--default", str(self.repo), "--get", "remote.origin.url").strip()
        return re.split(r"[/:]", url.removesuffix(".git"))[-1]

    @cached_property
    def history(self) -> dict[str, tuple[list[str], int, str, str]]:
        """Parents, committer date in seconds, committer's address and subject line of every commit, newest first."""
        out = self.git("log", "-z", "--no-use-mailmap", "--format=%H%n%P%n%ct%n%ce%n%s", self.head)
        found = {}
        for each in out.split("\0")[:-1] if out.endswith("\0") else out.split("\0"):
            sha, parents, at, address, subject = each.split("\n", 4)
            found[sha] = (parents.split(), int(at), address, subject)
        return found

    @cached_property
    def commits(self) -> set[str]:
        """Commits with one parent or none."""
        return set(self.git("rev-list", "--no-merges", self.head).split())

    @cached_property
    def first_parents(self) -> list[str]:
        """The first-parent line, oldest first."""
        return self.git("rev-list", "--first-parent", "--reverse", self.head).split()

    @cached_property
    def landed_with(self) -> dict[str, str]:
        """By commit the one of the first-parent line whose history has it first: all that an older one has is out."""
        landed: dict[str, str] = {}
        for head in self.first_parents:
            waiting = [head]
            while waiting:
                each = waiting.pop()
                if each not in landed:
                    landed[each] = head
                    waiting += self.history[each][0]
        return landed

    @cached_property
    def authors(self) -> Counter[str]:
        """Commits by author, as `git shortlog` counts them by the mailmap."""
        lines = self.git("shortlog", "--summary", "--numbered", "--email", "--no-merges", self.head).splitlines()
        return Counter({who: int(number) for number, _, who in (line.strip().partition("\t") for line in lines)})

    @cached_property
    def lines(self) -> dict[str, tuple[int, int]]:
        """Lines added and deleted by commit, submodules left out; without commits whose contents a clone lacks.

        In a bare repository with the same objects, where no attributes apply.
        """
        found: dict[str, tuple[int, int]] = {}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.git("init", "--quiet", "--bare", where=folder)
            objects = self.git("rev-parse", "--git-path", "objects").strip()
            (folder / "objects" / "info" / "alternates").write_text(f"{(self.repo / objects).resolve()}\n")
            rest = sorted(self.commits)
            while rest:
                status, printed = self._numstat(folder, rest)
                found |= printed if status == 0 else dict(list(printed.items())[:-1])
                # git stops at what it cannot read; the last that it printed may be that one.
                rest = [] if status == 0 else rest[max(len(printed) - 1, 0) :]
                if rest:
                    status, printed = self._numstat(folder, rest[:1])
                    found |= printed if status == 0 else {}
                    rest = rest[1:]
        return found

    def _numstat(self, folder: Path, shas: Sequence[str]) -> tuple[int, dict[str, tuple[int, int]]]:
        options = ("--numstat", "-M", "--root", "--ignore-submodules=all", "--format=%x01%H")
        command = ["git", *PLAIN, "-C", str(folder), "log", "--no-walk=unsorted", "--stdin", *options]
        done = subprocess.run(command, input="\n".join(shas).encode(), capture_output=True, env=plain_environment())
        found = {}
        for each in done.stdout.decode("utf-8", "replace").split("\x01")[1:]:
            sha, *entries = each.split("\n")
            counts = [entry.split("\t")[:2] for entry in entries if entry and not entry.startswith("-")]
            found[sha] = (sum(int(added) for added, _ in counts), sum(int(deleted) for _, deleted in counts))
        return done.returncode, found

    @cached_property
    def reviews(self) -> dict[tuple[str, str], str]:
        """By commit and address the co-authors of the commit, for each `Reviewed-by` that git reads as a trailer.

        Without those of the commit's own author.
        """
        keys = (f"%(trailers:key={key},valueonly,unfold,separator=%x02)" for key in ("Reviewed-by", "Co-authored-by"))
        out = self.git("log", "--no-merges", "-z", f"--format={'%x01'.join(('%H', '%ae', '%aE', *keys))}", self.head)
        found = {}
        for record in filter(None, out.split("\0")):
            sha, *own, reviewers, co_authors = record.split("\x01")
            for trailer in reviewers.split("\x02"):
                address = ADDRESS.search(trailer)
                if address and address[1].casefold() not in map(str.casefold, own):
                    found[sha, address[1].casefold()] = co_authors.casefold()
        return found

    @cached_property
    def place(self) -> dict[str, int]:
        """The places on the first-parent line."""
        return {sha: number for number, sha in enumerate(self.first_parents)}

    @cached_property
    def naming(self) -> dict[int, list[str]]:
        """By number all commits that name a pull request as merged, oldest first."""
        found: dict[int, list[str]] = {}
        for sha, (parents, _, _, subject) in reversed(self.history.items()):
            match = (MERGED.match(subject) if len(parents) > 1 else None) or SQUASHED.search(subject)
            if match:
                found.setdefault(int(match[1]), []).append(sha)
        return found

    @property
    def pull_requests(self) -> dict[int, str]:
        """By number the commit that merged it first."""
        return {number: shas[0] for number, shas in self.naming.items()}

    def comes_from_us(self, sha: str) -> bool:
        """Whether the first-parent line below a commit began with ours."""
        while self.history[sha][0]:
            sha = self.history[sha][0][0]
        return sha == self.first_parents[0]


@dataclass
class Harvested:
    """What harvester says of the same."""

    rows: pd.DataFrame

    @classmethod
    def read(cls, repo: Path) -> Harvested:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "harvester.toml").write_text(f"[sources.git]\nconnector = 'git'\nrepositories = ['{repo}']\n")
            for command in (["harvest", "--everyone", "--period", EVER], ["ledger", "export", "rows.parquet"]):
                done = subprocess.run([HARVESTER, *command], cwd=folder, capture_output=True, text=True)
                if done.returncode:
                    raise SystemExit(f"harvester {command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
            return cls(pd.read_parquet(folder / "rows.parquet", dtype_backend="pyarrow"))

    @cached_property
    def commits(self) -> pd.DataFrame:
        """Author's rows of commits, by hash."""
        rows = self.rows[(self.rows["kind"] == "commit") & (self.rows["role"] == "author")]
        return rows.assign(sha=rows["work_item"].str.removeprefix("commit/")).set_index("sha")

    @cached_property
    def lines(self) -> dict[str, tuple[int, int]]:
        """Lines by commit, with those that are not work; without commits where they are not known."""
        known = self.commits[self.commits["additions"].notna()]
        others = map(_not_work, known["extra"])
        work = zip(known["additions"], known["deletions"], strict=True)
        return {
            sha: (int(added) + more, int(deleted) + less)
            for sha, (added, deleted), (more, less) in zip(known.index, work, others, strict=True)
        }

    @cached_property
    def reviews(self) -> set[tuple[str, str]]:
        """By commit and address who reviewed it, as a trailer says."""
        rows = self.rows[(self.rows["kind"] == "review") & (self.rows["state"] == "trailer")]
        return {(sha, address) for _, _, sha, address in (each.split("/", 3) for each in rows["id"])}

    @cached_property
    def pull_requests(self) -> set[str]:
        """The work items of pull requests."""
        return set(self.rows.loc[self.rows["kind"] == "pull_request", "work_item"])


def _not_work(extra: Iterable[tuple[str, str]]) -> tuple[int, int]:
    said = dict(extra).get("not_work", "")
    match = re.search(r"\+(\d+) -(\d+)$", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)


@dataclass
class Comparison:
    """Lines of a table, and what is not explained."""

    lines: list[str] = field(default_factory=list)
    unexplained: int = 0

    def add(self, what: str, ours: int, theirs: int, explained: Mapping[str, Sequence[object]] | None = None) -> None:
        """One line; `explained` has by reason what differs. What has the reason '' is not explained."""
        explained = {reason: each for reason, each in (explained or {}).items() if each}
        self.lines.append(f"| {what} | {ours:,} | {theirs:,} | {'equal' if not explained else 'see below'} |")
        for reason, each in explained.items():
            shown = ", ".join(map(str, each[:4])) + (", …" if len(each) > 4 else "")
            self.lines.append(f"| – {reason or '**not explained**'} | | | {len(each):,}: {shown} |")
            self.unexplained += 0 if reason else len(each)
        self.unexplained += ours != theirs and not explained

    def note(self, what: str, number: int) -> None:
        """A number that belongs to the line above."""
        if number:
            self.lines.append(f"| – {what} | {number:,} | | |")


def compare(truth: Truth, found: Harvested) -> Comparison:
    """Everything that is compared, in the order of the table."""
    result = Comparison()
    ours, theirs = set(found.commits.index), truth.commits
    result.add("commits", len(ours), len(theirs), {"": sorted(ours ^ theirs)})
    _compare_landing(truth, found, result)
    accounts = Counter(found.commits["account"])
    result.add("authors", len(accounts), len(truth.authors), {"": _differing(accounts, truth.authors)})
    _compare_lines(truth, found, result)
    explained = dict(_explain_reviews(truth, found))
    result.add("reviews by trailer, each by a commit and an address", len(found.reviews), len(truth.reviews), explained)
    pulls = {int(match[1]) for each in found.pull_requests if (match := re.search(r"#(\d+)$", each))}
    result.add("pull requests by number", len(pulls), len(truth.pull_requests), dict(_explain_pulls(truth, pulls)))
    return result


def _compare_landing(truth: Truth, found: Harvested, result: Comparison) -> None:
    """When each commit landed, to the second, and the commits by quarter, in UTC."""
    ours = {sha: int(at.timestamp()) for sha, at in found.commits["occurred_at"].items()}
    theirs = {sha: truth.history[truth.landed_with[sha]][1] for sha in truth.commits}
    wrong = sorted(sha for sha, at in theirs.items() if ours.get(sha) != at)
    by_merge = sum(truth.landed_with[sha] != sha for sha in theirs)
    what = f"commits by the second at which they landed, {by_merge:,} of them with a merge"
    result.add(what, len(theirs) - len(wrong), len(theirs), {"": wrong})
    quarters = [Counter(pd.to_datetime(list(each.values()), unit="s").to_period("Q")) for each in (ours, theirs)]
    result.add("quarters with commits", len(quarters[0]), len(quarters[1]), {"": _differing(*quarters)})


def _compare_lines(truth: Truth, found: Harvested, result: Comparison) -> None:
    """Lines of each commit; where all files are binary harvester says that they are unknown, and git counts none."""
    lines, expected = found.lines, truth.lines
    wrong = [sha for sha in sorted(truth.commits) if lines.get(sha, (0, 0)) != expected.get(sha, (0, 0))]
    for number, name in enumerate(("lines added", "lines deleted")):
        result.add(name, *(sum(each[number] for each in counts.values()) for counts in (lines, expected)), {"": wrong})
    work = int(found.commits["additions"].fillna(0).sum())
    result.note("of the lines added, in files that are not work", sum(added for added, _ in lines.values()) - work)
    result.note("commits without contents in this clone, so without lines", len(truth.commits - expected.keys()))


def _differing(ours: Counter[str], theirs: Counter[str]) -> list[str]:
    return [
        f"{each} {ours[each]} ≠ {theirs[each]}"
        for each in sorted(ours.keys() | theirs.keys())
        if ours[each] != theirs[each]
    ]


def _explain_reviews(truth: Truth, found: Harvested) -> Iterator[tuple[str, list[object]]]:
    reasons: dict[str, list[object]] = {}
    for sha, address in sorted(found.reviews ^ truth.reviews.keys()):
        message = truth.git("show", "--no-patch", "--format=%B", sha)
        if (sha, address) in truth.reviews:
            reason = (
                "git only: one of its authors, whose own work it is" if address in truth.reviews[sha, address] else ""
            )
            reason = reason or ("git only: no address can be read" if "@" not in address else "")
        else:
            joined = re.search(rf"(?im)^reviewed-and-[\w-]+-by:.*{re.escape(address)}", message)
            reason = "harvester only: a trailer of joined words, such as `Reviewed-and-tested-by`" if joined else ""
            reason = reason or "harvester only: in a paragraph of trailers before the last"
            reason = reason if re.search(rf"(?i)-by:.*<{re.escape(address)}>", message) else ""
        reasons.setdefault(reason, []).append(f"{sha[:10]} {address}")
    yield from sorted(reasons.items())


def _explain_pulls(truth: Truth, ours: set[int]) -> Iterator[tuple[str, list[object]]]:
    reasons: dict[str, list[object]] = {}
    for number in sorted(ours ^ truth.pull_requests.keys()):
        reason = _why_only_git(truth, number) if number in truth.pull_requests else ""
        reasons.setdefault(reason, []).append(f"#{number} {truth.pull_requests.get(number, '')[:10]}")
    yield from sorted(reasons.items())


def _why_only_git(truth: Truth, number: int) -> str:
    """Why no pull request of that number is credited to anybody, as far as plain git shows it."""
    named = [sha for sha in truth.naming[number] if not _brings_nothing(truth, sha)]
    if not named:
        return "a merge that brings no commit of its own, such as one between two branches or within a fork"
    if all(_came_with_another(truth, sha, number) for sha in named):
        return "`(#N)` is in a commit of another pull request, whose merge names or closes #N: an issue"
    if all(truth.landed_with[sha] != sha and _from_elsewhere(truth, sha) for sha in named):
        return (
            "another repository's number: it came with history that is not connected to ours, or was pulled from there"
        )
    return ""


def _from_elsewhere(truth: Truth, sha: str) -> bool:
    """Whether unconnected history, or a merge of another repository's or somebody's branch, brought it."""
    if not truth.comes_from_us(sha):
        return True
    path = truth.git("rev-list", "--merges", "--ancestry-path", f"{sha}..{truth.landed_with[sha]}").split()
    pulled = (PULLED.search(truth.history[each][3]) for each in path)
    return any(found and found["name"] != truth.name for found in pulled)


def _brings_nothing(truth: Truth, sha: str) -> bool:
    parents = truth.history[sha][0]
    if len(parents) < 2:
        return False
    new = truth.git("rev-list", "--no-merges", sha, f"^{parents[0]}").split()
    return all(truth.place[truth.landed_with[each]] < truth.place[truth.landed_with[sha]] for each in new)


def _came_with_another(truth: Truth, sha: str, number: int) -> bool:
    landing = truth.landed_with[sha]
    message = truth.git("show", "--no-patch", "--format=%B", landing)
    return landing != sha and f"#{number}" in NUMBERS.findall(message)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    options = parser.parse_args()
    unexplained = 0
    for path in options.paths:
        truth = Truth(path.resolve())
        result = compare(truth, Harvested.read(path.resolve()))
        print(f"\n{path.name} at {truth.head[:12]}\n\n| | harvester | plain git | |\n|---|---:|---:|---|")
        print("\n".join(result.lines))
        unexplained += result.unexplained
    raise SystemExit(1 if unexplained else 0)


if __name__ == "__main__":
    main()
