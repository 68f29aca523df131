"""Create the virtual environment in `.venv`, and install the locked packages when the lock changes."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
VENV = BASE / ".venv"
PYTHON = VENV / "bin" / "python"
APP = BASE / "requirements" / "app.txt"
DEV = BASE / "requirements" / "dev.txt"  # a superset of app.txt


def prepare(lock: Path) -> Path:
    """Return the environment's Python with the packages of `lock` installed; raise SystemExit if pip fails.

    The lock's hash is stored, so that the next call takes milliseconds.
    """
    with _one_at_a_time():
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()
        stamp = VENV / f"installed-{lock.stem}.sha256"
        if _pip_works(cheaply=stamp.is_file()) and stamp.is_file() and stamp.read_text() == digest:
            return PYTHON
        if not _pip_works(cheaply=False):
            print(f"Making the virtual environment {VENV.relative_to(BASE)}", flush=True)
            _run(sys.executable, "-m", "venv", "--clear", str(VENV))
        print(f"Installing the packages of {lock.relative_to(BASE)}", flush=True)
        _run(str(PYTHON), *_PIP, "install", "-qq", "--no-deps", "--require-hashes", "-r", str(lock))
        stamp.write_text(digest)
        if lock == DEV:
            (VENV / f"installed-{APP.stem}.sha256").write_text(hashlib.sha256(APP.read_bytes()).hexdigest())
        return PYTHON


_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def _pip_works(*, cheaply: bool) -> bool:
    """Return whether the environment works; `cheaply` checks only that its Python exists."""
    if not PYTHON.exists() or cheaply:
        return PYTHON.exists()
    return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _run(*command: str) -> None:
    if (code := subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode) != 0:
        raise SystemExit(f"This failed with code {code}: {' '.join(command)}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Prevent two `make` in one checkout from installing at once; the kernel releases a killed process's lock."""
    descriptor = os.open(APP.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
