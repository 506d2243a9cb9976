"""Reports which changes to the code no test notices: `mutants.py [MODULE…]`, a module as harvester/model/periods.py.

mutmut makes the changes and runs the tests (docs/decisions/mutation-testing.md says why). It looks for each package in
the folder that its name says, so it works in a temporary copy where connectors/ and reports/ lie inside harvester/.
Only that copy is ever changed: an interruption leaves the sources as they were.

Printed for each module: the share killed, then each survivor as file:line with the line before and after the change.
A change is killed when a test fails or runs out of time; one that no test reaches survives.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FOLDERS = {
    "harvester": "harvester",
    "tests": "tests",
    "connectors": "harvester/connectors",
    "reports": "harvester/reports",
}
"""The folders that are copied, and where each lies in the copy."""
TESTS = {
    "harvester/model/accounts.py": ["test_people.py"],
    "harvester/model/bots.py": ["test_bots.py"],
    "harvester/model/contribution.py": ["test_contribution.py"],
    "harvester/model/outcomes.py": ["test_progress.py"],
    "harvester/model/people.py": ["test_people.py", "test_bots.py"],
    "harvester/model/periods.py": ["test_periods.py", "test_assessment.py"],
    "harvester/analysis/file_kinds.py": ["test_file_kinds.py"],
    "harvester/analysis/frame.py": ["test_measures.py", "test_threads.py", "test_claims.py"],
    "harvester/analysis/measures.py": ["test_measures.py"],
    "harvester/analysis/references.py": ["test_threads.py", "test_claims.py"],
    "harvester/analysis/threads.py": ["test_threads.py", "test_measures.py"],
    "harvester/goals/assessment.py": ["test_assessment.py", "test_measures.py"],
    "harvester/goals/claims.py": ["test_claims.py"],
    "harvester/goals/decisions.py": ["test_decisions.py", "test_claims.py"],
    "harvester/goals/lint.py": ["test_cli_goals.py"],
    "harvester/goals/lint_globs.py": ["test_lint_globs.py"],
    "harvester/goals/load.py": ["test_goals.py"],
    "harvester/goals/matches.py": ["test_claims.py"],
    "harvester/goals/model.py": ["test_goals.py", "test_claims.py"],
    "harvester/goals/path_rules.py": ["test_claims.py"],
    "harvester/goals/progress.py": ["test_progress.py", "test_assessment.py"],
    "harvester/goals/rules.py": ["test_claims.py", "test_goals.py"],
    "harvester/goals/suggestions.py": ["test_suggestions.py"],
    "connectors/git/merges.py": ["connectors/test_git.py"],
    "connectors/git/messages.py": ["connectors/test_git_messages.py"],
}
"""Each module, and the tests that concern it."""
KILLED = ("killed", "timeout", "segfault")


class Survivor(NamedTuple):
    """A change that no test noticed: where it is, the line before it and after, and whether a test reached it."""

    line: int
    before: str
    after: str
    status: str


def modules(names: Sequence[str]) -> list[str]:
    """The modules to change: those named, or all. Exits where one has no tests in the table."""
    packages = (
        path.relative_to(ROOT).as_posix()
        for each in ("model", "analysis", "goals")
        for path in (ROOT / "harvester" / each).glob("[!_]*.py")
    )
    unknown = sorted((set(names) or {*packages}) - TESTS.keys())
    if unknown:
        sys.exit(f"Name the tests of {', '.join(unknown)} in TESTS of {Path(__file__).relative_to(ROOT)}.")
    return [*names] or [*TESTS]


def copy_sources(copy: Path) -> None:
    """Copies what the tests need, each package to where its name says."""
    for source, target in FOLDERS.items():
        shutil.copytree(ROOT / source, copy / target, ignore=shutil.ignore_patterns("__pycache__"))
    for each in ("docs", "cassettes"):
        (copy / each).symlink_to(ROOT / each)


def configure(copy: Path, module: str) -> None:
    """Writes the copy's pyproject.toml: ours, and in mutmut's section the module and its tests."""
    tests = [f"tests/{each}" for each in TESTS[module]]
    chosen = f"[tool.mutmut]\nonly_mutate = {[in_copy(module)]}\npytest_add_cli_args_test_selection = {tests}\n"
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (copy / "pyproject.toml").write_text(text.replace("[tool.mutmut]\n", chosen), encoding="utf-8")
    shutil.rmtree(copy / "mutants", ignore_errors=True)


def in_copy(module: str) -> str:
    """The path of a module in the copy."""
    folder, _, rest = module.partition("/")
    return f"{FOLDERS[folder]}/{rest}"


def mutmut(copy: Path, *arguments: str) -> str:
    """What mutmut prints. Exits with the end of it where mutmut fails, as it does where a test fails unchanged."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(
        command, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
    )
    if done.returncode:
        sys.exit(f"mutmut {' '.join(arguments)} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def outcomes(copy: Path) -> dict[str, str]:
    """Each change by mutmut's name for it, and what became of it."""
    return dict(re.findall(r"^ +(\S+): (.+)$", mutmut(copy, "results", "--all", "true"), re.MULTILINE))


def survivors(copy: Path, module: str, found: dict[str, str]) -> Iterator[Survivor]:
    """The changes that no test noticed, in mutmut's order."""
    lines = (copy / in_copy(module)).read_text(encoding="utf-8").splitlines()
    for name, status in found.items():
        if status not in KILLED:
            difference = mutmut(copy, "show", name).splitlines()
            before = " ".join(each[1:].strip() for each in difference if re.match(r"-(?!-- )", each))
            after = " ".join(each[1:].strip() for each in difference if re.match(r"\+(?!\+\+ )", each))
            yield Survivor(line_of(lines, name, difference), before, after, status)


def line_of(lines: list[str], name: str, difference: list[str]) -> int:
    """The number of the line that was changed, from 1.

    The difference counts from the start of its function, less the comments around it. So this takes, among the lines
    of the function that read as the one removed, the nearest to where the difference has it.
    """
    at = next(index for index, each in enumerate(difference) if each.startswith("@@"))
    removed = next(index for index, each in enumerate(difference) if index > at and each.startswith("-"))
    function = function_of("\n".join(lines), name)
    guess = function.lineno + int(difference[at].split(",")[0].split("-")[1]) - 1 + removed - at - 1
    same = [
        number
        for number in range(function.lineno, (function.end_lineno or function.lineno) + 1)
        if lines[number - 1].strip() == difference[removed][1:].strip()
    ]
    return min(same, key=lambda number: abs(number - guess), default=guess)


def function_of(source: str, name: str) -> ast.FunctionDef:
    """The function that a change is in: `….x_name__mutmut_1`, or `….xǁClassǁname__mutmut_1` in a class."""
    mangled = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    *owner, function = mangled[1:].strip("ǁ").split("ǁ") if mangled.startswith("xǁ") else [mangled[2:]]
    body: list[ast.stmt] = ast.parse(source).body
    for each in owner:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == each)
    return next(node for node in body if isinstance(node, ast.FunctionDef) and node.name == function)


