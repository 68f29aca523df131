"""The product's settings for the tests in this process.

Processes that a test starts (web, worker, beat) run on `digibeoordelen.settings`, as they do for a user.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

if "mypy" in sys.modules:  # mypy's Django plugin reads these settings, stores nothing, and ends without atexit
    _own_folder = Path(tempfile.gettempdir())
else:
    if "DIGIBEOORDELEN_TEST_DIR" not in os.environ:
        # The first process creates and removes the folder; the others (pytest-xdist's) inherit the variable.
        os.environ["DIGIBEOORDELEN_TEST_DIR"] = tempfile.mkdtemp(prefix="digibeoordelen-test-")
        atexit.register(shutil.rmtree, os.environ["DIGIBEOORDELEN_TEST_DIR"], ignore_errors=True)
    _own_folder = Path(os.environ["DIGIBEOORDELEN_TEST_DIR"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    _own_folder.mkdir(exist_ok=True)
os.environ["VAR_DIR"] = str(_own_folder)
os.environ["STATIC_ROOT"] = str(_own_folder)  # WhiteNoise requires a folder; finders serve the files in tests
os.environ["SECRET_KEY"] = "a key for tests alone, long enough for every check that looks at it"
os.environ["DEMO"] = "on"
os.environ["SITE_URL"] = "http://testserver"
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
os.environ.pop("EMAIL_URL", None)
# Playwright's synchronous API keeps an event loop in the thread of the tests, in which Django refuses
# every query of later tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from digibeoordelen.settings import *  # noqa: F403 - the environment must be set before this import
from digibeoordelen.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Tasks of this process stay in it; real workers serve only the tests that start them.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
# Rate limits do not count across tests; tests of the limits use a separate cache.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, since only there do the threads of a transaction test use SQLite's real locks.
    DATABASES["default"]["TEST"] = {"NAME": str(_own_folder / "test.sqlite3")}
