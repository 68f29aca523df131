"""What a form answers whose token is not the browser's any more."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.sessions.interrupted import is_same_site_post, needs_login, offer_resubmit


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403; what a page of this site sent can be sent once more. Logging in changes the token, in every open tab."""
    if not reason.startswith("CSRF ") or not is_same_site_post(
        request
    ):  # else token or cookie is wrong, not the origin
        return render(request, "403_csrf.html", status=403)
    if reason == REASON_NO_CSRF_COOKIE:
        return offer_resubmit(request, why="cookies")
    has_ended = request.user.is_anonymous and needs_login(request)
    return offer_resubmit(request, why="login" if has_ended else "token")
