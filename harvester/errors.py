"""Every error that a user can meet, as a tree.

    HarvesterError              the user can fix it; exit status 1
    ├── ConfigError             harvester.toml or goals.toml, with the file and the key
    ├── SecretError             a reference to a secret that finds none
    ├── PeriodError             not a valid period
    ├── PersonError             an unknown person
    ├── SourceError             a source could not be read at all
    │   └── AccessError         because it refused access
    ├── LedgerError             the ledger cannot be opened or written
    ├── EngineError             a cluster cannot be used
    ├── ReportError             a report cannot be made or written
    ├── PublishError            a page cannot be published
    └── UnknownError            an unknown id, source, team or report

`harvester/cli/main.py` defines the exit statuses and maps errors to them; a command returns the one for an incomplete
source.

Errors of other libraries are mapped where the library is called. Any other exception is one of the machine, or a bug:
the command says it in one line, and `--debug` shows its traceback.
"""


class HarvesterError(Exception):
    """An error the user can fix: `message` says what was tried, `hint` what to do next; neither holds a secret."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(HarvesterError):
    """A configuration file that cannot be used; the message names the file and the key path or line."""


class SecretError(HarvesterError):
    """A reference such as `env:NAME` that finds no secret; the message names the reference, never a value."""


class PeriodError(HarvesterError):
    """A text that is not a valid period, or a period that ends before it begins."""


class PersonError(HarvesterError):
    """A person who is neither configured nor in the data, or where nobody is named at all."""


class SourceError(HarvesterError):
    """A source that could not be read; rows from it that are stored already stay."""


class AccessError(SourceError):
    """A source that refused access: a wrong, missing or expired token, or a folder that may not be read."""


class LedgerError(HarvesterError):
    """A ledger that cannot be opened, read or written; its last good state is intact."""


class EngineError(HarvesterError):
    """A cluster that cannot be used: Dask is not installed, no scheduler answers, or its workers are other ones."""


class ReportError(HarvesterError):
    """A report or file that cannot be written or read, or that was not overwritten."""


class PublishError(HarvesterError):
    """A page that could not be published, or was not; the place still has what it had."""


class UnknownError(HarvesterError):
    """An unknown id, work item, source, team, goal or kind of report."""
