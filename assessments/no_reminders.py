"""The page behind 'Geen herinneringen meer', for the examiner without an account."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.language import speak_to, translated

from . import links, stop_reminders
from .no_access import no_access


@translated
@csrf_exempt  # the mail program's own button posts here without a cookie (RFC 8058); the token is the permission
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def no_reminders(request: HttpRequest, token: str) -> HttpResponse:
    """Asks on GET, since mail scanners open links; stops on POST, by the page's button or the mail program's."""
    invitations = stop_reminders.find(token)
    if not invitations:
        return no_access(request, links.NoAccess("unknown"))
    speak_to(request, invitations[0].contact.language)
    if request.method == "POST":
        for invitation in invitations:
            stop_reminders.stop(invitation=invitation)
            invitation.refresh_from_db(fields=["reminders_stopped_at"])
    is_stopped = all(invitation.reminders_stopped_at for invitation in invitations)
    return render(request, "assessments/no_reminders.html", {"is_stopped": is_stopped, "number": len(invitations)})
