"""The production settings, in a separate process."""

import re
import socket
import subprocess
import sys

from scripts.environment import BASE

PRODUCTION = {
    "SECRET_KEY": "a key for this test alone, long enough for every check that looks at it",
    "SITE_URL": "https://beoordelen.example.nl",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "DJANGO_SETTINGS_MODULE": "digibeoordelen.settings",
}


def run(code: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env={**PRODUCTION, **more}, cwd=BASE, capture_output=True, text=True, check=True
    )


def test_gunicorn_log_hides_links() -> None:
    output = run(
        "import logging, django\n"
        "logger = logging.getLogger('gunicorn.error')\n"
        "logger.propagate = False\n"
        "logger.addHandler(logging.StreamHandler())\n"
        "django.setup()\n"
        "logger.error('Error handling request %s %s', 'GET', '/beoordelen/WzEsMV0:geheim/')\n"
    ).stderr
    assert output.count("Error handling request GET /beoordelen/…/") == 1
    assert "geheim" not in output


def test_persistent_connection_is_checked_before_use() -> None:
    code = "from django.conf import settings; print(settings.DATABASES['default']['CONN_HEALTH_CHECKS'])"
    assert run(code).stdout.strip() == "True"


def test_signature_of_a_fallback_key_is_valid() -> None:
    earlier = "an earlier key that is long enough for every check that looks at it"
    signed = run("from django.core import signing; print(signing.dumps(7))", SECRET_KEY=earlier).stdout.strip()
    read = f"from django.core import signing; print(signing.loads({signed!r}))"
    assert run(read, SECRET_KEY_FALLBACKS=f"one-older-still,{earlier}").stdout.strip() == "7"


def test_empty_fallback_list_is_empty() -> None:
    code = "from django.conf import settings; print(settings.SECRET_KEY_FALLBACKS)"
    assert run(code, SECRET_KEY_FALLBACKS="").stdout.strip() == "[]"


def test_silent_object_storage_is_given_up_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        code = (
            "import time, django; django.setup()\n"
            "from digibeoordelen.file_storage import StorageDown\n"
            "from digibeoordelen.outbox.models import StoredFile\n"
            "begin = time.monotonic()\n"
            "try: StoredFile(sha256='0' * 64, file='00/0').read()\n"
            "except StorageDown as down: print(down, time.monotonic() - begin < 5)\n"
        )
        storage = {"S3_BUCKET": "emmer", "S3_ENDPOINT_URL": address, "S3_READ_TIMEOUT": "0.2"}
        keys = {"AWS_ACCESS_KEY_ID": "naam", "AWS_SECRET_ACCESS_KEY": "geheim"}
        output = run(code, **storage, **keys).stdout
    assert "niet bereikbaar" in output
    assert "Read timeout" in output
    assert output.strip().endswith("True")


def test_every_variable_is_in_the_manual() -> None:
    read = re.findall(r"""\benv(?:\.\w+)?\(\s*"(\w+)\"""", (BASE / "digibeoordelen/settings.py").read_text())
    manual = (BASE / "docs/operation.md").read_text()
    assert len(read) > 20
    assert [name for name in read if f"`{name}`" not in manual] == []


def test_workers_are_bounded_by_the_environment() -> None:
    code = (
        "from digibeoordelen.celery import app\n"
        "print(app.conf.worker_max_tasks_per_child, app.conf.worker_max_memory_per_child, app.conf.task_time_limit)"
    )
    assert run(code).stdout.split() == ["500", str(400 * 1024), "3600"]
    more = {"WORKER_MAX_TASKS": "7", "WORKER_MAX_MEMORY": "1", "TASK_SECONDS": "9"}
    assert run(code, **more).stdout.split() == ["7", "1024", "9"]
