"""The product's Celery workers, on the bench's database and queue."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings

from bench.smtp_sink import Sink
from tests.processes import Process

PATIENCE = 900.0  # seconds


@contextmanager
def workers(
    count: int, *, mail_to: Sink | None = None, concurrency: int = 1, env: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run `count` workers with `env` in their environment, ready at the start of the block and killed at its end."""
    everything = {**os.environ, **({"EMAIL_URL": mail_to.url} if mail_to else {}), **(env or {})}
    with ExitStack() as stack:
        started = [_start(number, concurrency, everything) for number in range(count)]
        for worker in started:
            stack.callback(worker.kill)
        for worker in started:
            worker.wait_for_output(" ready.")
        yield


def forget_tasks() -> None:
    """Empty the queue of the filesystem broker."""
    shutil.rmtree(_messages(), ignore_errors=True)
    _messages().mkdir(parents=True)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` returns true; raise TimeoutError after `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The workers are not done yet.")
        time.sleep(0.02)


def _messages() -> Path:
    return Path(settings.VAR_DIR) / "queue" / "messages"


def _start(number: int, concurrency: int, env: dict[str, str]) -> Process:
    log = Path(settings.VAR_DIR) / f"worker{number}.log"
    log.unlink(missing_ok=True)
    options = [f"--concurrency={concurrency}", f"--hostname={number}@%h", "--without-gossip", "--without-mingle"]
    command = [sys.executable, "-m", "celery", "-A", "digibeoordelen", "worker", "--loglevel=INFO", *options]
    return Process(command, env=env, log=log)
