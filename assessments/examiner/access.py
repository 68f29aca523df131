"""Access to the examiner's pages by the cookie of a mailed link, and the response without access."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.auth.rate_limits import client_key
from accounts.language import translated, use_language
from accounts.sessions.interrupted import is_same_site_post, posted
from assessments import leavers, links, rate_limits
from assessments.models import Invitation

# By reason of `links.NoAccess`; 410 for every other.
_STATUS = {"unknown": 404, "no_cookie": 403, "too_many": 429, "asked_enough": 429, "copied_enough": 429}
_RETRY_AFTER = 600  # seconds
_RENEWED_BY_LINK = {"no_cookie", "void", "expired"}  # opening the newest link makes the same post succeed
JUST_OPENED = "geopend"  # query parameter after a link: detects a browser that refuses cookies

P = ParamSpec("P")
InvitationView = Callable[Concatenate[HttpRequest, Invitation, P], HttpResponse]
Refusal = Callable[[HttpRequest, links.NoAccess], HttpResponse]


def no_access(request: HttpRequest, refused: links.NoAccess, *, token: str = "") -> HttpResponse:
    """Return the page that explains why a link gives no access, with the justifications of a refused post to copy."""
    refused, status = _count(request, refused)
    context: dict[str, Any] = {
        "refused": refused,
        "renew_url": "",
        "typed": [
            value
            for name, value in request.POST.items()
            if isinstance(value, str) and name.startswith("justification-") and value.strip()
        ],
    }
    if refused.invitation is not None:
        use_language(request, refused.invitation.contact.language)
        context["assessment"] = refused.invitation.assessment
        context["asker"] = leavers.who_to_ask(refused.invitation.assessment)
        if refused.renewable:
            # Never a new token: the visitor may not be the examiner.
            by_cookie = reverse("assessments:new_link_by_cookie", args=[refused.invitation.public_id])
            context["renew_url"] = reverse("assessments:new_link", args=[token]) if token else by_cookie
    if refused.reason == "no_cookie" and JUST_OPENED in request.GET:
        context["refuses_cookies"] = True
    if refused.reason in _RENEWED_BY_LINK and is_same_site_post(request):
        context |= posted(request)
    response = render(request, "assessments/examiner/no_access.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(_RETRY_AFTER)
    return response


def no_access_json(request: HttpRequest, refused: links.NoAccess) -> JsonResponse:
    """Return the reason and the status of `no_access`, for a script."""
    refused, status = _count(request, refused)
    return JsonResponse({"reason": refused.reason}, status=status)


def with_invitation(*, refuse: Refusal = no_access) -> Callable[[InvitationView[P]], Callable[..., HttpResponse]]:
    """Open the cookie of the link for a view, which gets the invitation in place of its `public_id`.

    The invitation comes with its contact and with the student, exam, unit, school and initiator of its assessment; the
    page is in the examiner's language. `refuse` answers when the cookie gives no access, or the view raises `NoAccess`.
    """

    def decorate(view: InvitationView[P]) -> Callable[..., HttpResponse]:
        @translated
        @login_not_required
        @wraps(view)
        def open_cookie(request: HttpRequest, public_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                return view(request, links.open_cookie(request, public_id), *args, **kwargs)
            except links.NoAccess as refused:
                return refuse(request, refused)

        return open_cookie

    return decorate


def _count(request: HttpRequest, refused: links.NoAccess) -> tuple[links.NoAccess, int]:
    """Count a refusal that a guess can provoke; return the refusal to show and its status."""
    limit = rate_limits.WRONG.get(refused.reason)
    if limit and limit.exceeds(client_key(request)):
        refused = links.NoAccess("too_many")
    return refused, _STATUS.get(refused.reason, 410)
