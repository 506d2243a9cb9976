"""A environment for commands: a real git repository made by a script, a home of its own, a clock that stands."""

import datetime as dt
import html
import io
import os
import subprocess
from pathlib import Path

from harvester.cli.main import main
from harvester.reporting.markdown import JOINER
from harvester.workspace.environment import Environment

NOW = dt.datetime(2026, 10, 15, 12, tzinfo=dt.UTC)
PRELUDE = (Path(__file__).parent / "reports" / "prelude.sh").read_text()


class Terminal(io.StringIO):
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


def stand_in(folder: Path, history: str | None = "", now: dt.datetime = NOW) -> Environment:
    """An environment in `folder`/app: a repository with this history, or an empty folder where it is None."""
    environ = environment(folder / "home")
    place = folder / "app"
    place.mkdir(exist_ok=True)
    if history is not None:
        subprocess.run(["sh", "-c", PRELUDE + history], cwd=place, env=environ, check=True)
    return Environment(environ=environ, cwd=place, clock=lambda: now, stdout=io.StringIO(), stderr=io.StringIO())


def run(environment: Environment, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command in this environment."""
    environment.stdout, environment.stderr = type(environment.stdout)(), type(environment.stderr)()
    status = main(arguments, environment)
    return status, environment.stdout.getvalue(), environment.stderr.getvalue()


def shown(page: str) -> str:
    """A page's text as a reader sees it: without the joiners, backslashes and entities that made it safe."""
    return html.unescape(page).replace(JOINER, "").replace("\\", "")
