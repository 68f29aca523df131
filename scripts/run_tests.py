"""`make test`: all checks, on a temporary PostgreSQL and Redis and on SQLite.

Ends with a line per skipped thing and its reason, and 'N passed, N failed, N skipped' over all runs. With CI=true
skipping is a failure.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts import environment, machine, services
from scripts.environment import BASE
from scripts.processes import dies_with_us
from scripts.tally import Tally, read_junit

STEP_SECONDS = 55 * 60  # timeout of a step
SERVERS = (machine.POSTGRESQL, machine.REDIS)
LINTERS = {
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "djlint": ("djlint", "--check", "--lint", "templates"),
    "mypy": ("mypy",),
    "import-linter": ("lint-imports", "--no-logo"),
    "django check": ("django-admin", "check", "--fail-level", "WARNING"),
    "migrations": ("django-admin", "makemigrations", "--check", "--dry-run"),
}


class Suite:
    """Runs steps, and collects what failed, was skipped and was counted."""

    def __init__(self, python: Path, reports: Path, *, strict: bool) -> None:
        self.python, self.reports, self.strict = python, reports, strict
        self.failed: list[str] = []
        self.skipped: list[str] = []
        self.tally = Tally()

    def lint(self) -> None:
        """Run the linters; print a line for each, and the output of a failing one."""
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(BASE)}
        for name, (program, *arguments) in LINTERS.items():
            started = time.monotonic()
            code, output = _run([str(self.python.parent / program), *arguments], env=env, quiet=True)
            print(f"{name}: {'ok' if code == 0 else 'FAILED'} ({time.monotonic() - started:.1f} s)", flush=True)
            if code != 0:
                print(output, flush=True)
                self.failed.append(name)

    def pytest(self, name: str, *, only: str = "", without: Sequence[str] = (), env: Mapping[str, str]) -> None:
        """Run pytest for the marks `only` and without those of `without`; add its counts to the tally."""
        print(f"\npytest on {name}", flush=True)
        report = self.reports / f"{len(list(self.reports.iterdir()))}.xml"
        command = [str(self.python), "-m", "pytest", "--quiet", "-n", _workers(), "--dist", "loadgroup"]
        command += ["--max-worker-restart=0"]  # a hanging test ends its worker; a new one would hang too
        command += ["--durations=10", f"--junitxml={report}"]
        if marks := [f"({only})"] * bool(only) + [f"not {mark}" for mark in without]:
            command += ["-m", " and ".join(marks)]
        code, _ = _run(command, env=env, quiet=False)
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
        needs = (*needs, machine.CHROMIUM, machine.LIBREOFFICE, *SERVERS)
    missing = machine.install_missing(needs)
    if unusable := [need for need in missing if need in machine.SITE_NEEDS]:
        raise SystemExit(machine.name_missing(unusable))
    python = environment.prepare(environment.DEV)
    with tempfile.TemporaryDirectory(prefix="digibeoordelen-reports-") as reports:
        suite = Suite(python, Path(reports), strict=os.environ.get("CI") == "true")
        if not options.quick:
            suite.lint()
        if options.quick:
            suite.pytest("SQLite", without=["chromium", "embedded", "libreoffice", "process", "servers"], env=_sqlite())
        elif not options.lint:
            _run_all(suite, missing)
        print(f"\nTook {time.monotonic() - started:.0f} s")
        return suite.finish()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test", description="Runs the checks.")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--lint", action="store_true", help="the linters and type checks alone")
    only.add_argument("--quick", action="store_true", help="pytest on SQLite, without browser and processes")
    return parser.parse_args()


def _run_all(suite: Suite, missing: Sequence[machine.Need]) -> None:
    """Run the tests on PostgreSQL and Redis, those that depend on the database on SQLite too, browser tests only there.

    Truncating PostgreSQL's tables after a browser test deadlocks with a request that its page sent last. Without these
    servers everything else runs on SQLite.
    """
    absent = []
    if machine.CHROMIUM in missing:
        absent.append("chromium")
        suite.skip("the browser tests", [machine.CHROMIUM])
    if machine.LIBREOFFICE in missing:
        absent.append("libreoffice")
        suite.skip("the tests of files in a spreadsheet", [machine.LIBREOFFICE])
    if servers := [need for need in SERVERS if need in missing]:
        suite.skip("the run on PostgreSQL and Redis", servers)
        suite.pytest("SQLite", without=["servers", *absent], env=_sqlite())
        return
    suite.pytest("SQLite", only="browser or embedded or sqlite", without=["servers", *absent], env=_sqlite())
    try:
        with ExitStack() as stack:
            urls = {
                "DATABASE_URL": stack.enter_context(services.postgresql()),
                "BROKER_URL": stack.enter_context(services.redis()),
            }
            suite.pytest("PostgreSQL and Redis", without=["browser", "embedded", *absent], env={**os.environ, **urls})
    except services.ServerFailed as error:
        suite.failed.append(f"PostgreSQL or Redis did not start: {error}")


def _sqlite() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}


def _workers() -> str:
    """Return one more than the number of cores, as tests that start processes mostly wait."""
    return str((os.cpu_count() or 1) + 1)


def _run(command: Sequence[str], *, env: Mapping[str, str], quiet: bool) -> tuple[int, str]:
    """Run `command` in the project's folder; return its exit code, and its output if `quiet`.

    If this process is interrupted, the command is too, with time to stop what it started.
    """
    output = subprocess.PIPE if quiet else None
    process = subprocess.Popen(
        command,
        cwd=BASE,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        preexec_fn=dies_with_us(signal.SIGINT),
    )
    try:
        text, _ = process.communicate(timeout=STEP_SECONDS)
    except subprocess.TimeoutExpired:
        _interrupt(process)
        return 124, f"did not end within {STEP_SECONDS} s"
    except BaseException:
        _interrupt(process)
        raise
    return process.returncode, text or ""


def _interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit("\nStopped; what was started is gone.") from None
