"""The templates that make HTML: every text is made visible and escaped, and a name that is not given is an error."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harvester.reporting.markdown import visible

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Template

SHARED = "harvester.reports"
"""The package whose templates every report may extend and import, as `harvester/page.md.j2`."""

SHARED_PREFIX = "harvester/"
"""How their names begin."""

MARKDOWN_SYNTAX: Mapping[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
"""How the template of a page is read, ours and a user's own."""


@functools.cache
def html_template(name: str) -> Template:
    """A template of this package, such as `page.html.j2`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("harvester.reporting", ""), autoescape=True, finalize=_finalize,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["short"] = _short
    return environment.get_template(name)


@functools.cache
def compiled() -> BytecodeCache:
    """Where templates are kept once compiled, for the next report of this process.

    Compiling takes longer than rendering. A template is found by its file and is the same only if its text is.
    """
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

    class Memory(BytecodeCache):
        def __init__(self) -> None:
            self._by_key: dict[str, bytes] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            if code := self._by_key.get(bucket.key):
                bucket.bytecode_from_string(code)

        def dump_bytecode(self, bucket: Bucket) -> None:
            self._by_key[bucket.key] = bucket.bytecode_to_string()

    return Memory()


def _finalize(value: Any) -> Any:
    """A text without what no document may have; what is HTML of ours already (`safe`) stays as it is."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _short(value: Any) -> str:
    """A length for SVG, without digits that nobody sees."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
