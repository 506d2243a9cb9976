"""What all tasks of a command share, sent once to each worker, also to one that joins later."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from distributed import WorkerPlugin, get_worker

if TYPE_CHECKING:
    from distributed import Client

Value = TypeVar("Value")


class _Holder(WorkerPlugin):
    """A value on a worker."""

    def __init__(self, value: Any, name: str) -> None:
        self.value, self.name = value, name


@dataclass(frozen=True, slots=True)
class Shared(Generic[Value]):
    """The name of a value that every worker has; the name alone is in the tasks."""

    name: str

    def get(self) -> Value:
        """The value, within a task."""
        held = get_worker().plugins[self.name]
        assert isinstance(held, _Holder)
        value: Value = held.value
        return value


@contextlib.contextmanager
def share(client: Client, value: Value) -> Iterator[Shared[Value]]:
    """Send a value to every worker, and take it away at the end of the block."""
    shared = share_for_good(client, value)
    try:
        yield shared
    finally:
        with contextlib.suppress(OSError):  # a cluster that is gone has nothing of ours any more
            client.unregister_worker_plugin(shared.name)


def share_for_good(client: Client, value: Value) -> Shared[Value]:
    """Send a value to every worker, where it stays as long as the cluster does."""
    name = f"harvester-{uuid.uuid4().hex}"
    client.register_plugin(_Holder(value, name), name=name)
    return Shared(name)
