"""Who is who: compared exactly and without case, never as a substring; a stranger is nobody's double."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.errors import PersonError
from harvester.model.accounts import account_key, account_keys, email_of, keys_of, matches, name_of, plain
from harvester.model.people import People, Person

ANN = Person(
    "ann", "Ann Smith", ("ann@example.org", "Ann.Old@Example.org"), {"github": ("ann-s",), "work": ("asmith",)}
)
BO = Person("bo", "Bo Li", ("bo@example.org", "root"), {"github": ("bo",), "git": ("bo@laptop",), "jira": ("5B10",)})
PEOPLE = People((ANN, BO), {"here": "git", "forge": "github", "work": "gitlab", "pay": "jira", "diary": "notebook"})


@pytest.mark.parametrize(
    ("source", "account", "person"),
    [
        ("here", "Ann <ann@example.org>", "ann"),
        ("here", "whoever <ANN@EXAMPLE.ORG>", "ann"),
        ("here", "x <ann.old@example.org>", "ann"),
        ("here", "x <bo@laptop>", "bo"),
        ("here", "root <root>", "bo"),
        ("here", "ann@example.org", "ann"),
        ("here", "x <1234+ann-s@users.noreply.github.com>", "ann"),
        ("here", "x <Ann-S@users.noreply.github.com>", "ann"),
        ("forge", "Ann-S", "ann"),
        ("work", "ASMITH", "ann"),
        ("pay", "5b10", "bo"),
        ("diary", "ann", "ann"),
        ("diary", "Ann Smith", "ann"),
        ("forge", "Ann Smith", "github:ann smith"),
        ("here", "x <joann@example.org>", "<joann@example.org>"),
        ("here", "x <ann@example.org.evil.test>", "<ann@example.org.evil.test>"),
        ("here", "ann@example.org <mallory@evil.test>", "<mallory@evil.test>"),
        ("here", "<ann@example.org> <mallory@evil.test>", "<mallory@evil.test>"),
        ("here", "x <8-ASmith@users.noreply.gitlab.com>", "ann"),
        ("here", "x <ann-s@users.noreply.github.acme.org>", "ann"),
        ("here", "x <7+ann-s@users.noreply.octo.ghe.com>", "ann"),
        ("here", "x <12-ann-s@users.noreply.github.com>", "github:12-ann-s"),
        ("here", "x <1-ann-s@users.noreply.gitlab.com>", "gitlab:ann-s"),
        ("here", "x <1-asmith@users.noreply.gitlab.acme.org>", "gitlab.acme.org:asmith"),
        ("here", "x <ann-s@users.noreply.git.acme.org>", "git.acme.org:ann-s"),
        ("here", "x <ann-s@users.noreply.github.com.evil.test>", "github.com.evil.test:ann-s"),
        ("here", "x <ann+tag@example.org>", "<ann+tag@example.org>"),
        ("here", "Ann <>", "git:ann <>"),
        ("here", "Ann Smith <none@none>", "git:ann smith <none@none>"),
        ("forge", "ann", "github:ann"),
        ("forge", "ann-s2", "github:ann-s2"),
        ("forge", "asmith", "github:asmith"),
        ("pay", "ann-s", "jira:ann-s"),
        ("elsewhere", "ann", "elsewhere:ann"),
    ],
)
def test_an_account_is_exactly_one_person(source, account, person):
    assert PEOPLE.person_of(source, account) == person


def test_people_without_an_address_are_not_one_person():
    assert PEOPLE.person_of("here", "Cy <>") != PEOPLE.person_of("here", "Di <>")


@given(st.text(), st.sampled_from(["here", "forge", "work", "pay", "other"]))
def test_a_stranger_never_collides_with_a_configured_key(account, source):
    person = PEOPLE.person_of(source, account)
    assert person in {"ann", "bo"} or person.startswith("<") or ":" in person


@given(st.text())
def test_only_the_whole_address_makes_a_stranger_ann(text):
    mine = {"ann@example.org", "ann.old@example.org"}
    assert (PEOPLE.person_of("here", f"Ann <{text}ann@example.org>") == "ann") == (
        email_of(f"Ann <{text}ann@example.org>") in mine
    )


def test_what_to_ask_a_source_for():
    assert PEOPLE.accounts_of("ann", "here") == (
        "ann@example.org", "Ann.Old@Example.org", "ann-s@users.noreply.github.*", "*-asmith@users.noreply.gitlab.com",
    )  # fmt: skip
    assert PEOPLE.accounts_of("bo", "here") == (
        "bo@example.org", "root", "bo@laptop", "bo@users.noreply.github.*",
    )  # fmt: skip
    assert PEOPLE.accounts_of("ann", "forge") == ("ann-s",)
    assert PEOPLE.accounts_of("ann", "work") == ("asmith",)
    assert PEOPLE.accounts_of("ann", "pay") == ("ann@example.org", "Ann.Old@Example.org")
    assert PEOPLE.accounts_of("ann", "diary") == ("ann",)


def test_addresses_are_accounts_where_looked_up():
    """Unless an account is given, or an empty list, which says that there is none."""
    named, nobody = Person("a", "A", ("a@x.y",), {"jira": ("5b10",)}), Person("b", "B", ("b@x.y",), {"jira": ()})
    people = People((named, nobody, Person("c", "C", ("c@x.y",))), {"pay": "jira", "hub": "github"})
    assert [people.accounts_of(key, "pay") for key in "abc"] == [("5b10",), (), ("c@x.y",)]
    assert [people.accounts_of(key, "hub") for key in "abc"] == [(), (), ()]
    assert people.person_of("pay", "Cy <c@x.y>") == "c"


def test_an_id_behind_a_name_is_a_stranger_of_its_site():
    assert PEOPLE.person_of("pay", "Cy Doe <712020:9a>") == "jira:712020:9a"
    assert PEOPLE.person_of("pay", "Cy Doe <712020:9a>") == PEOPLE.person_of("pay", "712020:9A")
    assert PEOPLE.person_of("pay", "Cy Doe <cy@example.org>") == "<cy@example.org>"
    assert PEOPLE.names_of([("pay", "Cy Doe <712020:9a>")]) == {"jira:712020:9a": "Cy Doe"}
    assert PEOPLE.accounts_of("jira:712020:9a", "pay") == ("712020:9a",)


@pytest.mark.parametrize(
    ("stranger", "accounts"),
    [
        ("<cy@example.org>", {"here": ("cy@example.org",)}),
        ("github:cy", {"here": ("cy@users.noreply.github.com",), "forge": ("cy",)}),
        ("gitlab:cy", {"here": ("*-cy@users.noreply.gitlab.com",), "work": ("cy",)}),
        ("octo.ghe.com:cy", {"here": ("cy@users.noreply.octo.ghe.com",)}),
        ("jira:cy", {"pay": ("cy",)}),
        ("git:cy <>", {"here": ("cy <>",)}),
    ],
)
def test_what_to_ask_a_source_for_of_a_stranger(stranger, accounts):
    assert {
        source: found for source in PEOPLE.connectors if (found := PEOPLE.accounts_of(stranger, source))
    } == accounts


HOSTS = People(
    (
        Person("ann", "Ann", accounts={"github": ("ann",), "acme": ("asmith",)}),
        Person("bo", "Bo", accounts={"github": ("asmith",)}),
        Person("di", "Di", accounts={"acme": ("ann",)}),
    ),
    {"here": "git", "hub": "github", "acme": "github"},
    hosts={"acme": "git.acme.org"},
)


@pytest.mark.parametrize(
    ("login", "host", "person"),
    [
        ("ann", "github.com", "ann"),
        ("asmith", "git.acme.org", "ann"),
        ("asmith", "github.com", "bo"),
        ("asmith", "octo.ghe.com", "bo"),
        ("ann", "git.acme.org", "di"),
        ("ann", "octo.ghe.com", "octo.ghe.com:ann"),
    ],
)
def test_a_login_is_one_person_on_each_host(login, host, person):
    """A login of a source is its host's alone, in the source and in commits."""
    assert HOSTS.person_of("here", f"x <7+{login}@users.noreply.{host}>") == person
    sources = {"github.com": "hub", "git.acme.org": "acme"}
    assert HOSTS.person_of(sources.get(host, host), login) == person


