"""Logging in: the password, and for who switched it on a code after it. The one place where a session is begun."""

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
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.language import translated
from accounts.models import User
from accounts.sessions import devices
from accounts.sessions.sessions import browser_and_system, in_words

from . import mfa
from .forms import CodeForm, LoginForm, RecoveryCodeForm

HALFWAY = "halfway"  # in a session's data: whose password was right, while nobody is logged in
BACKEND = "django.contrib.auth.backends.ModelBackend"
MINUTES = 10  # between password and code


class LogIn(LoginView):
    """E-mail address and password."""

    template_name = "accounts/auth/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        return log_in(self.request, form.get_user(), going_to=self.get_success_url())


@translated
@require_safe
def logged_in(request: HttpRequest) -> HttpResponse:
    """Where one logs in beside a form that the end of the session interrupted."""
    return render(request, "accounts/auth/logged_in.html")


def log_in(request: HttpRequest, user: User, *, going_to: str) -> HttpResponse:
    """Logs in who proved to be `user`, as `authenticate` gave it, and leads on; whoever has a code is asked it first.

    `going_to` is an address of this site.
    """
    if not mfa.is_on(user):
        return _begin(request, user, going_to)
    request.session.cycle_key()  # who planted a session's key does not get along
    request.session[HALFWAY] = {
        "user": user.pk,
        "backend": user.backend,
        "hash": user.get_session_auth_hash(),
        "until": timezone.now().timestamp() + MINUTES * 60,
    }
    return redirect(f"{reverse('accounts:ask_code')}?{urlencode({'next': going_to})}")


def log_in_by_mail(request: HttpRequest, user: User) -> HttpResponse:
    """Logs in whom a mailed link and a password proved to be `user`, as `log_in` does, and leads home."""
    user.backend = BACKEND  # as `authenticate` does
    return log_in(request, user, going_to=reverse("home"))


@login_not_required
@translated
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def ask_code(request: HttpRequest) -> HttpResponse:
    """The app's code."""
    user = _halfway(request)
    if user is None:
        return _start_again(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mfa.check_code(user=user, code=form.cleaned_data["code"])
        except mfa.CodeRefused as refused:
            form.add_error("code", str(refused))
        else:
            return _finish(request, user)
    return _ask(request, "accounts/auth/ask_code.html", form)


@login_not_required
@translated
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def ask_recovery_code(request: HttpRequest) -> HttpResponse:
    """A recovery code, for who has no phone at hand."""
    user = _halfway(request)
    if user is None:
        return _start_again(request)
    form = RecoveryCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = in_words(browser_and_system(request.headers.get("User-Agent", "")))
        try:
            left = mfa.check_recovery_code(user=user, typed=form.cleaned_data["code"], device=device)
        except mfa.CodeRefused as refused:
            form.add_error("code", str(refused))
        else:
            messages.warning(request, _("U hebt een herstelcode gebruikt. Er zijn er nog %(left)s.") % {"left": left})
            return _finish(request, user)
    return _ask(request, "accounts/auth/ask_recovery_code.html", form)


def _halfway(request: HttpRequest) -> User | None:
    """Whose password was right in this session, some minutes ago at most, and is the same still."""
    kept = request.session.get(HALFWAY)
    if not kept or kept["until"] < timezone.now().timestamp():
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None
    user.backend = kept["backend"]  # as `authenticate` does
    return user


def _start_again(request: HttpRequest) -> HttpResponse:
    if request.session.pop(HALFWAY, None):
        messages.info(request, _("Het duurde te lang. Log opnieuw in."))
    return redirect(f"{reverse('accounts:login')}?{urlencode({'next': _going_to(request)})}")


def _finish(request: HttpRequest, user: User) -> HttpResponse:
    request.session.pop(HALFWAY)
    response = _begin(request, user, _going_to(request))
    mfa.pass_on(request.session, user)
    return response


def _begin(request: HttpRequest, user: User, going_to: str) -> HttpResponse:
    login(request, user)
    response = HttpResponseRedirect(going_to)
    devices.remember(request, response, user)
    return response


def _going_to(request: HttpRequest) -> str:
    going_to = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(going_to, {request.get_host()}, require_https=request.is_secure()):
        return going_to
    return reverse("home")


def _ask(request: HttpRequest, template: str, form: Form) -> HttpResponse:
    return render(request, template, {"form": form, "query": request.GET.urlencode()})
