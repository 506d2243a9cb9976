"""A remote's URL to host, project and links."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.connectors.git.ssh_config import read_ssh_config
from harvester.sdk.remote_url import Remote, parse


@pytest.mark.parametrize(
    ("url", "name", "link"),
    [
        ("git@github.com:Acme/Shop.git", "github.com/Acme/Shop", "https://github.com/Acme/Shop/commit/f"),
        ("https://github.com/Acme/Shop", "github.com/Acme/Shop", "https://github.com/Acme/Shop/commit/f"),
        ("https://u:secret@GitHub.com/Acme/Shop.git/", "github.com/Acme/Shop", "https://github.com/Acme/Shop/commit/f"),
        ("ssh://git@ssh.github.com:443/Acme/Shop.git", "github.com/Acme/Shop", "https://github.com/Acme/Shop/commit/f"),
        ("ssh://git@gitlab.acme.org:2222/g/p.git", "gitlab.acme.org/g/p", "https://gitlab.acme.org/g/p/-/commit/f"),
        ("https://gitlab.acme.org:8443/g/p", "gitlab.acme.org/g/p", "https://gitlab.acme.org:8443/g/p/-/commit/f"),
        ("http://gitea.acme.org/g/p", "gitea.acme.org/g/p", "http://gitea.acme.org/g/p/commit/f"),
        ("git@bitbucket.org:g/p.git", "bitbucket.org/g/p", "https://bitbucket.org/g/p/commits/f"),
        ("git@github.com-work:acme/rem.git", "github.com-work/acme/rem", None),
        ("ssh://git@gitlab.com-2/g/p", "gitlab.com-2/g/p", None),
        ("git@github.com-evil.example:g/p", "github.com-evil.example/g/p", None),
        ("https://github.com-evil.example/g/p", "github.com-evil.example/g/p", "https://github.com-evil.example/g/p/commit/f"),
        ("https://bitbucket.acme.org/scm/pay/app.git", "bitbucket.acme.org/pay/app", "https://bitbucket.acme.org/projects/PAY/repos/app/commits/f"),
        ("ssh://git@bitbucket.acme.org:7999/pay/app.git", "bitbucket.acme.org/pay/app", "https://bitbucket.acme.org/projects/PAY/repos/app/commits/f"),
        ("https://bitbucket.acme.org/git/scm/~ada/app.git", "bitbucket.acme.org/~ada/app", "https://bitbucket.acme.org/git/users/ada/repos/app/commits/f"),
        ("https://ada@dev.azure.com/acme/My%20Shop/_git/app", "dev.azure.com/acme/My%20Shop/app", "https://dev.azure.com/acme/My%20Shop/_git/app/commit/f"),
        ("https://dev.azure.com/acme/_git/shop", "dev.azure.com/acme/shop/shop", "https://dev.azure.com/acme/shop/_git/shop/commit/f"),
        ("https://acme.visualstudio.com/DefaultCollection/shop/_git/app", "dev.azure.com/acme/shop/app", "https://dev.azure.com/acme/shop/_git/app/commit/f"),
        ("git@ssh.dev.azure.com:v3/acme/shop/app", "dev.azure.com/acme/shop/app", "https://dev.azure.com/acme/shop/_git/app/commit/f"),
        ("acme@vs-ssh.visualstudio.com:v3/acme/shop/app", "dev.azure.com/acme/shop/app", "https://dev.azure.com/acme/shop/_git/app/commit/f"),
        ("ssh://acme@acme.visualstudio.com:22/shop/_ssh/app", "dev.azure.com/acme/shop/app", "https://dev.azure.com/acme/shop/_git/app/commit/f"),
        ("https://tfs.acme.org/tfs/All/shop/_git/app", "tfs.acme.org/tfs/All/shop/app", "https://tfs.acme.org/tfs/All/shop/_git/app/commit/f"),
        ("git@gitlab.acme.org-work:g/p", "gitlab.acme.org-work/g/p", None),
        ("https://gitlab.acme.my-lan/g/p", "gitlab.acme.my-lan/g/p", "https://gitlab.acme.my-lan/g/p/-/commit/f"),
        ("git@gitlab.10.0.0.7:g/p", "gitlab.10.0.0.7/g/p", "https://gitlab.10.0.0.7/g/p/-/commit/f"),
        ("git://repo.or.cz/git-gui.git", "repo.or.cz/git-gui", None),
        ("git@mygithub.acme.org:g/p", "mygithub.acme.org/g/p", None),
        ("git@work:g/p", "work/g/p", None),
    ],
)  # fmt: skip
def test_every_url_names_its_project(url, name, link):
    """Every form of a URL names the project, without credentials."""
    remote = parse(url)
    assert remote is not None
    assert (name, link) == (remote.name, remote.commit_url("f"))
    assert "secret" not in repr(remote)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/srv/git/shop.git",
        "../shop",
        "file:///srv/shop.git",
        "C:/code/shop",
        "https://",
        "https://github.com/",
        "git@github.com:a b",
        "https://github.com/a\nb",
        "ext::sh -c x",
        "https://gi<thub.com/a/b",
    ],
)
def test_a_path_is_no_remote(url):
    """A path, or what cannot be read, is no remote."""
    assert parse(url) is None


@given(st.text(max_size=60))
def test_any_url_is_read_without_its_password(text):
    """Any text can be read, and no user or password is kept."""
    parse(text)
    assert "pa55" not in repr(parse(f"https://u:pa55@github.com/{text}"))


def test_pull_requests_have_links():
    """Pull requests have links where the forge is known."""
    assert parse("git@github.com:a/b").pull_url("#3") == "https://github.com/a/b/pull/3"
    assert parse("git@gitlab.com:a/b").pull_url("!3") == "https://gitlab.com/a/b/-/merge_requests/3"
    assert parse("git@bitbucket.org:a/b").pull_url("#3") == "https://bitbucket.org/a/b/pull-requests/3"
    assert parse("git@codeberg.org:a/b").pull_url("#3") == "https://codeberg.org/a/b/pulls/3"
    assert parse("git@example.org:a/b").pull_url("#3") is None
    server = parse("https://code.acme.org/scm/pay/app", "bitbucket")
    assert server.pull_url("#3") == "https://code.acme.org/projects/PAY/repos/app/pull-requests/3"
    azure = parse("git@ssh.dev.azure.com:v3/acme/shop/app")
    assert azure.pull_url("!3") == "https://dev.azure.com/acme/shop/_git/app/pullrequest/3"


def test_the_configured_forge_of_a_host():
    """The configuration names the forge of a host whose name does not."""
    assert Remote("code.acme.org", "a/b", "gitlab", "https://code.acme.org/a/b") == parse(
        "git@code.acme.org:a/b", "gitlab"
    )


CONFIG = """
HostName everywhere.example
Include more/*
Host github.com-work  other
    HostName=github.com
Host *.lan !no.lan
    HostName %h.acme.org
Match exec "touch ran"
    HostName github.com
Host "gh"
    hostname "ssh.github.com" # over port 443
Host open
    HostName "github.com
"""


def ssh_config(home, text):
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "config").write_text(text)
    return read_ssh_config({"HOME": str(home)})


def test_ssh_configuration_names_hosts(tmp_path):
    """An alias is what ssh's configuration says, whose commands are not run."""
    (tmp_path / ".ssh" / "more").mkdir(parents=True)
    (tmp_path / ".ssh" / "more" / "gl").write_text("Host gl\n  HostName GitLab.com\n  Include more/*\n")
    (tmp_path / ".ssh" / "config").write_text(CONFIG.replace("HostName everywhere.example\n", ""))
    config = read_ssh_config({"HOME": str(tmp_path)})
    expected = {
        "github.com-work": "github.com", "other": "github.com", "a.lan": "a.lan.acme.org", "no.lan": None,
        "gh": "ssh.github.com", "gl": "gitlab.com", "open": None, "unknown": None,
    }  # fmt: skip
    assert expected == {each: config.host_name(each) for each in expected}
    assert not (tmp_path / "ran").exists()


def test_an_alias_is_resolved_for_ssh_alone(tmp_path):
    """An alias counts in the URLs of ssh, where the host is not clearly one on a network."""
    config = ssh_config(
        tmp_path / "a", "Host github.com-work gh\n HostName github.com\nHost gitlab.com\n HostName 10.0.0.1\n"
    )
    for url in ("git@github.com-work:a/b", "ssh://git@gh/a/b.git"):
        assert parse(url, None, config.host_name).commit_url("f") == "https://github.com/a/b/commit/f"
    assert parse("https://github.com-work/a/b", None, config.host_name).name == "github.com-work/a/b"
    assert parse("git@gitlab.com:a/b", None, config.host_name).name == "gitlab.com/a/b"
    everything = ssh_config(tmp_path / "b", "HostName ssh.github.com")
    assert parse("git@gh:a/b", None, everything.host_name).name == "github.com/a/b"


def test_no_ssh_configuration_is_an_empty_one(tmp_path):
    """A configuration that is missing, is no file or includes itself has no aliases."""
    assert read_ssh_config({}).entries == ()
    assert read_ssh_config({"HOME": str(tmp_path)}).entries == ()
    assert ssh_config(tmp_path / "a", "Include config\n" * 3).entries == ()
    (tmp_path / ".ssh").mkdir()
    os.mkfifo(tmp_path / ".ssh" / "config")
    assert read_ssh_config({"HOME": str(tmp_path)}).entries == ()