LOCAL = st.sampled_from(["ann", "Ann", "ann-s", "asmith", "bo", "cy", "12-ann-s", "root", "ann+tag", "none"])
HOST = st.sampled_from(["github.com", "github.acme.org", "octo.ghe.com", "git.acme.org", "gitlab.com", "gitlab.x.org"])
NOREPLY = st.builds("{}{}@users.noreply.{}".format, st.sampled_from(["", "1+", "2+", "1-", "2-"]), LOCAL, HOST)
ADDRESS = NOREPLY | st.builds("{}@{}".format, LOCAL, st.sampled_from(["example.org", "EXAMPLE.ORG", "none"])) | LOCAL
INSIDE = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), max_size=5)
"""What may be between the brackets: git takes brackets out of a name and an address."""

ACCOUNT = st.builds("{} <{}>".format, st.sampled_from(["Ann", "Cy"]), ADDRESS | st.just("") | INSIDE)


@given(ACCOUNT, st.sampled_from([PEOPLE, HOSTS]))
def test_who_is_asked_for_is_who_gets_the_rows(account, people):
    """A source gives a row of whoever `person_of` says, and of nobody else."""
    person = people.person_of("here", account)
    everyone = {each.key for each in people.persons} | {person}
    asked = {each for each in everyone if matches(account, keys_of(frozenset(people.accounts_of(each, "here"))))}
    assert asked == {person}
    if people.configured(person) is None:
        assert people.person_of(*_place_and_login(person)) == person


