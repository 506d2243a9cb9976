"""How a fetch begins: what is known from last time, who and where everything is, and the cheaper way to read."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from harvester.sdk.slices import TimeSlice
from harvester.sdk.strategy import FIRST, Job, Strategy, jobs

from . import events, listings, preflight
from .client import Client
from .cursor import Cursor
from .graphql import PAGE
from .listings import ListRequest, Stream
from .preflight import Preflight, Survey
from .scope import ScopeFilter


@dataclass(frozen=True)
class ReadOptions:
    """What a source is configured to read; `settings` is a digest of all of it and of the token."""

    source: str
    host: str
    """What work items begin with: the host, and a path where GitLab has one."""
    scope_filter: ScopeFilter
    also: tuple[Stream, ...]
    settings: str


@dataclass(frozen=True)
class Start:
    """Where a fetch begins. `cursor` is None where everything is read in full; rows may be in any of the `periods`.

    `last` is the last fetch's cursor, also where other settings or people make everything be read again. `jobs` are the
    parts of the fetch.
    """

    options: ReadOptions
    cursor: Cursor | None
    last: Cursor | None
    preflight: Preflight
    periods: tuple[Period, ...]
    jobs: tuple[Job, ...]
    strategy: Strategy[ListRequest]


@dataclass(frozen=True)
class _Plan:
    options: ReadOptions
    request: Request
    cursor: Cursor | None
    periods: tuple[Period, ...]
    time_slice: TimeSlice

    @property
    def jobs(self) -> list[Job]:
        """The parts of the fetch."""
        found = jobs(self.request, self.periods, self.cursor.at if self.cursor else None)
        return [replace(each, within=self.time_slice.span) for each in found]

    @property
    def by(self) -> str | None:
        """The way that is chosen already: all slices of a request must go the same way."""
        return self.time_slice.known.get("by")


def begin(client: Client, options: ReadOptions, request: Request, time_slice: TimeSlice) -> Start:
    """Look everything up and choose between reading by person and by scope.

    Raises SourceError where neither people nor groups nor projects are named.
    """
    last = Cursor.loads(request.cursors.get(options.host))
    cursor = last if last and last.covers(options.settings, request.accounts) else None
    periods = (request.period, *request.covered) if last else (request.period,)
    plan = _Plan(options, request, cursor, periods, time_slice)
    previous = last or Cursor.loads(request.previous.get(options.host))
    if previous:
        client.unsupported |= {*previous.unsupported} & {*client.documents.optional}
    client.unsupported |= {*time_slice.known.get("unsupported", ())} & {*client.documents.optional}
    names = sorted(request.accounts or ())
    by_person, by_scope = _lists(plan, {each: each for each in names})
    # Ids outlive other settings and other people: without them a name that a stranger took over would be believed.
    users = last.users if last else {}
    found = Survey(options.scope_filter, names, users, cursor, [*by_scope, *by_person]).ask(client)
    if previous and previous.server != found.server:
        client.unsupported.clear()
    current = options.scope_filter.with_current_names(found.current_names, found.personal, found.excluded.values())
    plan = replace(
        plan, cursor=None if found.cursor_is_void else cursor, options=replace(options, scope_filter=current)
    )
    strategy = _choose(client, found, plan)
    return Start(plan.options, plan.cursor, previous, found, periods, tuple(plan.jobs), strategy)


def _choose(client: Client, found: Preflight, plan: _Plan) -> Strategy[ListRequest]:
    """The way with fewer requests; both yield the same rows.

    By person, each person has lists of their own and events, and each merge request they reviewed is asked for by
    its number. Closed issues are read by place even so, where one is named: no list and no event leads from a
    person to what the commits of their merge request closed. By scope, one list of a group or project serves
    everybody, but brings strangers' work, too. So the counts decide. How much a person reviewed is not counted: as
    much as they wrote is taken for it. Where a place is named and only the place has everything it is read,
    whatever that costs.
    """
    by_person, by_scope = _lists(plan, found.usernames)
    uncounted = [each for each in [*by_scope, *by_person] if each not in found.counts]
    found.counts |= preflight.count(client, uncounted) if uncounted else {}
    scope_counts = {each: found.counts[each] for each in by_scope}
    scope = Strategy("scope", scope_counts, listings.requests_for(scope_counts))
    if plan.request.accounts is None or (by_scope and not by_person):
        return scope
    counts = {each: found.counts[each] for each in by_person}
    reviewed = sum(count for each, count in counts.items() if each.is_heavy)
    people = len(found.usernames) * len(plan.jobs)
    more = people + math.ceil(reviewed / PAGE) * (2 if reviewed > PAGE else 1)
    person = Strategy("person", counts, listings.requests_for(counts) + more)
    if by_scope and (scope.requests < person.requests or _only_places_show_all(client, found, plan.jobs)):
        return replace(scope, other_requests=person.requests)
    return replace(person, other_requests=scope.requests if by_scope else None)


def _only_places_show_all(client: Client, found: Preflight, jobs: Sequence[Job]) -> bool:
    """Whether some of what is to be read is older than GitLab's events, or somebody's who has a private profile."""
    if any(not each.changed and each.period.since < found.at - events.RETENTION for each in jobs):
        return True
    return any(found.is_private(client, each) for each in sorted(found.silent))


def _lists(plan: _Plan, usernames: Mapping[str, str]) -> tuple[list[ListRequest], list[ListRequest]]:
    """The lists by person, and those by scope where groups or projects are named.

    Only the way that was chosen for all slices is read.
    """
    places, also = plan.options.scope_filter.places(), plan.options.also
    if plan.request.accounts is None and not plan.options.scope_filter.names_places:
        raise SourceError(
            "This source names no people, groups or projects: everyone's work on all of GitLab cannot be read.",
            hint="Name people in [people], or groups or projects in this source.",
        )
    by_person: list[ListRequest] = []
    for job in plan.jobs:
        for username in (usernames[name] for name in sorted(usernames)):
            by_person += listings.by_person(job, username, also)
            by_person += [] if places else [listings.assigned(job, username)]
        by_person += [listings.closed_in(job, each) for each in places]
    by_scope = [each for job in plan.jobs for place in places for each in listings.by_scope(job, place, also)]
    wanted = ([], by_scope) if plan.by == "scope" else (by_person, []) if plan.by == "person" else (by_person, by_scope)
    return list(dict.fromkeys(wanted[0])), list(dict.fromkeys(wanted[1]))


def event_periods(jobs: Sequence[Job], at: dt.datetime) -> Iterator[Period]:
    """The periods in which people's events are read: what changed ends a day after the server's time."""
    for each in jobs:
        since = max(each.period.since, FIRST) - (listings.OVERLAP if each.changed else listings.PAD)
        period = Period(since, max(since, min(each.period.until, at) + listings.PAD))
        if found := period.overlap(each.within):
            yield found
