"""A repository may come from a stranger, and a reader may have any configuration: neither hangs, misleads or counts."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harvester.config.git_user import identity, repository
from harvester.connectors.git import Git
from harvester.connectors.git.diffs import read_diffs
from harvester.connectors.git.repository import RepositoryOptions, open_repository
from harvester.connectors.git.subprocess import Git as GitProgram
from harvester.connectors.git.subprocess import GitError, parallel_chunks
from harvester.errors import SourceError
from harvester.model.contribution import Contribution
from harvester.sdk import git_folder, programs
from harvester.sdk.connector import Gap, Remark, Request
from harvester.sdk.testing import connector_context
from tests.connectors.test_git import ALWAYS, SHOP, cursors
from tests.environments import run, stand_in
from tests.gitrepo import Repo


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "shop")


@pytest.fixture
def private(tmp_path):
    """Another repository, which nobody named."""
    other = Repo.init(tmp_path / "private")
    other.commit("Secret", {"secret": "1\n"})
    return other


def connector(folder, *repositories, environ=os.environ, **settings):
    context = connector_context(folder, environ=environ)
    return Git(repositories=list(repositories) or ["."], context=context, **settings)


def fetch(folder, *repositories, cursors=None, **settings):
    return list(connector(folder, *repositories, **settings).fetch(Request(ALWAYS, cursors=cursors or {})))


def titles(events):
    return sorted(row.title for row in events if isinstance(row, Contribution) and row.kind == "commit")


def remarks(events):
    return [each.text for each in events if isinstance(each, Remark)]


# Leading elsewhere


def test_the_repository_that_is_named_is_read(repo, private, tmp_path):
    """`core.worktree` of a stranger's configuration leads to no other repository."""
    repo.commit("Shown")
    repo.git("config", "core.worktree", str(private.path))
    assert titles(fetch(repo.path)) == ["Shown"]
    assert repository(repo.path, os.environ) == repo.path
    repo.git("config", "--unset", "core.worktree")
    repo.git("config", "extensions.worktreeConfig", "true")
    (repo.path / ".git" / "config.worktree").write_text(f"[core]\n\tworktree = {private.path}\n")
    assert titles(fetch(repo.path)) == ["Shown"]


def lead_elsewhere(repo, private, how):
    """Make a repository lead to the private one; returns the name of the file that does."""
    git, secret = repo.path / ".git", private.path / ".git"
    match how:
        case ".git file":
            shutil.rmtree(git)
            git.write_text(f"gitdir: {secret}\n")
            return ".git"
        case ".git link":
            shutil.rmtree(git)
            git.symlink_to(secret)
            return ".git"
        case "commondir":
            (git / "commondir").write_text(f"{secret}\n")
            return "commondir"
        case _:
            path = git / how
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            path.symlink_to(secret / how)
            return path.name


@pytest.mark.parametrize(
    "how", [".git file", ".git link", "commondir", "refs", "config", "HEAD", "packed-refs", "logs"]
)
def test_what_leads_elsewhere_is_refused(repo, private, how):
    """A file or a link that leads git to another repository is an error that names it."""
    repo.commit("Shown")
    private.git("pack-refs", "--all")
    name = lead_elsewhere(repo, private, how)
    for read in (lambda: fetch(repo.path), lambda: repository(repo.path, os.environ)):
        with pytest.raises(SourceError, match=f"{name}'.* (leads|link)") as error:
            read()
        assert str(repo.path.parent) not in error.value.message.replace(str(private.path), "")


def test_worktrees_and_submodules_are_followed(repo, private, tmp_path):
    """Linked worktrees, also of bare clones, submodules, shared clones and subfolders are read as before."""
    repo.commit("One", {"a/b": "1\n"})
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    private.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo.path), "sub")
    repo.git("clone", "--quiet", "--shared", str(repo.path), str(tmp_path / "shared"))
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    Repo(tmp_path / "bare.git").git("worktree", "add", "--quiet", str(tmp_path / "of-bare"), "main")
    for folder in ("linked", "private/sub", "shared", "bare.git", "of-bare", "shop/a", "shop/.git"):
        assert titles(fetch(tmp_path, folder)) == ["One"], folder
    assert identity(tmp_path / "linked", repo._env() | {"GIT_CONFIG_COUNT": "0"}).email is None


