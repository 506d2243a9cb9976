"""Reading a ladder from a file: TOML, JSON, YAML, or Markdown with or without front matter."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from harvester.config.toml import DEEPEST, parse_toml
from harvester.errors import ConfigError
from harvester.files import read_text
from harvester.ladders.markdown_ladder import markdown_ladder
from harvester.ladders.model import Ladder
from harvester.ladders.shapes import checked, ladder_from
from harvester.ladders.yaml_text import parse_yaml

LARGEST = 1 << 20
"""Bytes of a ladder; those that were looked at have 45,575 at most."""

SUFFIXES = (".toml", ".json", ".yaml", ".yml", ".md", ".markdown")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)


def read_ladder(path: Path) -> Ladder:
    """The ladder in a file, by its suffix and its shape; its source is the file's name where the file names none.

    Raises ConfigError, with the place, for a file that cannot be read, is too large or too deep, or has no known shape.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(
            f"{path}: a ladder is read from {', '.join(SUFFIXES)}.", hint="Give it one of these suffixes."
        )
    text = read_text(path, limit=LARGEST, error=ConfigError).removeprefix("\ufeff")
    ladder = parse_ladder(re.sub(r"\r\n?", "\n", text), suffix, path)
    return replace(ladder, title=ladder.title or path.stem, source=ladder.source or path.name)


def parse_ladder(text: str, suffix: str, path: Path) -> Ladder:
    """The ladder in the text of a file with this suffix; `path` is what errors name.

    Raises ConfigError as `read_ladder` does.
    """
    if suffix in {".md", ".markdown"}:
        front = _FRONT_MATTER.match(text)
        data = parse_yaml(front["yaml"], path, first_line=2) if front else None
        if isinstance(data, dict) and "topics" in data:
            return ladder_from(data, path)
        # The lines of the front matter are left as empty ones, so that the lines of errors are those of the file.
        lines = text.count("\n", 0, front.end()) if front else 0
        ladder = markdown_ladder("\n" * lines + text[front.end() if front else 0 :], path)
        return checked(ladder, path)
    if suffix == ".toml":
        return ladder_from(parse_toml(text, path), path)
    return ladder_from(_parse_json(text, path) if suffix == ".json" else parse_yaml(text, path), path)


def _parse_json(text: str, path: Path) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}: line {error.lineno}: this is not JSON: {error.msg}.", hint="Fix it.") from None
    except RecursionError:
        raise ConfigError(f"{path}: this is nested more than {DEEPEST} deep.", hint="Write it flatter.") from None
    except ValueError:  # from int(): more digits than Python converts
        raise ConfigError(f"{path}: a number has too many digits.", hint="Write fewer.") from None
