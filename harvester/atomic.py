"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from harvester.errors import ReportError

LONGEST = 100
"""How much of a file's name its unfinished part bears; a whole long one would be too long with more behind it."""


def write_text(path: Path, text: str) -> None:
    """Replace a file's text in one step; whoever reads it sees the old or the new one, also when we are killed.

    A link stays a link and a file keeps its permissions; a new one is its owner's alone, for it tells of people. Raises
    ReportError where the folder cannot be written, or where something that is no ordinary file is in the way.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise ReportError(f"{path} is no ordinary file and is left alone.", hint="Choose another name.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name[:LONGEST]}.", dir=place.parent)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror}.", hint="Is the folder there and yours?"
        ) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            Path(name).chmod(place.stat().st_mode & 0o7777)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
