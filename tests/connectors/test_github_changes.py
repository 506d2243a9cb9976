"""Reading on: what changed since, what moved, what is called otherwise now, and what is not shown."""

from __future__ import annotations

import datetime as dt

import pytest

from harvester.model.periods import Period
from harvester.sdk.connector import Request
from tests.connectors.fetches import QUARTER, on, wanted
from tests.connectors.githubs import read
from tests.servers.github import NOW, Fault

LATER = NOW + dt.timedelta(days=3)
"""When something changes after a first fetch at `NOW`."""


def test_nothing_new_costs_one_request_for_ten_people(world, server):
    names = [f"dev{number}" for number in range(10)]
    for number in range(40):
        world.pull(
            "acme/pay",
            names[number % 10],
            on(7, 1),
            merged=on(8, 1),
            reviews=[(names[number % 9], "APPROVED", on(7, 2))],
        )
    first = read(server, wanted(*names))
    again = read(server, wanted(*names, after=first))
    assert (again.rows, again.gaps, again.retracted) == ([], [], [])
    assert again.requests == 1
    assert [each.whole for each in again.done] == [False]
    placed = read(server, wanted(*names), organisations=("acme",))
    assert read(server, wanted(*names, after=placed), organisations=("acme",)).requests == 1


def test_an_edit_comes_again_under_the_same_id(world, server):
    pull = world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1), title="Before")
    first = read(server, wanted("alice"))
    pull |= {"title": "After", "updatedAt": LATER}
    (row,) = read(server, wanted("alice", after=first)).rows
    assert (row.id, row.title) == (first.rows[0].id, "After")


