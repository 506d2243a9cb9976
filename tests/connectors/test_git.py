"""The git connector on real repositories."""

import dataclasses
import datetime as dt
import json
import os
import stat
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from harvester.connectors.git import Git
from harvester.errors import SourceError
from harvester.model.accounts import account_key, email_of
from harvester.model.contribution import Contribution, to_table
from harvester.model.periods import Period
from harvester.sdk.connector import Gap, Remark, Request, ScopeCompleted
from harvester.sdk.plugins import settings_model
from harvester.sdk.testing import check_connector, connector_context
from tests.gitrepo import ANN, BOB, CLEO, WEB_FLOW, Repo

SHOP = "git@github.com:Acme/shop.git"


def time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


QUARTER = Period(time("2026-07-01"), time("2026-10-01"))
ALWAYS = Period(time("2000-01-01"), time("2100-01-01"))


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "shop")


def connector(repo, *repositories, same_person=(), **settings):
    """The connector; accounts with these addresses are one person's."""
    root = repo.path if isinstance(repo, Repo) else repo
    context = connector_context(root, environ=os.environ)
    if same_person:
        context = dataclasses.replace(
            context,
            person_of=lambda account: "one" if email_of(account) in same_person else account_key(account),
            people_digest=str(same_person),
        )
    return Git(repositories=list(repositories) or ["."], context=context, **settings)


def fetch(repo, *repositories, period=ALWAYS, accounts=None, cursors=None, **settings):
    wanted = None if accounts is None else frozenset(accounts)
    return list(connector(repo, *repositories, **settings).fetch(Request(period, wanted, cursors=cursors or {})))


def rows(events, kind=None, role=None):
    found = [each for each in events if isinstance(each, Contribution)]
    return [each for each in found if kind in (None, each.kind) and role in (None, each.role)]


def only(events, kind, role="author"):
    (row,) = rows(events, kind, role)
    return row


def gaps(events):
    return [each for each in events if isinstance(each, Gap)]


def done(events):
    (found,) = [each for each in events if isinstance(each, ScopeCompleted)]
    return found


def cursors(events):
    return {each.scope: each.cursor for each in events if isinstance(each, ScopeCompleted)}


# Commits


def test_a_commit_is_a_row(repo):
    """A commit is a row with its times, sizes, paths and links."""
    repo.remote(SHOP)
    repo.commit("Begin", {"a.txt": "1\n2\n3\n", "logo.png": b"\x00\x01"}, at="2026-06-01T00:00:00+00:00")
    sha = repo.commit(
        "fix(pay): round half even\n\nBody here.\n\nFixes #12",
        {"a.txt": "1\n2\n4\n5\n", "logo.png": b"\x00\x02"},
        at="2026-07-02T10:00:00+02:00", written="2026-06-30T09:00:00+00:00",
    )  # fmt: skip
    row = only(fetch(repo, period=QUARTER), "commit")
    assert row == Contribution(
        id=f"commit/author/{sha}", source="test", scope="github.com/Acme/shop", kind="commit",
        work_item=f"commit/{sha}", account=ANN, role="author",
        occurred_at=time("2026-07-02T08:00:00"), started_at=time("2026-06-30T09:00:00"),
        title="fix(pay): round half even", body="Body here.\n\nFixes #12", project="Acme/shop", change_type="fix",
        url=f"https://github.com/Acme/shop/commit/{sha}", paths=("a.txt", "logo.png"), owners=(ANN,), closes=("#12",),
        additions=2, deletions=1, files_changed=2,
    )  # fmt: skip


def test_a_rename_counts_what_changed(repo):
    """A rename has its new path, and the counts of what changed."""
    repo.commit("Begin", {"old/name.txt": "".join(f"{n}\n" for n in range(20))})
    repo.git("mv", "old", "new")
    repo.commit("Move", {"new/name.txt": "".join(f"{n}\n" for n in range(21)), "zzz": "1\n"})
    row = rows(fetch(repo), "commit")[0]
    assert (row.title, row.paths, row.additions, row.deletions, row.files_changed) == (
        "Move",
        ("new/name.txt", "zzz"),
        2,
        0,
        2,
    )


def test_an_empty_commit_has_zero_lines(repo):
    """An empty commit has zero lines, not an unknown number."""
    repo.commit("Nothing")
    row = only(fetch(repo), "commit")
    assert (row.paths, row.additions, row.deletions, row.files_changed) == ((), 0, 0, 0)


def test_co_authors_have_rows_of_their_own(repo):
    """Co-authors have rows of their own, whose ids do not depend on the mailmap."""
    sha = repo.commit(
        "Pair\n\nCo-authored-by: Bob R <Old@Example.org>\n"
        "Co-authored-by: Ann <ann@example.org>\nCo-authored-by: Bob <bob@example.org>",
        {".mailmap": "Bob Roe <bob@example.org> <old@example.org>\n"},
    )
    events = fetch(repo)
    author, other = only(events, "commit"), only(events, "commit", "co-author")
    assert (author.participants, author.owners) == ((BOB,), (ANN,))
    assert (other.account, other.owners, other.id) == (BOB, (ANN,), f"commit/co-author/{sha}/old@example.org")
    assert (other.occurred_at, other.paths, other.work_item) == (author.occurred_at, author.paths, author.work_item)


def test_both_addresses_find_the_person(repo):
    """The mailmap applies, and the address in the commit still finds the person."""
    repo.commit("Mine", {".mailmap": "Ann Doe <ann@example.org> <laptop@home>\n"}, by="ann <laptop@home>")
    repo.commit("Other", {"b": ""}, by=BOB)
    for account in ("ANN@example.org", "laptop@HOME"):
        row = only(fetch(repo, accounts=[account]), "commit")
        assert (row.account, row.title) == (ANN, "Mine")


def test_accounts_are_compared_whole(repo):
    repo.commit("Mine", by="Ann <ann@example.org>")
    repo.commit("Not mine", by="Joann <joann@example.org>")
    assert [row.title for row in rows(fetch(repo, accounts=["ann@example.org"]))] == ["Mine"]
    assert rows(fetch(repo, accounts=["example.org"])) == []


def test_a_co_author_is_found_alone(repo):
    """A co-author's row comes where the author's is not requested."""
    repo.commit("Pair\n\nCo-authored-by: Bob Roe <bob@example.org>", by=ANN)
    row = only(fetch(repo, accounts=["bob@example.org"]), "commit", "co-author")
    assert row.account == BOB


def test_accounts_are_those_whose_rows_there_would_be(repo):
    """With as many commits as everyone's rows have in a period: by when they landed, co-authors too, merges not."""
    repo.commit("Mine", {".mailmap": "Ann Doe <ann@example.org> <laptop@home>\n"}, at="2026-05-01T00:00:00+00:00")
    repo.branch("topic")
    pair = "Pair\n\nCo-authored-by: Bob Roe <bob@example.org>\nCo-authored-by: Ann <ann@example.org>"
    repo.commit(pair, {"a": "1"}, by="x <laptop@home>", at="2026-06-20T00:00:00+00:00")
    repo.checkout("main")
    repo.commit("First of the day", {"b": "1"}, by=BOB, at="2026-07-01T00:00:00+00:00")
    repo.merge("topic", "Merge branch 'topic'", by=CLEO, at="2026-07-02T00:00:00+00:00")
    repo.commit("Too late", {"b": "2"}, by=BOB, at="2026-10-01T00:00:00+00:00")
    git = connector(repo)
    for period in (
        QUARTER,
        Period(time("2026-04-01"), QUARTER.since),
        Period(QUARTER.until, time("2027-01-01")),
        ALWAYS,
    ):
        everyone = [row for row in rows(fetch(repo, period=period), "commit") if row.role in ("author", "co-author")]
        assert +Counter(git.accounts(period)) == Counter(row.account for row in everyone)
    assert git.accounts(QUARTER) == {ANN: 1, BOB: 2, CLEO: 0}
    assert git.accounts() == {ANN: 2, BOB: 3, CLEO: 0}
    assert git.accounts(Period(time("1960-01-01"), time("1970-01-01"))) == {}
    assert connector(repo, branches="unpushed").accounts() == git.accounts()


def test_unpushed_accounts_are_those_of_no_remote(repo, tmp_path):
    """With `branches = "unpushed"` the accounts are those of commits that no remote-tracking branch has."""
    repo.commit("Pushed", by=BOB)
    clone = Repo.init(tmp_path / "clone")
    clone.remote(str(repo.path))
    clone.git("fetch", "--quiet", "origin")
    clone.git("checkout", "--quiet", "-B", "main", "origin/main")
    clone.commit("Here only", by=ANN)
    assert connector(clone, branches="unpushed").accounts() == {ANN: 1}


def test_hostile_bytes_come_through_unchanged(repo):
    """A hostile message, path or name is stored as it is."""
    message = "Subject \x01\x02\x1f \u202e<script>\n\nBody\twith\x1etabs\n\x02\n12\t3\tfake.txt\n" + "0" * 40
    name = "tab\there\nline\x01"
    repo.commit(message, {name: "1\n", "trailing\t": "1\n", "-": "1\n"}, by="A\tB\x01 <a\x02@x>")
    repo.commit("Next", {name: None, "ümlaut/日本": "1\n"})
    events = fetch(repo)
    second, first = rows(events, "commit")
    assert (first.title, first.body) == (message.split("\n")[0], message.partition("\n\n")[2])
    assert sorted(first.paths) == sorted([name, "trailing\t", "-"])
    assert second.paths == ("ümlaut/日本",)
    assert to_table(rows(events)).num_rows == 2


def test_text_that_is_not_utf8_can_be_stored(repo):
    """Bytes that are not UTF-8 become text that can be stored."""
    blob = repo.git("hash-object", "-w", "--stdin", given="1\n")
    tree = repo.git("mktree", "-z", given=f"100644 blob {blob}\tf".encode() + b"\xfc.txt\0")
    who = b"J\xfcrg <j\xfc@x> 1782900000 +0000"
    raw = b"tree %s\nauthor %s\ncommitter %s\n\nGr\xfc\xdfe \xed\xa0\x80\n" % (tree.encode(), who, who)
    repo.git("update-ref", "refs/heads/main", repo.git("hash-object", "-t", "commit", "-w", "--stdin", given=raw))
    row = only(fetch(repo), "commit")
    assert (row.paths, row.account) == (("f\ufffd.txt",), "J\ufffdrg <j\ufffd@x>")
    assert row.title.startswith("Gr\ufffd\ufffde \ufffd")
    assert to_table([row]).num_rows == 1


def test_a_declared_encoding_is_read(repo):
    """A message in another declared encoding is read."""
    repo.git("config", "i18n.commitEncoding", "ISO-8859-1")
    repo.commit("Grüße".encode("latin-1"))
    assert only(fetch(repo), "commit").title == "Grüße"


def test_a_period_is_half_open(repo):
    """A period is half-open, and the committer date decides."""
    repo.commit("before", at="2026-06-30T23:59:59+00:00", written="2026-07-05T00:00:00+00:00")
    repo.commit("first", at="2026-07-01T00:00:00+00:00")
    repo.commit("last", at="2026-09-30T23:59:59+00:00")
    repo.commit("after", at="2026-10-01T00:00:00+00:00")
    assert [row.title for row in rows(fetch(repo, period=QUARTER))] == ["last", "first"]


