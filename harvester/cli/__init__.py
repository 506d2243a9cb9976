"""The command `harvester`: parse, one call, echo. The only place that prints, exits and reads the environment."""

from harvester.cli.main import main

__all__ = ["main"]
