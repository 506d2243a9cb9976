"""A page as an issue of either forge: written once, found again, and never doubled, whatever happens."""

import contextlib
import datetime as dt
import json
import re
from pathlib import Path

import pytest

from harvester.errors import PublishError
from harvester.publishing.github_issue import GitHubTracker
from harvester.publishing.headings import without_title
from harvester.publishing.issues import MOST_PARTS
from harvester.publishing.markers import is_edited, marker_of
from harvester.publishing.testing import check_publisher, page, publisher_context
from tests.publishing.places import PLACES, TEAM, TEXT, TOKENS
from tests.servers.faults import Fault
from tests.servers.github import NOW, limited

OTHER = TEXT.replace("3", "4")


@pytest.fixture(params=PLACES)
def place(request):
    with PLACES[request.param]() as made:
        yield made


def long(place, parts=3, mark="x"):
    """A page that needs this many parts, with a heading in each."""
    section = "## Section {}\n\n" + f"- {mark * 77}\n" * (place.limit * 5 // 8 // 80) + "\n"
    return "# Ada – digest, July 2026\n\n" + "".join(section.format(number) for number in range(1, parts + 1))


def test_the_contract_of_a_publisher(place, tmp_path):
    """Ours pass what any publisher has to."""
    context = publisher_context(tmp_path, now=NOW, environ=TOKENS)
    check_publisher(lambda given: place.publisher(f"{place.server.url}/{TEAM}", given), context, place.everything)


def test_an_issue_is_created_once(place):
    """The second run writes nothing, and says where the issue is."""
    first = place.publish()
    again = place.publish()
    assert [(step.action, step.what) for step in first.steps] == [
        ("create", "issue 'Ada – digest, July 2026' in acme/team")
    ]
    assert (again.steps, again.url) == ((), first.url)
    assert len(place.writes()) == 1
    (issue,) = place.issues
    assert issue["title"] == "Ada – digest, July 2026"
    assert place.body(issue).partition("\n")[2] == "Merged 3 pull requests.\n"
    assert "ada" not in place.body(issue).partition("\n")[0].casefold()


def test_a_page_that_differs_takes_its_place(place):
    place.publish()
    (step,) = place.publish(OTHER).steps
    assert step.action == "update"
    (issue,) = place.issues
    assert "Merged 4" in place.body(issue)


def test_other_days_and_people_have_issues_of_their_own(place):
    place.publish()
    place.publish(days="2026-08-01..2026-08-31")
    place.publish(who="grace")
    assert len(place.issues) == 3
    assert place.publish().steps == ()


def test_a_dry_run_writes_nothing(place):
    """It says what would be written, here and in the comments."""
    before = place.everything()
    planned = place.publish(long(place), dry_run=True)
    assert [step.action for step in planned.steps] == ["create"] * 3
    assert place.everything() == before
    assert place.writes() == []


def test_a_strangers_marker_is_not_ours(place):
    """What somebody else wrote is never touched, though it begins with the same line."""
    place.publish()
    theirs = place.add("mallory", place.body(place.issues[0]))
    quoted = place.add(place.world.viewer, f"> {place.body(place.issues[0])}")
    place.comment(place.issues[0], "mallory", place.body(theirs).replace("1/1", "2/2"))
    before = [place.body(theirs), place.body(quoted)]
    assert place.publish(OTHER).remarks == ()
    assert [place.body(theirs), place.body(quoted)] == before
    assert len(place.comments(place.issues[0])) == 1


def test_of_several_the_oldest_is_kept(place):
    """Two runs at once may both create one; the next run leaves one page, to which the other points."""
    first = place.publish().url
    place.add(place.world.viewer, place.body(place.issues[0]))
    done = place.publish(OTHER)
    assert "is a second issue for this page" in done.remarks[0]
    assert ["Merged" in place.body(each) for each in place.issues] == [True, False]
    assert place.body(place.issues[1]).endswith(f"\n*This page is kept up to date in {first}.*\n")
    again = place.publish(OTHER)
    assert (again.steps, again.remarks) == ((), done.remarks)
    place.edit(place.issues[1], lambda body: body + "mine")
    assert place.publish().url == first
    assert place.body(place.issues[1]).endswith("mine")


def test_a_page_of_days_to_come(place):
    """The goals of a year are published before it begins, and brought up to date when it has begun."""
    ahead = {"days": "2027-01-01..2027-12-31"}
    place.publish(**ahead)
    for _ in range(120):
        place.add("bob", "text", title="Later")
    assert place.publish(**ahead).steps == ()
    later = NOW.replace(year=2027, month=2, day=3)
    assert place.publish(OTHER, clock=lambda: later, **ahead).steps[0].action == "update"


def test_the_token_becomes_another_accounts(place):
    """A bot's in place of a person's, or a new bot's: the issue and its comments go on, and that is said."""
    text = long(place, 3)
    before, place.world.viewer = place.world.viewer, "digest[bot]"
    place.publish(text)
    place.world.viewer = before
    done = place.publish(text.replace("x", "y"))
    assert "was written by another account" in done.remarks[0]
    assert [step.action for step in done.steps] == ["update"] * 3
    assert (len(place.issues), len(place.comments(place.issues[0]))) == (1, 2)


def test_a_stranger_cannot_take_the_page(place):
    """In a public place an issue of somebody who does not belong there is passed over, whatever is in it."""
    place.publish()
    body = place.body(place.issues[0])
    place.issues.remove(place.issues[0]) if not place.is_github else place.world.items.clear()
    place.make_public()
    theirs = place.add("mallory", body)
    assert [step.action for step in place.publish(context={"public": True}).steps] == ["create"]
    assert place.body(theirs) == body


def test_a_closed_issue_stays_closed(place):
    place.publish()
    place.world.close(place.issues[0], place.world.now, "grace")
    done = place.publish(OTHER)
    assert "is closed, and stays so" in done.remarks[0]
    assert "Merged 4" in place.body(place.issues[0])
    assert place.issues[0]["state"].casefold() == "closed"


def test_a_deleted_issue_is_written_again(place):
    place.publish()
    place.issues.remove(place.issues[0]) if not place.is_github else place.world.items.clear()
    assert [step.action for step in place.publish().steps] == ["create"]
    assert len(place.issues) == 1


@pytest.mark.parametrize("change", [lambda body: body + "I add this.", lambda body: "My words.", lambda body: ""])
def test_what_a_person_edited_is_not_overwritten(place, change):
    """The marker may be gone with the rest; no second issue is made then. --force replaces it."""
    place.publish()
    place.edit(place.issues[0], change)
    before = place.everything()
    with pytest.raises(PublishError, match="edited and was not overwritten"):
        place.publish(OTHER)
    assert place.everything() == before
    place.publish(OTHER, force=True)
    assert len(place.issues) == 1
    assert "Merged 4" in place.body(place.issues[0])


def test_the_line_ends_of_a_service_are_no_edit(place):
    place.publish()
    place.edit(place.issues[0], lambda body: body.replace("\n", "\r\n").rstrip() + "  ")
    assert place.publish().steps == ()
    assert [step.action for step in place.publish(OTHER).steps] == ["update"]


def test_many_issues_are_looked_through(place):
    """Only those since the first day of the period can be the page; the others are not read, however many."""
    place.publish(days="2026-10-01..2026-10-31")
    ours = place.issues[0]
    for number in range(250):
        place.add("bob", "text", title=f"Later {number}")
    old = place.world.now.replace(year=2025)
    for _ in range(1_000):
        place.world.issue(TEAM, "bob", old)
    before = len(place.server.asked)
    assert place.publish(OTHER, days="2026-10-01..2026-10-31").steps[0].action == "update"
    assert "Merged 4" in place.body(ours)
    assert len(place.server.asked) - before <= 8


def test_a_long_page_goes_on_in_comments(place):
    """It is cut at headings; each part says that there is more, and is found again by itself."""
    done = place.publish(long(place, 3))
    assert [step.action for step in done.steps] == ["create"] * 3
    (issue,) = place.issues
    bodies = [place.body(issue), *(each["body"] for each in place.comments(issue))]
    assert [(marker_of(each).number, marker_of(each).count) for each in bodies] == [(1, 3), (2, 3), (3, 3)]
    assert all(len(each) <= place.limit and not is_edited(each) for each in bodies)
    assert [re.findall("^## .*", each, re.MULTILINE) for each in bodies] == [[f"## Section {n}"] for n in (1, 2, 3)]
    assert ["Continued in the next comment" in each for each in bodies] == [True, True, False]
    assert place.publish(long(place, 3)).steps == ()


def test_the_real_limits_are_kept():
    """65,536 characters on GitHub, which refuses more; a character beyond four digits may count as two."""
    with PLACES["github"]() as place:
        place.limit = 65_536
        place.publish(TEXT + "- " + "é😀 " * 20_000 + "\n")
        bodies = [place.body(place.issues[0]), *(each["body"] for each in place.comments(place.issues[0]))]
        assert [len(each.encode("utf-16-le")) // 2 <= 65_536 for each in bodies] == [True] * 3


def test_a_shorter_page_leaves_no_part_behind(place):
    """Comments that are not needed any more are removed; others' stay."""
    place.publish(long(place, 3))
    place.comment(place.issues[0], "bob", "Thank you!")
    done = place.publish(long(place, 2))
    assert [step.action for step in done.steps] == ["update", "update", "remove"]
    assert [each["body"][:10] for each in place.comments(place.issues[0])] == ["<!-- publi", "Thank you!"]
    assert [step.action for step in place.publish().steps] == ["update", "remove"]
    assert len(place.comments(place.issues[0])) == 1


def test_a_lost_answer_to_a_removal(place):
    """The comment that is gone already is not missed."""
    place.publish(long(place, 2))
    place.server.rule = lambda asked: place.once(Fault(502, after=True)) if asked.method == "DELETE" else None
    assert [step.action for step in place.publish().steps] == ["update", "remove"]
    assert place.comments(place.issues[0]) == []


def test_one_part_that_changed_is_written_alone(place):
    text = long(place, 3)
    place.publish(text)
    changed = text.replace("## Section 2\n\n- x", "## Section 2\n\n- y")
    assert [(step.action, step.what) for step in place.publish(changed).steps] == [("update", "part 2 of 3")]


def test_a_page_without_an_end_is_published_in_part(place):
    """After a hundred parts it says that there was more, to readers and to who runs it."""
    done = place.publish(long(place, MOST_PARTS + 2))
    assert len(done.steps) == MOST_PARTS
    last = place.comments(place.issues[0])[-1]["body"]
    assert last.rstrip().endswith("*Left out: 2 further parts of this page.*")
    assert done.remarks == ("The page is too long; left out at its end: 2 parts.",)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    "fault", [Fault(act="reset", after=True), Fault(502, after=True), Fault(201, "{}", after=True)], ids=str
)
def test_a_lost_answer_doubles_nothing(place, fault, number):
    """What was created, though its answer did not come, is looked up and not created again: issues and comments."""
    text, count = long(place, 2), 0

    def lose(asked):
        nonlocal count
        if asked.method != "POST" or asked.path.endswith("/graphql"):
            return None
        count += 1
        return fault if count == number + 1 else None

    place.server.rule = lose
    place.publish(text)
    assert len(place.issues) == 1
    assert len(place.comments(place.issues[0])) == 1
    assert len(place.writes()) == 2
    assert [seconds for seconds, _ in place.waited] == [1]


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault(429, "", {"retry-after": "30"}), 30),
        (Fault(503), 1),
        (Fault(act="reset"), 1),
        (Fault(200, "<html>"), 1),
    ],
    ids=str,
)
def test_a_fault_that_passes(place, fault, seconds):
    """It is waited for at every request, and the page is there once."""
    for number in range(6):
        place.server.script(*[None] * number, fault)
        place.publish(long(place, 2, mark="xy"[number % 2]))
        assert (len(place.issues), len(place.comments(place.issues[0]))) == (1, 1)
    assert {each for each, _ in place.waited} == {seconds}


