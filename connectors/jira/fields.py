"""What a site is and which of its fields mean what: epic and story points have another number on every site. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
STORY_POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
"""The types of Jira Software's own fields."""
POINT_NAMES = frozenset({"story points", "story point estimate"})
"""What a number field for points is called; company-managed projects have one of no type of its own."""
WANTED = (
    "assignee", "components", "created", "description", "fixVersions", "issuelinks", "issuetype", "labels", "parent",
    "project", "reporter", "resolution", "resolutiondate", "status", "statuscategorychangedate", "summary", "updated",
)  # fmt: skip
"""The fields that rows are made of, beside those of a site's own."""


@dataclass(frozen=True)
class Site:
    """A site as it describes itself: Cloud or Data Center, its version, and the ids of its fields by their meaning."""

    cloud: bool
    version: str = ""
    epics: tuple[str, ...] = ()
    points: tuple[str, ...] = ()

    def wanted(self, more: Iterable[str] = ()) -> list[str]:
        """The fields to ask for."""
        return [*WANTED, *self.epics, *self.points, *more]


def site_of(server: Json, fields: Iterable[Json]) -> Site:
    """A site from its answers to `serverInfo` and `field`; an older server that does not name its kind is no Cloud."""
    known = sorted((each for each in fields if each.get("id")), key=lambda each: str(each["id"]))
    typed = [each for each in known if _type(each) == STORY_POINTS]
    named = [each for each in known if each not in typed and _counts_points(each)]
    return Site(
        cloud=str(server.get("deploymentType", "")).casefold() == "cloud",
        version=str(server.get("version", "")),
        epics=tuple(str(each["id"]) for each in known if _type(each) == EPIC_LINK),
        points=tuple(str(each["id"]) for each in (*typed, *named)),
    )


def points_of(fields: Json, site: Site) -> float | None:
    """The story points of a ticket: the first field that has any; None without."""
    values = (fields.get(each) for each in site.points)
    return next((float(each) for each in values if isinstance(each, int | float) and _is_number(each)), None)


def parent_of(fields: Json, site: Site) -> str | None:
    """The key of a ticket's parent, else of its epic; None without either."""
    parent = fields.get("parent") or {}
    values = [parent.get("key"), *(fields.get(each) for each in site.epics)]
    return next((each for each in values if isinstance(each, str) and each), None)


def parent_title_of(fields: Json) -> str | None:
    """The title of a ticket's parent, where the site names it: of an epic that is a link only it does not."""
    parent = fields.get("parent") or {}
    return str((parent.get("fields") or {}).get("summary") or "") or None


def _is_number(value: float) -> bool:
    return not isinstance(value, bool) and math.isfinite(value)


def _type(field: Json) -> str:
    return str((field.get("schema") or {}).get("custom", ""))


def _counts_points(field: Json) -> bool:
    is_number = (field.get("schema") or {}).get("type") == "number"
    return is_number and str(field.get("name", "")).strip().casefold() in POINT_NAMES
