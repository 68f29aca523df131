"""The WSGI entry point, which stops on a failed system check."""

import io
import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digibeoordelen.settings")

application = get_wsgi_application()
call_command("check", stdout=io.StringIO())  # prints only problems, on standard error
