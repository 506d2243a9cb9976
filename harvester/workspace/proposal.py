"""A source that `init` proposes: its section of harvester.toml, and the account there of the person who runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harvester.config.toml import as_toml


@dataclass(frozen=True, slots=True)
class Proposal:
    """A source to propose: its section in TOML, and the account there of the person who runs `init`."""

    source: str
    section: str
    account: str
    """The login, or words in place of one that is not known; empty where addresses are enough."""


def section(connector: str, name: str, **keys: str | list[str]) -> str:
    """The section of a source in TOML; a key with nothing in it is left out."""
    lines = [
        f"connector = {as_toml(connector)}",
        *(f"{key} = {as_toml(value)}" for key, value in keys.items() if value),
    ]
    return "\n".join([f"[sources.{name}]", *lines])


def commented(text: str) -> str:
    """A section as comments."""
    return "# " + text.replace("\n", "\n# ")


def accounts_line(proposals: Sequence[Proposal]) -> str:
    """The line below a person with their accounts: those that are known, and words in place of the others."""
    named = [f"{each.source} = {as_toml(each.account)}" for each in proposals if each.account]
    return f"accounts = {{ {', '.join(named)} }}"
