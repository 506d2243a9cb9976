"""Which projects to read: groups, projects by path or glob, and what to exclude."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from harvester.sdk.globs import is_glob, matches_any


@dataclass(frozen=True)
class Place:
    """A group with its subgroups, or a project, by its path."""

    kind: Literal["group", "project"]
    path: str


@dataclass(frozen=True)
class ScopeFilter:
    """What the configuration names; without any name, everything the token sees.

    `current_names` maps configured projects and groups to their present paths. `personal` has the owners that are
    people, not groups, with the paths of their projects. `excluded_today` are the present paths of projects that
    `exclude` names, perhaps by an earlier path.
    """

    groups: Sequence[str] = ()
    projects: Sequence[str] = ()
    exclude: Sequence[str] = ()
    current_names: Mapping[str, str] = field(default_factory=dict)
    personal: Mapping[str, Sequence[str]] = field(default_factory=dict)
    excluded_today: frozenset[str] = frozenset()

    @property
    def owners(self) -> tuple[str, ...]:
        """The groups to look up: those named, and those that globs of projects begin with."""
        globs = [_fixed_part(each) for each in self.projects if is_glob(each)]
        return tuple(dict.fromkeys([*self.groups, *(each for each in globs if each)]))

    @property
    def named(self) -> tuple[str, ...]:
        """The projects that are named without a glob, as configured."""
        return tuple(each for each in self.projects if not is_glob(each))

    @property
    def excluded(self) -> tuple[str, ...]:
        """The projects to exclude that are named without a glob, as configured."""
        return tuple(each for each in self.exclude if not is_glob(each))

    def with_current_names(
        self, current_names: Mapping[str, str], personal: Mapping[str, Sequence[str]], excluded: Iterable[str]
    ) -> ScopeFilter:
        """The same filter with what GitLab calls everything today."""
        today = frozenset(each.casefold() for each in excluded)
        return replace(self, current_names=current_names, personal=personal, excluded_today=today)

    @property
    def names_places(self) -> bool:
        """Whether all that is read is in groups or projects that are named."""
        return bool(self.groups or self.projects) and all(_fixed_part(each) for each in self.projects)

    def places(self) -> tuple[Place, ...]:
        """The groups and projects to read, without those within another; none where a glob may match anywhere."""
        if not self.names_places:
            return ()
        groups = [self._today(each) for each in self.owners if each not in self.personal]
        projects = [self._today(each) for each in self.named if not self.excludes(self._today(each))]
        projects += [path for paths in self.personal.values() for path in paths if self.admits(path)]
        outer = [each for each in groups if not _is_within(each, groups)]
        found = [Place("group", each) for each in outer]
        found += [Place("project", each) for each in projects if not _is_within(each, outer)]
        return tuple(dict.fromkeys(found))

    def admits(self, project: str) -> bool:
        """Whether a project, by its present path, is to be read."""
        if self.excludes(project):
            return False
        if not self.groups and not self.projects:
            return True
        within = _is_within(project, [self._today(each) for each in self.groups])
        return within or matches_any(project, [self._today(each) for each in self.projects])

    def excludes(self, project: str) -> bool:
        """Whether a project is excluded, by its present path or by the one in `exclude`."""
        return project.casefold() in self.excluded_today or matches_any(project, self.exclude)

    def _today(self, name: str) -> str:
        return self.current_names.get(name, name)


def _fixed_part(pattern: str) -> str:
    """The group that everything a glob matches is in: `acme/tools` of `acme/tools/web-*`; empty for none."""
    if not is_glob(pattern):
        return pattern.rpartition("/")[0]
    parts = pattern.split("/")
    fixed = next(number for number, each in enumerate(parts) if is_glob(each))
    return "/".join(parts[:fixed])


def _is_within(path: str, groups: Iterable[str]) -> bool:
    return any(path.casefold().startswith(f"{each.casefold()}/") for each in groups)
