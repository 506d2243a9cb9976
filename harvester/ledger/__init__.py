"""The ledger: everything that was read, once, in two Delta tables that a killed run leaves whole."""

from harvester.ledger.changeset import Changeset, ReplacedRange, UpsertCounts
from harvester.ledger.ledger import Ledger, LedgerInfo, SourceVersion
from harvester.ledger.queries import FORGOTTEN, Wanted, by_accounts

__all__ = [
    "FORGOTTEN",
    "Changeset",
    "Ledger",
    "LedgerInfo",
    "ReplacedRange",
    "SourceVersion",
    "UpsertCounts",
    "Wanted",
    "by_accounts",
]