def report(module: str, survived: list[Survivor]) -> None:
    """Prints the survivors of a module, by line."""
    for each in sorted(survived):
        reached = "" if each.status == "survived" else f" ({each.status})"
        print(f"{module}:{each.line}:{reached}\n    - {each.before}\n    + {each.after}", flush=True)


def score(name: str, counts: Counter[str]) -> str:
    """One line: how many were killed of all, the percentage rounded down, and how many of them by the clock."""
    killed, total = sum(counts[each] for each in KILLED), counts.total()
    late = f", {counts['timeout']} of them out of time" if counts["timeout"] else ""
    return f"{name}: {killed} of {total} killed ({100 * killed // max(total, 1)} %){late}"


def main() -> None:
    """Runs mutmut on each module in turn."""
    parser = argparse.ArgumentParser(description="Report which changes to the code no test notices.")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="paths from the sources' root; all by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many changes to try at once")
    arguments = parser.parse_args()
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        copy_sources(copy)
        for module in modules(arguments.modules):
            configure(copy, module)
            mutmut(copy, "run", "--max-children", str(arguments.jobs))
            found = outcomes(copy)
            print(score(module, Counter(found.values())))
            report(module, list(survivors(copy, module, found)))
            total.update(found.values())
    print(score("In total", total))


if __name__ == "__main__":
    main()
