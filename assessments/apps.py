from collections.abc import Collection
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "beoordelingen"

    def ready(self) -> None:
        from accounts.importing import kinds
        from accounts.models import User
        from accounts.school import dashboard
        from addressbook.signals import address_corrected
        from digibeoordelen.outbox.bounces.returned_mail import mail_returned
        from digibeoordelen.outbox.links import register, register_check
        from exams import open_work

        from . import leavers, links, unsubscribe
        from .documents import documents
        from .models import DataRequest, Document
        from .privacy import data_requests
        from .privacy.study_dates_import import DATES_OF_STUDENTS
        from .progress import listing

        register(links.LINK_KIND, links.resolve, links.resolve_many)
        register_check(leavers.why_not_to_send)
        dashboard.register(leavers.still_running)
        kinds.register(DATES_OF_STUDENTS)
        open_work.register(listing.open_work)
        Document.work = documents.make
        DataRequest.work = data_requests.make_file
        register(unsubscribe.STOP_LINK_KIND, unsubscribe.resolve_stop_link)
        post_save.connect(_keep_from_student, sender=User, dispatch_uid="assessments.keep_from_student")
        mail_returned.connect(_notify_of_returned, dispatch_uid="assessments.notify_of_returned")
        address_corrected.connect(_invite_at_new_address, dispatch_uid="assessments.invite_at_new_address")


# Outbox, accounts and addressbook may not import assessments, hence signals.
def _keep_from_student(
    instance: Any, created: bool, raw: bool = False, update_fields: Collection[str] | None = None, **kwargs: Any
) -> None:
    from .invitations.invite import withdraw_from_student

    if not created and not raw and (update_fields is None or "email" in update_fields):
        withdraw_from_student(user=instance)


def _invite_at_new_address(contact: Any, by: Any, **kwargs: Any) -> int:
    from .invitations.invite import invite_at_new_address

    return invite_at_new_address(contact=contact, by=by)


def _notify_of_returned(mail: Any, **kwargs: Any) -> None:
    from .invitations.returned import notify

    notify(mail=mail)
