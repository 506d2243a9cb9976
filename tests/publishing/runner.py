"""Runs the steps of our Action and the script of our GitLab component as shell, with a clock that stands still.

The shell, the scripts and the variables are real. `harvester` is a program that hands its arguments to this process,
which runs the command with the clock, and with waits that are noted and not slept.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import re
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harvester.cli.main import main
from harvester.cli.terminal import Terminal
from tests.environments import environment

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
TEMPLATE = (ROOT / "templates" / "digest" / "template.yml").read_text("utf-8")
HEAD, JOB = yaml.safe_load_all(TEMPLATE)
CLIENT = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as client:
    client.connect({address!r})
    client.sendall(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode() + b"\\n")
    status, out, err = json.load(client.makefile())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(status)
"""
WEEK = dt.timedelta(weeks=1)
EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")


@dataclass
class NotingTerminal(Terminal):
    """A terminal whose waits are noted."""

    waited: list[float] = field(default_factory=list)

    def wait(self, seconds: float, why: str) -> None:
        """Note a wait, and say it as a terminal does."""
        self.notify(f"Waiting {seconds:.0f} s: {self.redact(why)}")
        self.waited.append(seconds)


@dataclass
class Machine:
    """A machine that CI gives us: a folder for each job, and what is kept between them."""

    folder: Path
    now: dt.datetime
    cache: dict[str, Path] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    log: str = ""
    jobs: int = 0

    @contextlib.contextmanager
    def serving(self) -> Iterator[Path]:
        """The path of the program `harvester` while commands are taken."""
        address = str(self.folder / "s")
        machine = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                arguments, environ, cwd = json.loads(self.rfile.readline())
                self.wfile.write(json.dumps(machine.run(arguments, environ, Path(cwd))).encode())

        program = self.folder / "harvester"
        program.write_text(CLIENT.format(python=sys.executable, address=address))
        program.chmod(0o755)
        with socketserver.ThreadingUnixStreamServer(address, Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
            thread.start()
            try:
                yield program
            finally:
                server.shutdown()
                thread.join()
                Path(address).unlink()

    def run(self, arguments: list[str], environ: Mapping[str, str], cwd: Path) -> tuple[int, str, str]:
        """Exit status, standard output and standard error of the command."""
        terminal = NotingTerminal(
            environ=environ, cwd=cwd, clock=lambda: self.now, stdout=io.StringIO(), stderr=io.StringIO()
        )
        status = main(arguments, terminal)
        self.waited += terminal.waited
        return status, terminal.stdout.getvalue(), terminal.stderr.getvalue()

    def checkout(self, files: Mapping[str, str]) -> Path:
        """A new clone, with these files in it."""
        self.jobs += 1
        place = self.folder / f"job-{self.jobs}" / "clone"
        place.mkdir(parents=True)
        for name, text in files.items():
            (place / name).write_text(text, encoding="utf-8")
        variables = environment(self.folder / "home") | {"GIT_COMMITTER_DATE": (self.now - WEEK).isoformat()}
        ann = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        for command in (["init", "-q", "."], ["add", "."], [*ann, "commit", "-qm", "Begin", "--allow-empty"]):
            subprocess.run(["git", *command], cwd=place, check=True, env=variables)
        return place

    def shell(self, command: list[str], script: str, clone: Path, environ: Mapping[str, str]) -> int:
        """Run a script; its output is added to the log."""
        variables = environment(self.folder / "home") | environ
        done = subprocess.run(
            command, input=script, cwd=clone, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.log += done.stdout
        return done.returncode


@dataclass
class Action:
    """The composite action on a machine."""

    machine: Machine
    server: str
    repository: str
    token: str

    def run(self, files: Mapping[str, str], environ: Mapping[str, str] | None = None, **inputs: str) -> int:
        """Run all steps but the installation; returns the exit status of the first that fails, else 0."""
        machine = self.machine
        clone = machine.checkout(files)
        temporary = clone.parent / "temporary"
        (temporary / "harvester" / "bin").mkdir(parents=True)
        values = {name: each.get("default", "") for name, each in ACTION["inputs"].items()} | inputs
        values["token"] = self.token if values["token"].startswith("$") else values["token"]
        context = {f"inputs.{name}": value for name, value in values.items()}
        context |= {
            "github.token": self.token,
            "github.workflow": "Digest",
            "github.run_id": str(machine.jobs),
            "github.run_attempt": "1",
        }
        variables = {
            "RUNNER_TEMP": str(temporary), "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_ACTIONS": "true", "CI": "true",
            "GITHUB_SERVER_URL": self.server, "GITHUB_API_URL": f"{self.server}/api/v3",
            "GITHUB_REPOSITORY": self.repository,
        } | dict(environ or {})  # fmt: skip
        with machine.serving() as program:
            (temporary / "harvester" / "bin" / "harvester").symlink_to(program)
            for step in ACTION["runs"]["steps"][1:]:
                if _holds(step.get("if", ""), context) and (status := self._step(step, clone, variables, context)):
                    return status
        return 0

    def _step(self, step: Mapping[str, Any], clone: Path, variables: Mapping[str, str], context: dict[str, str]) -> int:
        if "uses" in step:
            settings = {name: _filled(value, context) for name, value in step["with"].items()}
            self._cache(step["uses"], clone / settings["path"], settings)
            return 0
        output = clone.parent / "output"
        output.write_text("")
        own = {name: _filled(value, context) for name, value in step.get("env", {}).items()}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-s"]
        status = self.machine.shell(command, step["run"], clone, {**variables, **own, "GITHUB_OUTPUT": str(output)})
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            context[f"steps.{step['id']}.outputs.{name}"] = value
        return status

    def _cache(self, uses: str, path: Path, settings: Mapping[str, str]) -> None:
        """As actions/cache: the newest of a prefix is restored, and a key is written once."""
        kept = self.machine.cache
        if uses.startswith("actions/cache/restore@"):
            found = [each for key, each in kept.items() if key.startswith(settings["restore-keys"])]
            if found:
                shutil.copytree(found[-1], path)
        elif path.exists():
            assert uses.startswith("actions/cache/save@")
            kept[settings["key"]] = self.machine.folder / f"cache-{self.machine.jobs}"
            shutil.copytree(path, kept[settings["key"]])


def _holds(condition: str, context: Mapping[str, str]) -> bool:
    """Whether `a.b == 'c'` or `a.b != ''` holds; nothing is true."""
    if not condition:
        return True
    found = re.fullmatch(r"([\w.-]+) (==|!=) '([^']*)'", condition)
    assert found, f"this runner does not know {condition!r}"
    return (context.get(found[1], "") == found[3]) == (found[2] == "==")


def _filled(text: str, context: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: context[found[1]], text)


@dataclass
class Component:
    """The job of the GitLab component on a machine."""

    machine: Machine
    server: str
    project: str
    token: str

    def run(self, files: Mapping[str, str], environ: Mapping[str, str] | None = None, **inputs: str) -> int:
        """Run its script, without what installs; returns its exit status."""
        machine = self.machine
        clone = machine.checkout(files)
        tools = clone.parent / "tools"
        (tools / "venv" / "bin").mkdir(parents=True)
        job = component_job(inputs)
        known = {
            "CI_PROJECT_PATH": self.project,
            "CI_SERVER_URL": self.server,
            "GITLAB_TOKEN": self.token,
            "CI": "true",
        }
        own = {name: _expanded(str(value), known) for name, value in job["variables"].items()}
        place = job["cache"]["paths"][0].rstrip("/")
        if "kept" in machine.cache:
            shutil.copytree(machine.cache["kept"], clone / place)
        with machine.serving() as program:
            (tools / "venv" / "bin" / "harvester").symlink_to(program)
            script = "\n".join(job["script"])
            variables = {**known, **own, **(environ or {}), "tools": str(tools)}
            status = machine.shell(["sh", "-es"], script, clone, variables)
        if (clone / place).exists():
            machine.cache["kept"] = machine.folder / f"cache-{machine.jobs}"
            shutil.copytree(clone / place, machine.cache["kept"])
        return status


def component_job(inputs: Mapping[str, str]) -> dict[str, Any]:
    """The component's job with these inputs, which GitLab puts into the text before it reads that as YAML.

    Source: https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/config/interpolation/text_template.rb
    """
    values = {name: each.get("default", "") for name, each in HEAD["spec"]["inputs"].items()} | dict(inputs)
    text = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    body = TEMPLATE.partition("\n---\n")[2]
    job = yaml.safe_load(re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda found: text[found[1]], body))
    return dict(job["harvester-digest"])


def _expanded(text: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found[1], ""), text)
