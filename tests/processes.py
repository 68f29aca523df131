"""Real processes for tests: a separate site (database, queue, files) with worker, beat and web server.

    def test_something(site, smtp_sink):
        site.env["EMAIL_URL"] = smtp_sink.url
        worker = site.worker()
        site.python("...")
        wait_until(lambda: site.rows("select ..."), "the row")
        worker.kill()

A site uses DATABASE_URL and BROKER_URL: a separate database on that PostgreSQL server and a separate database
number on that Redis; without them, SQLite and the file broker.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis

from scripts.processes import dies_with_us, free_port

from .databases import new_database

BASE = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds; starting a worker is slow with four test processes on two cores

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T], what: str, timeout: float = PATIENCE, describe: Callable[[], str] | None = None
) -> T:
    """Return the first true result of `condition`; fail after `timeout` seconds with `what` in the message.

    `describe` returns how far it is, for the message.
    """
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            how = f" {describe()}" if describe else ""
            pytest.fail(f"Waited {timeout:.0f} s in vain for {what}.{how}", pytrace=True)
        time.sleep(0.05)
    return result


class Process:
    """A running program and its children; `output` is everything they printed."""

    def __init__(self, command: Sequence[str], *, env: dict[str, str], log: Path) -> None:
        self.command = list(command)
        self._log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                self.command,
                env=env,
                cwd=BASE,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_us(signal.SIGKILL),
            )

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for_output(self, words: str, timeout: float = PATIENCE) -> None:
        """Wait until the output contains `words`; fail with the output if the program ends or takes too long."""
        deadline = time.monotonic() + timeout
        while True:
            was_running = self.is_running  # before reading the output, which is complete if the program has ended
            if words in self.output:
                return
            if not was_running or time.monotonic() > deadline:
                pytest.fail(f"{' '.join(self.command)} did not say {words!r}:\n{self.output[-4000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """Send SIGKILL to the program and its children at once, as in a power failure."""
        self._signal(signal.SIGKILL)
        self.wait()

    def send(self, number: int) -> None:
        """Send a signal to the program alone."""
        self._process.send_signal(number)

    def wait(self) -> None:
        self._process.wait()

    def freeze(self) -> None:
        """Pause the program and its children until `thaw` or `kill`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self, timeout: float = 20.0) -> None:
        """Send SIGTERM, and SIGKILL after `timeout` seconds."""
        if self.is_running:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
        self.kill()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):  # already ended
            os.killpg(self._process.pid, number)


class Site:
    """An installation of the product in `folder`; `env` is the mutable environment of its processes."""

    def __init__(self, folder: Path, *, database_url: str, broker_url: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.database_url = database_url
        self._processes: list[Process] = []
        self.env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ} | {
            "DJANGO_SETTINGS_MODULE": "digibeoordelen.settings",
            "PYTHONPATH": str(BASE),
            "SECRET_KEY": "a key for tests alone, long enough for every check that looks at it",
            "VAR_DIR": str(folder / "var"),
            "STATIC_ROOT": str(folder / "static"),
            "DATABASE_URL": database_url,
            "BROKER_URL": broker_url,
            "DEMO": "on",
            "SITE_URL": f"http://127.0.0.1:{self.port}",
        }
        (folder / "var").mkdir(exist_ok=True)

    @property
    def url(self) -> str:
        return self.env["SITE_URL"]

    def run(self, *arguments: str) -> str:
        """Run Python with these arguments; return its output, or fail with it."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.env,
            cwd=BASE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """Run `manage.py` with these arguments."""
        return self.run("manage.py", *arguments)

    def python(self, code: str) -> str:
        """Run `code` in a process of the site with Django set up; return its output."""
        return self.run("-c", f"import django\ndjango.setup()\n{code}")

    def start(self, name: str, *command: str) -> Process:
        """Start Python with `command`, logging to `name`; it is stopped with the site."""
        process = Process([sys.executable, *command], env=self.env, log=self.folder / f"{name}.log")
        self._processes.append(process)
        return process

    def worker(self, name: str = "worker", *, concurrency: int = 1, wait: bool = True) -> Process:
        """Start a Celery worker; without `wait` it is ready a few seconds later."""
        options = [f"--concurrency={concurrency}", f"--hostname={name}@%h", "--without-gossip", "--without-mingle"]
        process = self.start(name, "-m", "celery", "-A", "digibeoordelen", "worker", "--loglevel=INFO", *options)
        if wait:
            process.wait_for_output(f"{name}@")
            process.wait_for_output(" ready.")
        return process

    def beat(self, schedule: Path | None = None) -> Process:
        """Start Celery beat, which schedules the sweeps; two at once each need a file for their `schedule`."""
        options = ["--loglevel=INFO", "--pidfile=", *([f"--schedule={schedule}"] if schedule else [])]
        return self.start("beat", "-m", "celery", "-A", "digibeoordelen", "beat", *options)

    def web(self, *, threads: int = 4) -> Process:
        """Start gunicorn at `url` and wait until it responds."""
        address = f"--bind=127.0.0.1:{self.port}"
        options = [address, f"--threads={threads}", "--log-level=warning", "--no-control-socket"]
        process = self.start("web", "-m", "gunicorn", "digibeoordelen.wsgi", *options)
        wait_until(lambda: not process.is_running or self._answers(), f"an answer of {self.url}")
        assert process.is_running, process.output[-4000:]
        return process

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the site's database."""
        if self.database_url.startswith("sqlite"):
            with closing(sqlite3.connect(urlsplit(self.database_url).path, timeout=30)) as lite:
                return lite.execute(sql).fetchall()
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql).fetchall()

    def destroy(self) -> None:
        """Lose the content of the database, and all files."""
        shutil.rmtree(self.folder / "var", ignore_errors=True)
        (self.folder / "var").mkdir()
        if self.database_url.startswith("sqlite"):
            Path(urlsplit(self.database_url).path).unlink()
            return
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute("drop schema public cascade")
            connection.execute("create schema public")

    def end(self) -> None:
        """Kill all running processes."""
        for process in self._processes:
            process.kill()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/gezondheid/", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False


@pytest.fixture
def site(tmp_path: Path, migrated_database: str) -> Iterator[Site]:
    """A site with an empty migrated database; its processes are killed at the end."""
    with new_database(tmp_path, template=migrated_database) as database_url:
        site = Site(tmp_path, database_url=database_url, broker_url=_own_broker())
        try:
            yield site
        finally:
            site.end()


def _own_broker() -> str:
    """Return the emptied Redis database of this test process, or the file broker without Redis."""
    configured = os.environ.get("BROKER_URL", "")
    if not configured.startswith("redis"):
        return "filesystem://"
    test_process = re.search(r"\d+$", os.environ.get("PYTEST_XDIST_WORKER", "")) or ["0"]
    url = urlunsplit(urlsplit(configured)._replace(path=f"/{1 + int(test_process[0]) % 15}"))
    with closing(redis.Redis.from_url(url)) as connection:
        connection.flushdb()
    return url
