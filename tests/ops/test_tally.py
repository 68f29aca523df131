"""Counting from pytest's own reports."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.tally import Tally, read_junit

SUITE = """
import pytest

@pytest.fixture
def broken():
    raise RuntimeError

@pytest.fixture
def breaks_afterwards():
    yield
    raise RuntimeError

def test_passes(): pass
def test_passes_too(): pass
def test_fails(): assert False
def test_errors(broken): pass
def test_passes_then_errors(breaks_afterwards): pass
@pytest.mark.skip(reason="no  chromium\\nhere")
def test_skipped(): pass
@pytest.mark.parametrize("n", [1, 2])
def test_skips_itself(n): pytest.skip("no redis")
@pytest.mark.xfail
def test_expected_to_fail(): assert False
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("sample")
    (tmp_path / "test_sample.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    subprocess.run([*command, f"--junitxml={tmp_path / 'report.xml'}", str(tmp_path)], capture_output=True, check=False)
    return tmp_path / "report.xml"


def test_every_test_counts_once_and_errors_count_as_failures(report):
    tally = read_junit(report, run="SQLite")
    assert (tally.passed, tally.failed, tally.skipped) == (2, 3, 4)


def test_skipped_tests_are_listed_by_run_and_reason(report):
    lines = read_junit(report, run="SQLite").describe_skipped()
    assert "1 test, SQLite: no chromium here" in lines
    assert "2 tests, SQLite: no redis" in lines
    assert len(lines) == 3


def test_runs_are_summed(report):
    total = read_junit(report, run="SQLite") + read_junit(report, run="PostgreSQL") + Tally(failed=1)
    assert (total.passed, total.failed, total.skipped) == (4, 7, 8)


@pytest.mark.parametrize("content", [None, "", "<testsuites><testsuite>"])
def test_missing_or_broken_report_counts_nothing(tmp_path, content):
    report = tmp_path / "report.xml"
    if content is not None:
        report.write_text(content)
    assert read_junit(report, run="SQLite") == Tally()
