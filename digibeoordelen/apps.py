from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The site itself: no models, only the system checks of its settings."""

    name = "digibeoordelen"
    verbose_name = "Digitaal beoordelen"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - importing registers them
