"""The system checks of production settings."""

import pytest
from django.core.checks import run_checks

from digibeoordelen.checks import TAG

GOOD_KEY = "kZ8vWq3nJx-Rt5yBc7mLp0sDf2gHa9uEoI4TiN6wXbVrQjYlM1"
PRODUCTION = {
    "DEMO": False,
    "SSO_ALLOW_LOCAL": False,
    "EXCHANGE_ALLOW_LOCAL": False,
    "DEBUG": False,
    "SECRET_KEY": GOOD_KEY,
    "SECRET_KEY_FALLBACKS": [],
    "SITE_URL": "https://beoordelen.example.nl",
    "ALLOWED_HOSTS": ["beoordelen.example.nl", "127.0.0.1"],
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "TRUSTED_PROXIES": 1,
    "DEFAULT_FROM_EMAIL": "noreply@example.nl",
    "OUTBOX_TRANSPORT": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST": "smtp.example.nl",
    "EMAIL_PORT": 587,
}


@pytest.fixture
def check_ids(settings):
    """Run the checks with production settings and `overrides`; return the ids of the problems."""

    def find(**overrides: object) -> set[str | None]:
        for name, value in {**PRODUCTION, **overrides}.items():
            setattr(settings, name, value)
        return {message.id for message in run_checks(tags=[TAG]) if message.hint}

    return find


def test_good_production_settings_pass(check_ids):
    assert check_ids() == set()


@pytest.mark.parametrize(
    "key", ["changeme", "x" * 80, "django-insecure-" + GOOD_KEY, "Geheim" + GOOD_KEY, GOOD_KEY[:49]]
)
def test_production_refuses_a_guessable_secret(check_ids, key):
    assert check_ids(SECRET_KEY=key) == {"digibeoordelen.E001"}


def test_production_refuses_a_guessable_fallback_secret(check_ids):
    assert check_ids(SECRET_KEY_FALLBACKS=[GOOD_KEY[::-1], "changeme"]) == {"digibeoordelen.E001"}
    assert check_ids(SECRET_KEY_FALLBACKS=[GOOD_KEY[::-1]]) == set()


def test_cache_per_process_is_warned_about(check_ids):
    per_process = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert check_ids(CACHES=per_process) == {"digibeoordelen.W010"}


def test_demo_takes_any_secret(check_ids):
    assert (
        check_ids(DEMO=True, SECRET_KEY="short", SITE_URL="http://127.0.0.1:8000", ALLOWED_HOSTS=["127.0.0.1"]) == set()
    )


@pytest.mark.parametrize("host", ["*", "example.nl", ".example.nl", "8.8.8.8", "[2606:4700::1111]", "mijntest.nl"])
@pytest.mark.parametrize(("loose", "expected"), [("DEMO", "digibeoordelen.E002"), ("DEBUG", "digibeoordelen.E004")])
def test_demo_and_debug_stay_off_public_names(check_ids, host, loose, expected):
    overrides = {loose: True, "ALLOWED_HOSTS": ["127.0.0.1", host], "SITE_URL": "http://127.0.0.1:8000"}
    assert check_ids(**overrides) == {expected}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "192.168.1.20", "laptop", "beoordelen.localhost"])
def test_demo_may_run_on_this_machine_and_its_network(check_ids, host):
    assert check_ids(DEMO=True, ALLOWED_HOSTS=[host], SITE_URL=f"http://{host}:8000") == set()


def test_demo_is_refused_where_only_the_site_url_is_public(check_ids):
    assert "digibeoordelen.E002" in check_ids(DEMO=True, ALLOWED_HOSTS=["127.0.0.1"])


def test_production_refuses_plain_http(check_ids):
    assert check_ids(SITE_URL="http://beoordelen.example.nl") == {"digibeoordelen.E003"}


@pytest.mark.parametrize("url", ["beoordelen.example.nl", "https://", "https://[", "ftp://a.nl", "https://a.nl/pad"])
def test_site_url_must_be_an_address(check_ids, url):
    assert check_ids(SITE_URL=url) == {"digibeoordelen.E005"}


def test_links_must_lead_to_an_allowed_host(check_ids):
    assert check_ids(ALLOWED_HOSTS=["elders.example.nl"]) == {"digibeoordelen.E005"}


def test_sender_at_localhost_is_warned_about(check_ids):
    assert check_ids(DEFAULT_FROM_EMAIL="Wij <noreply@localhost>") == {"digibeoordelen.W006"}


def test_https_without_a_trusted_proxy_is_warned_about(check_ids):
    assert check_ids(SECURE_PROXY_SSL_HEADER=None) == {"digibeoordelen.W007"}


def test_proxy_without_trusted_proxies_is_a_warning(check_ids):
    assert check_ids(TRUSTED_PROXIES=0) == {"digibeoordelen.W008"}
    assert check_ids(TRUSTED_PROXIES=0, SECURE_PROXY_SSL_HEADER=None) == {"digibeoordelen.W007"}


def test_any_host_is_warned_of(check_ids):
    assert check_ids(ALLOWED_HOSTS=["*"]) == {"digibeoordelen.W009"}


@pytest.mark.parametrize(
    "catcher",
    [
        {"EMAIL_HOST": "mailpit"},
        {"EMAIL_HOST": "10.0.0.5", "EMAIL_PORT": 1025},
        {"OUTBOX_TRANSPORT": "django.core.mail.backends.console.EmailBackend"},
    ],
)
def test_public_site_refuses_to_mail_nobody(check_ids, catcher):
    assert check_ids(**catcher) == {"digibeoordelen.E020"}
    here = {"SITE_URL": "https://beoordelen.localhost", "ALLOWED_HOSTS": ["beoordelen.localhost"]}
    assert check_ids(**catcher, **here) == set()


def test_mail_server_on_the_same_network_is_no_catcher(check_ids):
    assert check_ids(EMAIL_HOST="mail", EMAIL_PORT=25) == set()


@pytest.mark.parametrize("lease", ["JOB_LEASE_SECONDS", "OUTBOX_LEASE_SECONDS"])
def test_task_limit_outlasts_each_lease(check_ids, lease):
    assert check_ids(**{lease: 3599}) == set()
    assert check_ids(**{lease: 3600}) == {"digibeoordelen.E021"}
