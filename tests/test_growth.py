"""With twice the people, nothing takes much more than twice the steps: an organisation has 10,000 of them."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.config import settings
from harvester.model.accounts import email_of, keys_of, matches
from harvester.model.look_alikes import Account, Sightings
from harvester.model.people import People, Person
from harvester.workspace import workspace

SOURCES = {"code": "git", "hub": "github", "ent": "github", "lab": "gitlab", "pay": "jira", "diary": "notebook"}
HOSTS = {"hub": "github.com", "ent": "code.acme.example", "lab": "git.acme.example"}


def people_of(number: int) -> People:
    """So many people, with accounts for connectors and for sources; nobody among them has anything in common."""
    return People(tuple(map(_person, range(number))), SOURCES, hosts=HOSTS)


def _person(number: int) -> Person:
    accounts = {"github": (f"hub{number}",), "jira": (f"5b{number:x}",)} | (
        {"ent": (f"e{number}",)} if number % 2 else {}
    )
    return Person(f"p{number}", f"Ada{number} Byron{number}", (f"ada{number}@x.example",), accounts)


def accounts_of(number: int) -> list[Account]:
    """Three accounts for each of so many people: one of theirs, one that looks like it, and a stranger's."""
    return [
        account
        for each in range(number)
        for account in (
            Account("code", f"Ada{each} Byron{each} <ada{each}@x.example>"),
            Account("code", f"Ada{each} K. Byron{each} <private{each}@y.example>"),
            Account("hub", f"stranger{each}"),
        )
    ]


class _Mailmap:
    """A source with these accounts in place of others; by default another address for everybody."""

    def __init__(self, known=None):
        self.known = known

    def aliases(self, accounts):
        if self.known is not None:
            return self.known
        return {each: each.replace("@x.example", "@new.example") for each in accounts}

    def fetch(self, request):
        return iter(())


def _configuration(number: int, folder: Path) -> Path:
    persons = (
        f'[people.p{each}]\nemails = "ada{each}@x.example"\naccounts = {{ github = "hub{each}" }}\n'
        for each in range(number)
    )
    teams = (f'[teams.t{each}]\nmembers = ["p{each}", "p{(each + 1) % number}"]\n' for each in range(number))
    path = folder / f"{number}.toml"
    path.write_text('me.person = "p0"\n' + "".join((*persons, *teams)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda people, seen: [people.person_of(*each) for each in seen], id="whose an account is"),
        pytest.param(
            lambda people, _: [people.accounts_of(each.key, source) for each in people.persons for source in SOURCES],
            id="what to ask for",
        ),
        pytest.param(lambda people, _: [people.find(each.name) for each in people.persons], id="who has a name"),
        pytest.param(
            lambda people, seen: [people.person_of("diary", f"Byron{at}") for at, _ in enumerate(seen)], id="notes"
        ),
        pytest.param(
            lambda people, _: workspace._with_aliases(people, {"code": _Mailmap()}), id="addresses in a mailmap"
        ),
        pytest.param(
            lambda people, seen: [
                sightings.like(each)
                for sightings in [Sightings(people, dict.fromkeys(seen, 1))]
                for each in (*sightings.persons, *(one.key for one in people.persons))
            ],
            id="who looks like somebody",
        ),
    ],
)
def test_steps_grow_as_people_do(act):
    few, many = (steps(act, people_of(number), accounts_of(number)) for number in (40, 160))
    assert many < 5 * few


def test_steps_of_loading_grow_as_the_file_does(tmp_path):
    few, many = (steps(settings.load, _configuration(number, tmp_path)) for number in (40, 160))
    assert many < 5 * few


spelt = st.builds(
    "{} <{}@{}>".format,
    st.sampled_from(["Ada0 Byron0", "", "x"]),
    st.sampled_from(["ada0", "ada1", "1+hub0", "hub1", "e1", "new", "other"]),
    st.sampled_from(["x.example", "users.noreply.github.com", "users.noreply.code.acme.example"]),
)


@given(st.dictionaries(spelt, spelt | st.just("nobody"), max_size=6))
def test_a_mailmap_adds_what_it_replaces_of_each(known):
    """Everybody gets the addresses in place of theirs, but for those that are somebody's by the configuration."""
    people = people_of(2)
    after = workspace._with_aliases(people, {"code": _Mailmap(known)})
    for old, new in zip(people.persons, after.persons, strict=True):
        keys = keys_of(frozenset(workspace._spellings(people, old)))
        of_theirs = [email_of(alias) for account, alias in known.items() if matches(account, keys)]
        added = {each for each in of_theirs if each and people.person_of("", f"<{each}>") not in ("p0", "p1")}
        assert new.emails == (*old.emails, *sorted(added))


def steps(act: Callable[..., object], *arguments: object) -> int:
    """How many lines of Python an act runs, a comprehension's once for each of its elements."""
    count, before = 0, sys.gettrace()

    def trace(frame, event, arg):
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        act(*arguments)
    finally:
        sys.settrace(before)
    return count
