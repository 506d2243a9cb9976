"""What is read from GitHub, and that it is all there is."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from harvester.connectors.github import App
from harvester.errors import AccessError, SourceError
from harvester.model.contribution import Contribution
from harvester.model.periods import Period
from harvester.sdk.connector import Request
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import check_connector
from tests.connectors.fetches import QUARTER, on, wanted
from tests.connectors.githubs import read, source
from tests.servers.github import TOKEN, Fault, GitHubServer, World


def test_a_merged_pull_request_is_a_row_of_its_author(world, server):
    issue = world.issue("acme/pay", "bob", on(7, 1))
    pull = world.pull(
        "acme/pay", "alice", on(7, 2), merged=on(7, 5), title="fix(pay): charge once", body="Reverts acme/pay#7",
        labels=("bug", "team/pay"), milestone="v2", paths=("src/pay.py", "tests/test_pay.py"), merged_by="carol",
        reviews=[("bob", "APPROVED", on(7, 4)), ("alice", "COMMENTED", on(7, 4))], closes=[issue],
    )  # fmt: skip
    found = read(server, wanted("alice"))
    assert found.of("pull_request") == [
        Contribution(
            id=f"pull_request/author/{pull['id']}", source="hub", scope="localhost", kind="pull_request",
            work_item=f"localhost/acme/pay#{pull['number']}", account="alice", role="author", occurred_at=on(7, 5),
            started_at=on(7, 2), title="fix(pay): charge once", body="Reverts acme/pay#7", url=pull["url"],
            project="acme/pay", state="merged", change_type="fix", milestone="v2", labels=("bug", "team/pay"),
            paths=("src/pay.py", "tests/test_pay.py"), owners=("alice",), participants=("bob", "carol"),
            closes=(f"acme/pay#{issue['number']}", f"commit/{pull['mergeCommit']['oid']}"), reverts=("acme/pay#7",),
            additions=10, deletions=2, files_changed=2, comment_count=2, is_private=False,
        )
    ]  # fmt: skip
    assert found.gaps == []
    assert [(each.scope, each.whole) for each in found.done] == [("localhost", True)]


def test_a_branch_names_a_ticket(world, server):
    """As Jira's users write it: the key, in capitals."""
    world.pull("acme/pay", "alice", on(7, 2), merged=on(7, 5), branch="feature/PAY-7-charge_OPS-3/XPAY7-x/PAY-7_x")
    (row,) = read(server, wanted("alice")).rows
    assert row.closes[:-1] == ("PAY-7",)


def test_each_review_has_its_own_time_and_state(world, server):
    """Each review has its own time and state, on an open pull request, too."""
    world.pull(
        "acme/pay", "bob", on(6, 1), labels=("bug",), paths=("a.py",),
        reviews=[
            ("alice", "CHANGES_REQUESTED", on(7, 3)), ("alice", "APPROVED", on(8, 1)), ("alice", "PENDING", None),
            ("alice", "APPROVED", on(10, 2)), ("carol", "APPROVED", on(8, 2)),
        ],
    )  # fmt: skip
    rows = read(server, wanted("alice")).of("review")
    assert [(row.occurred_at, row.state) for row in rows] == [(on(7, 3), "changes_requested"), (on(8, 1), "approved")]
    assert {(row.owners, row.labels, row.paths, row.project) for row in rows} == {
        (("bob",), ("bug",), ("a.py",), "acme/pay")
    }


def test_nobody_reviews_their_own_pull_request(world, server):
    world.pull("acme/pay", "alice", on(7, 1), merged=on(7, 2), reviews=[("alice", "COMMENTED", on(7, 1))])
    assert read(server, wanted("alice")).of("review") == []
    assert read(server, wanted(), organisations=("acme",)).of("review") == []


