"""How a reading begins: what is known from last time, who and where things are, and the cheaper way to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harvester.errors import SourceError
from harvester.model.periods import Period
from harvester.sdk.connector import Request

from . import preflight, searches
from .client import Client
from .cursor import Cursor, loads
from .preflight import Preflight
from .scope import ANYWHERE, ScopeFilter
from .searches import Job, Search, Stream


@dataclass(frozen=True)
class ReadOptions:
    """What a source is configured to read."""

    source: str
    host: str
    places: ScopeFilter
    also: tuple[Stream, ...]
    settings: str


@dataclass(frozen=True)
class Strategy:
    """How to read: by person or by place, its searches with their counts, its price and that of the other way."""

    by: str
    counts: Mapping[Search, int]
    price: int
    other: int | None = None


@dataclass(frozen=True)
class Start:
    """Where a reading begins. `memory` is None where everything is read anew; rows may be in any of the `periods`."""

    order: ReadOptions
    memory: Cursor | None
    scene: Preflight
    periods: tuple[Period, ...]
    choice: Strategy


@dataclass(frozen=True)
class _Asked:
    order: ReadOptions
    request: Request
    memory: Cursor | None
    periods: tuple[Period, ...]


def begin(client: Client, order: ReadOptions, request: Request) -> Start:
    """Survey, and choose between reading person by person and reading whole places, by what they cost.

    Raises SourceError where neither people nor places are named.
    """
    known = loads(request.cursors.get(order.host))
    memory = known if known and known.serves(order.settings, request.accounts) else None
    periods = (request.period, *request.covered) if known else (request.period,)
    asked = _Asked(order, request, memory, periods)
    names = sorted(request.accounts or ())
    people, everybody = _searches(asked, {each: each for each in names})
    together = len(everybody) + len(people) <= preflight.COUNTS
    # Ids outlive other settings and other people: without them a login that a stranger took over would be believed.
    users = known.users if known else {}
    searches = [*everybody, *people] if together else everybody or people
    scene = preflight.look(client, order.places, names, users, memory, searches)
    asked = replace(
        asked,
        memory=None if scene.void else memory,
        order=replace(order, places=order.places.seen(scene.today, scene.owners, scene.excluded.values())),
    )
    choice = _choose(client, scene, request.accounts is None, *_searches(asked, scene.logins))
    return Start(asked.order, asked.memory, scene, periods, choice)


def _choose(
    client: Client, scene: Preflight, all_people: bool, people: list[Search], everybody: list[Search]
) -> Strategy:
    """Whole places cost nothing more where counting person by person would cost as much."""
    place = _counted(client, scene, everybody)
    by_place = Strategy("place", place, searches.price(place))
    if all_people or (place and (not sum(place.values()) or by_place.price <= len(people) // preflight.COUNTS)):
        return by_place
    person = _counted(client, scene, people)
    by_person = Strategy("person", person, searches.price(person))
    if place and by_place.price < by_person.price:
        return replace(by_place, other=by_person.price)
    return replace(by_person, other=by_place.price if place else None)


def _counted(client: Client, scene: Preflight, searches: Sequence[Search]) -> dict[Search, int]:
    scene.counts |= preflight.count(client, [each for each in searches if each not in scene.counts])
    return {each: scene.counts[each] for each in searches}


def _searches(asked: _Asked, logins: Mapping[str, str]) -> tuple[list[Search], list[Search]]:
    """The searches person by person, and those place by place where places are named."""
    words, also = asked.order.places.words(), asked.order.also
    people: list[Search] = []
    everybody: list[Search] = []
    if asked.request.accounts is None and ANYWHERE in words:
        raise SourceError(
            "Nobody is named, and no place: everybody's work on all of GitHub cannot be read.",
            hint="Name people in [people], or organisations or repositories in this source.",
        )
    for job, where in _spots(asked, words):
        for name in sorted(logins):
            people += searches.by_person(job, logins[name], where, also)
        everybody += [] if ANYWHERE in words else searches.by_place(job, where, also)
    return list(dict.fromkeys(people)), list(dict.fromkeys(everybody))


def _spots(asked: _Asked, words: Sequence[str]) -> Iterator[tuple[Job, str]]:
    """Each job in each place; what was hidden last time is read anew where it was."""
    for job in _jobs(asked):
        yield from ((job, where) for where in words)
    for where in asked.memory.holes if asked.memory else ():
        yield from ((Job(each), where) for each in union(asked.periods))


def _jobs(asked: _Asked) -> list[Job]:
    """Windows to read anew, and what changed since last time; what is newer than that has changed since, too."""
    if asked.memory is None:
        return [Job(each) for each in union(asked.periods)]
    at = asked.memory.at
    earlier = [part for each in asked.request.missing if (part := each.overlap(Period(searches.FIRST, at)))]
    return [Job(Period(at, searches.LAST), changed=True), *(Job(each) for each in earlier)]


def union(periods: Iterable[Period]) -> list[Period]:
    """The same time without overlaps, so that nothing is asked for twice."""
    found: list[Period] = []
    for each in sorted(periods, key=lambda period: period.since):
        if found and each.since <= found[-1].until:
            found[-1] = Period(found[-1].since, max(found[-1].until, each.until))
        else:
            found.append(each)
    return found
