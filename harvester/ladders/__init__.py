"""Ladders: what a company asks for at each level, read from the shapes in which companies publish it."""
