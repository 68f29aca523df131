"""`make test`: all checks, on a temporary PostgreSQL and Redis and on SQLite.

The linters run beside the tests; each step prints its output when it ends.
Ends with a line per skipped thing and its reason, and 'N passed, N failed, N skipped' over all runs. With CI=true
skipping is a failure.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts import environment, machine, services
from scripts.environment import BASE
from scripts.processes import dies_with_us
from scripts.tally import Tally, read_junit

STEP_SECONDS = 55 * 60  # timeout of a step
SERVERS = (machine.POSTGRESQL, machine.REDIS)
PROGRAMS = {"chromium": machine.CHROMIUM, "libreoffice": machine.LIBREOFFICE, "caddy": machine.CADDY}  # by their mark
LINTERS = {
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "djlint": ("djlint", "--check", "--lint", "templates"),
    "mypy": ("mypy",),
    "import-linter": ("lint-imports", "--no-logo"),
    "django check": ("django-admin", "check", "--fail-level", "WARNING"),
    "migrations": ("django-admin", "makemigrations", "--check", "--dry-run"),
}


@dataclass
class Step:
    """A command, and what is done with its exit code, output and seconds when it has ended."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    end: Callable[[int, str, float], None]


class Suite:
    """Runs steps, and collects what failed, was skipped and was counted."""

    def __init__(self, python: Path, reports: Path, *, strict: bool) -> None:
        self.python, self.reports, self.strict = python, reports, strict
        self.failed: list[str] = []
        self.skipped: list[str] = []
        self.tally = Tally()

    def linters(self) -> list[Step]:
        """Return the linters; each prints a line, and its output if it fails."""
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(BASE)}
        return [
            Step(name, [str(self.python.parent / program), *arguments], env, partial(self._end_linter, name))
            for name, (program, *arguments) in LINTERS.items()
        ]

    def _end_linter(self, name: str, code: int, output: str, seconds: float) -> None:
        print(f"{name}: {'ok' if code == 0 else 'FAILED'} ({seconds:.1f} s)", flush=True)
        if code != 0:
            print(output, flush=True)
            self.failed.append(name)

    def pytest(
        self, name: str, *, only: str = "", without: Sequence[str] = (), workers: int, env: Mapping[str, str]
    ) -> Step:
        """Return a run of pytest for the marks `only` and without those of `without`; its counts go to the tally."""
        report = self.reports / f"{name}.xml"
        command = [str(self.python), "-m", "pytest", "--quiet", "-n", str(workers), "--dist", "loadgroup"]
        command += ["--max-worker-restart=0"]  # a hanging test ends its worker; a new one would hang too
        command += ["--durations=10", f"--junitxml={report}"]
        if marks := [f"({only})"] * bool(only) + [f"not {mark}" for mark in without]:
            command += ["-m", " and ".join(marks)]
        return Step(name, command, env, partial(self._end_pytest, name, report))

    def _end_pytest(self, name: str, report: Path, code: int, output: str, seconds: float) -> None:
        print(f"\npytest on {name} ({seconds:.0f} s)\n{output}", flush=True)
        counts = read_junit(report, run=name)
        self.tally += counts
        if code != 0 and counts.failed == 0:
            self.failed.append(f"pytest on {name} ended with code {code}")
            self.tally += Tally(failed=1)

    def skip(self, what: str, missing: Sequence[machine.Need]) -> None:
        """Record that `what` was skipped because of `missing`."""
        self.skipped.append(f"{what}: type `sudo {machine.install_command(missing)}`")

    def finish(self) -> int:
        """Print the summary; return the exit code."""
        skipped = [*self.skipped, *self.tally.describe_skipped()]
        print()
        for name in self.failed:
            print(f"Failed: {name}")
        for line in skipped:
            print(f"Skipped: {line}")
        if not skipped:
            print("Nothing was skipped.")
        elif self.strict:
            print("This is CI: what is skipped counts as a failure.")
        print(f"{self.tally.passed} passed, {self.tally.failed} failed, {self.tally.skipped} skipped", flush=True)
        return 1 if self.failed or self.tally.failed or (self.strict and skipped) else 0


def main() -> int:
    """Run the requested checks; return the exit code."""
    options = _parse()
    # A script's background jobs ignore SIGINT, by which steps are stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    needs = () if options.lint else machine.SITE_NEEDS
    if not options.lint and not options.quick:
        needs = (*needs, *PROGRAMS.values(), *SERVERS)
        machine.install_missing([machine.HEADLESS_CHROMIUM])
    missing = machine.install_missing(needs)
    if unusable := [need for need in missing if need in machine.SITE_NEEDS]:
        raise SystemExit(machine.name_missing(unusable))
    python = environment.prepare(environment.DEV)
    # Images of Python set this; without bytecode each process compiles the product, and each worker rewrites all tests.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="digibeoordelen-reports-") as reports:
        suite = Suite(python, Path(reports), strict=os.environ.get("CI") == "true")
        if options.lint:
            run([suite.linters()])
        elif options.quick:
            without = ["caddy", "chromium", "embedded", "libreoffice", "process", "servers", "slow"]
            run([[suite.pytest("SQLite", without=without, workers=_cores(), env=_sqlite())]])
        else:
            _run_all(suite, missing)
        print(f"\nTook {time.monotonic() - started:.0f} s")
        return suite.finish()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test", description="Runs the checks.")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--lint", action="store_true", help="the linters and type checks alone")
    only.add_argument("--quick", action="store_true", help="pytest on SQLite: no browser, process or slow test")
    return parser.parse_args()


