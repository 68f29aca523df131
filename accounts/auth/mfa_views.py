"""'Inloggen met een code' in the profile: set-up, recovery codes, turning it off."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from accounts.language import translated
from accounts.sessions import sessions

from . import mfa
from .forms import PasswordAgainForm, SetUpForm, read_key, sign_key

JUST_LOGGED_IN = timedelta(minutes=15)  # a login this recent needs no password to switch it on


@translated
@require_GET
def mfa_overview(request: UserRequest) -> HttpResponse:
    """Show the settings, or redirect to the set-up."""
    if not _may_change(request):
        return redirect("accounts:set_up_second_step")
    context = {
        "left": request.user.recovery_codes.count(),
        "schools": mfa.schools_requiring_code(request.user),
    }
    return render(request, "accounts/auth/second_step.html", context)


@translated
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def set_up(request: UserRequest) -> HttpResponse:
    """Show QR code and key and check the first code; the recovery codes are shown in this response only."""
    if mfa.is_on(request.user):
        return _is_on(request)
    form = SetUpForm(request.POST or None, request=request, asks_password=_asks_password(request))
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        try:
            codes = mfa.turn_on(user=request.user, key=form.app_key, code=code, session=request.session)
        except mfa.CodeRefused as refused:
            form.add_error("code", str(refused))
        else:
            request.session.cycle_key()
            mfa.mark_passed(request.session, request.user)
            return _show_codes(request, codes, is_new=True)
    return _show_key(request, form)


@translated
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def new_recovery_codes(request: UserRequest) -> HttpResponse:
    if not _may_change(request):
        return redirect("accounts:set_up_second_step")
    form = PasswordAgainForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        codes = mfa.replace_recovery_codes(user=request.user, session=request.session)
        return _show_codes(request, codes, is_new=False)
    return render(request, "accounts/auth/new_recovery_codes.html", {"form": form})


@translated
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def turn_off(request: UserRequest) -> HttpResponse:
    if not _may_change(request):
        return redirect("accounts:set_up_second_step")
    form = PasswordAgainForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        mfa.turn_off(user=request.user, session=request.session)
        messages.success(request, _("Inloggen met een code staat uit."))
        return redirect("accounts:profile")
    context = {"form": form, "schools": mfa.schools_requiring_code(request.user)}
    return render(request, "accounts/auth/turn_off_second_step.html", context)


def _may_change(request: UserRequest) -> bool:
    """Return whether it is on and this session passed it."""
    return request.user.passed_two_factor and mfa.is_on(request.user)


def _is_on(request: UserRequest) -> HttpResponse:
    """Redirect a user who has it on; a session that predates it has to log in again."""
    if request.user.passed_two_factor:
        return redirect("accounts:second_step")
    logout(request)
    messages.info(request, _("Log opnieuw in, met uw code."))
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': _next_url(request)})}")


def _asks_password(request: UserRequest) -> bool:
    began = sessions.started_at(request.session)
    return began is None or timezone.now() - began > JUST_LOGGED_IN


def _show_key(request: UserRequest, form: SetUpForm) -> HttpResponse:
    """Show the form again with the posted key, if still valid, else a new one."""
    key = read_key(request.POST.get("key", ""), user_id=request.user.pk) or mfa.new_key()
    url = mfa.app_url(user=request.user, key=key)
    context = {
        "form": form,
        "signed_key": sign_key(key, user_id=request.user.pk),
        "qr": segno.make(url, error="m", micro=False).svg_data_uri(border=4, omitsize=True),
        "key": mfa.key_as_text(key),
        "app_url": url,
        "schools": mfa.schools_requiring_code(request.user),
    }
    return render(request, "accounts/auth/set_up_second_step.html", context)


def _show_codes(request: UserRequest, codes: list[str], *, is_new: bool) -> HttpResponse:
    text = "\r\n".join([f"Digitaal beoordelen – {request.user.email}", "", *codes, ""])
    context = {
        "codes": codes,
        "download": f"data:text/plain;charset=utf-8,{quote(text)}",
        "next_url": _next_url(request),
        "is_new": is_new,
    }
    return render(request, "accounts/auth/recovery_codes.html", context)


def _next_url(request: UserRequest) -> str:
    next_url = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(next_url, {request.get_host()}, require_https=request.is_secure()):
        return next_url
    return reverse("accounts:profile")
