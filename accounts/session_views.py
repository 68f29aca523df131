"""'Waar u bent ingelogd' in the profile, and 'Overal uitloggen'."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from . import sessions
from .language import translated
from .signed_in import UserRequest


@translated
@never_cache
@require_GET
def logins(request: UserRequest) -> HttpResponse:
    found = sessions.logins(user=request.user, session=request.session)
    return render(request, "accounts/sessions.html", {"logins": found})


@require_POST
@translated
def end_session(request: UserRequest, session_id: str) -> HttpResponse:
    """Logs out in one place; 404 for what is no session of this person's, or not any more."""
    found = sessions.logins(user=request.user, session=request.session)
    one = next((login for login in found if login.public_id == session_id), None)
    if one is None:
        raise Http404
    if one.is_this:
        return _log_out(request, _("U bent uitgelogd."))
    sessions.end(user=request.user, public_id=session_id)
    messages.success(request, _("U bent uitgelogd op: %(device)s.") % {"device": one.device})
    return redirect("accounts:sessions")


@require_POST
@translated
def end_other_sessions(request: UserRequest) -> HttpResponse:
    sessions.end_all(user=request.user, but=request.session)
    messages.success(request, _("U bent overal uitgelogd, behalve hier."))
    return redirect("accounts:sessions")


@require_POST
@translated
def end_all_sessions(request: UserRequest) -> HttpResponse:
    """'Overal uitloggen', here too."""
    sessions.end_all(user=request.user)
    return _log_out(request, _("U bent overal uitgelogd."))


def _log_out(request: UserRequest, words: str) -> HttpResponse:
    logout(request)
    messages.success(request, words)
    return redirect("accounts:login")