def test_a_git_directory_elsewhere_must_point_back(repo, tmp_path):
    """A separate git directory is read once its configuration names the folder."""
    repo.commit("One")
    repo.git("init", "--quiet", "--separate-git-dir", str(tmp_path / "apart"))
    with pytest.raises(SourceError, match="does not name this folder") as error:
        fetch(repo.path)
    assert "core.worktree" in error.value.hint
    repo.git("config", "core.worktree", str(repo.path))
    assert titles(fetch(repo.path)) == ["One"]


# Special files

SPECIAL = (
    ".git/HEAD", ".git/config", ".git/packed-refs", ".git/shallow", ".git/commondir", ".git/config.worktree",
    ".git/refs/heads/x", ".git/refs/remotes/origin/HEAD", ".git/objects/info/alternates", ".git/logs/HEAD",
    ".git/objects/info/commit-graph", ".git/objects/pack/pack-x.idx", ".git/objects/aa/" + "b" * 38, ".git/index",
    ".git/info/attributes", ".git/info/grafts", ".git/remotes/origin", ".git/FETCH_HEAD", ".mailmap", ".git",
)  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("name", SPECIAL)
def test_special_files_are_refused(repo, name, kind):
    """A pipe or a link to a device, wherever git reads, is an error that names it, before git runs."""
    repo.commit("One", {"a": "1\n"})
    path = repo.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name == ".git":
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(SourceError, match=path.name):
        fetch(repo.path)
    if name != ".mailmap":
        with pytest.raises(SourceError, match=path.name):
            identity(repo.path, os.environ)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.parametrize("key", ["include.path", "includeIf.gitdir:/**.path"])
def test_included_special_files_are_refused(repo, tmp_path, key):
    """Included configuration is followed, also where it includes others, and a pipe in it is an error."""
    repo.commit("One")
    fine = tmp_path / "fine"
    fine.write_text(f"[include]\n\tpath = {tmp_path / 'pipe'}\n")
    repo.git("config", key, "../../fine")
    assert titles(fetch(repo.path)) == ["One"]
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="pipe is not a regular file"):
        fetch(repo.path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_a_shared_clones_special_files(repo, tmp_path):
    """Special files among the objects that a clone shares are found too."""
    repo.commit("One")
    repo.git("clone", "--quiet", "--shared", str(repo.path), str(tmp_path / "shared"))
    os.mkfifo(repo.path / ".git" / "objects" / "info" / "commit-graph")
    with pytest.raises(SourceError, match="commit-graph"):
        fetch(tmp_path / "shared")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_pipes_in_the_work_tree_change_nothing(repo):
    """Attributes and submodules in the work tree are not opened."""
    repo.commit("One", {"a": "1\n"})
    for name in (".gitattributes", ".gitmodules", ".gitignore"):
        os.mkfifo(repo.path / name)
    assert titles(fetch(repo.path)) == ["One"]


def test_a_large_file_of_gits_is_refused(repo):
    """A configuration of a terabyte of nothing is refused, not read."""
    repo.commit("One")
    os.truncate(repo.path / ".git" / "config", 1 << 40)
    with pytest.raises(SourceError, match="config' is larger than"):
        fetch(repo.path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_one_bad_repository_costs_no_other(repo, private, tmp_path):
    """Of several that a glob matches, one that is refused is a gap, and the others are read."""
    repo.commit("One")
    os.mkfifo(private.path / ".git" / "packed-refs")
    events = fetch(tmp_path, "*")
    assert titles(events) == ["One"]
    (gap,) = [each for each in events if isinstance(each, Gap)]
    assert (gap.scope, "packed-refs' is not a regular file" in gap.reason) == ("private", True)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (".git/commondir", b"a\0b", "commondir' holds a NUL"),
        (".git/objects/info/alternates", b"\xff\0", "alternates' holds a NUL"),
        (".git/commondir", b"x" * 9000, "commondir' leads to another"),
        (".git/config", b"[include]\n" + b"path = config\n" * 3, "includes more than 100 files"),
    ],
)
def test_odd_paths_are_an_error(repo, name, content, problem):
    """Paths that are none, or that lead in circles, are an error with the file's name."""
    repo.commit("One")
    with (repo.path / name).open("ab") as file:
        file.write(content)
    with pytest.raises(SourceError, match=problem):
        fetch(repo.path)


