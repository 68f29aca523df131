"""Prepare the site before its processes start: checks, database, static files, demo data.

One process for all, as starting Django takes most of the time of each step. Prints only the demo accounts on standard
output; problems go to standard error.
"""

import io
import os

import django
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError


def main() -> None:
    """Prepare the site configured by the environment; each step is idempotent."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digibeoordelen.settings")
    django.setup()
    ignored = io.StringIO()
    try:
        call_command("check", stdout=ignored)
        call_command("migrate", interactive=False, verbosity=0, stdout=ignored)
        call_command("collectstatic", interactive=False, verbosity=0, stdout=ignored)
        call_command("load_demo", stdout=ignored)
        call_command("demo_accounts")
    except (CommandError, SystemCheckError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
