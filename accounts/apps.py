from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "accounts"

    def ready(self) -> None:
        from digibeoordelen.outbox.links import register as resolves

        from . import change_email, choose_password, mailed_links, register
        from .sessions import remember_start

        user_logged_in.connect(remember_start, dispatch_uid="accounts.remember_start")

        resolves(mailed_links.CONFIRM_REGISTRATION.kind, register.resolve)
        resolves(mailed_links.NEW_PASSWORD.kind, choose_password.resolve)
        resolves(mailed_links.CONFIRM_EMAIL.kind, change_email.resolve_confirm)
        resolves(mailed_links.STOP_EMAIL.kind, change_email.resolve_stop)
