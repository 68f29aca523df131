"""Inside the virtual environment, before the site's processes start: checks, database, static files, demo data.

One process for all of it, since Django's own start is most of the time each step would take. Prints the demo
accounts and nothing else on standard output; problems go to standard error.
"""

import io
import os

import django
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError


def main() -> None:
    """Prepares the site that the environment describes; each step is done again harmlessly."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digibeoordelen.settings")
    django.setup()
    unsaid = io.StringIO()
    try:
        call_command("check", stdout=unsaid)
        call_command("migrate", interactive=False, verbosity=0, stdout=unsaid)
        call_command("collectstatic", interactive=False, verbosity=0, stdout=unsaid)
        call_command("load_demo", stdout=unsaid)
        call_command("demo_accounts")
    except (CommandError, SystemCheckError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
