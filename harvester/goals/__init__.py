"""Goals: what they are, how work is matched to them, and how far they are."""
