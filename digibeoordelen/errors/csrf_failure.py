from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.sessions.interrupted import is_same_site_post, needs_login, offer_resubmit


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return 403, offering to send the form again: logging in changes the token of every open tab."""
    is_wrong_token = reason.startswith("CSRF ")  # else the origin is wrong
    if not is_wrong_token or not is_same_site_post(request):
        return render(request, "403_csrf.html", status=403)
    if reason == REASON_NO_CSRF_COOKIE:
        return offer_resubmit(request, why="cookies")
    has_ended = request.user.is_anonymous and needs_login(request)
    return offer_resubmit(request, why="login" if has_ended else "token")
