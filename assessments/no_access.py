"""The page that says why an examiner's link opens nothing (DESIGN.md, 'Mechanisms', Link)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.auth.interrupted import is_own_post, posted
from accounts.language import speak_to

from . import links, rate_limits

# What each reason of `links.NoAccess` answers: 404 for what never was, 410 for what is no more.
_STATUS = {"unknown": 404, "no_cookie": 403, "too_many": 429, "asked_enough": 429, "copied_enough": 429}
_RETRY_AFTER = 600  # seconds
_RENEWED_BY_LINK = {"no_cookie", "void", "expired"}  # a post refused for these is taken once the right link was opened
JUST_OPENED = "geopend"  # in the address that a link leads to: without its cookie there, the browser refuses cookies


def count_wrong(request: HttpRequest, refused: links.NoAccess) -> tuple[links.NoAccess, int]:
    """Counts a refusal that any guess would get; what to tell, and its HTTP status."""
    limit = rate_limits.WRONG.get(refused.reason)
    if limit and limit.exceeds(rate_limits.asker(request)):
        refused = links.NoAccess("too_many")
    return refused, _STATUS.get(refused.reason, 410)


def no_access(request: HttpRequest, refused: links.NoAccess, *, token: str = "") -> HttpResponse:
    """The page that says why a link opens nothing; what a refused post held stands on it, to be copied."""
    refused, status = count_wrong(request, refused)
    typed = [
        value
        for name, value in request.POST.items()
        if isinstance(value, str) and name.startswith("justification-") and value.strip()
    ]
    if refused.invitation is not None:
        speak_to(request, refused.invitation.contact.language)
    renew_url = ""
    if refused.renewable and refused.invitation is not None:
        # Never a token of ours: whoever looks at this page may not be the examiner.
        by_cookie = reverse("assessments:new_link_by_cookie", args=[refused.invitation.public_id])
        renew_url = reverse("assessments:new_link", args=[token]) if token else by_cookie
    context = {"refused": refused, "renew_url": renew_url, "typed": typed}
    if refused.reason == "no_cookie" and JUST_OPENED in request.GET:
        context["refuses_cookies"] = True
    if refused.reason in _RENEWED_BY_LINK and is_own_post(request):
        context |= posted(request)
    response = render(request, "assessments/no_access.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(_RETRY_AFTER)
    return response
