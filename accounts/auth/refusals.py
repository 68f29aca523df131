"""Error pages for unusable links and exceeded rate limits."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.sessions import devices

from . import rate_limits
from .links import LinkGone

# 404 for what never existed; the default, 410, for what no longer exists.
_STATUS = {"unknown": 404, "taken": 409, "not_here": 409, "other_domain": 409}


def link_gone(request: HttpRequest, gone: LinkGone, *, again: str) -> HttpResponse:
    """Explain why the link is unusable, with a link to the URL named `again`; unknown tokens are counted."""
    if gone.reason == "unknown" and rate_limits.WRONG_LINKS.exceeds(rate_limits.client_key(request)):
        return too_many(request, "links", rate_limits.WRONG_LINKS)
    context = {"reason": gone.reason, "again": again}
    return render(request, "accounts/auth/link_gone.html", context, status=_STATUS.get(gone.reason, 410))


def locked_out(request: HttpRequest) -> HttpResponse:
    """Return a 429 for too many wrong passwords for one account."""
    return render(request, "accounts/auth/locked_out.html", status=429)


def too_many(request: HttpRequest, what: str, limit: rate_limits.Limit) -> HttpResponse:
    """Return a 429; `what` is `mails` (per network address), `mailbox`, `passwords`, `logins` or `links`."""
    response = render(request, "accounts/auth/too_many.html", {"what": what}, status=429)
    response["Retry-After"] = str(limit.seconds)
    return response


def too_many_mails(request: HttpRequest, *, form: str, email: str) -> HttpResponse | None:
    """Count a mail requested by `form`; return a 429 if it exceeds a limit, with or without an account.

    The limit per network address does not apply to users who are logged in, or known in this browser.
    """
    if rate_limits.MAILS_BY_EMAIL.exceeds(f"{form}-{rate_limits.mailbox(email)}"):
        return too_many(request, "mailbox", rate_limits.MAILS_BY_EMAIL)
    if request.user.is_authenticated or devices.known_device(request, email):
        return None
    if rate_limits.MAILS_BY_ADDRESS.exceeds(rate_limits.client_key(request)):
        return too_many(request, "mails", rate_limits.MAILS_BY_ADDRESS)
    return None
