"""Signals that end a command reach the command alone, which ends its workers in order; in the middle of it they wait.

A terminal sends Ctrl-C to all processes of a command, as `timeout` sends its signal. A worker that ended by itself
would write a traceback, and be missed by the others while they close.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.resource_tracker import ensure_running
from types import FrameType
from typing import Any

ENDING = tuple({signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)})
SECONDS = 15.0
"""A signal so long after the first is from somebody who does not want to wait."""


@contextlib.contextmanager
def held_back(seconds: float = SECONDS) -> Iterator[None]:
    """Signals that would end this process take effect at the end of the block; its new processes have them blocked.

    New processes are also those that a thread which was begun within the block starts at any time. Of a signal that
    comes so many seconds after the first the effect is at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt the main thread only
        return
    ensure_running()  # it unblocks signals in the thread that starts it
    before = {each: handler for each in ENDING if (handler := signal.getsignal(each)) is not None}
    came: list[tuple[int, float]] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append((number, time.monotonic()))
        if came[-1][1] - came[0][1] > seconds:
            _restore(before)
            signal.raise_signal(number)

    for each in before:
        signal.signal(each, note)
    try:
        with _blocked(before):
            yield
    finally:
        _restore(before)
        if came:
            signal.raise_signal(came[0][0])


def _restore(before: dict[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)


@contextlib.contextmanager
def _blocked(numbers: Any) -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows, whose processes inherit nothing of the kind
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def dask_setup(worker: object) -> None:
    """Dask calls it where a worker of a local cluster begins, whose end is the command's affair."""
    for each in ENDING:
        signal.signal(each, _leave_to_command)  # unlike an ignored signal it is not ignored by what a worker starts
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def _leave_to_command(number: int, frame: FrameType | None) -> None:
    """Nothing: the command has the same signal."""
