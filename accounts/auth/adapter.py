"""What django-allauth asks of the site: mails through the outbox, and limits on guessing passwords."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import PurePath
from secrets import token_hex
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.sessions import devices, sessions

from . import mails
from .password import password_link
from .rate_limits import WRONG_PASSWORDS, client_address, client_key, mailbox
from .refusals import locked_out, too_many

logger = logging.getLogger(__name__)
JUST_LOGGED_IN = timedelta(minutes=15)  # a login this recent needs no password to switch the second step on
LOGIN_STATE = "login_state"  # session key: what must be unchanged between the password and the code
# allauth's names of what happened; what is missing here gets no message.
MESSAGES = {
    "password_changed": _("Uw wachtwoord is gewijzigd. Op andere apparaten bent u uitgelogd."),
    "totp_activated": _("Inloggen met een code staat aan. Waar u verder nog was ingelogd, bent u uitgelogd."),
    "totp_deactivated": _("Inloggen met een code staat uit."),
    "webauthn_added": _("Uw passkey is toegevoegd."),
    "webauthn_removed": _("Uw passkey is verwijderd."),
}
NOTICES = {
    "mfa/email/totp_activated": "second_step_on",
    "mfa/email/totp_deactivated": "second_step_off",
    "mfa/email/recovery_codes_generated": "new_recovery_codes",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "Dit e-mailadres en wachtwoord horen niet bij elkaar. Controleer beide en probeer het opnieuw."
        ),
        "incorrect_password": _("Dit is niet uw wachtwoord."),
        "too_many_login_attempts": _("Er is te vaak een verkeerde code ingevuld. Wacht een kwartier."),
        "rate_limited": _("Er is te vaak een verkeerde code ingevuld. Wacht een kwartier."),
    }

    # --- Mails and messages ----------------------------------------------------------------------
    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Queue the mail without the URL of `context`: no table holds it."""
        language = get_language() or ""
        mails.queue_new_password(user=user, link=password_link(user=user, language=language), language=language)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        if template_prefix in ("account/email/password_changed", "account/email/password_reset"):
            mails.queue_password_changed(user=user, language=get_language() or "")
        else:
            mails.queue_notice(NOTICES[template_prefix], user=user, device=sessions.device_of(self.request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        raise NotImplementedError(template_prefix)  # a mail that is not the outbox's

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        name = PurePath(message_template or "").stem
        text = message or MESSAGES.get(name)
        if name == "password_changed" and request.user.is_anonymous:
            text = _("Uw nieuwe wachtwoord is bewaard. Log ermee in.")
        if text:
            messages.add_message(request, level, text)

    # --- Guessing passwords ----------------------------------------------------------------------
    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count per account, network and known device, so that neither a class nor the owner is locked out."""
        email = credentials["email"]
        parts = (email, devices.known_device(request, email), client_key(request), cache.get(_epoch(email), ""))
        return " ".join(parts)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        try:
            user = super().authenticate(request, **credentials)
        except ValidationError:
            raise ImmediateHttpResponse(locked_out(request)) from None
        if user:
            self._delete_login_attempts_cached_email(request, **credentials)
        return user

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Return whether this is the user's password; allauth's looks for an address of its own first."""
        found = self.authenticate(self.request, email=user.email, password=password)
        if found != user:
            return False
        self.request.session[HASH_SESSION_KEY] = found.get_session_auth_hash()  # the hash may have been replaced
        return True

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse from the last allowed attempt on; a right password works whatever others on the network try."""
        key = self._get_login_attempts_cache_key(request, **credentials)
        if not ratelimit.consume(request, action="login_failed", key=key, dry_run=True):
            raise ImmediateHttpResponse(locked_out(request))
        logger.warning("Wrong password from %s", client_key(request))
        if WRONG_PASSWORDS.exceeds(client_key(request)):
            raise ImmediateHttpResponse(too_many(request, "logins", WRONG_PASSWORDS))

    def set_password(self, user: Any, password: str) -> None:
        """Save the password, end all other sessions, and forget the failed logins with the earlier one, and codes."""
        user.set_password(password)
        user.save(update_fields=["password"])
        sessions.end_all(user=user, but=self.request.session)
        cache.set(_epoch(user.email), token_hex(4), timeout=24 * 3600)
        # Who guessed codes no longer knows the password, and the owner need not wait.
        ratelimit.clear(self.request, action="login_failed", key=f"mfa-auth-user-{user.pk}")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile")

    # --- Logging in ------------------------------------------------------------------------------
    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        request.session.cycle_key()  # against session fixation, as a second step may follow
        request.session[LOGIN_STATE] = user.get_session_auth_hash()
        return super().pre_login(request, user, **kwargs)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Answer a passkey of a closed account; with a password the answer is that of a wrong one."""
        messages.error(request, _("Dit account is niet actief. Vraag ernaar bij uw school."))
        return redirect("account_login")

    def login(self, request: HttpRequest, user: Any) -> None:
        """Start the session, unless the password changed, or the account was closed, since `pre_login`."""
        state = request.session.pop(LOGIN_STATE, "")
        if not user.is_active or not constant_time_compare(state, user.get_session_auth_hash()):
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user)
        logger.info("Account %s logged in from %s", user.pk, client_key(request))
        return response

    def is_safe_url(self, url: str | None) -> bool:
        """Allow this host alone; allauth's allows all of `ALLOWED_HOSTS`."""
        host = self.request.get_host()
        return url_has_allowed_host_and_scheme(url, {host}, require_https=self.request.is_secure())

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask the password again, but not to switch the second step on right after logging in."""
        began = sessions.started_at(self.request.session)
        if began is None or timezone.now() - began > JUST_LOGGED_IN:
            return True
        return Authenticator.objects.filter(user=self.request.user).exists()


def _epoch(email: str) -> str:
    """Return the cache key of what makes a new password start new counts, for every network address."""
    return f"login-epoch-{mailbox(email)}"