def test_a_wrong_clock_hides_no_other_commit(repo):
    """A commit by a wrong clock does not hide those behind it."""
    repo.commit("good", at="2026-08-01T00:00:00+00:00")
    repo.commit("skewed", at="1999-01-01T00:00:00+00:00")
    repo.commit("good too", at="2026-08-02T00:00:00+00:00")
    assert [row.title for row in rows(fetch(repo, period=QUARTER))] == ["good too", "good"]


def test_an_unreadable_date_is_a_gap(repo):
    """A commit whose date cannot be read is reported as a gap."""
    repo.commit("good")
    raw = repo.git("cat-file", "commit", "HEAD") + "\n"
    broken = raw.replace(raw.split("committer ")[1].split("\n")[0], "Ann Doe <ann@example.org> 99999999999999 +0000")
    sha = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", given=broken)
    repo.git("update-ref", "refs/heads/main", sha)
    events = fetch(repo)
    assert [gap.reason for gap in gaps(events)] == ["no date can be read in 1 of the commits, so they are in no period"]
    assert done(events).cursor is None
    assert not done(events).whole


# Pull requests


def merged(repo, number=12, *, by=BOB, branch="round"):
    """A pull request of two commits by Ann and one by Cleo, merged by somebody."""
    repo.remote(SHOP)
    repo.commit("Begin", {"a": "1\n"})
    repo.branch(branch)
    shas = [
        repo.commit("One\n\nFixes #3", {"b": "1\n"}),
        repo.commit("Two", {"c": "1\n2\n"}, by=CLEO),
        repo.commit("Three", {"b": None, "d": "1\n"}),
    ]
    repo.checkout("main")
    repo.commit("Meanwhile", {"z": "1\n"}, by=BOB)
    message = f"Merge pull request #{number} from Acme/{branch}\n\nfeat: round half even\n\nCloses PAY-7"
    return shas, repo.merge(branch, message, by=by, committer=WEB_FLOW)


def test_a_merger_is_not_the_author(repo):
    """A merged pull request belongs to its authors and not to who merged it."""
    shas, landing = merged(repo)
    events = fetch(repo)
    row = only(events, "pull_request")
    assert (row.id, row.work_item) == (f"pull_request/author/{landing}", "github.com/Acme/shop#12")
    assert (row.account, row.owners, row.participants) == (ANN, (ANN,), (CLEO, BOB))
    assert (row.title, row.body, row.change_type, row.state) == (
        "feat: round half even",
        "Closes PAY-7",
        "feature",
        "merged",
    )
    assert row.url == "https://github.com/Acme/shop/pull/12"
    assert (row.paths, row.additions, row.deletions, row.files_changed) == (("c", "d"), 1, 0, 2)
    assert row.closes == ("PAY-7", "#3", f"commit/{landing}")
    assert row.occurred_at == time(repo.git("log", "-1", "--format=%cI", landing)[:19])
    assert (only(events, "pull_request", "co-author").account, only(events, "pull_request", "merger").account) == (
        CLEO,
        BOB,
    )
    parts = {row.work_item: row.part_of for row in rows(events, "commit")}
    assert {f"commit/{sha}": ("github.com/Acme/shop#12",) for sha in shas}.items() <= parts.items()
    assert sum(bool(each) for each in parts.values()) == 3
    assert f"commit/{landing}" not in parts


def test_a_bot_or_the_author_is_no_merger(repo):
    """There is no merger's row where a bot or an author merged."""
    merged(repo, by=ANN)
    assert rows(fetch(repo), "pull_request", "merger") == []
    repo.branch("more")
    repo.commit("More", {"m": "1\n"})
    repo.checkout("main")
    repo.merge("more", "Merge pull request #13 from Acme/more", by=WEB_FLOW)
    assert rows(fetch(repo), "pull_request", "merger") == []


def test_of_two_equal_authors_the_first_is_the_owner(repo):
    """Of two authors with equally many commits the first owns the pull request."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("x")
    repo.commit("One", by=CLEO)
    repo.commit("Two", by=ANN)
    repo.checkout("main")
    repo.merge("x", "Merge pull request #1 from Acme/x", by=BOB)
    assert only(fetch(repo), "pull_request").account == CLEO


def test_everybody_counts_for_the_owner(repo):
    """Only requested people's rows come, but everybody's commits decide who owns a pull request."""
    merged(repo)
    assert {(row.kind, row.role) for row in rows(fetch(repo, accounts=["cleo@example.org"]))} == {
        ("commit", "author"),
        ("pull_request", "co-author"),
    }
    assert {row.account for row in rows(fetch(repo, accounts=["bob@example.org"]))} == {BOB}


def test_a_squashed_pull_request(repo):
    """A squashed pull request belongs to the author of its commit."""
    repo.remote(SHOP)
    sha = repo.commit("fix: round (#12)\n\nCo-authored-by: Bob Roe <bob@example.org>", {"a": "1\n"}, committer=WEB_FLOW)
    events = fetch(repo)
    pull, commit = only(events, "pull_request"), only(events, "commit")
    assert (pull.id, pull.work_item, pull.account) == (f"pull_request/author/{sha}", "github.com/Acme/shop#12", ANN)
    assert (pull.title, pull.paths, pull.additions, pull.change_type) == ("fix: round", ("a",), 1, "fix")
    assert commit.part_of == (pull.work_item,)
    assert only(events, "pull_request", "co-author").account == BOB
    assert rows(events, "pull_request", "merger") == []


def test_a_pull_request_is_merged_once(repo):
    """A pull request is merged once, whatever is cherry-picked later."""
    repo.remote(SHOP)
    first = repo.commit("Round (#12)", {"a": "1\n"})
    repo.commit("Round (#12)", {"b": "1\n"}, by=BOB)
    events = fetch(repo)
    assert only(events, "pull_request").id == f"pull_request/author/{first}"
    assert only(events, "pull_request").account == ANN
    assert [row.part_of for row in rows(events, "commit")] == [("github.com/Acme/shop#12",)] * 2


def test_a_revert_is_another_pull_request(repo):
    """A revert is not the pull request that it reverts."""
    repo.remote(SHOP)
    repo.commit("Round (#12)", {"a": "1\n"})
    repo.commit('Revert "Round (#12)"', {"a": "2\n"})
    repo.commit('Revert "Round (#12)" (#14)', {"a": "3\n"})
    assert sorted(row.work_item for row in rows(fetch(repo), "pull_request")) == [
        "github.com/Acme/shop#12",
        "github.com/Acme/shop#14",
    ]


@pytest.mark.parametrize("url", [None, "git@gitlab.com:acme/shop.git", "git@code.example.org:acme/shop.git"])
def test_a_number_is_read_by_forge(repo, url):
    """A number in a subject line is no pull request where the forge does not write it so."""
    if url:
        repo.remote(url)
    repo.commit("Round (#12)")
    events = fetch(repo)
    assert rows(events, "pull_request") == []
    assert only(events, "commit").part_of == ()


def test_a_gitlab_merge_request_is_found_by_its_merge(repo):
    repo.remote("https://oauth2:token@gitlab.com/acme/pay/shop.git")
    repo.commit("Begin")
    repo.branch("round")
    repo.commit("One", {"b": "1\n"})
    repo.checkout("main")
    repo.merge("round", "Merge branch 'round' into 'main'\n\nRound it\n\nSee merge request acme/pay/shop!7", by=BOB)
    row = only(fetch(repo), "pull_request")
    assert (row.work_item, row.title, row.account) == ("gitlab.com/acme/pay/shop!7", "Round it", ANN)
    assert row.url == "https://gitlab.com/acme/pay/shop/-/merge_requests/7"


@pytest.mark.parametrize(
    ("url", "project"),
    [
        ("https://gitlab.acme.org/gitlab/acme/a.b/my-shop.git", "gitlab/acme/a.b/my-shop"),
        ("https://gitlab.com/Acme/a.b/my-shop", "Acme/a.b/my-shop"),
        ("https://gitlab.com/holding/acme/a.b/my-shop.git", "holding/acme/a.b/my-shop"),
    ],
)
def test_a_merge_request_may_name_its_project_alone(repo, url, project):
    """GitLab below a path of its host says only the project; so does a merge from before a group moved into another."""
    repo.remote(url)
    repo.commit("Round\n\nSee merge request acme/a.b/my-shop!7")
    row = only(fetch(repo), "pull_request")
    host = url.split("/")[2]
    assert row.work_item == f"{host}/{project}!7"
    assert row.url == f"https://{host}/{project}/-/merge_requests/7"


def test_another_projects_numbers_are_not_ours(repo):
    """What another repository calls #7 is not our #7."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("theirs")
    repo.commit("Base", {"b": "1\n"})
    repo.branch("topic")
    repo.commit("Theirs", {"c": "1\n"})
    repo.checkout("theirs")
    repo.merge("topic", "Merge pull request #7 from stranger/topic")
    repo.commit("Squashed there (#8)", {"d": "1\n"})
    repo.checkout("main")
    repo.merge("theirs", "Merge branch 'master' of https://github.com/other/vendored")
    events = fetch(repo)
    assert rows(events, "pull_request") == []
    assert all(row.part_of == () for row in rows(events, "commit"))


def test_a_commit_belongs_to_the_innermost_merge(repo):
    """Pull requests merged into a branch of ours are found, and their commits are theirs alone."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("develop")
    repo.branch("topic")
    inner = repo.commit("Inner", {"c": "1\n"}, by=BOB)
    repo.checkout("develop")
    repo.merge("topic", "Merge pull request #7 from stranger/topic")
    squash = repo.commit("Squashed (#8)", {"d": "1\n"}, by=CLEO)
    direct = repo.commit("Direct", {"e": "1\n"})
    repo.checkout("main")
    repo.merge("develop", "Merge pull request #9 from Acme/develop")
    events = fetch(repo)
    authors = {row.work_item.rpartition("#")[2]: row.account for row in rows(events, "pull_request", "author")}
    assert authors == {"7": BOB, "8": CLEO, "9": ANN}
    parts = {row.work_item.removeprefix("commit/"): row.part_of for row in rows(events, "commit")}
    assert [parts[sha][0].rpartition("#")[2] for sha in (inner, squash, direct)] == ["7", "8", "9"]


def numbers(events, role="author"):
    return {row.work_item.rpartition("#")[2]: row.account for row in rows(events, "pull_request", role)}


def parts(events):
    return {row.title: row.part_of[0].rpartition("#")[2] if row.part_of else "" for row in rows(events, "commit")}


@pytest.mark.parametrize(
    ("message", "others"),
    [
        ("Merge branch 'stable'", {}),
        ("Merge stable into main. Resolve conflicts.", {}),
        ("Merge remote-tracking branch 'upstream/stable' into x", {}),
        ("Merge branch 'stable' of https://github.com/former-name/shop", {}),
        ("Merge pull request #9 from bob/merge-stable", {"9": "Merge"}),
        ("Merge pull request #9 from Acme/stable", {"9": "Merge"}),
        ("Merge stable into main (#9)", {"9": "Merge"}),
    ],
)
def test_a_squash_on_a_merged_branch(repo, message, others):
    """A pull request squashed on a branch stays its author's, however the branch is merged."""
    repo.remote(SHOP)
    repo.commit("Begin", {"a": "1\n"})
    repo.branch("stable")
    repo.commit("Fix X (#7)", {"x": "1\n"}, by=BOB)
    repo.checkout("main")
    repo.commit("Meanwhile", {"z": "1\n"})
    repo.merge("stable", message, by=ANN)
    events = fetch(repo)
    assert numbers(events) == {"7": BOB}
    assert numbers(events, "merger").keys() == others.keys()
    assert parts(events)["Fix X (#7)"] == "7"


