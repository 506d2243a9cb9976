"""How the process of a command ends."""

import contextlib
import os
import sys


class Ending:
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
