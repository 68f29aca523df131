"""Keeps child processes running: restarts them, prints their output, stops them together."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from scripts.processes import dies_with_us

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a restart; doubles each time
STEADY = 60.0  # seconds after which a child counts as recovered, and the pause is reset
PATIENCE = 25.0  # seconds between SIGTERM and SIGKILL


class Child:
    """A program that should always run, in its own process group, so that Ctrl-C reaches only the supervisor."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> None:
        self.name, self.command, self.env, self.cwd = name, list(command), dict(env), cwd
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.start_at = 0.0
        self.pause = FIRST_PAUSE

    def start(self) -> IO[bytes]:
        """Start the program; return its output."""
        self.process = subprocess.Popen(
            self.command,
            env=self.env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_us(),
        )
        self.started = time.monotonic()
        assert self.process.stdout is not None
        return self.process.stdout

    def bury(self) -> int | None:
        """Return the exit code if the program has just died, and plan its restart; else return None."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.signal_group(signal.SIGKILL)  # its own children may still use the port
        if time.monotonic() - self.started > STEADY:
            self.pause = FIRST_PAUSE
        self.process, self.start_at = None, time.monotonic() + self.pause
        return code

    def plan_longer_pause(self) -> None:
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def signal_group(self, number: int) -> None:
        """Send a signal to the program and its children, if they exist."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return


class Supervisor:
    """Runs children until SIGINT, SIGTERM or SIGHUP; use it in the main thread."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.deaths: list[str] = []  # a sentence per death
        self.times_asked_to_stop = 0
        self._outputs = selectors.DefaultSelector()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    @property
    def asked_to_stop(self) -> bool:
        return self.times_asked_to_stop > 0

    def add(self, *children: Child) -> None:
        for child in children:
            self.children.append(child)
            self._start(child)

    def turn(self, *, seconds: float = 0.2) -> None:
        """Print output for at most `seconds`, detect deaths, and restart children whose pause is over."""
        self._pass_on_output(seconds)
        for child in self.children:
            code = child.bury()
            if code is not None:
                self.deaths.append(f"{child.name} stopped ({_describe(code)})")
                self.report(f"{self.deaths[-1]}; it starts again in {child.pause:.0f} s")
                child.plan_longer_pause()
            elif child.process is None and time.monotonic() >= child.start_at and not self.asked_to_stop:
                self._start(child)

    def stop(self) -> None:
        """Terminate the children; kill them after `PATIENCE` or at a second Ctrl-C."""
        impatient_at = self.times_asked_to_stop + 1
        deadline = time.monotonic() + PATIENCE
        for child in self.children:
            if child.process is not None:
                child.process.terminate()
        while any(child.process is not None and child.process.poll() is None for child in self.children):
            if time.monotonic() > deadline or self.times_asked_to_stop >= impatient_at:
                self.report("ending by force what has not stopped")
                break
            self._pass_on_output(0.1)
        for child in self.children:
            child.signal_group(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
        self._pass_on_output(0)

    def report(self, line: str, *, name: str = "") -> None:
        """Print a line after its source's name."""
        print(f"{name or 'make':<6} | {line}", flush=True)

    def _start(self, child: Child) -> None:
        output = child.start()
        self._outputs.register(output, selectors.EVENT_READ, (child.name, output))

    def _pass_on_output(self, seconds: float) -> None:
        for key, _ in self._outputs.select(seconds):
            name, output = key.data
            chunk = os.read(key.fd, 65536)
            if not chunk:
                self._outputs.unregister(output)
                output.close()
            for line in filter(str.strip, chunk.decode(errors="replace").splitlines()):
                self.report(line, name=name)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self.times_asked_to_stop += 1


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
