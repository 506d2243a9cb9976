"""Gathers what people did, matches it with their goals, and renders reports whose every line links to its evidence.

The Python API is `load`, `harvest`, `claims` and `report`; docs/python.md shows how to use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harvester.errors import HarvesterError
from harvester.version import VERSION

if TYPE_CHECKING:
    from harvester.api import claims, harvest, load, report

__all__ = ["VERSION", "HarvesterError", "claims", "harvest", "load", "report"]


def __getattr__(name: str) -> Any:
    """The functions of the API, imported at their first use, so that `import harvester` stays light."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from harvester import api

    return getattr(api, name)