def test_a_closed_issue_counts_for_its_assignees(world, server):
    world.issue("acme/pay", "carol", on(7, 1), closed=on(8, 1), by="dave", assignees=("alice", "bob"))
    rows = read(server, wanted("alice", "bob", "carol", "dave")).of("issue")
    assert [(row.account, row.role, row.extra["credited"]) for row in rows] == [
        ("alice", "assignee", "assigned"),
        ("bob", "assignee", "assigned"),
    ]


def test_an_issue_counts_for_the_pull_request_author(world, server):
    """Search does not find such an issue by its closer: the pull request leads to it."""
    issue = world.issue("acme/pay", "bob", on(7, 1))
    pull = world.pull("acme/pay", "alice", on(7, 2), merged=on(7, 5), closes=[issue])
    world.close(issue, on(7, 5, 12, 0, 2), "carol", pull)
    (row,) = read(server, wanted("alice")).of("issue")
    assert (row.account, row.role, row.occurred_at) == ("alice", "resolver", on(7, 5, 12, 0, 2))
    assert row.extra["credited"] == "author of the pull request that closed it"
    assert read(server, wanted("carol")).of("issue") == []


def test_an_issue_counts_when_it_closed(world, server):
    """A merge into a branch closes nothing: GitHub closes the issue when the branch reaches the default one."""
    issue = world.issue("acme/pay", "bob", on(6, 1))
    pull = world.pull("acme/pay", "alice", on(6, 2), merged=on(6, 20), closes=[issue])
    world.close(issue, on(7, 15), "carol", pull)
    found = read(server, wanted("alice"))
    assert [(row.kind, row.role, row.occurred_at) for row in found.rows] == [("issue", "resolver", on(7, 15))]
    assert found.rows == read(server, wanted(), organisations=("acme",)).rows


def test_an_issue_counts_for_the_person_who_closed_it(world, server):
    """Where no pull request closed an issue, the person who closed it counts."""
    world.issue("acme/pay", "alice", on(7, 1), closed=on(8, 1), by="alice")
    (row,) = read(server, wanted("alice")).of("issue")
    assert (row.role, row.extra["credited"]) == ("resolver", "closed it")


def test_an_issue_closed_by_a_stranger_is_found_by_scope(world, server):
    """An issue closed by a stranger to it is found by scope."""
    world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="alice")
    assert read(server, wanted("alice")).of("issue") == []
    assert len(read(server, wanted(), organisations=("acme",)).of("issue")) == 1


def test_what_was_not_planned_says_so(world, server):
    issue = world.issue("acme/pay", "bob", on(7, 1), closed=on(8, 1), by="bob", assignees=("alice",))
    issue["stateReason"] = "NOT_PLANNED"
    assert [row.state for row in read(server, wanted("alice")).of("issue")] == ["not_planned"]


def test_a_period_is_half_open(world, server):
    for moment in (QUARTER.since, QUARTER.until):
        world.pull("acme/pay", "alice", on(6, 1), merged=moment)
    assert [row.occurred_at for row in read(server, wanted("alice")).rows] == [QUARTER.since]


def test_lists_that_go_on_are_read_to_their_end(world, server):
    issues = [world.issue("acme/pay", "bob", on(7, 1)) for _ in range(12)]
    reviews = [("bob", "COMMENTED", on(7, 2, 1, number % 60)) for number in range(120)]
    paths = tuple(f"src/{number}.py" for number in range(345))
    labels = tuple(f"l{number}" for number in range(25))
    world.pull(
        "acme/pay", "alice", on(7, 1), merged=on(7, 3), paths=paths, labels=labels, reviews=reviews, closes=issues
    )
    world.issue(
        "acme/pay", "alice", on(7, 1), closed=on(7, 2), by="bob", assignees=[f"u{n}" for n in range(11)] + ["alice"]
    )
    found = read(server, wanted("alice", "bob"))
    (pull,) = found.of("pull_request")
    assert (pull.paths, pull.labels, len(pull.closes)) == (paths, labels, 13)
    assert len(found.of("review")) == 120
    assert [row.account for row in found.of("issue")] == ["alice"]
    assert found.gaps == []


