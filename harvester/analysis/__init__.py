"""The frame, and what is counted and connected in it."""
