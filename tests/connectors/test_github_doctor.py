"""What `harvester doctor` reports of a GitHub source."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.connectors.fetches import on
from tests.connectors.githubs import source
from tests.servers.github import NOW, TOKEN, Fault


def report(server, state=None, **settings):
    """What is found, joined: all of it, or what is of one state."""
    return "\n".join(
        f"{each.message} {each.hint}" for each in source(server, **settings).check() if state in {None, each.state}
    )


def test_a_good_token_is_named_with_what_is_left(server):
    assert report(server) == report(server, "ok")
    assert "The token is alice's." in report(server)
    assert "4,990 of 5,000 points are left until 2026-11-01T12:30:00Z." in report(server)


def test_missing_scopes_are_named(server):
    server.world.scopes = "gist"
    assert "no scope repo" in report(server, "warning")
    assert "no scope read:org" in report(server, "warning")


@pytest.mark.parametrize(
    ("token", "words"),
    [("github_pat_11ABC", "private repositories of one owner only"), ("ghs_abc", "no private repository but its own")],
)
def test_what_a_token_of_its_kind_cannot_see_is_said(server, token, words):
    server.token = token
    server.world.scopes = None
    server.world.viewer = None if token.startswith("ghs_") else "alice"
    assert words in report(server, "warning", environ={"TOKEN": token})


def test_an_organisation_behind_single_sign_on_is_told(server):
    server.world.pull("acme/pay", "alice", on(7, 1))
    server.world.saml.add("acme")
    assert "acme: the token is not authorised" in report(server, "error", organisations=("acme",))


def test_a_hidden_scope_is_reported(server):
    assert "acme/pay: GitHub does not show it" in report(server, "error", repositories=("acme/pay",))


def test_a_clock_that_is_off_is_told_with_the_side(server):
    assert "clock is 300 s ahead of GitHub's" in report(server, "warning", now=NOW + dt.timedelta(minutes=5))
    assert "clock is 300 s behind GitHub's" in report(server, "warning", now=NOW - dt.timedelta(minutes=5))


def test_little_left_of_the_limit_is_told(server):
    server.world.remaining = 12
    assert "12 of 5,000 points" in report(server, "warning")


def test_what_goes_wrong_is_a_finding_and_no_error(server):
    assert "has no token" in report(server, "error", token=None)
    assert "environment variable 'TOKEN' is not set" in report(server, "error", environ={"OTHER": "x"})
    assert "does not accept the token" in report(server, "error", environ={"TOKEN": "wrong"})
    server.script(Fault(502), Fault(502))
    assert "error 502" in report(server, "error")
    assert TOKEN not in report(server)
