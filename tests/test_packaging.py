"""The wheel: it holds harvester and nothing else, and does the main job where only it is installed."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {"harvester": "harvester", "connectors": "harvester/connectors", "reports": "harvester/reports"}
PACKAGED = {".graphql", ".j2", ".py", ".toml", ".typed"}


def run(*arguments, cwd, **environ):
    return subprocess.run(
        [str(each) for each in arguments], cwd=cwd, env={"PATH": os.environ["PATH"], **environ}, check=False,
        capture_output=True, encoding="utf-8", timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy so that nothing is left beside the source; from what is installed, so offline."""
    source = tmp_path_factory.mktemp("source")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = ("-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps", "--no-build-isolation", "--no-index")
    out = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, *pip, "--wheel-dir", out, source, cwd=out, HOME=str(out))
    assert built.returncode == 0, built.stdout + built.stderr
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def clean(wheel, tmp_path_factory):
    """A virtual environment with the wheel in it; what it depends on is read from where the tests have it."""
    place = tmp_path_factory.mktemp("clean")
    venv.create(place, with_pip=False)
    pip = ("-m", "pip", "--disable-pip-version-check", "--python", place / "bin" / "python", "install")
    installed = run(sys.executable, *pip, "--no-deps", "--no-index", wheel, cwd=place, HOME=str(place))
    assert installed.returncode == 0, installed.stdout + installed.stderr
    (site,) = place.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return place / "bin"


def test_the_wheel_holds_harvester_and_nothing_else(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    assert wheel.name.startswith("contribution_harvester-")
    assert {name.partition("/")[0] for name in held} - {"harvester"} == {
        "-".join(wheel.name.split("-")[:2]) + ".dist-info"
    }
    wanted = {
        f"{target}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, target in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.suffix in PACKAGED
    }
    assert {name for name in held if name.startswith("harvester/")} == wanted
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_the_metadata_names_no_registry_and_the_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        head = archive.read(name).decode().partition("\n\n")[0]
    assert "License-Expression: Apache-2.0" in head
    assert "Requires-Python: >=3.11" in head
    assert "Provides-Extra: dask" in head
    assert 'Requires-Dist: dask[dataframe]>=2026.1; extra == "dask"' in head
    assert " @ " not in head


def test_what_is_installed_is_the_wheel_and_the_short_names_are_not(clean, tmp_path):
    code = "import harvester.connectors.git, harvester.reports, harvester; print(harvester.__file__)"
    found = run(clean / "python", "-I", "-c", code, cwd=tmp_path)
    assert found.stderr == ""
    assert Path(found.stdout.strip()).is_relative_to(clean.parent)
    for short in ("connectors", "reports"):
        assert "ModuleNotFoundError" in run(clean / "python", "-I", "-c", f"import {short}", cwd=tmp_path).stderr


@pytest.fixture
def repository(tmp_path):
    """A repository with two commits by the person that git is set up for."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "parser.py").write_text("DATES = True\n", encoding="utf-8")
    (folder / "leap.py").write_text("YEARS = 4\n", encoding="utf-8")
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("config", "user.name", "Ann Smith"),
        ("config", "user.email", "ann@example.org"),
        ("add", "parser.py"),
        ("commit", "-q", "-m", "Teach the parser to read dates"),
        ("add", "leap.py"),
        ("commit", "-q", "-m", "Mend the leap year"),
    ):
        done = run("git", *arguments, cwd=folder, HOME=str(tmp_path), GIT_CONFIG_NOSYSTEM="1")
        assert done.returncode == 0, done.stderr
    return folder


def test_the_installed_command_reports_on_the_repository_it_stands_in(clean, repository, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    done = run(clean / "harvester", "report", cwd=repository, HOME=str(home))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ann Smith" in done.stdout
    assert "Mend the leap year" in done.stdout


def test_the_installed_command_says_its_version(clean, tmp_path):
    done = run(clean / "harvester", "--version", cwd=tmp_path, HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert re.search(r"\b\d+\.\d+\.\d+\b", done.stdout)


def test_the_installed_command_needs_no_dask(clean, repository, tmp_path):
    """Where the extra is not installed all works, and `--engine` says how to install it."""
    code = "import sys; sys.modules.update(dask=None, distributed=None); from harvester.__main__ import run; run()"
    command = (clean / "python", "-c", code, "report")
    assert "Mend the leap year" in run(*command, cwd=repository, HOME=str(tmp_path)).stdout
    refused = run(*command, "--engine", "dask", cwd=repository, HOME=str(tmp_path))
    assert refused.returncode == 1
    assert "pip install 'contribution-harvester[dask]'" in refused.stderr
