"""`harvester publish`: what it says, how it ends, and what it never says."""

import json
from pathlib import Path

import pytest

from harvester.publishing.testing import check_publisher, publisher_context
from harvester.sdk import plugins
from tests.conftest import blocks
from tests.environments import run, stand_in
from tests.publishing.places import TEAM, TOKENS, gitlab_place
from tests.servers.faults import Fault
from tests.servers.github import TOKEN, GitHubServer, World

GUIDE = Path(__file__).parents[2] / "docs" / "writing-a-publisher.md"
HISTORY = "ada 2026-07-01T09:00:00+00:00 a 'Ask @mallory about #7'\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A terminal in a folder with a page that `report` wrote."""
    terminal = stand_in(tmp_path_factory.mktemp("written"), HISTORY)
    terminal.environ = {**terminal.environ, **TOKENS}
    assert run(terminal, "report", "--period", "2026Q3", "-o", "page.md", "--embed-evidence")[0] == 0
    assert run(terminal, "report", "--period", "2026Q3", "-o", "page.json")[0] == 0
    return terminal


@pytest.fixture
def hub():
    with GitHubServer(World()) as server:
        server.world.repository(TEAM, private=True)
        yield server


def to(hub, *arguments):
    return ("publish", "page.md", "--to", f"github-issue:{hub.url}/{TEAM}", *arguments)


def test_a_report_is_published_and_updated(written, hub):
    """Created, then unchanged; a dry run says so before."""
    title = "'Ada Lovelace – accomplishments, Q3 2026'"
    assert run(written, *to(hub, "--dry-run")) == (0, f"Would create issue {title} in acme/team\n", "")
    status, out, err = run(written, *to(hub))
    assert (status, out, err) == (0, f"Created issue {title} in acme/team: {hub.world.items[0]['url']}\n", "")
    assert run(written, *to(hub)) == (0, f"Unchanged: {hub.world.items[0]['url']}\n", "")
    assert "@mallory" not in hub.world.items[0]["body"].replace("\u2060@", "")
    assert "evidence of this page" not in hub.world.items[0]["body"]


def test_programs_read_json(written, hub):
    status, out, _ = run(written, *to(hub, "--json"))
    told = json.loads(out)
    assert (status, told["complete"], told["dry_run"], told["url"]) == (0, True, False, hub.world.items[0]["url"])
    assert [each["action"] for each in told["steps"]] == ["create"]


def test_a_token_is_nowhere(written, hub):
    """Not where the service repeats it, nor in a traceback, nor where it is given in place of its place."""
    hub.world.read_only = True
    hub.token = "another"
    for command in (("--debug", *to(hub)), to(hub), to(hub, "--token", TOKEN), to(hub, "--token", "env:NOWHERE")):
        status, out, err = run(written, *command)
        assert status in (1, 2)
        assert err
        assert TOKEN not in out + err


@pytest.mark.parametrize("more", [(), ("--json",), ("--debug",)], ids=str)
def test_a_token_in_an_answer_is_nowhere(written, hub, more):
    """Not in the address of what was written, and none of its signs is obeyed."""
    answer = {
        "number": 1,
        "html_url": f"https://evil.example/\x1b[2J\n::add-mask::e?{TOKEN}",
        "created_at": "2026-07-02",
    }
    hub.rule = lambda asked: Fault(201, json.dumps(answer)) if asked.path.endswith("/issues") else None
    hub.script(None, None, Fault(200, "[]"))
    debug, told = ("--debug",) if "--debug" in more else (), [each for each in more if each != "--debug"]
    status, out, err = run(written, *debug, *to(hub, *told))
    assert status == 0
    assert "evil.example" in out
    assert [each for each in (TOKEN, "\x1b", "\n::") if each in out + err] == []


def test_an_incomplete_page_is_published(written, hub, tmp_path):
    """Its head says so, and the exit status is 3."""
    page = (written.cwd / "page.md").read_text()
    (written.cwd / "incomplete.md").write_text(
        page.replace(" Europe/Berlin · rows", " Europe/Berlin · incomplete · rows", 1)
    )
    arguments = ("publish", "incomplete.md", "--to", f"file:{tmp_path}/out.md")
    assert run(written, *arguments)[0] == 3
    status, out, err = run(written, *arguments)
    assert (status, out) == (3, f"Unchanged: {tmp_path}/out.md\n")
    assert err == "Incomplete: the page says what is missing.\n"
    assert run(written, *arguments, "--allow-incomplete")[0] == 0


