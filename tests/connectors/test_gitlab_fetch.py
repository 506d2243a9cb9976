"""How GitLab is asked: the connection, lists and events that fail or move, and what fits into one query."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester.connectors.gitlab import graphql, item_keys, listings, query_parts
from harvester.connectors.gitlab.item_keys import ItemKey
from harvester.connectors.gitlab.scope import Place, ScopeFilter
from harvester.model.periods import EVER
from harvester.sdk.strategy import Job
from tests.connectors import gitlabs
from tests.connectors.gitlabs import QUARTER, on, read, wanted
from tests.servers import gitlab_graphql
from tests.servers.faults import Fault
from tests.servers.gitlab import TOKEN, Asked, GitLabServer, World

world, server = gitlabs.world, gitlabs.server


class Changed(GitLabServer):
    """A GitLab whose answers to queries are changed by a function before they are sent."""

    change: Callable[[Asked, dict[str, Any]], None]

    def answer(self, asked: Asked) -> dict[str, Any]:
        made = json.loads(json.dumps(super().answer(asked), default=str))
        self.change(asked, made)
        return made


@pytest.fixture
def changed(world: World) -> Iterator[Changed]:
    with Changed(world) as running:
        running.change = lambda asked, made: None
        yield running


def lists_in(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lists that an answer has, each with its alias."""
    for alias, value in (made.get("data") or {}).items():
        for each in [value, *(value or {}).values()] if isinstance(value, dict) else ():
            if isinstance(each, dict) and "nodes" in each and "pageInfo" in each:
                yield alias, each