def _place_and_login(person: str) -> tuple[str, str]:
    """A person's key as an account again; a configured person's is the one in the notebook."""
    if person.startswith("<"):
        return "", person
    place, _, login = person.rpartition(":") if ":" not in person else person.partition(":")
    return place or "diary", login


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("ann", "Ann Smith"),
        ("github:cy", "cy"),
        ("<cy@example.org>", "cy@example.org"),
        ("<a:b@example.org>", "a:b@example.org"),
    ],
)
def test_what_a_reader_calls_a_person(person, name):
    assert PEOPLE.name(person) == name


STRANGERS = {"<cy@example.org>": "Cy Young", "<cy@other.test>": "Cy Young", "github:di": "di"}


@pytest.mark.parametrize(
    ("words", "person"),
    [
        ("ann", "ann"),
        ("ANN", "ann"),
        (" Ann smith ", "ann"),
        ("ann.old@example.org", "ann"),
        ("Someone <ann@example.org>", "ann"),
        ("asmith", "ann"),
        ("bo", "bo"),
        ("77+bo@users.noreply.github.com", "bo"),
        ("77+di@users.noreply.github.com", "github:di"),
        ("77+no@users.noreply.github.com", None),
        ("cy@example.org", "<cy@example.org>"),
        ("Cy <CY@example.org>", "<cy@example.org>"),
        ("<cy@other.test>", "<cy@other.test>"),
        ("github:di", "github:di"),
        ("di", "github:di"),
    ],
)
def test_words_find_a_person(words, person):
    if person is None:
        with pytest.raises(PersonError):
            PEOPLE.find(words, STRANGERS)
    else:
        assert PEOPLE.find(words, STRANGERS) == person


