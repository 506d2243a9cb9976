"""One cluster for the tests of a module: its workers are processes of their own."""

import os
from collections.abc import Iterator

import pytest
from distributed import Client

from harvester.engine.cluster import connect


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with connect("dask", os.environ, workers=2) as made:
        yield made
