"""The model: contributions, accounts, bots, people and periods."""
