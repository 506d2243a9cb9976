"""What `harvester init` proposes to read, by the remotes, glab's configuration and the environment."""

import subprocess
import tomllib

import pytest

from harvester.config import settings
from harvester.workspace.proposal import accounts_line
from harvester.workspace.proposals import propose
from tests.environments import run, stand_in

GLAB = """\
git_protocol: ssh
# hosts: nothing
editor: vim -c "set x: y"
hosts:
    gitlab.com:
        api_protocol: https
        token:
    code.acme.org:
        # what it is signed in as
        token: !!null glpat-aaaaaaaaaaaaaaaaaaaaaaaa
        api_host: code.acme.org:8443
        api_protocol: https
        user: "ada.byron"
    intranet.acme.org/gitlab:
        api_protocol: http
        user: ada_b
check_update: false
"""


@pytest.fixture
def machine(tmp_path):
    """An environment in which programs can be put: `machine("glab", config=…)`."""
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    (tmp_path / "bin").mkdir()

    def make(*programs, config="", place=".config/glab-cli", **variables):
        for name in programs:
            (tmp_path / "bin" / name).write_text("#!/bin/sh\nexit 1\n")
            (tmp_path / "bin" / name).chmod(0o755)
        if config:
            (tmp_path / place).mkdir(parents=True)
            (tmp_path / place / "config.yml").write_text(config)
        return environ | variables

    return make


def proposed(environ, *urls, emails=()):
    """By the name of each source its section, and its account under `account`."""
    found = {}
    for each in propose(environ, urls, emails):
        found |= tomllib.loads(each.section)["sources"]
        found[each.source]["account"] = each.account
    return found


def test_nothing_known_proposes_github_alone(machine):
    assert proposed(machine()) == {
        "github": {
            "connector": "github",
            "token": "env:GITHUB_TOKEN",
            "organisations": ["your-organisation"],
            "account": "your-login",
        }
    }
    assert proposed(machine("glab"), "git@codeberg.org:acme/pay.git").keys() == {"github"}


@pytest.mark.parametrize(
    "url", ["git@gitlab.com:Acme/web/pay.git", "https://u:secret@gitlab.com/Acme/pay", "ssh://git@altssh.gitlab.com:443/Acme/pay.git"]
)  # fmt: skip
def test_a_remote_at_gitlab_com_proposes_it(machine, url):
    """And not GitHub, for which nothing speaks; no credential of an address comes along."""
    assert proposed(machine(), url) == {
        "gitlab": {
            "connector": "gitlab",
            "token": "env:GITLAB_TOKEN",
            "groups": ["Acme"],
            "account": "your-username",
        }
    }


def test_github_stays_where_anything_speaks_for_it(machine):
    lab = "git@gitlab.com:acme/pay.git"
    assert list(proposed(machine(), lab, "git@github.com:acme/pay.git")) == ["github", "gitlab"]
    assert list(proposed(machine(GITHUB_TOKEN="x"), lab)) == ["github", "gitlab"]
    assert list(proposed(machine("gh"), lab)) == ["github", "gitlab"]


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("git@gitlab.acme.org:team/pay.git", "https://gitlab.acme.org"),
        ("ssh://git@gitlab.acme.org:2222/team/pay.git", "https://gitlab.acme.org"),
        ("https://gitlab.acme.org:8443/team/sub/pay.git", "https://gitlab.acme.org:8443"),
        ("http://gitlab.acme.org/team/pay.git", "http://gitlab.acme.org"),
    ],
)
def test_a_self_managed_host_gets_its_url(machine, remote, url):
    (gitlab,) = proposed(machine(), remote).values()
    assert (gitlab["url"], gitlab["groups"]) == (url, ["team"])


@pytest.mark.parametrize(
    "place", [".config/glab-cli", "Library/Application Support/glab-cli", "elsewhere/glab-cli", "mine"]
)
def test_glab_knows_hosts_users_and_tokens(machine, tmp_path, place):
    variables = {"elsewhere/glab-cli": {"XDG_CONFIG_HOME": str(tmp_path / "elsewhere")}}
    variables["mine"] = {"GLAB_CONFIG_DIR": str(tmp_path / "mine")}
    environ = machine("glab", config=GLAB, place=place, **variables.get(place, {}))
    (gitlab,) = proposed(environ, "git@code.acme.org:ada.byron/tool.git").values()
    assert gitlab == {
        "connector": "gitlab",
        "url": "https://code.acme.org:8443",
        "token": "command:glab config get token --host code.acme.org",
        "account": "ada.byron",
    }


