"""'Wachtwoord vergeten?' on the login page, and 'Wachtwoord wijzigen' in the profile."""

from __future__ import annotations

from axes.utils import reset as forget_wrong_passwords
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from . import choose_password
from .account_forms import ChangePasswordForm, EmailForm, NewPasswordForm
from .language import speak_to, translated
from .mailed_links import NEW_PASSWORD, LinkGone
from .models import User
from .refused import link_gone, too_many_mails
from .signed_in import UserRequest


@translated
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """Asks for the address; the answer is the same whether it has an account or not."""
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if refused := too_many_mails(request, form="password", email=email):
            return refused
        choose_password.ask(email=email, language=get_language() or "")
        return render(request, "accounts/password_mailed.html", {"email": email})
    return render(request, "accounts/forgotten_password.html", {"form": form})


@translated
@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail. Looking uses nothing up, since mail scanners look; what is sent in does."""
    speak_to(request, NEW_PASSWORD.language(token))
    try:
        user = choose_password.find(token)
        form = NewPasswordForm(user, request.POST or None)
        if request.method == "POST" and form.is_valid():
            password = form.cleaned_data["new_password1"]
            choose_password.choose(token=token, password=password, language=get_language() or "")
            # Who is here is who forgot it, and most likely is locked out for having tried.
            forget_wrong_passwords(username=user.email)
            messages.success(request, _("Uw nieuwe wachtwoord is bewaard. Log ermee in."))
            return redirect("accounts:login")
    except LinkGone as gone:
        return link_gone(request, gone, again="accounts:forgotten_password")
    return render(request, "accounts/new_password.html", {"form": form, "email": user.email})


@translated
@never_cache
@sensitive_post_parameters()
def change_password(request: UserRequest) -> HttpResponse:
    """In the profile: with the old password; every other session ends."""
    form = ChangePasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = User.objects.get(pk=request.user.pk)
        password = form.cleaned_data["new_password1"]
        choose_password.change(user=user, password=password, language=get_language() or "")
        update_session_auth_hash(request, user)
        messages.success(request, _("Uw wachtwoord is gewijzigd. Op andere apparaten bent u uitgelogd."))
        return redirect("accounts:profile")
    return render(request, "accounts/change_password.html", {"form": form})
