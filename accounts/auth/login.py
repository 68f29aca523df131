"""Logging in with a password and, if it is on, a code; all sessions start here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.language import translated
from accounts.models import User
from accounts.sessions import devices
from accounts.sessions.sessions import browser_and_system, device_label

from . import mfa
from .forms import CodeForm, LoginForm, RecoveryCodeForm

PENDING_LOGIN = "halfway"  # session key of a user whose code is still required
BACKEND = "django.contrib.auth.backends.ModelBackend"
MINUTES = 10  # allowed between password and code


class LogIn(LoginView):
    template_name = "accounts/auth/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        return log_in(self.request, form.get_user(), next_url=self.get_success_url())


@translated
@require_safe
def logged_in(request: HttpRequest) -> HttpResponse:
    """Show the page on which a login in another tab ends, after a form's session expired."""
    return render(request, "accounts/auth/logged_in.html")


def log_in(request: HttpRequest, user: User, *, next_url: str) -> HttpResponse:
    """Log in an authenticated `user` and redirect to `next_url`, a URL of this site; ask for the code if it is on."""
    if not mfa.is_on(user):
        return _start_session(request, user, next_url)
    request.session.cycle_key()  # against session fixation
    request.session[PENDING_LOGIN] = {
        "user": user.pk,
        "backend": user.backend,
        "hash": user.get_session_auth_hash(),
        "until": timezone.now().timestamp() + MINUTES * 60,
    }
    return redirect(f"{reverse('accounts:ask_code')}?{urlencode({'next': next_url})}")


def log_in_by_link(request: HttpRequest, user: User) -> HttpResponse:
    """Log in `user`, authenticated by a mailed link and a password, and redirect home."""
    user.backend = BACKEND  # as `authenticate` does
    return log_in(request, user, next_url=reverse("home"))


@login_not_required
@translated
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def ask_code(request: HttpRequest) -> HttpResponse:
    user = _pending_user(request)
    if user is None:
        return _restart(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mfa.check_code(user=user, code=form.cleaned_data["code"])
        except mfa.CodeRefused as refused:
            form.add_error("code", str(refused))
        else:
            return _finish(request, user)
    return _render_code_form(request, "accounts/auth/ask_code.html", form)


@login_not_required
@translated
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def ask_recovery_code(request: HttpRequest) -> HttpResponse:
    user = _pending_user(request)
    if user is None:
        return _restart(request)
    form = RecoveryCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = device_label(browser_and_system(request.headers.get("User-Agent", "")))
        try:
            left = mfa.check_recovery_code(user=user, typed=form.cleaned_data["code"], device=device)
        except mfa.CodeRefused as refused:
            form.add_error("code", str(refused))
        else:
            messages.warning(request, _("U hebt een herstelcode gebruikt. Er zijn er nog %(left)s.") % {"left": left})
            return _finish(request, user)
    return _render_code_form(request, "accounts/auth/ask_recovery_code.html", form)


def _pending_user(request: HttpRequest) -> User | None:
    """Return the user who gave the right password in this session recently and is unchanged since."""
    pending = request.session.get(PENDING_LOGIN)
    if not pending or pending["until"] < timezone.now().timestamp():
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    if user is None or not constant_time_compare(pending["hash"], user.get_session_auth_hash()):
        return None
    user.backend = pending["backend"]  # as `authenticate` does
    return user


def _restart(request: HttpRequest) -> HttpResponse:
    if request.session.pop(PENDING_LOGIN, None):
        messages.info(request, _("Het duurde te lang. Log opnieuw in."))
    return redirect(f"{reverse('accounts:login')}?{urlencode({'next': _next_url(request)})}")


def _finish(request: HttpRequest, user: User) -> HttpResponse:
    request.session.pop(PENDING_LOGIN)
    response = _start_session(request, user, _next_url(request))
    mfa.mark_passed(request.session, user)
    return response


def _start_session(request: HttpRequest, user: User, next_url: str) -> HttpResponse:
    login(request, user)
    response = HttpResponseRedirect(next_url)
    devices.remember(request, response, user)
    return response


def _next_url(request: HttpRequest) -> str:
    next_url = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(next_url, {request.get_host()}, require_https=request.is_secure()):
        return next_url
    return reverse("home")


def _render_code_form(request: HttpRequest, template: str, form: Form) -> HttpResponse:
    return render(request, template, {"form": form, "query": request.GET.urlencode()})
