"""Types the commands of docs/tutorial.md into a shell, one by one, in the folder of a git repository.

Also from the command line, for a repository of any size: `python -m tests.tutorial FOLDER`.
"""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"
ANSWERS = b"s\nq\n"
"""What is typed where a command asks."""

SECONDS = 600


@dataclass(frozen=True, slots=True)
class Typed:
    """A command, the lines that the page shows below it, and what became of it."""

    command: str
    shown: tuple[str, ...]
    status: int
    output: str


def commands(page: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each command of the page's consoles, with the text it is given in place of a file, and the lines shown below."""
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        for typed in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *lines = typed.splitlines()
            end = lines.index("END") + 1 if "<<END" in first else 0
            yield "\n".join([first, *lines[:end]]), tuple(lines[end:])


Program = Callable[[Sequence[str]], tuple[int, str]]
"""Runs `harvester` with these arguments, with ANSWERS as its input: the exit status and what it printed."""


def follow(folder: Path, environ: Mapping[str, str], program: Program | None = None) -> Iterator[Typed]:
    """Type each command in the folder; names that one sets are known to the next, as in one shell.

    With a `program` the shell only reads the arguments of `harvester`, and the program runs it, which is faster.
    """
    names: list[str] = []
    for command, shown in commands(PAGE.read_text("utf-8")):
        if re.match(r"[A-Z]+=", command):
            names.append(command)
        if program and command.startswith("harvester "):
            script = "\n".join(["set -e", *names, f"printf '%s\\0' {command.removeprefix('harvester ')}"])
            read = subprocess.run(
                ["sh", "-c", script], cwd=folder, env=dict(environ), stdout=subprocess.PIPE, check=True
            )
            yield Typed(command, shown, *program(read.stdout.decode().split("\0")[:-1]))
            continue
        typed = "\n".join(["set -e", *names, command])
        ours, theirs = pty.openpty()
        os.write(ours, ANSWERS)
        done = subprocess.run(
            ["sh", "-c", typed], cwd=folder, env=dict(environ), stdin=theirs, timeout=SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        os.close(ours)
        os.close(theirs)
        yield Typed(command, shown, done.returncode, done.stdout)


def main() -> None:
    """Follow the tutorial in the folder named, and print what each command said."""
    for each in follow(Path(sys.argv[1]), os.environ):
        sys.stdout.write(f"$ {each.command}\n{each.output}[{each.status}]\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
