"""What everything else speaks of: contributions, accounts, people and periods."""
