"""Which spellings are one account: the table in `harvester.model.accounts`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.model.accounts import account_key, account_keys, forge_login, is_web_committer, keys_of, matches

ACCOUNTS = [
    ["ada@example.org", "Ada <Ada@Example.org>", "X <ada@EXAMPLE.ORG>", " <ada@example.org> "],
    ["ada+tag@example.org", "Ada <Ada+Tag@example.org>"],
    ["Zoe\u0308 <zoe\u0308@example.org>", "ZO\u00cb <ZO\u00cb@example.org>"],
    ["ada@users.noreply.github.com", "1234+Ada@users.noreply.github.com", "A <ADA@USERS.NOREPLY.GITHUB.COM>"],
    ["ada@users.noreply.github.acme.org", "7+ada@users.noreply.github.acme.org"],
    ["ada@users.noreply.git.acme.org", "7+ada@users.noreply.git.acme.org"],
    ["ada@users.noreply.octo.ghe.com", "1234+ada@users.noreply.octo.ghe.com"],
    ["1234-ada@users.noreply.gitlab.com", "5-Ada@users.noreply.gitlab.com", "*-ada@users.noreply.gitlab.com"],
    ["3-ada@users.noreply.gitlab.acme.org", "*-ada@users.noreply.gitlab.acme.org"],
    ["3-ada@users.noreply.code.acme.org", "*-ada@users.noreply.code.acme.org"],
    ["ada@users.noreply.gitlab.com"],
    ["12-monkeys@users.noreply.github.com", "7+12-monkeys@users.noreply.github.com"],
    ["monkeys@users.noreply.github.com"],
    ["7-12-monkeys@users.noreply.gitlab.com", "*-12-monkeys@users.noreply.gitlab.com"],
    ["7+12-monkeys@users.noreply.git.acme.org", "*+12-monkeys@users.noreply.git.acme.org"],
    ["12-monkeys@users.noreply.git.acme.org", "*-monkeys@users.noreply.git.acme.org"],
    ["dependabot[bot]@users.noreply.github.com", "1+dependabot[bot]@users.noreply.github.com"],
    ["ada@noreply.codeberg.org"],
    ["a@b@users.noreply.github.com"],
    ["a+b@users.noreply.github.com"],
    ["svn", "ada <svn>", "Ada Example < SVN >"],
    ["ada <ada@1234-5678-uuid>"],
    ["Ada < ada at example >", "Ada <ada  at example>", "ada at example"],
    ["Ada <ada@example>"],
    ["Ada <>", "ADA < >"],
    ["Grace <>"],
    ["Ada <none@none>", "ada <NONE@none>"],
    ["Grace <none@none>"],
    ["Ada <devnull@localhost>"],
    ["Octo-Cat ", "octo-cat"],
    [""],
]
"""Each line is one account."""


def test_which_accounts_are_the_same():
    keys = [{account_key(each) for each in spellings} for spellings in ACCOUNTS]
    assert [len(each) for each in keys] == [1] * len(ACCOUNTS)
    assert len(set.union(*keys)) == len(ACCOUNTS)


@pytest.mark.parametrize("spellings", ACCOUNTS, ids=lambda each: each[0])
def test_an_account_matches_all_its_spellings(spellings):
    others = frozenset(each[0] for each in ACCOUNTS if each is not spellings)
    for asked in spellings:
        assert all(matches(each, keys_of(frozenset({asked}))) for each in spellings)
    assert not any(matches(each, keys_of(others)) for each in spellings)


@given(
    st.text()
    | st.builds("{}<{}>".format, st.text(), st.text())
    | st.sampled_from([each for line in ACCOUNTS for each in line])
)
def test_the_key_of_a_key_is_the_key(account):
    assert all(account_key(each) == each for each in account_keys(account))


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("1+ada@users.noreply.github.com", {"github"}),
        ("ada@users.noreply.github.acme.org", {"github"}),
        ("1+ada@users.noreply.octo.ghe.com", {"github"}),
        ("1-ada@users.noreply.gitlab.com", {"gitlab"}),
        ("1-ada@users.noreply.gitlab.acme.org", {"gitlab"}),
        ("ada@users.noreply.git.acme.org", set()),
        ("ada@users.noreply.github.com.evil.test", set()),
        ("ada@users.noreply.notgithub.com", set()),
        ("ada@users.noreply.ghe.com", set()),
    ],
)
def test_a_login_on_every_host_of_a_forge(address, hosts):
    """Hosts count that are named after the forge."""
    asked = {"github": "ada@users.noreply.github.*", "gitlab": "*-ada@users.noreply.gitlab.*"}
    assert {forge for forge, each in asked.items() if matches(address, keys_of(frozenset({each})))} == hosts


@pytest.mark.parametrize(
    ("address", "login"),
    [
        ("1234+Ann@users.noreply.github.com", ("github", "ann", "github.com")),
        ("1234-ann@users.noreply.gitlab.com", ("gitlab", "ann", "gitlab.com")),
        ("ann@users.noreply.gitlab.com", None),
        ("ann@noreply.github.com", None),
        ("a@b@users.noreply.github.com", None),
        ("ann", None),
        ("", None),
    ],
)
def test_the_login_in_a_no_reply_address(address, login):
    assert forge_login(address) == login


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        ("noreply@github.com", True),
        ("NoReply@GitHub.com", True),
        ("noreply@github.acme.org", True),
        ("noreply@octo.ghe.com", True),
        ("noreply@git.acme.org", True),
        ("noreply@gitlab.com", False),
        ("noreply@anthropic.com", False),
        ("noreply@github.com.evil.test", False),
        ("ada@github.com", False),
    ],
)
def test_the_web_committer_of_github_is_nobody(address, is_it):
    """git.acme.org is a host of GitHub by the remote."""
    assert is_web_committer(address, {"git.acme.org"}) is is_it
