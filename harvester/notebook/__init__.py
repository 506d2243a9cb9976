"""The notebook: what no tracker sees."""
