"""Accounts that look like one person's are found with a reason; people who share a common word are not."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.config import settings, toml
from harvester.model.look_alikes import Account, Sightings, _is_shared, addresses_and_logins
from harvester.model.people import People, Person
from harvester.workspace.look_alikes import unlisted

GIT = {"here": "git", "hub": "github"}
CROWD = [
    "Michael Gruber <gruber@x.example>", "Sam Hopper <sam@x.example>", "Wei Zhang <wei@x.example>",
]  # fmt: skip
"""Others in the history, whose names say that these words are names."""


def sightings(*accounts: str, people: People | None = None) -> Sightings:
    counts = {Account("here", each): number for number, each in enumerate([*accounts, *CROWD], 1)}
    return Sightings(people or People((), GIT), counts)


def reason(one: str, other: str) -> str:
    """Why two accounts look alike, the same in both directions but for the order of words; empty where they do not."""
    seen = sightings(one, other)
    people = People((), GIT)
    keys = [people.person_of("here", each) for each in (one, other)]
    there, back = (
        {each.person: each.reason for each in seen.like(mine)}.get(theirs, "")
        for mine, theirs in (keys, reversed(keys))
    )
    assert bool(there) == bool(back)
    return there


@pytest.mark.parametrize(
    ("one", "other", "because"),
    [
        ("Ada Byron <a@x.example>", "Ada Byron <b@y.example>", "the same name"),
        ("Ada Byron <a@x.example>", "ada BYRON <b@y.example>", "the same name"),
        ("René Français <a@x.example>", "Rene Francais <b@y.example>", "the same name"),
        ("Jörg Müller <a@x.example>", "Joerg Mueller <b@y.example>", "the same name"),
        ("Jörg Müller <a@x.example>", "Jorg Muller <b@y.example>", "the same name"),
        ("Søren Ærø <a@x.example>", "Soren Aero <b@y.example>", "the same name"),
        ("Byron, Ada <a@x.example>", "Ada Byron <b@y.example>", "the same name"),
        ("Ada Byron, PhD <a@x.example>", "Ada Byron <b@y.example>", "the same name"),
        ('Ada "Countess" Byron <a@x.example>', "Ada Byron (Acme) <b@y.example>", "the same name"),
        ("Ada-Marie Byron <a@x.example>", "Ada Marie Byron <b@y.example>", "the same name"),
        ("Ada K Byron <a@x.example>", "Ada K Byron <b@y.example>", "the same name"),
        ("Byron Ada <a@x.example>", "Ada Byron <b@y.example>", "the same name in another order"),
        ("Ada Karin Byron <a@x.example>", "Ada Byron <b@y.example>", "the same first and last name"),
        ("A. Karin Byron <a@x.example>", "Karin Byron <b@y.example>", "the same first and last name"),
        ("ada.byron <a@x.example>", "Ada Byron <b@y.example>", "the same name"),
        ("a b <countess9@x.example>", "Ada <countess9@y.example>", "the same word before the @ “countess9”"),
        ("Ada Byron <countess@x.example>", "Ada B <countess@y.example>", "the same word before the @ “countess”"),
        ("Ada Byron <countess@x.example>", "Ada King <countess@y.example>", "the same word before the @ “countess”"),
        ("Ada <ada@x.example>", "Ada <ada+git@x.example>", "the same mailbox with a tag after a plus"),
        ("AB <ada.byron@x.example>", "Ada Byron <b@y.example>", "the word before the @ “adabyron” reads as the name"),
        (
            "Ada Byron <b@y.example>",
            "x <7+adabyron@users.noreply.github.com>",
            "the login “adabyron” reads as the name",
        ),
        (
            "x <7+countess@users.noreply.github.com>",
            "Ada <countess@x.example>",
            "“countess” is the login of one and the word before the @ of the other",
        ),
        (
            "Countess9 <a@x.example>",
            "x <7+countess9@users.noreply.github.com>",
            "“countess9” is the name of one and the login of the other",
        ),
        (
            "x <countess@users.noreply.github.com>",
            "x <7-countess@users.noreply.gitlab.com>",
            "the same login “countess”",
        ),
        ("countess <none@none>", "Ada <countess@x.example>", "“countess” is the name of one and the word before the @"),
    ],
)
def test_look_alikes(one, other, because):
    assert reason(one, other).startswith(because)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Michael <michael@x.example>", "Michael <michael@y.example>"),
        ("Michael Haggerty <michael@x.example>", "Michael Brown <michael@y.example>"),
        ("Ada Byron <countess@x.example>", "Bo Wu <countess@y.example>"),
        ("Jeff King <jking@x.example>", "Tom King <jking@y.example>"),
        ("Ada <info@x.example>", "Bo <info@y.example>"),
        ("Ada <me@x.example>", "Ada <me@y.example>"),
        ("Gruber <gruber7@x.example>", "gruber <gruber@y.example>"),
        ("Ada Byron <a@x.example>", "Ada Lovelace <b@y.example>"),
        ("Ada Byron <ada@x.example>", "Bo Byron <byron@y.example>"),
        ("Edward G <a@x.example>", "Edward G <b@y.example>"),
        ("Edward G <a@x.example>", "Edward Green <b@y.example>"),
        ("Your Name <you@x.example>", "Your Name <you@y.example>"),
        ("root <root@a.example>", "root <root@b.example>"),
        ("unknown <a@x.example>", "unknown <b@y.example>"),
        ("john1 <john1@x.example>", "john1 <john1@y.example>"),
        ("ab <ab@x.example>", "ab <ab@y.example>"),
        ("Ada Byron via List <list@x.example>", "Ada Byron <a@y.example>"),
        ("Ada Byron + Bo Wu <pair@x.example>", "Ada Byron <a@y.example>"),
        ("dependabot[bot] <a@x.example>", "dependabot[bot] <b@y.example>"),
        ("12 34 <123456@x.example>", "x <123456@y.example>"),
        ("a <>", "b <>"),
    ],
)
def test_a_shared_word_makes_no_look_alike(one, other):
    assert reason(one, other) == ""


def test_one_address_with_two_names_is_one_account():
    seen = sightings("Ada Byron <a@x.example>", "Countess <a@x.example>", "Ada Byron <b@y.example>")
    (found,) = seen.like("<a@x.example>")
    assert (found.person, found.count) == ("<b@y.example>", 3)
    assert seen.count("<a@x.example>") == 3


def test_an_address_of_many_names_is_nobody_s():
    """A list, or a machine that several people use."""
    names = ("Ada Byron", "Bo Wu", "Cy Young")
    seen = sightings(*(f"{each} <all@x.example>" for each in names), "Ada Byron <a@y.example>")
    assert seen.like("<a@y.example>") == []
    assert seen.like("<all@x.example>") == []


def test_a_name_that_came_once_is_a_slip():
    """One commit of a hundred under somebody else's name does not make them the same person."""
    counts = {
        Account("here", "Ada Byron <a@x.example>"): 99,
        Account("here", "Bo Wu <a@x.example>"): 1,
        Account("here", "Bo Wu <bo@y.example>"): 9,
    }
    assert Sightings(People((), GIT), counts).like("<a@x.example>") == []


