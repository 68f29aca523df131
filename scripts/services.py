"""Temporary PostgreSQL and Redis servers, on free ports, that end with this process."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.machine import find_program
from scripts.processes import dies_with_us, free_port

START_SECONDS = 60.0  # for a server to answer


class ServerFailed(RuntimeError):
    """A server did not start; the message contains its output."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the URL of an empty database on a temporary PostgreSQL; raise ServerFailed.

    It refuses to run as root, so root runs it as `postgres` or `nobody`. Without fsync: a crash may lose its data.
    """
    with _folder("postgresql") as folder:
        user = unprivileged_user()
        if user:
            shutil.chown(folder, user, _group(user))
        port = free_port()
        data = folder / "data"
        initdb = ["initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres"]
        _run([*initdb, str(data)], folder, user)
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "max_connections": "200",
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        at = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        with _server(["postgres", "-D", str(data), *settings], folder, user, stop=signal.SIGQUIT) as alive:
            _wait(alive, lambda: _succeeds(["pg_isready", *at], folder, user), folder)
            _run(["createdb", *at, "digibeoordelen"], folder, user)
            yield f"postgres://postgres@127.0.0.1:{port}/digibeoordelen"


@contextmanager
def redis() -> Iterator[str]:
    """Yield the URL of a temporary Redis without persistence; raise ServerFailed."""
    with _folder("redis") as folder:
        port = free_port()
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        with _server(command, folder, None, stop=signal.SIGTERM) as alive:
            _wait(alive, lambda: _accepts(port), folder)
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"digibeoordelen-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged_user() -> str | None:
    """Return the user that runs PostgreSQL if this process is root, else None."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _run(command: Sequence[str], folder: Path, user: str | None) -> None:
    done = _finish(command, folder, user)
    if done.returncode != 0:
        raise ServerFailed(f"{command[0]} failed: {done.stdout}{done.stderr}".strip())


def _succeeds(command: Sequence[str], folder: Path, user: str | None) -> bool:
    return _finish(command, folder, user).returncode == 0


def _finish(command: Sequence[str], folder: Path, user: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _resolve(command),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=_group(user),
        extra_groups=[] if user else None,
    )


def _resolve(command: Sequence[str]) -> list[str]:
    program = find_program(command[0])
    if program is None:
        raise ServerFailed(f"{command[0]} is not installed")
    return [program, *command[1:]]


@contextmanager
def _server(
    command: Sequence[str], folder: Path, user: str | None, *, stop: signal.Signals
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server with its output in `folder`/log; end it with `stop`, also when this process dies."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            _resolve(command),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C must only reach this process
            preexec_fn=dies_with_us(stop),
            user=user,
            group=_group(user),
            extra_groups=[] if user else None,
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], answers: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerFailed((folder / "log").read_text(errors="replace")[-2000:])
        time.sleep(0.05)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
