"""Which repositories to read: organisations, repositories by name or glob, and what to exclude."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harvester.sdk.globs import is_glob, matches_any

ANYWHERE = ""


@dataclass(frozen=True)
class ScopeFilter:
    """What the configuration names; without any name, everything the token sees.

    `current_names` maps configured repositories to their present names. `users` are the owners that are users, not
    organisations: they are searched by another qualifier. `excluded_today` are the present names (lower case) of
    repositories that `exclude` names, perhaps by an earlier name.
    """

    organisations: Sequence[str] = ()
    repositories: Sequence[str] = ()
    exclude: Sequence[str] = ()
    current_names: Mapping[str, str] = field(default_factory=dict)
    users: frozenset[str] = frozenset()
    excluded_today: frozenset[str] = frozenset()

    @property
    def owners(self) -> tuple[str, ...]:
        """The organisations and users whose repositories are read, as far as they are named."""
        globs = [each.partition("/")[0] for each in self.repositories if is_glob(each)]
        return tuple(dict.fromkeys([*self.organisations, *(each for each in globs if not is_glob(each))]))

    @property
    def named(self) -> tuple[str, ...]:
        """The repositories that are named without a glob, as configured."""
        return tuple(each for each in self.repositories if not is_glob(each))

    def with_current_names(
        self, current_names: Mapping[str, str], users: frozenset[str], excluded: Iterable[str]
    ) -> ScopeFilter:
        """The same filter with what GitHub calls everything today."""
        return replace(self, current_names=current_names, users=users, excluded_today=frozenset(excluded))

    @property
    def excluded(self) -> tuple[str, ...]:
        """The repositories to exclude that are named without a glob, as configured."""
        return tuple(each for each in self.exclude if not is_glob(each))

    def qualifiers(self) -> tuple[str, ...]:
        """One search qualifier for each owner or repository, such as `org:acme`; `ANYWHERE` where none can say it.

        Each goes into a search of its own: whether several in one search mean "or" depends on the search's type.
        """
        owners = {each.casefold() for each in self.organisations}
        found = [self._owned_by(each) for each in self.organisations]
        for pattern in self.repositories:
            owner = pattern.partition("/")[0]
            if is_glob(owner):
                return (ANYWHERE,)
            if owner.casefold() not in owners:
                known = self.current_names.get(pattern, pattern)
                found.append(self._owned_by(owner) if is_glob(pattern) else f"repo:{known}")
        return tuple(dict.fromkeys(found)) or (ANYWHERE,)

    def _owned_by(self, owner: str) -> str:
        return f"user:{owner}" if owner in self.users else f"org:{owner}"

    @property
    def names_places(self) -> bool:
        """Whether all that is searched is in owners or repositories that are named."""
        return ANYWHERE not in self.qualifiers()

    def admits(self, repository: str) -> bool:
        """Whether a repository (`owner/name`) is to be read."""
        if self.excludes(repository):
            return False
        if not self.organisations and not self.repositories:
            return True
        patterns = [self.current_names.get(each, each) for each in self.repositories]
        return matches_any(repository, [*patterns, *(f"{each}/*" for each in self.organisations)])

    def excludes(self, repository: str) -> bool:
        """Whether a repository (`owner/name`) is excluded, by its present name or by the one in `exclude`."""
        return repository.casefold() in self.excluded_today or matches_any(repository, self.exclude)
