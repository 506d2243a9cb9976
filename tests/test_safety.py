"""Nothing that a file or an argument holds ends in a traceback, shows a secret, or takes for ever."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from deltalake import DeltaTable

from harvester.config.toml import DEEPEST, LARGEST, MOST_ERRORS, parse_toml
from harvester.errors import ConfigError, SourceError
from harvester.files import resolve_path
from harvester.goals import decisions, load
from harvester.goals.model import KnownNames
from harvester.notebook import notebook
from harvester.reporting.evidence import LONGEST_TEXT
from harvester.sdk.secrets import holds_secret
from tests.environments import environment, run, stand_in

Q3 = ("--period", "2026Q3")
ONE_COMMIT = "ada 2026-07-01T09:00:00+00:00 a 'Add a'\n"
PLANTED = "hunter2-Zq9"
SOURCES = f"""
[people.me]
emails = ["ada@example.org"]
accounts.github = "ada"
[sources.here]
connector = "git"
repositories = ["."]
[sources.a]
connector = "github"
token = "command:true --token={PLANTED}"
[sources.b]
connector = "github"
token = "env:{PLANTED}"
[sources.c]
connector = "github"
token = "file:{PLANTED}"
[sources.d]
connector = "github"
token = "keyring:{PLANTED}"
[sources.e]
connector = "github"
token = "keyring:service/{PLANTED}"
[sources.f]
connector = "github"
token = "command:{PLANTED}"
[sources.g]
connector = "github"
token = "command:false {PLANTED}"
[sources.h]
connector = "github"
token = "command:sh -c 'echo {PLANTED} spaced'"
[sources.i]
connector = "github"
app = {{id = 7, installation = 8, private_key = "file:/{PLANTED}/key.pem"}}
"""
COMMANDS = (
    ("report", *Q3, "-o", "a.md"),
    ("report", *Q3),
    ("verify", "a.md"),
    ("harvest", *Q3, "--refresh"),
    ("harvest", *Q3, "--dry-run"),
    ("sources",),
    ("doctor",),
    ("explain", *Q3, "a.md"),
    ("goals", "list"),
    ("ledger", "info"),
)


def everything_written(folder):
    """The text of all files in a folder but the configuration; of the ledger's tables their rows."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "harvester.toml":
            yield path.read_bytes().decode("utf-8", "replace")
    for log in folder.rglob("_delta_log"):
        yield DeltaTable(log.parent).to_pandas().to_csv()


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_no_planted_secret_is_written(tmp_path, debug):
    """A secret pasted behind any scheme, or among a command's arguments, is in no file, message or traceback."""
    terminal = stand_in(tmp_path, ONE_COMMIT)
    (terminal.cwd / "harvester.toml").write_text(SOURCES)
    commands = COMMANDS if debug else COMMANDS[:3] + COMMANDS[5:7]  # with --debug all say the same and more
    said = "".join("".join(run(terminal, *debug, *command)[1:]) for command in commands)
    assert "was not read" in said or "not set" in said
    for text in (said, *everything_written(tmp_path)):
        assert PLANTED not in text