def test_a_late_review_on_an_old_pull_request_comes(world, server):
    pull = world.pull("acme/pay", "bob", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"))
    assert first.rows == []
    world.review(pull, "alice", "COMMENTED", on(9, 30))
    pull["updatedAt"] = LATER
    assert [row.occurred_at for row in read(server, wanted("alice", after=first)).rows] == [on(9, 30)]


def test_what_is_merged_after_the_first_reading_comes(world, server):
    year = Period(on(1, 1, 0), on(12, 31, 0))
    pull = world.pull("acme/pay", "alice", on(7, 1))
    first = read(server, wanted("alice", period=year))
    pull |= {"state": "MERGED", "mergedAt": LATER, "updatedAt": LATER}
    assert [row.occurred_at for row in read(server, wanted("alice", period=year, after=first)).rows] == [LATER]


def test_a_dismissed_review_says_so_under_the_same_id(world, server):
    pull = world.pull("acme/pay", "bob", on(7, 1), reviews=[("alice", "APPROVED", on(7, 2))])
    first = read(server, wanted("alice"))
    pull["reviews"][0]["state"] = "DISMISSED"
    pull["updatedAt"] = LATER
    (row,) = read(server, wanted("alice", after=first)).rows
    assert (row.id, row.state) == (first.rows[0].id, "dismissed")


def test_a_reopened_issue_is_retracted(world, server):
    """An issue that was reopened is retracted."""
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    first = read(server, wanted("alice"))
    world.reopen(issue, LATER)
    again = read(server, wanted("alice", after=first))
    assert again.rows == []
    assert [(each.work_item, each.kind) for each in again.retracted] == [(first.rows[0].work_item, "issue")]


def test_a_changed_search_not_checked_is_a_gap(world, server):
    """Where a search changed and cannot be checked again, that is a gap."""
    for number in range(120):
        world.pull("acme/pay", "alice", on(7, 1, 0, number % 60), merged=on(8, 1), updated=NOW)
    server.rule = lambda asked: Fault(502) if "...Ids" in asked.query else None
    found = read(server, wanted("alice"))
    assert len(found.rows) == 120
    (gap,) = found.gaps
    assert gap.reason.startswith("merged pull requests of alice changed while they were read and could not be checked")
    assert gap.reason.endswith("GitHub answers with error 502")
    assert found.cursors == {}


@pytest.fixture
def closed_by_pull(world):
    """An issue that alice has nothing to do with but that her pull request closed."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    world.close(issue, on(7, 5), "bob", world.pull("acme/pay", "alice", on(7, 2), merged=on(7, 5), closes=[issue]))
    return issue


def test_a_watched_issue_is_retracted_when_reopened(world, server, closed_by_pull):
    """Search by person does not find it again, so it is watched by its id."""
    first = read(server, wanted("alice"))
    assert [row.role for row in first.of("issue")] == ["resolver"]
    assert read(server, wanted("alice", after=first)).requests == 1
    world.reopen(closed_by_pull, LATER)
    world.now = LATER
    again = read(server, wanted("alice", after=first))
    assert again.of("issue") == []
    assert [(each.work_item, each.kind) for each in again.retracted] == [(first.of("issue")[0].work_item, "issue")]
    world.close(closed_by_pull, LATER, "carol")
    third = read(server, wanted("alice", after=again))
    assert (third.of("issue"), len(third.retracted)) == ([], 1)


def test_an_issue_closed_after_its_pull_request_comes(world, server):
    """An issue that closes after its pull request was read comes."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    pull = world.pull("acme/pay", "alice", on(7, 2), merged=on(7, 5), closes=[issue])
    year = Period(on(1, 1, 0), on(12, 31, 0))
    first = read(server, wanted("alice", period=year))
    assert first.of("issue") == []
    world.close(issue, LATER, "carol", pull)
    assert [row.occurred_at for row in read(server, wanted("alice", period=year, after=first)).of("issue")] == [LATER]


def test_what_slips_past_a_page_is_found(world, server):
    """One goes out of the results, another comes in: the total is the same, so nothing shows while they are read."""
    minute = dt.timedelta(minutes=1)
    issues = [
        world.issue("acme/pay", "alice", on(7, 1) + minute * number, closed=on(8, 1), by="alice", assignees=("alice",))
        for number in range(250)
    ]
    late = world.issue("acme/pay", "alice", on(7, 2), assignees=("alice",))

    def swap(number):
        if number == 3:
            world.reopen(issues[3], NOW)
            world.close(late, NOW, "alice")

    server.before = swap
    year = Period(on(1, 1, 0), on(12, 31, 0))
    first = read(server, wanted("alice", period=year))
    again = read(server, wanted("alice", period=year, after=first))
    stored = {row.work_item for row in first.rows} - {each.work_item for each in again.retracted}
    stored |= {row.work_item for row in again.rows}
    assert stored == {f"localhost/acme/pay#{each['number']}" for each in world.items if each["state"] == "CLOSED"}


def test_an_issue_closed_again_moves_to_its_new_time(world, server):
    """An issue that is closed again moves to its new time."""
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(7, 2), by="bob", assignees=("alice",))
    first = read(server, wanted("alice"))
    world.close(issue, on(9, 20), "bob")
    issue["updatedAt"] = LATER
    again = read(server, wanted("alice", after=first))
    assert [(row.id, row.occurred_at) for row in again.rows] == [(first.rows[0].id, on(9, 20))]


def test_an_issue_moves_to_the_next_period(world, server):
    """An issue that moves out of the period leaves it and comes with the next."""
    summer, autumn = QUARTER, Period(on(10, 1, 0), on(12, 31, 0))
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(7, 2), by="bob", assignees=("alice",))
    first = read(server, wanted("alice", period=summer))
    world.close(issue, on(10, 20), "bob")
    issue["updatedAt"] = LATER
    again = read(server, wanted("alice", period=summer, after=first))
    assert again.rows == []
    assert [(each.work_item, each.kind) for each in again.retracted] == [(first.rows[0].work_item, "issue")]
    request = Request(autumn, frozenset({"alice"}), (summer,), again.cursors)
    assert [(row.id, row.occurred_at) for row in read(server, request).rows] == [(first.rows[0].id, on(10, 20))]