ADA = Person("ada", "Ada Byron", ("ada@x.example",), {"github": ("countess",)})
BO = Person("bo", "Bo Wu", ("bo@x.example",))


def test_a_configured_person_is_compared_by_all():
    """By name and login too; an account that is configured as somebody else's is no look-alike, whatever its name."""
    known = People((ADA, BO), GIT)
    seen = sightings(
        "A <ada@x.example>", "Ada Byron <a@y.example>", "x <countess@z.example>", "Ada Byron <bo@x.example>",
        people=known,
    )  # fmt: skip
    found = {each.person: each.reason for each in seen.like("ada")}
    assert found == {
        "<a@y.example>": "the same name",
        "<countess@z.example>": "“countess” is the login of one and the word before the @ of the other",
    }


def test_somebody_who_did_nothing_has_look_alikes_too():
    """Of a person without any work in the period, the twin's is all that a report could have."""
    seen = sightings("Ada Byron <a@y.example>", people=People((ADA,), GIT))
    assert [each.person for each in seen.like("ada")] == ["<a@y.example>"]
    assert seen.like("<nobody@x.example>") == []


def test_accounts_become_lines_of_the_configuration():
    """No-reply addresses of public forges as logins, what has no address as an account of its source."""
    accounts = [
        Account("here", "Ada <a@y.example>"), Account("here", "Ada <1+Countess@users.noreply.github.com>"),
        Account("here", "countess <none@none>"), Account("hub", "Countess9"),
        Account("here", "x <c@users.noreply.git.acme.example>"),
    ]  # fmt: skip
    emails, logins = addresses_and_logins(accounts)
    assert emails == ["a@y.example", "c@users.noreply.git.acme.example"]
    assert logins == {"github": ["countess"], "here": ["countess <none@none>"], "hub": ["countess9"]}


