from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "digibeoordelen.health"
    verbose_name = "gezondheid"

    def ready(self) -> None:
        from . import heartbeats  # noqa: F401  (importing connects the signals of worker and beat)
