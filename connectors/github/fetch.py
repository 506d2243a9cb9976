"""One fetch: look up, choose, split, read page by page, complete what came short, and report what is missing."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
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
from harvester.sdk.paging import STRIKES, PageSize, TotalCheck, ask_alone, ask_fitting, in_batches, split_large
from harvester.sdk.rows import entries, parse_time
from harvester.sdk.slices import TimeSlice
from harvester.sdk.strategy import FIRST

from . import graphql, preflight, releases, rows, searches
from .agents import is_agent
from .client import Client
from .cursor import Cursor, by_repository, newest
from .gaps import GapCollector
from .search_pages import Batch, IdWalk, SearchProgress, ask_by_id, ask_for_page, result_of, walk, walk_ids
from .searches import CAP, Search
from .strategy import ReadOptions, Start, begin

PASSES = 3
"""How often the ids of a search are walked while its results move before that is a gap."""
DRIFT = 0.01
"""By how much of it a total may exceed what two walks through all pages agree on; by one it may always."""
SKIPS = 10
"""How many results that GitHub cannot answer for are left out in one fetch."""
NOT_FOUND_BY_PERSON = (
    "GitHub's search cannot find an issue that somebody else wrote and a person only closed, nor a coding agent's pull "
    "request that a person only merged; where organisations or repositories are named both are read"
)
"""What reading by person leaves out where no place is named."""


@dataclass
class GitHubReader:
    """Reads one request; `events` may be walked once."""

    client: Client
    options: ReadOptions
    request: Request
    time_slice: TimeSlice = field(default_factory=TimeSlice)
    size: PageSize = field(default_factory=lambda: PageSize(searches.TOGETHER, searches.FIRST_PAGE))
    start: Start = field(init=False, repr=False)
    row_context: rows.RowContext = field(init=False, repr=False)
    nested_lists: NestedLists = field(init=False, repr=False)
    gaps: GapCollector = field(init=False, repr=False)
    progress: list[SearchProgress] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    repositories: dict[str, str] = field(default_factory=dict)
    """Names by node id, of every repository with a row."""
    referenced_issues: dict[str, None] = field(default_factory=dict)
    """Issues that a wanted person's pull request closed in the period."""
    agent_pulls: dict[str, None] = field(default_factory=dict)
    """Coding agents' pull requests in which a wanted person takes part."""
    watched: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What has a row, by node id: its repository's node id, and what follows the repository's name in its work item."""
    unsearchable: dict[str, None] = field(default_factory=dict)
    """What search by person does not find, as shape and node id."""
    strikes: int = 0
    skips: int = 0

    def __post_init__(self) -> None:
        self.nested_lists = NestedLists(self.client, graphql.MORE, graphql.rest, graphql.ENTRY_KEYS)
        self.gaps = GapCollector(self.options.host, self.request.period)

    def events(self) -> Iterator[Event]:
        """Everything the request asks for; raises WebError where GitHub stops answering."""
        yield from self.gaps.around(self._all_rows())
        yield self._completed()

    def begin(self) -> Start:
        """Look everything up, choose the strategy, and remember both."""
        self.start = begin(self.client, self.options, self.request, self.time_slice)
        self.options = self.start.options
        accounts = self.request.accounts
        self.row_context = rows.RowContext(
            self.options.source,
            self.options.host,
            self.start.periods,
            None if accounts is None else frozenset(each.casefold() for each in accounts),
            self.start.preflight.renamed_accounts,
        )
        return self.start

    def _all_rows(self) -> Iterator[Event]:
        start = self.begin()
        for hidden in start.preflight.unreadable:
            yield from self.gaps.scope_gap(hidden)
        for reason in start.cursor.unlocated if start.cursor else ():
            yield from self.gaps.unlocated_gap(reason)
        for work_item in start.preflight.gone.values() if start.cursor else ():
            yield Retraction(self.options.host, work_item=f"{self.options.host}/{work_item}")
        self._add_searches(start.strategy.counts)
        yield from self._read_pages()
        yield from self._read_what_moved()
        yield from self._read_by_reference()
        if not self.time_slice.is_first:
            return
        yield from self._read_releases()
        if start.strategy.by == "person" and not self.options.scope_filter.names_places:
            yield Remark(self.options.host, NOT_FOUND_BY_PERSON)

    def _add_searches(self, counts: Mapping[Search, int]) -> None:
        """Add searches to read, split until none matches more than GitHub gives out.

        GitHub gives out 1,000 results however many match, and names no more than their number. So a search that
        counts more is split by time, down to a second, and a second by the repositories that its first 1,000 results
        show, with one more search for all others, then by when the results were created. Adjacent ranges share no
        result and leave out none, so the parts together find exactly what the whole search matches.
        """
        split = split_large(counts, CAP, _split_by_time, lambda parts: preflight.count(self.client, parts))
        for search, number in split:
            if number > CAP:
                self._split_by_repository(search, number)
            else:
                self.progress.append(SearchProgress(search, TotalCheck(number), finished=not number))

    def _split_by_repository(self, search: Search, number: int) -> None:
        """Split a second by the repositories in the results shown, or by creation; else it is read as it is."""
        if not search.qualifier.startswith("repo:"):
            shown = (each["repository"]["nameWithOwner"] for each in walk(self.client, search, "Names"))
            names = list(dict.fromkeys(shown))
            parts = [replace(search, qualifier=f"repo:{each}") for each in names]
            others = replace(search, terms=" ".join([search.terms, *(f"-repo:{each}" for each in names)]))
            counts = preflight.count(self.client, [*parts, others])
            if counts[others] < number:
                return self._add_searches(counts)
        if search.axis != "created":
            return self._add_searches({search.by_creation(): number})
        self.progress.append(SearchProgress(search, TotalCheck(number), divisible=False))
        return None

    def _read_pages(self) -> Iterator[Event]:
        """Read all searches to their end, as many together as one request carries.

        A request that GitHub cannot answer in time is repeated with half as many results. Where even the last try
        fails, its searches are asked for alone, so that one search does not stop the others.
        """
        while waiting := [each for each in self.progress if not each.finished]:
            ask = partial(ask_for_page, self.client)
            batch, answer = ask_fitting(self.client.retry, self.size, partial(_pack, waiting), ask)
            if isinstance(answer, WebError):
                yield from self._read_alone([progress for progress, _ in batch], answer)
                continue
            for number, (progress, _) in enumerate(batch):
                yield from self._take_page(progress, answer, f"s{number}")

    def _read_alone(self, batch: Sequence[SearchProgress], failure: WebError) -> Iterator[Event]:
        """Ask for one result of one search at a time, without changed paths if need be."""

        def ask(progress: SearchProgress, paths: bool) -> Answer:
            return self.client.retry.call(lambda: ask_for_page(self.client, [(progress, 1)], paths), tries=2)

        ways = (lambda each: ask(each, True), lambda each: ask(each, False))
        for progress, way, answer in ask_alone(batch, *ways):
            if isinstance(answer, WebError):
                yield from self._skip_result(progress, failure)
                continue
            if way:
                yield from self.gaps.once("GitHub could not list the files of a pull request in time")
            self.strikes = 0
            yield from self._take_page(progress, answer, "s0")

    def _skip_result(self, progress: SearchProgress, failure: WebError) -> Iterator[Event]:
        """Go on after the one result that cannot be read; where the next one cannot be read either, give up.

        Pages cannot be asked for from an index, but results come by creation: counts show in which second the result
        was created, and a new search goes on after that second. All of that second is lost with it, so the gap names
        how many that are.
        """
        search = progress.search.by_creation()
        index = len(progress.arrived.seen) + progress.hidden
        second: tuple[Period, int, int] | WebError | None = None
        if not progress.skipped and self.skips < SKIPS:
            second = or_busy(lambda: preflight.locate(self.client, search, index))
        if second is None or isinstance(second, WebError):
            yield from self._give_up(progress, failure)
            return
        self.skips += 1
        span, before, within = second
        rest = TotalCheck(max(progress.arrived.total - before - within, 0))
        progress.finished, progress.pages = True, 0
        following = SearchProgress(
            replace(search, span=Period(span.until, search.span.until)),
            rest,
            finished=not rest.total,
            skipped=before + within - index,
            skipped_at=span.since,
        )
        self.progress.append(following)
        if following.finished:
            yield from self._report_skipped(following)

    def _report_skipped(self, progress: SearchProgress) -> Iterator[Gap]:
        """Report the results that were left out before this search, once what follows them can be read."""
        if progress.skipped and progress.skipped_at:
            self.gaps.blocked = True
            when = f"{progress.skipped_at:%Y-%m-%d %H:%M:%S} UTC"
            what = f"{progress.skipped} of the {progress.search}, created at {when}"
            progress.skipped = 0
            yield self.gaps.gap(f"GitHub could not answer in time for {what}")

    def _give_up(self, progress: SearchProgress, failure: WebError) -> Iterator[Event]:
        """End a search with a gap; raises the failure where several in a row failed, since then the server is down."""
        self.strikes += 1
        if self.strikes >= STRIKES:
            raise failure
        progress.finished = True
        self.gaps.blocked = True
        total = progress.arrived.total + progress.skipped
        yield self.gaps.gap(f"{len(progress.arrived.seen)} of {total} {progress.search} came, then: {failure}")

    def _take_page(self, progress: SearchProgress, answer: Answer, alias: str) -> Iterator[Event]:
        """The rows of one page of one search, and gaps for what it hides."""
        yield from self._report_skipped(progress)
        page = answer.data[alias]
        hidden_before = progress.hidden
        nodes = progress.take(page)
        unexplained = progress.hidden - hidden_before
        for error in answer.errors:
            if (path := error.get("path") or [None])[0] == alias:
                result = result_of(page, path)
                unexplained -= result is None
                yield from self._report_error(error, progress.search, result, answer.headers)
        if unexplained > 0:
            reason = f"GitHub left out {unexplained} {progress.search} and did not say why"
            yield from self.gaps.scope_gap(UnreadableScope(None, reason))
        yield from self._rows_of_new(progress.search, nodes)
        if not progress.advance(page["pageInfo"]):
            yield from self._check_total(progress)

    def _check_total(self, progress: SearchProgress) -> Iterator[Event]:
        """Compare what came with the total; where it fell short or the total moved, the ids are walked again later.

        A total that moves between two pages says that results moved, too: one may have slipped past a page's edge. A
        total below the count may be that of a server that is behind.
        """
        progress.finished = True
        if progress.missing <= 0 and not progress.total_changed and not progress.cut:
            return
        if progress.arrived.total > CAP and progress.divisible:
            self._add_searches({progress.search: progress.arrived.total})
        elif progress.divisible:
            progress.doubtful = True
        else:
            yield self._short_gap(progress, progress.highest_total)

    def _short_gap(self, progress: SearchProgress, total: int, why: str = "") -> Gap:
        self.gaps.blocked = True
        return self.gaps.gap(f"GitHub gave {len(progress.arrived.seen)} of {total} {progress.search}{why}")

    def _read_what_moved(self) -> Iterator[Event]:
        """Results that slipped past a page's edge, because one came in or went out while pages were read.

        Where one comes in while another goes out the total is the same, so comparing totals does not show it. But
        whatever came in was updated meanwhile, and one request counts that for all searches. The ids of these searches,
        and of those whose totals do not add up, are walked again, a hundred a page, until nothing new shows, and what
        is new is read.
        """
        at = self.start.preflight.at
        doubtful = [each for each in self.progress if each.doubtful]
        paged = {each.search.updated_since(at): each for each in self.progress if each.pages > 1 and not each.doubtful}
        counts = preflight.count(self.client, list(paged))
        unsettled = [*doubtful, *(each for probe, each in paged.items() if counts[probe])]
        for _ in range(PASSES):
            moving = []
            for progress, found in (yield from self._walk_again(unsettled)):
                unread = [each for each in found.ids if f"{progress.search.shape}:{each}" not in self.seen]
                moving += [progress] if unread else []
                yield from self._read_by_id(progress.search, unread, "a result that slipped past the edge of a page")
            unsettled = moving
        for progress in unsettled:
            yield self._short_gap(progress, progress.highest_total, ", which changed while they were read")
        yield from self._check_settled([each for each in doubtful if each not in unsettled and each.doubtful])

    def _walk_again(
        self, searched: Sequence[SearchProgress]
    ) -> Generator[Gap, None, list[tuple[SearchProgress, IdWalk]]]:
        """The ids of these searches as they are now; gaps for what cannot be walked or is hidden now."""
        walks = or_busy(lambda: walk_ids(self.client, [each.search for each in searched]))
        if isinstance(walks, WebError):
            self.gaps.blocked = True
            for each in searched:
                each.doubtful = False
                what = f"{each.search} changed while they were read and could not be checked again"
                yield from self.gaps.once(f"{what}: {walks}")
            return []
        for each in searched:
            found = walks[each.search]
            each.arrived.take(found.ids)
            each.cut = not found.ended
            if found.hidden > each.hidden:
                reason = f"GitHub left out {found.hidden - each.hidden} more {each.search} and did not say why"
                yield from self.gaps.scope_gap(UnreadableScope(None, reason))
                each.hidden = found.hidden
        return [(each, walks[each.search]) for each in searched]

    def _check_settled(self, settled: Sequence[SearchProgress]) -> Iterator[Event]:
        """Report the searches on which all walks agree and that still count much more than came, or never end.

        A total is an estimate: it may stay one too high for ever while the pages end by themselves, and reading them
        again would not help. So what the pages show is believed, unless the difference is more than that.
        """
        short = [each.search for each in settled if each.highest_total > len(each.arrived.seen) + each.hidden]
        totals = preflight.count(self.client, short)
        for each in settled:
            came, total = len(each.arrived.seen) + each.hidden, totals.get(each.search, 0)
            if each.cut or total - came > max(1, DRIFT * total):
                yield self._short_gap(each, max(total, each.highest_total))

    def _read_by_reference(self) -> Iterator[Event]:
        """What no search finds: issues that pull requests close, watched ones that changed, agents' pull requests.

        Where everything is read again by person, what was found by place before is read by its ids, lest it be removed.
        """
        issues, pulls = [*self.referenced_issues], [*self.agent_pulls]
        if self.start.cursor:
            issues += self.start.preflight.changed_issues
            pulls += self.start.preflight.changed_pulls
        elif self.start.last and self.time_slice.is_first:
            known = [each.partition(":")[::2] for each in self.start.last.unsearchable]
            issues += [key for shape, key in known if shape == "Issues"]
            pulls += [key for shape, key in known if shape == "PullRequests"]
        unread = [each for each in dict.fromkeys(issues) if f"Issues:{each}" not in self.seen]
        yield from self._read_by_id(_REFERENCED, unread, "an issue that a pull request closed")
        unread = [each for each in dict.fromkeys(pulls) if f"PullRequests:{each}" not in self.seen]
        yield from self._read_by_id(_AGENTS, unread, "a pull request that no search found")

    def _read_by_id(self, search: Search, ids: Sequence[str], what: str) -> Iterator[Event]:
        """The rows of results that are known by their ids; `what` names one of them in a gap."""
        for batch, answer in in_batches(
            self.client.retry, self.size, ids, lambda some: ask_by_id(self.client, search, some)
        ):
            if isinstance(answer, WebError):
                self.gaps.blocked = True
                yield from self.gaps.once(f"{what}: {answer}")
                continue
            nodes = [each for each in answer.data["nodes"] if each and each.get("id")]
            hidden = 0
            for error in answer.errors:
                path = ["", *(error.get("path") or ())]
                if (shown := result_of(answer.data, path)) and shown.get("id"):
                    self.gaps.note_hidden_reference(shown, error, path[3:])
                    continue
                hidden += 1
                if error.get("type") != "NOT_FOUND":  # else it was deleted since its id was noted
                    self.gaps.blocked = True
                    yield from self.gaps.once(f"{what}: {preflight.reason_of(error)}")
            if len(nodes) + hidden < len(batch):
                self.gaps.blocked = True
                yield from self.gaps.once(f"{what}: GitHub left out some and did not say why")
            yield from self._rows_of_new(search, nodes)

    def _read_releases(self) -> Iterator[Event]:
        """Releases of the repositories that are named, the only ones that can be asked for."""
        names = list(self.start.preflight.current_names.values()) if "releases" in self.options.also else []
        names = [each for each in names if self.options.scope_filter.admits(each)]
        since = self.start.cursor.at if self.start.cursor and not self.request.missing else None
        for repositories, unread in releases.newest(self.client, names, since):
            for name, error in unread:
                self.gaps.blocked = True
                yield from self.gaps.once(f"{name}: releases are missing: {preflight.reason_of(error)}")
            self._complete_lists(repositories)
            for repository in repositories:
                for release in entries(repository, "releases"):
                    made = list(rows.of_release(release, repository, self.row_context))
                    if made:
                        self.repositories[repository["id"]] = repository["nameWithOwner"]
                        self.watched[release["id"]] = (repository["id"], f"@{release['tagName']}")
                    yield from made

    def _rows_of_new(self, search: Search, nodes: Iterable[dict[str, Any]]) -> Iterator[Event]:
        """The rows of nodes that had not come before, once all their lists are complete."""
        new = [each for each in nodes if f"{search.shape}:{each['id']}" not in self.seen]
        self.seen.update(f"{search.shape}:{each['id']}" for each in new)
        new = [each for each in new if self.options.scope_filter.admits(each["repository"]["nameWithOwner"])]
        self._complete_lists(new)
        for node in new:
            made = list(self._rows_of(search, node))
            if made:
                self.repositories[node["repository"]["id"]] = node["repository"]["nameWithOwner"]
                self.watched[node["id"]] = (node["repository"]["id"], f"#{node['number']}")
            yield from self._retractions(search, node)
            yield from made

    def _retractions(self, search: Search, node: dict[str, Any]) -> Iterator[Retraction]:
        """Earlier rows of a result that may have changed; its present rows come after this.

        An issue may have been somebody else's, or closed at another time; a review or comment may have been deleted.
        """
        if not self.start.cursor or node["id"] in self.gaps.short:
            return
        known = node["id"] in self.start.cursor.watched.get(node["repository"]["id"], ())
        for kind in _RETRACTED.get(search.shape, ()):
            if known or (kind == "issue" and rows.closing_event(node)):
                yield Retraction(self.options.host, work_item=self.row_context.work_item(node), kind=kind)

    def _rows_of(self, search: Search, node: dict[str, Any]) -> Iterator[Contribution]:
        if search.shape == "Closers":
            self._note_closed_issues(node)
        elif search.shape == "Authors":
            if is_agent(self.row_context.account(node.get("author"))):
                self.agent_pulls[node["id"]] = None
        elif search.shape == "PullRequests":
            self._note_closed_issues(node)
            made = list(rows.of_pull_request(node, self.row_context))
            if any(each.role == "co-author" for each in made):
                self.unsearchable[f"PullRequests:{node['id']}"] = None
            yield from made
        elif search.shape == "Conversations":
            yield from rows.of_conversation(node, self.row_context)
        else:
            made = list(rows.of_issue(node, self.row_context))
            if any(each.role == "resolver" for each in made):
                self.unsearchable[f"Issues:{node['id']}"] = None
            yield from made
            if "opened" in self.options.also:
                yield from rows.of_opened(node, self.row_context)

    def _note_closed_issues(self, node: dict[str, Any]) -> None:
        """Note the issues that a wanted person's pull request closes: search by person does not find them."""
        author = self.row_context.account(node.get("author")).casefold()
        if self.row_context.accounts is None or author not in self.row_context.accounts:
            return
        for each in entries(node, "closingIssuesReferences"):
            self.watched[each["id"]] = (each["repository"]["id"], f"#{each['number']}")
            self.repositories[each["repository"]["id"]] = each["repository"]["nameWithOwner"]
            closed = parse_time(each["closedAt"])
            if closed and any(closed in period for period in self.start.periods):
                self.referenced_issues[each["id"]] = None

    def _complete_lists(self, nodes: Iterable[dict[str, Any]]) -> None:
        for short in self.nested_lists.complete(nodes):
            self.gaps.note_short_list(short)

    def _report_error(
        self,
        error: Mapping[str, Any],
        search: Search,
        result: Mapping[str, Any] | None,
        headers: Mapping[str, str],
    ) -> Iterator[Gap]:
        """Report what an error hides: a result, or only something within one that came all the same."""
        if result is not None:
            self.gaps.note_hidden_reference(result, error, (error.get("path") or [])[3:])
            return
        hidden = preflight.unreadable_scope(error, search.qualifier, headers)
        yield from self.gaps.scope_gap(hidden) if hidden.qualifier else self.gaps.unlocated_gap(str(hidden))

    def _completed(self) -> ScopeCompleted:
        """The end, with a cursor where the next fetch may go on from it."""
        before, found = self.start.cursor, self.start.preflight
        cursor = Cursor(
            at=found.at,
            settings=self.options.settings,
            accounts=hashed_accounts(self.request.accounts),
            users={hashed(name): user for name, user in found.users.items()},
            repositories=(dict(before.repositories) if before else {}) | self.repositories | found.out_of_scope,
            unreadable=sorted(self.gaps.unreadable),
            unlocated=sorted(self.gaps.unlocated),
            unknown_accounts=sorted(map(hashed, found.unknown_accounts)),
            excluded=sorted(found.excluded),
            watched=self._all_watched(),
            unsearchable=newest([*(before.unsearchable if before else ()), *self.unsearchable]),
            token_scopes=found.token_scopes,
        )
        cursor_text = None if self.gaps.blocked else cursor.dumps()
        whole = before is None and not self.gaps.any
        return self.time_slice.completed(ScopeCompleted(self.options.host, cursor_text, whole))

    def _all_watched(self) -> dict[str, dict[str, str]]:
        """The newest of what has a row, by repository; without what is gone."""
        before, gone = self.start.cursor, self.start.preflight.gone
        known = {key: each for key, each in before.watched_items.items() if key not in gone} if before else {}
        return by_repository(known | self.watched)


_RETRACTED: Mapping[str, Sequence[str]] = {
    "Issues": ("issue",),
    "PullRequests": ("review",),
    "Conversations": ("comment",),
}
"""The kinds of rows that each shape of result makes and that may be taken away from it."""
_REFERENCED = Search("closed", "", "closed", Period(FIRST, FIRST))
_AGENTS = Search("agents", "", "merged", Period(FIRST, FIRST))


def _split_by_time(search: Search, count: int) -> list[Search]:
    return search.parts(count) if search.seconds > 1 else []


def _pack(waiting: Sequence[SearchProgress], size: int) -> Batch:
    sizes = searches.pack([(each.search, each.remaining) for each in waiting], size)
    return [(progress, number) for progress, number in zip(waiting, sizes, strict=True) if number]
