"""Who is who: compared exactly and without case, never as a substring; a stranger is nobody's double."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.errors import PersonError
from harvester.model.accounts import account_key, email_of, mail_key, name_of, noreply_login
from harvester.model.people import People, Person, names_of

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
        ("here", "x <joann@example.org>", "<joann@example.org>"),
        ("here", "x <ann@example.org.evil.test>", "<ann@example.org.evil.test>"),
        ("here", "ann@example.org <mallory@evil.test>", "<mallory@evil.test>"),
        ("here", "<ann@example.org> <mallory@evil.test>", "<mallory@evil.test>"),
        ("here", "x <12-ann-s@users.noreply.github.com>", "<12-ann-s@users.noreply.github.com>"),
        ("here", "x <1-ann-s@users.noreply.gitlab.com>", "<1-ann-s@users.noreply.gitlab.com>"),
        ("here", "x <ann-s@users.noreply.github.com.evil.test>", "<ann-s@users.noreply.github.com.evil.test>"),
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
    private = "ann-s@users.noreply.github.com"
    assert PEOPLE.accounts_of("ann", "here") == ("ann@example.org", "Ann.Old@Example.org", private)
    assert PEOPLE.accounts_of("bo", "here") == (
        "bo@example.org", "root", "bo@laptop", "bo@users.noreply.github.com",
    )  # fmt: skip
    assert PEOPLE.accounts_of("ann", "forge") == ("ann-s",)
    assert PEOPLE.accounts_of("ann", "work") == ("asmith",)
    assert PEOPLE.accounts_of("ann", "pay") == ()
    assert PEOPLE.accounts_of("ann", "diary") == ("ann",)
    assert PEOPLE.accounts_of("<cy@example.org>", "here") == ("cy@example.org",)
    assert PEOPLE.accounts_of("<cy@example.org>", "forge") == ()
    assert PEOPLE.accounts_of("github:cy", "forge") == ("cy",)
    assert PEOPLE.accounts_of("github:cy", "pay") == ()


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
        ("77+bo@users.noreply.github.com", None),
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


@pytest.mark.parametrize(
    ("email", "login"),
    [
        ("1234+Ann@users.noreply.github.com", "ann"),
        ("ann@users.noreply.github.com", "ann"),
        ("12-monkeys@users.noreply.github.com", "12-monkeys"),
        ("1234+dependabot[bot]@users.noreply.github.com", "dependabot[bot]"),
        ("1234-ann@users.noreply.gitlab.com", "ann"),
        ("1234-12-monkeys@users.noreply.gitlab.com", "12-monkeys"),
        ("ann@users.noreply.gitlab.com", None),
        ("ann@noreply.github.com", None),
        ("a@b@users.noreply.github.com", None),
        ("", None),
        (None, None),
    ],
)
def test_the_login_in_a_noreply_address(email, login):
    assert noreply_login(email) == login


def test_spellings_of_one_account_share_a_key():
    assert {
        account_key(each)
        for each in (
            "ann@users.noreply.github.com",
            "Ann <1234+ann@users.noreply.github.com>",
            "ANN@users.noreply.github.com",
        )
    } == {"ann@users.noreply.github.com"}
    assert account_key("Octo-Cat ") == "octo-cat"
    assert account_key("1-ann@users.noreply.gitlab.com") != account_key("2-ann@users.noreply.gitlab.com")


def test_names_of_strangers_by_key():
    assert names_of(["Cy <Cy@example.org>", "cy"]) == {mail_key("cy@example.org"): "Cy"}


def test_a_mentee_who_has_not_agreed_is_asked_of_no_source():
    people = People((Person("bo", "Bo", ("bo@example.org",), {"github": ("bo",)}, may_be_read=False),), {"here": "git"})
    assert people.accounts_of("bo", "here") == ()
    assert people.accounts_of("bo", "github") == ()
    assert people.person_of("here", "Bo <bo@example.org>") == "bo"
