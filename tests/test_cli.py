"""The command as a user meets it: what it says, what it writes, and its exit status."""

import dataclasses
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harvester.cli.main import COMMANDS
from harvester.cli.terminal import progress_text
from harvester.sdk.secrets import Secret, SecretStore
from tests.environments import PRELUDE, TerminalStream, run, shown, stand_in

PRELUDE_NAMES = PRELUDE.partition("git init")[0]
SOME = """
ada 2026-07-03T09:00:00+02:00 README.md "Say what this is for"
grace 2026-08-02T10:00:00+02:00 src/compiler.py "Compile"
"""


@pytest.fixture
def environment(tmp_path):
    return stand_in(tmp_path, SOME)


LOUD = """
import os
class Torn:
    def __del__(self):
        os.write(1, b"taken down")
torn = Torn()
from harvester.__main__ import run
run()
"""


@pytest.mark.parametrize(("argument", "status"), [("--version", 0), ("--unknown", 2)])
def test_the_process_ends_without_taking_the_interpreter_down(argument, status):
    """While it is taken down, a thread of Arrow's that needs it aborts the process."""
    done = subprocess.run([sys.executable, "-c", LOUD, argument], capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    assert "taken down" not in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_in_its_help(environment, name):
    status, out, _ = run(environment, name, "--help")
    assert status == 0
    assert "Example" in out
    assert f"harvester {name}" in out


def test_help_imports_nothing_heavy():
    heavy = {"pandas", "pyarrow", "deltalake", "pydantic", "jinja2", "rich", "numpy", "github", "requests"}
    script = (
        "import sys; from harvester.cli.main import main; main(['--help']); "
        f"print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_an_unknown_command_names_the_nearest(environment):
    status, _, err = run(environment, "reprot")
    assert status == 2
    assert "Did you mean 'report'?" in err


def test_a_report_needs_no_configuration(environment):
    """Without a harvester.toml the report is about git's user."""
    status, out, err = run(environment, "report", "--period", "2026Q3")
    assert (status, err) == (0, "")
    assert "# Ada Lovelace – accomplishments, Q3 2026" in out
    assert "Say what this is for" in out
    assert "Compile" not in out


def test_the_most_active_author_stands_in(tmp_path):
    """Without work of git's user in the last quarter it is the most active author's, and the report says so."""
    environment = stand_in(tmp_path, 'grace 2025-11-02T10:00:00+00:00 src/compiler.py "Compile"')
    status, out, _ = run(environment, "report")
    assert status == 0
    assert "# Grace Hopper – accomplishments, Q4 2025" in out
    assert "Ada Lovelace did nothing here in Q3 2026, so this is about Grace Hopper" in out


def test_a_bot_is_never_the_most_active(tmp_path):
    """Neither one that is listed nor one whose name says it; where there are only bots, that is an error."""
    bots = """
    tool() { who="Release Bot" mail="tool@ci.example" did "$@"; }
    listed() { who="dependabot[bot]" mail="d@ci.example" did "$@"; }
    for each in 1 2 3; do tool 2025-11-0${each}T10:00:00+00:00 a "Tool $each"; done
    for each in 1 2 3; do listed 2025-11-0${each}T10:00:00+00:00 a "Listed $each"; done
    """
    (tmp_path / "only").mkdir()
    environment = stand_in(tmp_path / "only", bots)
    status, out, err = run(environment, "report")
    assert (status, out) == (1, "")
    assert "There is no work by a person here yet, only by bots." in err
    environment = stand_in(tmp_path, bots + 'grace 2025-11-02T10:00:00+00:00 b "Compile"')
    assert "# Grace Hopper – accomplishments, Q4 2025" in run(environment, "report")[1]


def test_several_people_are_one_report(environment):
    """The heading names them all, each once, however they are called; and it is verified."""
    people = ("--person", "grace@example.org", "--person", "Ada Lovelace", "--person", "ada@example.org")
    status, out, err = run(environment, "report", "--period", "2026Q3", *people, "--output", "two.md")
    assert (status, out) == (0, "")
    text = (environment.cwd / "two.md").read_text()
    assert "# Grace Hopper, Ada Lovelace – accomplishments, Q3 2026" in text
    assert "Compile" in text
    assert "Say what this is for" in text
    assert run(environment, "verify", "two.md")[:2] == (0, "Same: 2 rows, 0 claims and all sources are unchanged.\n")
    unknown = ("--person", "nobody@example.org")
    status, out, err = run(environment, "report", "--period", "2026Q3", *people, *unknown)
    assert (status, out) == (1, "")
    assert "Unknown person 'nobody@example.org'" in err


def test_several_repositories_are_one_report(tmp_path):
    """All of git's users in them are oneself; nothing is stored, and what is wrong with one is an error."""
    environment = stand_in(tmp_path, SOME)
    (tmp_path / "other").mkdir()
    other = stand_in(tmp_path / "other", 'ada 2026-07-09T10:00:00+02:00 a "Elsewhere"')
    subprocess.run(["git", "config", "user.email", "grace@example.org"], cwd=other.cwd, check=True)
    repos = ("--repo", ".", "--repo", str(other.cwd), "--repo", str(environment.cwd))
    status, out, err = run(environment, "report", "--period", "2026Q3", *repos)
    assert (status, err) == (0, "")
    assert "# Ada Lovelace – accomplishments" in out
    assert all(each in out for each in ("Say what this is for", "Compile", "Elsewhere"))
    assert not (environment.cwd / ".harvester").exists()
    status, out, err = run(environment, "report", *repos, "--repo", "missing")
    assert (status, out) == (1, "")
    assert "There is no folder" in err


def test_without_a_git_user_it_is_the_most_active(environment):
    """The report says that user.email is not set."""
    subprocess.run(["git", "config", "--unset", "user.email"], cwd=environment.cwd, check=True)
    status, out, _ = run(environment, "report")
    assert status == 0
    assert "`user.email` is not set" in shown(out)


def test_whom_one_names_one_gets_even_without_work(environment):
    status, out, _ = run(environment, "report", "--period", "2026-01", "--person", "grace@example.org")
    assert status == 0
    assert "No work was found in this period." in out


@pytest.mark.parametrize("words", ["Grace Hopper", "grace hopper", "GRACE@example.org", "<grace@example.org>"])
def test_a_person_is_named_by_name_or_address(environment, words):
    _, out, _ = run(environment, "report", "--period", "2026Q3", "--person", words)
    assert "# Grace Hopper – accomplishments" in out


def test_nobody_is_an_error_with_the_nearest_name(environment):
    status, out, err = run(environment, "report", "--person", "grace@exmple.org")
    assert (status, out) == (1, "")
    assert "Unknown person 'grace@exmple.org'." in err
    assert "Did you mean 'grace@example.org'" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--period", "nonsense"], "'nonsense' is not a valid period."),
        (["--period", "2026-10-01..2026-07-01"], "ends before it begins"),
        (["--repo", "not/there"], "There is no folder"),
        (["--repo", ".."], "is not in a git repository"),
        (["--config", "missing.toml"], "cannot be read"),
        (["--output", "README.md/report.md"], "cannot be written"),
        (["--output", "README.md"], "is not a report that harvester wrote"),
        (["accomplishment"], "Did you mean 'accomplishments'?"),
    ],
)
def test_an_error_names_the_next_step(environment, arguments, said):
    """Status 1, nothing on standard output, a message and a hint, no traceback."""
    status, out, err = run(environment, "report", *arguments)
    assert (status, out) == (1, "")
    assert said in err
    assert len(err.strip().splitlines()) >= 2
    assert "Traceback" not in err


