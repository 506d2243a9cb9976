"""The console script, and `python -m harvester`."""

import atexit
import contextlib
import os
import sys


def run() -> None:
    """Run the command; an interrupt while it is still being loaded shows no traceback either."""
    end = _End()
    atexit.register(end.now)  # before anything else is, so that it comes last
    try:
        from harvester.cli.main import run as run_command
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    end.status = run_command()
    sys.exit(end.status)


class _End:
    """The end of the process, without taking the interpreter down: the system is faster, and nothing of it can fail.

    While an interpreter is taken down, one of Arrow's threads that lets go of a file in an object store aborts the
    process, after all is written (https://github.com/delta-io/delta-rs/issues/2184).
    """

    status: int | None = None

    def now(self) -> None:
        """End the process, if the command came to its end."""
        if self.status is None:
            return
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(self.status)


if __name__ == "__main__":
    run()
