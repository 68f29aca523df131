"""The web entry point: refuses to start on a misconfiguration that a system check names."""

import io
import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digibeoordelen.settings")

application = get_wsgi_application()
call_command("check", stdout=io.StringIO())  # problems alone are said, on standard error
