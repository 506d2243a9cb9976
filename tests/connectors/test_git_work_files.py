"""Files that are not work are counted apart, and imported history lies where it was imported."""

import pytest

from harvester.sdk.connector import Remark
from tests.connectors.test_git import SHOP, cursors, fetch, only, rows
from tests.gitrepo import ANN, BOB, CLEO, Repo

LONG = "".join(f"{number}\n" for number in range(500))


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "shop")


def sizes(events):
    """Additions, deletions, files and what was left out, by title."""
    return {
        row.title: (row.additions, row.deletions, row.files_changed, row.extra.get("not_work"))
        for row in rows(events, "commit")
    }


def test_files_that_are_not_work_are_counted_apart(repo):
    """Their lines are not the change's, which says what was left out; its paths are all."""
    repo.commit("One", {"src/a.py": "1\n", "uv.lock": LONG, "vendor/x.bin": b"\x00"})
    repo.commit("Two", {"src/a.py": "1\n2\n"})
    repo.commit("Lock", {"uv.lock": LONG + "1\n"})
    repo.commit("Vendor", {"vendor/x.bin": b"\x00\x01"})
    events = fetch(repo)
    assert sizes(events) == {
        "One": (1, 0, 1, "2 +500 -0"),
        "Two": (1, 0, 1, None),
        "Lock": (0, 0, 0, "1 +1 -0"),
        "Vendor": (0, 0, 0, "1"),
    }
    assert only([each for each in events if getattr(each, "title", "") == "One"], "commit").paths == (
        "src/a.py", "uv.lock", "vendor/x.bin",
    )  # fmt: skip


def test_attributes_at_the_head_of_the_branch_decide(repo):
    """They are those of the branch's head, in any folder and with macros; those in the folder on disk don't count."""
    repo.commit("Site", {"dist/site.js": LONG, "gone/old.js": LONG, "lib/x.lock": LONG, "api/a.py": LONG})
    repo.commit("Remove", {"gone/old.js": None})
    first = fetch(repo)
    assert sizes(first)["Site"] == (1500, 0, 3, "1 +500 -0")
    attributes = "[attr]made linguist-generated\n*.js made\nlib/*.lock -linguist-generated\n"
    repo.commit("Attributes", {".gitattributes": attributes, "api/.gitattributes": "*.py linguist-vendored=true\n"})
    events = fetch(repo, cursors=cursors(first))
    assert sizes(events)["Site"] == (500, 0, 1, "3 +1500 -0")
    assert sizes(events)["Remove"] == (0, 0, 0, "1 +0 -500")
    assert sizes(events) == sizes(fetch(repo))
    (repo.path / ".gitattributes").write_text("* linguist-generated\n")
    (repo.path / ".git" / "info" / "attributes").write_text("* linguist-generated\n")
    assert sizes(fetch(repo)) == sizes(events)
    repo.commit("Back", {".gitattributes": None, "api/.gitattributes": None})
    assert sizes(fetch(repo, cursors=cursors(events)))["Site"] == (1500, 0, 3, "1 +500 -0")


def test_other_attributes_need_no_new_harvest(repo):
    """Where no attribute says what is generated or vendored, a change of `.gitattributes` changes no row."""
    repo.commit("One", {"a.txt": "1\n", ".gitattributes": "*.bat text\n"})
    first = fetch(repo)
    repo.commit("Two", {".gitattributes": "*.bat text eol=crlf\n"})
    assert list(sizes(fetch(repo, cursors=cursors(first)))) == ["Two"]


def test_the_list_can_be_changed(repo):
    """What is configured is left out too, and a line with ! is counted; a changed list reads everything again."""
    repo.commit("One", {"golden/a.txt": LONG, "uv.lock": "1\n", "a.py": "1\n"})
    first = fetch(repo)
    assert sizes(first)["One"] == (501, 0, 2, "1 +1 -0")
    lines = ["golden/", "!uv.lock"]
    again = fetch(repo, cursors=cursors(first), not_work=lines)
    assert sizes(again)["One"] == (2, 0, 2, "1 +500 -0")
    assert not sizes(fetch(repo, cursors=cursors(again), not_work=lines))


def test_a_pull_request_is_sized_by_its_work(repo):
    """The whole and each author's share are lines of work, and each says what was left out."""
    repo.remote(SHOP)
    repo.commit("Begin")
    repo.branch("x")
    repo.commit("One", {"a.py": "1\n", "uv.lock": LONG}, by=ANN)
    repo.commit("Two", {"b.py": "1\n2\n"}, by=CLEO)
    repo.commit("Three", {"c.py": "1\n"}, by=ANN)
    repo.checkout("main")
    repo.merge("x", "Merge pull request #1 from Acme/x\n\nTogether", by=BOB)
    found = {
        (row.role, row.account): (row.additions, row.files_changed, row.extra.get("not_work"))
        for row in rows(fetch(repo), "pull_request")
    }
    assert found == {
        ("author", ANN): (2, 3, "1 +500 -0"),
        ("co-author", CLEO): (2, 3, None),
        ("merger", BOB): (4, 3, "1 +500 -0"),
    }


