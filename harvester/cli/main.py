"""The command group, loaded command by command, and the one place that maps errors to exit statuses."""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import io
import signal
import sys
from collections.abc import Sequence

import click

from harvester.errors import HarvesterError
from harvester.text import most_like
from harvester.version import VERSION
from harvester.workspace.environment import Environment

OK, USER_ERROR, USAGE, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130
COMMANDS = {
    "init": "Write harvester.toml and goals.toml from what is found here.",
    "harvest": "Read the sources into the ledger.",
    "report": "Write a report: what was done, each line with its proof.",
    "goals": "Show the goals, check them, and say where each stands: list, check, progress.",
    "triage": "Walk through suggestions and unplanned work, and decide.",
    "decide": "Give a piece of work to a goal, or take it from it.",
    "note": "Write down what no tracker sees.",
    "sources": "Show the sources, and what was read of them.",
    "verify": "Make a report again, and say what has changed since.",
    "explain": "Show where a row of a report comes from.",
    "doctor": "Say how the sources stand, and what to mend.",
    "forget": "Remove a person from the ledger.",
    "ledger": "Look after the ledger: info, compact, export.",
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
        """As click does, with the nearest command named where there is none of this name."""
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
    """Gather what people did, hold it against their goals, and report it with proof.

    \b
    Example: in any git repository
      harvester report
    """
    ctx.ensure_object(Environment).debug = debug


def main(arguments: Sequence[str] | None = None, environment: Environment | None = None) -> int:
    """Run the command with these arguments (the process's own where None) and give its exit status.

    0 well; 1 the user can mend it; 2 usage; 3 a source was incomplete (after everything was written); 130 interrupted.
    """
    here = environment or Environment()
    try:
        with contextlib.redirect_stdout(here.stdout):
            status = harvester.main(
                list(arguments) if arguments is not None else None, "harvester", obj=here, standalone_mode=False
            )
    except click.UsageError as error:
        error.show(here.stderr)
        return USAGE
    except click.ClickException as error:
        here.say(f"Error: {error.format_message()}")
        return USER_ERROR
    except HarvesterError as error:
        _tell(here, error)
        return USER_ERROR
    except (KeyboardInterrupt, click.Abort):
        here.say("Interrupted. What was finished is kept.")
        return INTERRUPTED
    except BrokenPipeError:
        here.close_stdout()
        return OK
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        here.close_stdout()
        here.say("Error: The disk, or whatever this was written to, is full.\nMake room, and run it again.")
        return USER_ERROR
    return status if isinstance(status, int) else OK


def _tell(environment: Environment, error: HarvesterError) -> None:
    if environment.debug:
        import traceback

        environment.say(environment.redact("".join(traceback.format_exception(error))))
    environment.say(f"Error: {environment.redact(error.message)}")
    if error.hint:
        environment.say(environment.redact(error.hint))


def run() -> None:
    """The console script. What is piped is UTF-8, whatever the locale; a terminal gets escapes for what it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")
    for ending in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(ending, _interrupted)
    # A report makes millions of small objects and hardly a cycle: looking for those costs a tenth of its time.
    gc.set_threshold(100_000, 20, 20)
    status = main()
    gc.freeze()  # nor does the interpreter look for them at its end
    sys.exit(status)


def _interrupted(number: int, frame: object) -> None:
    """Whoever ends us from outside gets the same clean end as with Ctrl-C: nothing is left half-written or in /tmp."""
    raise KeyboardInterrupt