@pytest.mark.parametrize(
    ("more", "arguments"),
    [
        ('repositories = [".", "gone"]\n', ()),
        (
            'repositories = ["."]\n[people.bo]\n[teams.all]\nmembers = [{person = "me"}, {person = "bo"}]\n',
            ("--team", "all"),
        ),
    ],
    ids=["a source", "a person"],
)
def test_what_is_missing_is_in_the_head(tmp_path, more, arguments):
    """A report that is incomplete says so in its first line too, so that publishing it knows."""
    terminal = stand_in(tmp_path, HISTORY)
    (terminal.cwd / "harvester.toml").write_text(
        f'[people.me]\nemails = ["ada@example.org"]\n[sources.here]\nconnector = "git"\n{more}'
    )
    assert run(terminal, "report", "--period", "2026Q3", "-o", "page.md", *arguments)[0] == 3
    assert " · incomplete · rows " in (terminal.cwd / "page.md").read_text().partition("\n")[0]
    assert run(terminal, "publish", "page.md", "--to", "file:out.md")[0] == 3


def test_an_edited_page_is_its_authors(written, hub):
    """It is published as it is, and that is said."""
    page = (written.cwd / "page.md").read_text()
    (written.cwd / "edited.md").write_text(page.replace("landed 1", "landed a very good 1", 1))
    status, _, err = run(written, "publish", "edited.md", "--to", f"github-issue:{hub.url}/{TEAM}")
    assert (status, err) == (0, "The page has been edited since harvester wrote it, and is published as it is.\n")
    assert "a very good" in hub.world.items[0]["body"]


@pytest.mark.parametrize(
    ("name", "to", "words"),
    [
        ("nowhere.md", "summary", "There is no report"),
        ("notes.md", "summary", "not a page that harvester wrote"),
        ("page.md", "github-isue:a/b", "Did you mean 'github-issue'?"),
        ("page.md", "summary", "GITHUB_STEP_SUMMARY is not set"),
        ("page.md", "github-issue:a", "names no place"),
        ("page.json", "github-issue:a/b", "is not Markdown"),
    ],
)
def test_what_cannot_be_published(written, name, to, words):
    """The error says what to do."""
    (written.cwd / "notes.md").write_text("# Mine\n")
    status, out, err = run(written, "publish", name, "--to", to)
    assert (status, out) == (1, "")
    assert words in err


def test_any_format_can_be_a_file(written, tmp_path):
    assert run(written, "publish", "page.json", "--to", f"file:{tmp_path}")[0] == 0
    assert (tmp_path / "page.json").read_bytes() == (written.cwd / "page.json").read_bytes()


def test_gitlab_reads_its_own_variables(written):
    """In GitLab's CI the address of the server is known."""
    with gitlab_place() as place:
        written.environ = {**written.environ, "CI_SERVER_URL": place.server.url}
        assert run(written, "publish", "page.md", "--to", f"gitlab-issue:{TEAM}")[0] == 0
        assert len(place.issues) == 1


def test_ours_are_found_as_anyones():
    found = {name: each.value for name, each in plugins.available(plugins.PUBLISHERS).items()}
    assert found["github-issue"] == "harvester.publishing.github_issue:GitHubIssue"
    assert set(found) == {"file", "github-issue", "gitlab-issue", "summary"}


def test_the_publisher_of_the_guide(install, written, tmp_path):
    """A third party's is found and keeps the contract."""
    install(
        "harvester_folder", blocks(GUIDE, "python")[0], group="harvester.publishers", folder="harvester_folder:Folder"
    )
    made = plugins.load(plugins.PUBLISHERS, "folder")
    state = tmp_path / "pages"
    state.mkdir()
    check_publisher(
        lambda context: made(str(state), context),
        publisher_context(tmp_path),
        lambda: {each.name: each.read_bytes() for each in state.iterdir()},
    )
    assert run(written, "publish", "page.md", "--to", f"folder:{state}")[0] == 0
    install("harvester_wrong", "def wrong(): ...\n", group="harvester.publishers", wrong="harvester_wrong:wrong")
    assert "is not a dataclass" in run(written, "publish", "page.md", "--to", "wrong:x")[2]
