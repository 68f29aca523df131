from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings


class InstrumentsConfig(AppConfig):
    name = "digibeoordelen.instruments"
    verbose_name = "instrumenten"

    def ready(self) -> None:
        from . import checks, request_id  # noqa: F401 - importing registers the checks, and the signals of tasks

        if settings.SENTRY_DSN and find_spec("sentry_sdk"):
            from . import sentry

            sentry.start(settings.SENTRY_DSN)
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT and find_spec("opentelemetry"):
            from . import tracing

            tracing.start()
