"""The second pass: the parser of git's output."""

import os

import pytest

from harvester.connectors.git.diffs import DiffParser, diff_arguments
from harvester.connectors.git.subprocess import Git, lines
from harvester.errors import SourceError
from tests.gitrepo import Repo


@pytest.fixture
def repo(tmp_path):
    """Commits of every form: hostile bytes, a rename, a binary file, an empty one, a merge."""
    repo = Repo.init(tmp_path / "shop")
    hostile = "Subject\n\n:100644 100644\n1\t2\tfake.txt\n" + "0" * 40
    repo.commit(hostile, {"a": "1\n2\n3\n", "tab\tline\nend": "1\n", "logo": b"\x00\x01"})
    repo.git("mv", "a", "renamed")
    repo.commit("Rename", {"-": "1\n"})
    repo.commit("")
    repo.branch("topic")
    repo.commit("Topic", {"t": "1\n"})
    repo.checkout("main")
    repo.merge("topic", "Merge branch 'topic'")
    return repo


@pytest.mark.parametrize("mode", ["counts", "names", "none"])
def test_any_cut_gives_the_same_commits(repo, mode):
    """Wherever the output is cut into two chunks, and in chunks of one byte, the parser makes the same commits."""
    shas = repo.git("rev-list", "HEAD").split()
    output = Git(repo.path, os.environ).output(*diff_arguments(mode), stdin=lines(shas))

    def parse(*chunks):
        parser = DiffParser(mode)
        return [commit for chunk in (*chunks, b"") for commit in parser.feed(chunk)]

    expected = parse(output)
    assert [each.sha for each in expected] == shas
    assert all(parse(output[:at], output[at:]) == expected for at in range(1, len(output)))
    assert parse(*(output[at : at + 1] for at in range(len(output)))) == expected


def test_output_that_ends_inside_a_commit_is_an_error(repo):
    """Output that ends inside a commit is an error, not a commit with fewer paths."""
    output = Git(repo.path, os.environ).output(*diff_arguments("counts"), stdin=lines(["HEAD~2"]))
    parser = DiffParser("counts")
    assert parser.feed(output[:60]) == []
    with pytest.raises(SourceError, match="ended inside a commit"):
        parser.feed(b"")