def test_a_merge_with_the_pull_requests_title(repo):
    """A merge that GitHub titled like its pull request is one."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("topic")
    repo.commit("One", {"a": "1\n"}, by=BOB)
    repo.checkout("main")
    repo.merge("topic", "Round half even (#12)", by=CLEO, committer=WEB_FLOW)
    events = fetch(repo)
    assert (only(events, "pull_request").title, numbers(events)) == ("Round half even", {"12": BOB})
    assert numbers(events, "merger") == {"12": CLEO}
    assert parts(events) == {"Begin": "", "One": "12"}


@pytest.mark.parametrize(
    ("words", "pulls"),
    [
        ("Fix the crash (#5)", {"9": BOB}),
        ("Never crash\n\nFixes #5", {"9": BOB}),
        ("Merge stable, with #5", {"5": BOB}),
    ],
)
def test_a_number_may_be_an_issues(repo, words, pulls):
    """A pull request of one commit takes that commit's subject."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("fix")
    repo.commit("Fix the crash (#5)", {"a": "1\n"}, by=BOB)
    repo.checkout("main")
    repo.merge("fix", f"Merge pull request #9 from bob/fix\n\n{words}")
    events = fetch(repo)
    assert (numbers(events), parts(events)["Fix the crash (#5)"]) == (pulls, next(iter(pulls)))


def test_a_number_that_comes_again_with_a_fork(repo):
    """A number merged here that a fork brings again leaves the commit to the fork's pull request."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("backport")
    repo.commit("Fix X (#7)", {"old": "1\n"}, by=CLEO)
    repo.checkout("main")
    repo.commit("Fix X (#7)", {"x": "1\n"}, by=BOB)
    repo.merge("backport", "Merge pull request #9 from cleo/backport")
    assert numbers(fetch(repo)) == {"7": BOB, "9": CLEO}


def test_githubs_squash_is_the_original(repo):
    """GitHub's squash on a branch is the original of what somebody cherry-picked from it."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("stable")
    repo.commit("Fix X (#7)", {"x": "1\n"}, by=BOB, committer=WEB_FLOW)
    repo.checkout("main")
    repo.commit("Fix X (#7)", {"y": "1\n"}, by=BOB, committer=CLEO)
    repo.merge("stable", "Merge pull request #9 from cleo/merge-stable", by=CLEO)
    events = fetch(repo)
    assert (numbers(events), numbers(events, "merger")) == ({"7": BOB}, {"9": CLEO})


def test_a_fork_catching_up_is_not_ours(repo):
    """A fork that followed us by its own pull requests says nothing of ours."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("theirs")
    repo.checkout("main")
    repo.commit("Meanwhile", {"z": "1\n"})
    repo.checkout("theirs")
    repo.commit("Typo", {"t": "1\n"}, by=BOB)
    repo.merge("main", "Merge pull request #1 from Acme/main", by=BOB)
    repo.checkout("main")
    repo.merge("theirs", "Merge pull request #9 from bob/theirs")
    events = fetch(repo)
    assert {row.work_item.rpartition("#")[2] for row in rows(events, "pull_request")} == {"9"}


def test_a_vendored_history_is_not_ours(repo):
    """A history with a first commit of its own is another project's, also when more of it is merged."""
    repo.remote(SHOP)
    repo.commit("Begin", {"a": "1\n"})
    repo.git("checkout", "--quiet", "--orphan", "vendored")
    repo.git("rm", "-rfq", ".")
    repo.commit("Theirs (#12)", {"v/a": "1\n"}, by=BOB)
    repo.checkout("main")
    repo.git("merge", "-q", "--allow-unrelated-histories", "-m", "Add 'vendor/' from commit 'abc'", "vendored")
    repo.checkout("vendored")
    repo.commit("Theirs again (#13)", {"v/b": "1\n"}, by=BOB)
    repo.checkout("main")
    repo.merge("vendored", "Merge commit 'abc'")
    repo.commit("Ours (#14)", {"b": "1\n"})
    assert numbers(fetch(repo)) == {"14": ANN}


def test_the_configured_forge_reads_squashes(repo):
    """Squashed commits are read by the configured forge where no remote names one."""
    repo.commit("feat: round (#9)", {"a": "1\n"}, by=BOB)
    assert numbers(fetch(repo)) == {}
    events = fetch(repo, forge="github")
    assert numbers(events) == {"9": BOB}
    assert only(events, "pull_request").work_item == f"{done(events).scope}#9"


def test_a_pull_request_without_commits(repo):
    """A pull request without commits of its own has no author."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("develop")
    repo.commit("Squashed (#8)", {"d": "1\n"}, by=CLEO)
    repo.checkout("main")
    repo.merge("develop", "Merge pull request #9 from Acme/develop", by=BOB)
    events = fetch(repo)
    assert [(row.work_item, row.role) for row in rows(events, "pull_request")].count(
        ("github.com/Acme/shop#9", "author")
    ) == 0
    assert only(events, "pull_request", "merger").account == BOB


# When work landed


def landed(events):
    return {row.title: f"{row.occurred_at:%m-%d}" for row in rows(events)}


def test_a_commit_lands_with_the_outermost_merge(repo):
    """A commit and its pull request land with the merge on the branch's own line; what lies on that line by itself."""
    repo.remote(SHOP)
    repo.commit("Begin", at="2026-05-01T00:00:00Z")
    repo.branch("develop")
    repo.branch("topic")
    repo.commit("Inner", {"a": "1"}, at="2026-06-01T00:00:00Z", written="2026-05-20T00:00:00Z")
    repo.checkout("develop")
    repo.merge("topic", "Merge pull request #7 from Acme/topic\n\nRound", at="2026-06-02T00:00:00Z")
    repo.checkout("main")
    repo.commit("Own line", at="2026-06-03T00:00:00Z")
    repo.merge("develop", "Merge branch 'develop'", at="2026-07-03T00:00:00Z")
    events = fetch(repo)
    assert landed(events) == {"Begin": "05-01", "Inner": "07-03", "Round": "07-03", "Own line": "06-03"}
    assert {row.started_at for row in rows(events, "commit") if row.title == "Inner"} == {time("2026-05-20")}
    assert landed(fetch(repo, period=QUARTER)) == {"Inner": "07-03", "Round": "07-03"}


def test_a_merge_dated_before_its_commit(repo):
    """The merge's date counts, also where a wrong clock put it before what it brought."""
    merge_by_a_wrong_clock(repo)
    assert landed(fetch(repo)) == {"Begin": "07-01", "Late": "07-02", "Round": "07-02"}


def merge_by_a_wrong_clock(repo):
    repo.remote(SHOP)
    repo.commit("Begin", at="2026-07-01T00:00:00Z")
    repo.branch("topic")
    repo.commit("Late", {"a": "1"}, at="2026-09-01T00:00:00Z")
    repo.checkout("main")
    repo.merge("topic", "Merge pull request #7 from Acme/topic\n\nRound", at="2026-07-02T00:00:00Z")


def test_of_several_branches_the_first_decides(repo):
    """Of the local branches the default one comes first, and the others by name."""
    repo.commit("Begin", at="2026-07-01T00:00:00Z")
    repo.branch("b-topic")
    repo.commit("Both", {"a": "1"}, at="2026-07-02T00:00:00Z")
    repo.checkout("main")
    repo.branch("c-later", "main")
    repo.merge("b-topic", "Merge branch 'b-topic'", at="2026-08-01T00:00:00Z")
    assert landed(fetch(repo, branches="local"))["Both"] == "07-02"
    repo.git("branch", "-m", "b-topic", "z-topic")
    assert landed(fetch(repo, branches="local"))["Both"] == "08-01"
    repo.git("branch", "--force", "main", "z-topic")
    assert landed(fetch(repo, branches="local"))["Both"] == "07-02"


def test_a_shallow_clone_moves_no_old_work(repo, tmp_path):
    """Where a clone was cut off, old commits that a late merge seems to bring are no new work."""
    repo.commit("Root", at="2026-05-01T00:00:00Z")
    repo.commit("Old", at="2026-05-02T00:00:00Z")
    repo.branch("side")
    repo.commit("Side", {"s": "1"}, at="2026-09-02T00:00:00Z")
    repo.checkout("main")
    for day in range(1, 6):
        repo.commit(f"Main {day}", {f"m{day}": "1"}, at=f"2026-09-0{day}T00:00:00Z")
    repo.merge("side", "Merge branch 'side'", at="2026-09-10T00:00:00Z")
    here = clone(repo, tmp_path / "clone", "--depth=3")
    assert "Old" in titles(fetch(here))
    assert titles(fetch(here, period=QUARTER)) == ["Main 4", "Main 5", "Side"]


# What reverted what, and what is a pick


def reverted(events, kind="commit"):
    """By title, of the commits that revert it the titles."""
    found = rows(events)
    by_sha = {row.work_item: row.title for row in found if row.kind == "commit"}
    return {row.title: [by_sha[each] for each in row.reverted_by] for row in found if row.kind == kind}


def test_a_reverted_revert_reverts_nothing(repo):
    """A revert counts until it is reverted itself, whatever the clocks say."""
    first = repo.commit("Add", {"a": "1"}, at="2026-07-05T00:00:00Z")
    revert = repo.commit(f"Revert\n\nThis reverts commit {first}.", at="2026-07-04T00:00:00Z")
    assert reverted(fetch(repo)) == {"Add": ["Revert"], "Revert": []}
    second = repo.commit(f"Reapply\n\nThis reverts commit {revert}.", at="2026-07-03T00:00:00Z")
    assert reverted(fetch(repo)) == {"Add": [], "Revert": ["Reapply"], "Reapply": []}
    repo.commit(f"Again\n\nThis reverts commit {second[:8]} (Reapply, 2026-07-03)", at="2026-07-02T00:00:00Z")
    assert reverted(fetch(repo)) == {"Add": ["Revert"], "Revert": [], "Reapply": ["Again"], "Again": []}