def test_a_netrc_does_not_replace_the_token(world, server, tmp_path, monkeypatch):
    """Not on a redirect within the host either, where requests looks for a password by itself."""
    (tmp_path / "netrc").write_text("machine localhost login ada password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    world.project("acme/old")
    world.rename("acme/old", "acme/new")
    world.merge_request("acme/new", "alice", on(7, 1), merged=on(8, 1))
    found = read(server, wanted("alice"), projects=["acme/old"])
    assert [row.project for row in found.rows] == ["acme/new"]
    assert any(each.path.startswith("/api/v4/projects/") for each in server.asked)
    for each in server.asked:
        sent = {name.casefold(): value for name, value in each.headers.items()}
        assert sent["authorization"] == f"Bearer {TOKEN}"
        assert "private-token" not in sent


def test_a_proxy_of_the_environment_is_used(world, server, monkeypatch):
    """As requests' users set it; the address asked for is on no machine."""
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    asked: list[str] = []
    server.rule = lambda each: asked.append(each.path) or Fault(404)
    with pytest.raises(Exception, match="status 404"):
        read(server, wanted("alice"), url="http://gitlab.example")
    assert asked == ["http://gitlab.example/api/graphql"]


def test_links_to_another_name_of_the_host(world, server):
    """GitLab's links have the host it is configured with: the rest of a list is asked of the one we know."""
    for day in range(1, 4):
        world.approve(world.merge_request("acme/pay", "bob", on(6, 1)), "alice", on(7, day))

    def elsewhere(asked: Asked) -> Fault | None:
        if "/events" not in asked.path or dict(asked.parameters).get("page"):
            return None
        link = '<http://internal:8080/api/v4/users/1/events?page=1&per_page=100&sort=asc>; rel="next"'
        return Fault(200, "[]", {"link": link, "x-total": "3"})

    server.rule = elsewhere
    assert len(read(server, wanted("alice")).of("review")) == 3


def test_issues_come_by_rest_where_graphql_has_none(world, changed):
    """Some servers switch the list over the whole instance off: it is null, and a count of nothing is no zero."""
    issue = world.issue("acme/pay", "bob", on(6, 1), assignees=("alice",))
    world.close(issue, on(7, 5), "bob")
    world.project("acme/old", archived=True)
    world.close(world.issue("acme/old", "bob", on(6, 1), assignees=("alice",)), on(7, 6), "bob")
    without = read(changed, wanted("alice"))

    def switched_off(asked: Asked, made: dict[str, Any]) -> None:
        for alias in [each for each in made.get("data") or {} if f"{each}: issues(" in asked.query]:
            made["data"][alias] = None

    changed.change = switched_off
    found = read(changed, wanted("alice"), also=["opened"])
    assert len(found.of("issue")) == 2
    assert found.gaps == []
    assert sorted(found.of("issue"), key=str) == sorted(without.of("issue"), key=str)


def test_a_page_that_comes_twice_ends_a_list(world, changed):
    """With a gap, and without a cursor; what came is kept."""
    for number in range(60):
        world.merge_request("acme/pay", "alice", on(7, 1 + number % 28), merged=on(8, 1 + number % 28))

    cursors: list[str] = []

    def repeat(asked: Asked, made: dict[str, Any]) -> None:
        for _, each in lists_in(made):
            cursors.append(each["pageInfo"]["endCursor"])
            each["pageInfo"] = {"hasNextPage": True, "endCursor": cursors[0]}

    changed.change = repeat
    found = read(changed, wanted("alice"))
    assert len({row.id for row in found.rows}) == 60
    assert [gap.reason for gap in found.gaps] == [
        "GitLab's pages of merged merge requests of alice lead back to themselves"
    ]
    assert found.cursors == {}
    assert len(changed.asked) < 20


def test_one_that_cannot_be_answered_is_left_out(world, changed):
    """It is asked for alone, then without its files, then passed over by its id; all others come."""
    for number in range(7):
        world.merge_request("acme/pay", "alice", on(7, 1 + number), merged=on(8, 1 + number))

    def broken(asked: Asked) -> Fault | None:
        made = changed.answer(asked) if asked.query else {}
        hit = any(
            node and node["iid"] == "4" and "title" in node for _, each in lists_in(made) for node in each["nodes"]
        )
        return Fault(502) if hit else None

    changed.rule = broken
    found = read(changed, wanted("alice"))
    assert sorted(row.work_item[-1] for row in found.rows) == ["1", "2", "3", "5", "6", "7"]
    assert [gap.reason for gap in found.gaps] == [
        "GitLab could not answer in time for number 4 of the merged merge requests of alice",
        "acme/pay!4: GitLab answers with error 502",
    ]
    assert found.cursors == {}


def test_one_whose_files_take_too_long(world, changed):
    """Its row comes without paths, and a gap says so."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.approve(world.merge_request("acme/pay", "bob", on(7, 1)), "alice", on(7, 2))
    changed.rule = lambda asked: Fault(504) if asked.variables.get("paths") else None
    found = read(changed, wanted("alice"))
    assert [row.paths for row in found.rows] == [(), ()]
    assert [gap.reason for gap in found.gaps] == ["GitLab could not list the files of a merge request in time"]


def test_a_list_that_moves_is_walked_again(world, server):
    """A total that changes while pages are read says that something may have slipped past a page's edge."""
    for number in range(60):
        world.merge_request("acme/pay", "alice", on(7, 1 + number % 28), merged=on(8, 1 + number % 28))
    late = world.merge_request("acme/pay", "alice", on(5, 1), merged=None)
    server.before = lambda number: (
        world.merge(late, "alice", on(8, 30)) if number == 3 and not late["mergedAt"] else None
    )
    found = read(server, wanted("alice"))
    assert len(found.of("pull_request")) == 61
    assert found.gaps == []
    assert found.cursors


def test_entries_that_are_counted_and_not_shown(world, server):
    """A gap each time, and no cursor: nothing leads to them later."""
    hidden = world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(8, 2))
    world.redacted.add(hidden["id"])
    found = read(server, wanted("alice"))
    assert [gap.reason for gap in found.gaps] == [
        "GitLab showed 1 of 2 merged merge requests of alice",
        "what somebody worked on is not shown: acme/pay!1",
    ]
    assert len(found.rows) == 1
    assert found.cursors == {}


def test_a_person_whose_events_fail_is_a_gap(world, server):
    """Everybody else's come, and nothing of the person is taken for read."""
    for reviewer in ("alice", "bob", "carol"):
        world.approve(world.merge_request("acme/pay", "dave", on(6, 1)), reviewer, on(7, 1))
    alice = f"/api/v4/users/{world.user('alice')['number']}/events"
    server.rule = lambda asked: Fault(403, '{"message": "403 Forbidden"}') if asked.path == alice else None
    found = read(server, wanted("alice", "bob", "carol"))
    assert [row.account for row in found.of("review")] == ["bob", "carol"]
    assert [gap.reason for gap in found.gaps] == ["the events of alice: GitLab refuses (403 Forbidden)"]
    assert found.cursors == {}


