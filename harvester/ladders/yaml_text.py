"""YAML of unknown origin: texts, lists and tables alone, bounded in depth, without aliases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harvester.config.toml import DEEPEST
from harvester.errors import ConfigError
from harvester.text import shorten

if TYPE_CHECKING:
    import yaml

LARGEST = 256 << 10
"""Bytes of YAML: the largest ladder that was looked at has 45,575, and the worst 256 KiB took four seconds to read."""

LONGEST_KEY = 60
"""Characters of a key that an error shows."""


def parse_yaml(text: str, path: Path, first_line: int = 1) -> object:
    """The text of a YAML file, every scalar as a text; raises ConfigError with the line of an error.

    `first_line` is the line of the file that the text begins with. An alias is an error, since few of them can be
    billions of values, and so is a key that a table has twice, of which a reader would see one.
    """
    import yaml

    if len(text.encode()) > LARGEST:
        raise ConfigError(f"{path} is too large: more than {LARGEST:,} bytes.", hint="Is this the right file?")
    try:
        return _loader()(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + first_line}: " if mark else ""
        raise ConfigError(f"{path}: {place}{error.problem or error.context}.", hint="Fix that line.") from None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise ConfigError(f"{path}: this is not YAML: {str(error).splitlines()[0]}.", hint="Is it a text?") from None


def _loader() -> type[yaml.BaseLoader]:
    """A loader without tags; the library is imported only where there is YAML."""
    import yaml

    class Loader(yaml.BaseLoader):
        """Scalars stay texts: no dates, no numbers, no objects."""

        depth = 0

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            """A node, unless it is an alias or nested too deep."""
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            if self.check_event(yaml.AliasEvent):
                raise yaml.MarkedYAMLError(problem="an alias (*) is not read; write its text", problem_mark=mark)
            if self.depth > DEEPEST:
                raise yaml.MarkedYAMLError(problem=f"this is nested more than {DEEPEST} deep", problem_mark=mark)
            self.depth += 1
            try:
                return super().compose_node(parent, index)
            finally:
                self.depth -= 1

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
            """A table, unless it has a key twice."""
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in seen:
                    problem = f"the key {shorten(key.value, LONGEST_KEY)!r} is here twice"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                seen.add(str(key.value))
            return super().construct_mapping(node, deep)

    return Loader
