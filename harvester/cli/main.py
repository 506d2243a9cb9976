"""The command group, loaded command by command, and the one place that maps errors to exit statuses."""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence

import click

from harvester.cli.terminal import Terminal
from harvester.errors import HarvesterError
from harvester.text import most_like
from harvester.version import VERSION

DEBUG = "`harvester --debug …` shows where it came from."
LONGEST_LINE = 300
OK, USER_ERROR, USAGE, INCOMPLETE, UNCHECKED, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""INCOMPLETE: a source is not complete, as `SourceStatus.complete` in harvester/ledger/coverage.py defines it.

UNCHECKED: `verify` found nothing wrong and could not check everything.
"""
COMMANDS = {
    "init": "Write a harvester.toml and goals.toml to start from.",
    "harvest": "Read the sources into the ledger.",
    "report": "Write a report whose every line links to its evidence.",
    "measures": "Show the figures of people or teams, by month or quarter.",
    "checkin": "Write how your goals are on a day, and keep it.",
    "publish": "Put a page into an issue, a file or a CI summary, and keep it up to date there.",
    "goals": "List the goals, add one, check them, and show how far each is.",
    "triage": "Go through suggestions and unplanned work, and decide.",
    "decide": "Link work to a goal, or unlink it.",
    "note": "Write down what no tracker sees.",
    "sources": "List the sources and what has been read of them.",
    "verify": "Make a report again and list what has changed since.",
    "explain": "Show where a row of a report comes from.",
    "doctor": "Check the configuration and the sources.",
    "forget": "Remove a person from the ledger.",
    "ledger": "Inspect and maintain the local data.",
}
"""The commands and their summaries; each has a module of its name here, imported only when it is called."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that help starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of this name; its module is imported here."""
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"harvester.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command named where this one is unknown."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = most_like(args[0], COMMANDS)
            raise click.UsageError(error.message + (f" Did you mean {near!r}?" if near else ""), ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The summaries, without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="harvester")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def harvester(ctx: click.Context, debug: bool) -> None:
    """Gather what people did, match it with their goals, and report it with evidence.

    \b
    Example: in any git repository
      harvester report
    """
    ctx.ensure_object(Terminal).debug = debug


def main(arguments: Sequence[str] | None = None, terminal: Terminal | None = None) -> int:
    """Run the command with these arguments (those of the process where None) and return its exit status.

    0: success. 1: an error the user can fix. 2: wrong usage. 3: a source was incomplete, after everything was written.
    4: a report could not be verified, for want of its evidence or of a source. 130: interrupted.
    """
    terminal = terminal or Terminal()
    try:
        with contextlib.redirect_stdout(terminal.stdout):
            status = harvester.main(
                list(arguments) if arguments is not None else None, "harvester", obj=terminal, standalone_mode=False
            )
    except click.UsageError as error:
        error.show(usage := io.StringIO())
        terminal.notify(usage.getvalue().rstrip("\n"))
        return USAGE
    except click.ClickException as error:
        terminal.notify(f"Error: {error.format_message()}")
        return USER_ERROR
    except HarvesterError as error:
        _notify_error(terminal, error)
        return USER_ERROR
    except (KeyboardInterrupt, click.Abort):
        terminal.notify("Interrupted. Finished work is kept.")
        return INTERRUPTED
    except BrokenPipeError:
        terminal.close_stdout()
        return OK
    except Exception as error:  # noqa: BLE001 - the one place where an error that is not ours reaches the user
        terminal.close_stdout()
        _notify_error(terminal, _as_ours(error))
        return USER_ERROR
    finally:
        terminal.close_stderr()
    return status if isinstance(status, int) else OK


def _as_ours(error: Exception) -> HarvesterError:
    """An error of the machine, or a bug of ours or a library's, in one line; `--debug` shows where it came from."""
    match error:
        case OSError(errno=errno.ENOSPC):
            made = HarvesterError(
                "The disk, or the device written to, is full.", hint="Free some space, and run it again."
            )
        case OSError(strerror=str(reason), filename=str() | bytes() as name):
            made = HarvesterError(f"{os.fsdecode(name)[:LONGEST_LINE]!r}: {reason}.", hint=DEBUG)
        case OSError(strerror=str(reason)):
            made = HarvesterError(f"{reason[:1].upper()}{reason[1:]}.", hint=DEBUG)
        case ValueError() if "null byte" in str(error):
            made = HarvesterError("A path, or another argument, has a NUL in it.", hint=DEBUG)
        case UnicodeEncodeError():
            made = HarvesterError("An argument, a variable or a file's name is not UTF-8 text.", hint=DEBUG)
        case _:
            said = " ".join(str(error).split())[:LONGEST_LINE]
            made = HarvesterError(f"This is a bug: {type(error).__name__}: {said}", hint=f"Please report it. {DEBUG}")
    made.__cause__ = error
    return made


def _notify_error(terminal: Terminal, error: HarvesterError) -> None:
    if terminal.debug:
        import traceback

        terminal.notify(terminal.redact("".join(traceback.format_exception(error))))
    terminal.notify(f"Error: {terminal.redact(error.message)}")
    if error.hint:
        terminal.notify(terminal.redact(error.hint))


def run() -> int:
    """Run the command as the console script does, and return its exit status.

    A pipe gets UTF-8 whatever the locale; a terminal gets escapes for what it cannot show.
    """
    _occupy_standard_streams()
    terminal = Terminal()
    if not terminal.cwd.is_dir():
        os.chdir(os.sep)  # git, which we start, refuses to run in a folder that was deleted
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")
    for ending in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(ending, _interrupted)
    # A report makes millions of small objects and hardly a cycle; searching for cycles would cost a tenth of its time.
    gc.set_threshold(100_000, 20, 20)
    return main(terminal=terminal)


def _occupy_standard_streams() -> None:
    """Open what was closed on nothing: the next file would get its number, and a child's messages would be in it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _interrupted(number: int, frame: object) -> None:
    """A signal ends us as Ctrl-C does, so that nothing is left half-written or in /tmp."""
    raise KeyboardInterrupt
