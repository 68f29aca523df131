"""Measure the figures on the empty database of DATABASE_URL; started by `bench.__main__`."""

from __future__ import annotations

import argparse
import sys

import django
from django.core.management import call_command


def main() -> int:
    """Print a line per figure; return 1 if one misses its goal."""
    options = _parse()
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from bench.all_figures import FIGURES  # after `django.setup`
    from bench.databases import keep_empty

    keep_empty()

    selected = [figure for figure in FIGURES if options.only in (None, figure.name)]
    if not selected:
        raise SystemExit(f"There is no {options.only}; there are {', '.join(figure.name for figure in FIGURES)}.")
    short = False
    for figure in selected:
        measured = figure.measure(options.scale)
        print(figure.line(measured, scale=options.scale), flush=True)
        if options.verbose:
            print("\n".join(f"    {line}" for line in measured.details()), flush=True)
        short = short or figure.is_short(measured)
    return 1 if short else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measures the figures against their goals.")
    parser.add_argument("--only", help="the name of one figure, such as P6")
    parser.add_argument("--scale", type=float, default=1.0, help="shrinks the data for a quick look, such as 0.01")
    parser.add_argument("-v", "--verbose", action="store_true", help="every run's seconds, too")
    options = parser.parse_args()
    if not 0 < options.scale <= 1:
        parser.error("SCALE is more than 0 and at most 1")
    return options


if __name__ == "__main__":
    sys.exit(main())
