"""`make run` as a person uses it."""

import json
import os
import signal
import socket
import stat
import urllib.request

import pytest

from tests.processes import wait_until

pytestmark = [pytest.mark.process, pytest.mark.embedded, pytest.mark.xdist_group("run_site")]


def health(url: str) -> dict[str, object]:
    with urllib.request.urlopen(f"{url}/gezondheid/", timeout=10) as response:
        return json.load(response)


def test_it_starts_tells_where_to_go_and_stops_at_ctrl_c(run_site):
    site = run_site()
    site.wait_until_started()
    assert health(site.url)["status"] == "ok"
    assert "docent@demo.example" in site.output
    assert f"{site.url}/demo/postvak/" in site.output
    assert all(site.pids(words) for words in ("gunicorn", "celery -A digibeoordelen --quiet worker", " beat "))
    site.interrupt()
    assert site.pids("") == []
    assert "Traceback" not in site.output


def test_the_second_start_takes_ten_seconds_at_most_and_keeps_the_key(run_site):
    first = run_site()
    first.wait_until_started()
    key = first.folder / "secret_key"
    text = key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(text) > 50
    first.interrupt()
    second = run_site()
    assert second.wait_until_started() <= 10
    assert key.read_text() == text


def test_it_says_that_the_first_is_running(run_site):
    first = run_site()
    first.wait_until_started()
    second = run_site()
    second.wait_for_output(f"is running already: {first.url} (process ")
    wait_until(lambda: not second.is_running, "the second to give up")
    assert health(first.url)["status"] == "ok"


def test_killed_it_leaves_nothing_behind_and_starts_again(run_site):
    site = run_site()
    site.wait_until_started()
    [leader] = site.pids("scripts.run_site")
    os.kill(leader, signal.SIGKILL)
    wait_until(lambda: site.pids("") == [], "all its processes to end")
    again = run_site()
    again.wait_until_started()
    assert health(again.url)["status"] == "ok"


def test_a_killed_make_takes_the_site_along(run_site):
    site = run_site()
    site.wait_until_started()
    make, *_ = site.pids("make run")
    os.kill(make, signal.SIGKILL)
    wait_until(lambda: site.pids("") == [], "all its processes to end")


def test_killed_web_and_worker_come_back(run_site):
    site = run_site()
    site.wait_until_started()
    for words in ("gunicorn", "worker"):
        for pid in site.pids(words):
            os.kill(pid, signal.SIGKILL)
    site.wait_for_output("web stopped (signal SIGKILL)")
    site.wait_for_output("worker stopped (signal SIGKILL)")
    wait_until(lambda: site.pids("gunicorn") and site.pids(" worker "), "web and worker to start again")


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_named_with_a_way_out(run_site, taken_port):
    site = run_site(at=taken_port)
    site.wait_for_output(f"Port {taken_port} is taken by another program. Choose another: make run PORT=8123")
    wait_until(lambda: not site.is_running, "it to give up")


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1", "8000; id"])
def test_what_is_no_port_is_refused(run_site, port):
    site = run_site(at=port)
    site.wait_for_output(f"PORT={port} is no port.")


def test_mail_goes_to_the_server_of_the_environment(run_site, smtp_sink):
    site = run_site(EMAIL_URL=smtp_sink.url)
    site.wait_until_started()
    assert "Mail goes to the server of EMAIL_URL" in site.output
    assert smtp_sink.url not in site.output


def test_other_sites_settings_in_the_shell_are_not_ours(run_site):
    site = run_site(DATABASE_URL="postgres://nobody@127.0.0.1:1/none", BROKER_URL="redis://127.0.0.1:1/0", DEMO="off")
    site.wait_until_started()
    assert health(site.url)["broker"] is True
