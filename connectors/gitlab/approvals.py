"""When somebody approved of whose approval GitLab has no note, as of one that was imported."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harvester.sdk.http import WebError
from harvester.sdk.rows import parse_time

from . import rows
from .client import Client

Node = dict[str, Any]
PENDING = dt.timedelta(hours=1)
"""How long a note of an approval may be on its way: a row that the note would make another one must not come before."""
MOST = 100
"""How many merge requests are asked for in one fetch: REST tells the times of one at a time."""


@dataclass
class Approvals:
    """Finds the times of approvals without a note. What stays unknown is kept for a gap."""

    client: Client
    at: dt.datetime
    """The server's time: a note of an approval of the last minutes is still to come."""
    unknown: dict[str, None] = field(default_factory=dict)
    """Where somebody approved at a time that is not shown, by address."""
    asked: int = 0

    def read(self, nodes: Iterable[Node], context: rows.RowContext) -> None:
        """Note in each of these merge requests, as `approved`, who approved without a note, with the times."""
        for node in nodes:
            silent = rows.silent_approvers(node, context)
            times = self._times(node) if silent and self.asked < MOST else {}
            found = [(who, times.get(rows.number(who["id"]))) for who in silent]
            node["approved"] = [(who, at) for who, at in found if at and at < self.at - PENDING]
            if not all(at for _, at in found):
                self.unknown[str(node.get("webUrl") or context.work_item(node))] = None

    def reason(self) -> str:
        """What is not known, for a gap; empty where all is."""
        if not self.unknown:
            return ""
        some = ", ".join(itertools.islice(self.unknown, 3))
        more = f" and {len(self.unknown) - 3} more" if len(self.unknown) > 3 else ""
        return f"GitLab does not show when somebody approved, and from 18.7 on may: {some}{more}"

    def _times(self, node: Node) -> Mapping[int, dt.datetime]:
        """The time of each approval by the approver's id, as GitLab tells from 18.7 on; raises WebError for a limit.

        Source: https://gitlab.com/gitlab-org/gitlab/-/merge_requests/204605
        """
        self.asked += 1
        project = rows.number(node["project"]["id"])
        try:
            shown = self.client.rest.get(f"projects/{project}/merge_requests/{node['iid']}/approvals", tries=2).body
        except WebError as failure:
            if failure.kind == "limit":
                raise
            return {}
        listed = shown.get("approved_by") if isinstance(shown, dict) else None
        known = [each for each in listed or () if isinstance(each, dict) and isinstance(each.get("user"), dict)]
        times = {int(each["user"]["id"]): parse_time(each.get("approved_at")) for each in known}
        return {user: at for user, at in times.items() if at}