def test_events_that_lead_in_a_circle_end(world, server):
    world.approve(world.merge_request("acme/pay", "bob", on(6, 1)), "alice", on(7, 1))

    def circle(asked: Asked) -> Fault | None:
        if "/events" not in asked.path:
            return None
        link = f'<{server.url}{asked.path}?page=2&per_page=100>; rel="next"'
        return Fault(200, "[]", {"link": link, "x-total": "1"})

    server.rule = circle
    found = read(server, wanted("alice"))
    assert [gap.reason for gap in found.gaps] == ["the events of alice: the server leads to the same page twice"]
    assert len(server.asked) < 10


def test_many_events_are_asked_for_by_action(world, server):
    """Few come all together in one request, pushes included."""
    for number in range(500):
        world.merge_request(f"acme/p{number % 3}", "alice", on(7, 1 + number % 28))
    other = world.merge_request("acme/pay", "bob", on(6, 1))
    world.approve(other, "alice", on(7, 3))
    world.line_comment(other, "alice", on(7, 1))
    issue = world.issue("acme/pay", "bob", on(6, 1))
    world.close(issue, on(7, 4), "alice")
    found = read(server, wanted("alice"))
    actions = [dict(each.parameters).get("action") for each in server.asked if "/events" in each.path]
    assert actions == [None, "approved", "commented", "closed", "merged"]
    assert sorted(row.kind for row in found.rows) == ["issue", "review", "review"]


def test_an_issue_that_is_closed_twice_over(world, server):
    """By an assignee's merge request, and in the text of another: one row, of the first reading."""
    issue = world.issue("acme/pay", "bob", on(6, 1), assignees=("alice",))
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2), closes=[issue], description="Closes #1")
    world.merge_request(
        "acme/web", "alice", on(7, 1), merged=on(7, 3), description="Fixes acme/pay#1, closes nobody/no#3"
    )
    found = read(server, wanted("alice"))
    assert len(found.of("issue")) == 1
    assert found.gaps == []


def test_what_is_referenced_may_not_exist(world, server):
    """A description is anybody's text: what it names and GitLab does not show is no gap."""
    text = "Closes #99, acme/none#1, other.example/acme/pay#2 and https://localhost/acme/pay/-/issues/7"
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2), description=text)
    found = read(server, wanted("alice"))
    assert found.gaps == []
    assert len(found.cursors) == 1


@pytest.mark.parametrize("also", [(), ("opened", "comments")], ids=["usual", "everything"])
def test_pages_stay_within_the_complexity(also):
    """What is asked together is what GitLab allows, by its own formula."""
    schema = gitlab_graphql.schema_of("18.5.0-ee", True)
    job = Job(QUARTER)
    some = [each for number in range(6) for each in listings.by_person(job, f"u{number}", also)]
    some += [each for number in range(6) for each in listings.by_scope(job, Place("group", f"g{number}"), also)]
    while some:
        sizes = listings.take_pages([(each, 1000) for each in some], 100)
        pages = [each.page(number, size, None) for number, (each, size) in enumerate(zip(some, sizes, strict=False))]
        values = {name: value for each in pages for name, value in each.variables.items()}
        assert gitlab_graphql.complexity(schema, query_parts.document(pages), values) <= graphql.LIMIT
        some = some[len(sizes) :]
        assert sizes


def test_keys_stay_within_the_complexity():
    schema = gitlab_graphql.schema_of("18.5.0-ee", True)
    waiting = [
        ItemKey(f"acme/p{number % 9}", shape, number) for number in range(400) for shape in ("MergeRequest", "Issue")
    ]
    waiting.sort()
    while waiting:
        some = item_keys.take(waiting, 100)
        asked = [part for part, _ in item_keys.query_parts(some)]
        values = {name: value for each in asked for name, value in each.variables.items()}
        assert gitlab_graphql.complexity(schema, query_parts.document(asked), values) <= graphql.LIMIT
        waiting = waiting[len(some) :]


