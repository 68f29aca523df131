from collections.abc import Collection, Iterable
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save

# The fields that the address book shows of an account; a login saves only others.
SYNCED_FIELDS = {"email", "first_name", "infix", "last_name", "is_active", "user", "school", "role"}


class AddressbookConfig(AppConfig):
    name = "addressbook"
    verbose_name = "adresboek"

    def ready(self) -> None:
        from accounts.importing.kinds import register
        from accounts.models import Membership, User, roles_changed

        from .importing.write import CONTACTS

        register(CONTACTS)
        post_save.connect(_on_user_saved, sender=User, dispatch_uid="addressbook.follow_account")
        post_save.connect(_on_membership_changed, sender=Membership, dispatch_uid="addressbook.follow_saved")
        post_delete.connect(_on_membership_changed, sender=Membership, dispatch_uid="addressbook.follow_deleted")
        roles_changed.connect(_on_roles_changed, dispatch_uid="addressbook.follow_several")


# Receivers of signals, as `accounts` must not import `addressbook`.
def _on_user_saved(
    instance: Any, raw: bool = False, update_fields: Collection[str] | None = None, **kwargs: Any
) -> None:
    from .people import sync_account

    if not raw and (update_fields is None or SYNCED_FIELDS.intersection(update_fields)):
        sync_account(instance)


def _on_membership_changed(instance: Any, **kwargs: Any) -> None:
    if not instance.in_bulk:
        _on_user_saved(instance.user, **kwargs)


def _on_roles_changed(school: Any, given: Iterable[Any], ended: Iterable[Any], **kwargs: Any) -> None:
    from .people import sync_accounts

    sync_accounts({membership.user for membership in (*given, *ended)}, school=school)