def test_circles_end(repo):
    """Links and alternates that lead in circles, and alternates that are any folder, change nothing."""
    repo.commit("One")
    (repo.path / ".git" / "refs" / "heads" / "x").symlink_to("x")
    objects = repo.path / ".git" / "objects"
    (objects / "info" / "alternates").write_text(f"{objects}\n/\n../objects\n/no/such/folder\n")
    assert titles(fetch(repo.path)) == ["One"]


def test_a_socket_is_no_danger(repo, monkeypatch):
    """git's file monitor has a socket in the git directory."""
    repo.commit("One")
    monkeypatch.chdir(repo.path / ".git")  # a socket's path may have 108 bytes
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.bind("fsmonitor--daemon.ipc")
        assert titles(fetch(repo.path)) == ["One"]


# Bounds


def script(folder, text):
    program = folder / "fake-git"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return str(program)


def is_alive(pid):
    """Whether a process runs: a zombie that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="limits and /proc are Linux's")


@needs_proc
def test_a_silent_git_is_ended(repo, tmp_path):
    """A git that prints nothing is ended with what it started, in each way of reading."""
    hanging = script(tmp_path, f"sleep 300 & echo $! >> {tmp_path}/pids; wait")
    git = GitProgram(repo.path, os.environ, hanging, silent_seconds=0.3)
    with pytest.raises(GitError, match=r"printed nothing for 0\.3 seconds"):
        git.output("log", stdin=b"x" * 10_000_000)
    with pytest.raises(GitError, match="printed nothing"):
        list(parallel_chunks(git, ["log"], [b"", b""]))
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 3
    assert not any(map(is_alive, pids))


@needs_proc
def test_memory_and_time_are_bounded(tmp_path):
    """Every git has a limit of memory and of processor time, and may not lift it."""
    waiting = script(tmp_path, "read go < go; ulimit -H -d; ulimit -H -t")
    os.mkfifo(tmp_path / "go")
    process = programs.start([waiting], os.environ, folder=tmp_path)
    (tmp_path / "go").write_text("\n")
    try:
        printed = b"".join(iter(lambda: programs.read(process, 99), b""))
        assert printed.split() == [b"%d" % (programs.MEMORY_BYTES >> 10), b"3600"]
    finally:
        programs.end(process)


@needs_proc
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_git_ends_with_harvester(repo, tmp_path, ending):
    """After a signal neither harvester nor its git nor what that started is alive."""
    repo.commit("One")
    slow = script(
        tmp_path,
        f'case "$*" in *--stdin*) echo $$ >> {tmp_path}/pids; sleep 300 & echo $! >> {tmp_path}/pids; wait;;'
        ' *) exec git "$@";; esac',
    )
    (tmp_path / "harvester.toml").write_text(
        f'[sources.here]\nconnector = "git"\nrepositories = ["shop"]\ngit = "{slow}"\n'
        '[me]\nperson = "ann"\n[people.ann]\nemails = ["ann@example.org"]\n'
    )
    command = [sys.executable, "-m", "harvester", "harvest", "--period", "2026"]
    process = subprocess.Popen(command, cwd=tmp_path, env=repo._env(), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    pids = tmp_path / "pids"
    while not (pids.exists() and len(pids.read_text().split()) == 2):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(ending)
    process.wait(120)
    process.stderr.close()
    while any(map(is_alive, pids.read_text().split())):  # a killed process ends when it is next given the processor
        assert time.monotonic() < deadline
        time.sleep(0.05)


# The same sizes for everybody


def sizes(events):
    return {
        row.title: (row.paths, row.additions, row.deletions, row.files_changed)
        for row in events
        if isinstance(row, Contribution)
    }


HOSTILE = """\
[core]
    bigFileThreshold = 1
    attributesFile = {folder}/attributes
    quotePath = true
    ignoreCase = true
    precomposeUnicode = true
    autocrlf = true
