"""One fetch: look up, choose, read lists and events, complete what came short, and report what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Event, Gap, Remark, Request, Retraction, ScopeCompleted
from harvester.sdk.cursor import hashed, hashed_accounts
from harvester.sdk.gaps import UnreadableScope
from harvester.sdk.graphql import Answer
from harvester.sdk.http import WebError, or_busy
from harvester.sdk.nested_lists import NestedLists
from harvester.sdk.paging import STRIKES, PageSize, TotalCheck, ask_alone, ask_fitting, in_batches
from harvester.sdk.rows import parse_time
from harvester.sdk.slices import TimeSlice

from . import graphql, item_keys, list_walks, listings, preflight, references, releases, rows
from .approvals import Approvals
from .client import Client
from .closings import Closings
from .cursor import Cursor, by_project, newest
from .events import RETENTION, EventTarget, event_targets
from .gaps import GapCollector, address
from .graphql import PAGE, Shape
from .item_keys import ItemKey
from .landed_commits import LandedCommits, is_named
from .listings import ListProgress, ListRequest
from .query_parts import QueryPart, ask_once
from .strategy import ReadOptions, Start, begin, event_periods

Node = dict[str, Any]
SCATTERED = 10
"""From how many requests on reading what people reviewed project by project is compared with another way."""
SKIPS = 10
"""How many entries that GitLab cannot answer for are left out in one fetch."""
TOGETHER = 500
"""How many issues wait for how they were closed, and merge requests for how they landed."""
CLOSED = 100
"""How many issues that one description closes are looked up: it is anybody's text."""
MOVED = 50
"""How many projects that descriptions name, and that are not shown by these paths, are looked up by earlier ones."""
NOT_FOUND_BY_PERSON = (
    "GitLab has no list of what a merge request closed: an issue without an assignee that the commits of a person's "
    "merge request closed, and not its description, is not found; where groups or projects are named it is read"
)
"""What reading by person leaves out where no place is named."""


