"""System checks of the instruments' settings."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

SHORTEST_TOKEN = 32  # characters


@register
def check_log_format(**kwargs: Any) -> list[CheckMessage]:
    if settings.LOG_FORMAT in ("text", "json"):
        return []
    hint = "Set LOG_FORMAT to text or json."
    return [Error("LOG_FORMAT is unknown.", hint=hint, id="digibeoordelen.instruments.E001")]


@register
def check_metrics_token(**kwargs: Any) -> list[CheckMessage]:
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= SHORTEST_TOKEN:
        return []
    hint = (
        "Set METRICS_TOKEN to 32 random characters or more: python3 -c 'import secrets; print(secrets.token_hex(24))'"
    )
    return [Error("METRICS_TOKEN can be guessed.", hint=hint, id="digibeoordelen.instruments.E002")]


@register
def check_sentry(**kwargs: Any) -> list[CheckMessage]:
    if not settings.SENTRY_DSN or find_spec("sentry_sdk"):
        return []
    hint = "pip install sentry-sdk, or leave SENTRY_DSN out."
    return [
        Error("SENTRY_DSN is set, but no sentry-sdk is installed.", hint=hint, id="digibeoordelen.instruments.E003")
    ]


@register
def check_tracing(**kwargs: Any) -> list[CheckMessage]:
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT or find_spec("opentelemetry"):
        return []
    error = "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed."
    hint = "Install the packages that docs/operation.md names, or leave OTEL_EXPORTER_OTLP_ENDPOINT out."
    return [Error(error, hint=hint, id="digibeoordelen.instruments.E004")]
