"""harvester.toml, and what git says where there is none."""
