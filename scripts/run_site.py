"""`make run`: the whole site on this machine alone, from nothing to the address to open.

Installs what is missing, prepares SQLite, static files and demo data in `var/`, then keeps gunicorn, a Celery
worker and beat running until Ctrl-C. Everything it keeps is in `var/`; stop and start it at any moment.
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

# What would make this another site than the embedded one: names that a developer's shell may hold.
NOT_OURS = (
    "ALLOWED_HOSTS", "BEHIND_PROXY", "BROKER_URL", "CACHE_URL", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "DEBUG",
    "DJANGO_SETTINGS_MODULE", "S3_BUCKET", "S3_ENDPOINT_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS",
    "SECOND_STEP_FOR_STAFF", "TRUSTED_PROXIES",
)  # fmt: skip


def main() -> int:
    """Starts the site and keeps it running; the exit code."""
    started = time.monotonic()
    port = _parse_port()
    if "MAKELEVEL" in os.environ:  # a killed make takes us along; a shell that started us and ends does not
        follow_parent(signal.SIGTERM)
    var = Path(os.environ.get("VAR_DIR", BASE / "var")).resolve()
    var.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    lock = _lock(var / "run.lock", address)
    _refuse_taken(port)
    if missing := machine.install_missing(machine.SITE_NEEDS):
        raise SystemExit(machine.name_missing(missing))
    python = environment.prepare(environment.APP)
    env = _environment(var, address)
    print("Preparing the database, the static files and the demo data", flush=True)
    accounts = _prepare(python, env)
    supervisor = Supervisor()
    web, *others = _children(python, env, port)
    supervisor.add(web)  # alone, so that it answers as soon as it can
    if _wait_until_it_answers(supervisor, f"{address}/gezondheid/"):
        supervisor.add(*others)
        _welcome(address, accounts, var=var, seconds=time.monotonic() - started)
        while not supervisor.asked_to_stop:
            supervisor.turn()
    supervisor.say("stopping")
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
    """Holds `path` for as long as this process lives; raises SystemExit if another one does."""
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


def _environment(var: Path, address: str) -> dict[str, str]:
    """The environment of every process of the site. EMAIL_URL passes through: then mail really leaves."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return {
        "LOG_LEVEL": "WARNING",
        "STATIC_ROOT": str(var / "staticfiles"),
        **kept,
        "DEMO": "on",
        "PYTHONUNBUFFERED": "1",
        # Celery's advice for servers that take tasks from strangers; whoever starts this as root knows it.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        "SECRET_KEY": _secret_key(var / "secret_key"),
        "SITE_URL": address,
        "VAR_DIR": str(var),
    }


def _secret_key(path: Path) -> str:
    """The key made at the first start: links in mails that were sent must still open after the next one."""
    if not path.is_file():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        fresh.replace(path)
    return path.read_text()


def _prepare(python: Path, env: dict[str, str]) -> str:
    """Brings database, static files and demo data up to date; returns the sentences that name the demo accounts."""
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
        # No access log: addresses hold examiners' links.
        "web": [str(python), "-m", "gunicorn", "digibeoordelen.wsgi", f"--bind=127.0.0.1:{port}", "--threads=8",
                "--log-level=warning", "--no-control-socket", "--graceful-timeout=15"],
        "worker": [*celery, "worker", "--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--loglevel=WARNING", "--pidfile="],
    }  # fmt: skip
    return [Child(name, command, env=env, cwd=BASE) for name, command in commands.items()]


def _wait_until_it_answers(supervisor: Supervisor, url: str) -> bool:
    """True once the site answers; False if a process died before that, or someone asked to stop."""
    while not supervisor.asked_to_stop and not supervisor.deaths:
        supervisor.turn()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except urllib.error.HTTPError as error:
            supervisor.say(f"{url} answers {error.code}: {error.read(500).decode(errors='replace')}")
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
