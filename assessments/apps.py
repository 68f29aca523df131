from typing import Any

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "beoordelingen"

    def ready(self) -> None:
        from addressbook.signals import address_corrected
        from digibeoordelen.outbox.links import register

        from . import links, stop_reminders

        register(links.LINK_KIND, links.resolve, links.resolve_many)
        register(stop_reminders.LINK_KIND, stop_reminders.resolve)
        address_corrected.connect(_invite_at_new_address, dispatch_uid="assessments.invite_at_new_address")


# The address book knows nothing of assessments (imports go one way), so they listen.
def _invite_at_new_address(contact: Any, by: Any, **kwargs: Any) -> int:
    from .invite import invite_at_new_address

    return invite_at_new_address(contact=contact, by=by)