def test_a_reassigned_issue_is_retracted(world, server):
    """The person it was taken from loses the row."""
    issue = world.issue("acme/pay", "alice", on(7, 1), closed=on(7, 2), by="bob", assignees=("alice",))
    world.user("carol")
    first = read(server, wanted("alice", "carol"))
    issue |= {"assignees": [world.user("carol")], "updatedAt": LATER}
    again = read(server, wanted("alice", "carol", after=first))
    assert [row.account for row in again.rows] == ["carol"]
    assert [(each.work_item, each.kind) for each in again.retracted] == [(first.rows[0].work_item, "issue")]


def test_everyone_in_a_scope_is_read_on(world, server):
    """A fetch of everyone goes on from its cursor like one of single people."""
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    pull = world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1), title="Before")
    first = read(server, wanted(), organisations=("acme",))
    pull |= {"title": "After", "updatedAt": LATER}
    world.reopen(issue, LATER)
    again = read(server, wanted(after=first), organisations=("acme",))
    assert [row.title for row in again.rows] == ["After"]
    assert (first.of("issue")[0].work_item, "issue") in {(each.work_item, each.kind) for each in again.retracted}


def test_a_new_period_is_read_in_full(world, server):
    """The old period is read for its changes only."""
    spring = Period(on(4, 1, 0), on(7, 1, 0))
    old = world.pull("acme/pay", "alice", on(4, 1), merged=on(5, 1), title="Before")
    world.pull("acme/pay", "alice", on(4, 1), merged=on(5, 2))
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice", period=spring))
    assert len(first.rows) == 2
    old |= {"title": "After", "updatedAt": LATER}
    request = Request(QUARTER, frozenset({"alice"}), (spring,), first.cursors)
    assert {row.occurred_at for row in read(server, request).rows} == {on(5, 1), on(8, 1)}


@pytest.mark.parametrize("settings", [{"organisations": ("acme",)}, {"also": ("opened",)}])
def test_other_settings_are_read_from_the_beginning(world, server, settings):
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"))
    again = read(server, wanted("alice", after=first), **settings)
    assert len(again.rows) == 1
    assert again.done[0].whole


def test_old_releases_are_not_walked_again(world, server):
    for number in range(250):
        world.release("acme/pay", "alice", on(7, 1, number % 24, number % 60), f"v{number}")
    settings = {"repositories": ("acme/pay",), "also": ("releases",)}
    first = read(server, wanted("alice"), **settings)
    assert len(first.rows) == 250
    world.repositories["acme/pay"]["releases"].reverse()
    world.release("acme/pay", "alice", on(9, 1), "v250")
    world.repositories["acme/pay"]["releases"].reverse()
    again = read(server, wanted("alice", after=first), **settings)
    assert "localhost/acme/pay@v250" in {row.work_item for row in again.rows}
    assert (again.requests, again.gaps) == (2, [])


def test_somebody_new_is_read_from_the_beginning(world, server):
    world.pull("acme/pay", "bob", on(7, 1), merged=on(8, 1))
    world.user("alice")
    first = read(server, wanted("alice"))
    assert len(read(server, wanted("alice", "bob", after=first)).rows) == 1


def test_a_cursor_names_nobody(world, server):
    """Whoever is forgotten must not stay there."""
    world.pull("acme/pay", "alice-smith", on(7, 1), merged=on(8, 1))
    (cursor,) = read(server, wanted("alice-smith")).cursors.values()
    assert "alice" not in cursor


def test_a_cursor_that_cannot_be_read_is_no_cursor(world, server):
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    request = Request(QUARTER, frozenset({"alice"}), (QUARTER,), {"localhost": '{"at": 7}'})
    assert len(read(server, request).rows) == 1


