from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "digibeoordelen.outbox"
    verbose_name = "uitgaande mail"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (importing registers the checks)