@pytest.mark.parametrize("words", ["This reverts commit {merge}.", "Reverts Acme/shop#12", "Reverts #12"])
def test_a_reverted_pull_request(repo, words):
    """Whatever reverts a pull request, by its merge or its number, reverts all its rows and all that it brought."""
    shas, merge = merged(repo)
    repo.commit("Undo\n\n" + words.format(merge=merge), {"z": "2\n"}, by=BOB)
    undo = (f"commit/{repo.head()}",)
    events = fetch(repo)
    assert {row.role: row.reverted_by for row in rows(events, "pull_request")} == dict.fromkeys(
        ("author", "co-author", "merger"), undo
    )
    assert {row.work_item.removeprefix("commit/") for row in rows(events, "commit") if row.reverted_by} == set(shas)


def test_a_revert_of_the_only_commit(repo):
    """Whatever reverts the only commit of a pull request reverts the pull request; one of three does not."""
    shas, _ = merged(repo)
    repo.commit(f"Undo one\n\nThis reverts commit {shas[0]}.")
    repo.branch("small")
    sha = repo.commit("Small", {"small": "1\n"})
    repo.checkout("main")
    repo.merge("small", "Merge pull request #13 from Acme/small\n\nSmall pull request")
    repo.commit(f"Undo\n\nThis reverts commit {sha}.")
    found = reverted(fetch(repo), "pull_request")
    assert found == {"Small pull request": ["Undo"], "feat: round half even": []}


def test_a_reverted_pull_request_that_reverts(repo):
    """A pull request that reverts another, and is reverted by its number, leaves the other as it was."""
    repo.remote(SHOP)
    repo.commit("Round (#12)", {"a": "1"})
    repo.commit("Undo (#13)\n\nReverts Acme/shop#12", {"a": None})
    assert [row.title for row in rows(fetch(repo)) if row.reverted_by] == ["Round (#12)", "Round"]
    repo.commit("Redo (#14)\n\nReverts Acme/shop#13", {"a": "1"})
    assert [row.title for row in rows(fetch(repo)) if row.reverted_by] == ["Undo (#13)", "Undo"]


def test_a_later_revert_changes_the_row(repo):
    """A revert that came since is written into the rows of what it reverts, whenever their period is read again."""
    first = repo.commit("Add", {"a": "1"}, at="2026-05-01T00:00:00Z")
    repo.commit("Other", {"b": "1"}, at="2026-05-02T00:00:00Z")
    spring = Period(time("2026-04-01"), time("2026-07-01"))
    before = fetch(repo, period=spring)
    repo.commit(f"Undo\n\nThis reverts commit {first}.", by=BOB, at="2026-07-02T00:00:00Z")
    summer = fetch(repo, period=QUARTER, cursors=cursors(before))
    assert titles(summer) == ["Undo"]
    again = fetch(repo, period=spring, cursors=cursors(summer))
    assert [(row.title, row.reverted_by) for row in rows(again)] == [("Add", (f"commit/{repo.head()}",))]
    assert not done(again).whole
    assert rows(fetch(repo, period=spring, cursors=cursors(again))) == []


def picked(events):
    """By title, the titles of what a row was picked from."""
    found = rows(events, "commit")
    by_sha = {row.work_item: row.title for row in found}
    return {(row.title, row.role): [by_sha[each] for each in row.picked_from] for row in found if row.picked_from}


def pick(repo, title, original, **options):
    return repo.commit(f"{title}\n\n(cherry picked from commit {original})", **options)


def test_of_two_picks_the_first_is_the_original(repo):
    """What reached the branch first is the original, whichever names the other and whatever the clocks say."""
    repo.commit("Begin", at="2026-07-01T00:00:00Z")
    repo.branch("topic")
    late = repo.commit("Late", {"a": "1"}, at="2026-07-02T00:00:00Z")
    repo.checkout("main")
    early = pick(repo, "Early", late, at="2026-07-03T00:00:00Z")
    repo.merge("topic", "Merge branch 'topic'", at="2026-07-04T00:00:00Z")
    pick(repo, "Third", late, at="2026-07-01T00:00:00Z")
    pick(repo, "Fourth", early, at="2026-07-01T00:00:00Z")
    assert picked(fetch(repo)) == {(each, "author"): ["Early"] for each in ("Late", "Third", "Fourth")}


def test_a_pick_is_the_same_persons(repo):
    """A pick of somebody else's work, or of what the history does not have, is the person's first."""
    mine = repo.commit("Mine\n\nCo-authored-by: Cleo Poe <cleo@example.org>", {"a": "1"})
    pick(repo, "Bob picks", mine, by=BOB)
    pick(repo, "From elsewhere", "1" * 40)
    pick(repo, "Cleo picks", mine, by=CLEO)
    pick(repo, "From home", mine, by="Ann <ann@home.example>")
    assert picked(fetch(repo)) == {}
    both = ("ann@example.org", "ann@home.example")
    assert picked(fetch(repo, same_person=both)) == {("From home", "author"): ["Mine"]}


def test_a_co_author_of_a_pick(repo):
    """A co-author's row names the original where the person is named there, too."""
    words = "Co-authored-by: Cleo Poe <cleo@example.org>"
    first = repo.commit(f"First\n\n{words}", {"a": "1"})
    repo.commit(f"Second\n\n(cherry picked from commit {first})\n{words}", {"b": "1"})
    assert picked(fetch(repo)) == {("Second", "author"): ["First"], ("Second", "co-author"): ["First"]}


def test_a_backport_of_a_pull_request_is_a_pick(repo):
    """A later commit under a pull request's number is a pick of it for its owner, in whatever period."""
    _, merge = merged(repo)
    repo.commit("Round (#12)", {"old": "1"})
    repo.commit("Round for Bob (#12)", {"older": "1"}, by=BOB)
    found = {row.title: row.picked_from for row in rows(fetch(repo), "commit")}
    assert found["Round (#12)"] == (f"commit/{merge}",)
    assert found["Round for Bob (#12)"] == ()


# Who is who


def test_ones_own_other_address_is_no_co_author(repo):
    """A squash that names one's own other address as its co-author is the author's alone."""
    repo.remote(SHOP)
    repo.commit("Round (#12)\n\nCo-authored-by: Ann <ann@home.example>", {"a": "1"}, committer=WEB_FLOW)
    events = fetch(repo, same_person=("ann@example.org", "ann@home.example"))
    assert {(row.kind, row.role, row.account, row.participants) for row in rows(events)} == {
        ("commit", "author", ANN, ()),
        ("pull_request", "author", ANN, ()),
    }
    assert len(rows(fetch(repo))) == 4


def test_credit_goes_by_person(repo):
    """Two of three commits under two addresses of one person make the pull request that person's."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("topic")
    repo.commit("One", {"a": "1"}, by=BOB)
    repo.commit("Two", {"b": "1"})
    repo.commit("Three", {"c": "1"}, by="Ann <ann@home.example>")
    repo.checkout("main")
    repo.merge("topic", "Merge pull request #9 from Acme/topic", by="Ann D <ann@home.example>")
    both = ("ann@example.org", "ann@home.example")
    events = fetch(repo, same_person=both)
    assert {(row.role, row.account, row.participants) for row in rows(events, "pull_request")} == {
        ("author", ANN, (BOB,)),
        ("co-author", BOB, ()),
    }
    known = cursors(fetch(repo))
    again = fetch(repo, same_person=both, cursors=known)
    assert (rows(again), done(again).whole) == (rows(events), True)


# Which repository, which branch, how it is called


def test_without_a_remote_no_path_is_shown(repo):
    """A repository without a remote shows no path of the machine."""
    repo.commit("x")
    row = only(fetch(repo), "commit")
    assert row.scope.startswith("local/shop~")
    assert (len(row.scope), row.project, row.url) == (len("local/shop~") + 8, "shop", None)
    assert str(repo.path.parent) not in str(row)


def test_insteadof_applies_without_credentials(repo):
    """insteadOf applies, and credentials are dropped."""
    repo.remote("gh:Acme/shop")
    repo.git("config", "url.https://me:hunter2@github.com/.insteadOf", "gh:")
    repo.commit("x")
    events = fetch(repo)
    assert only(events, "commit").scope == "github.com/Acme/shop"
    assert "hunter2" not in str(events)


def test_the_remote_that_names_the_project(repo):
    """The only remote names the project, and of several the configured one."""
    repo.remote("git@github.com:Acme/one.git", "upstream")
    repo.commit("x")
    assert done(fetch(repo)).scope == "github.com/Acme/one"
    repo.remote("git@github.com:Acme/two.git", "fork")
    assert done(fetch(repo)).scope == "github.com/Acme/one"
    assert done(fetch(repo, remote="fork")).scope == "github.com/Acme/two"
    assert all("origin" not in each.message for each in connector(repo).check())
    repo.git("remote", "rename", "upstream", "mirror")
    assert done(fetch(repo)).scope.startswith("local/")


def test_doctor_warns_of_upstream(repo):
    """Doctor says that origin is read and not upstream."""
    repo.commit("x")
    repo.remote("git@github.com:ann/shop.git")
    repo.remote(SHOP, "upstream")
    (warning,) = [each for each in connector(repo).check() if each.state == "warning"]
    assert warning.message == "github.com/ann/shop: there is a remote `upstream` too; origin's is read."
    assert [each.state for each in connector(repo, remote="upstream").check()] == ["ok"]


def clone(repo, path, *options):
    subprocess.run(
        ["git", "clone", "--quiet", *options, f"file://{repo.path}", str(path)],
        check=True,
        env=repo._env(),
        capture_output=True,
    )
    return Repo(path, repo.now)


def titles(events):
    return sorted({row.title for row in rows(events, "commit")})


def test_the_default_branch_is_the_remotes(repo, tmp_path):
    """The default branch is the remote's; others come by option."""
    repo.commit("base")
    repo.git("branch", "-m", "trunk")
    here = clone(repo, tmp_path / "clone")
    here.branch("topic")
    here.commit("local work")
    here.git("branch", "main")
    assert titles(fetch(here)) == ["base"]
    assert titles(fetch(here, branches="local")) == ["base", "local work"]
    assert titles(fetch(here, branches="unpushed")) == ["local work"]
    assert titles(fetch(here, ref="topic")) == ["base", "local work"]
    here.git("push", "origin", "topic")
    assert titles(fetch(here, branches="unpushed")) == []


def test_unpushed_work_has_no_link_yet(repo, tmp_path):
    """Work that is not pushed has no link, and gets one once it is."""
    repo.commit("base")
    here = clone(repo, tmp_path / "clone")
    here.branch("topic")
    here.commit("local work")
    here.git("config", "url.git@github.com:Acme/.insteadOf", "gh:")
    here.git("remote", "set-url", "origin", "gh:shop")
    first = fetch(here, branches="local")
    assert {row.title: row.url is None for row in rows(first)} == {"base": False, "local work": True}
    here.git("update-ref", "refs/remotes/origin/topic", "topic")
    again = fetch(here, branches="local", cursors=cursors(first))
    assert [row.title for row in rows(again) if row.url] == ["local work", "base"]
    assert done(again).whole


def test_before_the_first_push_all_work_is_unpushed(repo, tmp_path):
    repo.commit("base")
    repo.branch("topic")
    repo.commit("more")
    for _ in range(2):
        events = fetch(repo, branches="unpushed")
        assert titles(events) == ["base", "more"]
        assert {row.url for row in rows(events)} == {None}
        if not repo.git("remote"):
            repo.remote(SHOP)
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    assert titles(fetch(repo, branches="unpushed")) == ["more"]


