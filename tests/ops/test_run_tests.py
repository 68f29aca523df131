"""`make test`: its closing lines and its exit code."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from scripts import machine, run_tests
from scripts.environment import BASE
from scripts.run_tests import Step, Suite
from scripts.tally import Tally
from tests.processes import wait_until


@pytest.fixture
def suite(tmp_path):
    return Suite(Path(sys.executable), tmp_path, strict=False)


@pytest.fixture
def ci(tmp_path):
    return Suite(Path(sys.executable), tmp_path, strict=True)


def last_lines(capsys, count: int) -> list[str]:
    return capsys.readouterr().out.splitlines()[-count:]


def test_success_ends_with_code_0(suite, capsys):
    suite.tally = Tally(passed=812)
    assert suite.finish() == 0
    assert last_lines(capsys, 2) == ["Nothing was skipped.", "812 passed, 0 failed, 0 skipped"]


def test_skips_are_listed_and_fail_only_in_ci(suite, capsys):
    suite.tally = Tally(passed=5, reasons=Counter({"SQLite: no printer": 2}))
    suite.skip("the browser tests", [machine.CHROMIUM])
    assert suite.finish() == 0
    assert last_lines(capsys, 3) == [
        "Skipped: the browser tests: type `sudo apt-get install --yes --no-install-recommends chromium`",
        "Skipped: 2 tests, SQLite: no printer",
        "5 passed, 0 failed, 2 skipped",
    ]


@pytest.mark.parametrize("missing", [True, False])
def test_ci_fails_on_a_skipped_test_and_on_a_missing_program(ci, missing, capsys):
    if missing:
        ci.skip("the browser tests", [machine.CHROMIUM])
    else:
        ci.tally = Tally(passed=5, reasons=Counter({"SQLite: no printer": 1}))
    assert ci.finish() == 1
    assert last_lines(capsys, 1) == [f"{ci.tally.passed} passed, 0 failed, {ci.tally.skipped} skipped"]


def test_a_failing_linter_fails_the_whole(suite, capsys):
    suite.failed.append("mypy")
    assert suite.finish() == 1
    assert "Failed: mypy" in last_lines(capsys, 3)


def test_a_failed_test_fails_the_whole(suite):
    suite.tally = Tally(passed=5, failed=1)
    assert suite.finish() == 1


def test_interrupted_run_counts_as_failed(suite, capsys):
    suite.pytest("SQLite", without=[], workers=1, env={}).end(3, "", 1.0)
    assert suite.finish() == 1
    assert last_lines(capsys, 1) == ["0 passed, 1 failed, 0 skipped"]


def test_an_interrupted_step_gets_to_clean_up(tmp_path):
    """Ctrl-C in `make test` lets pytest tear down its fixtures before it ends."""
    step = (
        "import time, pathlib\n"
        "try:\n"
        "    pathlib.Path('up').touch(); time.sleep(600)\n"
        "finally:\n"
        "    time.sleep(0.5); pathlib.Path('cleaned').touch()\n"
    )
    script = (
        "import signal, sys, pathlib; from scripts import run_tests\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "run_tests.BASE = pathlib.Path.cwd()\n"
        f"run_tests.run([[run_tests.Step('step', [sys.executable, '-c', {step!r}], {{}}, print)]])\n"
    )
    env = {**os.environ, "PYTHONPATH": str(BASE)}
    process = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, env=env, stderr=subprocess.DEVNULL)
    try:
        wait_until((tmp_path / "up").exists, "the step to run")
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert (tmp_path / "cleaned").exists()


@pytest.fixture
def step():
    """Return a function that makes a step of Python code; `step.ended` has what each handed over."""

    def make(name: str, code: str) -> Step:
        return Step(name, [sys.executable, "-c", code], {}, lambda *result: make.ended.append((name, *result)))

    make.ended = []
    return make


def test_lanes_run_side_by_side_and_their_steps_in_turn(step, tmp_path):
    waits = (
        "import pathlib, time\n"
        f"while not pathlib.Path({str(tmp_path / 'there')!r}).exists(): time.sleep(0.02)\n"
        "print('waited')"
    )
    touches = f"import pathlib; pathlib.Path({str(tmp_path / 'there')!r}).touch()"
    run_tests.run([[step("long", waits), step("next", "raise SystemExit(5)")], [step("short", touches)]])
    assert [name for name, *_ in step.ended][-1] == "next"
    assert {(name, code, output) for name, code, output, _ in step.ended} == {
        ("short", 0, ""),
        ("long", 0, "waited\n"),
        ("next", 5, ""),
    }


def test_step_that_takes_too_long_is_stopped(step, monkeypatch):
    monkeypatch.setattr(run_tests, "STEP_SECONDS", 0.2)
    run_tests.run([[step("endless", "import time; time.sleep(600)")]])
    assert [code for _, code, _, _ in step.ended] == [124]


def test_percentage_of_pytest_is_its_progress(step):
    running = run_tests._Running(step("pytest", "print('... [ 40%]\\n.... [ 52%]')"), [])
    running.process.wait()
    assert running.progress() == "52%"
    assert running.result()[:2] == (0, "... [ 40%]\n.... [ 52%]\n")


def test_ci_calls_the_same_as_a_person_does():
    text = (BASE / ".ci" / "run").read_text()
    assert "export CI=true" in text
    assert "make test" in text
    assert os.access(BASE / ".ci" / "run", os.X_OK)
