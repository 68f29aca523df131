"""The exceptions of the file storage, on disk or S3, as one: `StorageDown`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from threading import BoundedSemaphore

UNREACHABLE = "De opslag van bestanden is nu niet bereikbaar."
FULL = "De opslag van bestanden is vol."
SLOW = "De opslag van bestanden antwoordt nu te traag."
NOT_SAVED = "Het bestand kan nu niet worden bewaard. Probeer het over een paar minuten nog eens."

MAX_CONCURRENT = 2  # of a web server's four threads: pages without files go on while the storage is slow
WAIT_SECONDS = 2.0  # for a slot
_slots = BoundedSemaphore(MAX_CONCURRENT)


class StorageDown(Exception):
    """A temporary failure of the storage; the message is the reason in Dutch, for the screen."""


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn the storage's exceptions inside the block into `StorageDown`, but for `FileNotFoundError`."""
    try:
        yield
    except FileNotFoundError:
        raise
    except _error_types() as error:
        raise storage_down(error) from error


@contextmanager
def storage_slot() -> Iterator[None]:
    """Hold one of this process's `MAX_CONCURRENT` slots at the storage; raise `StorageDown` if none is free in time."""
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise StorageDown(SLOW)
    try:
        yield
    finally:
        _slots.release()


def storage_down(error: Exception) -> StorageDown:
    """Return the exception with a readable reason."""
    sentence = FULL if is_full(error) else UNREACHABLE
    cause = " ".join(str(getattr(error, "strerror", None) or error).split())[:500]
    return StorageDown(f"{sentence} De foutmelding was: “{cause}”." if cause else sentence)


def is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT)


def _error_types() -> tuple[type[Exception], ...]:
    """Return the exceptions of a storage; only a process that uses S3 has loaded its libraries."""
    if "botocore" not in sys.modules:
        return (OSError,)
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    return OSError, BotoCoreError, ClientError, Boto3Error, HTTPError
