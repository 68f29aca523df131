"""Backup and restore of the whole installation, by the commands, in processes of their own."""

from __future__ import annotations

import time
from pathlib import Path

import pyrage
import pytest

from digibeoordelen.backup.folder import complete
from tests.processes import Site

pytestmark = [pytest.mark.process, pytest.mark.sqlite]
KEEP_FILES = """
from digibeoordelen.outbox.storage import keep
from accounts.models import School
for number in range({count}):
    School.objects.create(name=f"School {{number}}", logo=keep(b"logo %d " % number * 1000))
"""


def store(site: Site, count: int) -> None:
    site.python(KEEP_FILES.format(count=count))


def schools(site: Site) -> list[tuple[object, ...]]:
    return site.rows("select name, logo_id from accounts_school order by name")


def test_encrypted_backup_shows_nothing_and_restores_all(site: Site, tmp_path: Path) -> None:
    store(site, 3)
    before = schools(site)
    key = pyrage.x25519.Identity.generate()
    identity, folder = tmp_path / "key.txt", tmp_path / "kopie"
    identity.write_text(f"# made by a test\n{key}\n")
    site.manage("backup", str(folder), "--recipient", str(key.to_public()))
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"School 0" not in content
    assert b"logo 0" not in content
    site.destroy()
    assert "3 files" in site.manage("restore", str(folder), "--identity", str(identity))
    assert schools(site) == before
    assert "0 of 3 files" in site.manage("check_files")
    site.manage("migrate", "--check")
    store_again = site.python("from accounts.models import School; print(School.objects.create(name='Nieuw').pk)")
    assert int(store_again) not in {pk for (pk,) in site.rows("select id from accounts_school where name <> 'Nieuw'")}


def test_backup_killed_halfway_is_no_backup(site: Site, tmp_path: Path) -> None:
    store(site, 150)
    folder = tmp_path / "kopie"
    process = site.start("backup", "manage.py", "backup", str(folder))
    _wait_for_files(process.output, folder / "files")
    process.kill()
    assert not complete(folder)
    site.manage("backup", str(folder))
    site.destroy()
    site.manage("restore", str(folder))
    assert "0 of 150 files" in site.manage("check_files")


def test_restore_killed_halfway_can_be_done_again(site: Site, tmp_path: Path) -> None:
    store(site, 150)
    before = schools(site)
    folder = tmp_path / "kopie"
    site.manage("backup", str(folder))
    site.destroy()
    process = site.start("restore", "manage.py", "restore", str(folder))
    _wait_for_files(process.output, site.folder / "var" / "files")
    process.kill()
    site.manage("restore", str(folder))
    assert schools(site) == before
    assert "0 of 150 files" in site.manage("check_files")


def _wait_for_files(output: str, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not any(path.is_file() for path in folder.rglob("*")):
        assert time.monotonic() < deadline, output
        time.sleep(0.001)