[diff]
    renames = false
    renameLimit = 1
    algorithm = histogram
    noprefix = true
    external = false
    ignoreSubmodules = none
    orderFile = {folder}/attributes
    interHunkContext = 99
    wsErrorHighlight = all
    relative = true
    statGraphWidth = 1
[diff "evil"]
    binary = true
    textconv = false
[log]
    showSignature = true
    follow = true
    diffMerges = off
[i18n]
    logOutputEncoding = UTF-16
"""


def test_the_readers_configuration_changes_no_size(repo, tmp_path):
    """Configuration and attributes, the reader's or the repository's, in whatever file, change no size."""
    lines = "".join(f"line {number}\n" for number in range(40))
    repo.commit("One", {"a.txt": lines, "ü.txt": "1\n", "b.bin": b"\x00\x01"})
    repo.git("mv", "a.txt", "c.txt")
    repo.commit("Two", {"c.txt": lines + "more\n"})
    before = sizes(fetch(repo.path, environ=repo._env()))
    assert before["Two"] == (("c.txt",), 1, 0, 1)
    home = tmp_path / "home"
    (home / "git").mkdir(parents=True)
    attributes = "*.txt -diff\n*.bin diff text\n*.txt diff=evil\n"
    configuration = HOSTILE.format(folder=home)
    for name in ("attributes", "git/attributes"):
        (home / name).write_text(attributes)
    for name in (".gitconfig", "git/config"):
        (home / name).write_text(configuration)
    (repo.path / ".gitattributes").write_text(attributes)
    (repo.path / ".git" / "info").mkdir(exist_ok=True)
    (repo.path / ".git" / "info" / "attributes").write_text(attributes)
    with (repo.path / ".git" / "config").open("a") as file:
        file.write(configuration)
    hostile = {**repo._env(), "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        hostile[name] = str(home / ".gitconfig")
    hostile.pop("GIT_CONFIG_NOSYSTEM")
    assert sizes(fetch(repo.path, environ=hostile)) == before
    del hostile["GIT_CONFIG_GLOBAL"]
    assert sizes(fetch(repo.path, environ=hostile)) == before


def test_committed_attributes_change_no_size(repo):
    """What a later commit says of files changes no size of an earlier one, so that old and new harvests agree."""
    repo.commit("One", {"a.data": "1\n2\n"})
    before = sizes(fetch(repo.path))["One"]
    repo.commit("Two", {".gitattributes": "*.data -diff\n"})
    assert sizes(fetch(repo.path))["One"] == before == (("a.data",), 2, 0, 1)


def test_binary_files_have_no_lines(repo):
    """Lines are of text files; where all files are binary, or one is renamed, they are unknown and not zero."""
    repo.commit("Binary", {"logo": b"\x00\x01"})
    repo.commit("Both", {"logo": b"\x00\x02", "a": "1\n"})
    repo.commit("Mode and nothing else")
    found = sizes(fetch(repo.path))
    assert found["Binary"] == (("logo",), None, None, 1)
    assert found["Both"] == (("a", "logo"), 1, 0, 2)
    assert found["Mode and nothing else"] == ((), 0, 0, 0)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_diffs_leave_nothing_behind(tmp_path, monkeypatch, object_format):
    """The empty git directory that diffs are read in is removed, also where reading ends early."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    repo = Repo.init(tmp_path / "shop", f"--object-format={object_format}")
    shas = [repo.commit("One", {"a": "1\n"}), repo.commit("Two", {"a": "2\n"})]
    opened = open_repository(repo.path, RepositoryOptions("origin", None, "git", os.environ))
    diffs = read_diffs(opened.git, shas)
    assert [each.sha for each in next(diffs)] == shas[:1]
    diffs.close()
    found = itertools.chain.from_iterable(read_diffs(opened.git, shas))
    assert [each.changes.size.additions for each in found] == [1, 1]
    assert list((tmp_path / "tmp").iterdir()) == []


