"""'Account aanmaken' on the login page: the form, 'Kijk in uw mail', and the link in that mail."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from . import rate_limits, register
from .account_forms import EmailForm, PasswordForm, RegisterForm
from .language import speak_to, translated
from .logging_in import log_in_by_mail
from .mailed_links import CONFIRM_REGISTRATION, LinkGone
from .models import Registration, School
from .refused import link_gone, too_many, too_many_mails


@translated
@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def make_account(request: HttpRequest) -> HttpResponse:
    """What a student fills in; the answer is the same whether the address has an account or not."""
    if request.user.is_authenticated:
        return redirect("home")
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if refused := too_many_mails(request, form="register", email=email):
            return refused
        password = form.cleaned_data["password1"]
        register.register(registration=form.instance, password=password, language=get_language() or "")
        return _look_in_your_mail(request, email)
    schools = School.objects.filter(register_on=True).exists()
    return render(request, "accounts/register.html", {"form": form, "schools": schools})


@translated
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_again(request: HttpRequest) -> HttpResponse:
    """Mails the link once more."""
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if refused := too_many_mails(request, form="confirm", email=email):
            return refused
        register.mail_again(email=email, language=get_language() or "")
        return _look_in_your_mail(request, email, again=True)
    return render(request, "accounts/confirm_again.html", {"form": form})


@translated
@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_registration(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail: with the password that was chosen it makes the account, and one is logged in."""
    speak_to(request, CONFIRM_REGISTRATION.language(token))
    try:
        registration = register.find(token)
        form = PasswordForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if rate_limits.CONFIRM_TRIES.exceeds(str(registration.pk)):
                return too_many(request, "passwords", rate_limits.CONFIRM_TRIES)
            if register.is_password(registration, form.cleaned_data["password"]):
                return _confirm(request, registration)
            form.add_error("password", _("Dit is niet het wachtwoord dat u koos."))
    except LinkGone as gone:
        return link_gone(request, gone, again="accounts:register")
    return render(request, "accounts/confirm_registration.html", {"form": form, "registration": registration})


def _confirm(request: HttpRequest, registration: Registration) -> HttpResponse:
    try:
        user = register.confirm(registration=registration)
    except register.AlreadyAnAccount:
        raise LinkGone("taken") from None
    except register.NotAtThisSchool:
        raise LinkGone("not_here") from None
    messages.success(request, _("Uw e-mailadres is bevestigd: uw account werkt."))
    return log_in_by_mail(request, user)


def _look_in_your_mail(request: HttpRequest, email: str, *, again: bool = False) -> HttpResponse:
    """Not led to: an address that gets here by a redirect would stand in the browser's history."""
    return render(request, "accounts/registered.html", {"email": email, "again": again})
