"""Child processes that never outlive this one, and free ports."""

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
    """Have the kernel send this process `signal_number` when its parent dies (on Linux; else do nothing).

    `parent` is the parent's process id before the fork: if it died since, kill this process now.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if parent is not None and os.getppid() != parent:
            os.kill(os.getpid(), signal_number)


def dies_with_us(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """Return a `preexec_fn` for Popen: the child gets `signal_number` when this process dies. For the main thread."""
    parent = os.getpid()
    return lambda: follow_parent(signal_number, parent=parent)


def free_port() -> int:
    """Return a free TCP port of 127.0.0.1, below the kernel's ephemeral ports (on Linux from 32768)."""
    while True:
        port = 12_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
