"""Run `bench.measure` on a temporary PostgreSQL."""

import os
import signal
import subprocess
import sys
import tempfile

from scripts import environment, machine, services
from scripts.environment import BASE
from scripts.processes import dies_with_us


def main() -> int:
    """Return the exit code: 0 if every figure is within its goal."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if missing := machine.install_missing((*machine.SITE_NEEDS, machine.POSTGRESQL, machine.CHROMIUM)):
        raise SystemExit(machine.name_missing(missing))
    python = environment.prepare(environment.DEV)
    try:
        with services.postgresql() as url, tempfile.TemporaryDirectory(prefix="digibeoordelen-bench-") as folder:
            env = {
                **{name: value for name, value in os.environ.items() if name not in ("EMAIL_URL", "S3_BUCKET")},
                "DATABASE_URL": url,
                "DEMO": "on",
                "DJANGO_SETTINGS_MODULE": "digibeoordelen.settings",
                "SECRET_KEY": "a key for measuring alone, long enough for every check that looks at it",
                "STATIC_ROOT": folder,
                "VAR_DIR": folder,
            }
            command = [str(python), "-m", "bench.measure", *sys.argv[1:]]
            return subprocess.run(command, cwd=BASE, env=env, check=False, preexec_fn=dies_with_us()).returncode
    except services.ServerFailed as error:
        raise SystemExit(f"PostgreSQL did not start: {error}") from None


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit("\nStopped; what was started is gone.") from None
