"""Every error a user can meet, drawn once.

    HarvesterError              the user can mend it; exit status 1
    ├── ConfigError             harvester.toml or goals.toml, with the file and the key
    ├── SecretError             a reference to a secret leads nowhere
    ├── PeriodError             words that make no period
    ├── PersonError             a person nobody configured
    ├── SourceError             a source could not be read at all
    │   └── AccessError         … because it would not let us in
    ├── LedgerError             the ledger cannot be opened or written
    ├── ReportError             a report cannot be made or written
    └── UnknownError            an id, a source, a report that is not there

Foreign errors are mapped where the foreign library is called. Whatever is not in this tree is a bug of ours and
keeps its traceback.
"""


class HarvesterError(Exception):
    """Something the user can mend: what was tried, and in `hint` what to do next (never a secret in either)."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(HarvesterError):
    """A configuration file that cannot be used; the message names the file and the key path or line."""


class SecretError(HarvesterError):
    """A reference such as `env:NAME` that yields nothing; names the reference, never the value."""


class PeriodError(HarvesterError):
    """Words that make no period of time, or one that ends before it begins."""


class PersonError(HarvesterError):
    """A person whom neither the configuration nor the data knows."""


class SourceError(HarvesterError):
    """A source that could not be read at all; what it had yielded before is kept."""


class AccessError(SourceError):
    """A source that refused: a wrong, missing or expired token, or a folder that may not be read."""


class LedgerError(HarvesterError):
    """A ledger that cannot be opened, read or written; its last good state is intact."""


class ReportError(HarvesterError):
    """A report that cannot be made, or a file in its way."""


class UnknownError(HarvesterError):
    """An id, a source or a report that is not there."""
