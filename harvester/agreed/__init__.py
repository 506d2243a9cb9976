"""What was agreed with a manager, and what of the work serves it: goals, decisions, claims, suggestions, progress."""
