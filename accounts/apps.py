from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "accounts"

    def ready(self) -> None:
        from digibeoordelen.outbox import links as outbox_links

        from .importing import kind
        from .people import links
        from .people.importing.write import PEOPLE

        outbox_links.register(links.LINK_KIND, links.resolve)
        kind.register(PEOPLE)
