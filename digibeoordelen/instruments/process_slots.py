"""The files of PROMETHEUS_MULTIPROC_DIR, one set for each process that lives at the same time.

The library names them by process id, so that gunicorn, which replaces its workers, would fill the disk in days.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO

_locks: dict[int, tuple[int, IO[bytes]]] = {}  # a lock ends with its process


def own_slot() -> int:
    """Return the first number that no other living process has; its counts are continued."""
    pid = os.getpid()
    if pid not in _locks:
        _locks[pid] = _take_slot(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    return _locks[pid][0]


def _take_slot(folder: Path) -> tuple[int, IO[bytes]]:
    folder.mkdir(parents=True, exist_ok=True)
    for slot in count():
        lock = (folder / f"{slot}.lock").open("wb")
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return slot, lock
        lock.close()
    raise AssertionError