@pytest.mark.parametrize(
    "line",
    [
        f'[sources.x]\nconnector = "git"\nrepositories = ["user:{PLANTED}@host:path"]',
        f'[sources.x]\nconnector = "git"\nrepositories = ["https://user:{PLANTED}@host/path"]',
        f'[sources.x]\nconnector = "git"\nrepositories = ["ssh://{PLANTED}@host/path"]',
        f'[sources.x]\nconnector = "git"\nrepositories = ["."]\nremote = "https://user:{PLANTED}@host/path"',
        f'[sources.x]\nconnector = "github"\nurl = "https://user:{PLANTED}@host"',
        f'[sources.x]\nconnector = "github"\nrepositories = ["https://{PLANTED}@github.com/a/b"]',
        f'[sources.x]\nconnector = "github"\ntoken = "{PLANTED}"',
        f'[sources.x]\nconnector = "github"\npassword = "{PLANTED}"',
        f'[sources.x]\nconnector = "notebook"\nfile = "https://user:{PLANTED}@host/notebook.md"',
        f'[ledger]\nlocation = "s3://{PLANTED}@bucket/ledger"',
        f'[ledger]\nlocation = "user:{PLANTED}@host:ledger"',
        f'[tickets]\nPAY = "https://user:{PLANTED}@jira.example"',
        f'[me]\ntimezone = "https://user:{PLANTED}@host"',
        f'[me]\nperson = "user:{PLANTED}@host"',
    ],
)
@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_pasted_credential_is_not_repeated(tmp_path, line, debug):
    """A password in an address is refused wherever it stands in harvester.toml, with its key and without itself."""
    terminal = stand_in(tmp_path, ONE_COMMIT)
    (terminal.cwd / "harvester.toml").write_text(line)
    for command in (("report", *Q3), ("doctor",), ("sources",)):
        status, out, err = run(terminal, *debug, *command)
        assert (status, PLANTED in out + err) == (1, False)
        assert "harvester.toml: " in err + out


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("git@github.com:org/repo", False),
        ("ada@example.org", False),
        ("https://example.org/@ada", False),
        ("12345+ada@users.noreply.github.com", False),
        ("C:\\work\\a@b", False),
        ("557058:f1a2-b3", False),
        ("keyring:mail/ada@example.org", False),
        ("ghp_" + "a1B2" * 9, True),
        ("user:p@h", True),
        ("postgres://u@h/d", True),
    ],
)
def test_what_holds_a_secret(text, holds):
    """Addresses of people and repositories hold none; users in URLs and passwords do."""
    assert holds_secret(text) == holds


def test_an_address_is_no_folder(tmp_path):
    """`git@github.com:org/repo` is what one clones from, and is refused with what to do."""
    terminal = stand_in(tmp_path, ONE_COMMIT)
    (terminal.cwd / "harvester.toml").write_text('[sources.x]\nconnector = "git"\nrepositories = ["git@h:o/r"]')
    assert "clone it, and name the folder of the clone" in run(terminal, "report", *Q3)[2]


# Time: linear, at up to a million.


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