# Partial clones


@pytest.mark.parametrize(
    ("filtered", "lacking", "paths"),
    [("blob:none", "line counts", ("f",)), ("tree:0", "paths and line counts", ())],
)
def test_a_partial_clone_loses_sizes_and_no_rows(repo, tmp_path, filtered, lacking, paths):
    """What a partial clone lacks is a remark, made again at each fetch, and no gap; every row is there."""
    repo.git("config", "uploadpack.allowFilter", "true")
    for number in range(3):
        repo.commit(f"c{number}", {"f": f"{number}\n"})
    here = Repo(tmp_path / "clone")
    options = ("--quiet", f"--filter={filtered}", "--no-checkout")
    repo.git("-c", "protocol.file.allow=always", "clone", *options, f"file://{repo.path}", str(here.path))
    here.git("remote", "set-url", "origin", SHOP)
    events = fetch(here.path)
    assert sizes(events).keys() == {"c0", "c1", "c2"}
    assert {each[:3] for each in sizes(events).values()} == {(paths, None, None)}
    assert not [each for each in events if isinstance(each, Gap)]
    (remark,) = remarks(events)
    assert f"partial clone, and the {lacking} of 3 commits are not here" in remark
    assert remarks(fetch(here.path, cursors=cursors(events))) == [remark]


def test_a_missing_file_costs_its_own_commits_sizes(repo, tmp_path):
    """Where a clone lacks single contents, such as large ones, the other commits have their line counts."""
    repo.git("config", "uploadpack.allowFilter", "true")
    for number in range(9):
        repo.commit(f"c{number}", {"f": f"{number}\n", f"large{number}": "x\n" * (999 if number in (2, 6) else 1)})
    here = Repo(tmp_path / "clone")
    options = ("--quiet", "--filter=blob:limit=1k", "--no-checkout")
    repo.git("-c", "protocol.file.allow=always", "clone", *options, f"file://{repo.path}", str(here.path))
    events = fetch(here.path)
    unknown = {title: each[0] for title, each in sizes(events).items() if each[1] is None}
    assert unknown == {f"c{number}": ("f", f"large{number}") for number in (2, 6)}
    assert len(sizes(events)) == 9
    (remark,) = remarks(events)
    assert "partial clone, and the line counts of 2 commits are not here" in remark


def test_twins_of_a_partial_clone(repo, tmp_path):
    """Patches are compared where their contents are here; what cannot be read is compared with nothing."""
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit("Start", {"README": "1\n"})
    repo.branch("old")
    for name, content in (("small", "1\n"), ("large", "x\n" * 999)):
        repo.commit(f"Add {name}", {name: content}, written="2026-07-02T12:00:00+00:00")
    repo.branch("new", "main")
    repo.commit("Meanwhile", {"other": "1\n"})
    for name, content in (("small", "1\n"), ("large", "x\n" * 999)):
        repo.commit(f"Add {name}", {name: content}, written="2026-07-02T12:00:00+00:00")
    repo.git("branch", "--quiet", "--force", "main", "new")
    options = ("--quiet", "--mirror", "--filter=blob:limit=1k")
    repo.git("-c", "protocol.file.allow=always", "clone", *options, f"file://{repo.path}", str(tmp_path / "clone"))
    found = fetch(tmp_path / "clone", branches="local")
    assert not [each for each in found if isinstance(each, Gap)]
    commits = [each for each in found if isinstance(each, Contribution) and each.role == "author"]
    assert [row.title for row in commits if row.picked_from] == ["Add small"]