@pytest.mark.parametrize(
    ("settings", "admitted", "refused"),
    [
        ({}, ["a/b", "a/b/c"], []),
        ({"groups": ["acme"]}, ["acme/web", "Acme/team/web"], ["acme-two/web", "other/acme"]),
        ({"projects": ["acme/web*"]}, ["acme/web", "acme/web/x"], ["acme/api"]),
        ({"groups": ["acme"], "exclude": ["acme/old/*"]}, ["acme/web"], ["acme/old/web"]),
        ({"projects": ["*/web"]}, ["a/web", "a/b/web"], ["a/api"]),
    ],
)
def test_which_projects_are_read(settings, admitted, refused):
    made = ScopeFilter(**settings)
    assert [each for each in [*admitted, *refused] if made.admits(each)] == admitted


def test_places_within_another_are_read_once():
    """Globs are read in the group they begin with."""
    made = ScopeFilter(["acme", "acme/team"], ["acme/web", "other/api", "glob/team/web-*"])
    assert made.places() == (Place("group", "acme"), Place("group", "glob/team"), Place("project", "other/api"))
    assert ScopeFilter(projects=["*/web"]).places() == ()


def test_a_folder_of_somebodys_own_projects(world, server, tmp_path: Path):
    """A glob may begin with a person's name, which is no group."""
    world.user("alice")
    world.project("alice/dotfiles", personal=True)
    world.project("alice/notes", personal=True)
    for name in ("dotfiles", "notes"):
        world.merge_request(f"alice/{name}", "alice", on(7, 1), merged=on(7, 2))
    found = read(server, wanted(), projects=["alice/dot*"])
    assert [row.project for row in found.rows] == ["alice/dotfiles"]
    assert found.gaps == []


def test_a_new_project_of_a_read_group_comes(world, server):
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2))
    first = read(server, wanted(), groups=["acme"])
    world.now = on(11, 3)
    world.merge_request("acme/team/new", "alice", on(7, 1), merged=on(9, 2), updated=on(11, 2))
    again = read(server, wanted(after=first), groups=["acme"])
    assert [row.project for row in again.rows] == ["acme/team/new"]


def test_all_of_time_is_a_period(world, server):
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2))
    found = read(server, wanted("alice", period=EVER))
    assert len(found.rows) == 1
    assert [gap.reason.partition(":")[0] for gap in found.gaps] == ["GitLab keeps events for three years"]


@pytest.mark.parametrize("same", [True, False], ids=["of the same person", "of somebody else"])
def test_a_renewed_oauth_token_reads_on(world, server, same):
    """Its text is another every two hours; somebody else's may see more, and everything is read again."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2))
    server.token = "a" * 64
    first = read(server, wanted("alice"), environ={"TOKEN": server.token})
    server.token, world.viewer = "b" * 64, "alice" if same else "bob"
    again = read(server, wanted("alice", after=first), environ={"TOKEN": server.token})
    assert len(again.rows) == (0 if same else 1)
    assert again.gaps == []


def test_a_fast_forward_still_leads_to_its_issue(world, server):
    """What has no merge commit waits for its commits; what it closes is looked up all the same."""
    issue = world.issue("acme/pay", "bob", on(6, 1))
    made = world.merge_request(
        "acme/pay", "alice", on(7, 1), merged=on(7, 2), merged_by="bob", closes=[issue], description="Closes #1"
    )
    made["mergeCommitSha"] = None
    found = read(server, wanted("alice"))
    assert sorted(row.id.rpartition("/")[0] for row in found.rows) == ["issue/resolver/1", "pull_request/author"]
    assert found.gaps == []


def test_many_fast_forwards_take_few_requests(world, server):
    """Their commits are asked for of many at once, not page by page."""
    for number in range(300):
        made = world.merge_request(f"acme/r{number % 3}", "alice", on(7, 1), merged=on(8, 1 + number % 28))
        made["mergeCommitSha"] = None
    found = read(server, wanted("alice"))
    assert len(found.rows) == 300
    assert found.requests <= 18


def test_a_list_within_that_leads_in_a_circle_ends(world, changed):
    """What came of it is kept, and a gap says that it is not whole."""
    made = world.merge_request("acme/pay", "bob", on(6, 1))
    for number in range(150):
        world.comment(made, "carol", on(7, 1, 0, number % 60))
    world.approve(made, "alice", on(7, 1))

    def repeat(asked: Asked, answer: dict[str, Any]) -> None:
        for alias, value in (answer.get("data") or {}).items():
            if alias[0] == "m" and alias[1:].isdigit():
                value["notes"]["pageInfo"] = {"hasNextPage": True, "endCursor": asked.variables[f"a{alias[1:]}"]}

    changed.change = repeat
    found = read(changed, wanted("alice"))
    assert [gap.reason.partition(":")[0] for gap in found.gaps] == ["GitLab gave only 151 notes"]
    assert found.cursors == {}
    assert len(changed.asked) < 15


def test_what_is_hidden_is_not_taken_for_deleted(world, changed):
    """A list that is null shows nothing of what is there: the row stays, and the next fetch looks again."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2))
    first = read(changed, wanted("alice"))

    def hide(asked: Asked, answer: dict[str, Any]) -> None:
        for alias in [each for each in answer.get("data") or {} if f"{each}: project(fullPath: $v" in asked.query]:
            answer["data"][alias] = None

    changed.change = hide
    again = read(changed, wanted("alice", after=first))
    assert again.retracted == []
    assert [gap.reason.partition(": hidden")[0] for gap in again.gaps] == [
        "acme/pay: GitLab does not show 1 merge request that it showed before"
    ]
    assert again.cursors


