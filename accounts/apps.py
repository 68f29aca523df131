from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "accounts"

    def ready(self) -> None:
        from digibeoordelen.outbox.links import register as resolves

        from . import change_email, choose_password, mailed_links, register
        from .importing import kind
        from .people import join, links
        from .people.importing.write import PEOPLE
        from .sessions import remember_start

        user_logged_in.connect(remember_start, dispatch_uid="accounts.remember_start")
        user_logged_in.connect(join.answer_by_logging_in, dispatch_uid="accounts.answer_by_logging_in")
        resolves(mailed_links.CONFIRM_REGISTRATION.kind, register.resolve)
        resolves(mailed_links.NEW_PASSWORD.kind, choose_password.resolve)
        resolves(mailed_links.CONFIRM_EMAIL.kind, change_email.resolve_confirm)
        resolves(mailed_links.STOP_EMAIL.kind, change_email.resolve_stop)
        resolves(links.LINK_KIND, links.resolve)
        kind.register(PEOPLE)