def test_files_that_are_not_work_are_in_no_size(world, server):
    """They are told apart by their names, on every page of the list, where it has all files."""
    paths = ("a.py", *(f"vendor/{number}.go" for number in range(150)), "uv.lock")
    world.pull("acme/pay", "alice", on(7, 1), merged=on(7, 3), paths=paths)
    (row,) = read(server, wanted("alice")).rows
    assert (row.additions, row.deletions, row.files_changed) == (1, 0, 1)
    assert (row.extra, row.paths) == ({"not_work": "151 +151 -0"}, paths)


def test_a_list_that_github_ends_early_is_in_the_row(world, server):
    """GitHub lists no more than 3,000 files. The work is there all the same, so this is not a gap."""
    pull = world.pull("acme/pay", "alice", on(7, 1), merged=on(7, 3), paths=("a.py", "uv.lock"))
    pull |= {"changedFiles": 5000}
    found = read(server, wanted("alice"))
    (row,) = found.rows
    assert (row.extra, row.additions, row.files_changed) == ({"paths": "2 of 5000 known"}, 10, 5000)
    assert found.gaps == []


def test_more_than_a_thousand_matches_are_all_read(world, server):
    """GitHub gives out a thousand results of a search, however many match."""
    for number in range(1743):
        day = 1 + number % 28
        world.pull("acme/pay", "alice", on(7, day, number % 24), merged=on(7 + number % 3, day, number % 24))
    found = read(server, wanted("alice"))
    assert len({row.id for row in found.rows}) == len(found.rows) == 1743
    assert found.gaps == []
    assert found.requests <= 45


def test_a_full_second_is_read_by_repository(world, server):
    """More than GitHub gives out in one second is split by repository."""
    for number in range(1100):
        world.pull(f"acme/r{number % 3}", "alice", on(7, 1), merged=on(8, 1))
    found = read(server, wanted("alice"))
    assert len(found.rows) == 1100
    assert found.gaps == []


def test_what_cannot_be_cut_is_a_gap_with_its_numbers(world, server):
    for _ in range(1010):
        world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    found = read(server, wanted("alice"))
    assert len(found.rows) == 1000
    assert [gap.reason for gap in found.gaps] == ["GitHub gave 1000 of 1010 merged pull requests of alice in acme/pay"]
    assert found.cursors == {}


@pytest.mark.parametrize("shift", ["comes", "goes"])
def test_moved_results_are_read_again(world, server, shift):
    """Results that move between two pages are read again."""
    pulls = [world.pull("acme/pay", "alice", on(7, 2, 0, 0, number % 60), merged=on(8, 1)) for number in range(120)]

    def between(number: int) -> None:
        if number == 3 and shift == "comes":
            world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
        elif number == 3:
            world.items.remove(min(pulls, key=lambda each: each["createdAt"]))

    server.before = between
    found = read(server, wanted("alice"))
    now = {f"pull_request/author/{each['id']}" for each in world.items}
    assert now <= {row.id for row in found.rows}
    assert found.gaps == []


class Behind(GitHubServer):
    """Knows of thirty items only when it first reads pages, `times` of them, but counts all."""

    times = 0

    def answer(self, asked):
        if "s0: search" not in asked.query or not self.times:
            return super().answer(asked)
        self.times -= 1
        complete, self.world.items = self.world.items, self.world.items[:30]
        try:
            return super().answer(asked)
        finally:
            self.world.items = complete


@pytest.mark.parametrize("behind", [1, 100])
def test_pages_behind_the_count_are_read_again(world, behind):
    """All forty were counted, and the page says that its thirty are all."""
    for number in range(40):
        world.pull("acme/pay", "alice", on(7, 1, 0, number), merged=on(8, 1))
    with Behind(world) as server:
        server.times = behind
        found = read(server, wanted("alice"))
    if behind == 1:
        assert (len(found.rows), found.gaps) == (40, [])
    else:
        (gap,) = found.gaps
        assert gap.reason.startswith("GitHub gave 30 of 40 merged pull requests of alice")
        assert (len(found.rows), found.cursors) == (30, {})


