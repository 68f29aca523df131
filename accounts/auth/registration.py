"""A student's account of one's own: asked for, confirmed from the mailbox, or forgotten after a while.

Nothing tells whoever asks whether an address has an account: each request is kept, and each is answered by one mail
to the address itself, which says how it stands.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Registration, Role, RoleChange, User
from accounts.people.roles import grant
from accounts.text import nfc
from digibeoordelen.outbox.links import LinkVoid

from . import mails
from .links import CONFIRM_REGISTRATION, LinkGone

logger = logging.getLogger(__name__)
TERM = timedelta(hours=48)


class AlreadyAnAccount(Exception):
    """The address got an account since it was registered."""


class NotAtThisSchool(Exception):
    """The school has no accounts made by students any more, or not with this address."""


def register(*, registration: Registration, password: str, language: str) -> None:
    """Keeps a request, unsaved until now, and mails its address: a link to confirm, or that there is an account."""
    registration.password = make_password(nfc(password))
    with transaction.atomic():
        registration.save()
        _mail(registration.email, registration, language=language)


def mail_again(*, email: str, language: str) -> None:
    """Mails the newest request's link once more; its term stays as it is."""
    newest = _open().select_related("school").filter(email=email).order_by("-asked_at", "-pk").first()
    _mail(email, newest, language=language)


def _mail(email: str, registration: Registration | None, *, language: str) -> None:
    if User.objects.filter(email=email).exists():
        mails.queue_has_account(to=email, language=language)
    elif registration:
        until = registration.asked_at + TERM
        mails.queue_confirm_registration(registration=registration, until=until, language=language)
    else:
        mails.queue_no_account(to=email, language=language)


def confirm(*, registration: Registration) -> User:
    """Makes the account, with the one role STUDENT at the one school, and forgets every request for its address.

    Raises `LinkGone` when someone else was first, `AlreadyAnAccount`, or `NotAtThisSchool`.
    """
    with transaction.atomic():
        current = _hold_all(registration.email).get(registration.pk)
        if current is None:
            raise LinkGone("used")
        if not current.school.lets_register(current.email):
            raise NotAtThisSchool
        user = _make_account(current)
        grant(school=current.school, user=user, role=Role.STUDENT, by=user, how=RoleChange.How.REGISTERED)
        Registration.objects.filter(email=current.email).delete()
    logger.info("Account %s was made by its owner", user.pk)
    return user


def _hold_all(email: str) -> dict[int, Registration]:
    """Every request for the address: who confirms another one at this moment waits, as all are deleted in the end."""
    held = _open().select_for_update(of=("self",)).select_related("school").filter(email=email)
    return {registration.pk: registration for registration in held.order_by("pk")}


def _make_account(registration: Registration) -> User:
    names = {name: getattr(registration, name) for name in ("first_name", "infix", "last_name")}
    try:
        with transaction.atomic():
            # The hash as it is: nobody has the password itself by now.
            return User.objects.create(email=registration.email, password=registration.password, **names)
    except IntegrityError:
        raise AlreadyAnAccount from None


def is_password(registration: Registration, password: str) -> bool:
    """Whether this is what was chosen at registering.

    Asked for at confirming: else someone could register another's address, have them confirm it, and know their
    password from the first day.
    """
    return check_password(nfc(password), registration.password)


def find(token: str) -> Registration:
    """The request of a mailed link; raises `LinkGone`."""
    pk = CONFIRM_REGISTRATION.read(token)["registration"]
    registration = Registration.objects.select_related("school").filter(pk=pk).first()
    if registration is None:  # confirmed, or forgotten: an address that has an account says so by mail alone
        raise LinkGone("used")
    if registration.asked_at < _oldest():
        raise LinkGone("expired")
    return registration


def resolve(data: Mapping[str, Any]) -> str:
    """The URL for a mail about to go out; raises `LinkVoid`."""
    if not _open().filter(pk=data["registration"]).exists():
        raise LinkVoid("De aanvraag is intussen bevestigd of verlopen.")
    return CONFIRM_REGISTRATION.url(data)


def delete_unconfirmed() -> None:
    """Deletes what nobody confirmed in time: names, addresses and hashes of whoever it was."""
    Registration.objects.filter(asked_at__lt=_oldest()).delete()


def _open() -> Any:
    return Registration.objects.filter(asked_at__gte=_oldest())


def _oldest() -> datetime:
    return timezone.now() - TERM


@shared_task(name="accounts.tasks.forget_unconfirmed")
def forget_unconfirmed() -> None:
    """Deletes registrations and changes of address that nobody confirmed in time."""
    from . import email_change

    delete_unconfirmed()
    email_change.forget_old()
