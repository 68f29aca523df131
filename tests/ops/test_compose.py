"""docker-compose.yml: its contents, and a working site started by its commands."""

import json
import re
import ssl
import subprocess
import tomllib
import urllib.request

import pytest

from exams.content import guide
from scripts import machine
from scripts.environment import BASE
from tests.compose import COMPOSE, SITE_SERVICES, interpolate
from tests.processes import wait_until

SERVICES = COMPOSE["services"]
TEXT = (BASE / "docker-compose.yml").read_text()
EXAMPLE = (BASE / ".env.example").read_text()
CADDYFILE = (BASE / "Caddyfile").read_text()
DOCKERFILE = (BASE / "Dockerfile").read_text()
SECRETS = {"SECRET_KEY", "POSTGRES_PASSWORD"}
OF_THE_IMAGE = {"STATIC_ROOT"}
NEVER_IN_PRODUCTION = {"DEMO", "DEBUG"}

QUEUE_A_MAIL = """
from digibeoordelen.outbox.queue import queue_mail
queue_mail(kind="test", to="a@school.test", subject="Uit de rij", text="Dag", html="<p>Dag</p>")
"""


def test_compose_has_every_service():
    assert set(SERVICES) == {*SITE_SERVICES, "backup", "db", "redis", "caddy", "mail"}
    assert SERVICES["db"]["image"] == "postgres:15"


def test_secrets_are_required():
    used = re.findall(r"\$\{(\w+)([^}]*)\}", TEXT)
    assert {name for name, _ in used} >= SECRETS
    assert {rest[:2] for name, rest in used if name in SECRETS} == {":?"}
    with pytest.raises(KeyError, match="SECRET_KEY"):
        interpolate(SERVICES["web"]["environment"]["SECRET_KEY"], {})


def test_the_example_names_every_variable_and_holds_no_secret():
    required = {name for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", TEXT) if rest.startswith(":?")}
    variables = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert set(variables) == required
    assert {variables[name] for name in SECRETS} == {""}


@pytest.mark.parametrize("service", SITE_SERVICES)
def test_every_setting_reaches_every_process(service):
    read = set(re.findall(r"""\benv(?:\.\w+)?\(\s*"(\w+)\"""", (BASE / "digibeoordelen/settings.py").read_text()))
    assert {"SECRET_KEY", "S3_BUCKET", "OUTBOX_RETRY_SECONDS"} <= read
    assert read - SERVICES[service]["environment"].keys() == OF_THE_IMAGE | NEVER_IN_PRODUCTION


def test_mail_goes_to_the_catcher_only_where_asked():
    with pytest.raises(KeyError, match="EMAIL_URL"):
        interpolate(SERVICES["web"]["environment"]["EMAIL_URL"], {})
    assert SERVICES["mail"]["profiles"] == ["demo"]
    assert [name for name, service in SERVICES.items() if "mail" in service.get("depends_on", {})] == []


@pytest.mark.parametrize("service", SERVICES)
def test_each_container_is_bounded_and_cannot_write_its_image(service):
    settings = SERVICES[service]
    assert settings["read_only"] is True
    assert settings["deploy"]["resources"]["limits"]["memory"]
    assert settings["logging"]["options"].keys() == {"max-size", "max-file"}
    assert settings["security_opt"] == ["no-new-privileges:true"]


def test_only_web_is_between_caddy_and_the_data():
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert networks["caddy"] == {"door"}
    assert {name for name in networks if "door" in networks[name]} == {"caddy", "web"}
    assert networks["db"] == networks["redis"] == {"data"}


def test_image_is_built_again_for_each_version():
    version = tomllib.loads((BASE / "pyproject.toml").read_text())["project"]["version"]
    for name in SITE_SERVICES:
        assert SERVICES[name]["image"] == f"digibeoordelen:{version}"
        assert SERVICES[name]["pull_policy"] == "build"


def test_web_may_end_its_requests_before_it_is_killed():
    [grace] = [word for word in SERVICES["web"]["command"] if word.startswith("--graceful-timeout=")]
    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > int(grace.partition("=")[2])


@pytest.mark.parametrize("service", sorted({*SERVICES} - {"migrate", "backup"}))
def test_each_lasting_service_has_a_health_check(service):
    assert SERVICES[service]["healthcheck"]["test"]


def test_mail_catcher_listens_locally_only():
    assert SERVICES["mail"]["ports"] == ["127.0.0.1:8025:8025"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy", "mail"]


def test_image_installs_the_same_packages_as_make_run():
    needed = {package for need in machine.SITE_NEEDS for package in need.packages} - {"python3-venv"}
    assert needed <= set(DOCKERFILE.split())
    assert "--require-hashes -r /tmp/app.txt" in DOCKERFILE


def test_image_contains_the_guide():
    ignored = (BASE / ".dockerignore").read_text().split()
    assert ignored.index("docs/*") < ignored.index(f"!{guide.PATH.relative_to(BASE)}")


@pytest.mark.process
@pytest.mark.servers
@pytest.mark.xdist_group("compose")
class TestProcesses:
    def test_compose_commands_start_a_healthy_site_that_mails(self, compose_stack):
        trusting = ssl.create_default_context(cafile=str(compose_stack.site.folder / "front.pem"))
        with urllib.request.urlopen(f"{compose_stack.url}/gezondheid/", context=trusting) as response:
            details = json.load(response)
        assert details["status"] == "ok"
        assert details["broker"] is True
        for service in ("web", "worker"):
            check = compose_stack.health_command(service)
            env = compose_stack.environment(service)
            done = subprocess.run(check, env=env, cwd=BASE, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{service}: {done.stdout}{done.stderr}"
        compose_stack.site.python(QUEUE_A_MAIL)
        [mail] = compose_stack.sink.wait_for(1, timeout=30)
        assert mail.subject == "Uit de rij"
        assert mail.sender == "noreply@school.test"

    @pytest.mark.parametrize("service", ["migrate", "web", "worker", "beat"])
    @pytest.mark.parametrize(
        ("name", "value", "complaint"),
        [("SECRET_KEY", "changeme", "digibeoordelen.E001"), ("SITE_URL", "http://127.0.0.1", "digibeoordelen.E003")],
    )
    def test_misconfigured_container_does_not_start(self, bare_stack, service, name, value, complaint):
        bare_stack.different = {name: value}
        process = bare_stack.start(service)
        wait_until(lambda: not process.is_running, f"{service} to give up")
        assert process.code != 0
        assert complaint in process.output


def test_caddy_keeps_examiners_links_out_of_its_error_log():
    """Caddy logs an unreachable site as an error with the full URL, with or without an access log."""
    [(pattern, instead)] = re.findall(r"request>uri regexp (\S+) (\S+)", CADDYFILE)
    assert re.sub(pattern, instead, "/beoordelen/WzEsMV0:geheim/nieuwe-link/") == "/beoordelen/…/nieuwe-link/"
    assert "request>headers>Referer delete" in CADDYFILE
