"""A wrong clock for a process: for `time.time`, `datetime.now` and their like, not for `time.monotonic` and pauses.

libfaketime 0.9.10 can't do it for Python 3.11: with it `time.sleep` fails, or a wait for an event never ends.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from scripts.environment import BASE

FOLLOW = """
from pathlib import Path
from tests.chaos.clock import follow
follow(Path({path!r}))
"""
_wrong: time_machine.travel | None = None
_seconds = 0


def follow(path: Path) -> None:
    """Keep the clock of this process and its children as many seconds ahead as the file says."""
    _watch(path)
    os.register_at_fork(after_in_child=lambda: _watch(path))


def _watch(path: Path) -> None:
    _set(int(path.read_text()))
    threading.Thread(target=_keep_watching, args=[path], daemon=True).start()


def _keep_watching(path: Path) -> None:
    while True:
        time.sleep(0.2)
        _set(int(path.read_text()))


def _set(seconds: int) -> None:
    global _wrong, _seconds
    if seconds == _seconds:
        return
    if _wrong is not None:
        _wrong.stop()
    _wrong = time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds)) if seconds else None
    if _wrong is not None:
        _wrong.start()
    _seconds = seconds


class Clock:
    """The clock of the processes that start with `env`; Python imports `sitecustomize` first."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._file = folder / "seconds"
        self.set(0)
        (folder / "sitecustomize.py").write_text(FOLLOW.format(path=str(self._file)))
        self.env = {"PYTHONPATH": f"{folder}{os.pathsep}{BASE}"}

    def set(self, seconds: int) -> None:
        """Set it this many seconds ahead of the right time."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._file)