@pytest.mark.parametrize("name", ["acme/payments", "globex/pay"])
def test_a_renamed_repository_keeps_its_row_ids(world, server, name):
    """So that one subject has one name, and it is the one that a remote has after the rename."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1), reviews=[("bob", "APPROVED", on(7, 2))])
    first = read(server, wanted("alice", "bob"))
    world.rename("acme/pay", name)
    again = read(server, wanted("alice", "bob", after=first))
    assert {row.id for row in again.rows} == {row.id for row in first.rows}
    assert {row.work_item.partition("#")[0] for row in again.rows} == {f"localhost/{name}"}
    assert [each.whole for each in again.done] == [True]
    assert read(server, wanted("alice", "bob", after=again)).requests == 1


def test_a_repository_out_of_scope_is_a_gap(world, server):
    """A repository that was transferred out of what is configured is a gap."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.pull("acme/web", "alice", on(7, 1), merged=on(8, 2))
    found = read(server, wanted("alice"), organisations=("acme",))
    world.rename("acme/pay", "globex/pay")
    for name in ("acme/pay, now globex/pay", "globex/pay"):
        found = read(server, wanted("alice", after=found), organisations=("acme",))
        assert [gap.reason.partition(":")[0] for gap in found.gaps] == [name]
        assert [each.whole for each in found.done] == [False]
    assert found.requests == 1
    left_out = {"organisations": ("acme",), "exclude": ("acme/pay",)}
    assert read(server, wanted("alice", after=found), **left_out).gaps == []


def test_an_excluded_repository_may_be_renamed(world, server):
    """It stays excluded, and so does another one that takes over its name."""
    world.pull("acme/secret", "alice", on(7, 1), merged=on(8, 1))
    world.rename("acme/secret", "acme/hush")
    settings = {"organisations": ("acme",), "exclude": ("acme/secret", "acme/never-was")}
    found = read(server, wanted("alice"), **settings)
    assert (found.rows, found.gaps) == ([], [])
    world.redirects.clear()
    world.pull("acme/secret", "alice", on(7, 1), merged=on(8, 1), updated=LATER)
    world.items[0]["updatedAt"] = LATER
    again = read(server, wanted("alice", after=found), **settings)
    assert (again.rows, again.gaps) == ([], []), "also where another one took over the name"


def test_a_repository_is_found_by_its_old_name(world, server):
    """A repository configured by its old name is found."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.rename("acme/pay", "acme/payments")
    found = read(server, wanted("alice"), repositories=("acme/pay",))
    assert [row.project for row in found.rows] == ["acme/payments"]


def test_a_renamed_person_keeps_the_configured_name(world, server):
    """Rows have the configured name."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"))
    world.rename_user("alice", "alice-smith")
    pull = world.pull("acme/pay", "alice-smith", on(7, 1), merged=on(9, 1))
    pull["updatedAt"] = LATER
    again = read(server, wanted("alice", after=first))
    assert [(row.account, row.occurred_at) for row in again.rows] == [("alice", on(9, 1))]
    assert again.gaps == []


def test_a_login_may_be_taken_over(world, server):
    """A stranger who takes over a login is not mistaken for the person."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"))
    world.rename_user("alice", "alice-smith")
    world.pull("acme/pay", "alice", on(7, 1), merged=on(9, 2))["updatedAt"] = LATER
    world.pull("acme/pay", "alice-smith", on(7, 1), merged=on(9, 1))["updatedAt"] = LATER
    assert [row.occurred_at for row in read(server, wanted("alice", after=first)).rows] == [on(9, 1)]


@pytest.mark.parametrize(("people", "settings"), [(("alice", "bob"), {}), (("alice",), {"also": ("opened",)})])
def test_a_taken_login_is_known_in_a_full_fetch(world, server, people, settings):
    """Other people or other settings make the cursor void, but not who somebody was."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.user("bob")
    first = read(server, wanted("alice"))
    world.rename_user("alice", "alice-smith")
    world.pull("acme/pay", "alice", on(7, 1), merged=on(9, 2), title="a stranger's")
    again = read(server, wanted(*people, after=first), **settings)
    assert again.rows == first.rows
    assert [each.whole for each in again.done] == [True]