@pytest.mark.parametrize("body", ["{}", "[7]", '{"data": 7}', "null"])
def test_an_answer_that_makes_no_sense(place, body):
    """It ends in an error, or is passed over, at whichever request, and the page is not there twice."""
    for number in range(6):
        place.server.script(*[None] * number, Fault(200, body))
        with contextlib.suppress(PublishError):
            place.publish(long(place, 2, mark="xy"[number % 2]))
        place.server.faults.clear()
    place.publish(long(place, 2))
    assert (len(place.issues), len(place.comments(place.issues[0]))) == (1, 1)


def test_the_limits_of_github_are_waited_for():
    """A secondary one comes with 403, the primary one with the time of its reset."""
    with PLACES["github"]() as place:
        secondary = json.dumps({"message": "You have exceeded a secondary rate limit."})
        reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW.timestamp() + 20:.0f}"}
        place.server.script(Fault(403, secondary), None, Fault(403, '{"message": "API rate limit exceeded"}', reset))
        place.publish()
        assert [seconds for seconds, _ in place.waited] == [60, 21]
        assert len(place.issues) == 1


@pytest.mark.parametrize("kind", ["RATE_LIMITED", "RATE_LIMIT"])
def test_the_limit_of_graphql_is_waited_for(kind):
    """A harvest just before may have used it up; it comes with HTTP 200."""
    with PLACES["github"]() as place:
        place.server.script(None, limited(kind, NOW + dt.timedelta(minutes=20)))
        place.publish()
        assert [seconds for seconds, _ in place.waited] == [1201]
        assert len(place.issues) == 1