def test_a_bare_clone_has_nothing_unpushed(repo, tmp_path):
    """The branches of a bare clone are the remote's, so nothing is unpushed."""
    repo.commit("base")
    for option in ("--bare", "--mirror"):
        here = clone(repo, tmp_path / f"clone{option}", option)
        here.git("remote", "set-url", "origin", SHOP)
        assert titles(fetch(here, branches="unpushed")) == []
        assert {row.url is None for row in rows(fetch(here))} == {False}


def test_the_only_branch_is_the_default(repo):
    """The only branch is read where none is the default; of several, one must be named."""
    repo.commit("work")
    repo.git("branch", "-m", "dev")
    repo.git("symbolic-ref", "HEAD", "refs/heads/main")
    assert titles(fetch(repo)) == ["work"]
    repo.git("branch", "other", "dev")
    with pytest.raises(SourceError, match="No branch of shop is the default one; there are 'dev', 'other'") as error:
        fetch(repo)
    assert "ref" in error.value.hint
    assert [each.state for each in connector(repo).check()] == ["error"]
    assert titles(fetch(repo, ref="dev")) == titles(fetch(repo, branches="local")) == ["work"]


def test_without_a_remote_main_is_read(repo):
    """Without a remote main is read, and not what is checked out."""
    repo.commit("base")
    repo.branch("topic")
    repo.commit("more")
    assert titles(fetch(repo)) == ["base"]


def test_a_repository_is_read_once(repo, tmp_path):
    """A subfolder, a worktree and a second mention are the same repository."""
    repo.commit("x", {"sub/a": "1\n"})
    repo.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "other")
    events = fetch(tmp_path, "shop/sub", "shop", "tree", "sh*")
    assert len(rows(events)) == 1
    clone(repo, tmp_path / "bare.git", "--bare")
    assert done(fetch(tmp_path, "bare.git")).scope.startswith("local/bare~")


def test_globs_find_repositories(tmp_path):
    """Globs find repositories and skip other folders."""
    for name in ("a", "b"):
        Repo.init(tmp_path / "services" / name).commit(f"in {name}", {"inner/x": "1\n"})
    (tmp_path / "services" / "plain").mkdir()
    assert titles(fetch(tmp_path, "services/*")) == ["in a", "in b"]
    assert gaps(fetch(tmp_path, "services/*")) == []
    with pytest.raises(SourceError, match=r"No repository matches 'services/a/\*'"):
        fetch(tmp_path, "services/a/*")


def test_a_wrong_path_is_an_error_or_a_gap(repo, tmp_path):
    """A path without a repository is an error with the next step, or a gap among others."""
    repo.commit("x")
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for path, words in (
        ("nowhere", "is not there"),
        ("file", "is a file"),
        ("empty", "is not a git repository"),
        ("no*", "No repository matches"),
    ):
        with pytest.raises(SourceError, match=words) as error:
            fetch(tmp_path, path)
        assert path in error.value.message
        assert error.value.hint
        events = fetch(tmp_path, path, "shop")
        assert [gap.scope for gap in gaps(events)] == [path]
        assert titles(events) == ["x"]


def test_an_unknown_ref_is_an_error(repo):
    """An unknown ref is an error with the next step."""
    repo.commit("x")
    for ref in ("nope", "--all", "-x"):
        with pytest.raises(SourceError, match="There is no ref") as error:
            fetch(repo, ref=ref)
        assert error.value.hint
    with pytest.raises(SourceError, match="Both `ref` and `branches`"):
        fetch(repo, ref="main", branches="local")


def test_an_empty_repository_is_read_and_has_nothing(repo):
    for branches in ("default", "local", "unpushed"):
        events = fetch(repo, branches=branches)
        assert (rows(events), gaps(events)) == ([], [])
        assert done(events).whole
    assert connector(repo).latest() is None


def test_of_two_clones_the_newer_is_read(repo, tmp_path):
    """Of two clones of one project the one with the newer commit is read."""
    repo.commit("base")
    old = clone(repo, tmp_path / "old")
    repo.commit("newer")
    new = clone(repo, tmp_path / "new")
    for each in (old, new):
        each.git("remote", "set-url", "origin", SHOP)
    events = fetch(tmp_path, "old", "new")
    assert titles(events) == ["base", "newer"]
    assert len(rows(events)) == 2
    assert [each.state for each in connector(tmp_path, "old", "new").check()] == ["warning", "ok"]
    (remark,) = [each.text for each in events if isinstance(each, Remark)]
    assert remark == "another clone of github.com/Acme/shop is read, not the one in 'old'"


def test_no_git_program_is_an_error(repo):
    """Without the git program there is an error with the next step."""
    with pytest.raises(SourceError, match="There is no program 'no-such-git'") as error:
        fetch(repo, git="no-such-git")
    assert "Install git" in error.value.hint


# Incomplete and hostile repositories


def test_a_shallow_boundary_has_no_counts(repo, tmp_path):
    """A boundary commit is not counted as the whole tree, and what lies before it is a gap."""
    repo.commit("old", {"a": "1\n", "b": "1\n"}, at="2026-07-10T00:00:00+00:00")
    repo.commit("edge", {"c": "1\n"}, at="2026-08-01T00:00:00+00:00")
    repo.commit("new", {"d": "1\n"}, at="2026-08-10T00:00:00+00:00")
    here = clone(repo, tmp_path / "clone", "--depth=2")
    events = fetch(here, period=QUARTER)
    found = {row.title: row for row in rows(events, "commit")}
    assert found.keys() == {"edge", "new"}
    assert (found["edge"].paths, found["edge"].additions, found["edge"].files_changed) == ((), None, None)
    assert found["new"].paths == ("d",)
    (gap,) = gaps(events)
    assert gap.reason.startswith("shallow: history before 2026-08-01 is not here")
    assert gap.period == Period(QUARTER.since, time("2026-08-01T00:00:01"))
    assert not done(events).whole
    assert gaps(fetch(here, period=QUARTER, cursors=cursors(events))) == [gap]
    assert gaps(fetch(here, period=Period(time("2026-08-05"), time("2026-10-01")))) == []
    here.git("fetch", "--quiet", "--unshallow")
    again = fetch(here, period=QUARTER, cursors=cursors(events))
    assert titles(again) == ["edge", "new", "old"]
    assert gaps(again) == []


def test_a_pull_request_beyond_the_boundary(repo, tmp_path):
    """A pull request with commits that a shallow clone lacks is left out and reported."""
    _, landing = merged(repo)
    assert landing == repo.head()
    here = clone(repo, tmp_path / "clone", "--depth=2")
    here.git("remote", "set-url", "origin", SHOP)
    events = fetch(here)
    assert rows(events, "pull_request") == []
    assert "Merge" not in " ".join(titles(events))
    assert titles(fetch(clone(repo, tmp_path / "edge", "--depth=1"))) == []
    assert any("merged pull requests are not all here" in gap.reason for gap in gaps(events))


def test_replace_refs_and_grafts_change_nothing(repo):
    first = repo.commit("first", {"a": "1\n"})
    second = repo.commit("second", {"b": "1\n"})
    before = fetch(repo)
    repo.git("replace", "--graft", second)
    (repo.path / ".git" / "info").mkdir(exist_ok=True)
    (repo.path / ".git" / "info" / "grafts").write_text(f"{second}\n")
    assert rows(fetch(repo)) == rows(before)
    assert {row.work_item for row in rows(before)} == {f"commit/{first}", f"commit/{second}"}


def test_a_partial_clone_is_read_offline(repo, tmp_path):
    """A partial clone never asks its remote; what it lacks is a remark."""
    repo.git("config", "uploadpack.allowFilter", "true")
    for number in range(3):
        repo.commit(f"c{number}", {f"f{number}": "1\n2\n"})
    here = clone(repo, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    objects = here.git("count-objects", "-v")
    events = fetch(here)
    expected = {"c0": (("f0",), None, 1), "c1": (("f1",), None, 1), "c2": (("f2",), None, 1)}
    assert {row.title: (row.paths, row.additions, row.files_changed) for row in rows(events)} == expected
    assert gaps(events) == []
    assert here.git("count-objects", "-v") == objects
    assert (done(events).cursor, done(events).whole) == (None, False)


def test_a_submodules_bump_is_no_line_of_work(repo, tmp_path):
    other = Repo.init(tmp_path / "lib")
    other.commit("lib")
    repo.commit("Begin")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.path), "lib")
    repo.commit("Add lib")
    assert rows(fetch(repo))[0].paths == (".gitmodules",)


PROGRAMS = (
    "core.fsmonitor", "core.pager", "pager.log", "core.sshCommand", "core.gitProxy", "core.editor", "core.askPass",
    "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge",
    "gpg.program", "core.alternateRefsCommand", "credential.helper", "remote.origin.uploadpack",
)  # fmt: skip
SHAPES = {
    "protocol.ext.allow": "always", "diff.renames": "false", "log.showRoot": "false", "log.showSignature": "true",
    "color.ui": "always", "log.diffMerges": "separate", "log.follow": "true", "log.mailmap": "false",
    "diff.orderFile": "a.txt", "diff.noprefix": "true", "core.quotePath": "true", "format.pretty": "raw",
    "log.decorate": "full", "diff.relative": "true", "log.date": "raw", "i18n.logOutputEncoding": "UTF-16",
}  # fmt: skip


def test_a_repositorys_configuration_runs_nothing(repo, tmp_path):
    """A repository's own configuration runs no program and changes no count."""
    repo.commit("one", {"a.txt": "1\n2\n", ".gitattributes": "*.txt diff=evil filter=evil\n"})
    repo.git("mv", "a.txt", "b.txt")
    repo.commit("two")
    expected = rows(fetch(repo))
    trap, sprung = tmp_path / "trap", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n")
    trap.chmod(trap.stat().st_mode | stat.S_IEXEC)
    hooks = repo.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "reference-transaction", "post-checkout"):
        (hooks / name).write_text(trap.read_text())
        (hooks / name).chmod(0o755)
    for key in PROGRAMS:
        repo.git("config", key, str(trap))
    for key, value in {**SHAPES, "remote.origin.url": f"ext::{trap} %S", "alias.log": f"!{trap}"}.items():
        repo.git("config", key, value)
    (repo.path / "b.txt").write_text("3\n")
    repo.git("-c", f"diff.orderFile={os.devnull}", "status")
    assert sprung.exists(), "the trap does not work, so the test would show nothing"
    sprung.unlink()
    events = fetch(repo)
    list(connector(repo).check())
    connector(repo).latest()
    assert rows(events) == expected
    assert not sprung.exists()


