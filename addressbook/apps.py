from collections.abc import Collection
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save

# What the address book shows of an account; a login, say, saves none of these.
FOLLOWED = {"email", "first_name", "infix", "last_name", "is_active", "user", "school", "role"}


class AddressbookConfig(AppConfig):
    name = "addressbook"
    verbose_name = "adresboek"

    def ready(self) -> None:
        from accounts.importing.kinds import register
        from accounts.models import Membership, User

        from .importing.write import CONTACTS

        register(CONTACTS)
        post_save.connect(_follow_account, sender=User, dispatch_uid="addressbook.follow_account")
        post_save.connect(_follow_role, sender=Membership, dispatch_uid="addressbook.follow_saved")
        post_delete.connect(_follow_role, sender=Membership, dispatch_uid="addressbook.follow_deleted")


# Accounts know nothing of the address book (imports go one way), so it listens.
def _follow_account(
    instance: Any, raw: bool = False, update_fields: Collection[str] | None = None, **kwargs: Any
) -> None:
    from .people import follow_user

    if not raw and (update_fields is None or FOLLOWED.intersection(update_fields)):
        follow_user(instance)


def _follow_role(instance: Any, **kwargs: Any) -> None:
    _follow_account(instance.user, **kwargs)
