from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "digibeoordelen"
    verbose_name = "Digitaal beoordelen"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - importing registers them
