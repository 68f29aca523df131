"""System checks of the settings; an error stops the start. Production means that DEMO and DEBUG are off."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's own name
from django.http.request import split_domain_port, validate_host

TAG = "digibeoordelen"
SHORTEST_SECRET = 50  # characters, what Django's own deployment check asks
KNOWN_SECRETS = ("django-insecure", "changeme", "change-me", "secret", "geheim")
CATCHERS = ("mailcatcher", "maildev", "mailhog", "mailpit")
CATCHER_PORT = 1025
NOT_SENDING = ("console", "dummy", "filebased", "locmem")  # Django's backends that send nothing
PRIVATE_ENDINGS = (".home.arpa", ".internal", ".lan", ".local", ".localhost", ".test")


@register(TAG)
def check_secret_key(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E001: a guessable secret key lets others sign examiners' links."""
    if not _is_production():
        return []
    hint = (
        "Set SECRET_KEY to at least 50 random characters: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
    )
    keys = {"SECRET_KEY": [settings.SECRET_KEY], "SECRET_KEY_FALLBACKS": settings.SECRET_KEY_FALLBACKS}
    return [
        Error(f"{name} is a default, or too short.", hint=hint, id="digibeoordelen.E001")
        for name, secrets in keys.items()
        if any(map(_is_guessable, secrets))
    ]


def _is_guessable(key: str) -> bool:
    return len(key) < SHORTEST_SECRET or len(set(key)) < 10 or key.lower().startswith(KNOWN_SECRETS)


