from django.apps import AppConfig


class InstrumentsConfig(AppConfig):
    name = "digibeoordelen.instruments"
    verbose_name = "instrumenten"

    def ready(self) -> None:
        from . import checks, request_id  # noqa: F401 - importing registers the checks, and the signals of tasks
