"""`make run` for tests: in a separate folder, on a free port."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from scripts.processes import free_port
from tests.processes import Process


class MakeRun(Process):
    """A running `make run`, with stop, kill and output of a process."""

    def __init__(self, folder: Path, *, port: int | str, env: dict[str, str], log: Path) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if name not in ("EMAIL_URL", "LOG_LEVEL")}
        command = ["make", "run", f"PORT={port}", f"PYTHON={sys.executable}"]
        super().__init__(command, env={**kept, "VAR_DIR": str(folder), **env}, log=log)

    def wait_until_started(self) -> float:
        """Wait until the site is up; return the reported seconds."""
        self.wait_for_output(f"Open {self.url}/", timeout=240)  # a first start makes the demo's assessments
        match = re.search(r"Started in ([\d.]+) s", self.output)
        assert match is not None
        return float(match[1])

    def interrupt(self, timeout: float = 30.0) -> None:
        """Send SIGINT to make and its children, as Ctrl-C does, and wait for the end."""
        self._signal(signal.SIGINT)
        self._process.wait(timeout)

    def pids(self, words: str = "") -> list[int]:
        """Return this site's processes (by VAR_DIR in their environment) whose command line contains `words`."""
        mark = f"VAR_DIR={self.folder}".encode() + b"\0"
        pids = []
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdigit() and mark in (process / "environ").read_bytes():
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if words in command:
                        pids.append(int(process.name))
        return pids


@contextmanager
def runs_of(folder: Path) -> Iterator[Callable[..., MakeRun]]:
    """Return a function that starts `make run` on `folder`/var with extra environment; all are stopped afterwards."""
    started: list[MakeRun] = []
    port = free_port()

    def start(*, at: int | str = port, **env: str) -> MakeRun:
        log = folder / f"run-{len(started)}.log"
        started.append(MakeRun(folder / "var", port=at, env=env, log=log))
        return started[-1]

    yield start
    for one in started:
        one.stop()
        for pid in one.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run_site(tmp_path: Path) -> Iterator[Callable[..., MakeRun]]:
    """Return a function that starts `make run`; a second call restarts the site in the same folder."""
    with runs_of(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """A site shared by a module's tests, started from a shell with settings of other sites."""
    with runs_of(tmp_path_factory.mktemp("make-run")) as start:
        others = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "BROKER_URL": "redis://127.0.0.1:1/0"}
        site = start(DEMO="off", EMAIL_URL="smtp://user:password@127.0.0.1:1", **others)
        site.wait_until_started()
        yield site