@register(TAG)
def check_public_names(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E002, E004: DEMO has known passwords and DEBUG shows settings, so neither on a public name."""
    public = sorted({host for host in [*settings.ALLOWED_HOSTS, _site_host()] if _is_public(host)})
    if not public:
        return []
    errors: list[CheckMessage] = []
    names = ", ".join(public)
    if settings.DEMO:
        hint = "Switch DEMO off, or take these names out of ALLOWED_HOSTS and SITE_URL."
        errors.append(Error(f"DEMO is on for a public name: {names}.", hint=hint, id="digibeoordelen.E002"))
    if settings.DEBUG:
        hint = "Switch DEBUG off: its error pages show the settings to everyone."
        errors.append(Error(f"DEBUG is on for a public name: {names}.", hint=hint, id="digibeoordelen.E004"))
    return errors


@register(TAG)
def check_site_url(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E003, E005: links in mails start with SITE_URL and give access to an assessment."""
    url, host = _site_url(), _site_host()
    if url.scheme not in ("http", "https") or not host or url.path or url.query:
        hint = "Give scheme and host, such as SITE_URL=https://beoordelen.example.nl"
        return [Error(f"SITE_URL is no address: {settings.SITE_URL!r}.", hint=hint, id="digibeoordelen.E005")]
    errors: list[CheckMessage] = []
    if url.scheme == "http" and _is_production():
        hint = "Set SITE_URL to the https:// address, or DEMO=on on a machine of your own."
        errors.append(Error("SITE_URL is not https in production.", hint=hint, id="digibeoordelen.E003"))
    if not validate_host(host, settings.ALLOWED_HOSTS):
        hint = f"Add {host} to ALLOWED_HOSTS; without it every link in a mail answers 400."
        errors.append(Error("ALLOWED_HOSTS lacks SITE_URL's host.", hint=hint, id="digibeoordelen.E005"))
    return errors


@register(TAG)
def check_identity_providers(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W011: an identity provider's address, which schools type, must not reach the server's own network."""
    if not _is_production() or not settings.SSO_ALLOW_LOCAL:
        return []
    hint = "Switch SSO_ALLOW_LOCAL off, unless every provider is one of your own network."
    return [Warning("Identity providers may be in the server's network.", hint=hint, id="digibeoordelen.W011")]


@register(TAG)
def check_exchange(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W012: the same for coupled systems and webhooks."""
    if not _is_production() or not settings.EXCHANGE_ALLOW_LOCAL:
        return []
    hint = "Switch EXCHANGE_ALLOW_LOCAL off, unless every coupled system is one of your own network."
    return [Warning("Coupled systems may be in the server's network.", hint=hint, id="digibeoordelen.W012")]


@register(TAG)
def check_proxy(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W007: without a trusted proxy all requests seem to use http and come from one address."""
    if not _is_production() or settings.SECURE_PROXY_SSL_HEADER:
        return []
    hint = "Set BEHIND_PROXY=on and TRUSTED_PROXIES=1 behind a proxy that overwrites X-Forwarded-Proto and -For."
    return [Warning("The site is https, yet trusts no proxy to say so.", hint=hint, id="digibeoordelen.W007")]


@register(TAG)
def check_trusted_proxies(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W008: with the proxy's address for all clients, wrong passwords from one lock an account for all."""
    if not _is_production() or not settings.SECURE_PROXY_SSL_HEADER or settings.TRUSTED_PROXIES:
        return []
    hint = "Set TRUSTED_PROXIES to the number of proxies that add to X-Forwarded-For, 1 for one."
    return [Warning("BEHIND_PROXY is on without TRUSTED_PROXIES.", hint=hint, id="digibeoordelen.W008")]


@register(TAG)
def check_allowed_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W009: with any host name allowed, a request can make pages and redirects refer to another site."""
    if not _is_production() or "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = "Set ALLOWED_HOSTS to the names of this site, SITE_URL's among them."
    return [Warning("ALLOWED_HOSTS accepts any name.", hint=hint, id="digibeoordelen.W009")]


@register(TAG)
def check_sender(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W006: mail servers refuse a sender at localhost."""
    if not _is_production() or "localhost" not in settings.DEFAULT_FROM_EMAIL:
        return []
    hint = "Set DEFAULT_FROM_EMAIL to an address of your own domain."
    return [Warning("DEFAULT_FROM_EMAIL is at localhost.", hint=hint, id="digibeoordelen.W006")]


@register(TAG)
def check_mail_server(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E020: a mail catcher or a backend that sends nothing accepts every mail, and screens show 'Verzonden'."""
    if not _is_production() or not _is_public(_site_host()):
        return []
    backend = settings.OUTBOX_TRANSPORT.removeprefix("django.core.mail.backends.").partition(".")[0]
    is_catcher = backend == "smtp" and (settings.EMAIL_HOST in CATCHERS or settings.EMAIL_PORT == CATCHER_PORT)
    if backend not in NOT_SENDING and not is_catcher:
        return []
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}" if is_catcher else settings.OUTBOX_TRANSPORT
    hint = "Set EMAIL_URL to your mail server: smtp+tls://user:password@smtp.example.nl:587"
    return [Error(f"Mail of a public site reaches nobody: {where}.", hint=hint, id="digibeoordelen.E020")]


@register(TAG)
def check_task_limit(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E021: a task that is killed within its lease leaves its work claimed, and long work never ends."""
    lease = max(settings.JOB_LEASE_SECONDS, settings.OUTBOX_LEASE_SECONDS)
    if lease < settings.CELERY_TASK_TIME_LIMIT:
        return []
    hint = f"Raise TASK_SECONDS above {lease}, the longest of JOB_LEASE_SECONDS and OUTBOX_LEASE_SECONDS."
    return [Error("TASK_SECONDS is shorter than a lease.", hint=hint, id="digibeoordelen.E021")]


@register(TAG)
def check_cache(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W010: in a cache per process, each allows as many wrong passwords, and a used code once more."""
    if not _is_production() or not settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        return []
    hint = "Set CACHE_URL, or BROKER_URL, to a Redis that all web servers share."
    return [Warning("Wrong passwords and used codes are counted per process.", hint=hint, id="digibeoordelen.W010")]


def _is_production() -> bool:
    return not settings.DEMO and not settings.DEBUG


def _site_url() -> SplitResult:
    try:
        return urlsplit(settings.SITE_URL)
    except ValueError:  # such as an unclosed bracket
        return urlsplit("")


def _site_host() -> str:
    """Return SITE_URL's host as in ALLOWED_HOSTS, '' if it has none."""
    return split_domain_port(_site_url().netloc)[0]


def _is_public(host: str) -> bool:
    """Return whether the name may be reachable from outside this machine's network."""
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        return name == "*" or ("." in name and not f".{name}".endswith(PRIVATE_ENDINGS))
