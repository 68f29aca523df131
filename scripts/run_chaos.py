"""`make chaos`: every fault of tests/chaos on a running site, with a line for what people saw of each."""

import argparse
import os

from scripts import environment, machine
from scripts.environment import BASE

NEEDS = (*machine.SITE_NEEDS, machine.POSTGRESQL, machine.REDIS)


def main() -> None:
    """Run pytest in place of this process."""
    parser = argparse.ArgumentParser(prog="make chaos", description="Has things go wrong on a running site.")
    parser.add_argument("--seed", default="1", help="what draws the moments at which they do")
    parser.add_argument(
        "--only", default="", help="an expression of words in the names of faults, as pytest's -k: 'SMTP and not 421'"
    )
    options = parser.parse_args()
    if missing := machine.install_missing(NEEDS):
        raise SystemExit(machine.name_missing(missing))
    python = str(environment.prepare(environment.DEV))
    command = [python, "-m", "pytest", "--quiet", str(BASE / "tests" / "chaos"), "-k", options.only]
    os.chdir(BASE)
    os.execve(python, command, {**os.environ, "CHAOS_SEED": options.seed})


if __name__ == "__main__":
    main()