def test_a_report_of_a_partial_clone(repo, tmp_path):
    """The report has the work and the remark, and the exit status is 0."""
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit("Charge once", {"f": "1\n"})
    options = ("--quiet", "--filter=tree:0", "--no-checkout")
    repo.git("clone", *options, f"file://{repo.path}", str(tmp_path / "clone"), env={"GIT_ALLOW_PROTOCOL": "file"})
    terminal = stand_in(tmp_path, None)
    status, out, _ = run(
        terminal, "report", "--repo", str(tmp_path / "clone"), "--period", "2026Q3", "--person", "ann@example.org"
    )
    assert status == 0
    assert "Charge once" in out
    assert "this is a partial clone, and the paths and line counts of 1 commit are not here" in out


# Renamed default branches


def renamed(repo, tmp_path, new):
    """A clone with origin/HEAD → origin/main, whose server has a newer branch of this name."""
    repo.commit("Old")
    repo.git("clone", "--quiet", str(repo.path), str(tmp_path / "clone"))
    here = Repo(tmp_path / "clone")
    repo.branch(new)
    repo.commit("New")
    here.git("fetch", "--quiet")
    return here


def check(folder):
    return [each.message for each in connector(folder).check() if each.state == "warning"]


@pytest.mark.parametrize("new", ["trunk", "master"])
def test_a_stale_default_branch_is_not_believed(repo, tmp_path, new):
    """Another usual branch with all commits of the remembered one and newer ones is read, and a remark says so."""
    here = renamed(repo, tmp_path, new)
    events = fetch(here.path)
    assert titles(events) == ["New", "Old"]
    said = f"origin/{new} is read, which has all commits of the default branch origin/main and newer ones"
    assert remarks(events) == [said]
    assert any(said in each for each in check(here.path))
    assert remarks(fetch(here.path, cursors=cursors(events))) == [said]


def test_a_feature_branch_is_no_default(repo, tmp_path):
    """A newer branch of another name is not read, and nothing is remarked."""
    here = renamed(repo, tmp_path, "feature")
    here.git("checkout", "--quiet", "feature")
    events = fetch(here.path)
    assert (titles(events), remarks(events)) == (["Old"], [])


@pytest.mark.parametrize(("new", "checkout"), [("trunk", False), ("develop", True), ("develop", False)])
def test_a_default_branch_that_is_gone(repo, tmp_path, new, checkout):
    """Where the remembered branch is gone the next one is read, not an old local branch of its name."""
    here = renamed(repo, tmp_path, new)
    if checkout:
        repo.git("branch", "feature", "main")
        here.git("fetch", "--quiet")
        here.git("checkout", "--quiet", new)
    repo.git("branch", "-D", "main")
    here.git("fetch", "--quiet", "--prune")
    events = fetch(here.path)
    assert titles(events) == ["New", "Old"]
    assert remarks(events) == [f"the default branch was origin/main, which is gone; origin/{new} is read"]


def test_in_doubt_the_newer_branch_is_named(repo, tmp_path):
    """A newer branch without the commits of the remembered one is not read, and a remark names it."""
    repo.commit("Old")
    repo.git("clone", "--quiet", str(repo.path), str(tmp_path / "clone"))
    repo.git("checkout", "--quiet", "--orphan", "master")
    repo.commit("Other")
    here = Repo(tmp_path / "clone")
    here.git("fetch", "--quiet")
    events = fetch(here.path)
    assert titles(events) == ["Old"]
    assert "but origin/master has newer commits" in remarks(events)[0]


def test_a_mirrors_head_may_be_stale_too(repo, tmp_path):
    """In a mirror HEAD is what the remote's was when it was cloned."""
    repo.commit("Old")
    repo.git("clone", "--quiet", "--mirror", str(repo.path), str(tmp_path / "mirror"))
    repo.branch("trunk")
    repo.commit("New")
    Repo(tmp_path / "mirror").git("fetch", "--quiet")
    events = fetch(tmp_path / "mirror")
    assert titles(events) == ["New", "Old"]
    assert "trunk is read" in remarks(events)[0]
    assert git_folder.find(tmp_path / "mirror", os.environ).work_tree is None
