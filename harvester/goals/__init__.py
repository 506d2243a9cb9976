"""Goals: what was agreed, how work is matched to it, and how far it is."""
