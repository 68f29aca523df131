"""Self-registration of students: requested, confirmed from the mailbox, or purged.

The pages never reveal whether an address has an account: each request is stored and answered by one mail to the
address. Not allauth's sign-up, which makes the account before the address is confirmed: an import or an invitation
would find it, it would keep the owner of the address from registering, its password would be known to who typed it,
and making it costs more than finding one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from celery import shared_task
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.auth import email_change, mails
from accounts.auth.links import CONFIRM_REGISTRATION, LinkGone
from accounts.models import Registration, Role, RoleChange, User
from accounts.models.registration import REGISTRATION_TERM
from accounts.people.roles import grant
from accounts.text import nfc
from digibeoordelen.outbox.links import LinkVoid

logger = logging.getLogger(__name__)


class AlreadyAnAccount(Exception):
    """The address got an account after the registration."""


class NotAtThisSchool(Exception):
    """The school no longer allows registration, or not with this address."""


def register(*, registration: Registration, password: str, language: str) -> None:
    """Save the registration and mail its address: a link to confirm, or that it has an account."""
    registration.password = make_password(nfc(password))
    with transaction.atomic():
        registration.save()
        _mail(registration.email, registration, language=language)


def mail_again(*, email: str, language: str) -> None:
    """Mail the link of the newest registration again; it expires as before."""
    newest = _open().select_related("school").filter(email=email).order_by("-asked_at", "-pk").first()
    _mail(email, newest, language=language)


def _mail(email: str, registration: Registration | None, *, language: str) -> None:
    if User.objects.filter(email=email).exists():
        mails.queue_has_account(to=email, language=language)
    elif registration:
        until = registration.asked_at + REGISTRATION_TERM
        mails.queue_confirm_registration(registration=registration, until=until, language=language)
    else:
        mails.queue_no_account(to=email, language=language)


def confirm_registration(*, registration: Registration) -> User:
    """Create the account with the role STUDENT, and delete all registrations of its address.

    Raise `LinkGone` if another registration was confirmed first, `AlreadyAnAccount`, or `NotAtThisSchool`.
    """
    with transaction.atomic():
        current = _lock_all(registration.email).get(registration.pk)
        if current is None:
            raise LinkGone("used")
        if not current.school.accepts_registration(current.email):
            raise NotAtThisSchool
        user = _create_account(current)
        grant(school=current.school, user=user, role=Role.STUDENT, by=user, how=RoleChange.How.REGISTERED)
        Registration.objects.filter(email=current.email).delete()
    logger.info("Account %s was made by its owner", user.pk)
    return user


def _lock_all(email: str) -> dict[int, Registration]:
    """Lock all registrations of the address, as confirming one deletes the others."""
    registrations = _open().select_for_update(of=("self",)).select_related("school").filter(email=email)
    return {registration.pk: registration for registration in registrations.order_by("pk")}


def _create_account(registration: Registration) -> User:
    names = {name: getattr(registration, name) for name in ("first_name", "infix", "last_name")}
    try:
        with transaction.atomic():
            # Already hashed.
            return User.objects.create(email=registration.email, password=registration.password, **names)
    except IntegrityError:
        raise AlreadyAnAccount from None


def matches_password(registration: Registration, password: str) -> bool:
    """Return whether this is the password chosen at registration.

    Confirming requires it: else an attacker could register someone's address and, once confirmed, know the password.
    """
    return check_password(nfc(password), registration.password)


def get_registration(token: str) -> Registration:
    """Return the registration of a mailed link; raise `LinkGone`."""
    pk = CONFIRM_REGISTRATION.read(token)["registration"]
    registration = Registration.objects.select_related("school").filter(pk=pk).first()
    if registration is None:  # confirmed or purged; only a mail reveals whether the address has an account
        raise LinkGone("used")
    if registration.asked_at < _oldest():
        raise LinkGone("expired")
    return registration


def resolve_registration(data: Mapping[str, Any]) -> str:
    """Return the URL for the mail being sent; raise `LinkVoid`."""
    if not _open().filter(pk=data["registration"]).exists():
        raise LinkVoid("De aanvraag is intussen bevestigd of verlopen.")
    return CONFIRM_REGISTRATION.url(data)


def delete_unconfirmed() -> None:
    """Delete expired registrations."""
    Registration.objects.filter(asked_at__lt=_oldest()).delete()


def _open() -> Any:
    return Registration.objects.filter(asked_at__gte=_oldest())


def _oldest() -> datetime:
    return timezone.now() - REGISTRATION_TERM


@shared_task(name="accounts.tasks.forget_unconfirmed")
def purge_unconfirmed() -> None:
    """Delete expired registrations and changes of address."""
    delete_unconfirmed()
    email_change.purge_old()
