"""A PostgreSQL and a Redis that tests may crash, empty, replace and start again on the same port."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import redis

from scripts.machine import find_program
from scripts.processes import free_port
from scripts.services import unprivileged_user
from tests.processes import Process, wait_until


class Server:
    """A server with its data in `folder`; it must not be running when that is removed."""

    crash_signal = signal.SIGKILL

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.port = folder, free_port()
        self._process: Process | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = Process(self._command(), env=dict(os.environ), log=self.folder / "log")
        wait_until(self._is_ready, f"{type(self).__name__} to start")

    def stop(self) -> None:
        """Stop it in order, without waiting for clients."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        self._end(self.crash_signal)

    def freeze(self) -> None:
        """Have it accept connections and answer nothing, until `thaw`."""
        assert self._process is not None
        self._process.freeze()

    def thaw(self) -> None:
        assert self._process is not None
        self._process.thaw()

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send(number)
            self._process.wait()
            self._process = None

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _is_ready(self) -> bool:
        raise NotImplementedError


class PostgreSQL(Server):
    """Without fsync, which only a crash of the machine would need; what is committed survives one of the server."""

    crash_signal = signal.SIGQUIT  # after SIGKILL its children hold the folder for a while
    options = ("fsync=off", "unix_socket_directories=", "listen_addresses=127.0.0.1", "max_connections=100")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"postgres://postgres@{self.address}/postgres"

    def create(self) -> None:
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres")

    def replicate(self, replica: PostgreSQL) -> None:
        """Start `replica`; commits wait for it from then on."""
        replica._run("pg_basebackup", f"--dbname={self.url}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        replica.start()
        self.execute("alter system set synchronous_standby_names = '*'")
        self.execute("select pg_reload_conf()")
        standbys = "select 1 from pg_stat_replication where sync_state = 'sync'"
        wait_until(lambda: self.execute(standbys), "the replica")

    def promote(self) -> None:
        """Make this replica the server that takes writes."""
        self.execute("select pg_promote()")

    def execute(self, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def _command(self) -> Sequence[str]:
        settings = [word for option in (*self.options, f"port={self.port}") for word in ("-c", option)]
        return self._as_user("postgres", *settings)

    def _is_ready(self) -> bool:
        with suppress(psycopg.OperationalError):
            return bool(self.execute("select 1"))
        return False

    def _run(self, program: str, *options: str) -> None:
        subprocess.run(self._as_user(program, *options), check=True, capture_output=True, timeout=120)

    def _as_user(self, program: str, *options: str) -> list[str]:
        """Return the command, as another user for root, whom PostgreSQL refuses; like `Process` it ends with us."""
        data = str(self.folder / "data")
        command = ["env", f"--chdir={self.folder}", str(find_program(program)), "-D", data, *options]
        if user := unprivileged_user():
            shutil.chown(self.folder, user)
            command = ["setpriv", "--pdeathsig=KILL", f"--reuid={user}", "--clear-groups", *command]
        return command


class Redis(Server):
    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def save(self) -> None:
        """Write what it holds to disk, for the next start."""
        with closing(redis.Redis.from_url(self.url)) as client:
            client.save()

    def lose(self) -> None:
        """Forget everything that is in memory."""
        with closing(redis.Redis.from_url(self.url)) as client:
            client.flushall()

    def restart_empty(self) -> None:
        self.crash()
        (self.folder / "dump.rdb").unlink(missing_ok=True)
        self.start()

    def _command(self) -> Sequence[str]:
        options = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder), "--save", "")
        return [str(find_program("redis-server")), *options]

    def _is_ready(self) -> bool:
        with suppress(redis.ConnectionError), closing(redis.Redis.from_url(self.url)) as client:
            return bool(client.ping())
        return False


@contextmanager
def server_folder() -> Iterator[Path]:
    """Yield a folder that another user may enter, unlike pytest's, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="digibeoordelen-chaos-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
