from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "accounts"

    def ready(self) -> None:
        from digibeoordelen.outbox import links as outbox_links

        from .importing import kind
        from .people import join, links
        from .people.importing.write import PEOPLE

        outbox_links.register(links.LINK_KIND, links.resolve)
        user_logged_in.connect(join.answer_by_logging_in, dispatch_uid="accounts.answer_by_logging_in")
        kind.register(PEOPLE)
