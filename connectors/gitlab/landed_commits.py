"""Which commits merge requests brought where no merge commit says so: squashed, or fast-forwarded as they were.

A merge commit's hash comes with its merge request, and in a clone its message names the merge request. GitLab merges
without one where a project is set to fast-forward: then the commits themselves land, or the one that they were squashed
into, whose hash only REST has. So they are looked up, and also where a project has words of its own for merges that do
not name the merge request. Without them a clone's commits would count beside the merge request that brought them.

Source: `merged_commit_sha` in https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/models/merge_request.rb
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from harvester.sdk.http import WebError
from harvester.sdk.paging import PageSize, in_batches
from harvester.sdk.rest import by_link_here, listed

from . import item_keys, rows
from .client import Client
from .graphql import PAGE
from .item_keys import ItemKey

Node = dict[str, Any]
REFERENCE = "See merge request %{reference}"
"""How a merge commit's message names the merge request in GitLab's own template
(https://docs.gitlab.com/user/project/merge_requests/commit_templates/)."""


@dataclass
class LandedCommits:
    """Finds the commits of merge requests that landed without a merge commit which names them."""

    client: Client
    missing: list[str] = field(default_factory=list)
    """Why some are not known, for gaps."""

    def read(self, merged: Sequence[Node]) -> None:
        """Note in each of these merge requests, as `landed`, the hashes of the commits that it brought."""
        wanted = {(rows.project_path(each), int(each["iid"])): each for each in merged}
        squashed: dict[int, dict[int, Node]] = {}
        for path, found in self._commits([ItemKey(path, "Landed", iid) for path, iid in wanted]):
            node = wanted[path, int(found["iid"])]
            commits = (found.get("commitsWithoutMergeCommits") or {}).get("nodes") or ()
            node["landed"] = [str(each["sha"]) for each in commits if each]
            if len(commits) >= PAGE:
                self._note_all(node)
            if found["squash"] or found["squashOnMerge"]:
                squashed.setdefault(rows.number(node["project"]["id"]), {})[int(node["iid"])] = node
        for project, some in squashed.items():
            for at in range(0, len(some), PAGE):
                self._note_squashed(project, dict(list(some.items())[at : at + PAGE]))

    def _commits(self, wanted: Sequence[ItemKey]) -> Iterator[tuple[str, Node]]:
        """What each of these brought, with its project's path; nothing for one that is not shown."""
        for batch, answer in in_batches(
            self.client.retry, PageSize(PAGE), wanted, partial(item_keys.ask, self.client), take=item_keys.take
        ):
            if isinstance(answer, WebError):
                self.missing.append(f"{len(batch)} of them: {answer}")
                continue
            for part, some in item_keys.query_parts(batch):
                yield from ((some[0].project, each) for each in item_keys.found(answer, part, "Landed") or ())

    def _note_all(self, node: Node) -> None:
        """Note all commits of a merge request that may have more than came: those left out would count beside it."""
        place = f"projects/{rows.number(node['project']['id'])}/merge_requests/{node['iid']}/commits"
        try:
            pages = list(self.client.rest.pages(place, by_link_here, {"per_page": PAGE}))
            node["landed"] = [str(each["id"]) for page in pages for each in listed(page) if each.get("id")]
        except WebError as failure:
            self.missing.append(f"{rows.project_path(node)}!{node['iid']}: {failure}")

    def _note_squashed(self, project: int, some: dict[int, Node]) -> None:
        """Note the commit into which each of a project's merge requests was squashed, where it was."""
        asked = urlencode([*(("iids[]", iid) for iid in some), ("per_page", PAGE)])
        try:
            found = listed(self.client.rest.get(f"projects/{project}/merge_requests?{asked}"))
        except WebError as failure:
            self.missing.append(f"{len(some)} of them: {failure}")
            return
        for each in found:
            if (sha := each.get("squash_commit_sha")) and each.get("iid") in some:
                some[int(each["iid"])]["landed"] = [str(sha)]


def is_named(node: Node) -> bool:
    """Whether there is a merge commit whose message names the merge request, unless somebody wrote another one."""
    template = node["project"].get("mergeCommitTemplate")
    return bool(node["mergeCommitSha"]) and (not template or REFERENCE in template)
