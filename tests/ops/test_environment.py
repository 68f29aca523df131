"""The virtual environment and the locks it is made from."""

import re
from pathlib import Path

import pytest

from scripts import environment


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """A separate checkout whose commands are only recorded; `venv` creates a Python."""
    done: list[tuple[str, ...]] = []

    def run(*command: str) -> None:
        done.append(command)
        environment.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        environment.PYTHON.touch()

    (tmp_path / "requirements").mkdir()
    for name in ("APP", "DEV"):
        lock = tmp_path / "requirements" / f"{name.lower()}.txt"
        lock.write_text(f"{name}==1")
        monkeypatch.setattr(environment, name, lock)
    monkeypatch.setattr(environment, "BASE", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(environment, "_run", run)
    monkeypatch.setattr(environment, "_pip_works", lambda cheaply: environment.PYTHON.exists())
    return done


def test_first_run_creates_and_installs_with_hashes(commands):
    assert environment.prepare(environment.APP) == environment.PYTHON
    assert [command[1:3] for command in commands] == [("-m", "venv"), ("-m", "pip")]
    assert "--require-hashes" in commands[1]


def test_second_run_does_nothing(commands):
    environment.prepare(environment.APP)
    commands.clear()
    environment.prepare(environment.APP)
    assert commands == []


def test_a_changed_lock_is_installed_into_the_same_environment(commands):
    environment.prepare(environment.APP)
    commands.clear()
    environment.APP.write_text("APP==2")
    environment.prepare(environment.APP)
    assert [command[1:3] for command in commands] == [("-m", "pip")]


def test_developers_packages_hold_the_sites(commands):
    environment.prepare(environment.DEV)
    commands.clear()
    environment.prepare(environment.APP)
    assert commands == []


def test_a_failed_installation_is_not_remembered(commands, monkeypatch):
    def fail(*command: str) -> None:
        raise SystemExit("no network")

    environment.PYTHON.parent.mkdir(parents=True)
    environment.PYTHON.touch()
    monkeypatch.setattr(environment, "_run", fail)
    with pytest.raises(SystemExit):
        environment.prepare(environment.APP)
    assert not list(environment.VENV.glob("installed-*"))


def pins(lock: Path) -> set[str]:
    return set(re.findall(r"^[\w.\[\],-]+==[^ \\]+", lock.read_text(), re.MULTILINE))


def test_dev_lock_is_a_superset_of_the_app_lock():
    assert pins(environment.APP)
    assert pins(environment.APP) <= pins(environment.DEV)


@pytest.mark.parametrize("lock", [environment.APP, environment.DEV])
def test_locks_have_hashes_and_name_no_index(lock):
    text = lock.read_text()
    packages = re.split(r"^(?=[\w])", text, flags=re.MULTILINE)[1:]
    assert [package for package in packages if "--hash=sha256:" not in package] == []
    assert not re.search(r"index-url|find-links|trusted-host|https?://", text)
