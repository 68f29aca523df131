"""What a backup and a restore refuse, before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.management import CommandError, call_command

from accounts.models import School
from digibeoordelen import VERSION
from digibeoordelen.backup import databases, folder
from digibeoordelen.backup.folder import MANIFEST, complete
from digibeoordelen.outbox import storage
from digibeoordelen.outbox.models import StoredFile

pytestmark = pytest.mark.django_db(transaction=True)
KEY = pyrage.x25519.Identity.generate()


@pytest.fixture
def stored(db: None) -> StoredFile:
    kept = storage.keep(b"een logo")
    School.objects.create(name="ROC Hier", logo=kept)
    return kept


@pytest.fixture
def kept(tmp_path: Path, stored: StoredFile) -> Path:
    """A folder with one backup."""
    call_command("backup", tmp_path / "kopie")
    return tmp_path / "kopie"


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The dumps that reach a database, which counts as empty."""
    dumps: list[bytes] = []
    monkeypatch.setattr(databases, "is_empty", lambda: True)
    monkeypatch.setattr(databases, "load", lambda content: dumps.append(b"whole"))
    return dumps


def refused(words: str, *arguments: Any, **options: Any) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("restore", *arguments, **options)


def test_whole_backup_is_restored(kept: Path, loaded: list[bytes]) -> None:
    call_command("restore", kept)
    assert loaded == [b"whole"]


def test_database_that_is_in_use_is_left_alone(kept: Path) -> None:
    refused("holds tables already", kept)


def test_damaged_database_is_refused(kept: Path, loaded: list[bytes]) -> None:
    [dump] = kept.glob("*/database")
    dump.write_bytes(dump.read_bytes()[:-1])
    refused("database is damaged", kept)
    assert not loaded


def test_missing_file_is_refused(kept: Path, loaded: list[bytes], stored: StoredFile) -> None:
    folder.stored_path(kept, stored.sha256, is_encrypted=False).unlink()
    refused("is missing", kept)
    assert not loaded


def test_damaged_file_is_refused(kept: Path, loaded: list[bytes], stored: StoredFile) -> None:
    folder.stored_path(kept, stored.sha256, is_encrypted=False).write_bytes(b"een l0go")
    refused("is damaged", kept)
    assert not loaded


def test_newer_backup_is_refused(kept: Path, loaded: list[bytes]) -> None:
    [backup] = complete(kept)
    text = (backup / MANIFEST).read_text()
    (backup / MANIFEST).write_text(text.replace('"accounts 0001_initial"', '"accounts 9999_later"'))
    refused("9999_later", kept)
    assert not loaded


def test_wrong_key_opens_nothing(tmp_path: Path, stored: StoredFile, loaded: list[bytes]) -> None:
    call_command("backup", tmp_path / "kopie", recipient=[str(KEY.to_public())])
    refused("is encrypted", tmp_path / "kopie")
    identity = tmp_path / "key.txt"
    identity.write_text(str(pyrage.x25519.Identity.generate()))
    refused("does not open", tmp_path / "kopie", identity=identity)
    identity.write_text("geen sleutel")
    refused("holds no secret key", tmp_path / "kopie", identity=identity)
    assert not loaded


def test_recipient_that_is_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no public key"):
        call_command("backup", tmp_path / "kopie", recipient=["age1nonsense"])
    assert not (tmp_path / "kopie").exists()


def test_two_backups_at_once_are_refused(tmp_path: Path, stored: StoredFile) -> None:
    with folder.locked(tmp_path), pytest.raises(CommandError, match="Another backup"):
        call_command("backup", tmp_path)


def test_folder_without_a_backup_is_refused(tmp_path: Path, loaded: list[bytes]) -> None:
    refused("no finished backup", tmp_path)
    refused("no finished backup", tmp_path / "nergens")


def test_lost_file_is_told_and_the_rest_is_kept(tmp_path: Path, stored: StoredFile, loaded: list[bytes]) -> None:
    stored.file.storage.delete(str(stored.file.name))
    with pytest.raises(CommandError, match="1 files are missing or damaged"):
        call_command("backup", tmp_path / "kopie")
    call_command("restore", tmp_path / "kopie")
    assert loaded


def test_second_backup_copies_only_what_is_new(
    kept: Path, stored: StoredFile, monkeypatch: pytest.MonkeyPatch, loaded: list[bytes]
) -> None:
    monkeypatch.setattr(StoredFile, "open_proven", lambda self: pytest.fail("copied again"))
    first = complete(kept)
    _make_older(first[0])
    call_command("backup", kept)
    assert len(complete(kept)) == 2
    call_command("restore", kept, at="20200101T000000Z")
    refused("There is no backup 2019", kept, at="2019")


def test_keep_deletes_older_backups_and_their_files(kept: Path, stored: StoredFile) -> None:
    _make_older(complete(kept)[0])
    School.objects.update(logo=storage.keep(b"een ander logo"))
    stored.delete()
    call_command("backup", kept, keep=1)
    [left] = complete(kept)
    assert left.name != "20200101T000000Z"
    assert len(list((kept / "files").glob("??/*"))) == 1
    with pytest.raises(CommandError, match="at least 1"):
        call_command("backup", kept, keep=0)


def test_backup_names_its_version(kept: Path) -> None:
    [backup] = complete(kept)
    assert folder.Manifest.read(backup).version == VERSION


def _make_older(backup: Path) -> None:
    backup.rename(backup.with_name("20200101T000000Z"))


def test_programs_get_the_server_that_takes_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two servers the first may be the replica, which does not know the snapshot of the other."""
    database = databases.connection.settings_dict
    for name, value in {"HOST": "een,twee", "PORT": "5432,5433", "OPTIONS": {"target_session_attrs": "any"}}.items():
        monkeypatch.setitem(database, name, value)
    env = databases._environment()
    assert (env["PGHOST"], env["PGPORT"], env["PGTARGETSESSIONATTRS"]) == ("een,twee", "5432,5433", "any")
