from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "beoordelingen"

    def ready(self) -> None:
        from digibeoordelen.outbox.links import register

        from . import links

        register(links.LINK_KIND, links.resolve)