names = st.sampled_from(["Ada Byron", "Byron, Ada", "ada", "Michael", "Bo Wu", "Ádá Byron", "", "Your Name", "A B C"])
locals_ = st.sampled_from(["ada", "countess9", "info", "ada.byron", "1+countess9", "ada+x", ""])
hosts = st.sampled_from(["x.example", "users.noreply.github.com", "y.example"])
accounts = st.builds("{} <{}@{}>".format, names, locals_, hosts)


def configuration(lines: str) -> People:
    """The people of a configuration with these lines, a git source and a source of GitHub."""
    data = tomllib.loads(lines + '\n[sources."he.re"]\nconnector = "git"\n\n[sources.hub]\nconnector = "github"\n')
    return settings.from_file(toml.check(settings.File, data, Path("x")), Path("x"), "UTC").people


@given(st.dictionaries(accounts, st.integers(1, 200), min_size=2, max_size=12), st.booleans())
def test_the_lines_to_write_are_all_that_was_missing(counts, is_configured):
    """They are valid, keep what was configured, and with them these accounts are the person's own."""
    counts = {Account("he.re", each): number for each, number in counts.items()}
    start = '[people."a.b"]\nname = "Ada Byron"\nemails = ["a@z.example"]\naccounts = { hub = ["x"] }\n'
    before = configuration(start if is_configured else "")
    seen = Sightings(before, counts)
    for each in unlisted(before, seen, ["a.b"] if is_configured else seen.persons):
        (person,) = (after := configuration(each.lines)).persons
        assert {after.person_of(*account) for one in each.found for account in one.accounts} == {person.key}
        if is_configured:
            assert person.key == "a.b"
            assert "a@z.example" in (person.emails or ["a@z.example"])
            assert "x" in person.accounts.get("hub", ["x"])


@given(st.dictionaries(accounts, st.integers(1, 200), max_size=12))
def test_looking_alike_goes_both_ways(counts):
    """Whatever accounts there are; nobody looks like themselves, and those with most contributions come first."""
    seen = Sightings(People((), GIT), {Account("here", each): number for each, number in counts.items()})
    pairs = set()
    for person in seen.persons:
        found = seen.like(person)
        pairs |= {(person, each.person) for each in found}
        assert [each.count for each in found] == sorted((each.count for each in found), reverse=True)
        assert all(each.reason and each.person != person for each in found)
    assert pairs == {(other, one) for one, other in pairs}


many_names = names | st.sampled_from(
    ["Ada K. Byron", "Ada King Byron", "J Ada Byron", "Byron Ada", "A B", "B A", "Ad Abyron"]
)
many_locals = locals_ | st.sampled_from(["adabyron", "ada+git", "12-countess9", "byronada"])
many_accounts = st.builds("{} <{}@{}>".format, many_names, many_locals, hosts) | many_locals
configured = st.sampled_from([People((), GIT), People((ADA, BO), GIT)])


@given(st.dictionaries(many_accounts, st.integers(1, 200), max_size=12), configured)
def test_whoever_looks_alike_is_compared(counts, people):
    """An index of what people have in common finds all that a comparison of each with each finds."""
    seen = Sightings(people, {Account("here", each): number for each, number in counts.items()})
    strangers = [each for each in seen.persons if not people.configured(each)]
    shared = {each for each in strangers if _is_shared(seen._spellings[each])}
    for person in {*seen.persons, *(each.key for each in people.persons)} - shared:
        own = seen._spellings.get(person) or seen._spell(person, ())
        expected = {
            other: why
            for other in strangers
            if other not in shared and other != person and (why := seen._reason(own, seen._spellings[other]))
        }
        assert {each.person: each.reason for each in seen.like(person)} == expected
    assert all(not seen.like(each) for each in shared)
