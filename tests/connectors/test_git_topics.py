"""Topics: the merges that commits which are no pull request came with."""

import time

import pytest

from harvester.connectors.git.cursor import load
from harvester.connectors.git.topics import LONGEST_TEXT, topic
from tests.connectors.test_git import ALWAYS, cursors, done, fetch, rows
from tests.gitrepo import ANN, BOB, Repo

NAMED = {
    "Merge branch 'ps/writev'": "ps/writev",
    "Merge branch 'ps/writev' into maint-2.40": "ps/writev",
    "Merge branch 'jc/maint-fix'": "jc/maint-fix",
    "Merge branch 'pager' into 'main'": "pager",
    "Merge branches 'a/one', 'a/two' and 'a/three'": "a/one, a/two, a/three",
    "Merge branches 'a/one' and 'master'": "a/one",
    "Merge remote-tracking branch 'origin/pager'": "pager",
    "Merge tag 'l10n-2.22.0-rnd3' of https://example.org/git-l10n/git-po": "l10n-2.22.0-rnd3",
    "Merge tag 'net-6.1' of git://example.org/net": "net",
    "Merge branch 'pager' of https://example.org/ada/repo": "pager",
    "Merge branch 'master' of git://example.org/ada/docs.git": "docs",
    "Merge branch 'for-linus' of git@example.org:ada/sound": "sound",
    "Merge changes from topic 'pager'": "pager",
    "Resolve the pager once": "Resolve the pager once",
}
NOT_NAMED = [
    "",
    "Merge branch 'main'",
    "Merge branch 'master' into ps/writev",
    "Merge branch 'maint'",
    "Merge branch 'maint-2.40' into maint",
    "Merge branch '8.1.x'",
    "Merge branch '3.x-maintenance'",
    "Merge branch 'release/2.0'",
    "Merge branch 'main' of https://example.org/ada/repo",
    "Merge branch 'main' of git@example.org:org/Repo.git into main",
    "Merge branch 'pager' of https://example.org/org/repo into pager",
    "Merge branch 'ada:main'",
    "Merge branch 'ada-master'",
    "Merge remote-tracking branch 'origin/main' into pager",
    "Merge remote-tracking branch 'ada/main'",
    "Merge remote-tracking branch 'ada/pager' into pager",
    "Merge tag 'v2.30.1'",
    "Merge commit '5fe81668b40bed5453402a22379558675065a7bc' into main",
    "Merge master into pager",
    "merge with default",
    "Merged in ada/repo/pager (pull request #12)",
    "Auto merge of #12 - ada:pager, r=bob",
    "Resolve conflicts",
    "Sync with 2.39.3",
    "Resolve the pager once (#12)",
]


@pytest.mark.parametrize("subject", NAMED)
def test_a_merge_is_named_after_its_work(subject):
    """A topic is a branch or tag, a repository of its own, or what the merge's own subject line says."""
    assert topic(subject, "org/repo") == NAMED[subject]


@pytest.mark.parametrize("subject", NOT_NAMED)
def test_a_merge_that_keeps_branches_together(subject):
    """Back merges, maintenance and pulls of the same branch are no topics."""
    assert topic(subject, "org/repo") is None


@pytest.mark.parametrize("part", ["Merge branch 'a', ", "'a' and ", "x ", "v1.", "a/", "merge", "' of a/b:"])
def test_a_hostile_subject_costs_no_more(part):
    """A subject line of a megabyte is read in as little time as one of a kilobyte, but for its length."""
    start = time.process_time()
    for beginning in ("", "Merge branch '", "Merge branches 'a' and 'b', "):
        topic(beginning + part * (1_000_000 // len(part)), "org/repo")
    assert time.process_time() - start < 0.5


@pytest.fixture
def repo(tmp_path):
    made = Repo.init(tmp_path / "repo")
    made.commit("Begin", {"a": "1\n"})
    return made


def merged(repo, branch, message, *files, by=ANN):
    """Merge a branch with a commit for each file."""
    repo.git("switch", "--quiet", "--create", branch)
    for each in files:
        repo.commit(f"Add {each}", {each: f"{each}\n"}, by=by)
    repo.git("switch", "--quiet", "main")
    repo.merge(branch, message)


def topics(events):
    return {row.title: dict(row.extra) for row in rows(events, kind="commit")}


def test_a_commit_names_its_topic(repo):
    """It has the branch and what the merge says; a commit made on the branch itself has none."""
    merged(repo, "ps/writev", "Merge branch 'ps/writev'\n\nA wrapper for writev(3p).\n\n* ps/writev:\n  Add b", "b")
    assert topics(fetch(repo)) == {
        "Begin": {},
        "Add b": {"topic": "ps/writev", "topic_text": "A wrapper for writev(3p).\n\n* ps/writev:\n  Add b"},
    }


def test_a_long_text_of_a_topic_is_cut(repo):
    """At most 2,000 characters of it are kept."""
    merged(repo, "long", f"Merge branch 'long'\n\n{'word ' * 10_000}", "b")
    assert len(topics(fetch(repo))["Add b"]["topic_text"]) == LONGEST_TEXT - 1


def test_a_topic_within_a_topic(repo):
    """The outermost merge with a name counts; where that has none, the one within."""
    repo.git("switch", "--quiet", "--create", "outer")
    repo.commit("Add b", {"b": "1"})
    repo.git("switch", "--quiet", "--create", "inner")
    repo.commit("Add c", {"c": "1"})
    repo.git("switch", "--quiet", "outer")
    repo.merge("inner", "Merge branch 'inner' into outer")
    repo.git("switch", "--quiet", "main")
    repo.merge("outer", "Merge branch 'maint'")
    assert [each.get("topic") for each in topics(fetch(repo)).values()].count("inner") == 1
    merged(repo, "again", "Merge branch 'again'", "d")
    assert topics(fetch(repo))["Add d"] == {"topic": "again"}
    assert topics(fetch(repo))["Add b"] == {}


def test_a_pull_request_is_no_topic(repo):
    """What came with a pull request has no topic, neither the pull request nor its commits."""
    merged(repo, "round", "Merge pull request #12 from bob/round\n\nRound it", "b", by=BOB)
    assert all(not row.extra for row in rows(fetch(repo)))


def test_a_later_merge_does_not_change_a_topic(repo):
    """A known commit keeps its topic, and one that gets another by a rewritten merge is read again."""
    merged(repo, "one", "Merge branch 'one'", "b")
    first = fetch(repo)
    merged(repo, "two", "Merge branch 'two'", "c")
    second = fetch(repo, cursors=cursors(first))
    assert topics(second) == {"Add c": {"topic": "two"}}
    repo.git("reset", "--quiet", "--hard", "HEAD^")
    repo.merge("two", "Merge branch 'renamed'")
    third = fetch(repo, cursors=cursors(second))
    assert topics(third)["Add c"] == {"topic": "renamed"}
    assert load(done(third).cursor) is not None
    assert fetch(repo, period=ALWAYS)
