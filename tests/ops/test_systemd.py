"""deploy/systemd/: units that start what the containers start, and do."""

from __future__ import annotations

import shlex
import sys
import urllib.request
from configparser import RawConfigParser
from pathlib import Path

import pytest

from scripts.environment import BASE
from tests.compose import COMPOSE, interpolate
from tests.processes import Process, Site, wait_until

FOLDER = BASE / "deploy/systemd"
PROGRAMS = "/opt/digibeoordelen/.venv/bin/"


def service(name: str) -> dict[str, str]:
    unit = RawConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(FOLDER / f"digibeoordelen-{name}.service")
    return dict(unit["Service"])


def command(name: str) -> list[str]:
    return shlex.split(service(name)["ExecStart"].removeprefix(PROGRAMS))


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_unit_starts_what_the_container_starts(name: str) -> None:
    in_container = [interpolate(word, {}) for word in COMPOSE["services"][name]["command"]]
    assert [word.replace("127.0.0.1:8000", "0.0.0.0:8000") for word in command(name)] == in_container


@pytest.mark.parametrize("name", ["web", "worker", "beat", "backup"])
def test_unit_runs_as_its_own_user_and_writes_its_own_folders(name: str) -> None:
    settings = service(name)
    assert settings["User"] == settings["StateDirectory"] == "digibeoordelen"
    assert settings["ProtectSystem"] == "strict"


@pytest.mark.process
def test_units_commands_run_a_site(site: Site, tmp_path: Path) -> None:
    def start(name: str) -> Process:
        words = [word.replace("127.0.0.1:8000", f"127.0.0.1:{site.port}") for word in command(name)]
        words = [word.replace("/tmp/", f"{tmp_path}/") for word in words]
        return Process(
            [str(Path(sys.prefix) / "bin" / words[0]), *words[1:]], env=site.env, log=tmp_path / f"{name}.log"
        )

    processes = [start(name) for name in ("web", "worker", "beat")]
    try:
        processes[1].wait_for_output(" ready.")
        wait_until(
            lambda: site.rows("select count(*) from health_heartbeat") == [(2,)], "both signs of life", timeout=150
        )
        assert processes[0].is_running
        with urllib.request.urlopen(f"{site.url}/gezondheid/leeft/", timeout=10) as answer:
            assert answer.status == 200
    finally:
        for process in processes:
            process.kill()