def test_a_name_that_two_people_share_is_refused_with_both():
    with pytest.raises(PersonError, match=r"'Cy Young' is more than one person: <cy@example.org>, <cy@other.test>"):
        PEOPLE.find("Cy Young", STRANGERS)
    twins = People((Person("sam1", "Sam"), Person("sam2", "Sam")))
    with pytest.raises(PersonError, match="'sam' is more than one person: sam1, sam2"):
        twins.find("sam")
    assert twins.find("sam1") == "sam1"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("an smith", "Did you mean 'Ann Smith'?"),
        ("cy@exampel.org", "Did you mean 'cy@example.org'"),
        ("an", "Did you mean 'ann' or 'Ann Smith' or 'Ann.Old@Example.org' or 'ann@example.org'"),
        ("zoe.quinn@example.org", "Name a key of [people], a full name or an e-mail address that occurs in the data."),
        ("zzz", "Name a key of [people], a full name or an e-mail address that occurs in the data."),
    ],
)
def test_nobody_gets_the_nearest_names(words, hint):
    with pytest.raises(PersonError, match=f"^Unknown person {words!r}") as caught:
        PEOPLE.find(words, STRANGERS)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("account", "email", "name"),
    [
        ("Ann <ann@example.org>", "ann@example.org", "Ann"),
        ("Ann <Ann@Example.org> ", "ann@example.org", "Ann"),
        ("ann@example.org", "ann@example.org", "ann@example.org"),
        ("<ann@example.org>", "ann@example.org", "ann@example.org"),
        ("svn <svn>", "svn", "svn"),
        ("Ann <>", None, "Ann"),
        ("ann", None, "ann"),
        ("", None, ""),
    ],
)
def test_reading_an_account(account, email, name):
    assert (email_of(account), name_of(account)) == (email, name)


def test_names_of_strangers_by_key():
    accounts = [("here", "Cy <Cy@example.org>"), ("forge", "cy"), ("here", "Di <1+di@users.noreply.github.com>")]
    assert PEOPLE.names_of(accounts) == {"<cy@example.org>": "Cy", "github:di": "Di"}


def test_a_note_s_address_replaces_no_name():
    accounts = [("here", "Cy <cy@example.org>"), ("diary", "cy@example.org")]
    assert PEOPLE.names_of(accounts) == {"<cy@example.org>": "Cy"}


def test_a_name_in_another_form_of_unicode_is_found():
    people = People((Person("zoe", "Zo\u00eb"),))
    assert people.find("Zoe\u0308") == "zoe"
    assert people.find("Chlo\u00e9", {"<c@example.org>": "Chloe\u0301"}) == "<c@example.org>"


def test_a_mentee_who_has_not_agreed_is_asked_of_no_source():
    people = People((Person("bo", "Bo", ("bo@example.org",), {"github": ("bo",)}, may_be_read=False),), {"here": "git"})
    assert people.accounts_of("bo", "here") == ()
    assert people.accounts_of("bo", "github") == ()
    assert people.person_of("here", "Bo <bo@example.org>") == "bo"


words = st.sampled_from(["ann", "Ann", "bo", "Bo Li", "a@x.example", "a", "A@X.example", "x <a@x.example>", "me", ""])
places = st.sampled_from(["github", "forge", "ours", "git", "jira", "pay"])
persons = st.builds(
    lambda name, emails, accounts: (name, tuple(emails), {place: tuple(each) for place, each in accounts.items()}),
    words, st.lists(words, max_size=2), st.dictionaries(places, st.lists(words, max_size=2), max_size=3),
)  # fmt: skip
made_people = st.lists(persons, max_size=5).map(
    lambda made: People(
        tuple(Person(key, *each) for key, each in zip(("ann", "Ann", "bo", "me", "cy"), made, strict=False)),
        {"here": "git", "forge": "github", "ours": "github", "pay": "jira", "diary": "notebook"},
        hosts={"forge": "github.com", "ours": "code.acme.example"},
    )
)


@given(made_people, words)
def test_words_mean_whom_they_meant_one_by_one(people, wanted):
    """An index finds whom a comparison with each of the people finds, in the same order."""
    keys = {plain(wanted), *account_keys(wanted)}
    by_key = [each.key for each in people.persons if each.key.casefold() in keys]
    by_spelling = [each.key for each in people.persons if keys & {plain(each.name), *people._spellings(each)}]
    assert people.meant(wanted) == (by_key or by_spelling)


@given(made_people)
def test_a_login_of_a_source_goes_before_one_of_its_forge(people):
    """Who has a login for a connector has it in each of its sources, but where somebody has it for the source."""
    for person in people.persons:
        for source in ("forge", "ours"):
            taken = {account_key(name) for each in people.persons for name in each.accounts.get(source, ())}
            given = [each for each in person.accounts.get("github", ()) if account_key(each) not in taken]
            assert people.accounts_of(person.key, source) == person.accounts.get(source, tuple(given))