def test_the_environment_redirects_nothing(repo, tmp_path, monkeypatch):
    """The user's variables for git redirect nothing."""
    repo.commit("mine")
    other = Repo.init(tmp_path / "other")
    other.commit("other")
    for name, value in {
        "GIT_DIR": str(other.path / ".git"), "GIT_WORK_TREE": str(other.path), "GIT_INDEX_FILE": "/nowhere",
        "GIT_NAMESPACE": "x",
        "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_EXTERNAL_DIFF": "false", "GIT_PAGER": "false", "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "log.showRoot", "GIT_CONFIG_VALUE_0": "false", "LANG": "de_DE.UTF-8",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert titles(fetch(repo)) == ["mine"]


def test_git_runs_with_the_environment_it_is_given(repo, tmp_path):
    """Git sees the variables of the context, not those of the process."""
    (tmp_path / "gitconfig").write_text('[url "git@github.com:Acme/"]\n\tinsteadOf = gh:\n')
    repo.remote("gh:shop")
    repo.commit("x")
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    made = Git(repositories=["."], context=connector_context(repo.path, environ=environ))
    assert done(list(made.fetch(Request(ALWAYS)))).scope == "github.com/Acme/shop"
    assert done(fetch(repo)).scope == "gh/shop"
    assert environ["PATH"] not in repr(made)


def test_a_broken_repository_in_gits_own_words(repo, tmp_path):
    """A broken repository is reported in git's own words."""
    repo.commit("one", {"a": "1\n"})
    blob = repo.git("rev-parse", "HEAD:a")
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(SourceError, match=r"git ended with status 128: fatal: .*" + blob):
        fetch(repo)
    fine = Repo.init(tmp_path / "fine")
    fine.commit("fine")
    events = fetch(tmp_path, "shop", "fine")
    assert titles(events) == ["fine"]
    assert [blob in gap.reason for gap in gaps(events)] == [True]
    assert str(tmp_path) not in str(gaps(events))
    assert len(cursors(events)) == 1


@pytest.mark.skipif(os.name == "nt", reason="stands a shell script in for git")
def test_a_git_that_dies_half_way(repo, tmp_path):
    """The rows before git died are right, and the error is git's last line."""
    for number in range(50):
        repo.commit(f"c{number}", {f"{number}/{each}": "1\n" for each in range(20)})
    dying = tmp_path / "dying-git"
    dying.write_text(
        '#!/bin/sh\ncase "$*" in *--numstat*) git "$@" | head -c 9999; '
        'echo "fatal: https://me:hunter2@host/ is gone\033[2J" >&2; exit 128;; *) exec git "$@";; esac\n'
    )
    dying.chmod(0o755)
    events = connector(repo, git=str(dying)).fetch(Request(ALWAYS))
    found = []
    with pytest.raises(SourceError) as error:
        found.extend(iter(events))
    whole = {row.id: row for row in rows(fetch(repo))}
    assert all(whole[row.id] == row for row in found)
    assert error.value.message == "git ended with status 128: fatal: https://host/ is gone [2J"


CHILDREN = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")


@pytest.mark.skipif(not CHILDREN.exists(), reason="counts child processes through /proc, which is Linux's")
@pytest.mark.parametrize("how", ["close", "throw"])
def test_no_git_outlives_a_fetch_that_is_left_early(repo, how):
    repo.git("fast-import", "--quiet", given="".join(_imported(number) for number in range(3000)))
    before = CHILDREN.read_text()
    events = connector(repo).fetch(Request(ALWAYS))
    assert isinstance(next(events), Contribution)
    assert CHILDREN.read_text() != before
    if how == "close":
        events.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt())
    assert CHILDREN.read_text() == before


def _imported(number):
    """A commit in the words of git fast-import; all of them together are more than may wait to be read."""
    message = "c\n\n" + "long body\n" * 500
    head = f"commit refs/heads/main\ncommitter A <a@x> {1767225600 + number} +0000\ndata {len(message)}\n{message}"
    return f"{head}M 644 inline f\ndata {len(str(number))}\n{number}\n"


# Later harvests


def test_nothing_new_is_no_rows_and_the_same_cursor(repo):
    repo.commit("one")
    first = fetch(repo)
    again = fetch(repo, cursors=cursors(first))
    assert again == [ScopeCompleted(done(first).scope, done(first).cursor)]


def test_a_late_merge_brings_old_dates(repo):
    """Only what is new comes, and a branch merged late brings its old dates."""
    repo.commit("base", at="2026-07-01T00:00:00+00:00")
    repo.branch("late")
    repo.commit("written in July", {"l": "1\n"}, at="2026-07-10T00:00:00+00:00")
    repo.checkout("main")
    repo.commit("main", {"m": "1\n"}, at="2026-08-01T00:00:00+00:00")
    first = fetch(repo, period=QUARTER)
    assert titles(first) == ["base", "main"]
    repo.merge("late", "Merge branch 'late'", at="2026-09-01T00:00:00+00:00")
    second = fetch(repo, period=QUARTER, cursors=cursors(first))
    assert titles(second) == ["written in July"]
    assert not done(second).whole
    assert fetch(repo, period=QUARTER, cursors=cursors(second)) == [
        ScopeCompleted(done(second).scope, done(second).cursor)
    ]


def test_a_known_pull_request_comes_once(repo):
    """A pull request that was merged before is not yielded again."""
    repo.remote(SHOP)
    repo.commit("Round (#12)", {"a": "1\n"})
    first = fetch(repo)
    repo.commit("Round (#12)", {"b": "1\n"}, by=BOB)
    repo.commit("Other (#13)", {"c": "1\n"})
    second = fetch(repo, cursors=cursors(first))
    assert [row.work_item for row in rows(second, "pull_request")] == ["github.com/Acme/shop#13"]
    assert not done(second).whole


def test_a_merge_can_change_known_commits(repo):
    """Where a merge changes the rows of known commits, all are read again."""
    repo.remote(SHOP)
    repo.commit("Begin", at="2026-07-01T00:00:00+00:00")
    repo.branch("release")
    repo.commit("Round (#12)", {"r": "1\n"}, at="2026-07-02T00:00:00+00:00", by=CLEO)
    repo.checkout("main")
    repo.commit("Round (#12)", {"a": "1\n"}, at="2026-08-01T00:00:00+00:00")
    first = fetch(repo)
    assert only(first, "pull_request").account == ANN
    repo.merge("release", "Merge branch 'release'", at="2026-08-02T00:00:00+00:00")
    second = fetch(repo, cursors=cursors(first))
    assert done(second).whole
    assert only(second, "pull_request").account == CLEO
    assert len(rows(second, "commit")) == 3


def test_a_rewritten_branch_is_read_again(repo):
    """Where a branch was rewritten, all is read again."""
    repo.commit("one", {"a": "1\n"})
    repo.commit("two", {"b": "1\n"})
    first = fetch(repo)
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.commit("two, amended", {"b": "1\n"})
    second = fetch(repo, cursors=cursors(first))
    assert titles(second) == ["one", "two, amended"]
    assert done(second).whole


@pytest.mark.parametrize("change", ["period", "accounts", "mailmap", "options", "cursor"])
def test_another_request_reads_all_again(repo, change):
    """A request that the cursor does not answer reads the known commits again."""
    repo.commit("one", at="2026-07-01T00:00:00+00:00")
    repo.commit("two", at="2026-05-01T00:00:00+00:00")
    first = fetch(repo, period=QUARTER, accounts=["ann@example.org"])
    known, ask, settings = cursors(first), {"period": QUARTER, "accounts": ["ann@example.org"]}, {}
    if change == "period":
        ask["period"] = ALWAYS
    elif change == "accounts":
        ask["accounts"] = None
    elif change == "mailmap":
        (repo.path / ".mailmap").write_text("Ann Smith <ann@example.org>\n")
    elif change == "options":
        settings["branches"] = "local"
    else:
        known = dict.fromkeys(known, "{broken")
    second = fetch(repo, cursors=known, **ask, **settings)
    assert done(second).whole
    assert rows(second) == rows(fetch(repo, **ask, **settings))
    assert rows(second)


def test_read_periods_are_remembered(repo):
    """A shorter period is known, and adjacent periods are remembered."""
    repo.commit("one", at="2026-07-01T00:00:00+00:00")
    repo.commit("two", at="2026-11-01T00:00:00+00:00")
    fourth = Period(time("2026-10-01"), time("2027-01-01"))
    third = fetch(repo, period=QUARTER)
    both = fetch(repo, period=fourth, cursors=cursors(third))
    assert titles(both) == ["two"]
    for period in (QUARTER, fourth, Period(time("2026-08-01"), time("2026-09-01"))):
        assert rows(fetch(repo, period=period, cursors=cursors(both))) == []
    whole = Period(QUARTER.since, fourth.until)
    assert titles(fetch(repo, period=whole, cursors=cursors(both))) == ["one", "two"]
    repo.commit("three", at="2026-11-02T00:00:00+00:00")
    assert titles(fetch(repo, period=fourth, cursors=cursors(both))) == ["three"]


def test_a_pull_request_that_lands_again(repo):
    """A pull request that was read in July and that a rewritten history has in August is in August, and not in July."""
    repo.remote(SHOP)
    base = repo.commit("Begin", at="2026-06-01T00:00:00Z")
    repo.commit("Round (#12)", {"a": "1"}, at="2026-07-10T00:00:00Z")
    july, august = Period(time("2026-07-01"), time("2026-08-01")), Period(time("2026-08-01"), time("2026-09-01"))
    first = fetch(repo, period=july)
    assert numbers(first) == {"12": ANN}
    repo.git("reset", "--quiet", "--hard", base)
    repo.commit("Round (#12)", {"a": "1"}, at="2026-08-10T00:00:00Z")
    second = fetch(repo, period=august, cursors=cursors(first))
    assert (numbers(second), done(second).whole) == ({"12": ANN}, True)
    third = fetch(repo, period=july, cursors=cursors(second))
    assert (rows(third), done(third).whole) == ([], True)


def test_a_narrower_reading_is_not_trusted_for_more(repo):
    """What another setting read of a part of the period in between is read again."""
    repo.commit("one", at="2026-07-01T00:00:00Z")
    repo.git("branch", "old")
    repo.commit("two", at="2026-07-02T00:00:00Z")
    first = fetch(repo, period=QUARTER)
    july = Period(time("2026-07-01"), time("2026-08-01"))
    second = fetch(repo, period=july, ref="old", cursors=cursors(first))
    assert (titles(second), done(second).whole) == (["one"], True)
    third = fetch(repo, period=QUARTER, cursors=cursors(second))
    assert (titles(third), done(third).whole) == (["one", "two"], True)


def test_a_row_that_moved_away_and_back(repo):
    """A commit that landed in another period for a while is read again where it lands now."""
    repo.commit("base", at="2026-06-01T00:00:00Z")
    repo.branch("other")
    repo.commit("theirs", {"o": "1"}, at="2026-09-01T00:00:00Z")
    repo.checkout("main")
    before = repo.commit("mine", {"m": "1"}, at="2026-07-02T00:00:00Z")
    july, september = Period(time("2026-07-01"), time("2026-08-01")), Period(time("2026-09-01"), time("2026-10-01"))
    first = fetch(repo, period=july)
    assert titles(first) == ["mine"]
    repo.checkout("other")
    repo.merge("main", "Merge branch 'main'", at="2026-09-02T00:00:00Z")
    repo.git("branch", "--force", "main", "other")
    second = fetch(repo, period=september, cursors=cursors(first))
    assert titles(second) == ["mine", "theirs"]
    repo.git("branch", "--force", "main", before)
    third = fetch(repo, period=july, cursors=cursors(second))
    assert (titles(third), done(third).whole) == (["mine"], True)


