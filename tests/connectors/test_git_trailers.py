"""Reviews, help, applied patches and merged topics, as trailers and merges tell of them."""

import pytest

from harvester.connectors.git.trailers import APPLIED, CO_AUTHOR, HELPER, REVIEWER, Trailer, trailers
from tests.connectors.test_git import QUARTER, SHOP, connector, cursors, fetch, only, rows
from tests.gitrepo import ANN, BOB, CLEO, WEB_FLOW, Repo

DOE = "Doe Moe <doe@example.org>"
TESTER, REPORTER, MENTOR = (("help", role) for role in ("tester", "reporter", "mentor"))


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "shop")


def parts(message):
    return [(each.word, each.part) for each in trailers(message)]


def said(*lines, subject="Round"):
    return f"{subject}\n\nBody.\n\n" + "\n".join(lines)


def others(events):
    """What was done for the work of others: kind, role and account of each row."""
    found = (each for each in rows(events) if each.kind in ("review", "help") or each.role == "merger")
    return sorted((each.kind, each.role, each.account) for each in found)


@pytest.mark.parametrize(
    ("trailer", "expected"),
    [
        ("Reviewed-by", [("reviewed", REVIEWER)]),
        ("reviewed-BY", [("reviewed", REVIEWER)]),
        ("Acked-by", [("acked", HELPER)]),
        ("Helped-by", [("helped", HELPER)]),
        ("Suggested-by", [("suggested", HELPER)]),
        ("Tested-by", [("tested", TESTER)]),
        ("Reported-by", [("reported", REPORTER)]),
        ("Mentored-by", [("mentored", MENTOR)]),
        ("Co-Mentored-by", [("co-mentored", MENTOR)]),
        ("Co-authored-by", [("co-authored", CO_AUTHOR)]),
        ("Co-developed-by", [("co-developed", CO_AUTHOR)]),
        ("Signed-off-by", [("signed-off", APPLIED)]),
        ("Reported-and-tested-by", [("reported", REPORTER), ("tested", TESTER)]),
        ("Reviewed-and-Tested-by", [("reviewed", REVIEWER), ("tested", TESTER)]),
        ("Cc", []),
        ("Not-reviewed-by", []),
        ("Based-on-patch-by", []),
        ("Noticed-by", []),
        ("Assisted-by", []),
    ],
)
def test_what_each_trailer_means(trailer, expected):
    """Each trailer has one meaning, joined ones several, and most have none."""
    assert parts(said(f"{trailer}: Bob <bob@x>")) == expected
    assert parts(said(f"{trailer} : Bob <bob@x>  # on ARM")) == expected
    assert parts(said(f"{trailer}: Bob <bob@x> (core)")) == expected
    assert parts(said(f"{trailer}: bob@x")) == expected


@pytest.mark.parametrize(
    "message",
    [
        "Reviewed-by: Bob <bob@x>",
        "Subject\n\nReviewed-by: Bob <bob@x>\n\nand then text.",
        said("Reviewed-by: Bob"),
        said("Reviewed-by: Bob bob@x"),
        said("Reviewed-by: Bob at Acme @bob"),
        said("Reviewed-by: Bob <bob@x> and others"),
        said("> Reviewed-by: Bob <bob@x>"),
        said(" Reviewed-by: Bob <bob@x>"),
        said("I was Reviewed-by: Bob <bob@x>"),
    ],
)
def test_what_is_no_trailer(message):
    """Only a line of its own at the end, with an address, names somebody."""
    assert trailers(message) == ()


def test_a_trailer_is_read_once():
    """The same line again says nothing new, and an address is as written."""
    line = "Reviewed-by: Bob Roe <Bob@X>"
    assert trailers(said(line, line)) == (Trailer("reviewed", REVIEWER, "Bob Roe", "Bob@X"),)


