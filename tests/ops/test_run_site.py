"""`make run` from the user's side."""

import json
import os
import signal
import socket
import stat
import urllib.request
from contextlib import suppress

import pytest

from tests.ops.conftest import MakeRun
from tests.processes import wait_until

pytestmark = [pytest.mark.process, pytest.mark.embedded, pytest.mark.xdist_group("run_site")]


def health(site: MakeRun) -> dict[str, object]:
    with urllib.request.urlopen(f"{site.url}/gezondheid/", timeout=10) as response:
        return json.load(response)


def test_site_restarts_after_stop_or_kill(run_site):
    site = run_site()
    site.wait_until_started()
    key = site.folder / "secret_key"
    first_key = key.read_text()
    assert f"{site.url}/demo/postvak/" in site.output
    site.interrupt()
    wait_until(lambda: site.pids() == [], "all its processes to end")
    assert "Traceback" not in site.output

    site = run_site()
    site.wait_until_started()
    assert "Installing" not in site.output
    [leader] = site.pids("scripts.run_site")
    os.kill(leader, signal.SIGKILL)
    wait_until(lambda: site.pids() == [], "all processes of a killed leader to end")

    site = run_site()
    site.wait_until_started()
    assert key.read_text() == first_key
    make, *_ = site.pids("make run")
    os.kill(make, signal.SIGKILL)
    wait_until(lambda: site.pids() == [], "all processes of a killed make to end")


def test_startup_ends_with_accounts_and_address(running_site):
    accounts, _, address = running_site.output.partition("Open ")
    assert "docent@demo.example" in accounts
    assert address.startswith(f"{running_site.url}/\n")
    for words in ("gunicorn", "celery -A digibeoordelen --quiet worker", "celery -A digibeoordelen --quiet beat"):
        assert running_site.pids(words), words


def test_settings_of_other_sites_are_ignored(running_site):
    assert health(running_site)["broker"] is True


def test_email_url_is_used_and_its_password_hidden(running_site):
    assert "Mail goes to the server of EMAIL_URL" in running_site.output
    assert "password" not in running_site.output


def test_secret_key_is_long_and_readable_by_owner_only(running_site):
    key = running_site.folder / "secret_key"
    assert len(key.read_text()) > 50
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_second_start_reports_the_running_site(running_site, tmp_path):
    port = running_site.url.rpartition(":")[2]
    second = MakeRun(running_site.folder, port=port, env={}, log=tmp_path / "log")
    second.wait_for_output(f"is running already: {running_site.url} (process ")
    wait_until(lambda: not second.is_running, "the second to give up")
    assert health(running_site)["status"] == "ok"


def test_killed_web_and_worker_come_back(running_site):
    for words in ("gunicorn", " worker "):
        for pid in running_site.pids(words):
            with suppress(ProcessLookupError):  # it stopped with the previous process
                os.kill(pid, signal.SIGKILL)
    running_site.wait_for_output("web stopped (signal SIGKILL)")
    running_site.wait_for_output("worker stopped (signal SIGKILL)")
    wait_until(lambda: running_site.pids("gunicorn") and running_site.pids(" worker "), "web and worker to start again")


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_occupied_port_is_reported_with_a_solution(run_site, taken_port):
    site = run_site(at=taken_port)
    site.wait_for_output(f"Port {taken_port} is taken by another program. Choose another: make run PORT=8123")
    wait_until(lambda: not site.is_running, "it to give up")


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1", "8000; id"])
def test_invalid_port_is_refused(run_site, port):
    site = run_site(at=port)
    site.wait_for_output(f"PORT={port} is no port.")
