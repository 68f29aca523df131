"""docker-compose.yml as processes, with its commands and environment, without a container engine.

    def test_something(compose_stack):
        … compose_stack.url …            https, through a substitute for Caddy with a self-signed certificate
        compose_stack.sink.wait_for(1)   the mail server
        compose_stack.processes["worker"].kill()

Container host names and folders are replaced by this machine's. Needs a PostgreSQL
and a Redis (the mark `servers`). scripts/build_image.py has the commands run in the mounted image
instead: IN_IMAGE is what it puts before them.
"""

import os
import re
import shlex
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from scripts.environment import BASE
from scripts.processes import free_port

from .front import https_front
from .processes import Process, Site, wait_until
from .smtp import SmtpSink

COMPOSE: dict[str, Any] = yaml.safe_load((BASE / "docker-compose.yml").read_text())
SITE_SERVICES = ("migrate", "web", "worker", "beat")
IN_IMAGE = shlex.split(os.environ.get("IN_IMAGE", ""))
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """Expand Compose's variables in `text`: ${A}, ${A:-default}, ${A:?message} (raises KeyError without A), $$."""

    def fill(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        value = values.get(match["name"], "")
        if not value and match["kind"] != "-":
            raise KeyError(f"{match['name']}: {match['rest']}")
        return value or match["rest"]

    return _VARIABLE.sub(fill, text)


class Service(Process):
    """A process of a service; `code` is its exit code, or None while it runs."""

    @property
    def code(self) -> int | None:
        return self._process.poll()


@dataclass
class Stack:
    """The site's services, each a process when started."""

    site: Site
    sink: SmtpSink
    values: dict[str, str]
    different: dict[str, str] = field(default_factory=dict)  # environment overrides of a test
    processes: dict[str, Service] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://{self.values['SITE_HOST']}"

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment of the service's container, including the Dockerfile's part."""
        lines: dict[str, str | None] = COMPOSE["services"][service]["environment"]
        # A name alone is passed on where .env has it.
        values = {name: interpolate(text, self.values) for name, text in lines.items() if text is not None}
        values |= {name: self.values[name] for name, text in lines.items() if text is None and name in self.values}
        here = {
            "DATABASE_URL": self.site.database_url,
            "BROKER_URL": self.site.env["BROKER_URL"],
            "VAR_DIR": self.site.env["VAR_DIR"],
        }
        assert here.keys() <= values.keys()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        image = {"PATH": path, "PYTHONUNBUFFERED": "1", "STATIC_ROOT": self.site.env["STATIC_ROOT"]}
        return {**image, "HOSTNAME": socket.gethostname(), **values, **here, **self.different}

    def command(self, service: str) -> list[str]:
        return self.here(COMPOSE["services"][service]["command"])

    def health_command(self, service: str) -> list[str]:
        kind, *words = COMPOSE["services"][service]["healthcheck"]["test"]
        return self.here(["sh", "-c", *words] if kind == "CMD-SHELL" else words)

    def here(self, command: Sequence[str]) -> list[str]:
        """Return a command with this machine's port and folder instead of the container's."""
        line = [interpolate(word, self.values) for word in command]
        line = [re.sub(r"(0\.0\.0\.0|127\.0\.0\.1):8000", f"127.0.0.1:{self.site.port}", word) for word in line]
        return [*IN_IMAGE, *line] if IN_IMAGE else [word.replace("/tmp", str(self.site.folder)) for word in line]

    def start(self, service: str) -> Service:
        """Start or restart the service without waiting."""
        log = self.site.folder / f"compose-{service}.log"
        process = Service(self.command(service), env=self.environment(service), log=log)
        self.processes[service] = process
        return process

    def up(self) -> None:
        """Start all services in order: run migrate to its end, then the others until they are ready."""
        migrate = self.start("migrate")
        wait_until(lambda: not migrate.is_running, "the migrations", timeout=240)
        assert migrate.code == 0, migrate.output
        self.start("worker").wait_for_output(" ready.")
        self.start("beat").wait_for_output("beat: Starting...")
        self.start("web").wait_for_output("Booting worker")


@pytest.fixture
def bare_stack(site: Site, smtp_sink: SmtpSink) -> Iterator[Stack]:
    """The stack with nothing started; its mail goes to `smtp_sink`."""
    if not site.database_url.startswith("postgres"):
        pytest.skip("PostgreSQL and Redis are needed: `make test` starts them")
    values = {
        "SECRET_KEY": "kZ8vWq3nJx-Rt5yBc7mLp0sDf2gHa9uEoI4TiN6wXbVrQjYlM1",
        "POSTGRES_PASSWORD": "unused",
        "SITE_HOST": f"127.0.0.1:{free_port()}",
        "DEFAULT_FROM_EMAIL": "Digitaal beoordelen <noreply@school.test>",
        "EMAIL_URL": smtp_sink.url,
    }
    stack = Stack(site, smtp_sink, values)
    yield stack
    for process in stack.processes.values():
        process.stop()


@pytest.fixture
def compose_stack(bare_stack: Stack) -> Iterator[Stack]:
    """The running stack on an empty database; a substitute for Caddy terminates https."""
    site = bare_stack.site
    with psycopg.connect(site.database_url) as connection:  # empty, as at a first start
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    if not IN_IMAGE:
        # The Dockerfile does this once, with slow compression; the demo's setting makes the same files without it.
        site.manage("collectstatic", "--no-input", "--verbosity=0")
    port = int(bare_stack.values["SITE_HOST"].partition(":")[2])
    with https_front(site.folder, port=port, upstream=site.port):
        bare_stack.up()
        yield bare_stack
