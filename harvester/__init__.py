"""Gathers what people did, holds it against their goals, and renders reports whose every line links to its proof."""

from harvester.version import VERSION

__all__ = ["VERSION"]
