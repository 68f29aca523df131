"""Missing packages of a machine: installed as root, otherwise listed."""

import subprocess

import pytest

from scripts import machine
from scripts.machine import Need


@pytest.fixture
def apt(monkeypatch):
    """A fake apt-get that records its commands; 'installed' packages are present afterwards."""
    commands: list[list[str]] = []

    def run(command, **kwargs):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return commands


@pytest.fixture
def need(apt):
    return Need(("libfoo1", "foo-data"), "foo", lambda: any("libfoo1" in command for command in apt))


def test_root_installs_missing_packages(apt, need, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    here = Need(("bar",), "bar", lambda: True)
    assert machine.install_missing([here, need]) == []
    assert apt == [
        ["apt-get", "update"],
        ["apt-get", "install", "--yes", "--no-install-recommends", "libfoo1", "foo-data"],
    ]


def test_others_get_the_command_to_type(apt, need, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    missing = machine.install_missing([need])
    assert missing == [need]
    assert apt == []
    assert (
        "    sudo apt-get update && sudo apt-get install --yes --no-install-recommends libfoo1 foo-data\n"
        in machine.name_missing(missing)
    )


def test_without_missing_packages_nothing_runs(apt, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert machine.install_missing([Need(("bar",), "bar", lambda: True)]) == []
    assert apt == []


def test_failed_installation_is_reported_as_missing(apt, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    never = Need(("baz",), "baz", lambda: False)
    assert machine.install_missing([never]) == [never]


def test_absent_things_are_seen_as_absent(monkeypatch):
    assert machine.find_program("no-such-program-anywhere") is None
    assert machine._libraries("libno-such-library.so.9")() is False


def test_the_newest_postgresql_is_found_off_the_path(tmp_path, monkeypatch):
    for version in ("9.6", "15", "7"):
        program = tmp_path / version / "bin" / "postgres"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    monkeypatch.setattr(machine, "POSTGRESQL_FOLDER", tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    assert machine.find_program("postgres") == str(tmp_path / "15" / "bin" / "postgres")


def test_fonts_are_present_when_each_has_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "FONT_FOLDERS", (tmp_path / "none", tmp_path))
    [need] = [need for need in machine.SITE_NEEDS if "fonts-noto-cjk" in need.packages]
    for name in ("DejaVuSans.ttf", "NotoSansEthiopic-Regular.ttf", "NotoColorEmoji.ttf"):
        (tmp_path / name).touch()
        assert not need.is_here()
    (tmp_path / "noto").mkdir()
    (tmp_path / "noto" / "NotoSansCJK-Regular.ttc").touch()
    assert need.is_here()