def test_a_limit_that_lasts_too_long(place):
    """One window of an hour is waited, then it is an error that says so."""
    place.server.rule = lambda asked: Fault(429, "", {"retry-after": "1800"})
    with pytest.raises(PublishError, match="would be too long") as caught:
        place.publish()
    assert sum(seconds for seconds, _ in place.waited) == 3600
    assert "not written twice" in caught.value.hint


def test_a_token_that_may_not_write(place):
    """The error says what the token needs, and not the token."""
    place.world.read_only = True
    with pytest.raises(PublishError, match="refuses") as caught:
        place.publish()
    assert "token needs" in caught.value.hint
    assert place.server.token not in str(caught.value)


def test_a_public_place_is_asked_for(place):
    """The page may name people and private work, so it goes there only with --public."""
    place.make_public()
    with pytest.raises(PublishError, match="everybody could read the page"):
        place.publish()
    assert place.writes() == []
    assert place.publish(context={"public": True}).steps


def test_a_place_that_takes_no_issues(place):
    if place.is_github:
        place.world.repositories[TEAM]["hasIssuesEnabled"] = False
    else:
        place.world.projects[TEAM]["issuesEnabled"] = False
    with pytest.raises(PublishError, match="issues turned off"):
        place.publish()
    with pytest.raises(PublishError, match="404") as caught:
        place.publish(target="acme/nowhere")
    assert "may the token see it" in caught.value.hint


