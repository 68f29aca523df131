"""Passwords, change of e-mail address, and the list of sessions."""

from __future__ import annotations

from axes.utils import reset as forget_wrong_passwords
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.language import translated, use_language
from accounts.models import User
from accounts.sessions import sessions

from . import email_change
from . import password as auth_password
from .forms import ChangeEmailForm, ChangePasswordForm, EmailForm, NewPasswordForm
from .links import CONFIRM_EMAIL, NEW_PASSWORD, STOP_EMAIL, LinkGone
from .refusals import link_gone, too_many_mails


@translated
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """Ask for the address; the response does not reveal whether it has an account."""
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if refused := too_many_mails(request, form="password", email=email):
            return refused
        auth_password.request_reset(email=email, language=get_language() or "")
        return render(request, "accounts/auth/password_mailed.html", {"email": email})
    return render(request, "accounts/auth/forgotten_password.html", {"form": form})


@translated
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password by a mailed link; GET does not use it up, as mail scanners open links."""
    use_language(request, NEW_PASSWORD.language(token))
    try:
        user = auth_password.get_user(token)
        form = NewPasswordForm(user, request.POST or None)
        if request.method == "POST" and form.is_valid():
            password = form.cleaned_data["new_password1"]
            auth_password.reset(token=token, password=password, language=get_language() or "")
            # The mailbox's owner may have been locked out by failed attempts.
            forget_wrong_passwords(username=user.email)
            messages.success(request, _("Uw nieuwe wachtwoord is bewaard. Log ermee in."))
            return redirect("accounts:login")
    except LinkGone as gone:
        return link_gone(request, gone, again="accounts:forgotten_password")
    return render(request, "accounts/auth/new_password.html", {"form": form, "email": user.email})


@translated
@sensitive_post_parameters()
def change_password(request: UserRequest) -> HttpResponse:
    form = ChangePasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = User.objects.get(pk=request.user.pk)
        password = form.cleaned_data["new_password1"]
        auth_password.change_password(user=user, password=password, language=get_language() or "")
        update_session_auth_hash(request, user)
        messages.success(request, _("Uw wachtwoord is gewijzigd. Op andere apparaten bent u uitgelogd."))
        return redirect("accounts:profile")
    return render(request, "accounts/auth/change_password.html", {"form": form})


@translated
@sensitive_post_parameters()
def ask_email_change(request: UserRequest) -> HttpResponse:
    """Request a new address, with the password; it changes on confirmation."""
    form = ChangeEmailForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if refused := too_many_mails(request, form="email", email=email):
            return refused
        email_change.request_change(user=request.user, email=email, language=get_language() or "")
        text = _("We hebben een mail gestuurd naar %(email)s. Uw e-mailadres wijzigt zodra u die bevestigt.")
        messages.success(request, text % {"email": email})
        return redirect("accounts:profile")
    return render(request, "accounts/auth/change_email.html", {"form": form})


@translated
@require_POST
def withdraw_email_change(request: UserRequest) -> HttpResponse:
    email_change.withdraw_change(user=request.user)
    messages.success(request, _("Uw e-mailadres blijft %(email)s.") % {"email": request.user.email})
    return redirect("accounts:profile")


@translated
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: UserRequest, token: str) -> HttpResponse:
    """Confirm by the link mailed to the new address; requires a login, as others may read that mailbox."""
    use_language(request, CONFIRM_EMAIL.language(token))
    try:
        change = email_change.get_open_change(token, request.user)
        if request.method == "POST":
            email_change.confirm_change(change=change)
            text = _("Uw e-mailadres is nu %(email)s. Daarmee logt u voortaan in.")
            messages.success(request, text % {"email": change.new_email})
            return redirect("accounts:profile")
    except email_change.AddressTaken:
        return link_gone(request, LinkGone("taken"), again="accounts:change_email")
    except email_change.OtherDomain:
        return link_gone(request, LinkGone("other_domain"), again="accounts:change_email")
    except LinkGone as gone:
        return link_gone(request, gone, again="accounts:change_email")
    return render(request, "accounts/auth/confirm_email.html", {"change": change})


@translated
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop_email_change(request: HttpRequest, token: str) -> HttpResponse:
    """Stop the change by the link mailed to the old address; GET changes nothing, as mail scanners open links."""
    use_language(request, STOP_EMAIL.language(token))
    try:
        change = email_change.get_stoppable_change(token)
        if request.method == "POST":
            email_change.stop(change=change, language=get_language() or "")
            email = User.objects.get(pk=change.user_id).email
            return render(request, "accounts/auth/email_change_stopped.html", {"email": email})
    except email_change.AddressTaken:
        return link_gone(request, LinkGone("taken"), again="accounts:login")
    except LinkGone as gone:
        return link_gone(request, gone, again="accounts:forgotten_password")
    return render(request, "accounts/auth/stop_email_change.html", {"change": change})


@translated
@require_GET
def session_list(request: UserRequest) -> HttpResponse:
    logins = sessions.active_sessions(user=request.user, session=request.session)
    return render(request, "accounts/auth/sessions.html", {"logins": logins})


@require_POST
@translated
def end_session(request: UserRequest, session_id: str) -> HttpResponse:
    """End one session; raise 404 if it is not one of the user's."""
    logins = sessions.active_sessions(user=request.user, session=request.session)
    login = next((login for login in logins if login.public_id == session_id), None)
    if login is None:
        raise Http404
    if login.is_this:
        return _log_out(request, _("U bent uitgelogd."))
    sessions.end(user=request.user, public_id=session_id)
    messages.success(request, _("U bent uitgelogd op: %(device)s.") % {"device": login.device})
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
    sessions.end_all(user=request.user)
    return _log_out(request, _("U bent overal uitgelogd."))


def _log_out(request: UserRequest, message: str) -> HttpResponse:
    logout(request)
    messages.success(request, message)
    return redirect("accounts:login")