def test_a_folder_that_is_no_repository(tmp_path):
    status, _, err = run(stand_in(tmp_path, None), "report")
    assert status == 1
    assert "is not in a git repository" in err
    assert "harvester init" in err


def test_an_empty_repository_has_no_work_yet(tmp_path):
    status, _, err = run(stand_in(tmp_path, ""), "report")
    assert status == 1
    assert "There is no work here yet" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[me\n", "line 1"),
        ("[me]\npersn = 'me'\n", "me.persn: there is no such key; did you mean 'person'?"),
        ("[sources.here]\nconnector = 'gti'\n", "there is no connector 'gti'; did you mean 'git'?"),
        ("[sources.here]\nconnector = 'git'\nrepositorys = ['.']\n", "did you mean 'repositories'?"),
    ],
)  # fmt: skip
def test_a_broken_configuration_names_its_place(environment, text, said):
    """The message has the file and the line or key."""
    (environment.cwd / "harvester.toml").write_text(text)
    status, _, err = run(environment, "report")
    assert status == 1
    assert "harvester.toml" in err
    assert said in err


def test_repo_reads_no_configuration(environment):
    """A harvester.toml in the repository is ignored with --repo."""
    (environment.cwd / "harvester.toml").write_text("[broken")
    status, _, _ = run(environment, "report", "--repo", ".", "--period", "2026Q3")
    assert status == 0


def test_a_source_without_my_address_is_named(environment):
    """The report says that the source was skipped, and why."""
    (environment.cwd / "harvester.toml").write_text(
        '[people.me]\nname = "Ada"\nemails = ["ada@example.org"]\n'
        '[sources.here]\nconnector = "git"\nrepositories = ["."]\n'
        '[sources.hub]\nconnector = "github"\ntoken = "env:GITHUB_TOKEN"\norganisations = ["acme"]\n'
    )
    out = run(environment, "report", "--period", "2026Q3")[1]
    assert "hub was not read: `harvester.toml` names no address and no account" in " ".join(shown(out).split())


def test_an_edited_report_is_left_alone_without_force(environment):
    arguments = ("report", "--period", "2026Q3", "--output", "mine.md")
    assert run(environment, *arguments)[0] == 0
    assert run(environment, *arguments)[0] == 0
    with (environment.cwd / "mine.md").open("a") as file:
        file.write("My own words.\n")
    status, _, err = run(environment, *arguments)
    assert status == 1
    assert "has been edited and was not overwritten" in err
    assert "My own words." in (environment.cwd / "mine.md").read_text()
    assert run(environment, *arguments, "--force")[0] == 0


def test_a_report_is_verified_and_each_change_named(environment):
    assert run(environment, "report", "--period", "2026Q3", "--output", "mine.md")[0] == 0
    status, out, _ = run(environment, "verify", "mine.md")
    assert status == 0
    assert "Same: 1 row" in out
    late = PRELUDE_NAMES + 'ada 2026-09-20T09:00:00+02:00 late.md "Came late"\n'
    subprocess.run(["sh", "-c", late], cwd=environment.cwd, env=environment.environ, check=True)
    status, out, _ = run(environment, "verify", "mine.md")
    assert status == 1
    assert "row new: commit/" in out
    assert "Came late" in out
    with (environment.cwd / "mine.md").open("a") as file:
        file.write("My own words.\n")
    assert "mine.md has been edited." in run(environment, "verify", "mine.md")[1]


def test_changed_evidence_is_named(environment):
    """The evidence file is named, and not the report."""
    assert run(environment, "report", "--period", "2026Q3", "--output", "mine.md")[0] == 0
    evidence = environment.cwd / "mine.md.evidence.json"
    evidence.write_text(evidence.read_text().replace('"title": "', '"title": "Not '))
    status, out, _ = run(environment, "verify", "mine.md")
    assert status == 1
    assert out.splitlines()[0] == "mine.md.evidence.json is not what mine.md was made with: its rows differ."
    assert "was edited" not in out


@pytest.mark.parametrize("words", [("report", "--period", ""), ("report", "--person", " "), ("explain", "")])
def test_an_empty_value_is_wrong_usage(environment, words):
    """It does not mean what leaving the option out means."""
    status, out, err = run(environment, *words)
    assert (status, out) == (2, "")
    assert "it is empty" in err


def test_two_runs_write_the_same_bytes(environment):
    for name in ("one.md", "two.md"):
        run(environment, "report", "--period", "2026Q3", "--output", name)
    assert (environment.cwd / "one.md").read_bytes() == (environment.cwd / "two.md").read_bytes()
    assert (environment.cwd / "one.md.evidence.json").read_bytes() == (
        environment.cwd / "two.md.evidence.json"
    ).read_bytes()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "There is no report 'mine.md'."),
        ({"mine.md.evidence.json": "{}"}, "There is no report 'mine.md'."),
        ({"mine.md": ""}, "is not a report that harvester wrote"),
        ({"mine.md": "", "mine.md.evidence.json": "{"}, "cannot be read"),
        ({"mine.md": "", "mine.md.evidence.json": "{}"}, "is not evidence that this version reads"),
    ],
)
def test_what_cannot_be_verified_says_why(environment, files, said):
    for name, text in files.items():
        (environment.cwd / name).write_text(text)
    status, _, err = run(environment, "verify", "mine.md")
    assert status == 1
    assert said in err


def test_a_shallow_clone_is_incomplete(tmp_path):
    """Both the report and the exit status say so."""
    environment = stand_in(tmp_path, SOME + 'ada 2026-09-03T09:00:00+02:00 README.md "More"\n')
    shallow = tmp_path / "shallow"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth", "2", f"file://{environment.cwd}", str(shallow)],
        check=True,
        env=environment.environ,
    )
    arguments = ("report", "--repo", str(shallow), "--person", "ada@example.org", "--period", "2026Q3")
    status, out, _ = run(environment, *arguments)
    assert status == 3
    assert out.splitlines()[5].startswith("> **Incomplete.**")
    assert run(environment, *arguments, "--allow-incomplete")[0] == 0