def test_a_place_that_was_renamed(place):
    """Its old name is followed by asking what it is called now; nothing is sent to a redirect."""
    place.publish()
    place.world.rename(TEAM, "acme/crew")
    assert place.publish().steps == ()
    assert [step.action for step in place.publish(OTHER).steps] == ["update"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_with_a_page(place, status):
    """A POST that is redirected would become a GET, or the page go elsewhere."""
    place.server.rule = lambda asked: (
        Fault(status, "{}", {"location": f"{place.server.url}/api/v4/user"})
        if asked.method == "POST" and not asked.path.endswith("/graphql")
        else None
    )
    with pytest.raises(PublishError, match="redirects to the path"):
        place.publish()
    place.server.rule = lambda asked: Fault(status, "{}", {"location": "http://other.example/"})
    with pytest.raises(PublishError, match="token was not sent there"):
        place.publish()
    assert place.issues == []


@pytest.mark.parametrize(
    "target",
    ["", "team", "a b/c", "https://user:secret@host/a/b", "ftp://host/a/b", "a/../b", "/", "https:///a/b",
     "https://[/a/b", "https://h:x/a/b", "https://h:99999/a/b", "https://\u2100.com/a/b", "https://a..b/a/b",
     f"https://{'a' * 64}.com/a/b"],
)  # fmt: skip
def test_a_target_that_is_no_place(place, target):
    """The error says how it is written, and repeats no password; it is not tried again."""
    publisher = place.publisher(target, publisher_context(Path(), environ=TOKENS, waited=place.waited))
    with pytest.raises(PublishError) as caught:
        publisher.publish(page(TEXT, Path("a.md")))
    assert place.waited == []
    assert caught.value.hint
    assert "secret" not in str(caught.value)
    assert "redirects to '" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "rest", "graphql"),
    [
        ("https://github.com", "https://api.github.com", "https://api.github.com/graphql"),
        ("https://octo.ghe.com", "https://api.octo.ghe.com", "https://api.octo.ghe.com/graphql"),
        ("https://git.acme.org", "https://git.acme.org/api/v3", "https://git.acme.org/api/graphql"),
    ],
)
def test_where_the_api_is(url, rest, graphql):
    """On github.com, with data residency, and on a server of a company's own."""
    tracker = GitHubTracker.open(url, TEAM, "a", publisher_context(Path()), 100)
    assert (tracker.rest.service.url, tracker.graphql) == (rest, graphql)
    tracker.close()


