"""A small GitHub for the tests beside this file; a test that needs another world in it has a fixture of its own."""

from collections.abc import Iterator

import pytest

from tests.servers.github import GitHubServer, World


@pytest.fixture
def world() -> World:
    """An empty GitHub."""
    return World()


@pytest.fixture
def server(world: World) -> Iterator[GitHubServer]:
    """That GitHub, on localhost, while the test runs."""
    with GitHubServer(world) as running:
        yield running