def test_what_is_gone_before_its_page_is_no_gap(world, server):
    """What is deleted between the count and the page is not missing."""
    pulls = [world.pull("acme/pay", "alice", on(7, 1, 0, number), merged=on(8, 1)) for number in range(40)]
    server.before = lambda number: world.items.remove(pulls[0]) if number == 2 else None
    found = read(server, wanted("alice"))
    assert (len(found.rows), found.gaps) == (39, [])


def test_scopes_are_filtered_by_name_glob_and_exclude(world, server):
    """Scopes are filtered by organisation, glob and exclusion."""
    for name in ("acme/pay", "acme/web", "acme/web-old", "globex/x", "other/pay"):
        world.pull(name, "alice", on(7, 1), merged=on(8, 1))

    def projects(**settings):
        return {row.project for row in read(server, wanted("alice"), **settings).rows}

    assert projects() == {"acme/pay", "acme/web", "acme/web-old", "globex/x", "other/pay"}
    assert projects(organisations=("acme", "globex")) == {"acme/pay", "acme/web", "acme/web-old", "globex/x"}
    assert projects(repositories=("acme/web*",)) == {"acme/web", "acme/web-old"}
    assert projects(repositories=("*/pay",)) == {"acme/pay", "other/pay"}
    assert projects(repositories=("ACME/Pay", "globex/x")) == {"acme/pay", "globex/x"}
    assert projects(organisations=("acme",), exclude=("acme/*-old",)) == {"acme/pay", "acme/web"}


def test_a_user_is_searched_by_the_user_qualifier(world, server):
    """The repositories of a user are searched as such."""
    world.pull("alice/dotfiles", "alice", on(7, 1), merged=on(8, 1))
    assert len(read(server, wanted("alice"), repositories=("alice/*",)).rows) == 1
    assert len(read(server, wanted("alice"), organisations=("alice",)).rows) == 1


def test_everyone_in_a_repository_is_read(world, server):
    """Bots and deleted accounts are recognisable."""
    world.user("my-app", "Bot")
    world.pull("acme/pay", "my-app", on(7, 1), merged=on(8, 1), reviews=[("alice", "APPROVED", on(7, 2))])
    world.pull("acme/pay", None, on(7, 1), merged=on(8, 2), reviews=[(None, "APPROVED", on(7, 2))])
    found = read(server, wanted(), repositories=("acme/pay",))
    assert [(row.kind, row.account) for row in sorted(found.rows, key=lambda row: row.occurred_at)] == [
        ("review", "alice"),
        ("pull_request", "my-app[bot]"),
        ("pull_request", "ghost"),
    ]


def test_everyone_everywhere_is_refused(server):
    """The hint says what to name."""
    with pytest.raises(SourceError, match="cannot be read") as caught:
        read(server, wanted())
    assert "organisations" in caught.value.hint


def test_a_source_without_a_token_says_what_to_write(server):
    with pytest.raises(AccessError, match="'hub' has no token") as caught:
        read(server, wanted("alice"), token=None)
    assert "gh auth token" in caught.value.hint


def test_optional_streams_are_read_where_wanted(world, server):
    issue = world.issue("acme/pay", "alice", on(7, 1))
    theirs = world.issue("acme/pay", "bob", on(5, 1))
    world.comment(issue, "alice", on(7, 2))
    world.comment(theirs, "alice", on(7, 3))
    pull = world.pull("acme/pay", "bob", on(7, 1))
    for _ in range(60):
        world.comment(pull, "alice", on(7, 4))
    world.release("acme/pay", "alice", on(7, 5), "v1")
    assert read(server, wanted("alice")).rows == []
    found = read(server, wanted("alice"), repositories=("acme/pay",), also=("opened", "comments", "releases"))
    assert [(row.role, row.occurred_at, row.state) for row in found.of("issue")] == [("reporter", on(7, 1), "open")]
    assert [row.owners for row in found.of("comment")] == [("bob",)] * 61
    assert [(row.work_item, row.occurred_at) for row in found.of("release")] == [("localhost/acme/pay@v1", on(7, 5))]