def test_the_links_leave_no_mark_elsewhere():
    """A link to a pull request would be noted there, and make it look changed to the next harvest."""
    links = (
        "[pay#1](https://github.com/acme/pay/pull/1), [c](https://github.com/acme/pay/commit/ab) https://github.com/x"
    )
    with PLACES["github"]() as place:
        place.publish(f"{TEXT}\n{links}\n")
        assert "[pay#1](https://redirect.github.com/acme/pay/pull/1)" in place.body(place.issues[0])
        assert place.body(place.issues[0]).count("redirect") == 1
        assert place.publish(f"{TEXT}\n{links}\n").steps == ()


def test_links_within_the_page_are_words(place):
    """A heading of an issue or a comment cannot be linked to, and may be in another part."""
    place.publish(f"{TEXT}\n[sources](#sources-and-coverage), [out](https://a.example/#b)\n\n## Sources and coverage\n")
    assert "\nsources, [out](https://a.example/#b)\n" in place.body(place.issues[0])


def test_no_line_is_a_quick_action():
    """GitLab would run a line such as `/close` of a text or of a comment."""
    with PLACES["gitlab"]() as place:
        place.publish(f"{TEXT}\n/close\n  /label ~x\n\n/srv\n")
        assert place.issues[0]["state"] == "opened"
        assert place.body(place.issues[0]).endswith("\n\\/close\n  \\/label ~x\n\n\\/srv\n")
        assert place.publish(f"{TEXT}\n/close\n  /label ~x\n\n/srv\n").steps == ()


def test_the_token_of_actions_is_known_by_graphql():
    """Its owner is a bot, which REST does not name."""
    with PLACES["github"]() as place:
        place.world.viewer = "github-actions[bot]"
        place.publish()
        assert place.publish().steps == ()
        assert len(place.issues) == 1
        place.world.viewer = None
        with pytest.raises(PublishError):
            place.publish()


def test_the_title_is_not_in_the_text_twice():
    assert without_title("# A\n\nb\n") == "b\n"
    assert without_title("b\n# A\n") == "b\n# A\n"
