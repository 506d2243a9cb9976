"""What `harvester doctor` reports of a GitLab source."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.connectors.gitlabs import source
from tests.servers.gitlab import NOW, TOKEN, Fault, GitLabServer, World


@pytest.fixture
def server():
    """A small GitLab with one person, while the test runs."""
    world = World()
    world.user("alice")
    with GitLabServer(world) as running:
        yield running


def report(server, state=None, **settings):
    """What is found, joined: all of it, or what is of one state."""
    return "\n".join(
        f"{each.message} {each.hint}" for each in source(server, **settings).check() if state in {None, each.state}
    )


def test_a_good_token_is_named_with_what_is_left(server):
    assert report(server) == report(server, "ok")
    for words in (
        "GitLab 18.5.0-ee, Enterprise Edition.",
        "The token is alice's.",
        "The token ends on 2027-01-31.",
        "1,990 of 2,000 requests are left until 2026-11-01T12:01:00Z.",
    ):
        assert words in report(server)


def test_the_edition_and_an_old_version_are_told(server):
    server.world.version, server.world.enterprise = "17.2.1", False
    assert "GitLab 17.2.1, Community Edition." in report(server, "ok")
    server.world.version = "15.11.13"
    assert "The oldest version that can be read is 16.0." in report(server, "error")


@pytest.mark.parametrize(
    ("scopes", "enough"), [(["api"], True), (["read_user", "read_repository"], False), ([], False)]
)
def test_a_token_without_read_api_is_an_error(server, scopes, enough):
    server.world.scopes = scopes
    assert ("has no scope read_api" not in report(server, "error")) == enough
    assert ("The token is alice's." in report(server)) == enough


@pytest.mark.parametrize(
    ("day", "state", "words"),
    [
        ("2026-11-16", "ok", "The token ends on 2026-11-16."),
        ("2026-11-15", "warning", "The token ends on 2026-11-15, in 14 days."),
        ("2026-11-02", "warning", "in 1 day."),
        ("2026-11-01", "error", "The token ended on 2026-11-01."),
        (None, "ok", "The token has no day on which it ends."),
    ],
)
def test_the_end_of_a_token_is_told_two_weeks_before(server, day, state, words):
    server.world.expires = day
    assert words in report(server, state)


def test_the_days_are_the_server_s(server):
    """Ours may be off; the clock that is off is a finding of its own."""
    server.world.expires = "2026-11-15"
    found = report(server, "warning", now=NOW - dt.timedelta(days=3))
    assert "in 14 days" in found
    assert "clock is 259200 s behind GitLab's" in found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("project_7_bot_1a2b3c", "A project's token sees this project and what is public"),
        ("group_12_bot", "A group's token sees this group and what is public"),
        ("project_manager_bot", None),
    ],
)
def test_what_a_token_of_its_kind_cannot_see_is_said(server, name, words):
    server.world.user(name)
    server.world.viewer = name
    assert name in report(server, "ok")
    assert report(server, "warning").startswith(words) if words else report(server, "warning") == ""


@pytest.mark.parametrize(
    "said", [{"granular": True}, {"granular_scopes": [{"access": "user"}]}, {"scopes": ["granular"]}]
)
def test_a_fine_grained_token_is_told(server, said):
    token = {"id": 7, "active": True, "scopes": [], "expires_at": "2027-01-31"} | said
    server.script(Fault(200, json.dumps(token)))
    assert "A fine-grained token sees what it was given" in report(server, "warning")


def test_a_sign_in_in_the_browser_is_told(server):
    server.world.token = "oauth"
    assert "which ends after two hours" in report(server, "warning")
    assert "The token is alice's." in report(server, "ok")


def test_a_token_of_nobody_is_an_error(server):
    server.world.viewer = None
    assert "The token is nobody's" in report(server, "error")


@pytest.mark.parametrize("token", ["glcbt-64_abcdefghijklmnop", "acme-glcbt-64_abcdefghijklmnop", "the-job"])
def test_a_ci_job_token_is_refused(server, token):
    found = report(server, "error", environ={"TOKEN": token, "CI_JOB_TOKEN": "the-job"})
    assert "job" in found
    assert len(server.asked) == 0


def test_a_hidden_place_is_reported(server):
    server.world.project("acme/web/pay")
    server.world.hidden.add("acme/web")
    found = report(server, "error", groups=("acme/web",), projects=("acme/web/pay", "no/such"))
    for path in ("acme/web: ", "acme/web/pay: ", "no/such: "):
        assert path in found
    assert found.count("Give the token access") == 3
    assert report(server, "error", groups=("acme",)) == ""


def test_a_clock_that_is_off_is_told_with_the_side(server):
    assert "clock is 300 s ahead of GitLab's" in report(server, "warning", now=NOW + dt.timedelta(minutes=5))


def test_little_left_of_the_limit_is_told(server):
    server.world.remaining = 12
    assert "12 of 2,000 requests" in report(server, "warning")
    server.world.remaining = None
    assert "This server names no rate limit." in report(server, "ok")


def test_what_goes_wrong_is_a_finding_and_no_error(server):
    assert "has no token" in report(server, "error", token=None)
    assert "environment variable 'TOKEN' is not set" in report(server, "error", environ={"OTHER": "x"})
    assert "does not accept the token" in report(server, "error", environ={"TOKEN": "wrong"})
    server.script(Fault(502), Fault(502))
    assert "error 502" in report(server, "error")
    assert TOKEN not in report(server)
