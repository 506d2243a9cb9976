"""What the tests run in processes of their own, to be killed or to compete: `python -m tests.ledger_process`."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harvester.connectors.git import Git
from harvester.harvesting.run import Outcome, harvest
from harvester.ledger import Changeset, Ledger
from harvester.ledger.delta_table import CommitConflict, counter
from harvester.ledger.upsert import with_year
from harvester.model.contribution import to_table
from harvester.sdk.connector import Connector, Event, Request
from harvester.sdk.testing import connector_context
from tests.scripted import EVER, NOW, Scripted, World, act, utc

ROOT = Path(__file__).parent.parent
ROWS = 60
SCOPES = ("lab", "org", "zoo")


def world_of(step: int) -> World:
    """The world after so many steps: each one edits rows, moves some to another month, adds some and removes some."""
    world = World()
    for number in range(ROWS):
        world.put(act(number, scope=SCOPES[number % 3], occurred_at=utc(2025, 1 + number % 12, 3)))
    for turn in range(1, step + 1):
        for number in range(turn % 7, ROWS, 7):
            scope = SCOPES[number % 3]
            world.put(
                act(
                    number,
                    scope=scope,
                    title=f"Step {turn}",
                    occurred_at=utc(2024 + turn % 2, 1 + (number + turn) % 12),
                )
            )
        world.put(act(1000 + turn, scope=SCOPES[turn % 3], occurred_at=utc(2026, 1 + turn % 12)))
        world.remove(SCOPES[turn % 3], f"commit:author:{turn % ROWS}")
    return world


@dataclass(frozen=True)
class Slow:
    """A connector that takes its time over every event, so that a kill meets it anywhere."""

    inner: Connector
    seconds: float

    def fetch(self, request: Request) -> Iterator[Event]:
        for event in self.inner.fetch(request):
            time.sleep(self.seconds)
            yield event


def read_world(location: str, step: str, seconds: str = "0.001") -> None:
    """Harvest the world of a step, everyone's and all time; say when it begins."""
    ledger = Ledger.open(location)
    connector = Slow(Scripted(world_of(int(step))), float(seconds))
    say("ready")
    outcome = harvest(
        ledger, {"work": lambda: connector}, {"work": None}, EVER, clock=lambda: NOW + dt.timedelta(int(step))
    )
    say("complete" if outcome.complete else f"incomplete: {outcome}")


def read_git(location: str, repository: str) -> None:
    """Harvest a repository, everyone's and all time; say when it begins."""
    ledger = Ledger.open(location)
    say("ready")
    say("complete" if harvest_git(ledger, Path(repository)).complete else "incomplete")


def harvest_git(ledger: Ledger, repository: Path) -> Outcome:
    connector = Git(repositories=[str(repository)], context=connector_context(repository, "git", environ=os.environ))
    return harvest(ledger, {"git": lambda: connector}, {"git": None}, EVER, clock=lambda: NOW)


def write(location: str, name: str, count: str, slice_: str) -> None:
    """Commit rows in a number of commits, into one source that others write too or into one's own."""
    ledger = Ledger.open(location)
    source = "work" if slice_ == "same" else name
    say("ready")
    sys.stdin.readline()
    for number in range(int(count)):
        shared = act(number, source=source, title=name)
        own = act(number, source=source, id=f"{name}:{number}", occurred_at=utc(2020 + number % 5))
        ledger.commit(Changeset(source, to_table([shared, own])))
    say("complete")


def race(location: str, name: str, rounds: str) -> None:
    """Commit a row of one's own on a version that another process commits on too; say whether that was granted."""
    table = Ledger.open(location, create=False)._rows
    for number in range(int(rounds)):
        state = table.load()
        rows = with_year(to_table([act(number, id=f"{name}:{number}")]))
        file = table.write(rows, {"source": "work", "year": 2026})
        say("ready")
        sys.stdin.readline()
        try:
            table.commit(state, [file], [], {"work": counter(state, "work") + 1})
            say("won")
        except CommitConflict:
            say("lost")


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def started(*arguments: object, **more: Any) -> subprocess.Popen[str]:
    """A process that does one of these: what, and its arguments."""
    command = [sys.executable, "-m", "tests.ledger_process", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, **more)


def ended(process: subprocess.Popen[str], typed: str = "") -> str:
    """The last word of a process."""
    out, _ = process.communicate(typed, timeout=120)
    return out.split()[-1]


def main(what: str, *arguments: str) -> None:
    {"read_world": read_world, "read_git": read_git, "write": write, "race": race}[what](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
