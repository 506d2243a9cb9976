"""Adding, editing and removing a table, such as the third [[decisions]], in the text of a TOML file.

People edit these files too, so a table is edited in its own lines, and comments, order and layout of the rest survive:
a TOML library would write the file again in its own layout. The lines of the n-th table are those from its header to
its last key; of a key's line only the value is replaced, a key that is missing is added below. That finds the right
lines only in files of the usual layout (a header inside a multi-line string would count too), so a caller parses the
result and compares before writing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADER = re.compile(r"^[ \t]*\[\[?[ \t]*(?P<name>[^\[\]\n]*?)[ \t]*\]\]?[ \t]*(?:#.*)?$")
_KEY = re.compile(r"^[ \t]*(?P<key>[\w-]+)[ \t]*=[ \t]*(?P<value>\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[0-9A-Za-z-]+)")


def append_table(text: str, table: str, values: Mapping[str, str], *, in_list: bool = True) -> str:
    """The text with one more table at its end, an empty line before it; values are TOML.

    The table is one of the list of this name or, without `in_list`, the only one, such as `goals.match`.
    """
    header = f"[[{table}]]" if in_list else f"[{table}]"
    lines = [header, *(f"{key} = {value}" for key, value in values.items())]
    return text + ("" if text.endswith("\n") else "\n") + "\n" + "\n".join(lines) + "\n"


def edit_table(text: str, table: str, at: int, values: Mapping[str, str]) -> str:
    """The text with these values in the table of this number, from 0; unchanged where there is no such table."""
    lines = text.splitlines(keepends=True)
    first, end = _lines_of(lines, table, at)
    missing = dict(values) if end else {}
    for place in range(first, end):
        found = _KEY.match(lines[place])
        if found and (value := missing.pop(found["key"], None)):
            lines[place] = lines[place][: found.start("value")] + value + lines[place][found.end("value") :]
    if missing and not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    return "".join([*lines[:end], *(f"{key} = {value}\n" for key, value in missing.items()), *lines[end:]])


def remove_table(text: str, table: str, at: int) -> str:
    """The text without the table of this number, from 0; the empty line that came with it goes with it."""
    lines = text.splitlines(keepends=True)
    first, end = _lines_of(lines, table, at)
    if first and not lines[first - 1].strip() and not "".join(lines[end : end + 1]).strip():
        first -= 1
    return "".join(lines[:first] + lines[end:])


def _lines_of(lines: list[str], table: str, at: int) -> tuple[int, int]:
    """The lines of a table: from its header to its last key, comments after it not counted; (0, 0) for none."""
    headers = [(place, found["name"]) for place, line in enumerate(lines) if (found := _HEADER.match(line))]
    own = [number for number, (_, name) in enumerate(headers) if name == table]
    if at >= len(own):
        return 0, 0
    first = headers[own[at]][0]
    end = headers[own[at] + 1][0] if own[at] + 1 < len(headers) else len(lines)
    while end > first + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return first, end