def test_an_unknown_person_is_a_gap(world, server):
    """The other people are read."""
    world.pull("acme/pay", "bob", on(7, 1), merged=on(8, 1))
    found = read(server, wanted("alise", "bob"))
    assert [(gap.scope, gap.reason) for gap in found.gaps] == [
        ("localhost", "GitHub has no user 'alise': misspelt, renamed or deleted")
    ]
    assert len(found.rows) == 1
    assert [each.whole for each in found.done] == [False]


def test_a_deleted_person_costs_one_gap(world, server):
    """The other people are not read again."""
    for number in range(120):
        world.pull("acme/pay", "alice", on(7, 1, 0, number % 60), merged=on(8, 1))
    mine = world.pull("acme/pay", "bob", on(7, 1), merged=on(8, 1))
    found = read(server, wanted("alice", "bob"))
    assert len(found.rows) == 121
    gone = world.users.pop("bob")
    for _ in range(2):
        found = read(server, wanted("alice", "bob", after=found))
        assert [gap.reason.partition(":")[0] for gap in found.gaps] == ["GitHub has no user 'bob'"]
        assert (found.rows, found.requests) == ([], 2)
    world.users["bob"] = gone
    back = read(server, wanted("alice", "bob", after=found))
    assert f"pull_request/author/{mine['id']}" in {row.id for row in back.rows}
    assert (back.gaps, back.done[0].whole) == ([], True)


def test_single_sign_on_is_a_gap_and_is_searched_again(world, server):
    """A hidden organisation is searched again until it shows."""
    world.pull("globex/x", "alice", on(7, 1), merged=on(8, 1))
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 2))
    world.saml.add("globex")
    world.sso = "required; url=https://github.com/orgs/globex/sso?authorization_request=AZSCKL"
    first = read(server, wanted("alice"))
    assert [row.project for row in first.rows] == ["acme/pay"]
    assert [(gap.scope, gap.reason) for gap in first.gaps] == [
        ("localhost", "globex: the token is not authorised for the organisation's single sign-on")
    ]
    assert not first.done[0].whole
    second = read(server, wanted("alice", after=first))
    assert second.gaps == first.gaps
    world.saml.clear()
    third = read(server, wanted("alice", after=second))
    assert [row.project for row in third.rows] == ["globex/x"]
    assert third.gaps == []
    assert read(server, wanted("alice", after=third)).requests == 1


def test_a_gap_without_a_name_is_reported_each_time(world, server):
    """It cannot be searched for, and reading everything each time would cost too much."""
    world.pull("globex/x", "alice", on(7, 1), merged=on(8, 1))
    world.saml.add("globex")
    first = read(server, wanted("alice"))
    (gap,) = first.gaps
    assert gap.reason == (
        "in an organisation that GitHub does not name (number 21955855): the token is not authorised for the "
        "organisation's single sign-on; once that is fixed, harvest with --refresh"
    )
    again = read(server, wanted("alice", after=first))
    assert (again.gaps, again.requests) == (first.gaps, 1)
    world.saml.clear()
    refreshed = read(server, wanted("alice"))
    assert (len(refreshed.rows), refreshed.gaps) == (1, [])
    assert read(server, wanted("alice", after=refreshed)).gaps == []