@dataclass
class GitLabReader:
    """Reads one request; `events` may be walked once."""

    client: Client
    options: ReadOptions
    request: Request
    time_slice: TimeSlice = field(default_factory=TimeSlice)
    size: PageSize = field(default_factory=lambda: PageSize(PAGE, listings.FIRST_PAGE))
    start: Start = field(init=False, repr=False)
    row_context: rows.RowContext = field(init=False, repr=False)
    nested_lists: NestedLists = field(init=False, repr=False)
    closings: Closings = field(init=False, repr=False)
    landed_commits: LandedCommits = field(init=False, repr=False)
    approvals: Approvals = field(init=False, repr=False)
    gaps: GapCollector = field(init=False, repr=False)
    progress: list[ListProgress] = field(default_factory=list)
    issues: list[tuple[Node, bool]] = field(default_factory=list)
    """Issues that wait for how they were closed, and whether only a reference led to them."""
    unlanded: list[Node] = field(default_factory=list)
    """Merge requests that wait for the commits as which they landed."""
    seen: set[str] = field(default_factory=set)
    """What was read, as shape and id."""
    read: set[ItemKey] = field(default_factory=set)
    """What was read, by its place."""
    projects: dict[int, str] = field(default_factory=dict)
    """Paths by id, of every project with a row."""
    referenced: dict[ItemKey, None] = field(default_factory=dict)
    """Issues that a wanted person's merge request closes."""
    elsewhere: list[ItemKey] = field(default_factory=list)
    """Those in projects that are not shown by these paths."""
    watched: dict[tuple[int, str], None] = field(default_factory=dict)
    """What has a row, by its project's id and its mark."""
    unlisted: dict[str, None] = field(default_factory=dict)
    """Issues with a row to which neither lists nor events lead, as in `Cursor.referenced`."""
    strikes: int = 0
    skips: int = 0

    def __post_init__(self) -> None:
        self.nested_lists = NestedLists(
            self.client, graphql.MORE, graphql.rest, total="count", size=PageSize(graphql.LISTS)
        )
        self.closings = Closings(self.client)
        self.landed_commits = LandedCommits(self.client)
        self.gaps = GapCollector(self.options.host, self.request.period)

    def events(self) -> Iterator[Event]:
        """Everything the request asks for; raises WebError where GitLab stops answering."""
        yield from self.gaps.around(self._all_rows())
        yield self._completed()

    def begin(self) -> Start:
        """Look everything up, choose the strategy, and remember both."""
        self.start = begin(self.client, self.options, self.request, self.time_slice)
        self.options = self.start.options
        accounts, found = self.request.accounts, self.start.preflight
        self.approvals = Approvals(self.client, found.at)
        self.closings.visibility |= {key: str(each["visibility"]) for key, each in found.shown.items()}
        self.row_context = rows.RowContext(
            self.options.source,
            self.options.host,
            self.start.periods,
            None if accounts is None else frozenset(each.casefold() for each in accounts),
            found.renamed_accounts,
            self.closings.visibility,
        )
        return self.start

    def _all_rows(self) -> Iterator[Event]:
        start = self.begin()
        for hidden in start.preflight.unreadable:
            yield from self.gaps.scope_gap(hidden)
        for reason in start.cursor.unlocated if start.cursor else ():
            yield from self.gaps.unlocated_gap(reason)
        for work_item in start.preflight.watched.gone.values() if start.cursor else ():
            yield Retraction(self.options.host, work_item=f"{self.options.host}/{work_item}")
        self.progress = [
            ListProgress(each, TotalCheck(count), finished=not count) for each, count in start.strategy.counts.items()
        ]
        yield from self._read_lists()
        yield from self._read_what_moved()
        if start.strategy.by == "person":
            yield from self._read_events()
        yield from self._read_by_reference()
        yield from self._rows_of_issues()
        yield from self._rows_of_unlanded()
        if reason := self.approvals.reason():
            yield from self.gaps.unlocated_gap(reason)
        if not self.time_slice.is_first:
            return
        yield from self._read_releases()
        if start.strategy.by == "person" and not self.options.scope_filter.names_places:
            yield Remark(self.options.host, NOT_FOUND_BY_PERSON)

    def _read_lists(self) -> Iterator[Event]:
        """Read all lists to their end, as many together as one request carries.

        A request that GitLab cannot answer in time is repeated with half as many entries. Where even the last try
        fails, its lists are asked for alone, so that one list does not stop the others.
        """
        while waiting := [each for each in self.progress if not each.finished]:
            batch, answer = ask_fitting(
                self.client.retry, self.size, partial(_pack, waiting), lambda some: ask_once(self.client, _parts(some))
            )
            if isinstance(answer, WebError):
                yield from self._read_alone([progress for progress, _ in batch], answer)
                continue
            self.strikes = 0
            for part, (progress, _) in zip(_parts(batch), batch, strict=True):
                yield from self._take_page(progress, part, answer)

    def _read_alone(self, batch: Sequence[ListProgress], failure: WebError) -> Iterator[Event]:
        """Ask for one entry of one list at a time, without changed paths if need be, else for its id only."""

        def ask(progress: ListProgress, paths: bool) -> tuple[QueryPart, Answer]:
            part = progress.request.page(0, 1, progress.after, paths)
            return part, self.client.retry.call(lambda: ask_once(self.client, [part]), tries=2)

        for progress, way, came in ask_alone(batch, partial(ask, paths=True), partial(ask, paths=False)):
            if isinstance(came, WebError):
                yield from self._skip_entry(progress, failure)
                continue
            if way:
                yield from self.gaps.once("GitLab could not list the files of a merge request in time")
            self.strikes = 0
            yield from self._take_page(progress, *came)

    def _skip_entry(self, progress: ListProgress, failure: WebError) -> Iterator[Event]:
        """Go on after the one entry that cannot be read: its id alone can, and leads to what follows."""
        page: Mapping[str, Any] | WebError | None = None
        if self.skips < SKIPS:
            page = or_busy(lambda: list_walks.ids_page(self.client, progress.request, 1, progress.after))
        if page is None or isinstance(page, WebError):
            yield from self._give_up(progress, failure)
            return
        self.skips += 1
        self.gaps.blocked = True
        for each in progress.take(page):
            self.seen.add(f"{progress.request.listing.shape}:{each['id']}")
            yield self.gaps.gap(f"GitLab could not answer in time for number {each['iid']} of the {progress.request}")

    def _give_up(self, progress: ListProgress, failure: WebError) -> Iterator[Event]:
        """End a list with a gap; raises the failure where several in a row failed, since then the server is down.

        A list of issues over the whole instance, which takes GitLab long, is read over REST before it is given up.
        """
        if progress.request.listing.root == "instance":
            listed = or_busy(lambda: list_walks.issues_by_rest(self.client, progress.request, self._paths_of))
            if not isinstance(listed, WebError):
                progress.finished, progress.doubtful = True, False
                yield from self._read_keys(listed)
                return
        self.strikes += 1
        if self.strikes >= STRIKES:
            raise failure
        progress.finished = True
        self.gaps.blocked = True
        total = progress.arrived.total
        yield self.gaps.gap(f"{len(progress.arrived.seen)} of {total} {progress.request} came, then: {failure}")

    def _take_page(self, progress: ListProgress, part: QueryPart, answer: Answer) -> Iterator[Event]:
        """The rows of one page of one list, and gaps for what it hides."""
        page = progress.request.connection(part.value(answer))
        if page is None:
            progress.finished = True
            yield from self._hidden_list(progress.request, part.errors(answer))
            return
        nodes = progress.take(page)
        for error in part.errors(answer):
            yield from self._hidden_entry(progress.request, page, error)
        yield from self._rows_of_new(progress.request.listing.shape, nodes)

    def _hidden_list(self, request: ListRequest, errors: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
        """A list that is not shown: issues anywhere are read over REST then, everything else is a gap."""
        if request.listing.root == "instance" and not errors:
            listed = or_busy(lambda: list_walks.issues_by_rest(self.client, request, self._paths_of))
            if not isinstance(listed, WebError):
                yield from self._read_keys(listed)
                return
            errors = [{"message": str(listed)}]
        why = preflight.reason_of(errors[0] if errors else {"message": "permission"})
        place = request.listing.root if request.listing.root in {"group", "project"} else ""
        qualifier = f"{place}:{request.of}" if place else None
        if qualifier not in self.gaps.unreadable:
            yield from self.gaps.scope_gap(UnreadableScope(request.of, f"{request}: {why}", qualifier))

    def _hidden_entry(self, request: ListRequest, page: Mapping[str, Any], error: Mapping[str, Any]) -> Iterator[Event]:
        """What an error hides: an entry, or only something within one that came all the same."""
        path = list(error.get("path") or ())
        at = path.index("nodes") if "nodes" in path else len(path)
        index = path[at + 1] if len(path) > at + 1 else None
        node = page["nodes"][index] if isinstance(index, int) and index < len(page["nodes"]) else None
        if node and node.get("id"):
            self.gaps.note_hidden_field(node, error, path[at + 2 :])
            return
        self.gaps.blocked = True
        yield from self.gaps.once(f"one of the {request}: {preflight.reason_of(error)}")

    def _read_what_moved(self) -> Iterator[Event]:
        """Walk the ids of lists whose total moved or was not reached, and read what had not come."""
        for progress in [each for each in self.progress if each.doubtful]:
            walked = or_busy(partial(list_walks.walk_ids, self.client, progress))
            if isinstance(walked, WebError):
                self.gaps.blocked = True
                yield self.gaps.gap(f"{progress.request} changed while they were read, and then: {walked}")
                continue
            shape = progress.request.listing.shape
            yield from self._read_ids(shape, [each for each in walked.ids if f"{shape}:{each}" not in self.seen])
            if not walked.ended:
                self.gaps.blocked = True
                yield self.gaps.gap(f"GitLab's pages of {progress.request} lead back to themselves")
            elif walked.total > len(walked.ids):
                self.gaps.blocked = True
                yield self.gaps.gap(f"GitLab showed {len(walked.ids)} of {walked.total} {progress.request}")

    def _read_ids(self, shape: Shape, ids: Sequence[str]) -> Iterator[Event]:
        """The rows of merge requests or issues by their ids."""
        for batch, answer in in_batches(
            self.client.retry, PageSize(PAGE), ids, partial(list_walks.ask_by_id, self.client, shape),
            take=partial(list_walks.take_ids, shape),
        ):  # fmt: skip
            if isinstance(answer, WebError):
                self.gaps.blocked = True
                yield from self.gaps.once(f"{len(batch)} that moved while lists were read: {answer}")
                continue
            yield from self._rows_of_new(shape, [node for node in answer.data.values() if node and node.get("id")])

    def _read_events(self) -> Iterator[Event]:
        """What people reviewed, closed, merged and commented on, as far as GitLab keeps their events."""
        found, wanted = self.start.preflight, dict[EventTarget, None]()
        comments, failures = "comments" in self.options.also, 0
        for name in found.usernames:
            before = len(wanted)
            for period in event_periods(self.start.jobs, found.at):
                try:
                    for each in event_targets(self.client, found.users[name], period, comments):
                        wanted[each] = None
                    failures = 0
                except WebError as failure:
                    failures += 1
                    if failure.kind == "limit" or failures >= STRIKES:
                        raise
                    self.gaps.blocked = True
                    yield from self.gaps.once(f"the events of {name}: {failure}")
            if len(wanted) == before and found.is_private(self.client, name):
                reason = f"the profile of {name} is private: GitLab shows this token nothing of what they did"
                yield from self.gaps.scope_gap(UnreadableScope(None, reason, f"profile:{hashed(name)}"))
        touched_keys = self._paths_of(wanted)
        yield from self._read_requested(touched_keys)
        yield from self._read_keys(touched_keys)
        yield from self._too_old()

    def _read_requested(self, wanted: Sequence[ItemKey]) -> Iterator[Event]:
        """Read what people were asked to review, where that is quicker than project by project; the rest comes after.

        By number one request reads two projects, so that reviews in many projects take many.
        """
        unread = self._unread(each for each in wanted if each.shape == "MergeRequest")
        alone, found = item_keys.requests_for(unread), self.start.preflight
        if alone <= SCATTERED:
            return
        lists = [listings.requested(job, each) for job in self.start.jobs for each in found.usernames.values()]
        counts = preflight.count(self.client, lists)
        if listings.requests_for(counts) * 2 < alone:
            self.progress = [
                ListProgress(each, TotalCheck(count), finished=not count) for each, count in counts.items()
            ]
            yield from self._read_lists()

    def _too_old(self) -> Iterator[Gap]:
        """What is older than GitLab's events, where that is read in full."""
        edge = self.start.preflight.at - RETENTION
        for job in self.start.jobs:
            if not job.changed and job.period.since < edge:
                self.gaps.any = True
                reason = (
                    "GitLab keeps events for three years: reviews before that, and issues that a person only closed, "
                    "are read where groups or projects are named"
                )
                yield Gap(self.options.host, reason, Period(job.period.since, min(edge, job.period.until)))

    def _paths_of(self, some: Iterable[EventTarget]) -> list[ItemKey]:
        """What events are about, by the present paths of its projects; notes a gap for projects that are not shown."""
        listed = list(some)
        found = self.start.preflight.shown
        unknown = {project for project, _, _ in listed if project not in found}
        if unknown:
            found |= preflight.project_paths(self.client, unknown)
            self.closings.visibility |= {key: str(found[key]["visibility"]) for key in unknown if key in found}
        for project in sorted({project for project, _, _ in listed if project not in found}):
            self.gaps.blocked = True
            self.gaps.note("a project in which people did something is not shown", f"number {project}")
        return sorted(
            ItemKey(str(found[project]["fullPath"]), shape, iid) for project, shape, iid in listed if project in found
        )

    def _read_by_reference(self) -> Iterator[Event]:
        """What no list finds: watched things that changed, and issues that merge requests close.

        Where everything is read again by person, what was found by place before is read by its number, lest it be
        removed.
        """
        found, also = self.start.preflight, self.options.also
        changed: list[ItemKey] = []
        if self.start.cursor:
            for key in found.watched.changed:
                shape: Shape = "MergeRequest" if key.mark[0] == "!" else "Issue"
                changed.append(ItemKey(key.project, shape, key.iid))
                if shape == "Issue" and "comments" in also:
                    changed.append(ItemKey(key.project, "IssueTalk", key.iid))
        elif self.start.last and self.start.strategy.by == "person" and self.time_slice.is_first:
            old = [each.partition("#")[::2] for each in self.start.last.referenced]
            changed = self._paths_of((int(project), "Issue", int(iid)) for project, iid in old)
        yield from self._read_keys(changed)
        if self.start.strategy.by == "person":
            yield from self._read_keys(list(self.referenced), referenced=True)
            yield from self._read_keys(self._where_they_are(), referenced=True)

    def _where_they_are(self) -> list[ItemKey]:
        """Referenced issues of projects that have another path by now: a description keeps the one of its time."""
        paths = list(dict.fromkeys(each.project for each in self.elsewhere))
        if len(paths) > MOVED:
            self.gaps.blocked = True
            self.gaps.note("descriptions name more projects that are not shown than are looked up", paths[MOVED])
        found = {path: preflight.moved(self.client, path) for path in paths[:MOVED]}
        today = {path: str(project["fullPath"]) for path, project in found.items() if project}
        return [replace(each, project=today[each.project]) for each in self.elsewhere if each.project in today]

    def _read_keys(self, wanted: Iterable[ItemKey], referenced: bool = False) -> Iterator[Event]:
        """The rows of what is known by its number; what is only `referenced` may as well not exist."""
        unread = self._unread(wanted)
        for batch, answer in in_batches(
            self.client.retry, self.size, unread, partial(item_keys.ask, self.client), take=item_keys.take
        ):
            if isinstance(answer, WebError) and len(batch) == 1 and batch[0].shape == "MergeRequest":
                answer = self._without_paths(batch)
                if not isinstance(answer, WebError):
                    yield from self.gaps.once("GitLab could not list the files of a merge request in time")
            if isinstance(answer, WebError):
                self.gaps.blocked = True
                what = f"{batch[0]}" if len(batch) == 1 else f"{len(batch)} merge requests and issues"
                yield from self.gaps.once(f"{what}: {answer}")
                continue
            for part, some in item_keys.query_parts(batch):
                yield from self._take_keys(part, some, answer, referenced)

    def _unread(self, wanted: Iterable[ItemKey]) -> list[ItemKey]:
        """The keys that are to be read and were not, project by project."""
        admits = self.options.scope_filter.admits
        return [each for each in sorted(set(wanted)) if each not in self.read and admits(each.project)]

    def _without_paths(self, batch: Sequence[ItemKey]) -> Answer | WebError:
        return or_busy(lambda: self.client.retry.call(lambda: item_keys.ask(self.client, batch, paths=False), tries=2))

    def _take_keys(self, part: QueryPart, some: Sequence[ItemKey], answer: Answer, referenced: bool) -> Iterator[Event]:
        """The rows of what came for keys of one project, and gaps for what did not."""
        shape = some[0].shape
        nodes = item_keys.found(answer, part, shape)
        self.elsewhere += some if nodes is None and referenced else ()
        came = {int(each["iid"]) for each in nodes or ()}
        listed = {"nodes": nodes or []}
        for error in part.errors(answer):
            at = error["path"].index("nodes") if "nodes" in error["path"] else len(error["path"])
            index = error["path"][at + 1] if len(error["path"]) > at + 1 else -1
            if 0 <= index < len(listed["nodes"]):
                self.gaps.note_hidden_field(listed["nodes"][index], error, error["path"][at + 2 :])
        failed = any(not preflight.is_hidden(each) for each in part.errors(answer))
        for key in some:
            self.read.add(key)
            if key.iid not in came and (failed or not referenced):
                self.gaps.blocked = True
                self.gaps.note("what somebody worked on is not shown", str(key))
        yield from self._rows_of_new(shape, nodes or [], referenced)

    def _read_releases(self) -> Iterator[Event]:
        """Releases of the projects that are named, the only ones that can be asked for."""
        if "releases" not in self.options.also:
            return
        admitted = self.options.scope_filter.admits
        named = [self.start.preflight.current_names.get(each) for each in self.options.scope_filter.named]
        names = [each for each in named if each and admitted(each)]
        since = self.start.cursor.at if self.start.cursor and not self.request.missing else None
        for page in releases.newest(self.client, names, since):
            if page.errors or page.missing or not (page.project and page.project.get("releases")):
                self.gaps.blocked = True
                why = preflight.reason_of(page.errors[0] if page.errors else {"message": "permission"})
                yield from self.gaps.once(f"{page.name}: releases are missing: {why}")
            for release in page.releases:
                assert page.project, "its releases came"
                for made in rows.of_release(release, page.project, self.row_context):
                    self.projects[rows.number(page.project["id"])] = page.project["fullPath"]
                    yield made

    def _rows_of_new(self, shape: Shape, nodes: Iterable[Node], referenced: bool = False) -> Iterator[Event]:
        """The rows of nodes that had not come before, once all their lists are complete.

        Some wait until there are many: how issues were closed, and as which commits merge requests landed that have no
        merge commit, is asked for a hundred of a project at once.
        """
        new = [each for each in nodes if f"{shape}:{each['id']}" not in self.seen]
        self.seen.update(f"{shape}:{each['id']}" for each in new)
        new = [each for each in new if self.options.scope_filter.admits(rows.project_path(each))]
        self.read |= {ItemKey(rows.project_path(each), shape, int(each["iid"])) for each in new}
        self._complete_lists(new)
        if shape == "Issue":
            self.issues += [(each, referenced) for each in new]
            if len(self.issues) >= TOGETHER:
                yield from self._rows_of_issues()
            return
        self._look_up_visibility(new)
        landed = [] if shape == "MergeRequest" else new
        if shape == "MergeRequest":
            self.approvals.read([each for each in new if each["id"] not in self.gaps.short], self.row_context)
        for node in new if shape == "MergeRequest" else ():
            self._note_merge_request(node)
            waits = not is_named(node) and any(rows.of_merged(node, self.row_context))
            (self.unlanded if waits else landed).append(node)
        for node in landed:
            yield from self._rows_of_one(shape, node, self._rows_of(shape, node))
        if len(self.unlanded) >= TOGETHER:
            yield from self._rows_of_unlanded()

    def _rows_of_issues(self) -> Iterator[Event]:
        """The rows of the issues that came since this was called last."""
        issues, self.issues = self.issues, []
        closed = [each for each, _ in issues if each["state"] == "closed" and self._is_wanted(each.get("closedAt"))]
        closings = self.closings.read([each for each in closed if rows.is_ticket(each)])
        for reason in self.closings.missing:
            self.gaps.blocked = True
            self.gaps.note("GitLab did not show how issues were closed", reason)
        self.closings.missing.clear()
        self.gaps.short |= {key for key, closing in closings.items() if closing is None}
        self._look_up_visibility(each for each, _ in issues)
        for node, referenced in issues:
            made = list(rows.of_issue(node, self.row_context, closings.get(node["id"])))
            if "opened" in self.options.also:
                made += rows.of_opened(node, self.row_context)
            yield from self._rows_of_one("Issue", node, made, referenced)

    def _look_up_visibility(self, nodes: Iterable[Node]) -> None:
        """Whether the projects of issues are public, which issues do not say; unknown counts as private."""
        visibility = self.closings.visibility
        unknown = {int(each["projectId"]) for each in nodes if "projectId" in each} - visibility.keys()
        if unknown:
            found = or_busy(lambda: preflight.project_paths(self.client, unknown))
            shown = {} if isinstance(found, WebError) else found
            visibility |= {each: str(shown[each]["visibility"]) if each in shown else "" for each in unknown}

    def _rows_of_one(
        self, shape: Shape, node: Node, made: Iterable[Contribution], referenced: bool = False
    ) -> Iterator[Event]:
        """The rows of one node, after what takes away its earlier ones; notes where it is, if it has any."""
        made = list(made)
        key = ItemKey(rows.project_path(node), shape, int(node["iid"]))
        project = _project_id(node)
        if made or referenced:
            self.projects[project] = key.project
            self.watched[project, key.mark] = None
        if made and referenced:
            self.unlisted[f"{project}{key.mark}"] = None
        yield from self._retractions(shape, node, key, project)
        yield from made

    def _rows_of_unlanded(self) -> Iterator[Event]:
        """The rows of the merge requests that wait for the commits as which they landed."""
        waiting, self.unlanded = self.unlanded, []
        self.landed_commits.read(waiting)
        for reason in self.landed_commits.missing:
            self.gaps.blocked = True
            self.gaps.note("GitLab did not show as which commits merge requests landed", reason)
        self.landed_commits.missing.clear()
        for node in waiting:
            yield from self._rows_of_one("MergeRequest", node, self._rows_of("MergeRequest", node))

    def _is_wanted(self, at: str | None) -> bool:
        moment = parse_time(at)
        return moment is not None and any(moment in period for period in self.start.periods)

    def _retractions(self, shape: Shape, node: Node, key: ItemKey, project: int) -> Iterator[Retraction]:
        """Earlier rows of a node that may have changed; its present rows come after this.

        An issue may have been somebody else's, or closed at another time; a comment may have been deleted.
        """
        if not self.start.cursor or node["id"] in self.gaps.short:
            return
        known = key.mark in self.start.cursor.watched.get(str(project), ())
        for kind in _RETRACTED.get(shape, ()):
            if known or (kind == "issue" and node["state"] == "closed"):
                yield Retraction(self.options.host, work_item=self.row_context.work_item(node), kind=kind)

    def _rows_of(self, shape: Shape, node: Node) -> Iterator[Contribution]:
        if shape == "MergeRequest":
            yield from rows.of_merge_request(node, self.row_context)
        if "comments" in self.options.also:
            yield from rows.of_comments(node, self.row_context)

    def _note_merge_request(self, node: Node) -> None:
        """Note what issues need to know of a merge request."""
        self.closings.authors[rows.project_path(node), int(node["iid"])] = node.get("author")
        self.closings.visibility[_project_id(node)] = str(node["project"].get("visibility") or "")
        self._note_references(node)

    def _note_references(self, node: Node) -> None:
        """Note the issues that a wanted person's merged merge request says it closes: no list by person finds them."""
        author = self.row_context.account(node.get("author")).casefold()
        if self.row_context.accounts is None or author not in self.row_context.accounts or node["state"] != "merged":
            return
        found = list(dict.fromkeys(references.closed_issues(node, self.options.host)))
        if len(found) > CLOSED:
            self.gaps.blocked = True
            self.gaps.note("a description names more issues than are looked up", address(node))
        self.referenced |= {ItemKey(project, "Issue", iid): None for project, iid in found[:CLOSED]}

    def _complete_lists(self, nodes: Iterable[Node]) -> None:
        for short in self.nested_lists.complete(nodes):
            self.gaps.note_short_list(short)

    def _completed(self) -> ScopeCompleted:
        """The end, with a cursor where the next fetch may go on from it."""
        before, found = self.start.cursor, self.start.preflight
        watched = self._all_watched()
        projects = {int(key): path for key, path in before.projects.items()} if before else {}
        projects |= self.projects | found.out_of_scope
        cursor = Cursor(
            at=found.at,
            settings=self.options.settings,
            accounts=hashed_accounts(self.request.accounts),
            users={hashed(name): user for name, user in found.users.items()},
            projects={str(key): path for key, path in projects.items()},
            unreadable=sorted(self.gaps.unreadable),
            unlocated=sorted(self.gaps.unlocated),
            unknown_accounts=sorted(map(hashed, found.unknown_accounts)),
            excluded=sorted(map(str, found.excluded)),
            watched=watched,
            referenced=newest([*(before.referenced if before else ()), *self.unlisted]),
            viewer=found.viewer,
            server=found.server,
            unsupported=sorted(self.client.unsupported),
        )
        cursor_text = None if self.gaps.blocked else cursor.dumps()
        whole = before is None and not self.gaps.any
        return self.time_slice.completed(ScopeCompleted(self.options.host, cursor_text, whole))

    def _all_watched(self) -> dict[str, list[str]]:
        """The newest of what has a row, by project; without what is gone."""
        known = self.start.cursor.watched_items if self.start.cursor else {}
        gone = self.start.preflight.watched.gone
        return by_project(each for each in known | self.watched if each not in gone or each in self.watched)


_RETRACTED: Mapping[Shape, Sequence[str]] = {
    "Issue": ("issue",),
    "MergeRequest": ("review", "comment"),
    "IssueTalk": ("comment",),
}
"""The kinds of rows that each shape makes and that may be taken away from it."""


def _pack(waiting: Sequence[ListProgress], size: int) -> list[tuple[ListProgress, int]]:
    sizes = listings.take_pages([(each.request, each.remaining) for each in waiting], size)
    return list(zip(waiting, sizes, strict=False))


def _parts(batch: Sequence[tuple[ListProgress, int]]) -> list[QueryPart]:
    return [progress.request.page(i, size, progress.after) for i, (progress, size) in enumerate(batch)]


def _project_id(node: Node) -> int:
    return int(node["projectId"]) if "projectId" in node else rows.number(node["project"]["id"])
