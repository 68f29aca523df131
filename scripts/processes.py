"""Child processes that never outlive us, and free ports."""

import ctypes
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def follow_parent(signal_number: int, *, parent: int | None = None) -> None:
    """Has the kernel send this process `signal_number` when its parent dies, however it dies (Linux; else nothing).

    `parent` is the parent's process id as it was before the fork: if that one died meanwhile, we go at once.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if parent is not None and os.getppid() != parent:
            os.kill(os.getpid(), signal_number)


def dies_with_us(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """For Popen's `preexec_fn`: the child gets `signal_number` when this process dies. Call from the main thread."""
    us = os.getpid()
    return lambda: follow_parent(signal_number, parent=us)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment.

    Below those that the kernel deals out by itself (on Linux from 32768 on), which another program could get meanwhile.
    """
    while True:
        port = 12_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
