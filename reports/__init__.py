"""The reports that ship with harvester: one template each, and the little Python that only reports need."""