@pytest.mark.parametrize("change", ["another token", "more scopes"])
def test_a_token_that_may_see_more_reads_everything(world, server, change):
    """Another token or other scopes make the cursor void."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.pull("globex/secret", "alice", on(7, 1), merged=on(8, 2))
    world.hidden.add("globex")
    world.scopes = "public_repo"
    first = read(server, wanted("alice"))
    assert [row.project for row in first.rows] == ["acme/pay"]
    world.hidden.clear()
    if change == "another token":
        server.token = "ghp_" + "y" * 36
    else:
        world.scopes = "repo, read:org"
    again = read(server, wanted("alice", after=first), environ={"TOKEN": server.token})
    assert [row.project for row in again.rows] == ["acme/pay", "globex/secret"]
    assert again.done[0].whole
    assert read(server, wanted("alice", after=again), environ={"TOKEN": server.token}).requests == 1


def test_short_lived_tokens_keep_the_cursor(world, server):
    """Tokens of Actions and Apps are replaced each hour and count as one."""
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    server.token, world.scopes = "ghs_first", None
    first = read(server, wanted("alice"), environ={"TOKEN": server.token})
    server.token = "ghs_second"
    again = read(server, wanted("alice", after=first), environ={"TOKEN": server.token})
    assert (again.rows, again.requests) == ([], 1)


def test_a_result_left_out_silently_is_a_gap(world, server):
    """A result that is left out without a reason is reported."""
    pull = world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.silent.add(pull["id"])
    found = read(server, wanted("alice"))
    assert [gap.reason for gap in found.gaps] == ["GitHub left out 1 merged pull requests of alice and did not say why"]
    assert found.cursors == {}


def test_a_hidden_reference_is_a_gap(world, server):
    """What a shown pull request refers to may be hidden; the pull request still counts."""
    hidden = world.issue("globex/x", "bob", on(7, 1))
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1), closes=[hidden])
    world.saml.add("globex")
    found = read(server, wanted("alice"))
    assert [row.closes[:-1] for row in found.rows] == [()]
    assert ["a reference is hidden (the token is not authorised" in gap.reason for gap in found.gaps] == [True]
    assert read(server, wanted("alice", after=found)).requests == 1


@pytest.mark.parametrize("settings", [{"organisations": ("globex",)}, {"repositories": ("globex/x",)}])
def test_a_hidden_scope_is_a_gap(world, server, settings):
    """No access is not no work."""
    world.pull("globex/x", "alice", on(7, 1), merged=on(8, 1))
    world.hidden.add("globex")
    first = read(server, wanted("alice"), **settings)
    assert first.rows == []
    name = "globex" if "organisations" in settings else "globex/x"
    assert [gap.reason.partition(": ")[0] for gap in first.gaps] == [name]
    world.hidden.clear()
    assert len(read(server, wanted("alice", after=first), **settings).rows) == 1


def test_a_repository_hidden_later_is_a_gap(world, server):
    """A repository that shows no longer is a gap."""
    world.pull("globex/x", "alice", on(7, 1), merged=on(8, 1))
    first = read(server, wanted("alice"))
    world.hidden.add("globex")
    again = read(server, wanted("alice", after=first))
    (gap,) = again.gaps
    assert gap.reason.startswith("globex/x: GitHub shows it no longer: deleted, or hidden")
    assert not again.done[0].whole


def test_a_wrong_clock_loses_nothing(world, server):
    """The cursor is of the server's time: with ours, a clock that runs ahead would skip what comes in between."""
    world.user("alice")
    first = read(server, wanted("alice"), now=NOW + dt.timedelta(hours=5))
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1), updated=NOW + dt.timedelta(hours=1))
    world.now = NOW + dt.timedelta(hours=2)
    again = read(server, wanted("alice", after=first), now=NOW + dt.timedelta(hours=7))
    assert len(again.rows) == 1


def test_a_slow_clock_ends_no_search_too_early(world, server):
    """What came between our time and the server's would be passed over for good: the cursor is of the server's time."""
    year, behind = Period(on(1, 1, 0), on(12, 31, 0)), dt.timedelta(hours=2)
    world.user("alice")
    last = read(server, wanted("alice", period=year), now=NOW - behind)
    world.pull("acme/pay", "alice", NOW + dt.timedelta(minutes=30), merged=NOW + dt.timedelta(minutes=40))
    found = []
    for hours in (1, 3, 240):
        world.now = NOW + dt.timedelta(hours=hours)
        last = read(server, wanted("alice", period=year, after=last), now=world.now - behind)
        found += last.rows
    assert {row.occurred_at for row in found} == {NOW + dt.timedelta(minutes=40)}


def test_rows_are_the_same_whether_read_anew_or_on(world, server):
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1), updated=LATER)
    first = read(server, wanted("alice"))
    again = read(server, wanted("alice", after=first))
    assert again.rows == first.rows
