"""The PostgreSQL and Redis started by the checks."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from scripts import services
from scripts.environment import BASE

from .test_supervisor import lives, wait_for

pytestmark = [pytest.mark.process, pytest.mark.servers]


@pytest.fixture
def open_folder(monkeypatch) -> Iterator[Path]:
    """A temporary folder that other users may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="digibeoordelen-open-"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def test_postgresql_serves_an_empty_database_and_is_removed(open_folder):
    with services.postgresql() as url, psycopg.connect(url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
        assert connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    assert list(open_folder.iterdir()) == []


def test_redis_serves_and_is_removed(open_folder):
    with services.redis() as url:
        client = redis_client.Redis.from_url(url)
        assert client.set("a", "b")
        assert client.get("a") == b"b"
    with pytest.raises(redis_client.ConnectionError):
        redis_client.Redis.from_url(url).ping()
    assert list(open_folder.iterdir()) == []


def test_failed_server_reports_its_output(monkeypatch):
    monkeypatch.setattr(services, "find_program", lambda name: "/bin/false")
    with pytest.raises(services.ServerFailed, match="initdb failed"), services.postgresql():
        pass


def test_servers_stop_with_their_killed_owner(open_folder):
    script = (
        "import time; from scripts import services\n"
        "with services.postgresql() as a, services.redis() as b: print('up', flush=True); time.sleep(600)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(BASE), "TMPDIR": str(open_folder)},
        cwd=open_folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        servers = [int(pid) for pid in Path(f"/proc/{owner.pid}/task/{owner.pid}/children").read_text().split()]
        assert len(servers) == 2
        owner.send_signal(signal.SIGKILL)
        wait_for(lambda: not any(lives(pid) for pid in servers))
    finally:
        owner.kill()
        owner.wait()
