"""Merge requests, reviews and closed issues from GitLab."""
