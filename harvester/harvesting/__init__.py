"""Reading sources into the ledger."""
