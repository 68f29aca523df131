"""The product's own Celery workers, on the database and the queue of the bench, mailing to a sink."""

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
def workers(count: int, *, mail_to: Sink, concurrency: int = 1, env: Mapping[str, str] | None = None) -> Iterator[None]:
    """So many workers, ready for work, with `env` in their environment; killed (SIGKILL) at the end."""
    everything = {**os.environ, "EMAIL_URL": mail_to.url, **(env or {})}
    with ExitStack() as stack:
        started = [_start(number, concurrency, everything) for number in range(count)]
        for worker in started:
            stack.callback(worker.kill)
        for worker in started:
            worker.wait_for_output(" ready.")
        yield


def forget_tasks() -> None:
    """Empties the queue of the broker in files."""
    shutil.rmtree(_messages(), ignore_errors=True)
    _messages().mkdir(parents=True)


def wait_until(condition: Callable[[], bool]) -> None:
    """Until `condition` holds; raises TimeoutError when that takes much longer than any figure should."""
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