def test_a_path_below_the_host_is_part_of_the_url(machine):
    environ = machine("glab", config=GLAB)
    for remote in ("http://intranet.acme.org/gitlab/team/pay.git", "git@intranet.acme.org:team/pay.git"):
        (gitlab,) = proposed(environ, remote).values()
        assert (gitlab["url"], gitlab["groups"]) == ("http://intranet.acme.org/gitlab", ["team"])
        assert gitlab["token"] == "command:glab config get token --host intranet.acme.org/gitlab"


def test_an_older_glab_has_the_path_by_itself(machine):
    environ = machine("glab", config="hosts:\n  intranet.acme.org:\n    subfolder: gitlab\n    user: ada\n")
    (gitlab,) = proposed(environ, "git@intranet.acme.org:team/pay.git").values()
    assert (gitlab["url"], gitlab["account"]) == ("https://intranet.acme.org/gitlab", "ada")


def test_without_a_remote_the_tools_speak(machine):
    """glab by whoever is signed in there; gitlab.com, which it always lists, only with a user."""
    environ = machine("glab", config=GLAB)
    found = {name: each["account"] for name, each in proposed(environ).items()}
    assert found == {"gitlab": "ada.byron", "intranet-acme-org": "ada_b"}
    with_token = proposed(environ | {"GITLAB_TOKEN": "x"})
    assert [(each["token"], each.get("url")) for each in with_token.values()] == [("env:GITLAB_TOKEN", None)]


def test_variables_name_the_host_and_the_token(machine):
    assert proposed(machine(GITLAB_TOKEN="x"))["gitlab"] == {
        "connector": "gitlab", "token": "env:GITLAB_TOKEN", "account": "your-username"
    }  # fmt: skip
    for host in ("code.acme.org/lab", "https://code.acme.org/lab/"):
        found = proposed(machine(GITLAB_TOKEN="x", GITLAB_HOST=host), "git@code.acme.org:team/pay.git")
        assert found["gitlab"]["url"] == "https://code.acme.org/lab"
    assert "gitlab" not in proposed(machine(GITLAB_HOST="a b;c"), "git@code.acme.org:team/pay.git")


def test_a_token_is_proposed_for_one_host_only(machine):
    """The variable of the first, which another host must not get."""
    found = proposed(machine(GITLAB_TOKEN="x"), "git@gitlab.com:acme/pay.git", "git@gitlab.acme.org:team/pay.git")
    assert {name: each["token"] for name, each in found.items()} == {
        "gitlab": "env:GITLAB_TOKEN",
        "gitlab-acme-org": "env:GITLAB_TOKEN_GITLAB_ACME_ORG",
    }


def test_private_addresses_name_the_accounts(machine):
    emails = ("7+Ada@users.noreply.github.com", "12-ada.b@users.noreply.gitlab.com", "ada@acme.org")
    urls = ("git@github.com:acme/pay.git", "git@gitlab.com:acme/pay.git")
    found = list(propose(machine(), urls, emails))
    assert accounts_line(found) == 'accounts = { github = "ada", gitlab = "ada.b" }'


@pytest.mark.parametrize("content", [b"\xff\xfe", b"hosts:\n- a\n", b"hosts:\n  a b: {}\n  ;rm:\n    user: x\n", b"["])
def test_a_broken_configuration_of_glab_is_none(machine, tmp_path, content):
    environ = machine("glab", config="x")
    (tmp_path / ".config/glab-cli/config.yml").write_bytes(content)
    assert list(proposed(environ)) == ["github"]


