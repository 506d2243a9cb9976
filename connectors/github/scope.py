"""Where to look: organisations, repositories by name or glob, and what to leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

ANYWHERE = ""


@dataclass(frozen=True)
class ScopeFilter:
    """What the configuration names; nothing named means everywhere the token sees.

    `today` gives the present name of a repository that is configured by an earlier one, `users` the owners that are no
    organisations: they are searched by another qualifier, `renamed_out` the present names (lower case) of repositories
    that `exclude` names by an earlier one.
    """

    organisations: Sequence[str] = ()
    repositories: Sequence[str] = ()
    exclude: Sequence[str] = ()
    today: Mapping[str, str] = field(default_factory=dict)
    users: frozenset[str] = frozenset()
    renamed_out: frozenset[str] = frozenset()

    @property
    def owners(self) -> tuple[str, ...]:
        """The organisations or users whose repositories are read, as far as they are named."""
        globs = [each.partition("/")[0] for each in self.repositories if _is_glob(each)]
        return tuple(dict.fromkeys([*self.organisations, *(each for each in globs if not _is_glob(each))]))

    @property
    def named(self) -> tuple[str, ...]:
        """The repositories that are named without a glob, as configured."""
        return tuple(each for each in self.repositories if not _is_glob(each))

    def seen(self, today: Mapping[str, str], users: frozenset[str], excluded: Iterable[str]) -> ScopeFilter:
        """The same with what GitHub calls them today."""
        return replace(self, today=today, users=users, renamed_out=frozenset(excluded))

    @property
    def left_out(self) -> tuple[str, ...]:
        """The repositories to leave out that are named without a glob, as configured."""
        return tuple(each for each in self.exclude if not _is_glob(each))

    def words(self) -> tuple[str, ...]:
        """One search qualifier for each place, such as `org:acme`; `ANYWHERE` alone where a place cannot be said.

        Each goes into a search of its own: whether several in one search mean "or" depends on the search's type.
        """
        owners = {each.casefold() for each in self.organisations}
        found = [self._owned_by(each) for each in self.organisations]
        for pattern in self.repositories:
            owner = pattern.partition("/")[0]
            if _is_glob(owner):
                return (ANYWHERE,)
            if owner.casefold() not in owners:
                known = self.today.get(pattern, pattern)
                found.append(self._owned_by(owner) if _is_glob(pattern) else f"repo:{known}")
        return tuple(dict.fromkeys(found)) or (ANYWHERE,)

    def _owned_by(self, owner: str) -> str:
        return f"user:{owner}" if owner in self.users else f"org:{owner}"

    def admits(self, repository: str) -> bool:
        """Whether a repository (`owner/name`) is one to read."""
        if self.excludes(repository):
            return False
        if not self.organisations and not self.repositories:
            return True
        patterns = [self.today.get(each, each).casefold() for each in self.repositories]
        patterns += [f"{each.casefold()}/*" for each in self.organisations]
        return any(fnmatchcase(repository.casefold(), each) for each in patterns)

    def excludes(self, repository: str) -> bool:
        """Whether a repository (`owner/name`) is left out, by its name of today or by the one it was left out by."""
        name = repository.casefold()
        return name in self.renamed_out or any(fnmatchcase(name, each.casefold()) for each in self.exclude)


def _is_glob(text: str) -> bool:
    return any(each in text for each in "*?[")