def test_trailers_are_rows(repo):
    """A review and each kind of help is a row of the person, on the day the commit landed, about its author's work."""
    repo.remote(SHOP)
    repo.commit("Begin", {"a": "1"})
    sha = repo.commit(
        said(f"Reviewed-by: {BOB}", f"Tested-by: {CLEO}", f"Helped-by: {CLEO}", f"Suggested-by: {CLEO}"),
        {"lib/a.c": "1\n"},
    )
    events = fetch(repo)
    review = only(events, "review", "reviewer")
    assert (review.id, review.work_item) == (f"review/reviewer/{sha}/bob@example.org", f"commit/{sha}")
    assert (review.account, review.owners, review.state) == (BOB, (ANN,), "trailer")
    assert (review.title, review.paths) == ("Round", ("lib/a.c",))
    assert review.url == f"https://github.com/Acme/shop/commit/{sha}"
    assert (review.additions, review.body) == (None, None)
    written = next(each for each in rows(events, "commit") if each.title == "Round")
    assert review.occurred_at == written.occurred_at
    assert written.participants == (BOB, CLEO)
    assert only(events, "help", "tester").extra == {"trailer": "Tested-by"}
    assert only(events, "help", "helper").extra == {"trailer": "Helped-by, Suggested-by"}
    assert others(fetch(repo, accounts=["cleo@example.org"])) == [("help", "helper", CLEO), ("help", "tester", CLEO)]


def test_ones_own_trailers_are_none(repo):
    """Neither an author nor a co-author reviews their own commit, also by another address; bots review nothing."""
    lines = [f"Reviewed-by: {ANN}", "Tested-by: Ann <ann@home.example>", f"Acked-by: {BOB}", f"Co-authored-by: {BOB}"]
    repo.commit(said(*lines, "Reviewed-by: dependabot[bot] <support@github.com>"), {"a": "1"})
    mine = ("ann@example.org", "ann@home.example")
    events = fetch(repo, same_person=mine)
    assert others(events) == []
    assert only(events, "commit").participants == (BOB,)


def test_the_mailmap_names_a_reviewer(repo):
    """A reviewer is who the mailmap says; the row's id has the address as written."""
    repo.commit("Begin", {".mailmap": "Bob Roe <bob@example.org> <bob@old.example>\n"})
    sha = repo.commit(said("Reviewed-by: B <Bob@old.example>"), {"a": "1"})
    review = only(fetch(repo, accounts=["bob@example.org"]), "review", "reviewer")
    assert (review.account, review.id) == (BOB, f"review/reviewer/{sha}/bob@old.example")


def topic(repo, name="bb/round", by=BOB, merger=ANN, trailers=(f"Reviewed-by: {CLEO}",), count=2):
    """A topic of some commits of one author, with these trailers on each, and its merge."""
    repo.branch(name)
    for number in range(count):
        repo.commit(said(*trailers, subject=f"{name} {number}"), {f"{name}{number}": "1\n"}, by=by)
    repo.checkout("main")
    return repo.merge(name, f"Merge branch '{name}'\n\nRounds what is paid.", by=merger)


def test_reviews_of_a_topic_are_one_change(repo):
    """All commits of a topic that one person reviewed have the topic as their work item."""
    repo.commit("Begin", {"a": "1"})
    merge = topic(repo)
    reviews = rows(fetch(repo), "review")
    assert {(each.work_item, each.title, each.extra["topic"]) for each in reviews} == {
        (f"commit/{merge}", "bb/round", "bb/round")
    }
    assert [each.paths for each in reviews] == [("bb/round1",), ("bb/round0",)]
    assert {each.owners for each in reviews} == {(BOB,)}


def test_a_merged_topic_is_a_row(repo):
    """Who merged a topic that others wrote has a row of it, with its text, on the day it landed."""
    repo.commit("Begin", {"a": "1"})
    merge = topic(repo)
    row = only(fetch(repo, accounts=["ann@example.org"]), "commit", "merger")
    assert (row.id, row.work_item, row.state) == (f"commit/merger/{merge}", f"commit/{merge}", "merged")
    assert (row.title, row.body, row.owners) == ("bb/round", "Rounds what is paid.", (BOB,))


