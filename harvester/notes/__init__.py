"""The notebook: what no tracker sees, in Markdown that a person writes and edits by hand."""
