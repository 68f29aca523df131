"""The pages that say why a mailed link about an account opens nothing, and that it was tried too often."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.sessions import devices

from . import rate_limits
from .links import LinkGone

# What each reason answers: 404 for what never was, 410 for what is no more.
_STATUS = {"unknown": 404, "taken": 409, "not_here": 409, "other_domain": 409}


def link_gone(request: HttpRequest, gone: LinkGone, *, again: str) -> HttpResponse:
    """Why the link opens nothing, and where another is asked: the URL's name `again`. A wrong token is counted."""
    if gone.reason == "unknown" and rate_limits.WRONG_LINKS.exceeds(rate_limits.client_key(request)):
        return too_many(request, "links", rate_limits.WRONG_LINKS)
    context = {"reason": gone.reason, "again": again}
    return render(request, "accounts/auth/link_gone.html", context, status=_STATUS.get(gone.reason, 410))


def too_many(request: HttpRequest, what: str, limit: rate_limits.Limit) -> HttpResponse:
    """429; `what` is `mails` (from this address), `mailbox` (to this one), `passwords`, `logins` or `links`."""
    response = render(request, "accounts/auth/too_many.html", {"what": what}, status=429)
    response["Retry-After"] = str(limit.seconds)
    return response


def too_many_mails(request: HttpRequest, *, form: str, email: str) -> HttpResponse | None:
    """Counts a mail that `form` asks for; the answer when that is one too many, whoever has the address or not.

    What others at the same network address ask for keeps no one out who is logged in, or was in this browser.
    """
    if rate_limits.MAILS_BY_EMAIL.exceeds(f"{form}-{rate_limits.mailbox(email)}"):
        return too_many(request, "mailbox", rate_limits.MAILS_BY_EMAIL)
    if request.user.is_authenticated or devices.known_device(request, email):
        return None
    if rate_limits.MAILS_BY_ADDRESS.exceeds(rate_limits.client_key(request)):
        return too_many(request, "mails", rate_limits.MAILS_BY_ADDRESS)
    return None


def counting_wrong_passwords(log_in: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, which refuses more wrong passwords from one network address; the right one gets in all the same."""

    @wraps(log_in)
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = log_in(request, *args, **kwargs)
        is_wrong = request.method == "POST" and response.status_code != 302
        if is_wrong and rate_limits.WRONG_PASSWORDS.exceeds(rate_limits.client_key(request)):
            return too_many(request, "logins", rate_limits.WRONG_PASSWORDS)
        return response

    return view