def other_history(repo):
    """A branch `lib` with another repository's history: two commits, the second by a merge."""
    repo.git("checkout", "--quiet", "--orphan", "lib")
    repo.git("rm", "-rqf", ".")
    repo.commit("Library", {"lib.c": "1\n"}, by=CLEO)
    repo.branch("topic")
    repo.commit("More, fixes #3", {"src/a.c": "1\n"}, by=BOB)
    repo.checkout("lib")
    repo.merge("topic", "Merge branch 'topic'", by=CLEO)


def subtree(repo, folder, *, name="lib", message=None):
    """What `git subtree add` does, or with a message what `git subtree pull` does."""
    split, main = repo.git("rev-parse", name), repo.git("rev-parse", "main")
    trailers = f"git-subtree-dir: {folder}\ngit-subtree-mainline: {main}\ngit-subtree-split: {split}"
    repo.git("checkout", "--quiet", "main")
    repo.git("rm", "-rq", "--cached", "--ignore-unmatch", folder)
    repo.git("read-tree", f"--prefix={folder}/", split)
    said = message or f"Add '{folder}/' from commit '{split}'\n\n{trailers}"
    tree = repo.git("write-tree")
    env = repo._who(ANN, ANN, repo._tick(None), None)
    merge = repo.git("commit-tree", tree, "-p", main, "-p", split, "-m", said, env=env)
    repo.git("reset", "--quiet", "--hard", merge)


def test_imported_history_lies_in_its_folder(repo):
    """Its commits are its authors', with their paths below the folder, also those that were pulled later."""
    repo.remote(SHOP)
    repo.commit("Start (#3)", {"README": "1\n"}, by=ANN)
    other_history(repo)
    subtree(repo, "libs/lib")
    first = fetch(repo)
    repo.checkout("lib")
    repo.commit("Later\n\nReverts #3", {"lib.c": "2\n"}, by=BOB)
    subtree(repo, "libs/lib", message="Merge commit 'abc'")
    events = fetch(repo)
    assert {
        row.title: (row.paths, row.account, row.closes, row.reverts) for row in rows(events, "commit", "author")
    } == {
        "Start (#3)": (("README",), ANN, (), ()),
        "Library": (("libs/lib/lib.c",), CLEO, (), ()),
        "More, fixes #3": (("libs/lib/src/a.c",), BOB, (), ()),
        "Later": (("libs/lib/lib.c",), BOB, (), ()),
    }
    assert only(events, "pull_request").reverted_by == ()
    assert not [each for each in events if isinstance(each, Remark)]
    assert all("topic" not in row.extra or row.extra["topic"] == "topic" for row in rows(events, "commit", "author"))
    assert [row.title for row in rows(fetch(repo, cursors=cursors(first)), "commit")] == ["Later"]


def test_an_import_within_an_import_lies_in_both(repo):
    """Folders add up; a file that attributes or names call vendored is so by its whole path."""
    repo.commit("Deep", {"deep.c": "1\n"})
    repo.git("branch", "--quiet", "-m", "main", "deep")
    repo.git("checkout", "--quiet", "--orphan", "main")
    repo.git("rm", "-rqf", ".")
    repo.commit("Library", {"lib.c": "1\n"})
    subtree(repo, "x", name="deep")
    repo.git("branch", "--quiet", "-m", "main", "lib")
    repo.git("checkout", "--quiet", "--orphan", "main")
    repo.git("rm", "-rqf", ".")
    repo.commit("Start", {"README": "1\n"})
    subtree(repo, "vendor/lib")
    found = {row.title: (row.paths, row.extra.get("not_work")) for row in rows(fetch(repo), "commit")}
    assert found == {
        "Start": (("README",), None),
        "Library": (("vendor/lib/lib.c",), "1 +1 -0"),
        "Deep": (("vendor/lib/x/deep.c",), "1 +1 -0"),
    }


def test_a_message_alone_makes_no_import(repo):
    """Only a merge of the commit that the message names is an import, and not what quotes its message."""
    repo.commit("Start", {"README": "1\n"})
    trailers = f"git-subtree-dir: lib\ngit-subtree-mainline: {repo.head()}\ngit-subtree-split: {repo.head()}"
    repo.branch("x")
    repo.commit(f"Quote\n\n{trailers}", {"a": "1\n"})
    repo.checkout("main")
    repo.merge("x", f"Merge branch 'x'\n\n{trailers}")
    assert {row.paths for row in rows(fetch(repo), "commit")} == {("README",), ("a",)}
