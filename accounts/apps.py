from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "accounts"

    def ready(self) -> None:
        from .sessions import remember_start

        user_logged_in.connect(remember_start, dispatch_uid="accounts.remember_start")
