"""A terminal for commands: a real git repository made by a script, a home of its own, a clock that does not move."""

import atexit
import datetime as dt
import functools
import html
import io
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harvester.cli.main import main
from harvester.cli.terminal import Terminal
from harvester.reporting.markdown import JOINER
from tests.gitrepo import QUICK

NOW = dt.datetime(2026, 10, 15, 12, tzinfo=dt.UTC)
PRELUDE = (Path(__file__).parent / "reports" / "prelude.sh").read_text()


class TerminalStream(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def environment(home: Path) -> dict[str, str]:
    """An environment with an empty home in which no configuration of the machine's is read."""
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "TZ": "Europe/Berlin",
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
    }  # fmt: skip


def stand_in(folder: Path, history: str | None = "", now: dt.datetime = NOW) -> Terminal:
    """An environment in `folder`/app: a repository with this history, or an empty folder where it is None."""
    environ = environment(folder / "home")
    place = folder / "app"
    place.mkdir(exist_ok=True)
    if history is not None:
        shutil.copytree(_made(history), folder, symlinks=True, dirs_exist_ok=True)
    return Terminal(environ=environ, cwd=place, clock=lambda: now, stdout=io.StringIO(), stderr=io.StringIO())


@functools.cache
def _made(history: str) -> Path:
    """A folder in which this history was run, once, in `app`: to be copied."""
    made = tempfile.TemporaryDirectory(prefix="histories-")
    atexit.register(made.cleanup)
    folder = Path(made.name)
    (folder / "app").mkdir()
    environ = environment(folder / "home") | QUICK
    subprocess.run(["sh", "-c", PRELUDE + history], cwd=folder / "app", env=environ, check=True)
    return folder


def run(environment: Terminal, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command in this environment."""
    environment.stdout, environment.stderr = type(environment.stdout)(), type(environment.stderr)()
    status = main(arguments, environment)
    return status, environment.stdout.getvalue(), environment.stderr.getvalue()


def in_environment(monkeypatch: pytest.MonkeyPatch, environment: Terminal) -> None:
    """Make the folder and the variables of this environment those of the process, for the Python API."""
    monkeypatch.chdir(environment.cwd)
    for name in [name for name in os.environ if name.startswith(("GIT_", "HARVESTER_"))]:
        monkeypatch.delenv(name)
    for name, value in environment.environ.items():
        monkeypatch.setenv(name, value)


def shown(page: str) -> str:
    """A page's text as a reader sees it: without the joiners, backslashes and entities that made it safe."""
    return html.unescape(page).replace(JOINER, "").replace("\\", "")