def test_the_plan_says_where_releases_cannot_be_read(world, server):
    """Releases of no named repository are reported in the plan."""
    world.release("acme/pay", "alice", on(7, 5), "v1")
    said = "\n".join(source(server, organisations=("acme",), also=("releases",)).plan(wanted("alice")))
    assert "no releases: they are read of repositories that are named as owner/name, and none is" in said
    said = "\n".join(source(server, repositories=("acme/pay",), also=("releases",)).plan(wanted("alice")))
    assert "no releases" not in said


def varied(world: World) -> World:
    """A world with something of everything."""
    for number in range(60):
        day, hour = 1 + number % 28, number % 24
        author, reviewer = ("alice", "bob", "carol")[number % 3], ("bob", "carol", "alice")[number % 3]
        name = ("acme/pay", "acme/web", "globex/x")[number % 3]
        issue = world.issue(name, reviewer, on(6, day, hour), assignees=(author,) if number % 2 else ())
        pull = world.pull(
            name, author, on(5 + number % 2, day, hour), merged=on(7 + number % 3, day, 23), closes=[issue],
            reviews=[(reviewer, "APPROVED", on(7 + number % 3, day, 22))],
        )  # fmt: skip
        world.comment(issue, author, on(6 + number % 4, day, hour, 30))
        if number % 3:
            world.close(issue, on(7 + number % 3, day, 23, 0, 3), reviewer, pull)
    return world


PLACES = [
    {"organisations": ("acme",)},
    {"repositories": ("acme/pay", "globex/*")},
    {"organisations": ("acme", "globex"), "also": ("opened", "comments", "releases")},
]


@pytest.mark.parametrize(
    ("people", "settings"),
    [(people, settings) for people in (("alice",), ("alice", "bob"), ()) for settings in PLACES] + [(("alice",), {})],
)
def test_it_keeps_the_contract(world, server, settings, people):
    varied(world)
    assert check_connector(lambda: source(server, **settings), wanted(*people))


def test_both_strategies_yield_the_same_rows(world, server):
    """People and scopes lead to the same rows."""
    varied(world)
    people = wanted("alice", "bob", "carol")
    by_person = read(server, people)
    by_scope = read(server, wanted(), organisations=("acme", "globex"))
    assert {row.id: row for row in by_person.rows} == {row.id: row for row in by_scope.rows}


def test_scopes_are_read_where_that_is_cheaper(world, server):
    """The plan says so, with the requests of the other strategy."""
    names = [f"dev{number}" for number in range(10)]
    for number in range(200):
        reviews = [(names[(number + other) % 10], "APPROVED", on(7, 2)) for other in range(1, 5)]
        world.pull("acme/pay", names[number % 10], on(7, 1), merged=on(7, 3), reviews=reviews)
    hub = source(server, repositories=("acme/pay",))
    said = "\n".join(hub.plan(wanted(*names)))
    assert "by repository or organisation, for everyone at once (10 requests by person)" in said
    assert "200 pull requests to look through" in said
    found = read(server, wanted(*names), hub)
    assert (len(found.of("pull_request")), len(found.of("review"))) == (200, 800)
    alone = "\n".join(source(server).plan(wanted("dev1")))
    assert "by person" in alone
    assert "about 2 requests, after 1 for counting" in alone
    assert "20 merged pull requests to look through" in alone
    assert "closed over 90 days after the pull request" in alone


