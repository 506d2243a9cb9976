"""Rendering: from claims and counts to a page and its evidence."""
