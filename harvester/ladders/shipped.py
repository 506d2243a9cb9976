"""The ladders that come with harvester; docs/ladders.py converts them from where they are published."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from harvester.ladders.model import Ladder
from harvester.ladders.read import parse_ladder

SHIPPED = {
    "ft": "Financial Times engineering ladder",
    "monzo": "Monzo engineering ladder",
}
"""How `goals import` calls each, and its title."""


def shipped_ladder(name: str) -> Ladder:
    """One of `SHIPPED`; raises KeyError for another name."""
    if name not in SHIPPED:
        raise KeyError(name)
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
    return parse_ladder(text, ".toml", Path(f"{name}.toml"))