def test_a_cursor_holds_no_address(repo):
    repo.commit("one")
    cursor = done(fetch(repo, accounts=["ann@example.org"])).cursor
    assert "ann" not in cursor
    assert json.loads(cursor)["version"] == 2


# The contract, and the other methods


def varied(repo):
    merged(repo)
    repo.commit("fix: squash (#20)\n\nCo-authored-by: Bob Roe <BOB@example.org>", {"q": "1\n"}, committer=WEB_FLOW)
    repo.git("mv", "q", "renamed")
    last = repo.commit("Rename", {})
    repo.commit(
        f'Revert "Rename"\n\nThis reverts commit {last}.', {"x": b"\x00"}, by=CLEO, written="2026-06-01T00:00:00+00:00"
    )
    repo.branch("side")
    repo.commit("Side", {"side": "1\n"}, at="2026-07-01T13:00:00+00:00")
    repo.checkout("main")
    repo.merge("side", "Merge branch 'side'", at="2026-07-03T00:00:00+00:00")
    return repo


@pytest.mark.parametrize(
    "accounts", [None, ["ann@example.org"], ["bob@example.org", "cleo@example.org"], ["nobody@example.org"]]
)
@pytest.mark.parametrize("period", [QUARTER, Period(time("2026-07-01T14:00:00"), time("2026-07-01T22:00:00"))])
def test_the_connector_keeps_the_contract(repo, accounts, period):
    varied(repo)
    wanted = None if accounts is None else frozenset(accounts)
    found = check_connector(lambda: connector(repo), Request(period, wanted))
    assert bool(found) is (accounts != ["nobody@example.org"])


def test_the_counts_are_gits_own(repo):
    varied(repo)
    plain = repo.git("log", "--no-merges", "--format=%aE").splitlines()
    assert Counter(
        row.account.partition("<")[2].rstrip(">") for row in rows(fetch(repo), "commit", "author")
    ) == Counter(plain)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_step_by_step_ends_where_one_fetch_does(repo, steps):
    """Fetches step by step end where one fetch of all does."""
    varied(repo)
    chain = repo.git("rev-list", "--reverse", "--first-parent", "HEAD").split()
    known, stored = {}, {}
    for sha in [*chain[::steps], chain[-1]]:
        repo.git("update-ref", "refs/heads/here", sha)
        events = fetch(repo, ref="here", cursors=known)
        known = cursors(events)
        stored = ({} if done(events).whole else stored) | {row.id: row for row in rows(events)}
    assert stored == {row.id: row for row in rows(fetch(repo, ref="here"))}


def test_latest_is_the_newest_commit_by_a_person(repo):
    repo.commit("mine", at="2026-07-02T00:00:00+00:00")
    repo.commit(
        "bump",
        by="dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
        at="2026-08-01T00:00:00+00:00",
    )
    assert connector(repo).latest() == time("2026-07-02")


def test_a_future_commit_is_not_the_latest(repo):
    """A commit dated in the future is not the latest work."""
    repo.commit("mine", at="2026-07-02T00:00:00+00:00")
    repo.commit("skewed", at="2035-01-01T00:00:00+00:00")
    made = Git(repositories=["."], context=connector_context(repo.path, environ=os.environ, now=time("2026-07-03")))
    assert made.latest() == time("2026-07-02")
    early = Git(repositories=["."], context=connector_context(repo.path, environ=os.environ, now=time("2026-07-01")))
    assert early.latest() is None
    assert next(early.check()).message.endswith(": main, no commit that is dated before now.")


def test_doctor_says_what_would_be_read(repo, tmp_path):
    """Doctor says what would be read and what is missing."""
    repo.remote("git@code.example.org:acme/shop.git")
    repo.commit("one", at="2026-07-02T00:00:00+00:00")
    found = list(connector(tmp_path, "shop", "nowhere").check())
    assert [each.state for each in found] == ["error", "ok", "warning"]
    assert "nowhere" in found[0].message
    assert found[1].message == "code.example.org/acme/shop: main, newest commit 2026-07-02."
    assert "forge" in found[2].hint
    assert [each.state for each in connector(repo, git="no-such-git").check()] == ["error"]


def test_every_setting_is_described(repo):
    """Every key of the configuration section has a description."""
    schema = settings_model(Git).model_json_schema()
    assert schema["required"] == ["repositories"]
    assert all(each.get("description") for each in schema["properties"].values())


def test_an_unfetched_clone_is_a_gap(tmp_path):
    """A clone that was not fetched since is a gap once the period is over."""
    origin = Repo.init(tmp_path / "origin")
    origin.commit("One", {"a": "1"}, at="2026-07-01T12:00:00Z")
    subprocess.run(["git", "clone", "-q", str(origin.path), str(tmp_path / "clone")], check=True)
    clone = tmp_path / "clone"
    period = Period(time("2026-07-01"), time("2026-10-01"))
    for each in (clone / ".git").rglob("*"):
        os.utime(each, (time("2026-08-20").timestamp(),) * 2)

    def gaps(now):
        made = Git([str(clone)], connector_context(tmp_path, "git", environ=os.environ, now=now))
        return [each for each in made.fetch(Request(period)) if isinstance(each, Gap)]

    (gap,) = gaps(time("2026-10-02"))
    assert gap.reason.startswith("not fetched since 2026-08-20")
    assert gap.period == Period(time("2026-08-20"), period.until)
    assert gaps(time("2026-09-01")) == []
    subprocess.run(["git", "fetch", "-q"], cwd=clone, check=True)
    assert gaps(time("2026-10-02")) == []


def test_a_no_reply_address_matches_by_name(repo):
    """A no-reply address is found with and without its number."""
    repo.commit("Mine", {"a": "1"}, by="Ann <1234+ann@users.noreply.github.com>")
    for asked in ("ann@users.noreply.github.com", "1234+Ann@users.noreply.github.com"):
        assert len(rows(fetch(repo, accounts=[asked]), "commit")) == 1


def test_too_many_co_authors_are_a_gap(repo):
    """A commit with more co-authors than are read is reported."""
    crowd = "\n".join(f"Co-authored-by: N{number} <n{number}@example.org>" for number in range(300))
    repo.commit(f"Everyone\n\n{crowd}", {"a": "1"})
    events = fetch(repo)
    assert len(rows(events, "commit", "co-author")) == 200
    assert "more than 200 people in the trailers of 1 of the commits" in gaps(events)[0].reason


def test_an_endless_mailmap_is_refused(repo):
    """A mailmap that git would read without end is an error."""
    repo.commit("one", {"a": "1"})
    os.mkfifo(repo.path / ".mailmap")
    with pytest.raises(SourceError, match="not a regular file"):
        fetch(repo)
    (repo.path / ".mailmap").unlink()
    repo.git("config", "mailmap.file", "/dev/zero")
    with pytest.raises(SourceError, match="not a regular file"):
        fetch(repo)


def test_a_pull_request_closes_its_merge_commit(repo):
    """A pull request names the commit that merged it, so that its revert is found."""
    repo.remote(SHOP)
    landed = repo.commit("Charge once (#12)", {"a": "1"})
    assert only(fetch(repo), "pull_request").closes == (f"commit/{landed}",)