def test_init_proposes_gitlab_in_comments(tmp_path):
    """The file is valid with the `#` removed, and nothing of it is used before."""
    environment = stand_in(tmp_path)
    subprocess.run(
        ["git", "remote", "add", "origin", "https://u:secret@gitlab.acme.org/team/app.git"],
        cwd=environment.cwd, check=True,
    )  # fmt: skip
    environment.environ["PATH"] = "/usr/bin:/bin"
    environment.environ["GITLAB_TOKEN"] = "glpat-secret"
    run(environment, "init")
    path = environment.cwd / "harvester.toml"
    text = path.read_text()
    assert "secret" not in text
    assert list(tomllib.loads(text)["sources"]) == ["here", "notebook"]
    before, _, proposal = text.partition("# [sources.gitlab]")
    path.write_text(before.replace("# accounts", "accounts") + ("# [sources.gitlab]" + proposal).replace("# ", ""))
    config, written = settings.load(path), tomllib.loads(path.read_text())
    assert config.people.accounts_of("me", "gitlab") == ("your-username",)
    assert written["people"]["me"]["accounts"] == {"gitlab": "your-username"}
    assert written["sources"]["gitlab"] == {
        "connector": "gitlab", "url": "https://gitlab.acme.org", "token": "env:GITLAB_TOKEN", "groups": ["team"]
    }  # fmt: skip


NAMED = [f"PAY-{number} Charge once, in UTF-{number}" for number in range(8, 14)]


@pytest.mark.parametrize(
    ("messages", "sections"),
    [
        (
            ["See https://acme.atlassian.net/browse/PAY-7.", "OPS-1: x", "https://acme.atlassian.net/browse/WEB-1"],
            [{"url": "https://acme.atlassian.net", "email": "ada@example.org", "projects": ["PAY", "WEB"]}],
        ),
        (
            ["https://Jira.example.com:8443/tracker/browse/PAY-7?focusedCommentId=1", *NAMED],
            [{"url": "https://jira.example.com:8443/tracker", "projects": ["PAY"]}],
        ),
        (["https://acme.atlassian.net/browse/OPS-7", *NAMED], [
            {"url": "https://acme.atlassian.net", "email": "ada@example.org", "projects": ["OPS", "PAY"]}
        ]),
        (NAMED, [
            {"url": "https://your-company.atlassian.net", "email": "ada@example.org", "projects": ["PAY"]}
        ]),
        (NAMED[:4], []),
        ([*NAMED, *["Tidy up"] * 200], []),
        (["UTF-8, SHA-1, SHA-256 and ISO-8859-1", *[f"CVE-2026-{number}" for number in range(10)]], []),
        ([f"v1.0-RC-{number} and X86-{number}" for number in range(10)], []),
        ([], []),
    ],
)  # fmt: skip
def test_messages_that_name_tickets_propose_jira(machine, messages, sections):
    """By the addresses of tickets, or by keys that are named often; the user writes the address of the site then."""
    found = {}
    for each in propose(machine(), [], ["ada@example.org"], messages):
        found |= tomllib.loads(each.section)["sources"] if each.source.startswith("jira") else {}
    assert list(found.values()) == [{"connector": "jira", "token": "env:JIRA_TOKEN"} | each for each in sections]


def test_two_jiras_have_a_token_each(machine):
    """A token in the environment is sent to one host only."""
    messages = [f"https://{host}/browse/PAY-{number}" for host in ("b.example", "a.example") for number in range(9)]
    found = [tomllib.loads(each.section)["sources"] for each in propose(machine(), [], [], messages)][1:]
    assert [(name, each["url"], each["token"]) for made in found for name, each in made.items()] == [
        ("jira", "https://a.example", "env:JIRA_TOKEN"), ("jira-2", "https://b.example", "env:JIRA_TOKEN_2"),
    ]  # fmt: skip
    assert found[0]["jira"]["projects"] == ["PAY"]


def test_the_token_is_for_the_jira_that_most_link_to(machine):
    """One message of a stranger leads it to no other host, whatever it repeats and wherever its name is sorted."""
    messages = [
        *(f"https://jira.example/browse/PAY-{number}" for number in range(2)),
        "https://a.evil/browse/X1-1 " * 9,
    ]
    found = [tomllib.loads(each.section)["sources"] for each in propose(machine(), [], [], messages)][1:]
    assert [(each["url"], each["token"]) for made in found for each in made.values()] == [
        ("https://jira.example", "env:JIRA_TOKEN"), ("https://a.evil", "env:JIRA_TOKEN_2"),
    ]  # fmt: skip