def test_the_plan_names_what_is_split_and_hidden(world, server):
    """A plan names what must be split and what is not shown."""
    for _ in range(1001):
        world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    said = "\n".join(source(server, organisations=("acme", "nowhere")).plan(wanted("alice")))
    assert "merged pull requests of alice in acme: 1,001 are more than 1,000 and will be split by time" in said
    assert "not shown: nowhere" in said
    assert [each for each in server.asked if "totalCount" in each.query] == []


@pytest.fixture(scope="module")
def key() -> str:
    """An App's private key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


APP = App(id=7, installation=42, private_key=Secret("env:KEY"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(201, ""), "has no token"),
        (Fault(201, "{}"), "has no token"),
        (Fault(201, "[]"), "has no token"),
        (Fault(201, '{"token": "ghs_abc", "expires'), "has no token"),
        (Fault(201, '{"token": "ghs_abc"}'), "has no token"),
        (Fault(200, "<html>Sign in to the proxy</html>"), "has no token"),
        (Fault(302, "", {"location": "http://127.0.0.1:9/x"}), "has no token"),
        (Fault(301, "", {"location": "/again"}), "redirect"),
    ],
)
def test_a_failed_sign_in_of_an_app_is_an_error(server, key, fault, words):
    """The sign-in of an App may return anything but a token."""
    server.rule = lambda asked: fault
    waited: list[tuple[float, str]] = []
    hub = source(server, token=None, app=APP, environ={"KEY": key}, waited=waited)
    with pytest.raises(SourceError, match=words) as caught:
        read(server, wanted("alice"), hub)
    assert caught.value.hint
    assert "ghs_" not in str(caught.value)
    assert sum(seconds for seconds, _ in waited) < 60


def test_an_app_signs_in_by_its_installation(world, server, key):
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    hub = source(server, token=None, app=APP, environ={"KEY": key})
    assert len(read(server, wanted("alice"), hub).rows) == 1
    assert server.asked[0].path == "/api/v3/app/installations/42/access_tokens"
    assert server.asked[1].headers["Authorization"] == f"token {TOKEN}"
    server.script(Fault(404, '{"message": "Integration not found"}'))
    with pytest.raises(SourceError, match="Integration not found"):
        read(server, wanted("alice"), dataclasses.replace(hub))
    with pytest.raises(AccessError, match="private key cannot be used"):
        read(server, wanted("alice"), token=None, app=APP, environ={"KEY": "no key"})


def test_an_older_github_is_asked_for_less(world, server):
    """An older GitHub is asked without what it does not know."""
    world.old = True
    world.issue("acme/pay", "alice", on(7, 1), closed=on(8, 1), by="alice")
    world.pull("acme/pay", "alice", on(7, 1), merged=on(8, 1))
    found = read(server, wanted("alice"))
    assert [(row.kind, row.state, row.comment_count) for row in sorted(found.rows, key=lambda row: row.kind)] == [
        ("issue", "completed", 0),
        ("pull_request", "merged", None),
    ]
    assert (found.gaps, found.requests) == ([], 3)


def test_the_api_address_follows_from_the_url(server):
    """The address of the API follows from that of the web pages."""
    assert source(server, url="https://github.com").api == "https://api.github.com"
    assert source(server, url="https://acme.ghe.com/").api == "https://api.acme.ghe.com"
    assert source(server, url="https://git.acme.example").api == "https://git.acme.example/api/v3"
    assert source(server, url="https://git.acme.example:8443").host == "git.acme.example"


def test_an_empty_period_is_empty_and_complete(server):
    """A period without people to read is empty and complete."""
    found = read(server, Request(Period(on(7, 1), on(7, 1)), frozenset({"alice"})))
    assert found.rows == []


def test_loading_the_connector_loads_no_client():
    """`harvester --help` and a configuration's check load the class, and must stay quick."""
    code = "import sys, harvester.connectors.github; print([n for n in ('github', 'requests') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