def test_ones_own_topic_is_no_merge_for_others(repo):
    """A topic is of whoever wrote most of it."""
    repo.commit("Begin", {"a": "1"})
    topic(repo, "aa/mine", by=ANN)
    repo.branch("aa/more")
    for number, by in enumerate((ANN, BOB, ANN)):
        repo.commit(f"More {number}", {f"m{number}": "1"}, by=by)
    repo.checkout("main")
    repo.merge("aa/more", "Merge branch 'aa/more'")
    assert others(fetch(repo, accounts=["ann@example.org"])) == []


def test_a_merge_that_brings_nothing_named_is_no_row(repo):
    """Neither a back merge nor the inner merge of a topic within a topic is told of."""
    repo.commit("Begin", {"a": "1"})
    repo.branch("outer")
    repo.branch("inner")
    repo.commit("Inner", {"i": "1"}, by=BOB)
    repo.checkout("outer")
    repo.merge("inner", "Merge branch 'inner' into outer", by=CLEO)
    repo.checkout("main")
    repo.commit("Meanwhile", {"b": "1"})
    repo.checkout("outer")
    repo.merge("main", "Merge branch 'main' into outer", by=CLEO)
    repo.checkout("main")
    outer = repo.merge("outer", "Merge branch 'outer'", by=CLEO)
    assert [each.work_item for each in rows(fetch(repo), "commit", "merger")] == [f"commit/{outer}"]


def test_a_pull_in_a_repository_without_a_remote_is_no_topic(repo):
    """What was pulled may be the repository's own branch, as where the name of the remote is known."""
    repo.commit("Begin", {"a": "1"})
    repo.branch("bob")
    repo.commit("Mine", {"b": "1"}, by=BOB)
    repo.checkout("main")
    repo.commit("Meanwhile", {"c": "1"}, by=CLEO)
    repo.checkout("bob")
    repo.merge("main", "Merge branch 'main' of https://git.example/org/shop", by=BOB)
    repo.checkout("main")
    repo.git("merge", "--ff-only", "bob")
    assert others(fetch(repo)) == []


def test_an_applied_patch_is_a_row(repo):
    """Who committed and signed off what somebody else wrote applied it; nobody else who signed it off did."""
    repo.commit("Begin", {"a": "1"})
    lines = [f"Signed-off-by: {BOB}", f"Signed-off-by: {CLEO}", f"Signed-off-by: {ANN}"]
    sha = repo.commit(said(*lines), {"b": "1"}, by=BOB, committer=ANN)
    repo.commit(said(f"Signed-off-by: {ANN}", subject="Own"), {"c": "1"})
    repo.commit(said(f"Signed-off-by: {BOB}", subject="Unsigned"), {"d": "1"}, by=BOB, committer=ANN)
    repo.commit(said(f"Signed-off-by: {ANN}", f"Co-authored-by: {ANN}"), {"e": "1"}, by=BOB, committer=ANN)
    row = only(fetch(repo), "commit", "merger")
    assert (row.id, row.state, row.account) == (f"commit/merger/{sha}", "applied", ANN)
    assert (row.owners, row.title, row.work_item) == ((BOB,), "Round", f"commit/{sha}")


def test_a_review_in_a_pull_request_is_of_it(repo):
    """A review by a trailer in a pull request's commit, or in its merge, is of the pull request."""
    repo.remote(SHOP)
    repo.commit("Begin", {"a": "1"})
    repo.branch("round")
    repo.commit(said(f"Reviewed-by: {CLEO}", f"Reviewed-by: {DOE}"), {"b": "1"}, by=BOB)
    repo.checkout("main")
    message = f"Merge pull request #7 from bob/round\n\nRound half even\n\nReviewed-by: {CLEO}\nApproved-by: {ANN}"
    repo.merge("round", message, committer=WEB_FLOW)
    events = fetch(repo)
    reviews = rows(events, "review")
    assert {(each.work_item, each.title, each.owners) for each in reviews} == {
        ("github.com/Acme/shop#7", "Round half even", (BOB,))
    }
    assert sorted(each.account for each in reviews) == [ANN, CLEO, CLEO, DOE]
    assert {each.url for each in reviews} == {"https://github.com/Acme/shop/pull/7"}
    assert only(events, "pull_request").participants == (CLEO, DOE, ANN)