def test_init_writes_files_that_work(environment):
    """The second call changes nothing and is an error."""
    status, out, _ = run(environment, "init")
    assert status == 0
    assert out.startswith("Wrote harvester.toml, goals.toml and notebook.md. Next: read them, then ")
    assert 'emails = ["ada@example.org"]' in (environment.cwd / "harvester.toml").read_text()
    assert run(environment, "report", "--period", "2026Q3")[0] == 0
    assert run(environment, "doctor")[0] == 0
    status, out, err = run(environment, "init")
    assert (status, out) == (1, "")
    assert "harvester.toml, goals.toml and notebook.md already exist and were not changed." in err


def test_a_page_says_how_to_write_what_it_lacks(environment):
    """A page about goals, criteria or questions of which there are none; no word of it is on the page."""
    of_period = ("report", "answers", "--period", "2026Q3")
    _, out, err = run(environment, *of_period)
    assert "There are no questions yet. To write some: `harvester init`, then `[[questions]]`, by docs/" in err
    assert "harvester init" not in out
    run(environment, "init")
    assert "There are no goals yet. To write some: `harvester goals add`." in run(environment, "checkin")[2]
    with (environment.cwd / "goals.toml").open("a") as file:
        file.write('[[questions]]\ntitle = "Impact"\n')
    assert run(environment, *of_period)[2] == ""
    assert "no questions" not in run(environment, *of_period, "--audience", "team")[2]


def test_init_needs_to_know_whose_work_counts(tmp_path):
    """Without git's user nothing is written; with a name and addresses that were given it is."""
    environment = stand_in(tmp_path, None)
    status, out, err = run(environment, "init")
    assert (status, out) == (1, "")
    assert "git has no user.name and user.email here" in err
    assert list(environment.cwd.iterdir()) == []
    assert "git has no user.email here" in run(environment, "init", "--name", "Ada")[2]
    assert run(environment, "init", "--name", " ")[0] == 2
    status, _, _ = run(environment, "init", "--name", "Ada", "--email", "a@x.example", "--email", "b@x.example")
    assert status == 0
    written = tomllib.loads((environment.cwd / "harvester.toml").read_text())
    assert written["people"] == {"me": {"name": "Ada", "emails": ["a@x.example", "b@x.example"]}}


def test_a_folder_where_nobody_is_named_is_an_error(tmp_path):
    environment = stand_in(tmp_path, None)
    (environment.cwd / "harvester.toml").write_text('[sources.notebook]\nconnector = "notebook"\n')
    status, out, err = run(environment, "report")
    assert (status, out) == (1, "")
    assert "No person is configured and git has no user." in err


TWINS = (
    SOME
    + """
home() { who="Ada Lovelace" mail="ada@home.example" did "$@"; }
home 2026-07-04T09:00:00+02:00 README.md "At home"
home 2026-07-05T09:00:00+02:00 README.md "At home again"
hub() { who="ada" mail="7+Ada-Lovelace@users.noreply.github.com" did "$@"; }
hub 2026-07-06T09:00:00+02:00 README.md "On the web"
work() { who="Hopper, Grace" mail="grace@work.example" did "$@"; }
work 2026-07-06T09:00:00+02:00 README.md "At work"
lab() { who="Lab Bot" mail="lab@work.example" did "$@"; }
lab 2026-07-06T09:00:00+02:00 README.md "By itself"
"""
)
MISSING = """[people.me]
emails = ["ada@example.org", "ada@home.example"]
accounts = { github = ["ada-lovelace"] }
"""


def test_init_and_doctor_say_who_is_missing(tmp_path):
    """With counts, reasons and the lines to write; once they are written, nothing is missing."""
    environment = stand_in(tmp_path, TWINS)
    _, out, _ = run(environment, "init")
    assert "Ada Lovelace <ada@home.example> (2; the same name)" in out
    assert "the login “adalovelace” reads as the name “Ada Lovelace”" in out
    assert MISSING in out
    status, out, _ = run(environment, "doctor")
    assert status == 0
    assert "warning  harvester: Ada Lovelace (1 contribution) may also be Ada Lovelace <ada@home.example>" in out
    assert textwrap.indent(MISSING, " " * 9) in out
    assert "ok       harvester: Grace Hopper <grace@example.org> (1 contribution) may also be Hopper, Grace" in out
    assert '         emails = ["grace@example.org", "grace@work.example"]' in out
    assert 'write into harvester.toml: bots = ["lab@work.example"]' in out
    path = environment.cwd / "harvester.toml"
    path.write_text(path.read_text().replace('emails = ["ada@example.org"]', MISSING.partition("\n")[2]))
    out = run(environment, "doctor")[1]
    assert "harvester: Ada Lovelace" not in out
    assert "At home again" in run(environment, "report", "--period", "2026Q3")[1]


def test_a_report_says_who_looks_like_its_person(tmp_path):
    """In its coverage, and only where the account did something in the period."""
    environment = stand_in(tmp_path, TWINS)
    out = shown(run(environment, "report", "--period", "2026Q3")[1])
    _, coverage = out.split("## Sources and coverage")
    assert (
        "here: Ada Lovelace <ada@home.example> (2 contributions) is not counted as Ada Lovelace, but looks" in coverage
    )
    assert "looks like the same person" not in run(environment, "report", "--period", "2026-08")[1]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (
            ["goals.toml"],
            "Wrote goals.toml. harvester.toml and notes.md already exist and were not changed. Next: read it",
        ),
        (
            ["notes.md"],
            "Wrote notes.md. harvester.toml and goals.toml already exist and were not changed. Next: read it",
        ),
        (
            ["goals.toml", "notes.md"],
            "Wrote goals.toml and notes.md. harvester.toml already exists and was not changed.",
        ),
    ],
)
def test_init_writes_only_what_is_missing(environment, missing, said):
    """Existing files keep their text, and the message names both."""
    mine = {"harvester.toml": '[sources.mine]\nconnector = "notebook"\nfile = "notes.md"\n', "goals.toml": "# Mine\n"}
    mine["notes.md"] = "# Mine\n"
    for name in mine.keys() - set(missing):
        (environment.cwd / name).write_text(mine[name])
    status, out, err = run(environment, "init")
    assert (status, err) == (0, "")
    assert out.startswith(said)
    for name in mine:
        text = (environment.cwd / name).read_text()
        assert (text == mine[name]) == (name not in missing)
    assert run(environment, "goals", "check")[0] == 0
    assert (environment.cwd / ".harvester" / "goals.schema.json").is_file()


