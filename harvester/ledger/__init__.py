"""The ledger: everything that was read, once, in two Delta tables that a killed run leaves whole."""

from harvester.ledger.changes import Change, Counts, Slice
from harvester.ledger.choose import FORGOTTEN, Wanted, by_accounts
from harvester.ledger.store import Info, Ledger, Turn

__all__ = ["FORGOTTEN", "Change", "Counts", "Info", "Ledger", "Slice", "Turn", "Wanted", "by_accounts"]
