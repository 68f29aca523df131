"""Prove to own an e-mail address before a school account is linked to it: a code in a mail.

The code is a signature over the request, made when the mail is sent: no table, log or screen shows it to staff.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import get_language

from accounts.auth.refusals import too_many_mails
from accounts.mail.rendering import render_mail, sender_of
from accounts.models import IdentityProvider, School
from digibeoordelen.outbox.links import Link, placeholder
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail

PENDING = "school_login_pending"  # session key
TERM = 15 * 60  # seconds
TRIES = 5
LINK_KIND = "school_account_code"
_SALT = "accounts.sso.proof"


class WrongCode(Exception):
    """`is_last`: no tries are left."""

    def __init__(self, *, is_last: bool) -> None:
        super().__init__()
        self.is_last = is_last


@dataclass(frozen=True)
class Pending:
    """A login that waits in the session for its proof; `email` is '' until the person typed one."""

    public_id: str
    provider_id: str
    email: str


def ask(request: HttpRequest, login: SocialLogin, *, provider: IdentityProvider, email: str) -> HttpResponse:
    """Store the login and mail the code; the answer is the same with and without an account."""
    request.session[PENDING] = {
        "id": token_urlsafe(16),
        "provider": str(provider.public_id),
        "email": "",
        "tries": 0,
        "at": time.time(),
        "login": login.serialize(),
    }
    if email and (refusal := mail_code(request, provider=provider, email=email)):
        return refusal
    return redirect("accounts:school_proof")


def pending(request: HttpRequest) -> Pending | None:
    """Return the login that waits in this browser, if it began less than `TERM` ago."""
    data = request.session.get(PENDING)
    if data is None or time.time() - data["at"] > TERM:
        return None
    return Pending(public_id=data["id"], provider_id=data["provider"], email=data["email"])


def mail_code(request: HttpRequest, *, provider: IdentityProvider, email: str) -> HttpResponse | None:
    """Mail a code to the address; return a page if too many mails were asked for."""
    if refusal := too_many_mails(request, form="school-account", email=email):
        return refusal
    data = request.session[PENDING]
    data["email"] = email
    request.session.modified = True
    queue_code(to=email, school=provider.school, pending=data["id"], language=get_language() or "")
    return None


def queue_code(*, to: str, school: School, pending: str, language: str) -> OutgoingMail:
    """Mail the code, which the outbox fills in when it sends: no table holds it."""
    context = {"school": school, "code": placeholder("code")}
    subject, text, html = render_mail(f"accounts/mail/{LINK_KIND}", context, language=language)
    return queue_mail(
        kind=LINK_KIND,
        to=to,
        to_name="",
        from_name=sender_of(school.name),
        subject=subject,
        text=text,
        html=html,
        links={"code": Link(kind=LINK_KIND, data={"pending": pending, "email": to})},
    )


def check_code(request: HttpRequest, typed: str) -> SocialLogin:
    """Return the login, with the address proven. Raise `WrongCode`."""
    data = request.session[PENDING]
    data["tries"] += 1
    request.session.modified = True
    is_right = constant_time_compare(typed, _code(data["id"], data["email"]))
    if data["tries"] > TRIES or not is_right:
        is_last = data["tries"] >= TRIES
        if is_last:
            del request.session[PENDING]
        raise WrongCode(is_last=is_last)
    del request.session[PENDING]
    login = SocialLogin.deserialize(data["login"])
    login.state["proven"] = data["email"]
    return login


def resolve_code(data: Mapping[str, Any]) -> str:
    """Return the code for the mail being sent."""
    return _code(data["pending"], data["email"])


def _code(pending_id: str, email: str) -> str:
    digest = salted_hmac(_SALT, f"{pending_id} {email}", algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**6:06}"