def test_init_stops_at_a_broken_configuration(environment):
    """Nothing is written beside a harvester.toml that is not valid."""
    (environment.cwd / "harvester.toml").write_text("[sources.x]\n")
    status, out, err = run(environment, "init")
    assert (status, out) == (1, "")
    assert "harvester.toml: sources.x.connector" in err
    assert not (environment.cwd / "goals.toml").exists()


def test_init_proposes_github_in_comments(environment):
    """The remote's owner is filled in, and no credential."""
    subprocess.run(
        ["git", "remote", "add", "origin", "https://u:secret@github.com/example/app.git"],
        cwd=environment.cwd,
        check=True,
    )
    environment.environ["GITHUB_TOKEN"] = "ghp_secret"
    run(environment, "init")
    text = (environment.cwd / "harvester.toml").read_text()
    assert '# token = "env:GITHUB_TOKEN"' in text
    assert '# organisations = ["example"]' in text
    assert "secret" not in text


def test_init_writes_schemas_that_git_ignores(environment):
    """Editors read them; git status shows nothing of them."""
    run(environment, "init")
    schema = json.loads((environment.cwd / ".harvester" / "harvester.schema.json").read_text())
    assert "sources" in schema["properties"]
    status = subprocess.run(
        ["git", "status", "--porcelain"],
        cwd=environment.cwd,
        env=environment.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ".harvester" not in status.stdout


def test_harvest_says_what_came_in_words_and_as_json(environment):
    status, out, _ = run(environment, "harvest", "--period", "2026Q3", "--everyone")
    assert status == 0
    assert "here: 2 new, 0 changed, 0 removed, complete" in out
    data = json.loads(run(environment, "harvest", "--period", "2026Q3", "--everyone", "--json")[1])
    assert data["sources"][0] | {"replaced": 0} == {
        "source": "here", "complete": True, "skipped": "", "gaps": [], "new": 0, "replaced": 0, "dropped": 0,
    }  # fmt: skip


def test_a_dry_run_reads_and_stores_nothing(environment):
    """It shows what would be read, for whom, and what has changed in git."""
    status, out, _ = run(environment, "harvest", "--period", "2026Q3", "--dry-run")
    assert status == 0
    assert "here: would read 1 July to 30 September 2026 for ada@example.org" in out
    assert out.endswith(": all of the period\n")
    assert not (environment.cwd / ".harvester").exists()
    assert "nothing yet" in run(environment, "sources")[1]
    run(environment, "harvest", "--period", "2026Q3")
    out = run(environment, "harvest", "--period", "2026Q3", "--dry-run")[1]
    assert "would ask what has changed" in out
    assert "nothing has landed since" in out
    who = {"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"}
    amend = ["git", "commit", "-q", "--amend", "--allow-empty", "-m", "Compile better"]
    subprocess.run(amend, cwd=environment.cwd, check=True, env=environment.environ | who)
    assert "its history was rewritten" in run(environment, "harvest", "--period", "2026Q3", "--dry-run")[1]


def test_a_ledger_in_the_home_folder_is_found(environment, monkeypatch):
    """`~` means the same for harvest and sources."""
    monkeypatch.setenv("HOME", environment.environ["HOME"])
    run(environment, "init")
    place = environment.cwd / "harvester.toml"
    place.write_text(place.read_text() + '\n[ledger]\nlocation = "~/ledger"\n')
    assert run(environment, "harvest", "--period", "2026Q3")[0] == 0
    assert "1 July to 30 September 2026" in run(environment, "sources")[1]


def test_a_bare_repository_is_read(environment, tmp_path):
    """git's `safe.bareRepository = explicit` guards against hooks and programs; none is run here."""
    (tmp_path / "gitconfig").write_text("[safe]\n\tbareRepository = explicit\n")
    subprocess.run(
        ["git", "clone", "-q", "--bare", environment.cwd, tmp_path / "bare.git"], env=environment.environ, check=True
    )
    environment.environ = {**environment.environ, "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    environment.cwd = tmp_path / "bare.git"
    status, out, err = run(environment, "report", "--period", "2026Q3", "--person", "ada@example.org")
    assert (status, err) == (0, "")
    assert "Say what this is for" in out


def test_a_report_can_be_made_of_what_is_known_alone(environment):
    status, out, _ = run(environment, "report", "--period", "2026Q3", "--no-harvest")
    assert status == 3
    assert "not read yet" in out
    run(environment, "harvest", "--period", "2026Q3")
    status, out, _ = run(environment, "report", "--period", "2026Q3", "--no-harvest")
    assert status == 0
    assert "Say what this is for" in out


def test_what_was_read_is_kept_out_of_git_and_private(environment):
    run(environment, "harvest", "--period", "2026Q3")
    folder = environment.cwd / ".harvester" / "ledger"
    assert folder.stat().st_mode & 0o777 == 0o700
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=environment.cwd, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_repo_stores_nothing(environment):
    """There is no .harvester folder after --repo."""
    run(environment, "report", "--period", "2026Q3", "--repo", ".")
    assert not (environment.cwd / ".harvester").exists()


def test_what_was_read_is_shown_with_whose_and_when(environment):
    run(environment, "harvest", "--period", "2026Q3")
    out = run(environment, "sources")[1]
    assert "1 July to 30 September 2026" in out
    assert "ada@example.org" in out
    data = json.loads(run(environment, "sources", "--json")[1])
    assert data["sources"][0]["read"][0]["accounts"] == ["ada@example.org"]


def test_a_person_is_forgotten_everywhere(environment):
    """No file has their address, also not in rows of others."""
    run(environment, "harvest", "--period", "2026Q3", "--everyone")
    status, out, _ = run(environment, "forget", "grace@example.org", "--yes")
    assert (status, out) == (0, "Removed 1 row.\n")
    kept = b"".join(path.read_bytes() for path in (environment.cwd / ".harvester").rglob("*.parquet"))
    assert b"grace@example.org" not in kept


TWO_FORMS = """
mine() {
  GIT_COMMITTER_DATE=$2 git -c user.name="Ada Example" -c user.email="$1" commit -q --allow-empty --date $2 -m "$3"
}
mine ada-x@users.noreply.github.com 2026-07-01T09:00:00Z "Old form"
mine 4711+ada-x@users.noreply.github.com 2026-07-02T09:00:00Z "New form"
mine 4711+Ada-X@users.noreply.GitHub.com 2026-07-03T09:00:00Z "Other case"
git config user.email bob@example.org
git config user.name "Bob Example"
GIT_COMMITTER_DATE=2026-07-04T09:00:00Z git commit -q --allow-empty --date 2026-07-04T09:00:00Z -m "Together

Co-authored-by: Ada Example <4711+Ada-X@users.noreply.github.com>"
"""
PEOPLE_FILE = """
[me]
person = "ada"
[people.ada]
name = "Ada Example"
{ada}
[sources.here]
connector = "git"
repositories = ["."]
"""
FORMS = ["ada-x@users.noreply.github.com", "4711+Ada-X@users.noreply.github.com", "Ada Example"]
CONFIGURED = [
    'emails = ["ada-x@users.noreply.github.com"]',
    'emails = ["4711+ADA-x@users.noreply.github.com"]',
    'accounts = {github = "Ada-X"}',
]


@pytest.mark.parametrize("words", FORMS)
def test_a_stranger_has_one_no_reply_address(tmp_path, words):
    """With and without number and in any case it gives the same rows."""
    status, out, err = run(stand_in(tmp_path, TWO_FORMS), "report", "--period", "2026Q3", "--person", words)
    assert (status, err) == (0, "")
    assert "# Ada Example – accomplishments" in out
    assert "Landed 3 commits." in out
    assert "Together" in out


@pytest.mark.parametrize("ada", CONFIGURED)
def test_a_person_has_one_no_reply_address(tmp_path, ada):
    """An address in any form and the login give the same rows."""
    environment = stand_in(tmp_path, TWO_FORMS)
    (environment.cwd / "harvester.toml").write_text(PEOPLE_FILE.format(ada=ada))
    status, out, err = run(environment, "report", "--period", "2026Q3")
    assert (status, err) == (0, "")
    assert "Landed 3 commits." in out
    assert "Together" in out


@pytest.mark.parametrize("config", [None, *CONFIGURED])
@pytest.mark.parametrize("words", [*FORMS, "ada-x"])
def test_whoever_is_forgotten_leaves_no_trace(tmp_path, config, words):
    """By any form of a no-reply address, by login and by name; rows, coverage and cursors name them no more."""
    environment = stand_in(tmp_path, TWO_FORMS)
    if config:
        (environment.cwd / "harvester.toml").write_text(PEOPLE_FILE.format(ada=config))
    run(environment, "harvest", "--period", "2026Q3", "--everyone")
    run(environment, "harvest", "--period", "2026", "--person", FORMS[0])
    assert "ada-x" in on_disk(environment.cwd)
    assert run(environment, "forget", words, "--yes")[:2] == (0, "Removed 4 rows.\n")
    left = on_disk(environment.cwd)
    assert "bob@example.org" in left
    assert "ada-x" not in left
    assert "ada example" not in left


def on_disk(folder: Path) -> str:
    """All that the ledger's files say, as text."""
    tables = [str(pq.read_table(path).to_pylist()) for path in folder.rglob("*.parquet")]
    return "\n".join([*tables, *(path.read_text() for path in (folder / ".harvester").rglob("*.json"))]).casefold()


def test_who_is_not_to_be_forgotten_stays(environment):
    run(environment, "harvest", "--period", "2026Q3", "--everyone")
    for answer in ("n\n", "\n", ""):
        environment.stdin = TerminalStream(answer)
        assert run(environment, "forget", "Grace Hopper")[::2] == (1, "Nothing was removed.\n")
    assert "grace@example.org" in on_disk(environment.cwd)
    environment.stdin = TerminalStream("Y\n")
    assert run(environment, "forget", "Grace Hopper")[0] == 0


@pytest.mark.parametrize("words", ["2026Q3", "last 3 months"])
def test_a_period_in_place_of_a_kind_is_explained(environment, words):
    status, _, err = run(environment, "report", words)

    option = shlex.quote(words)
    assert (status, err) == (1, f"Error: Unknown report {words!r}.\nDid you mean --period {option}?\n")


def test_a_stranger_is_forgotten_by_name(environment):
    """A second time nobody of that name is found."""
    run(environment, "harvest", "--period", "2026Q3", "--everyone")
    assert run(environment, "forget", "Grace Hopper", "--yes")[:2] == (0, "Removed 1 row.\n")
    status, _, err = run(environment, "forget", "Grace Hopper", "--yes")
    assert (status, "Unknown person 'Grace Hopper'" in err) == (1, True)


NAMED = """
[me]
person = "{me}"
timezone = "Europe/Berlin"

[people.{me}]
name = "Ada Lovelace"
emails = ["ada@example.org"]

[people.mentee]
name = "Grace Hopper"
emails = ["grace@example.org"]
mentee = {{ since = 2026-01-01, consent = {consent} }}

[sources.{source}]
connector = "git"
repositories = ["."]
"""


def test_a_mentee_is_forgotten_in_renamed_sources(environment):
    """Rows of a source that has another name now go too."""
    config = environment.cwd / "harvester.toml"
    config.write_text(NAMED.format(me="ada", consent="true", source="here"))
    run(environment, "harvest", "--period", "2026Q3", "--everyone")
    config.write_text(NAMED.format(me="ada", consent="false", source="there"))
    assert run(environment, "forget", "mentee", "--yes")[:2] == (0, "Removed 1 row.\n")
    kept = b"".join(path.read_bytes() for path in (environment.cwd / ".harvester").rglob("*") if path.is_file())
    assert b"grace@example.org" not in kept


def test_a_report_is_verified_under_another_key(environment):
    """The person may have another key in [people], or none."""
    config = environment.cwd / "harvester.toml"
    config.write_text(NAMED.format(me="me", consent="true", source="here"))
    run(environment, "report", "--period", "2026Q3", "--output", "mine.md")
    config.write_text(NAMED.format(me="ada", consent="true", source="here").replace("mentee", "me", 1))
    assert run(environment, "verify", "mine.md")[:2] == (
        0,
        "Same: 1 row, 0 claims and all sources are unchanged.\n",
    )
    config.unlink()
    subprocess.run(["git", "config", "user.email", "grace@example.org"], cwd=environment.cwd, check=True)
    assert run(environment, "verify", "mine.md")[0] == 0


def test_rows_of_a_removed_source_do_not_count(environment):
    """They are in no report, and `sources` says that they are there."""
    config = environment.cwd / "harvester.toml"
    config.write_text(NAMED.format(me="me", consent="true", source="here"))
    run(environment, "harvest", "--period", "2026Q3")
    subprocess.run(["git", "commit", "-q", "--amend", "-m", "x"], cwd=environment.cwd, check=True,
        env=environment.environ | {"GIT_COMMITTER_NAME": "g", "GIT_COMMITTER_EMAIL": "g@example.org"})  # fmt: skip
    config.write_text(NAMED.format(me="me", consent="true", source="code"))
    out = run(environment, "report", "--period", "2026Q3")[1]
    assert "| git (code) | 1 July to 30 September 2026 | 1 | complete |" in out
    assert "The ledger also has rows of here" in run(environment, "sources")[1]


def test_a_failed_commit_makes_a_report_incomplete(environment):
    """The rows of before are shown, and that they are not up to date."""
    run(environment, "harvest", "--period", "2026Q3")
    names = {"GIT_AUTHOR_NAME": "Ada", "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"}
    names |= {"GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_DATE": "2026-08-20T10:00:00Z"}
    more = ["git", "commit", "-q", "--allow-empty", "-m", "More work"]
    subprocess.run(more, cwd=environment.cwd, check=True, env=environment.environ | names)
    log = environment.cwd / ".harvester" / "ledger" / "contributions" / "_delta_log"
    (log / f"{len(list(log.glob('*.json'))):020}.json").mkdir()  # in the way of the next commit
    status, out, _ = run(environment, "report", "--period", "2026Q3")
    assert (status, "More work" in out) == (3, False)
    assert "> **Incomplete.**" in out
    assert "not up to date" in out


def test_without_people_git_s_user_is_me(environment):
    """A harvester.toml without [people] is git's user's."""
    (environment.cwd / "harvester.toml").write_text('[sources.here]\nconnector = "git"\nrepositories = ["."]\n')
    status, out, err = run(environment, "report", "--period", "2026Q3")
    assert (status, err) == (0, "")
    assert "Say what this is for" in out
    assert "you are Ada Lovelace" in run(environment, "doctor")[1]


def test_commands_that_read_nothing_run_no_program(environment):
    """The git of a configuration is not started by them."""
    trap = environment.cwd / "trap.sh"
    trap.write_text("#!/bin/sh\ntouch sprung\n")
    trap.chmod(0o755)
    (environment.cwd / "harvester.toml").write_text(
        f'[people.me]\nname = "A"\nemails = ["a@example.org"]\n'
        f'[sources.here]\nconnector = "git"\nrepositories = ["."]\ngit = "{trap}"\n'
    )
    (environment.cwd / "goals.toml").write_text("")
    for command in (["sources"], ["goals", "list"], ["goals", "check"], ["note", "A note"], ["ledger", "info"]):
        run(environment, *command)
    assert not list(environment.cwd.rglob("sprung"))


def test_a_key_in_the_ledger_s_url_is_not_shown(environment):
    """It is refused, and the message does not repeat it."""
    text = '[ledger]\nlocation = "s3://KEY:hunter2@bucket/x"\n[sources.here]\nconnector = "git"\nrepositories = ["."]\n'
    (environment.cwd / "harvester.toml").write_text(text)
    status, out, err = run(environment, "sources")
    assert status == 1
    assert "ledger.location" in err
    assert "hunter2" not in out + err


def test_a_password_in_a_repository_is_not_shown(environment):
    """A URL among the repositories is refused without being repeated."""
    text = '[sources.here]\nconnector = "git"\nrepositories = [".", "https://me:hunter2@github.com/o/r.git"]\n'
    (environment.cwd / "harvester.toml").write_text(text)
    for command in (["report", "--period", "2026Q3"], ["doctor"], ["sources"]):
        status, out, err = run(environment, *command)
        assert (status, "sources.here.repositories[2]" in err) == (1, True)
        assert "hunter2" not in out + err


def test_a_terminated_run_leaves_no_temporary_file(environment, tmp_path):
    """SIGTERM ends a report with --repo with status 130."""
    trap = tmp_path / "slow"
    trap.write_text("#!/bin/sh\nsleep 20\n")
    trap.chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "bin" / "git").write_text(
        f'#!/bin/sh\ncase " $* " in *" log "*) exec {trap} ;; esac\nexec {shutil.which("git")} "$@"\n'
    )
    (tmp_path / "bin" / "git").chmod(0o755)
    environ = {
        **environment.environ,
        "PATH": f"{tmp_path / 'bin'}:{environment.environ['PATH']}",
        "TMPDIR": str(tmp_path / "tmp"),
    }
    command = [sys.executable, "-m", "harvester", "report", "--repo", ".", "--period", "2026Q3"]
    running = subprocess.Popen(
        command, cwd=environment.cwd, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(200):
        if list((tmp_path / "tmp").glob("harvester-*/ledger")):
            break
        time.sleep(0.05)
    assert list((tmp_path / "tmp").glob("harvester-*/ledger"))
    running.terminate()
    assert running.wait(30) == 130
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [{"period": {"days": "x", "zone": "UTC", "name": ""}}, {"rows": None}, {"persons": []}, {"read_at": {"here": 7}}],
)
def test_evidence_that_is_not_valid_is_refused(environment, change):
    """With a message, whatever is wrong in it."""
    run(environment, "report", "--period", "2026Q3", "--output", "mine.md")
    path = environment.cwd / "mine.md.evidence.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    status, _, err = run(environment, "verify", "mine.md")
    assert status == 1
    assert "has been edited" in err
    path.write_text("[" * 100_000)
    assert run(environment, "verify", "mine.md")[0] == 1


def test_reports_are_private_and_follow_no_link(environment):
    """Both files are their owner's alone; a link or a pipe in place of the evidence is refused."""
    run(environment, "report", "--period", "2026Q3", "--output", "mine.md")
    for name in ("mine.md", "mine.md.evidence.json"):
        assert (environment.cwd / name).stat().st_mode & 0o077 == 0
    (environment.cwd / "other.md.evidence.json").symlink_to(environment.cwd / "victim")
    status, _, err = run(environment, "report", "--period", "2026Q3", "--output", "other.md")
    assert (status, "is a link and was not overwritten" in err) == (1, True)
    assert not (environment.cwd / "victim").exists()
    os.mkfifo(environment.cwd / "pipe.md.evidence.json")
    status, _, err = run(environment, "report", "--period", "2026Q3", "--output", "pipe.md")
    assert (status, "not a regular file" in err) == (1, True)


def test_a_forged_report_is_found(environment):
    """Text and digest were changed together; verify shows the figure that differs."""
    run(environment, "report", "--period", "2026Q3", "--output", "mine.md")
    path = environment.cwd / "mine.md"
    body = path.read_text().partition("\n")[2].replace("1 commit", "9 commits", 1)
    head = path.read_text().partition("\n")[0]
    digest = hashlib.sha256(body.encode()).hexdigest()[:16]
    path.write_text(re.sub(r"text [0-9a-f]{16}", f"text {digest}", head) + "\n" + body)
    status, out, _ = run(environment, "verify", "mine.md")
    assert status == 1
    assert out == (
        "mine.md: line 6 says '**In short.** Landed 9 commits.', "
        "and this data gives '**In short.** Landed 1 commit.'.\n"
    )


def test_verify_prints_no_control_characters(environment):
    """A line added to a report cannot command the terminal."""
    run(environment, "report", "--period", "2026Q3", "--output", "mine.md")
    path = environment.cwd / "mine.md"
    head, _, body = path.read_text().partition("\n")
    body += "\x1b[2Jmore\n"
    digest = hashlib.sha256(body.encode()).hexdigest()[:16]
    path.write_text(re.sub(r"text [0-9a-f]{16}", f"text {digest}", head) + "\n" + body)
    out = run(environment, "verify", "mine.md")[1]
    assert f"line {len(body.splitlines()) + 1} says '?[2Jmore', and this data gives no 2 there." in out


def test_finding_the_most_active_stores_nothing(tmp_path):
    """Nobody asked for other people's rows, so none are in the ledger."""
    environment = stand_in(tmp_path, 'grace 2025-11-02T10:00:00+00:00 src/compiler.py "Compile"')
    run(environment, "report")
    kept = b"".join(path.read_bytes() for path in (environment.cwd / ".harvester").rglob("*") if path.is_file())
    assert b"grace@example.org" not in kept


def test_the_ledger_is_shown_compacted_and_exported(environment):
    """The exported file has the prepared columns."""
    import pyarrow.parquet

    run(environment, "harvest", "--period", "2026Q3", "--everyone")
    assert "here: 2 rows" in run(environment, "ledger", "info")[1]
    assert run(environment, "ledger", "compact")[0] == 0
    assert run(environment, "ledger", "export", "work.parquet")[0] == 0
    rows = pyarrow.parquet.read_table(environment.cwd / "work.parquet")
    assert rows.num_rows == 2
    assert {"person", "work_item", "work_item_key", "is_primary"} <= set(rows.column_names)
    assert rows["counted"].to_pylist() == [["commits"], ["commits"]]


def test_without_a_ledger_its_upkeep_says_what_to_do(environment):
    status, _, err = run(environment, "ledger", "info")
    assert status == 1
    assert "There is no ledger" in err


def test_late_and_rewritten_work_is_seen(environment):
    """The next report has a late commit, and after a reset it is the first one again."""
    first = run(environment, "report", "--period", "2026Q3")[1]
    late = PRELUDE_NAMES + 'ada 2026-09-20T09:00:00+02:00 late.md "Came late"\n'
    subprocess.run(["sh", "-c", late], cwd=environment.cwd, env=environment.environ, check=True)
    assert "Came late" in run(environment, "report", "--period", "2026Q3")[1]
    subprocess.run(
        ["git", "reset", "--quiet", "--hard", "HEAD^"], cwd=environment.cwd, env=environment.environ, check=True
    )
    assert run(environment, "report", "--period", "2026Q3")[1] == first


def test_sources_are_listed_in_words_and_as_json(environment):
    assert "git" in run(environment, "sources")[1]
    data = json.loads(run(environment, "sources", "--json")[1])
    assert [each["connector"] for each in data["sources"]] == ["git"]
    assert "git" in data["connectors"]


def test_a_source_that_is_not_there_names_the_nearest(environment):
    status, _, err = run(environment, "doctor", "heer")
    assert status == 1
    assert "did you mean 'here'?" in err


def test_doctor_says_how_things_stand(environment):
    status, out, _ = run(environment, "doctor")
    assert status == 0
    assert "you are Ada Lovelace" in out
    assert "here:" in out
    assert {each["state"] for each in json.loads(run(environment, "doctor", "--json")[1])} <= {"ok", "warning"}


def test_explain_tells_where_a_row_comes_from(environment):
    sha = subprocess.run(
        ["git", "log", "-1", "--format=%H", "--author=ada"],
        cwd=environment.cwd,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    for words in (sha, sha[:10], f"commit/{sha}"):
        status, out, _ = run(environment, "explain", words, "--period", "2026Q3")
        assert status == 0
        assert "Say what this is for" in out
        assert "commits" in out
    data = json.loads(run(environment, "explain", sha, "--period", "2026Q3", "--json")[1])
    assert data[0]["counted_as"] == ["commits", "lines_added", "lines_deleted", "unplanned", "pieces", "projects"]


def test_explaining_what_is_not_there(environment):
    status, _, err = run(environment, "explain", "pay#12", "--period", "2026-01")
    assert status == 1
    assert "There is no work item 'pay#12' in January 2026." in err


def test_progress_goes_to_standard_error(environment):
    """Standard output has no escape sequence."""
    environment.stderr = TerminalStream()
    status, out, _ = run(environment, "report", "--period", "2026Q3")
    assert status == 0
    assert "\x1b" not in out


def test_one_row_is_told_as_one():
    assert progress_text({"notebook": 1, "here": 1051}) == "Reading notebook: 1 row, here: 1,051 rows"


def test_no_color_is_kept_to(environment):
    environment.stdout = TerminalStream()
    environment.environ["NO_COLOR"] = "1"
    assert "\x1b[3" not in run(environment, "sources")[1]


def test_a_closed_pipe_ends_quietly(environment):
    done = subprocess.run(
        f"{sys.executable} -m harvester report --period 2026Q3 | head -c 1 >{os.devnull}",
        shell=True, cwd=environment.cwd, env=environment.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""


def test_an_interrupt_ends_with_130_and_no_traceback(environment):
    def interrupted():
        raise KeyboardInterrupt

    environment.clock = interrupted
    status, _, err = run(environment, "report")
    assert status == 130
    assert "Interrupted" in err
    assert "Traceback" not in err


def test_explain_tells_thread_claims_and_why(tmp_path):
    folder = Path(__file__).parent / "reports" / "goals"
    environment = stand_in(tmp_path, (folder / "history.sh").read_text())
    for name in ("harvester.toml", "goals.toml", "notebook.md"):
        (environment.cwd / name).write_bytes((folder / name).read_bytes())
    status, out, _ = run(environment, "explain", "pay#118", "--period", "2026Q3", "--json")
    assert status == 0
    data = next(each for each in json.loads(out) if each["role"] == "author")
    assert data["claims"] == [
        "claimed for payments-rewrite. Matched: 1 of 1 file under services/pay",
        "claimed for leads-projects. Matched: through the goal “Lead the payments rewrite”",
    ]
    assert data["thread"] == "github.com/example/pay#118"
    assert "github.com/example/pay#120" in data["with"]
    assert data["notes"] == [
        "Retries that cannot charge twice, 21 July 2026", "A month without a refund, 20 September 2026",
    ]  # fmt: skip
    assert data["why_not_counted"] == ""
    lines = run(environment, "explain", "pay#118", "--period", "2026Q3")[1].splitlines()
    claims = next(at for at, line in enumerate(lines) if line.startswith("claims "))
    assert [line[:17].strip() for line in lines[claims : claims + 2]] == ["claims", ""]
    assert lines[claims + 1].strip().startswith("claimed for leads-projects. Matched: ")
    out = run(environment, "explain", "Retries that", "--period", "2026Q3")[1]
    said = "result: No double charge since the release; 31 a month before.; technical: Idempotency keys carried through"
    assert f" {said} three services.; takeaway: The key" in out
    assert "outcome: no-double-charges = 0" in out
    fields = json.loads(run(environment, "explain", "Retries that", "--period", "2026Q3", "--json")[1])[0]["extra"]
    assert fields["outcome"] == "no-double-charges = 0"


def test_a_trailer_makes_nobody_two_people(tmp_path):
    """An address that only a trailer has is taken for a name only where nobody has work under it."""
    history = """
ada 2026-07-19T09:00:00+00:00 README.md "Begin"
grace 2026-07-20T09:00:00+00:00 round.py "Round

Reviewed-by: Ada Lovelace <ada@typo.example>
Tested-by: Cleo Poe <cleo@example.org>"
"""
    environment = stand_in(tmp_path, history)
    status, out, _ = run(environment, "report", "--person", "Ada Lovelace", "--period", "2026Q3")
    assert status == 0
    assert "Landed 1 commit." in out
    assert (
        "Helped with 1 change of 1 person"
        in run(environment, "report", "--person", "Cleo Poe", "--period", "2026Q3")[1]
    )


def test_explain_says_why_nothing_counts_a_row(tmp_path):
    history = """
git remote add origin https://github.com/example/pay
ada 2026-07-19T09:00:00+00:00 README.md "Begin"
git checkout --quiet -b retries
ada 2026-07-20T09:00:00+00:00 retry.py "Try again"
git checkout --quiet main
who="Grace Hopper" mail=grace@example.org as 2026-07-22T09:00:00+00:00 \\
    git merge --quiet --no-ff --message "Merge pull request #13 from ada/retries" retries
"""
    environment = stand_in(tmp_path, history)
    data = json.loads(
        run(environment, "explain", "pay#13", "--period", "2026Q3", "--person", "Grace Hopper", "--json")[1]
    )
    assert [(each["role"], each["why_not_counted"]) for each in data] == [("merger", "as merger: not in the totals")]
    sha = subprocess.run(
        ["git", "log", "-1", "--format=%H", "retries"], cwd=environment.cwd, capture_output=True, text=True, check=True
    ).stdout.strip()
    out = run(environment, "explain", sha, "--period", "2026Q3")[1]
    assert "why_not_counted  part of a pull request, which counts\n" in out


def test_a_report_is_utf_8_whatever_the_locale(environment):
    said = _process(environment, "report", "--period", "2026Q3", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (said.returncode, said.stderr) == (0, b"")
    assert "+1 −0" in said.stdout.decode("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_said_without_a_traceback(environment):
    with Path("/dev/full").open("wb") as full:
        said = _process(environment, "report", "--period", "2026Q3", stdout=full)
    assert said.returncode == 1
    assert said.stderr.startswith(b"Error: The disk")
    assert b"Traceback" not in said.stderr


def test_debug_shows_a_traceback_without_secrets(environment):
    vault = SecretStore({"TOKEN": "nonsense-token"}, environment.cwd)
    vault.reveal(Secret("env:TOKEN"))
    environment.secret_stores.append(vault)
    status, _, err = run(environment, "--debug", "report", "--period", "nonsense-token")
    assert status == 1
    assert "Traceback" in err
    assert "nonsense-token" not in err


def _process(environment, *arguments, stdout=subprocess.PIPE, **environ):
    return subprocess.run(
        [sys.executable, "-m", "harvester", *arguments],
        cwd=environment.cwd, env={**environment.environ, **environ}, stdout=stdout, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip


def test_a_person_without_accounts_is_an_error(environment):
    """It must not look like no work."""
    (environment.cwd / "harvester.toml").write_text(
        '[me]\nperson = "me"\n[people.me]\nname = "Ada"\n[sources.here]\nconnector = "git"\nrepositories = ["."]\n'
    )
    status, out, err = run(environment, "report")
    assert (status, out) == (1, "")
    assert "no address and no account on any source that may be read" in err
    assert "you have no account on here" in run(environment, "doctor")[1]


def test_a_folder_whose_name_ends_in_a_space_is_found(environment):
    spaced = environment.cwd.rename(environment.cwd.with_name("app "))
    status, out, err = run(dataclasses.replace(environment, cwd=spaced), "report", "--period", "2026Q3")
    assert (status, err) == (0, "")
    assert "Say what this is for" in out


def test_a_mailmap_s_old_address_names_a_person(environment):
    """Rows have the new address; the old one finds them."""
    (environment.cwd / ".mailmap").write_text("Grace Hopper <grace@navy.example> <grace@example.org>\n")
    status, out, err = run(environment, "report", "--period", "2026Q3", "--person", "grace@example.org")
    assert (status, err) == (0, "")
    assert "# Grace Hopper – accomplishments" in out
    assert "Compile" in out


@pytest.mark.parametrize("ada", CONFIGURED)
def test_a_mailmap_replaces_a_no_reply_address(tmp_path, ada):
    """A person is found by any form of it, where rows have the address that the mailmap gives."""
    environment = stand_in(tmp_path, TWO_FORMS)
    (environment.cwd / "harvester.toml").write_text(PEOPLE_FILE.format(ada=ada))
    old = ("ada-x@users.noreply.github.com", "4711+ada-x@users.noreply.github.com")
    (environment.cwd / ".mailmap").write_text("".join(f"Ada Example <ada@example.org> <{each}>\n" for each in old))
    assert "Landed 3 commits." in run(environment, "report", "--period", "2026Q3")[1]


def test_a_mailmap_gives_an_address_to_somebody_else(tmp_path):
    """It decides whose the commits are."""
    environment = stand_in(tmp_path, TWO_FORMS)
    bob = "\n[people.bob]\nemails = ['bob@example.org']\n"
    (environment.cwd / "harvester.toml").write_text(PEOPLE_FILE.format(ada=CONFIGURED[0]) + bob)
    (environment.cwd / ".mailmap").write_text("Bob <bob@example.org> <ada-x@users.noreply.github.com>\n")
    assert "Landed 2 commits." in run(environment, "report", "--period", "2026Q3")[1]
    assert "Landed 2 commits." in run(environment, "report", "--period", "2026Q3", "--person", "bob")[1]


def test_an_old_address_of_one_s_own_leads_to_oneself(environment):
    (environment.cwd / ".mailmap").write_text("<ada@example.org> <ada@old.example>\n")
    status, out, err = run(environment, "report", "--period", "2026Q3", "--person", "ada@old.example")
    assert (status, err) == (0, "")
    assert "Say what this is for" in out


def test_a_ledger_without_its_rows_is_read_again(environment):
    """Deleted rows must not look like no work."""
    before = run(environment, "report", "--period", "2026Q3")[1]
    shutil.rmtree(environment.cwd / ".harvester" / "ledger" / "contributions")
    assert run(environment, "report", "--period", "2026Q3", "--no-harvest")[0] != 0
    assert run(environment, "report", "--period", "2026Q3")[1] == before
