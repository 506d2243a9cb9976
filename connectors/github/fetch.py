"""One fetch: look up, choose, split, read page by page, complete what came short, and report what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Event, Gap, Request, Retraction, ScopeCompleted
from harvester.sdk.http import WebError, or_busy
from harvester.sdk.paging import STRIKES, PageSize, TotalCheck, ask_alone, ask_fitting, in_batches, split_large

from . import preflight, releases, rows, searches
from .client import Answer, Client
from .cursor import Cursor, hashed
from .gaps import GapCollector
from .nested_lists import NestedLists
from .search_pages import Batch, SearchProgress, ask_by_id, ask_for_page, result_of, walk
from .searches import CAP, Search
from .strategy import ReadOptions, Start, begin

PASSES = 3
"""How often a search is read while its results move before that is a gap."""
SKIPS = 10
"""How many results that GitHub cannot answer for are left out in one fetch."""
WATCHED = 1000
"""How many issues are watched by their ids; the newest are kept."""


@dataclass
class GitHubReader:
    """Reads one request; `events` may be walked once."""

    client: Client
    options: ReadOptions
    request: Request
    size: PageSize = field(default_factory=lambda: PageSize(searches.PAGE))
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
    watched_issues: dict[str, None] = field(default_factory=dict)
    strikes: int = 0
    skips: int = 0

    def __post_init__(self) -> None:
        self.nested_lists = NestedLists(self.client)
        self.gaps = GapCollector(self.options.host, self.request.period)

    def events(self) -> Iterator[Event]:
        """Everything the request asks for; raises WebError where GitHub stops answering."""
        try:
            yield from self._all_rows()
        except WebError:
            yield from self.gaps.grouped()
            raise
        yield from self.gaps.grouped()
        yield self._completed()

    def begin(self) -> Start:
        """Look everything up, choose the strategy, and remember both."""
        self.start = begin(self.client, self.options, self.request)
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
        self._add_searches(start.strategy.counts)
        yield from self._read_pages()
        yield from self._read_what_moved()
        yield from self._read_referenced_issues()
        yield from self._read_releases()

    def _add_searches(self, counts: Mapping[Search, int]) -> None:
        """Add searches to read, split until none matches more than GitHub gives out.

        GitHub gives out 1,000 results however many match, and names no more than their number. So a search that
        counts more is split by time, down to a second, and a second by the repositories that its first 1,000 results
        show, with one more search for all others. Adjacent ranges share no result and leave out none, so the parts
        together find exactly what the whole search matches.
        """
        split = split_large(counts, CAP, _split_by_time, lambda parts: preflight.count(self.client, parts))
        for search, number in split:
            if number > CAP:
                self._split_by_repository(search, number)
            else:
                self.progress.append(SearchProgress(search, TotalCheck(number), finished=not number))

    def _split_by_repository(self, search: Search, number: int) -> None:
        """Split a second by the repositories in the results shown; where that does not help it is read as it is."""
        names = list(dict.fromkeys(each["repository"]["nameWithOwner"] for each in walk(self.client, search, "Names")))
        if names and not search.qualifier.startswith("repo:"):
            parts = [replace(search, qualifier=f"repo:{each}") for each in names]
            others = replace(search, terms=" ".join([search.terms, *(f"-repo:{each}" for each in names)]))
            counts = preflight.count(self.client, [*parts, others])
            if counts[others] < number:
                return self._add_searches(counts)
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
            yield from self.gaps.scope_gap(preflight.UnreadableScope(None, reason))
        yield from self._rows_of_new(progress.search, nodes)
        if not progress.advance(page["pageInfo"]):
            yield from self._check_total(progress)

    def _check_total(self, progress: SearchProgress) -> Iterator[Event]:
        """Compare what came with the total; where it fell short or the total moved, read again, and report in the end.

        A total that moves between two pages says that results moved, too: one may have slipped past a page's edge. A
        total below the count may be that of a server that is behind, so the search is counted again before it is
        believed.
        """
        progress.finished = True
        if progress.missing <= 0 and not progress.total_changed:
            return
        if progress.arrived.total > CAP and progress.divisible:
            self._add_searches({progress.search: progress.arrived.total})
        elif progress.passes < PASSES and progress.divisible:
            (total,) = preflight.count(self.client, [progress.search]).values()
            progress.restart(total)
        else:
            self.gaps.blocked = True
            numbers = f"{len(progress.arrived.seen)} of {progress.highest_total}"
            changed = ", which changed while they were read" if progress.total_changed else ""
            yield self.gaps.gap(f"GitHub gave {numbers} {progress.search}{changed}")

    def _read_what_moved(self) -> Iterator[Event]:
        """Results that slipped past a page's edge because one came in while another went out.

        The total is the same then, so comparing totals does not show it. But whatever came in was updated meanwhile,
        and one request counts that for all searches. Only where there is something are the ids of that search walked
        again, a hundred a page, and the new ones read.
        """
        at = self.start.preflight.at
        paged = {each.search.updated_since(at): each.search for each in self.progress if each.pages > 1}
        for probe, number in preflight.count(self.client, list(paged)).items():
            if number:
                yield from self._walk_again(paged[probe])

    def _walk_again(self, search: Search) -> Iterator[Event]:
        ids = or_busy(lambda: [each["id"] for each in walk(self.client, search, "Ids") if each.get("id")])
        if isinstance(ids, WebError):
            self.gaps.blocked = True
            yield from self.gaps.once(f"{search} changed while they were read and could not be checked again: {ids}")
            return
        unread = [each for each in ids if f"{search.shape}:{each}" not in self.seen]
        yield from self._read_by_id(search, unread, "a result that slipped past the edge of a page")

    def _read_referenced_issues(self) -> Iterator[Event]:
        """Issues that pull requests close, and watched ones that changed, where no search found them."""
        changed = self.start.preflight.changed_issues if self.start.cursor else ()
        ids = dict.fromkeys([*self.referenced_issues, *changed])
        unread = [each for each in ids if f"Issues:{each}" not in self.seen]
        yield from self._read_by_id(_REFERENCED, unread, "an issue that a pull request closed")

    def _read_by_id(self, search: Search, ids: Sequence[str], what: str) -> Iterator[Event]:
        """The rows of results that are known by their ids; `what` names one of them in a gap."""
        for batch, answer in in_batches(
            self.client.retry, self.size, ids, lambda some: ask_by_id(self.client, search, some)
        ):
            if isinstance(answer, WebError):
                self.gaps.blocked = True
                yield from self.gaps.once(f"{what}: {answer}")
                continue
            for error in answer.errors:
                yield from self.gaps.once(f"{what}: {preflight.reason_of(error)}")
            nodes = [each for each in answer.data["nodes"] if each and each.get("id")]
            if len(nodes) + len(answer.errors) < len(batch):
                yield from self.gaps.once(f"{what}: GitHub left out some and did not say why")
            yield from self._rows_of_new(search, nodes)

    def _read_releases(self) -> Iterator[Event]:
        """Releases of the repositories that are named, the only ones that can be asked for."""
        names = list(self.start.preflight.current_names.values()) if "releases" in self.options.also else []
        names = [each for each in names if self.options.scope_filter.admits(each)]
        since = self.start.cursor.at if self.start.cursor and not self.request.missing else None
        for repositories in releases.newest(self.client, names, since):
            self._complete_lists(repositories)
            for repository in repositories:
                for release in rows.entries(repository, "releases"):
                    yield from rows.of_release(release, repository, self.row_context)

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
            if search.shape == "Issues" and self.start.cursor and rows.closing_event(node):
                # It may have been somebody else's, or closed at another time: its present rows come after this.
                yield Retraction(self.options.host, work_item=self.row_context.work_item(node), kind="issue")
            yield from made

    def _rows_of(self, search: Search, node: dict[str, Any]) -> Iterator[Contribution]:
        if search.shape == "Closers":
            self._note_closed_issues(node)
        elif search.shape == "PullRequests":
            self._note_closed_issues(node)
            yield from rows.of_pull_request(node, self.row_context)
        elif search.shape == "Conversations":
            yield from rows.of_conversation(node, self.row_context)
        else:
            made = list(rows.of_issue(node, self.row_context))
            if any(each.role == "resolver" for each in made):
                self.watched_issues[node["id"]] = None
            yield from made
            if "opened" in self.options.also:
                yield from rows.of_opened(node, self.row_context)

    def _note_closed_issues(self, node: dict[str, Any]) -> None:
        """Note the issues that a wanted person's pull request closes: search by person does not find them."""
        author = self.row_context.account(node.get("author")).casefold()
        if self.row_context.accounts is None or author not in self.row_context.accounts:
            return
        for each in rows.entries(node, "closingIssuesReferences"):
            self.watched_issues[each["id"]] = None
            closed = rows.parse_time(each["closedAt"])
            if closed and any(closed in period for period in self.start.periods):
                self.referenced_issues[each["id"]] = None

    def _complete_lists(self, nodes: Iterable[dict[str, Any]]) -> None:
        for node, name in self.nested_lists.complete(nodes):
            self.gaps.note_short_list(node, name)

    def _report_error(
        self,
        error: Mapping[str, Any],
        search: Search,
        result: Mapping[str, Any] | None,
        headers: Mapping[str, str],
    ) -> Iterator[Gap]:
        """Report what an error hides: a result, or only something within one that came all the same."""
        if result is not None:
            self.gaps.note_hidden_reference(result, error)
            return
        hidden = preflight.unreadable_scope(error, search.qualifier, headers)
        yield from self.gaps.scope_gap(hidden) if hidden.qualifier else self.gaps.unlocated_gap(str(hidden))

    def _completed(self) -> ScopeCompleted:
        """The end, with a cursor where the next fetch may go on from it."""
        before, found = self.start.cursor, self.start.preflight
        cursor = Cursor(
            at=found.at,
            settings=self.options.settings,
            accounts=None if self.request.accounts is None else tuple(sorted(map(hashed, self.request.accounts))),
            users={hashed(name): user for name, user in found.users.items()},
            repositories=(dict(before.repositories) if before else {}) | self.repositories | found.out_of_scope,
            unreadable=sorted(self.gaps.unreadable),
            unlocated=sorted(self.gaps.unlocated),
            unknown_accounts=sorted(map(hashed, found.unknown_accounts)),
            excluded=sorted(found.excluded),
            watched_issues=list(dict.fromkeys([*(before.watched_issues if before else ()), *self.watched_issues]))[
                -WATCHED:
            ],
            token_scopes=found.token_scopes,
        )
        return ScopeCompleted(
            self.options.host,
            None if self.gaps.blocked else cursor.dumps(),
            whole=before is None and not self.gaps.any,
        )


_REFERENCED = Search("closed", "", "closed", Period(searches.FIRST, searches.FIRST))


def _split_by_time(search: Search, count: int) -> list[Search]:
    return search.parts(count) if search.seconds > 1 else []


def _pack(waiting: Sequence[SearchProgress], size: int) -> Batch:
    sizes = searches.pack([(each.search, each.remaining) for each in waiting], size)
    return [(progress, number) for progress, number in zip(waiting, sizes, strict=True) if number]