NOTE = "## 2026-08-12 A\n"
LONG_NOTES = {
    "comments in a title": lambda n: "## 2026-08-12 " + "<!--" * n,
    "comments in a field": lambda n: f"{NOTE}result: " + "<!--" * n,
    "closed comments": lambda n: f"{NOTE}result: " + "<!-- -->" * (n // 2),
    "prose": lambda n: f"{NOTE}result: a\n" + "word\n" * (n // 10),
    "continued lines": lambda n: f"{NOTE}result: a\n" + " word\n" * (n // 10),
    "names": lambda n: NOTE + "with: a\n" * (n // 10),
    "fences": lambda n: NOTE + "```\n<!--\n" * (n // 10),
}


@pytest.mark.parametrize("make", LONG_NOTES.values(), ids=LONG_NOTES.keys())
def test_a_notebook_takes_linear_time(make):
    """A million characters of what once took the square of their number are read in seconds."""
    text = make(1_000_000)
    assert seconds(lambda: notebook.parse(text)) < 30


def test_a_large_decisions_file(tmp_path):
    """Thirty thousand decisions are read and compared with what exists in seconds."""
    path = tmp_path / "decisions.toml"
    entry = '[[decisions]]\nwork_item = "github.com/a/b#{}"\ngoal = "g"\ndecision = "accept"\ndate = 2026-08-03\n'
    path.write_text("".join(entry.format(number) for number in range(30_000)))
    items = [f"github.com/a/c#{number}" for number in range(30_000)]
    warnings = []
    assert seconds(lambda: warnings.extend(decisions.lint_decisions(decisions.load(path), ["g"], items))) < 60
    assert len(warnings) == decisions.MOST_WARNINGS + 1
    assert (
        warnings[-1]
        == "decisions.toml: 29,900 more decisions name a goal, a criterion or a work item that is not there"
    )


def test_a_file_beyond_the_limit(tmp_path):
    """A TOML file of more than four megabytes is refused before it is parsed."""
    (tmp_path / "decisions.toml").write_text("# " + "x" * LARGEST)
    with pytest.raises(ConfigError, match="too large"):
        decisions.load(tmp_path / "decisions.toml")


def test_many_errors_are_cut(tmp_path):
    """Of a thousand errors the first are shown; the rest is not even computed."""
    path = tmp_path / "goals.toml"
    path.write_text("[[goals]]\nname = 'a'\ntitle = 'A'\nmatch = {labels = ['x']}\n" * 1000)
    with pytest.raises(ConfigError) as caught:
        load.load(path, KnownNames())
    lines = caught.value.message.split("\n")
    assert (len(lines), lines[-1]) == (MOST_ERRORS + 1, "… and more")


# Files that no one meant.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 1500 + "]" * 1500, "line 1: this is nested more than 32 deep"),
        ("a = 1\nx = " + "{a=" * 1500 + "1" + "}" * 1500, "line 2: this is nested more than 32 deep"),
        ("\n[" + ".".join("a" * 1500) + "]", "line 2: this is nested more than 32 deep"),
        ("\n" + ".".join(['"a"'] * 1500) + " = 1", "line 2: this is nested more than 32 deep"),
        ("[a]\n" + "".join(f"[{'.'.join('a' * n)}]\n" for n in range(2, 31)) + "[" + ".".join("a" * 32) + "]\n"
         + ".".join("b" * 9) + " = 1", "this is nested more than 32 deep"),
        ("a = 1\nx = " + "9" * 5000, "line 2: this number has too many digits"),
        ("x = \x00", "this is not TOML"),
        ("x = 1e999999\ny = " + "1_0" * 3000, "line 2: this number has too many digits"),
    ],
)  # fmt: skip
def test_toml_that_is_too_much(text, said):
    """Tables and numbers beyond what Python reads are errors with file and place."""
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        parse_toml(text, Path("harvester.toml"))
    assert caught.value.message.startswith("harvester.toml: ")


def test_a_long_key_takes_linear_time():
    """tomllib takes the square of a dotted key's length, so a long one is refused before."""
    for text in (".".join("a" * 1_000_000), "a" * 4_000_000, '"a".' * 900_000, "a." * 20 + "b" * 3_000_000):
        began = time.perf_counter()
        with pytest.raises(ConfigError):
            parse_toml(text, Path("x.toml"))
        assert time.perf_counter() - began < 20


def test_tables_as_deep_as_allowed():
    """What people write is read."""
    deep = ".".join("a" * (DEEPEST - 2))
    assert parse_toml(f"{deep} = 1\r\n\ufeff"[:-1], Path("x.toml"))


FILES = ("harvester.toml", "goals.toml", "decisions.toml", "notebook.md")
NOTEBOOK = '[people.me]\nemails = ["ada@example.org"]\n[sources.n]\nconnector = "notebook"\n'
SPECIAL = {
    "pipe": os.mkfifo,
    "zeros": lambda path: path.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
    "loop": lambda path: path.symlink_to(path.name),
    "lost link": lambda path: path.symlink_to("nowhere"),
    "latin-1": lambda path: path.write_bytes(b"\nx = \xe9"),
}


@pytest.mark.parametrize("make", SPECIAL.values(), ids=SPECIAL.keys())
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_text_file(tmp_path, name, make):
    """A pipe, a device, a folder or a lost link by one of our names is an error that names it, and no wait."""
    terminal = stand_in(tmp_path, ONE_COMMIT)
    for other, text in zip(FILES, (NOTEBOOK, "", "", ""), strict=True):
        (terminal.cwd / other).write_text(text)
    (terminal.cwd / name).unlink()
    make(terminal.cwd / name)
    status, out, err = run(terminal, "report", *Q3)
    assert status in {1, 3}
    assert name.split(".")[0] in out + err
    assert "a bug" not in out + err


@pytest.mark.parametrize("make", SPECIAL.values(), ids=SPECIAL.keys())
@pytest.mark.parametrize("name", ["a.md", "a.md.evidence.json"])
def test_output_onto_no_text_file(tmp_path, name, make):
    """--output replaces no pipe and no device, and verify reads none; a folder gets the report into it."""
    terminal = stand_in(tmp_path, ONE_COMMIT)
    make(terminal.cwd / name)
    status, _, err = run(terminal, "report", *Q3, "-o", "a.md")
    if name == "a.md" and make in (SPECIAL["lost link"], SPECIAL["folder"]):
        assert status == 0
        return
    assert (status, err.startswith("Error: "), "a bug" in err) == (1, True, False)
    if not os.path.lexists(terminal.cwd / "a.md"):
        (terminal.cwd / "a.md").write_text("x")
    status, _, err = run(terminal, "verify", "a.md")
    assert (status, "a bug" in err) == (1, False)


PATHS = {"unknown user": "~nosuchuser/x", "long": "a" * 5000, "long parts": "a/" * 2500, "nul": "a\\u0000b"}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
@pytest.mark.parametrize(
    "line",
    [
        'sources.x = {{connector = "git", repositories = ["{}"]}}',
        'sources.x = {{connector = "notebook", file = "{}"}}',
        'sources.x = {{connector = "github", token = "file:{}"}}',
        'ledger.location = "{}"',
        'sources.x = {{connector = "git", repositories = ["."], git = "{}"}}',
        'sources.x = {{connector = "git", repositories = ["."], ref = "{}"}}',
    ],
)
@pytest.mark.parametrize("command", [("report", *Q3), ("doctor",), ("sources",), ("note", "Did it")])
def test_a_path_that_leads_nowhere(tmp_path, path, line, command):
    """Whatever a path in the configuration is, a command ends in an error of ours or a gap."""
    terminal = stand_in(tmp_path, ONE_COMMIT)
    head = 'people.me = {emails = ["ada@example.org"], accounts = {github = "ada"}}\n'
    (terminal.cwd / "harvester.toml").write_text(head + line.format(path))
    status, out, err = run(terminal, *command)
    assert status in {0, 1, 3}
    assert "a bug" not in out + err


@pytest.mark.parametrize("option", ["--config", "--repo", "-o"])
@pytest.mark.parametrize("path", ["~nosuchuser/x", "a" * 250, "a" * 5000, "a/" * 2500, "a\0b", "\udcff", "nowhere/x"])
def test_a_path_as_an_argument(tmp_path, option, path):
    """Whatever a path given as an option is, the command ends in an error of ours, or the file is written."""
    terminal = stand_in(tmp_path, ONE_COMMIT)
    status, out, err = run(terminal, "report", *Q3, option, path)
    assert (status, "a bug" in out + err) in {(0, False), (1, False)}
    assert status == 0 or err.startswith("Error: ")


def test_a_resolved_path_is_the_home_s(tmp_path, monkeypatch):
    """`~` is the home folder, and all else starts from the root that is given."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_path(Path("/r"), "~/x", error=SourceError) == tmp_path / "x"
    assert resolve_path(Path("/r"), "x", error=SourceError) == Path("/r/x")


def test_evidence_of_long_texts_is_bounded(tmp_path):
    """A title of a megabyte is cut in the evidence with a digest of the whole, and verify still compares it."""
    terminal = stand_in(tmp_path, ONE_COMMIT)
    for _ in range(3):
        subprocess.run(
            ["git", "commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-F", "-"],
            input="Long " + "x" * 1_000_000, text=True, cwd=terminal.cwd, check=True,
            env=terminal.environ | {
                "GIT_AUTHOR_DATE": "2026-07-02T09:00:00Z", "GIT_COMMITTER_DATE": "2026-07-02T09:00:00Z",
                "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
                "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
            },
        )  # fmt: skip
    assert run(terminal, "report", *Q3, "--person", "ada@example.org", "-o", "a.md")[0] == 0
    file = terminal.cwd / "a.md.evidence.json"
    assert file.stat().st_size < 50_000
    titles = [row["title"] for row in json.loads(file.read_text())["rows"]]
    assert any(re.search(r"… \(1,000,005 characters, [0-9a-f]{16}\)$", each) for each in titles)
    assert max(map(len, titles)) < LONGEST_TEXT + 60
    assert run(terminal, "verify", "a.md")[0] == 0


# The process: its streams, folder, arguments and locale.


def harvester(folder, shell, **environ):
    """A shell line with `harvester` for the command, in a folder; ends with its status, output and error."""
    return program(folder, "bash", "-c", shell.replace("harvester", f"'{sys.executable}' -m harvester"), **environ)


def program(folder, *command, **environ):
    """A program in a folder, which can import harvester; ends with its status, output and error."""
    made = environment(folder.parent / "home") | {"PYTHONPATH": str(Path(__file__).parent.parent)} | environ
    return subprocess.run(command, cwd=folder, env=made, capture_output=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("process")
    stand_in(folder, ONE_COMMIT + "git config user.email ada@example.org\n")
    return folder / "app"


REPORT = "harvester report --period 2026Q3"


@pytest.mark.parametrize(
    ("shell", "status", "said"),
    [
        (f"{REPORT} >&-", 1, b"Error: Standard output is closed; name a file with --output"),
        (f"{REPORT} -o closed.md >&- && test -s closed.md", 0, b"Wrote closed.md."),
        (f"{REPORT} 2>&-", 0, b""),
        (f"{REPORT} -o closed2.md >&- 2>&- <&- && test -s closed2.md", 0, b""),
        (f"{REPORT} 2>/dev/full", 0, b""),
        (f"{REPORT} -o full.md 2>/dev/full && test -s full.md", 0, b""),
        ("harvester report --period never 2>/dev/full", 1, b""),
        ("harvester report --nothing 2>/dev/full", 2, b""),
        ("harvester --help >&-", 1, b"Standard output is closed"),
        (f"{REPORT} >/dev/full", 1, b"The disk, or the device written to, is full."),
        (f"{REPORT} 1</dev/null", 1, b"Error: "),
        (f"mkdir gone && cd gone && rmdir ../gone && {REPORT}", 1, b"Error: There is no folder"),
        (f"{REPORT} --person $'\\xff@x'", 2, b"it is not UTF-8 text"),
        ("harvester report --period $'\\xff'", 2, b"it is not UTF-8 text"),
        (f"{REPORT} -o $'r\\xff.md' && test -s $'r\\xff.md'", 0, b"Wrote r?.md."),
        (f"{REPORT} -o {'a' * 300}.md", 1, b"is too long"),
        (f"{REPORT} -o {'a' * 240}.md", 1, b"is too long"),
        ("harvester explain --period 2026Q3 $'\\xff'", 2, b"it is not UTF-8 text"),
        ("harvester $'\\xff'", 2, b"Error: "),
    ],
)
def test_odd_streams_folders_and_arguments(repository, shell, status, said):
    """A clear error, the file written where it can be, and never a traceback."""
    finished = harvester(repository, shell)
    assert (finished.returncode, b"Traceback" in finished.stderr) == (status, False), finished.stderr
    assert said in finished.stderr
    assert b"a bug" not in finished.stderr


def test_a_deleted_folder_with_another_named(repository, tmp_path):
    """From a folder that was deleted, --repo and --output with whole paths work."""
    shell = f"mkdir gone2 && cd gone2 && rmdir ../gone2 && {REPORT} --repo '{repository}' -o '{tmp_path}/a.md'"
    finished = harvester(repository, shell)
    assert finished.returncode == 0, finished.stderr
    assert "Add a" in (tmp_path / "a.md").read_text()


SEVERAL = """
import sys
from harvester.cli.main import run
for line in ("report --period 2026Q3", "--help", "report --help", "sources", "doctor"):
    sys.argv[1:] = line.split()
    assert (status := run()) in (0, 3), (line, status)
"""
"""Several commands in one process, for starting five takes five times as long."""


@pytest.fixture(scope="module")
def plain(repository):
    """The report in the usual locale."""
    finished = harvester(repository, REPORT)
    assert finished.returncode == 0
    return finished.stdout


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"LANG": ""},
        {"COLUMNS": "1"},
        {"COLUMNS": "x"},
        {"TERM": "dumb"},
    ],
    ids=str,
)
def test_odd_locales_and_terminals(repository, plain, environ):
    """The same bytes in every locale and at every width, and no traceback."""
    finished = program(repository, sys.executable, "-c", SEVERAL, **environ)
    assert (finished.returncode, b"Traceback" in finished.stderr) == (0, False), finished.stderr
    assert finished.stdout.startswith(plain + b"Usage: ")


def test_an_error_beyond_ours_is_one_line(tmp_path):
    """The machine's and a library's errors are said in one line; --debug has the rest."""

    class Broken(type(stand_in(tmp_path, None))):
        failure: Exception = ValueError("odd\nthing")

        def zone(self):
            raise self.failure

    terminal = stand_in(tmp_path, ONE_COMMIT)
    broken = Broken(environ=terminal.environ, cwd=terminal.cwd, stdout=terminal.stdout, stderr=terminal.stderr)
    status, _, err = run(broken, "report")
    assert (status, err.split("\n")[0]) == (1, "Error: This is a bug: ValueError: odd thing")
    broken.failure = PermissionError(13, "Permission denied", "x/y")
    assert run(broken, "report")[2].startswith("Error: 'x/y': Permission denied.\n")
    assert "Traceback" in run(broken, "--debug", "report")[2]
