"""The sources that ship with harvester: one module each, found by entry point like anyone else's."""
