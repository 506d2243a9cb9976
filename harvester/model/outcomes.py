"""Figures that a note gives for a goal."""

from __future__ import annotations

import re
from collections.abc import Mapping

_OUTCOME = re.compile(
    r"\s*(?P<goal>[A-Za-z0-9_.-]+)\s*=\s*(?P<value>[+-]?\d{1,15}(?:\.\d{1,15})?)(?:\s+\S.*)?\s*", re.ASCII
)


def read_outcome(text: str) -> Mapping[str, float]:
    """The figures in a note's outcome, one a line, by goal: `no-double-charges = 4` or `… = 4 a month`."""
    found = (_OUTCOME.fullmatch(line) for line in text.split("\n"))
    return {each["goal"]: float(each["value"]) for each in found if each}
