"""How a fetch begins: what is known from last time, who and where everything is, and the cheaper way to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harvester.errors import SourceError
from harvester.model.periods import Period, union
from harvester.sdk.connector import Request
from harvester.sdk.slices import TimeSlice
from harvester.sdk.strategy import Job, Strategy, jobs

from . import preflight, searches
from .client import Client
from .cursor import Cursor
from .preflight import Preflight
from .scope import ANYWHERE, ScopeFilter
from .searches import Search, Stream


@dataclass(frozen=True)
class ReadOptions:
    """What a source is configured to read; `settings` is a digest of all of it and of the token."""

    source: str
    host: str
    scope_filter: ScopeFilter
    also: tuple[Stream, ...]
    settings: str


@dataclass(frozen=True)
class Start:
    """Where a fetch begins. `cursor` is None where everything is read in full; rows may be in any of the `periods`.

    `last` is the last fetch's cursor, also where other settings or people make everything be read again.
    """

    options: ReadOptions
    cursor: Cursor | None
    last: Cursor | None
    preflight: Preflight
    periods: tuple[Period, ...]
    strategy: Strategy[Search]


@dataclass(frozen=True)
class _Plan:
    options: ReadOptions
    request: Request
    cursor: Cursor | None
    periods: tuple[Period, ...]
    time_slice: TimeSlice

    @property
    def by(self) -> str | None:
        """The way that is chosen already: all slices of a request must go the same way."""
        return self.time_slice.known.get("by")


def begin(client: Client, options: ReadOptions, request: Request, time_slice: TimeSlice) -> Start:
    """Look everything up and choose between reading by person and by scope.

    Raises SourceError where neither people nor organisations nor repositories are named.
    """
    last = Cursor.loads(request.cursors.get(options.host))
    cursor = last if last and last.covers(options.settings, request.accounts) else None
    periods = (request.period, *request.covered) if last else (request.period,)
    plan = _Plan(options, request, cursor, periods, time_slice)
    names = sorted(request.accounts or ())
    by_person, by_scope = _searches(plan, {each: each for each in names})
    counted = [*by_scope, *by_person] if len(by_scope) + len(by_person) <= preflight.COUNTS else by_scope or by_person
    # Ids outlive other settings and other people: without them a login that a stranger took over would be believed.
    users = last.users if last else {}
    found = preflight.look_up(client, options.scope_filter, names, users, cursor, counted)
    current = options.scope_filter.with_current_names(found.current_names, found.user_owners, found.excluded.values())
    plan = replace(
        plan, cursor=None if found.cursor_is_void else cursor, options=replace(options, scope_filter=current)
    )
    strategy = _choose(client, found, request.accounts is None, *_searches(plan, found.logins))
    previous = last or Cursor.loads(request.previous.get(options.host))
    return Start(plan.options, plan.cursor, previous, found, periods, strategy)


def _choose(
    client: Client, found: Preflight, everyone: bool, by_person: list[Search], by_scope: list[Search]
) -> Strategy[Search]:
    """The way with fewer requests; both yield the same rows.

    By person, each person has a search for each kind of contribution, and a pull request with five reviewers comes
    five times. By scope, one search of a repository or organisation serves everybody, but brings strangers' work, too.
    So the counts decide. Counting by person costs requests, too, fifty searches each: it ends as soon as what was
    counted so far, and that counting, cost no less than reading by scope.
    """
    scope_counts = _count(client, found, by_scope)
    scope = Strategy("scope", scope_counts, searches.requests_for(scope_counts))
    if everyone or (by_scope and not by_person) or (scope_counts and not sum(scope_counts.values())):
        return scope
    uncounted = [each for each in by_person if each not in found.counts]
    for counting, start in enumerate(range(0, len(uncounted), preflight.COUNTS), start=1):
        known = {each: found.counts[each] for each in by_person if each in found.counts}
        if scope_counts and counting + searches.requests_for(known) >= scope.requests:
            return scope
        _count(client, found, uncounted[start : start + preflight.COUNTS])
    person_counts = _count(client, found, by_person)
    person = Strategy("person", person_counts, searches.requests_for(person_counts))
    if scope_counts and scope.requests < person.requests:
        return replace(scope, other_requests=person.requests)
    return replace(person, other_requests=scope.requests if scope_counts else None)


def _count(client: Client, found: Preflight, wanted: Sequence[Search]) -> dict[Search, int]:
    found.counts |= preflight.count(client, [each for each in wanted if each not in found.counts])
    return {each: found.counts[each] for each in wanted}


def _searches(plan: _Plan, logins: Mapping[str, str]) -> tuple[list[Search], list[Search]]:
    """The searches by person, and those by scope where organisations or repositories are named.

    Only what is in this slice is searched, and only the way that was chosen for all of them.
    """
    qualifiers, also = plan.options.scope_filter.qualifiers(), plan.options.also
    by_person: list[Search] = []
    by_scope: list[Search] = []
    if plan.request.accounts is None and ANYWHERE in qualifiers:
        raise SourceError(
            "This source names no people, organisations or repositories: everyone's work on all of GitHub cannot be "
            "read.",
            hint="Name people in [people], or organisations or repositories in this source.",
        )
    for job, qualifier in _qualified_jobs(plan, qualifiers):
        for name in sorted(logins):
            by_person += searches.by_person(job, logins[name], qualifier, also)
        by_person += searches.in_place(job, qualifier) if qualifier else []
        by_scope += [] if ANYWHERE in qualifiers else searches.by_scope(job, qualifier, also)
    ranges = plan.time_slice.ranges
    wanted = ([], by_scope) if plan.by == "scope" else (by_person, []) if plan.by == "person" else (by_person, by_scope)
    found = [[piece for each in dict.fromkeys(some) for piece in each.within(ranges)] for some in wanted]
    return found[0], found[1]


def _qualified_jobs(plan: _Plan, qualifiers: Sequence[str]) -> Iterator[tuple[Job, str]]:
    """Each job with each qualifier; what was hidden last time is read in full."""
    for job in jobs(plan.request, plan.periods, plan.cursor.at if plan.cursor else None):
        yield from ((job, each) for each in qualifiers)
    for hidden in plan.cursor.unreadable if plan.cursor else ():
        yield from ((Job(each), hidden) for each in union(plan.periods))
