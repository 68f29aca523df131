"""`make run` itself, for tests: in a folder of its own, on a free port.

def test_something(make_run, smtp_sink):
    site = make_run(EMAIL_URL=smtp_sink.url)
    site.wait_until_started()
    … site.url …
"""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scripts.processes import free_port
from tests.processes import Process


class MakeRun(Process):
    """A running `make run`; stop, kill and output as of any process."""

    def __init__(self, folder: Path, *, port: int, env: dict[str, str], log: Path) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if name not in ("EMAIL_URL", "LOG_LEVEL")}
        settings = {"VAR_DIR": str(folder), "SWEEP_SECONDS": "5", **env}
        super().__init__(["make", "run", f"PORT={port}", f"PYTHON={sys.executable}"], env={**kept, **settings}, log=log)

    def wait_until_started(self) -> float:
        """Until it named the address to open; the seconds it says that took."""
        self.wait_for_output(f"Open {self.url}/")
        told = re.search(r"Started in ([\d.]+) s", self.output)
        assert told is not None
        return float(told[1])

    def interrupt(self, timeout: float = 30.0) -> None:
        """Ctrl-C: SIGINT to make and what it runs, as a terminal sends it; waits for the end."""
        self._signal(signal.SIGINT)
        self._process.wait(timeout)

    def pids(self, words: str) -> list[int]:
        """This site's processes (by VAR_DIR in their environment) whose command line holds `words`."""
        mark = f"VAR_DIR={self.folder}".encode() + b"\0"
        found = []
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdigit() and mark in (process / "environ").read_bytes():
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if words in command:
                        found.append(int(process.name))
        return found


@pytest.fixture
def run_site(tmp_path: Path) -> Iterator[Callable[..., MakeRun]]:
    """Starts `make run` with the given environment besides; a second call starts the same folder's site again."""
    started: list[MakeRun] = []
    port = free_port()

    def start(*, at: int = port, **env: str) -> MakeRun:
        log = tmp_path / f"run-{len(started)}.log"
        started.append(MakeRun(tmp_path / "var", port=at, env=env, log=log))
        return started[-1]

    yield start
    for one in started:
        one.stop()
        for pid in one.pids(""):
            os.kill(pid, signal.SIGKILL)
