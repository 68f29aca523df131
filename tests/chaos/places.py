"""Where the site runs when a fault happens: its files, its database and its clock."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from .installation import Installation
from .servers import PostgreSQL

# Yields what is added to the environment of the processes.
Place = Callable[[Installation], AbstractContextManager[Mapping[str, str]]]
DISK_MB = 64


@contextmanager
def ordinary(it: Installation) -> Iterator[Mapping[str, str]]:
    yield {}


@contextmanager
def on_object_storage(it: Installation) -> Iterator[Mapping[str, str]]:
    yield it.s3.env


@contextmanager
def on_small_disk(it: Installation) -> Iterator[Mapping[str, str]]:
    """Have the files on a disk of their own; what was there before is hidden."""
    mount("-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(it.files))
    try:
        yield {}
    finally:
        subprocess.run(["umount", "--lazy", str(it.files)], check=True)


@contextmanager
def with_replica(it: Installation) -> Iterator[Mapping[str, str]]:
    """Have PostgreSQL commit on two servers, both named in DATABASE_URL."""
    it.replica = PostgreSQL(it.database.folder.with_name("replica"))
    it.database.replicate(it.replica)
    hosts = f"{it.database.address},{it.replica.address}"
    options = "target_session_attrs=read-write&connect_timeout=3&tcp_user_timeout=10000"
    it.site.database_url = f"postgres://postgres@{hosts}/postgres?{options}"
    try:
        yield {"DATABASE_URL": it.site.database_url}
    finally:
        it.replica.crash()


@contextmanager
def with_own_clock(it: Installation) -> Iterator[Mapping[str, str]]:
    """Have the processes take their time from `it.clock`."""
    yield it.clock.env


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True, capture_output=True, timeout=30)


def what_is_missing(place: Place) -> str:
    """Return what this machine lacks for the place; '' if nothing."""
    if place is on_small_disk and not _can_mount():
        return "only root can mount a small disk"
    return ""


def _can_mount() -> bool:
    tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
    return tried.returncode == 0
