"""Self-registration: the form, the mail again, and the page behind the mailed link."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.auth import rate_limits
from accounts.auth.forms import EmailForm
from accounts.auth.links import CONFIRM_REGISTRATION, LinkGone
from accounts.auth.refusals import link_gone, too_many, too_many_mails
from accounts.auth.views import log_in_by_link
from accounts.language import translated, use_language
from accounts.models import Registration, School

from . import registration
from .forms import PasswordForm, RegisterForm


@translated
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def make_account(request: HttpRequest) -> HttpResponse:
    """Register a student; the response does not reveal whether the address has an account."""
    if request.user.is_authenticated:
        return redirect("home")
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if refused := too_many_mails(request, form="register", email=email):
            return refused
        password = form.cleaned_data["password1"]
        registration.register(registration=form.instance, password=password, language=get_language() or "")
        return _check_your_mail(request, email)
    schools = School.objects.filter(register_on=True).exists()
    return render(request, "accounts/registration/register.html", {"form": form, "schools": schools})


@translated
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_again(request: HttpRequest) -> HttpResponse:
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if refused := too_many_mails(request, form="confirm", email=email):
            return refused
        registration.mail_again(email=email, language=get_language() or "")
        return _check_your_mail(request, email, again=True)
    return render(request, "accounts/registration/confirm_again.html", {"form": form})


@translated
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_registration(request: HttpRequest, token: str) -> HttpResponse:
    """Create the account by the mailed link and the password chosen before, and log in."""
    use_language(request, CONFIRM_REGISTRATION.language(token))
    try:
        pending = registration.get_registration(token)
        form = PasswordForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if rate_limits.CONFIRM_TRIES.exceeds(str(pending.pk)):
                return too_many(request, "passwords", rate_limits.CONFIRM_TRIES)
            if registration.matches_password(pending, form.cleaned_data["password"]):
                return _confirm(request, pending)
            form.add_error("password", _("Dit is niet het wachtwoord dat u koos."))
    except LinkGone as gone:
        return link_gone(request, gone, again="accounts:register")
    return render(request, "accounts/registration/confirm_registration.html", {"form": form, "registration": pending})


def _confirm(request: HttpRequest, pending: Registration) -> HttpResponse:
    try:
        user = registration.confirm_registration(registration=pending)
    except registration.AlreadyAnAccount:
        raise LinkGone("taken") from None
    except registration.NotAtThisSchool:
        raise LinkGone("not_here") from None
    messages.success(request, _("Uw e-mailadres is bevestigd: uw account werkt."))
    return log_in_by_link(request, user)


def _check_your_mail(request: HttpRequest, email: str, *, again: bool = False) -> HttpResponse:
    """Render without a redirect, which would put the address in the browser's history."""
    return render(request, "accounts/registration/registered.html", {"email": email, "again": again})
