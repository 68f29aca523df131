from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class AddressbookConfig(AppConfig):
    name = "addressbook"
    verbose_name = "adresboek"

    def ready(self) -> None:
        from accounts.models import Membership

        post_save.connect(_follow, sender=Membership, dispatch_uid="addressbook.follow_saved")
        post_delete.connect(_follow, sender=Membership, dispatch_uid="addressbook.follow_deleted")


def _follow(instance: Any, **kwargs: Any) -> None:
    # Accounts know nothing of the address book (imports go one way), so it listens.
    from .people import follow_membership

    if not kwargs.get("raw"):
        follow_membership(instance)
