"""Files are stored once and completely, and verified when read."""

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage
from django.db import IntegrityError, connection, transaction

from digibeoordelen import file_storage
from digibeoordelen.file_storage import StorageDown
from digibeoordelen.outbox import storage as outbox_storage
from digibeoordelen.outbox.models import FileGone, StoredFile
from digibeoordelen.outbox.storage import keep


def path_of(stored: StoredFile) -> Path:
    return Path(default_storage.path(str(stored.file.name)))


def test_equal_bytes_are_one_row_and_one_file(db: None) -> None:
    first, second, other = keep(b"inhoud"), keep(b"inhoud"), keep(b"iets anders")

    assert first == second != other
    assert first.read() == b"inhoud"
    assert (first.size, path_of(first).name) == (6, first.sha256)


def test_nothing_is_a_file_too(db: None) -> None:
    assert keep(b"").read() == b""


def test_orphaned_file_is_reused(transactional_db: None) -> None:
    with transaction.atomic():
        keep(b"teruggedraaid")
        transaction.set_rollback(True)

    assert keep(b"teruggedraaid").read() == b"teruggedraaid"


def test_many_at_once_get_the_same_row(transactional_db: None) -> None:
    def work(_: int) -> int:
        try:
            with transaction.atomic():
                return keep(b"tegelijk bewaard").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(work, range(12)))) == 1
    assert StoredFile.objects.get().read() == b"tegelijk bewaard"
    assert [path for path in path_of(StoredFile.objects.get()).parent.iterdir() if path.name.startswith(".")] == []


def test_incomplete_file_is_rewritten(db: None) -> None:
    path_of(keep(b"een halve")).write_bytes(b"een")

    assert keep(b"een halve").read() == b"een halve"


def test_missing_file_is_reported(db: None) -> None:
    stored = keep(b"straks weg")
    path_of(stored).unlink()

    with pytest.raises(FileGone, match="missing"):
        stored.read()


def test_changed_file_is_reported(db: None) -> None:
    stored = keep(b"bewijs")
    path_of(stored).write_bytes(b"BEWIJS")

    with pytest.raises(FileGone, match="damaged"):
        stored.read()


class ObjectStorage(Storage):
    """A storage like django-storages': without paths and with atomic writes."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def exists(self, name: str) -> bool:
        return name in self.objects

    def _save(self, name: str, content: File) -> str:
        self.objects[name] = content.read()
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        if name not in self.objects:
            raise FileNotFoundError(name)
        return ContentFile(self.objects[name])


def test_object_storage_keeps_the_name(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = ObjectStorage()
    monkeypatch.setattr(outbox_storage, "default_storage", storage)
    monkeypatch.setattr(StoredFile._meta.get_field("file"), "storage", storage)

    stored = keep(b"in de wolk")
    assert keep(b"in de wolk").read() == b"in de wolk"
    assert list(storage.objects) == [stored.file.name]

    storage.objects.clear()
    with pytest.raises(FileGone):
        StoredFile.objects.get().read()


UNREACHABLE = EndpointConnectionError(endpoint_url="https://opslag.test/emmer")
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "GetObject")
STORAGE_ERRORS = [
    UNREACHABLE,
    DENIED,
    S3UploadFailedError("Failed to upload"),
    ReadTimeoutError(endpoint_url="https://opslag.test/emmer"),
    PermissionError(errno.EACCES, "Permission denied"),
]


@pytest.mark.parametrize("error", STORAGE_ERRORS)
def test_failing_storage_is_one_error_with_a_reason(
    db: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    storage = ObjectStorage()
    monkeypatch.setattr(outbox_storage, "default_storage", storage)
    monkeypatch.setattr(StoredFile._meta.get_field("file"), "storage", storage)
    stored = keep(b"in de wolk")

    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(storage, "_open", fail)
    monkeypatch.setattr(storage, "exists", fail)
    with pytest.raises(StorageDown, match="niet bereikbaar"):
        stored.read()
    with pytest.raises(StorageDown, match="niet bereikbaar"):
        keep(b"nog een")


def test_download_that_breaks_off_can_be_read_again(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An S3 file that failed to load is empty the second time."""
    stored = keep(b"in stukken")

    class Breaking(ContentFile):
        def readinto(self, buffer: object) -> int:
            raise UNREACHABLE

    with monkeypatch.context() as down:
        down.setattr(default_storage, "open", lambda *_: Breaking(b""))
        with pytest.raises(StorageDown):
            stored.read()
    assert stored.read() == b"in stukken"


def test_name_other_than_a_hash_is_refused(db: None) -> None:
    with pytest.raises(IntegrityError, match="stored_file_sha256_is_hex"), transaction.atomic():
        StoredFile.objects.create(sha256="../../etc/passwd", size=1, file="x")


def test_a_full_disk_is_not_kept_full(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(outbox_storage.os, "fsync", full)
    with pytest.raises(StorageDown, match="vol"):
        keep(b"past er niet meer bij")
    folders = Path(default_storage.location).iterdir()
    assert not [left for folder in folders for left in folder.glob(".*")]


def test_slow_storage_leaves_threads_for_other_pages(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stored, others = keep(b"traag"), keep(b"nog een")
    answer, all_wait = Event(), Barrier(file_storage.MAX_CONCURRENT + 1)
    opened = default_storage.open

    def open_slowly(*arguments: str) -> File:
        all_wait.wait(timeout=60)
        answer.wait(timeout=60)
        return opened(*arguments)

    monkeypatch.setattr(default_storage._wrapped, "open", open_slowly)
    with ThreadPoolExecutor(file_storage.MAX_CONCURRENT) as pool:
        reading = [pool.submit(stored.read) for _ in range(file_storage.MAX_CONCURRENT)]
        all_wait.wait(timeout=60)
        monkeypatch.setattr(file_storage, "WAIT_SECONDS", 0.05)
        with pytest.raises(StorageDown, match="te traag"):
            others.read()
        with pytest.raises(StorageDown, match="te traag"):
            keep(b"nieuw")
        monkeypatch.setattr(default_storage._wrapped, "open", opened)
        answer.set()
        assert [one.result(timeout=60) for one in reading] == [b"traag"] * file_storage.MAX_CONCURRENT
    assert others.read() == b"nog een"
