"""The processes of `make run`: restarted when they die, stopped together, never orphaned."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.environment import BASE

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("supervisor")]

# Supervises shell commands in the form NAME=COMMAND, as run_site does.
SCRIPT = """
import os, sys
from pathlib import Path
from scripts import supervisor
supervisor.FIRST_PAUSE, supervisor.PATIENCE = 0.3, 3.0
children = [
    supervisor.Child(name, ["/bin/sh", "-c", command], env=os.environ, cwd=Path.cwd())
    for name, _, command in (argument.partition("=") for argument in sys.argv[1:])
]
for child in children:
    child.pause = supervisor.FIRST_PAUSE
crew = supervisor.Supervisor()
crew.add(*children)
while not crew.asked_to_stop:
    crew.turn()
crew.stop()
"""


def wait_for(happened: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"did not happen within {seconds} s"
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Crew:
    def __init__(self, folder: Path, **commands: str) -> None:
        self.folder = folder
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, *(f"{name}={command}" for name, command in commands.items())],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(BASE)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def pid(self, name: str) -> int:
        """Return the process id that a child wrote to its file."""
        wait_for(lambda: (self.folder / name).is_file() and (self.folder / name).read_text().strip())
        return int((self.folder / name).read_text())

    def printed(self, text: str) -> bool:
        return text in self.log.read_text()


@pytest.fixture
def crew(tmp_path) -> Iterator[Callable[..., Crew]]:
    started: list[Crew] = []

    def start(**commands: str) -> Crew:
        started.append(Crew(tmp_path, **commands))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


SLEEPS = "echo $$ > {0}; exec sleep 600"
STUBBORN = "trap '' TERM INT; echo $$ > {0}; while :; do sleep 0.1; done"


def test_output_is_prefixed_with_the_process_name(crew):
    one = crew(web="echo hello; echo oops >&2; exec sleep 600", beat="exec sleep 600")
    wait_for(lambda: one.printed("web    | hello\n") and one.printed("web    | oops\n"))


def test_dead_child_is_restarted(crew):
    one = crew(web=SLEEPS.format("web"))
    first = one.pid("web")
    (one.folder / "web").unlink()
    os.kill(first, signal.SIGKILL)
    assert one.pid("web") != first
    assert one.printed("web stopped (signal SIGKILL); it starts again in 0 s")


def test_restarts_have_growing_pauses(crew):
    one = crew(web="echo start; exit 3")
    wait_for(lambda: one.log.read_text().count("| start") == 4)
    pauses = [line.split(" in ")[1] for line in one.log.read_text().splitlines() if "exit code 3" in line]
    assert pauses[:3] == ["0 s", "1 s", "1 s"]  # 0.3, 0.6, 1.2 rounded


def test_children_of_a_dead_child_are_killed(crew):
    one = crew(web="sleep 600 & echo $! > grandchild; " + SLEEPS.format("web"))
    grandchild = one.pid("grandchild")
    os.kill(one.pid("web"), signal.SIGKILL)
    wait_for(lambda: not lives(grandchild))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_stops_all_children(crew, number):
    one = crew(web=SLEEPS.format("web"), worker=SLEEPS.format("worker"))
    pids = [one.pid("web"), one.pid("worker")]
    one.process.send_signal(number)
    assert one.process.wait(timeout=10) == 0
    assert not any(lives(pid) for pid in pids)


def test_stopping_waits_for_unfinished_work(crew):
    finishing = "trap 'sleep 1; echo done > finished; exit 0' TERM; echo $$ > worker; while :; do sleep 0.1; done"
    one = crew(worker=finishing)
    one.pid("worker")
    one.process.terminate()
    one.process.wait(timeout=10)
    assert (one.folder / "finished").read_text() == "done\n"


def test_child_that_ignores_sigterm_is_killed(crew):
    one = crew(worker=STUBBORN.format("worker"))
    pid = one.pid("worker")
    one.process.terminate()
    assert one.process.wait(timeout=10) == 0
    assert not lives(pid)
    assert one.printed("ending by force")


def test_a_second_ctrl_c_does_not_wait(crew):
    one = crew(worker=STUBBORN.format("worker"))
    pid = one.pid("worker")
    started = time.monotonic()
    one.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    one.process.send_signal(signal.SIGINT)
    one.process.wait(timeout=10)
    assert time.monotonic() - started < 2.5
    assert not lives(pid)


def test_killed_supervisor_leaves_no_orphans(crew):
    one = crew(web=SLEEPS.format("web"), worker=SLEEPS.format("worker"))
    pids = [one.pid("web"), one.pid("worker")]
    one.process.kill()
    wait_for(lambda: not any(lives(pid) for pid in pids))
