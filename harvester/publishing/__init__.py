"""Putting a page where others read it: an issue, a file or the summary of a step; written once, and updated after."""