@pytest.mark.parametrize(
    ("remote", "message"),
    [
        (SHOP, "Merge pull request #12 from Acme/feature/PAY-7-charge-once\n\nCharge once"),
        ("https://gitlab.com/A/s.git", "Merge branch 'x/PAY-7' into 'main'\n\nCharge once\n\nSee merge request !12"),
        (SHOP, "Merge pull request #12 from Acme/fix/pay-7-charge-once\n\nCharge once"),
        ("https://bitbucket.org/acme/shop.git", "Merged in PAY-7-charge-once (pull request #12)\n\nCharge once"),
    ],
)  # fmt: skip
def test_the_branch_of_a_pull_request_names_a_ticket(repo, remote, message):
    repo.remote(remote)
    repo.commit("base", {"a": "1"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("Charge once", {"b": "1"})
    repo.git("checkout", "-q", "main")
    landed = repo.merge("side", message)
    assert only(fetch(repo), "pull_request").closes == ("PAY-7", f"commit/{landed}")


IMPORTED = [
    ("ada <ada>", "ada"),
    ("Ada Example <ada@1234-5678-uuid>", "ada@1234-5678-uuid"),
    ("Ada < ada at example >", "ada at example"),
    ("Ada <none@none>", "Ada <none@none>"),
    ("Ada <>", "Ada <>"),
]


@pytest.mark.parametrize(("written", "account"), IMPORTED)
def test_an_importer_s_identity_is_one_person(repo, written, account):
    """It is found by what is in the brackets, or by the name where everybody has that; nobody else is."""
    for each in (BOB, "Grace <none@none>", "Grace <>", "grace <grace>"):
        repo.commit("Other", by=each)
    raw = repo.git("cat-file", "commit", repo.commit("Mine", by=ANN))
    mine = repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", given=raw.replace(ANN, written))
    repo.git("reset", "--quiet", "--hard", mine)
    assert [each.title for each in rows(fetch(repo, accounts=[account]))] == ["Mine"]
    assert len(rows(fetch(repo))) == 5


@pytest.mark.parametrize("host", ["github.com", "github.acme.org", "octo.ghe.com", "git.acme.org"])
def test_who_commits_in_the_browser_is_github(repo, host):
    """A squash that says it fixes its own number is a pull request where GitHub committed it, on any host."""
    repo.remote(f"https://{host}/Acme/shop.git")
    repo.commit("Refuse it (#3)\n\nFixes #3.", committer=f"GitHub Enterprise <noreply@{host}>")
    assert [each.work_item for each in rows(fetch(repo, forge="github"), "pull_request")] == [f"{host}/Acme/shop#3"]


@pytest.mark.parametrize("host", ["anthropic.com", "gitlab.com"])
def test_another_noreply_address_is_not_github(repo, host):
    repo.remote("https://github.com/Acme/shop.git")
    repo.commit("Refuse it (#3)\n\nFixes #3.", committer=f"GitHub <noreply@{host}>")
    assert rows(fetch(repo), "pull_request") == []


# Forges, and numbers that are reused


def merged_by(repo, message, file, *, by=ANN, at=None, branch=None, committer=None):
    """A branch of one commit, merged with this message."""
    branch = branch or f"branch-{file}"
    repo.branch(branch)
    repo.commit(f"work on {file}", {file: "1\n"}, by=by, at=at)
    repo.checkout("main")
    repo.merge(branch, message, by=BOB, committer=committer)
    repo.git("branch", "--quiet", "-D", branch)


def pulls(events):
    """Title and address of each pull request, and the number of commits that are part of none."""
    found = {row.title: row.url for row in rows(events, "pull_request", "author")}
    return found, sum(not row.part_of for row in rows(events, "commit", "author"))


def test_bitbucket_server_has_its_forms_and_links(repo):
    """Merges and squashes of Bitbucket Server are pull requests, with the links that it has."""
    repo.remote("https://bitbucket.example.com/scm/pay/app.git")
    repo.commit("Start", {"README": "1"})
    merged_by(repo, "Pull request #68: Carry the key\n\nMerge in PAY/app from feature/a to main\n\n* commit 'x':", "a")
    merged_by(repo, "Merge pull request #69 in PAY/app from feature/b to main\n\n* commit 'x':\n  Log", "b")
    repo.commit("Pull request #70: Name it\n\nMerge in PAY/app from feature/c to main\n\nSquashed commit", {"c": "1"})
    repo.commit("By hand", {"d": "1"})
    base = "https://bitbucket.example.com/projects/PAY/repos/app/pull-requests"
    expected = {
        "Carry the key": f"{base}/68",
        "Merge pull request #69 in PAY/app from feature/b to main": f"{base}/69",
        "Name it": f"{base}/70",
    }
    assert (expected, 2) == pulls(fetch(repo))
    assert (expected, 2) == pulls(fetch(repo, forge="bitbucket"))


def test_azure_devops_has_its_forms_and_links(repo):
    """Merges and squashes of Azure DevOps are pull requests, with the links that it has."""
    repo.remote("git@ssh.dev.azure.com:v3/acme/shop/app")
    repo.commit("Start", {"README": "1"})
    merged_by(repo, "Merged PR 5: Carry the key", "a")
    repo.commit("Merged PR 6: Name it\n\nRelated work items: #3", {"c": "1"})
    base = "https://dev.azure.com/acme/shop/_git/app/pullrequest"
    assert ({"Carry the key": f"{base}/5", "Name it": f"{base}/6"}, 1) == pulls(fetch(repo))


def test_numbers_come_again_on_another_forge(repo):
    """Pull requests of the forge before have no link to the present one, and no number of it."""
    repo.remote(SHOP)
    repo.commit("Start", {"README": "1"})
    merged_by(repo, "Merged in ada/fast (pull request #1)\n\nFast queue", "f1")
    repo.commit("Merged in ada/log (pull request #2)\n\nLog it", {"f2": "1"})
    merged_by(repo, "Merge pull request #1 from ada-x/retry\n\nRetry it", "f3", committer=WEB_FLOW)
    repo.commit("Name the key (#2)", {"f4": "1"}, committer=WEB_FLOW)
    base = "https://github.com/Acme/shop/pull"
    expected = {"Fast queue": None, "Log it": None, "Retry it": f"{base}/1", "Name the key": f"{base}/2"}
    events = fetch(repo)
    assert (expected, 1) == pulls(events)
    assert len({row.work_item for row in rows(events, "pull_request")}) == 4


def moved_on_github(repo):
    repo.remote(SHOP)
    repo.commit("Start", {"README": "1"}, at="2026-04-01T00:00:00Z")
    merged_by(repo, "Merge pull request #1 from ada-x/one\n\nOld one", "f1", committer=WEB_FLOW)
    repo.commit("Old two (#2)", {"f2": "1"}, committer=WEB_FLOW)
    repo.commit("Old nine (#9)", {"f9": "1"}, committer=WEB_FLOW)
    merged_by(
        repo, "Merge pull request #1 from ada-x/new-one\n\nNew one", "f3", at="2026-05-10T00:00:00Z", committer=WEB_FLOW
    )
    repo.commit("New two (#2)", {"f4": "1"}, committer=WEB_FLOW)


def test_numbers_come_again_in_another_repository(repo):
    """After a restart an old number has no link, whether or not it has been reused; one period alone says the same."""
    moved_on_github(repo)
    base = "https://github.com/Acme/shop/pull"
    new = {"New one": f"{base}/1", "New two": f"{base}/2"}
    assert (new | {"Old one": None, "Old two": None, "Old nine": None}, 1) == pulls(fetch(repo))
    assert (new, 0) == pulls(fetch(repo, period=Period(time("2026-05-01"), time("2026-06-01"))))


def test_a_restart_makes_known_rows_new(repo):
    """What was read before the numbers began again is read again after it."""
    moved_on_github(repo)
    repo.git("branch", "all")
    repo.git("reset", "--quiet", "--hard", "main~2")
    first = fetch(repo)
    assert "https://github.com/Acme/shop/pull/9" in pulls(first)[0].values()
    repo.git("reset", "--quiet", "--hard", "all")
    assert pulls(fetch(repo, cursors=cursors(first))) == pulls(fetch(repo))


def test_a_backport_is_the_same_pull_request(repo):
    """A cherry-pick or backport under another title, and a second commit for one issue, begin no numbers again."""
    repo.remote(SHOP)
    original = repo.commit("Round (#1)", {"a": "1"}, committer=WEB_FLOW)
    repo.commit("Log (#2)", {"b": "1"}, committer=WEB_FLOW)
    repo.commit(f"Half even (#1)\n\n(cherry picked from commit {original})", {"c": "1"}, committer=WEB_FLOW)
    repo.commit("[2.x] Log (#2)", {"d": "1"}, committer=WEB_FLOW)
    repo.commit("Part one (#3)", {"e": "1"}, committer=WEB_FLOW)
    repo.commit("Part two (#3)", {"f": "1"}, committer=WEB_FLOW)
    base = "https://github.com/Acme/shop/pull"
    assert ({"Round": f"{base}/1", "Log": f"{base}/2", "Part one": f"{base}/3"}, 0) == pulls(fetch(repo))


@pytest.mark.parametrize("url", [None, "/srv/shop.git", "git@code.example.org:acme/shop.git"])
def test_an_unknown_origin_counts_without_links(repo, url):
    """Merges and squashes that name pull requests count where the origin is unknown, without links."""
    if url:
        repo.remote(url)
    repo.commit("Start", {"README": "1"})
    merged_by(repo, "Merge pull request #1 from ada/one\n\nOne", "f1")
    repo.commit("Two (#2)", {"f2": "1"})
    merged_by(repo, "Merge branch 'x' into 'main'\n\nThree\n\nSee merge request g/p!3", "f3")
    merged_by(repo, "Merge pull request #4 from ada/four\n\nFour", "f4")
    assert (dict.fromkeys(("One", "Two", "Three", "Four")), 1) == pulls(fetch(repo))


def test_an_ssh_alias_is_no_host_to_link_to(repo, tmp_path):
    """An alias that ssh's configuration does not name has no links, and doctor says so."""
    repo.remote("git@github.com-work:Acme/shop.git")
    repo.commit("Round (#12)", {"a": "1"})
    environ = dict(os.environ) | {"HOME": str(tmp_path / "home")}

    def made():
        return Git(["."], connector_context(repo.path, environ=environ))

    events = list(made().fetch(Request(ALWAYS)))
    assert [row.url for row in rows(events)] == [None, None]
    (warning,) = [each for each in made().check() if each.state == "warning"]
    assert "'github.com-work' looks like an alias for ssh" in warning.message
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    (tmp_path / "home" / ".ssh" / "config").write_text("Host github.com-*\n  HostName github.com\n")
    events = list(made().fetch(Request(ALWAYS)))
    assert only(events, "pull_request").url == "https://github.com/Acme/shop/pull/12"
    assert [each.state for each in made().check()] == ["ok"]


# Branches that are still there, and subtrees


def test_a_squashed_branch_is_its_pull_request(repo):
    """The commits of a branch that was squashed are part of the pull request, as long as its work is the same."""
    repo.remote(SHOP)
    repo.commit("Start", {"README": "1"})
    repo.branch("feature")
    for line in ("1\n", "1\n2\n", "1\n2\n3\n"):
        repo.commit(f"Step {len(line)}", {"s": line})
    repo.checkout("main")
    repo.commit("Meanwhile (#11)", {"other": "1"}, committer=WEB_FLOW)
    first = fetch(repo, branches="local")
    assert pulls(first) == ({"Meanwhile": "https://github.com/Acme/shop/pull/11"}, 4)
    repo.commit("Carry the key (#12)", {"s": "1\n2\n3\n"}, committer=WEB_FLOW)
    events = fetch(repo, branches="local", cursors=cursors(first))
    found, others = pulls(fetch(repo, branches="local"))
    assert (set(found), others) == ({"Meanwhile", "Carry the key"}, 1)
    assert {row.part_of for row in rows(events, "commit") if row.title.startswith("Step")} == {
        ("github.com/Acme/shop#12",)
    }
    repo.checkout("feature")
    repo.commit("Step beyond", {"s": "1\n2\n3\n4\n"})
    assert pulls(fetch(repo, branches="local"))[1] == 5
    again = rows(fetch(repo, branches="local", cursors=cursors(events)), "commit")
    assert {row.title: row.part_of for row in again} == {f"Step {length}": () for length in (2, 4, 6, "beyond")}


def test_squashed_subtree_paths_are_below_its_folder(repo):
    """The paths of a squashed subtree are below its folder, and what it lists of the other repository is not said."""
    repo.commit("Start", {"README": "1"})
    repo.git("checkout", "--quiet", "--orphan", "lib")
    repo.git("rm", "-rq", "--cached", ".")
    (repo.path / "README").unlink()
    split = "0" * 40
    listed = f"0123456789 Fixes #7\n0123456789 This reverts commit {split}"
    sha = repo.commit(
        f"Squashed 'vendor/lib/' changes from 01..02\n\n{listed}\n\ngit-subtree-dir: vendor/lib\n"
        f"git-subtree-split: {split}\n",
        {"lib.c": "1\n", "src/a.c": "1\n"},
    )
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "-s", "ours", "--no-commit", "--allow-unrelated-histories", sha)
    repo.git("read-tree", "--prefix=vendor/lib/", sha)
    repo.git("commit", "--quiet", "-m", f"Merge commit '{sha}' as 'vendor/lib'")
    row = next(each for each in rows(fetch(repo), "commit") if each.title.startswith("Squashed"))
    assert (row.paths, row.closes, row.reverts) == (("vendor/lib/lib.c", "vendor/lib/src/a.c"), (), ())
    assert len(rows(fetch(repo), "commit")) == 2


def test_a_squashed_branch_that_merged_main(repo):
    """A branch that merged the default branch meanwhile is found too; one whose work differs, or is merged, is not."""
    repo.remote(SHOP)
    repo.commit("Start", {"README": "1"})
    repo.branch("other")
    repo.commit("Other work", {"s": "2\n"})
    repo.branch("feature", "main")
    repo.commit("First step", {"s": "1\n"})
    repo.checkout("main")
    repo.commit("Meanwhile", {"other": "1"})
    repo.checkout("feature")
    repo.merge("main", "Merge branch 'main' into feature")
    repo.commit("Second step", {"t": "1\n"})
    repo.checkout("main")
    repo.commit("Carry the key (#12)", {"s": "1\n", "t": "1\n"}, committer=WEB_FLOW)
    events = fetch(repo, branches="local")
    alone = {row.title for row in rows(events, "commit") if not row.part_of}
    assert alone == {"Start", "Other work", "Meanwhile"}
