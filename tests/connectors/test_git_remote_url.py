"""A remote's URL to host, project and links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.connectors.git.remote_url import Remote, parse


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
        ("git@github.com-work:acme/rem.git", "github.com/acme/rem", "https://github.com/acme/rem/commit/f"),
        ("ssh://git@gitlab.com-2/g/p", "gitlab.com/g/p", "https://gitlab.com/g/p/-/commit/f"),
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


def test_the_configured_forge_of_a_host():
    """The configuration names the forge of a host whose name does not."""
    assert Remote("code.acme.org", "a/b", "gitlab", "https://code.acme.org/a/b") == parse(
        "git@code.acme.org:a/b", "gitlab"
    )