def test_an_approval_by_a_forge_is_a_review(repo):
    """Elsewhere `Approved-by` says as little as an acknowledgement."""
    repo.remote(SHOP)
    repo.commit(said(f"Approved-by: {BOB}"), {"a": "1"})
    repo.commit(said(f"Approved-by: {BOB}", subject="Round (#8)"), {"b": "1"}, committer=WEB_FLOW)
    events = fetch(repo)
    assert only(events, "help", "helper").title == "Round"
    assert only(events, "review", "reviewer").work_item == "github.com/Acme/shop#8"


def test_who_owns_a_pull_request_does_not_review_it(repo):
    """A pull request's owner reviews no commit of somebody else in it, as on a forge."""
    repo.commit("Begin", {"a": "1"})
    repo.branch("round")
    repo.commit("One", {"b": "1"}, by=BOB)
    repo.commit("Two", {"c": "1"}, by=BOB)
    repo.commit(said(f"Reviewed-by: {BOB}"), {"d": "1"}, by=CLEO)
    repo.checkout("main")
    repo.merge("round", f"Merge pull request #7 from bob/round\n\nRound\n\nReviewed-by: {CLEO}", committer=WEB_FLOW)
    assert rows(fetch(repo), "review") == []


def test_a_picked_review_names_the_first(repo):
    """What a cherry-pick copies of reviews is the same review again."""
    repo.commit("Begin", {"a": "1"})
    first = repo.commit(said(f"Reviewed-by: {BOB}", f"Signed-off-by: {CLEO}"), {"b": "1"}, committer=CLEO)
    repo.branch("stable", "HEAD~1")
    line = f"(cherry picked from commit {first})"
    repo.commit(said(f"Reviewed-by: {BOB}", f"Signed-off-by: {CLEO}", line), {"b": "1"}, committer=CLEO)
    repo.checkout("main")
    repo.git("merge", "-q", "-s", "ours", "--no-edit", "stable")
    events = fetch(repo)
    assert [each.picked_from for each in rows(events, "review")] == [(f"commit/{first}",), ()]
    assert [each.picked_from for each in rows(events, "commit", "merger")] == [(f"commit/{first}",), ()]


def test_periods_share_and_lose_nothing(repo):
    """Rows of trailers and merges are the same in two parts as in one, and after an earlier harvest."""
    repo.commit("Begin", {"a": "1"}, at="2026-05-01T00:00:00+00:00")
    topic(repo, "bb/one")
    half = fetch(repo, accounts=["cleo@example.org", "ann@example.org"])
    repo.commit("Later", {"z": "1"}, at="2026-08-01T00:00:00+00:00")
    topic(repo, "bb/two")
    wanted = ["cleo@example.org", "ann@example.org"]
    whole = {each.id for each in rows(fetch(repo, accounts=wanted))}
    later = fetch(repo, accounts=wanted, cursors=cursors(half))
    assert {each.id for each in rows(half)} | {each.id for each in rows(later)} == whole
    assert {each.id for each in rows(half)} & {each.id for each in rows(later)} == set()
    in_quarter = {each.id for each in rows(fetch(repo, accounts=wanted, period=QUARTER))}
    assert (len(whole), len(in_quarter)) == (8, 4)


def test_who_only_helped_is_known(repo):
    """Somebody whom only trailers name is among the accounts, with no commit; a mere sign-off names nobody."""
    repo.commit(said(f"Reviewed-by: {BOB}", f"Signed-off-by: {CLEO}", f"Co-authored-by: {DOE}"), {"a": "1"})
    assert connector(repo).accounts() == {ANN: 1, BOB: 0, DOE: 1}
