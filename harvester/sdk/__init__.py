"""What an author of a connector or a report uses."""
