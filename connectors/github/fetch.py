"""One reading: survey, choose, cut, read page by page, fill up what came short, and say what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Event, Gap, Request, Retraction, ScopeCompleted
from harvester.sdk.http import WebError
from harvester.sdk.paging import PageSize, TotalCheck

from . import preflight, releases, rows, searches
from .client import Answer, Client, fixed
from .cursor import Cursor, hashed
from .gaps import GapCollector
from .nested_lists import Lists
from .preflight import UnreadableScope
from .search_pages import SearchProgress, ask_by_id, ask_for, holder_of, walk
from .searches import CAP, Search
from .strategy import ReadOptions, Start, begin

PASSES = 3
"""How often a search is read while its results move before that is told."""
SKIPS = 10
"""How many results that GitHub cannot answer for are left out in one reading."""
WATCHED = 1000
"""How many issues are watched by their ids; the newest are kept."""
STRIKES = 2
"""After how many searches that fail even alone the whole server counts as down."""


@dataclass
class GitHubReader:
    """One reading of one request; `events` may be walked once."""

    client: Client
    order: ReadOptions
    request: Request
    size: PageSize = field(default_factory=lambda: PageSize(searches.PAGE))
    start: Start = field(init=False, repr=False)
    view: rows.RowContext = field(init=False, repr=False)
    seen: set[str] = field(default_factory=set)
    pieces: list[SearchProgress] = field(default_factory=list)
    repositories: dict[str, str] = field(default_factory=dict)
    references: dict[str, None] = field(default_factory=dict)
    watched: dict[str, None] = field(default_factory=dict)
    strikes: int = 0
    skips: int = 0
    lists: Lists = field(init=False, repr=False)
    missing: GapCollector = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.lists = Lists(self.client)
        self.missing = GapCollector(self.order.host, self.request.period)

    def events(self) -> Iterator[Event]:
        """Everything the request asks for; raises WebError where GitHub gives no more answers."""
        try:
            yield from self._everything()
        except WebError:
            yield from self.missing.grouped()
            raise
        yield from self.missing.grouped()
        yield self._done()

    def _everything(self) -> Iterator[Event]:
        start = self.begin()
        for hole in start.scene.holes:
            yield from self.missing.hole(hole)
        for reason in start.memory.untold if start.memory else ():
            yield from self.missing.again(reason)
        yield from self._cut(start.choice.counts)
        yield from self._rounds()
        yield from self._overlooked()
        yield from self._referenced()
        yield from self._releases()

    def begin(self) -> Start:
        """Survey and choose, and keep what that found."""
        self.start = begin(self.client, self.order, self.request)
        self.order = self.start.order
        self.view = rows.RowContext(
            self.order.source, self.order.host, self.start.periods, _folded(self.request.accounts),
            self.start.scene.asked,
        )  # fmt: skip
        return self.start

    def _cut(self, counts: Mapping[Search, int]) -> Iterator[Event]:
        """Make pieces of searches, cutting those that match more than GitHub gives out until none does."""
        while counts:
            parts: list[Search] = []
            for search, number in counts.items():
                if number <= CAP:
                    self.pieces.append(SearchProgress(search, TotalCheck(number), finished=not number))
                elif search.seconds > 1:
                    parts += search.parts(number)
                else:
                    yield from self._by_repository(search, number)
            counts = preflight.count(self.client, parts)

    def _by_repository(self, search: Search, number: int) -> Iterator[Event]:
        """Cut what no time can cut: by the repositories in what is shown, and all others."""
        names = list(dict.fromkeys(each["repository"]["nameWithOwner"] for each in walk(self.client, search, "Names")))
        if search.place.startswith("repo:") or not names:
            self.pieces.append(SearchProgress(search, TotalCheck(number), whole=False))
            return
        parts = [replace(search, place=f"repo:{each}") for each in names]
        rest = replace(search, words=" ".join([search.words, *(f"-repo:{each}" for each in names)]))
        counts = preflight.count(self.client, [*parts, rest])
        if counts[rest] == number:
            self.pieces.append(SearchProgress(search, TotalCheck(number), whole=False))
            return
        yield from self._cut(counts)

    def _overlooked(self) -> Iterator[Event]:
        """Results that slipped past a page's edge because one came in while another went out.

        The total is the same then, so it shows nowhere; but what came in was updated meanwhile, which is counted for
        all searches together. Only where there is such a thing are the ids walked again.
        """
        paged = {each.search.updated_since(self.start.scene.at): each for each in self.pieces if each.pages > 1}
        moved = [paged[probe] for probe, count in preflight.count(self.client, list(paged)).items() if count]
        for piece in moved:
            try:
                ids = [each["id"] for each in walk(self.client, piece.search, "Ids") if each.get("id")]
            except WebError as failure:
                if failure.kind != "busy":
                    raise
                self.missing.blocked = True
                what = f"{piece.search} changed while they were read and could not be looked through again"
                yield from self.missing.once(f"{what}: {failure}")
                continue
            fresh = [each for each in ids if f"{piece.search.shape}:{each}" not in self.seen]
            yield from self._by_id(piece.search, fresh, _SLIPPED)

    def _by_id(self, search: Search, ids: Sequence[str], what: str) -> Iterator[Event]:
        """The rows of results that are known by their ids; `what` names them where some are not shown."""
        rest = list(ids)
        while rest:
            some: list[str] = []
            try:
                answer = ask_by_id(self.client, self.size, search, rest, some)
            except WebError as failure:
                if failure.kind != "busy":
                    raise
                self.missing.blocked = True
                yield from self.missing.once(f"{what}: {failure}")
                return
            rest = rest[len(some) :]
            for error in answer.errors:
                yield from self.missing.once(f"{what}: {preflight.reason_of(error)}")
            found = [each for each in answer.data["nodes"] if each and each.get("id")]
            if len(found) + len(answer.errors) < len(some):
                yield from self.missing.once(f"{what}: GitHub left out some and did not say why")
            yield from self._nodes(search, found)

    def _rounds(self) -> Iterator[Event]:
        """Read all pieces, as many together as one request carries."""
        while waiting := [each for each in self.pieces if not each.finished]:
            batch: list[tuple[SearchProgress, int]] = []

            def question(
                waiting: list[SearchProgress] = waiting, batch: list[tuple[SearchProgress, int]] = batch
            ) -> tuple[str, Mapping[str, object]]:
                batch[:] = self._batch(waiting)
                return ask_for(batch)

            try:
                answer = self.client.ask(question, less=self.size.shrink)
            except WebError as failure:
                if failure.kind != "busy":
                    raise
                yield from self._alone([piece for piece, _ in batch], failure)
                continue
            self.size.worked()
            for number, (piece, _) in enumerate(batch):
                yield from self._take(piece, answer, f"s{number}")

    def _batch(self, waiting: Sequence[SearchProgress]) -> list[tuple[SearchProgress, int]]:
        sizes = searches.pack([(each.search, each.remaining) for each in waiting], self.size.size)
        return [(piece, number) for piece, number in zip(waiting, sizes, strict=True) if number]

    def _alone(self, pieces: Sequence[SearchProgress], failure: WebError) -> Iterator[Event]:
        """Ask for one result of one search at a time, without files if need be: one must not stop the rest."""
        for piece in pieces:
            for paths in (True, False):
                try:
                    answer = self.client.ask(fixed(*ask_for([(piece, 1)], paths)), tries=2)
                except WebError as error:
                    if error.kind != "busy":
                        raise
                    continue
                if not paths:
                    yield from self.missing.once("GitHub could not list the files of a pull request in time")
                self.strikes = 0
                yield from self._take(piece, answer, "s0")
                break
            else:
                yield from self._past(piece, failure)

    def _past(self, piece: SearchProgress, failure: WebError) -> Iterator[Event]:
        """Go on after the one result that cannot be answered for; where the next one cannot either, give up."""
        search = piece.search.by_creation()
        found = None
        if not piece.skipped and self.skips < SKIPS:
            try:
                found = preflight.whereabouts(self.client, search, len(piece.tally.seen) + piece.lost)
            except WebError as error:
                if error.kind != "busy":
                    raise
        if found is None:
            yield from self._give_up(piece, failure)
            return
        self.skips += 1
        second, before, inside = found
        rest = TotalCheck(max(piece.tally.total - before - inside, 0))
        lost = before + inside - len(piece.tally.seen) - piece.lost
        after = replace(search, span=Period(second.until, search.span.until))
        piece.finished, piece.pages = True, 0
        self.pieces.append(SearchProgress(after, rest, finished=not rest.total, skipped=lost, skipped_at=second.since))
        if not rest.total:
            yield from self._skipped(self.pieces[-1])

    def _skipped(self, piece: SearchProgress) -> Iterator[Gap]:
        """Tell of the results that were left out before this piece, once what comes after them can be read."""
        if piece.skipped and piece.skipped_at:
            self.missing.blocked = True
            what = f"{piece.skipped} of the {piece.search}, created at {piece.skipped_at:%Y-%m-%d %H:%M:%S} UTC"
            piece.skipped = 0
            yield self.missing.gap(f"GitHub could not answer in time for {what}")

    def _give_up(self, piece: SearchProgress, failure: WebError) -> Iterator[Event]:
        self.strikes += 1
        if self.strikes >= STRIKES:
            raise failure
        piece.finished = True
        self.missing.blocked = True
        came = f"{len(piece.tally.seen)} of {piece.tally.total + piece.skipped} {piece.search} came"
        yield self.missing.gap(f"{came}, then: {failure}")

    def _take(self, piece: SearchProgress, answer: Answer, alias: str) -> Iterator[Event]:
        """The rows in one page of one piece."""
        yield from self._skipped(piece)
        page = answer.data[alias]
        piece.pages += 1
        nodes = [each for each in page["nodes"] if each and each.get("id")]
        unshown = len(page["nodes"]) - len(nodes)
        piece.lost += unshown
        for error in answer.errors:
            if (path := error.get("path") or [None])[0] == alias:
                holder = holder_of(page, path)
                unshown -= holder is None
                yield from self._lost(error, piece.search, holder, answer.headers)
        if unshown > 0:
            yield from self.missing.hole(
                UnreadableScope(None, f"GitHub left out {unshown} {piece.search} and did not say why")
            )
        # On a first page more than were counted is what came meanwhile; fewer are gone, or this server is behind.
        counted, total = page["issueCount"], piece.tally.total
        piece.most = max(piece.most, counted, total)
        piece.steady = piece.steady and (counted == total or (piece.after is None and counted > total))
        piece.tally.take([each["id"] for each in nodes], page["issueCount"])
        yield from self._nodes(piece.search, nodes)
        before, piece.after = piece.after, page["pageInfo"].get("endCursor")
        if not page["pageInfo"]["hasNextPage"] or piece.after in {None, before}:
            yield from self._finish(piece)

    def _finish(self, piece: SearchProgress) -> Iterator[Event]:
        """Hold what came against the total; where it fell short or the total moved, read again, and tell in the end.

        A total that moves between two pages says that results moved, too: one may have slipped past a page's edge. One
        that is below the count may be that of a server that is behind, so that is counted anew before it is believed.
        """
        missing = piece.tally.missing - piece.lost
        piece.finished = True
        if missing <= 0 and piece.steady:
            return
        if piece.tally.total > CAP and piece.whole:
            yield from self._cut({piece.search: piece.tally.total})
        elif piece.passes < PASSES and piece.whole:
            self._again(piece)
        else:
            self.missing.blocked = True
            came = len(piece.tally.seen)
            moved = "" if piece.steady else ", which changed while they were read"
            yield self.missing.gap(f"GitHub gave {came} of {piece.most} {piece.search}{moved}")

    def _again(self, piece: SearchProgress) -> None:
        (total,) = preflight.count(self.client, [piece.search]).values()
        piece.tally, piece.passes = TotalCheck(total), piece.passes + 1
        piece.finished, piece.after, piece.lost, piece.most, piece.steady = not total, None, 0, 0, True

    def _nodes(self, search: Search, nodes: Iterable[dict[str, Any]]) -> Iterator[Event]:
        """The rows of nodes that had not come before, once all their lists are whole."""
        fresh = [each for each in nodes if f"{search.shape}:{each['id']}" not in self.seen]
        self.seen.update(f"{search.shape}:{each['id']}" for each in fresh)
        fresh = [each for each in fresh if self.order.places.admits(each["repository"]["nameWithOwner"])]
        self._fill(fresh)
        for node in fresh:
            made = list(self._rows(search, node))
            if made:
                self.repositories[node["repository"]["id"]] = node["repository"]["nameWithOwner"]
            if search.shape == "Issues" and self.start.memory and rows.closing(node):
                # It may have been somebody's, or closed at another time: what holds now comes after this.
                yield Retraction(self.order.host, work_item=self.view.subject(node), kind="issue")
            yield from made

    def _rows(self, search: Search, node: dict[str, Any]) -> Iterator[Contribution]:
        if search.shape == "Closers":
            self._note_references(node)
        elif search.shape == "PullRequests":
            self._note_references(node)
            yield from rows.of_pull_request(node, self.view)
        elif search.shape == "Conversations":
            yield from rows.of_conversation(node, self.view)
        else:
            made = list(rows.of_issue(node, self.view))
            if any(each.role == "resolver" for each in made):
                self.watched[node["id"]] = None
            yield from made
            if "opened" in self.order.also:
                yield from rows.of_opened(node, self.view)

    def _note_references(self, node: dict[str, Any]) -> None:
        """Remember issues that a wanted person's pull request closes: search by person does not find them."""
        author = self.view.account(node.get("author")).casefold()
        if self.view.accounts is None or author not in self.view.accounts:
            return
        for each in rows.listed(node, "closingIssuesReferences"):
            self.watched[each["id"]] = None
            closed = rows.moment(each["closedAt"])
            if closed and any(closed in period for period in self.start.periods):
                self.references[each["id"]] = None

    def _referenced(self) -> Iterator[Event]:
        """Issues that pull requests name as closed, and watched ones that changed, where no search found them."""
        changed = self.start.scene.changed if self.start.memory else ()
        every = dict.fromkeys([*self.references, *changed])
        missing = [each for each in every if f"Issues:{each}" not in self.seen]
        yield from self._by_id(_REFERENCED, missing, "an issue that a pull request closed")

    def _releases(self) -> Iterator[Event]:
        """Releases of the repositories that are named, which is where they can be asked for."""
        names = list(self.start.scene.today.values()) if "releases" in self.order.also else []
        names = [each for each in names if self.order.places.admits(each)]
        since = self.start.memory.at if self.start.memory and not self.request.missing else None
        for found in releases.newest(self.client, names, since):
            self._fill(found)
            for each in found:
                for release in rows.listed(each, "releases"):
                    yield from rows.of_release(release, each, self.view)

    def _fill(self, nodes: Iterable[dict[str, Any]]) -> None:
        for node, name in self.lists.fill(nodes):
            self.missing.short(node, name)

    def _lost(
        self,
        error: Mapping[str, Any],
        search: Search,
        holder: Mapping[str, Any] | None,
        headers: Mapping[str, str],
    ) -> Iterator[Gap]:
        """Tell what an error cost: a result, or only something within one that came all the same."""
        if holder is not None:
            self.missing.within(holder, error)
            return
        hole = preflight.hole_of(error, search.place, headers)
        yield from self.missing.hole(hole) if hole.place else self.missing.again(str(hole))

    def _done(self) -> ScopeCompleted:
        """The end: with a cursor where the next reading may build on it."""
        before, scene = self.start.memory, self.start.scene
        memory = Cursor(
            at=scene.at,
            settings=self.order.settings,
            accounts=None if self.request.accounts is None else tuple(sorted(map(hashed, self.request.accounts))),
            users={hashed(name): user for name, user in scene.users.items()},
            repositories=(dict(before.repositories) if before else {}) | self.repositories | scene.strayed,
            holes=tuple(sorted(self.missing.places)),
            untold=tuple(sorted(self.missing.untold)),
            excluded=tuple(sorted(scene.excluded)),
            absent=tuple(sorted(map(hashed, scene.absent))),
            watched=tuple(dict.fromkeys([*(before.watched if before else ()), *self.watched]))[-WATCHED:],
            scopes=scene.scopes,
        )
        return ScopeCompleted(
            self.order.host,
            None if self.missing.blocked else memory.dumps(),
            whole=before is None and not self.missing.any,
        )


_SLIPPED = "a result that slipped past the edge of a page"
_REFERENCED = Search("closed", "", "closed", Period(searches.FIRST, searches.FIRST))


def _folded(accounts: Iterable[str] | None) -> frozenset[str] | None:
    return None if accounts is None else frozenset(each.casefold() for each in accounts)
