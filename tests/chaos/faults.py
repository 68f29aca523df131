"""The faults, in the order in which they happen: each is what an operator sees go wrong, until it is mended.

A fault happens to a running installation in a place: where its files and database are, and with which clock.
"""

from __future__ import annotations

import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.processes import wait_until
from tests.smtp import DROP, SILENCE, SmtpSink

from .clock import Clock
from .installation import CONCURRENCY, PROCESSES, Installation
from .places import Place, mount, on_object_storage, on_small_disk, ordinary, with_own_clock, with_replica

MANY = 100_000
MINUTES_20, HOUR = 20 * 60, 60 * 60


@dataclass(frozen=True)
class Fault:
    """`happen` returns when the fault is over. `repeats`: how many mails may come twice, with their Message-ID."""

    name: str
    happen: Callable[[Installation], None]
    place: Place
    repeats: int
    is_short: bool


FAULTS: list[Fault] = []


def fault(
    name: str, *, place: Place = ordinary, repeats: int = 0, is_short: bool = False
) -> Callable[[Callable[[Installation], None]], None]:
    def register(happen: Callable[[Installation], None]) -> None:
        FAULTS.append(Fault(name, happen, place, repeats, is_short))

    return register


# --- Processes -------------------------------------------------------------------------------------
KILLS = 3


@fault("worker killed 3 times", repeats=KILLS * CONCURRENCY, is_short=True)
def kill_worker(it: Installation) -> None:
    for _ in range(KILLS):
        it.pause(2, 6)
        it.kill("worker")
        it.start("worker")


@fault("web server killed 3 times")
def kill_web(it: Installation) -> None:
    for _ in range(KILLS):
        it.pause(1, 4)
        it.kill("web")
        it.start("web")


@fault("beat killed, away for 8 s")
def kill_beat(it: Installation) -> None:
    it.pause(1, 3)
    it.kill("beat")
    time.sleep(8)
    it.start("beat")


@fault("power failure", repeats=CONCURRENCY)
def kill_everything(it: Installation) -> None:
    it.pause(3, 6)
    for name in PROCESSES:
        it.kill(name)
    it.broker.crash()
    it.database.crash()
    time.sleep(1)
    it.database.start()
    it.broker.start()
    it.start("worker", "beat", "web")


@fault("two beats at once")
def run_two_beats(it: Installation) -> None:
    it.start("beat", suffix="-second")
    time.sleep(12)
    it.end("beat-second")


# --- Redis -----------------------------------------------------------------------------------------
@fault("Redis stopped for 8 s")
def stop_redis(it: Installation) -> None:
    it.pause(1, 3)
    it.broker.save()
    it.broker.stop()
    time.sleep(8)
    it.broker.start()


@fault("Redis loses its data", is_short=True)
def empty_redis(it: Installation) -> None:
    for lose in (it.broker.lose, it.broker.lose, it.broker.restart_empty):
        it.pause(1, 4)
        lose()


@fault("Redis hangs for 8 s")
def freeze_redis(it: Installation) -> None:
    it.pause(1, 3)
    it.broker.freeze()
    time.sleep(8)
    it.broker.thaw()


# --- PostgreSQL ------------------------------------------------------------------------------------
@fault("PostgreSQL restarted twice", repeats=2 * CONCURRENCY)
def restart_database(it: Installation) -> None:
    for _ in range(2):
        it.pause(1, 4)
        it.database.stop()
        it.database.start()


@fault("PostgreSQL crashes, back after 5 s", repeats=CONCURRENCY)
def crash_database(it: Installation) -> None:
    it.pause(2, 5)
    it.database.crash()
    time.sleep(5)
    it.database.start()


# --- The mail server -------------------------------------------------------------------------------
@contextmanager
def answering(sink: SmtpSink, step: str, answer: str) -> Iterator[None]:
    sink.answer(step, *[answer] * MANY)
    try:
        yield
    finally:
        sink.answer_well()


@fault("SMTP 451 to each recipient for 10 s")
def defer_recipients(it: Installation) -> None:
    with answering(it.sink, "RCPT", "451 4.7.1 Greylisted"):
        time.sleep(10)