@pytest.mark.parametrize("asked", [True, False], ids=["asked to", "unasked"])
def test_reviews_in_many_projects(world, server, asked):
    """What people were asked to review is one list over all projects; what they were not is read in each."""
    for number in range(60):
        made = world.merge_request(f"acme/p{number}", "bob", on(6, 1), reviewers=("alice",) if asked else ())
        world.approve(made, "alice", on(7, 1 + number % 28))
    found = read(server, wanted("alice"))
    assert len(found.of("review")) == 60
    assert found.gaps == []
    assert (found.requests <= 10) is asked


def test_a_description_cannot_make_us_ask_without_end(world, server):
    """It is anybody's text: what it names beyond a bound is a gap."""
    text = "\n".join(f"Closes nowhere/p{number}#1" for number in range(300))
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2), description=text)
    found = read(server, wanted("alice"))
    assert [gap.reason.partition(":")[0] for gap in found.gaps] == [
        "a description names more issues than are looked up",
        "descriptions name more projects that are not shown than are looked up",
    ]
    assert len(found.rows) == 1
    assert found.requests < 120


def test_a_reference_that_fails_is_a_gap(world, changed):
    """What GitLab does not show is none, but what it could not give is."""
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2), description="Closes acme/web#1")
    world.issue("acme/web", "bob", on(6, 1))

    def fail(asked: Asked, answer: dict[str, Any]) -> None:
        if "acme/web" in asked.variables.values() and "iids0" in asked.variables:
            answer["data"]["l0"] = None
            answer["errors"] = [{"message": "Internal error", "path": ["l0"]}]

    changed.change = fail
    found = read(changed, wanted("alice"))
    assert [gap.reason for gap in found.gaps] == ["what somebody worked on is not shown: acme/web#1"]
    assert found.cursors == {}


def test_issues_come_by_rest_where_graphql_takes_too_long(world, server):
    """Counting them included: an unknown count is no zero."""
    for number in range(3):
        world.issue("acme/pay", "bob", on(6, 1), closed=on(7, 5 + number), by="bob", assignees=("alice",))
    server.rule = lambda asked: Fault(502) if ": issues(" in asked.query else None
    found = read(server, wanted("alice"))
    assert len(found.of("issue")) == 3
    assert found.gaps == []


def test_what_commits_closed_is_found_in_a_place(world, server):
    """Where one is named, by person, too: neither a list nor an event leads from its author there."""
    for number in range(300):
        world.merge_request("acme/pay", "dave", on(6, 1), merged=on(7, 1 + number % 28))
    issue = world.issue("acme/pay", "bob", on(6, 1))
    world.merge_request("acme/pay", "alice", on(7, 1), merged=on(7, 2), merged_by="bob", closes=[issue])
    made = list(gitlabs.source(server, groups=["acme"]).plan(wanted("alice")))
    assert "by person" in made[0].partition("(")[0]
    found = read(server, wanted("alice"), groups=["acme"])
    assert sorted(row.kind for row in found.rows) == ["issue", "pull_request"]
    assert found.remarks == []