def _run_all(suite: Suite, missing: Sequence[machine.Need]) -> None:
    """Run the tests on PostgreSQL and Redis, those that depend on the database on SQLite too, browser tests only there.

    Truncating PostgreSQL's tables after a browser test deadlocks with a request that its page sent last. Without these
    servers everything else runs on SQLite.
    """
    absent = [mark for mark, program in PROGRAMS.items() if program in missing]
    for mark in absent:
        suite.skip(PROGRAMS[mark].purpose, [PROGRAMS[mark]])
    if servers := [need for need in SERVERS if need in missing]:
        suite.skip("the run on PostgreSQL and Redis", servers)
        alone = suite.pytest("SQLite", without=["servers", *absent], workers=_cores() + 1, env=_sqlite())
        run([suite.linters(), [alone]])
        return
    only = "browser or embedded or sqlite"
    # A browser or a server works while its test waits: one more worker than cores. The two runs follow each other, as
    # browser tests that compete for the processor exceed their time limits.
    workers = _cores() + 1
    steps = [suite.pytest("SQLite", only=only, without=["servers", *absent], workers=workers, env=_sqlite())]
    with ExitStack() as stack:
        try:
            urls = {
                "DATABASE_URL": stack.enter_context(services.postgresql()),
                "BROKER_URL": stack.enter_context(services.redis()),
            }
        except services.ServerFailed as error:
            suite.failed.append(f"PostgreSQL or Redis did not start: {error}")
        else:
            without, env = ["browser", "chaos", "embedded", *absent], {**os.environ, **urls}
            steps.append(suite.pytest("PostgreSQL and Redis", without=without, workers=workers, env=env))
        run([suite.linters(), steps])


def _sqlite() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}


def _cores() -> int:
    return os.cpu_count() or 1


def run(lanes: Sequence[Sequence[Step]]) -> None:
    """Run the lanes side by side, the steps of a lane one after another; every minute print how far pytest is.

    If this process is interrupted, the running steps are too, with time to stop what they started.
    """
    waiting = [list(lane) for lane in lanes]
    running: list[_Running] = []
    printed = time.monotonic()
    try:
        while running or any(waiting):
            for lane in waiting:
                if lane and not any(one.lane is lane for one in running):
                    running.append(_Running(lane.pop(0), lane))
            for one in [one for one in running if one.has_ended()]:
                running.remove(one)
                one.step.end(*one.result())
            if time.monotonic() > printed + 60:
                printed = time.monotonic()
                print(", ".join(f"{one.step.name} {one.progress()}" for one in running), flush=True)
            time.sleep(0.05)
    finally:
        for one in running:
            one.process.send_signal(signal.SIGINT)
        for one in running:
            one.stop()


class _Running:
    """A started step; its output goes to a file."""

    def __init__(self, step: Step, lane: list[Step]) -> None:
        self.step, self.lane, self.started = step, lane, time.monotonic()
        self._output = tempfile.NamedTemporaryFile(prefix="digibeoordelen-step-")  # noqa: SIM115 - closed by `result`
        self.process = subprocess.Popen(
            step.command,
            cwd=BASE,
            env=step.env,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            preexec_fn=dies_with_us(signal.SIGINT),
        )

    def has_ended(self) -> bool:
        return self.process.poll() is not None or time.monotonic() > self.started + STEP_SECONDS

    def progress(self) -> str:
        """Return pytest's last percentage, or the seconds since the start."""
        percentages = re.findall(r"\[ *(\d+%)\]", self._read())
        return percentages[-1] if percentages else f"{time.monotonic() - self.started:.0f} s"

    def result(self) -> tuple[int, str, float]:
        """Return the exit code, the output and the seconds; interrupt a step that takes too long: code 124."""
        seconds = time.monotonic() - self.started
        code = self.process.poll()
        if code is None:
            self.process.send_signal(signal.SIGINT)
            self.stop()
            code = 124
        output = self._read()
        self._output.close()
        return code, output, seconds

    def stop(self) -> None:
        """Wait for an interrupted step to end; kill it after 30 seconds."""
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _read(self) -> str:
        return Path(self._output.name).read_text(errors="replace")  # our own file's position is the step's too


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit("\nStopped; what was started is gone.") from None
