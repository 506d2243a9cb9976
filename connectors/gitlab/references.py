"""The issues of the same GitLab that a merge request's description says it closes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harvester.sdk.statements import closes_on_gitlab

from .rows import project_path

_ISSUE = re.compile(r"(?P<path>[\w./-]*)#(?P<iid>\d{1,10})", re.ASCII)


def closed_issues(node: dict[str, Any], host: str) -> Iterator[tuple[str, int]]:
    """Path of the project and number of each; `host` is what work items of this GitLab begin with."""
    own = project_path(node)
    for reference in closes_on_gitlab(node.get("description") or ""):
        found = _ISSUE.fullmatch(reference.removeprefix(f"{host}/"))
        if found:
            path = found["path"]
            within = f"{own.rpartition('/')[0]}/{path}" if path and "/" not in path else path or own
            yield within, int(found["iid"])
