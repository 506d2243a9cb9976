"""One fetch: look up, read what is missing and what changed, read changelogs, and report what is gone or missing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harvester.model.contribution import Contribution
from harvester.model.periods import Period, union
from harvester.sdk.connector import Event, Remark, Request, Retraction, ScopeCompleted
from harvester.sdk.cursor import digest, hashed, hashed_accounts
from harvester.sdk.gaps import GapCollector, UnreadableScope
from harvester.sdk.globs import matches_any
from harvester.sdk.http import WebError
from harvester.sdk.slices import TimeSlice
from harvester.sdk.strategy import EVER
from harvester.text import count_noun

from . import preflight, rows
from .changelog import Json, is_done, needs_statuses
from .client import HISTORIES, Client
from .cursor import FORMAT, Cursor, newest
from .preflight import Preflight
from .searches import TicketQueries

RECHECK_AFTER = dt.timedelta(days=7)
"""How often all that is remembered is looked for, where no query was refused."""
MOST_RECHECKED = 200
"""How many tickets that no list has are asked for one by one in one fetch."""
LISTS = {"comments": "comment", "worklogs": "worklog"}
"""Lists of a ticket, as `also` and answers name them: the field that has the first of each, and the last word of the
address that has all."""
NAMED = 5
"""How many tickets are named that are not shown any more."""
PASSES = 2
"""How often the ids of a search are read again where fewer tickets came than it names."""


@dataclass(frozen=True)
class ReadOptions:
    """What the configuration says."""

    source: str
    scope: str
    url: str
    projects: Sequence[str]
    jql: str
    also: Sequence[str]
    not_done: frozenset[str]
    settings: str
    """A digest of all that, and of the token."""
    person_of: Callable[[str], str] = str


@dataclass
class JiraReader:
    """Reads one request; `events` may be walked once."""

    client: Client
    options: ReadOptions
    request: Request
    time_slice: TimeSlice = field(default_factory=TimeSlice)
    cursor: Cursor | None = field(init=False, default=None)
    before: Cursor | None = field(init=False, default=None)
    """What the last fetch of the same people left, also where everything is read again."""
    found: Preflight = field(init=False, repr=False)
    context: rows.RowContext = field(init=False, repr=False)
    gaps: GapCollector = field(init=False, repr=False)
    tickets: dict[str, Sequence[str]] = field(default_factory=dict)
    """Of each ticket that was read, by id, what the cursor remembers."""
    gone: set[str] = field(default_factory=set)
    """Remembered tickets that are no longer there."""
    hidden: dict[str, Sequence[str]] = field(default_factory=dict)
    """Remembered tickets that are not shown any more, as the cursor remembers them."""
    refused: bool = False
    """Whether a query was refused, perhaps because a ticket in it is gone."""
    rechecked_at: float = 0
    statuses: frozenset[str] | None = None
    """The ids of statuses of the category Done, where they were needed."""

    def __post_init__(self) -> None:
        self.gaps = GapCollector(self.options.scope, self.request.period)

    def events(self) -> Iterator[Event]:
        """Everything the request asks for; raises WebError where Jira stops answering."""
        yield from self.gaps.around(self._all_rows())
        yield self._completed()

    def begin(self) -> None:
        """Look up what is not known from last time, or from when the request was divided."""
        known = Cursor.loads(json.dumps(self.time_slice.known))
        if known:
            self._take_up(known)
        else:
            self._look_up()
        self.hidden = dict(self.before.hidden) if self.before and self.time_slice.is_first else {}
        self._set_context()

    def _take_up(self, known: Cursor) -> None:
        """Begin with the site, the people and the projects that were found when the request was divided."""
        accounts = {hashed(each): each for each in sorted(self.request.accounts or ())}
        self.client.cloud = known.cloud
        self.found = Preflight(
            known.site,
            {accounts[key]: tuple(ids) for key, ids in known.users.items()},
            [accounts[key] for key in known.unknown_accounts],
            None if known.projects is None else list(known.projects),
            list(known.unreadable),
        )
        self.before = self._last()

    def _look_up(self) -> None:
        scope, accounts = self.options.scope, self.request.accounts
        known = Cursor.loads(self.request.newest.get(scope)) or Cursor.loads(self.request.cursors.get(scope))
        known = known if known and known.settings == self.options.settings else None
        self.cursor = Cursor.loads(self.request.cursors.get(scope))
        if self.cursor and not self.cursor.covers(self.options.settings, accounts):
            self.cursor = None
        self.client.cloud = known.cloud if known else True
        self.found = Preflight(known.site if known and not self._is_old(known) else preflight.describe(self.client))
        preflight.find_people(
            self.client, self.found, accounts or (), known.users if known else {}, self.options.person_of
        )
        self._find_projects(known)
        if self.cursor and (self._shows_more() or self.cursor.site != self.found.site):
            self.cursor = None
        self.before = self.cursor or self._last()

    def _last(self) -> Cursor | None:
        """What the last fetch left, if it was for the same people and projects."""
        scope = self.options.scope
        last = Cursor.loads(self.request.previous.get(scope) or self.request.newest.get(scope))
        return last if last and last.asks_for(self._asked(), self.request.accounts) else None

    def _is_old(self, known: Cursor) -> bool:
        """Whether it is time to ask again what the site is: it may have new fields."""
        return self.client.clock() - dt.datetime.fromtimestamp(known.rechecked_at, dt.UTC) >= RECHECK_AFTER

    def _find_projects(self, known: Cursor | None) -> None:
        """Which projects are read. Keys are taken as they are where all of them were shown the last time."""
        patterns = self.options.projects
        if known is None or known.unreadable or preflight.needs_lookup(patterns):
            preflight.find_projects(self.client, self.found, patterns)
        else:
            self.found.projects = None if known.projects is None else list(known.projects)
        for key in known.unreadable if known else ():
            if key not in patterns and not preflight.is_shown(self.client, key):
                self.found.unreadable.append(key)

    def _shows_more(self) -> bool:
        """Whether somebody or something is there now that was not the last time: then all of it is new."""
        assert self.cursor
        people = {hashed(each) for each in self.found.users} & set(self.cursor.unknown_accounts)
        return bool(people) or not set(self.cursor.unreadable) <= set(self.found.unreadable)

    def _set_context(self) -> None:
        everyone = self.request.accounts is None
        self.context = rows.RowContext(
            self.options.source,
            self.options.scope,
            self.options.url,
            self.found.site,
            [self.request.period],
            None if everyone else self.found.names,
            self.options.not_done,
        )

    @property
    def queries(self) -> TicketQueries:
        """The people, projects and conditions that the queries are made from."""
        people = None if self.request.accounts is None else self.found.named
        also, written = frozenset(self.options.also), self.time_slice.span
        return TicketQueries(people, self.found.projects, self.options.jql, also, written)

    @property
    def missing(self) -> list[Period]:
        """What of the period is read in full."""
        return union(self.request.missing if self.cursor else [self.request.period])

    def nothing_to_ask(self) -> bool:
        """Whether nobody and nothing of what is wanted is there: an empty list in a query would mean everything."""
        return self.found.projects == [] or (self.request.accounts is not None and not self.found.users)

    def _all_rows(self) -> Iterator[Event]:
        self.begin()
        if self.cursor and not self.nothing_to_ask():
            yield from self._changed()
        yield from self._report_hidden()
        if self.missing and not self.nothing_to_ask():
            yield from self._read(self.queries.tickets(self.missing))
            if not self.cursor and not self.gaps.blocked and self.time_slice.is_first:
                yield from self._look_back()
        yield from self._report_lost()

    def _report_hidden(self) -> Iterator[Event]:
        """What is configured or wanted and not there."""
        for each in self.found.unreadable:
            hidden = UnreadableScope(each, "the project does not exist, or the token must not browse it", known=True)
            yield from self.gaps.scope_gap(hidden)
        for account in self.found.unknown:
            yield from self.gaps.scope_gap(UnreadableScope(None, self._unknown(account), known=True))

    def _report_lost(self) -> Iterator[Event]:
        """Tickets that were read and are not shown any more: Data Center says of which of them that they are there."""
        kept = sorted(key for key, how in self.hidden.values() if how)
        lost = sorted(key for key, how in self.hidden.values() if not how)
        if kept:
            words = f"not shown to the token any more, and reported as read before: {_some(kept)}"
            yield from self.gaps.scope_gap(UnreadableScope(None, words, known=True))
        if lost:
            words = f"no longer counted, since deleted or not shown to the token any more: {_some(lost)}"
            yield Remark(self.options.scope, words)

    def _unknown(self, account: str) -> str:
        if "@" in account:
            named = "name it under `accounts`, or write `jira = []` there where there is none"
            return f"no account of {self.options.scope} is found by the address {account!r}: {named}"
        return f"{self.options.scope} has nobody with the account {account!r}: misspelt, renamed or deleted"

    def _changed(self) -> Iterator[Event]:
        """What changed since the last fetch, and what is gone since."""
        assert self.cursor
        hidden = self.found.unreadable
        known = [number for number, each in self.cursor.tickets.items() if not matches_any(_project(each[1]), hidden)]
        try:
            changed = list(self._pages_since([each for each in known if each not in self.hidden]))
        except WebError as failure:
            if failure.status != 400:
                raise
            # A ticket that is gone, a project that is not shown any more, or somebody who is no longer there.
            self.refused = True
            self._look_up_again()
            yield from self._report_hidden()
            if self.nothing_to_ask():
                return
            changed = list(self._pages_since(()))
        yield from self._rows_of([each for each in changed if not self._is_known(each)])
        last = dt.datetime.fromtimestamp(self.cursor.rechecked_at, dt.UTC)
        if self.refused or self.client.started_at - last >= RECHECK_AFTER:
            yield from self._recheck(known)
        else:
            self.rechecked_at = self.cursor.rechecked_at

    def _pages_since(self, known: Sequence[str]) -> Iterator[Json]:
        assert self.cursor
        jql = self.queries.changed_since(self.cursor.at, known)
        for page, _ in self.client.search(jql, self._fields()):
            yield from page

    def _look_up_again(self) -> None:
        accounts = self.request.accounts or ()
        self.found = Preflight(self.found.site)
        preflight.find_people(self.client, self.found, accounts, {}, self.options.person_of)
        preflight.find_projects(self.client, self.found, self.options.projects)
        self._set_context()

    def _is_known(self, ticket: Json) -> bool:
        """Whether a ticket is as it was when it was read last; that is remembered further then."""
        before = self.cursor.tickets.get(str(ticket["id"])) if self.cursor else None
        same = before is not None and list(before[:2]) == [str(ticket["fields"].get("updated")), str(ticket["key"])]
        if same and before:
            self.tickets[str(ticket["id"])] = before
        return same

    def _recheck(self, known: Sequence[str]) -> Iterator[Event]:
        """Look for every remembered ticket with a row: one that a list of the whole period lacks is asked for alone."""
        assert self.cursor
        self.rechecked_at = self.client.started_at.timestamp()
        covered = self.request.period.minus(self.missing)
        listed = set(self._ids(self.queries.tickets(covered))) if covered else set()
        yield from self._look_at_all([each for each in known if each not in listed and self._had_rows(each, covered)])

    def _look_back(self) -> Iterator[Event]:
        """After reading everything: look for what had rows the last time and did not come.

        A new token may show less. What another slice reads is listed by its ids.
        """
        if self.before:
            everything = replace(self.queries, written=EVER).tickets(self.missing)
            listed = set(self._ids(everything)) if self.time_slice.of > 1 else set()
            self.hidden = {number: each for number, each in self.hidden.items() if number not in listed}
            read = [number for number, each in self.before.tickets.items() if self._is_read(each[1])]
            lost = [each for each in read if self._had_rows(each, [self.request.period]) and each not in listed]
            yield from self._look_at_all(lost)

    def _look_at_all(self, lost: Sequence[str]) -> Iterator[Event]:
        """Look at each ticket that no list has, and at each that was hidden the last time."""
        assert self.before
        lost = list(dict.fromkeys([*lost, *(each for each in self.hidden if each not in self.tickets)]))
        keys = {each: self.hidden[each][0] if each in self.hidden else self.before.tickets[each][1] for each in lost}
        for project in dict.fromkeys(map(_project, keys.values())):
            yield from self._look_at_project(project)
        lost = [each for each in lost if not matches_any(_project(keys[each]), self.found.unreadable)]
        if len(lost) > MOST_RECHECKED:
            self.gaps.blocked = True
            yield self.gaps.gap(f"{len(lost)} tickets that were read before are not listed any more")
            return
        for number in lost:
            yield from self._recheck_one(number, keys[number])

    def _look_at_project(self, project: str) -> Iterator[Event]:
        """A gap where a project is not shown any more."""
        if matches_any(project, self.found.unreadable) or preflight.is_shown(self.client, project):
            return
        self.found.unreadable.append(project)
        yield from self._report_hidden()

    def _had_rows(self, number: str, periods: Sequence[Period]) -> bool:
        """Whether a remembered ticket had rows in these periods, and has not come in this fetch."""
        assert self.before
        _, _, mark, first, last = self.before.tickets[number]
        if not mark or number in self.tickets:
            return False
        return any(float(first) < each.until.timestamp() and each.since.timestamp() <= float(last) for each in periods)

    def _recheck_one(self, number: str, key: str) -> Iterator[Event]:
        """Take a ticket's rows back where it is deleted, or no longer what is asked for.

        Where it is hidden, that is a gap, and its rows stay.
        """
        assert self.before
        ticket, is_there = self._ticket(number)
        if ticket:
            asked_for = not self.options.jql and self._is_read(str(ticket["key"]))
            if not asked_for or not self._is_known(ticket):
                yield from self._rows_of([ticket], asked_for=asked_for)
            self.hidden.pop(number, None)
            return
        if not is_there and number in self.before.tickets:
            self.gone.add(number)
            yield self._retraction(key)
        self.hidden[number] = (key, "kept" if is_there else "")

    def _ticket(self, number: str) -> tuple[Json | None, bool]:
        """A ticket by its id, None where it is not shown; and whether it is there.

        Data Center answers 403 for one that is hidden and 404 for one that is deleted
        (https://github.com/yontrack/yontrack/issues/1226); Cloud answers 404 for both.
        """
        try:
            ticket = self.client.found(f"issue/{number}", fields=",".join(self._fields()))
        except WebError as failure:
            if failure.status != 403:
                raise
            return None, True
        found = ticket if isinstance(ticket, dict) and "fields" in ticket else None
        return found, found is not None

    def _is_read(self, key: str) -> bool:
        """Whether a ticket's project is among those that are read."""
        return self.found.projects is None or matches_any(_project(key), self.found.projects)

    def _fields(self) -> list[str]:
        return self.found.site.wanted(LISTS[each] for each in LISTS if each in self.options.also)

    def _read(self, jql: str) -> Iterator[Event]:
        """The rows of all tickets that a query finds; what did not come is a gap.

        Cloud is asked for the changelogs of ever more tickets at once: few requests, and what came before a failure is
        kept.
        """
        seen: dict[str, None] = {}
        waiting: list[Json] = []
        total, pages, batch = None, 0, 1
        try:
            for page, counted in self.client.search(jql, self._fields()):
                pages, total = pages + 1, counted
                new = [each for each in page if str(each["id"]) not in seen]
                seen |= dict.fromkeys(str(each["id"]) for each in new)
                waiting += new
                if not self.client.cloud or len(waiting) >= batch:
                    yield from self._rows_of(waiting)
                    batch, waiting = min(4 * len(waiting), HISTORIES), []
        except WebError as failure:
            refused = failure.kind == "wrong" and failure.status
            if failure.kind in {"refused", "limit"} or refused or not pages:
                raise
            self.gaps.blocked = True
            yield self.gaps.gap(f"{count_noun(len(seen) - len(waiting), 'ticket')} came, then: {failure}")
            return
        yield from self._rows_of(waiting)
        if pages > 1:
            yield from self._read_what_slipped(jql, seen, total)

    def _read_what_slipped(self, jql: str, seen: dict[str, None], total: int | None) -> Iterator[Event]:
        """Tickets that came in or went out while pages were read may have moved another past the edge of a page.

        Cloud lists the ids of all in one request. Data Center names a total; where fewer came, they are listed again.
        """
        for _ in range(PASSES):
            if total is not None and len(seen) >= total:
                return
            listed = self._ids(jql)
            unread = [each for each in listed if each not in seen]
            for number in unread:
                if ticket := self._ticket(number)[0]:
                    yield from self._rows_of([ticket])
            seen |= dict.fromkeys(listed)
            if total is None or not unread:
                break
        if total is not None and len(seen) < total:
            self.gaps.blocked = True
            yield self.gaps.gap(f"Jira gave {len(seen)} of {total} tickets")

    def _ids(self, jql: str) -> list[str]:
        return [str(each["id"]) for page, _ in self.client.search(jql, ["id"], ids=True) for each in page]

    def _rows_of(self, tickets: Sequence[Json], *, asked_for: bool = True) -> Iterator[Event]:
        """The rows of tickets; before them, what rows they had before and have no longer.

        `asked_for` says that they are among what is read; else they have no rows any more.
        """
        histories = self._histories([each for each in tickets if asked_for and is_done(each["fields"])])
        for ticket in tickets:
            number, key = str(ticket["id"]), str(ticket["key"])
            made = list(self._made(ticket, histories.get(number, ()))) if asked_for else []
            times = [each.occurred_at.timestamp() for each in made] or [0.0]
            mark = digest(sorted(each.id for each in made)) if made else ""
            before = self.cursor.tickets.get(number) if self.cursor else None
            if before and before[2] not in ("", mark):
                yield self._retraction(before[1])
            updated = str(ticket["fields"].get("updated"))
            self.hidden.pop(number, None)
            self.tickets[number] = (updated, key, mark, f"{min(times):.0f}", f"{max(times):.0f}")
            yield from made

    def _made(self, ticket: Json, histories: Sequence[Json]) -> Iterator[Contribution]:
        done = self._done_statuses() if needs_statuses(ticket["fields"]) else ()
        yield from rows.of_ticket(ticket, histories, self.context, done)
        if "reported" in self.options.also:
            yield from rows.of_reported(ticket, self.context)
        for name, made in (("comments", rows.of_comments), ("worklogs", rows.of_worklogs)):
            if name in self.options.also:
                yield from made(ticket, self._listed(ticket, name), histories, self.context, done)

    def _done_statuses(self) -> frozenset[str]:
        """The ids of all statuses of the category Done, asked for once."""
        if self.statuses is None:
            listed = self.client.get("status")
            done = (each for each in listed if (each.get("statusCategory") or {}).get("key") == "done")
            self.statuses = frozenset(str(each["id"]) for each in done)
        return self.statuses

    def _retraction(self, key: str) -> Retraction:
        return Retraction(self.options.scope, work_item=self.context.work_item(key))

    def _histories(self, tickets: Sequence[Json]) -> Mapping[str, list[Json]]:
        """The changelogs of tickets by id. Data Center sends them along, and those that it cuts are asked for alone."""
        if self.client.cloud:
            return self.client.histories([str(each["id"]) for each in tickets]) if tickets else {}
        return {str(each["id"]): self._history(each) for each in tickets}

    def _history(self, ticket: Json) -> list[Json]:
        log = ticket.get("changelog") or {}
        entries = list(log.get("histories") or ())
        if "histories" in log and len(entries) >= int(log.get("total") or 0):
            return entries
        whole = self.client.get(f"issue/{ticket['id']}", expand="changelog", fields="updated")
        log = whole.get("changelog") or {}
        entries = list(log.get("histories") or ())
        if len(entries) < int(log.get("total") or 0):
            self._note_short("entries of a changelog", ticket)
        return entries

    def _listed(self, ticket: Json, name: str) -> Sequence[Json]:
        """All comments or worklogs of a ticket; a ticket brings the first 20 along, and a longer list is asked for."""
        page = ticket["fields"].get(LISTS[name]) or {}
        entries, total = page.get(name), page.get("total")
        if isinstance(entries, list) and isinstance(total, int) and len(entries) >= total:
            return entries
        entries, total = self.client.listed(f"issue/{ticket['id']}/{LISTS[name]}", name)
        if len(entries) < total:
            self._note_short(name, ticket)
        return entries

    def _note_short(self, what: str, ticket: Json) -> None:
        self.gaps.blocked = True
        self.gaps.note(f"Jira gave fewer {what} than it counted", str(ticket["key"]))

    def _completed(self) -> ScopeCompleted:
        """The end, with a cursor where the next fetch may go on from it."""
        cursor_text = None if self.gaps.blocked else self.left().dumps()
        whole = self.cursor is None and not self.gaps.any
        return self.time_slice.completed(ScopeCompleted(self.options.scope, cursor_text, whole))

    def left(self) -> Cursor:
        """What is left for the next fetch, or once the request was begun for each of its slices."""
        site = self.found.site
        return Cursor(
            at=self.client.started_at,
            rechecked_at=self.rechecked_at or self.client.started_at.timestamp(),
            settings=self.options.settings,
            asked=self._asked(),
            accounts=hashed_accounts(self.request.accounts),
            cloud=site.cloud,
            version=site.version,
            epics=list(site.epics),
            points=list(site.points),
            users={hashed(account): list(ids) for account, ids in self.found.users.items()},
            unknown_accounts=sorted(map(hashed, self.found.unknown)),
            projects=self.found.projects,
            unreadable=sorted(self.found.unreadable),
            tickets={number: list(each) for number, each in self._remembered().items()},
            hidden={number: list(each) for number, each in list(self.hidden.items())[-MOST_RECHECKED:]},
        )

    def _asked(self) -> str:
        return digest([FORMAT, list(self.options.projects), self.options.jql, sorted(self.options.also)])

    def _remembered(self) -> dict[str, Sequence[str]]:
        known: dict[str, Sequence[str]] = dict(self.cursor.tickets) if self.cursor else {}
        if self.before:
            known |= {each: self.before.tickets[each] for each in self.hidden if each in self.before.tickets}
        return newest({number: each for number, each in known.items() if number not in self.gone} | self.tickets)


def _some(keys: Sequence[str]) -> str:
    return ", ".join(keys[:NAMED]) + (f" and {len(keys) - NAMED} more" if len(keys) > NAMED else "")


def _project(key: str) -> str:
    return key.rpartition("-")[0]
