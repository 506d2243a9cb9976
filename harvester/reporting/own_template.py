"""A user's own template for a page: its file, and the templates beside it that it includes, extends or imports."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import ReportError
from harvester.files import read_text
from harvester.reporting.templates import SHARED, SHARED_PREFIX
from harvester.text import did_you_mean

if TYPE_CHECKING:
    from jinja2 import nodes

    from harvester.reporting.sandbox import OwnTemplateError

LARGEST = 256 << 10
"""Bytes of a template."""

MOST = 50
"""Templates that one is made of."""

SUFFIXES = (".j2", ".jinja", ".jinja2")
"""How the names end of templates that another one names: nothing else in its folder is read."""

_PLAIN_NAME = re.compile(r"(?!\.)[^/\\:\0]+(?:/(?!\.)[^/\\:\0]+)*")
"""A path below a folder, with nothing hidden in it."""

GUIDE = "docs/reference/page-context.md lists what a template may use."


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A template as it was read, whole: what it includes is named in it, so all of it is known before it is rendered.

    `sources` has its text and those of its siblings, by their names from its folder.
    """

    name: str
    """The name of its file."""
    shown: str
    """Its path as the user wrote it."""
    sources: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The digest (16 hex digits) of all its text; another name for the file is no other template."""
        others = sorted((name, text) for name, text in self.sources.items() if name != self.name)
        return hashlib.sha256(json.dumps([self.sources[self.name], others]).encode()).hexdigest()[:16]

    def error(self, error: OwnTemplateError) -> ReportError:
        """What is wrong with it, for the user: the file and its line, where it is known."""
        return _error(self.shown, self.name, error)


def read_template(path: Path, shown: str, package: str) -> OwnTemplate:
    """Read a template and those that it names; `package` is the report's, whose templates it may name as well.

    Raises ReportError, with the file and the line, where one is no template, or names one that it may not read: only
    `*.j2`, `*.jinja` and `*.jinja2` in its own folder, without links that leave it.
    """
    from harvester.reporting.sandbox import OwnTemplateError

    try:
        return OwnTemplate(path.name, shown, _with_siblings(path, shared_texts(package)))
    except OwnTemplateError as error:
        raise _error(shown, path.name, error) from error


def _with_siblings(path: Path, shared: Mapping[str, str]) -> dict[str, str]:
    """The text of a template and of those that it and these name, by name."""
    from harvester.reporting.sandbox import OwnTemplateError, parse

    folder, sources, pending = path.parent.resolve(), {path.name: _text(path)}, [path.name]
    while pending:
        name = pending.pop()
        for line, names, may_miss in _named(parse(sources[name], name), name):
            for each in names:
                if each in sources or each.startswith(SHARED_PREFIX):
                    continue
                text = _sibling(folder, each, name, line)
                if text is not None:
                    sources[each] = text
                    pending.append(each)
            if not may_miss and not any(each in sources or each in shared for each in names):
                near = did_you_mean(names[0], shared)
                raise OwnTemplateError(f"there is no template {names[0]!r}{near}", name, line)
            if len(sources) > MOST:
                raise OwnTemplateError(f"it is made of more than {MOST} templates", name, line)
    return sources


def shared_texts(package: str) -> dict[str, str]:
    """The templates that any template of a report of this package may name: the package's own, and ours.

    Ours have names such as `harvester/page.md.j2`.
    """
    ours = {f"{SHARED_PREFIX}{name}": text for name, text in _texts(SHARED).items()}
    return ours | _texts(package)


def _texts(package: str) -> dict[str, str]:
    found = sorted(files(package).iterdir(), key=lambda each: each.name)
    return {each.name: each.read_text("utf-8") for each in found if each.name.endswith(SUFFIXES)}


def _text(path: Path) -> str:
    return read_text(path, limit=LARGEST).removeprefix("\ufeff").replace("\r\n", "\n")


def _named(tree: nodes.Template, name: str) -> Iterator[tuple[int, list[str], bool]]:
    """What a template names of others: the line, the names of which the first that exists is meant, and if none need.

    Raises OwnTemplateError for a name that is not written out: it could be anything by the time that it is known.
    """
    from jinja2 import nodes

    from harvester.reporting.sandbox import OwnTemplateError

    try:
        found = list(tree.find_all((nodes.Extends, nodes.FromImport, nodes.Import, nodes.Include)))
    except RecursionError as error:
        raise OwnTemplateError("it is nested too deeply", name, None) from error
    for node in found:
        part: nodes.Node = node.template  # type: ignore[attr-defined] # all four have it
        listed = part.items if isinstance(part, (nodes.List, nodes.Tuple)) else [part]
        names = [each.value for each in listed if isinstance(each, nodes.Const) and isinstance(each.value, str)]
        if not names or len(names) != len(listed):
            raise OwnTemplateError("the name of another template is written out, in quotation marks", name, node.lineno)
        yield node.lineno, names, isinstance(node, nodes.Include) and node.ignore_missing


def _sibling(folder: Path, name: str, by: str, line: int) -> str | None:
    """The text of a template beside another; None where there is none.

    Raises OwnTemplateError where it is outside the folder, or is not called as a template is.
    """
    from harvester.reporting.sandbox import OwnTemplateError

    if not _PLAIN_NAME.fullmatch(name) or not name.endswith(SUFFIXES):
        raise OwnTemplateError(
            f"{name!r} is not read: other templates are {', '.join(f'*{each}' for each in SUFFIXES)} in its own folder",
            by, line,
        )  # fmt: skip
    try:
        place = (folder / name).resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return None
    if not place.is_relative_to(folder):
        raise OwnTemplateError(f"{name!r} is a link to another folder and is not read", by, line)
    try:
        return _text(place)
    except ReportError as error:
        raise OwnTemplateError(error.message.rstrip("."), by, line) from error


def _error(shown: str, main: str, error: OwnTemplateError) -> ReportError:
    """An error of a template with the path of its file as the user wrote it."""
    ours = error.name.startswith(SHARED_PREFIX)
    file = shown if error.name == main else error.name if ours else str(Path(shown).parent / error.name)
    place = file if error.line is None else f"{file}, line {error.line}"
    end = "" if error.message.endswith("?") else "."
    return ReportError(f"{place}: {error.message}{end}", hint=GUIDE)
