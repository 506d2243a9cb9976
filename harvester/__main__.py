"""`python -m harvester` is the command `harvester`."""

from harvester.cli.main import run

run()