@fault("SMTP 421 to MAIL for 10 s", is_short=True)
def close_connections(it: Installation) -> None:
    with answering(it.sink, "MAIL", "421 4.3.2 Too busy"):
        time.sleep(10)


@fault("SMTP 550 to each recipient for 10 s, then resend_failed")
def refuse_recipients(it: Installation) -> None:
    since = datetime.now()  # noqa: DTZ005 - as an operator types it
    with answering(it.sink, "RCPT", "550 5.1.1 Unknown user"):
        time.sleep(10)
    it.site.manage("resend_failed", "--since", since.isoformat(timespec="minutes"))


@fault("SMTP 554 at the banner for 10 s", repeats=CONCURRENCY)
def refuse_connections(it: Installation) -> None:
    it.sink.stop()
    with refusing(it.sink.port, b"554 5.7.1 Your network is blocked\r\n"):
        time.sleep(10)
    it.sink.start()


@fault("SMTP hangs for 10 s")
def keep_silent(it: Installation) -> None:
    with answering(it.sink, "MAIL", SILENCE):
        time.sleep(10)


@fault("SMTP drops the connection after DATA for 10 s", repeats=MANY)
def drop_after_data(it: Installation) -> None:
    with answering(it.sink, "DATA", DROP):
        time.sleep(10)


@contextmanager
def refusing(port: int, banner: bytes) -> Iterator[None]:
    """Greet with `banner` and hang up."""

    class Greet(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(banner)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Greet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


# --- Storage ---------------------------------------------------------------------------------------
@fault("object storage answers after 5 s, for 10 s", place=on_object_storage)
def slow_storage(it: Installation) -> None:
    it.s3.pause = 5
    time.sleep(10)
    it.s3.pause = 0


@fault("object storage down for 10 s", place=on_object_storage)
def stop_storage(it: Installation) -> None:
    it.s3.stop()
    time.sleep(10)
    it.s3.start()


@fault("disk of the files full for 10 s", place=on_small_disk)
def fill_disk(it: Installation) -> None:
    ballast = it.files / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            while file.write(bytes(64 * 1024)):
                pass
    except OSError:  # it is full
        pass
    time.sleep(10)
    ballast.unlink()


@fault("disk of the files read-only for 10 s", place=on_small_disk)
def protect_disk(it: Installation) -> None:
    wait_until(lambda: remounts(it.files, "ro"), "a moment at which no file is being written")
    time.sleep(10)
    remounts(it.files, "rw")


def remounts(folder: Path, how: str) -> bool:
    try:
        mount("-o", f"remount,{how}", str(folder))
    except subprocess.CalledProcessError:
        return False
    return True


# --- Clocks ----------------------------------------------------------------------------------------
@fault("clock 20 minutes ahead for 10 s, then tasks lost", place=with_own_clock, repeats=CONCURRENCY)
def set_clock_ahead(it: Installation) -> None:
    """The tasks are those of 3 seconds, which only a sweep announces again.

    The worker ends when what it had claimed is done: a job's lease is by its clock, and would last 20 minutes more.
    """
    it.clock.set(MINUTES_20)
    time.sleep(10)
    it.clock.set(0)
    time.sleep(3)
    it.end("worker")
    time.sleep(3)
    it.broker.lose()
    it.start("worker")


@fault("clock an hour behind for 10 s", place=with_own_clock)
def set_clock_behind(it: Installation) -> None:
    it.clock.set(-HOUR)
    time.sleep(10)
    it.clock.set(0)


@fault("one of two workers 20 minutes ahead", place=with_own_clock)
def run_worker_ahead(it: Installation) -> None:
    ahead = Clock(it.site.folder / "clock-ahead")
    ahead.set(MINUTES_20)
    it.start("worker", suffix="-ahead", env=ahead.env)
    it.processes["worker-ahead"].wait_for_output(" ready.")
    it.sink.delay = 0.5
    time.sleep(10)
    it.sink.delay = 0
    it.end("worker-ahead")


# --- The last one: what it leaves is another server ------------------------------------------------
@fault("PostgreSQL lost, its replica promoted after 5 s", place=with_replica, repeats=CONCURRENCY)
def fail_over(it: Installation) -> None:
    assert it.replica is not None
    it.pause(2, 5)
    it.database.crash()
    time.sleep(5)
    it.replica.promote()
