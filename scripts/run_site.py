"""`make run`: the whole site on this machine.

Installs what is missing, prepares SQLite, static files and demo data in `var/`, and keeps gunicorn, a Celery worker and
beat running until Ctrl-C.
"""

import argparse
import errno
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from scripts import environment, machine
from scripts.environment import BASE
from scripts.processes import follow_parent
from scripts.supervisor import Child, Supervisor

# Variables in a developer's shell that would change the embedded site.
IGNORED_VARIABLES = (
    "ALLOWED_HOSTS", "BEHIND_PROXY", "BROKER_URL", "CACHE_URL", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "DEBUG",
    "DJANGO_SETTINGS_MODULE", "S3_BUCKET", "S3_ENDPOINT_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS",
    "SECOND_STEP_FOR_STAFF", "SSO_ALLOW_LOCAL", "TRUSTED_PROXIES",
)  # fmt: skip


def main() -> int:
    """Run the site until it is stopped; return the exit code."""
    started = time.monotonic()
    port = _parse_port()
    if "MAKELEVEL" in os.environ:  # stop when make is killed, but not when a shell ends
        follow_parent(signal.SIGTERM)
    var = Path(os.environ.get("VAR_DIR", BASE / "var")).resolve()
    var.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    lock = _lock(var / "run.lock", address)
    _refuse_taken(port)
    if missing := machine.install_missing(machine.SITE_NEEDS):
        raise SystemExit(machine.name_missing(missing))
    python = environment.prepare(environment.APP)
    env = site_environment(var, address)
    print("Preparing the database, the static files and the demo data", flush=True)
    accounts = _prepare(python, env)
    supervisor = Supervisor()
    web, *others = _children(python, env, port)
    supervisor.add(web)  # first, so that it answers as soon as possible
    if _wait_until_it_answers(supervisor, f"{address}/gezondheid/"):
        supervisor.add(*others)
        _welcome(address, accounts, var=var, seconds=time.monotonic() - started)
        while not supervisor.asked_to_stop:
            supervisor.turn()
    supervisor.report("stopping")
    supervisor.stop()
    os.close(lock)
    return 0 if supervisor.asked_to_stop else 1


def _parse_port() -> int:
    parser = argparse.ArgumentParser(prog="make run", description="Runs the site on this machine.")
    parser.add_argument("--port", default="8000", help="make run PORT=8123")
    text = parser.parse_args().port
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise SystemExit(f"PORT={text} is no port. Choose a number between 1024 and 65535, such as: make run PORT=8123")
    return int(text)


def _lock(path: Path, address: str) -> int:
    """Lock `path` while this process lives; raise SystemExit if another one holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        running = path.read_text() or "somewhere"
        raise SystemExit(f"The site of this folder is running already: {running}. Stop it there with Ctrl-C.") from None
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{address} (process {os.getpid()})".encode())
    return descriptor


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = (
                "is taken by another program" if error.errno == errno.EADDRINUSE else f"can't be used: {error.strerror}"
            )
            raise SystemExit(f"Port {port} {why}. Choose another: make run PORT={_another(port)}") from None


def _another(port: int) -> int:
    return 8123 if port != 8123 else 8124


def site_environment(var: Path, address: str) -> dict[str, str]:
    """Return the environment of the site's processes; with EMAIL_URL mail is really sent."""
    inherited = {name: value for name, value in os.environ.items() if name not in IGNORED_VARIABLES}
    return {
        "LOG_LEVEL": "WARNING",
        "STATIC_ROOT": str(var / "staticfiles"),
        **inherited,
        "DEMO": "on",
        "PYTHONUNBUFFERED": "1",
        # Celery's warning is for brokers that others can write to.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        "SECRET_KEY": _secret_key(var / "secret_key"),
        "SITE_URL": address,
        "VAR_DIR": str(var),
    }


def _secret_key(path: Path) -> str:
    """Return the key made at the first start, so that links in mails stay valid."""
    if not path.is_file():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        fresh.replace(path)
    return path.read_text()


def _prepare(python: Path, env: dict[str, str]) -> str:
    """Update database, static files and demo data; return the list of demo accounts."""
    done = subprocess.run(
        [python, "-m", "scripts.prepare_site"],
        cwd=BASE,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}The site could not be prepared; what went wrong stands above.")
    return done.stdout.rstrip()


def _children(python: Path, env: dict[str, str], port: int) -> list[Child]:
    celery = [str(python), "-m", "celery", "-A", "digibeoordelen", "--quiet"]
    commands = {
        # No access log: URLs contain examiners' links.
        "web": [str(python), "-m", "gunicorn", "digibeoordelen.wsgi", f"--bind=127.0.0.1:{port}", "--threads=8",
                "--log-level=warning", "--no-control-socket", "--graceful-timeout=15"],
        "worker": [*celery, "worker", "--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--loglevel=WARNING", "--pidfile="],
    }  # fmt: skip
    return [Child(name, command, env=env, cwd=BASE) for name, command in commands.items()]


def _wait_until_it_answers(supervisor: Supervisor, url: str) -> bool:
    """Return True once the site answers; False if a process died or the site is stopped before that."""
    while not supervisor.asked_to_stop and not supervisor.deaths:
        supervisor.turn()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except urllib.error.HTTPError as error:
            supervisor.report(f"{url} answers {error.code}: {error.read(500).decode(errors='replace')}")
        except OSError:
            continue
    return False


def _welcome(address: str, accounts: str, *, var: Path, seconds: float) -> None:
    mails = "the server of EMAIL_URL" if "EMAIL_URL" in os.environ else f"{address}/demo/postvak/"
    print(
        f"\n{accounts}\n\nMail goes to {mails}\nData is kept in {os.path.relpath(var)}/. Stop with Ctrl-C."
        f"\nStarted in {seconds:.1f} s. Open {address}/\n",
        flush=True,
    )


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit("\nStopped.") from None
