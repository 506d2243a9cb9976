"""Days as people write them in TOML: a date, or in quotes several days or a month."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BeforeValidator

from harvester.errors import PeriodError
from harvester.model.periods import parse_days


def _days(value: object) -> tuple[dt.date, dt.date]:
    """The first and the last day of a date, or of words for days."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value, value
    try:
        return parse_days(value if isinstance(value, str) else "")
    except PeriodError as error:
        why = f"{error.message.removesuffix('.')}; " if value and isinstance(value, str) else ""
        raise ValueError(f"{why}{error.hint[:1].lower()}{error.hint[1:].removesuffix('.')}") from error


def _day(value: object) -> dt.date:
    first, last = _days(value)
    if first != last:
        raise ValueError("write one day, such as 2026-09-30")
    return first


Day = Annotated[dt.date, BeforeValidator(_day, json_schema_input_type=dt.date)]
Days = Annotated[tuple[dt.date, dt.date], BeforeValidator(_days, json_schema_input_type=str)]
"""The first and the last day, both included."""
