"""The second step of a login on django-allauth: its secrets encrypted, and what follows when it is used or changes."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from celery import shared_task
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.encryption import cipher
from accounts.models import User
from accounts.sessions import sessions

from . import mails
from .rate_limits import WRONG_CODES

logger = logging.getLogger(__name__)
STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]  # recovery codes only replace one of these
PURPOSE = "accounts.auth.mfa"  # of the cipher
ALERT_AFTER = 5  # wrong codes: the password may have leaked


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("Deze code klopt niet, of is al gebruikt. Elke code werkt één keer."),
        "cannot_generate_recovery_codes": gettext_lazy("Inloggen met een code staat niet aan."),
    }

    def encrypt(self, text: str) -> str:
        return cipher(PURPOSE).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher(PURPOSE).decrypt(encrypted_text).decode()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        return sessions.device_of(self.request)

    def _get_site_name(self) -> str:
        return settings.MFA_TOTP_ISSUER


@shared_task(name="accounts.tasks.encrypt_second_steps")
def encrypt_second_steps() -> None:
    """Encrypt with the present `SECRET_KEY` what a former one encrypted, so that the former can be dropped."""
    if not settings.SECRET_KEY_FALLBACKS:
        return
    for pk in list(Authenticator.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            authenticator = Authenticator.objects.select_for_update().filter(pk=pk).first()
            secrets = {"secret", "seed"} & authenticator.data.keys() if authenticator else ()
            for name in secrets:
                authenticator.data[name] = cipher(PURPOSE).rotate(authenticator.data[name]).decode()
            if secrets:
                authenticator.save(update_fields=["data"])


def is_on(user: User) -> bool:
    return is_mfa_enabled(user, STEPS)


def has_passed(request: HttpRequest) -> bool:
    """Return whether this session passed the second step; costs no query."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


@transaction.atomic
def remove_by_staff(*, user: User, by: User) -> bool:
    """Remove the second step of someone who lost phone and recovery codes; return False if it is off."""
    User.objects.select_for_update().get(pk=user.pk)
    if not is_on(user):
        return False
    Authenticator.objects.filter(user=user).delete()
    sessions.end_all(user=user)
    mails.queue_second_step_removed(user=user)
    logger.info("Second step of user %s removed by user %s.", user.pk, by.pk)
    return True


def on_added(sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object) -> None:
    """Receive `authenticator_added`: this session passed it; the first one ends all other sessions."""
    if authenticator.type not in STEPS:
        return
    if code := request.POST.get("code"):
        authenticator.wrap()._mark_code_used(code)  # noqa: SLF001 - else the code of the set-up also logs in
    if Authenticator.objects.filter(user=user, type__in=STEPS).count() == 1:
        sessions.end_all(user=user, but=request.session)
        request.session.cycle_key()
    kind = str(authenticator.type)
    record_authentication(request, user, "mfa", id=authenticator.pk, type=kind, reauthenticated=True)
    user.passed_two_factor = True


def on_removed(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Receive `authenticator_removed`: without any left this session passed nothing, and others end."""
    if is_on(user):
        return
    records = get_authentication_records(request, user)
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [item for item in records if item["method"] != "mfa"]
    sessions.end_all(user=user, but=request.session)
    user.passed_two_factor = False


def on_used(sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: object) -> None:
    """Receive `authenticator_used`: tell the owner that a recovery code is gone."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        return
    authenticator.refresh_from_db()  # allauth marked another instance
    left = len(authenticator.wrap().get_unused_codes())
    mails.queue_recovery_code_used(user=user, left=left, device=sessions.device_of(request))
    messages.warning(request, _("U hebt een herstelcode gebruikt. Er zijn er nog %(left)s.") % {"left": left})


def on_wrong_code(sender: object, user: User, **kwargs: object) -> None:
    """Receive `authentication_failed`: warn the owner once that someone knows the password and is guessing."""
    if WRONG_CODES.count(str(user.pk)) == ALERT_AFTER:
        mails.queue_wrong_codes(user=user)
        logger.warning("Wrong codes after the right password for user %s.", user.pk)
