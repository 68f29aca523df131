"""Pages of the login, passwords, the second step and passkeys, on django-allauth; change of address, and sessions."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import (
    get_next_redirect_url,
    passthrough_next_redirect_url,
    perform_login,
)
from allauth.account.views import LoginView, PasswordResetFromKeyView, PasswordResetView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.http import UserRequest
from accounts.language import translated, use_language
from accounts.models import IdentityProvider, User
from accounts.sessions import sessions

from . import email_change
from .forms import ChangeEmailForm
from .links import CONFIRM_EMAIL, STOP_EMAIL, LinkGone
from .refusals import link_gone, too_many_mails


# --- Logging in ----------------------------------------------------------------------------------
class LogIn(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"school_accounts": IdentityProvider.objects.active().exists()}

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        """Show the form to someone halfway a login, who may want another account."""


@translated
@require_safe
def logged_in(request: HttpRequest) -> HttpResponse:
    """Show the page on which a login in another tab ends, after a form's session expired."""
    return render(request, "accounts/auth/logged_in.html")


def log_in_by_link(request: HttpRequest, user: User) -> HttpResponse:
    """Log in `user`, authenticated by a mailed link and a password, and redirect home; a second step may follow."""
    response: HttpResponse = perform_login(request, user, redirect_url=reverse("home"))
    return response


# --- Passwords -----------------------------------------------------------------------------------
class ForgottenPassword(PasswordResetView):
    def form_valid(self, form: Any) -> HttpResponse:
        """Render without a redirect, which would put the address in the browser's history."""
        return render(self.request, "accounts/auth/password_mailed.html", {"email": form.save(self.request)})


@method_decorator(login_not_required, name="dispatch")
class NewPassword(PasswordResetFromKeyView):
    """Choose a password by a mailed link, once; GET does not use it up, as mail scanners open links."""

    success_url = reverse_lazy("account_login")

    def dispatch(self, request: HttpRequest, uidb36: str, key: str, **kwargs: Any) -> HttpResponseBase:
        use_language(request, request.GET.get("taal", ""))
        response = super().dispatch(request, uidb36, key, **kwargs)
        if request.method == "GET" and response.status_code == 302:  # to the address without the token
            response["Location"] += f"?{request.GET.urlencode()}"
        return response

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if context.get("token_fail"):
            return link_gone(self.request, LinkGone("used"), again="account_reset_password")
        return super().render_to_response(context, **kwargs)


# --- The second step -----------------------------------------------------------------------------
class TurnOn(ActivateTOTPView):
    """Show QR code and key and check the first code."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:  # switched on in another tab at the same time
            return redirect("mfa_index")

    def get_success_url(self) -> str:
        return _before_next(self.request, super().get_success_url())


def _before_next(request: HttpRequest, url: str) -> str:
    """Return where to go: the recovery codes, that lead to `next`, or if there are none to see at once to `next`."""
    if url == reverse("mfa_index"):
        return get_next_redirect_url(request) or url
    return str(passthrough_next_redirect_url(request, url, "next"))


class RecoveryCodes(ViewRecoveryCodesView):
    """Show the recovery codes, once."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        next_url = get_next_redirect_url(self.request) or reverse("accounts:profile")
        return super().get_context_data(**kwargs) | {"next_url": next_url}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        return super().render_to_response(context, **kwargs) if context["can_view_codes"] else redirect("mfa_index")


class NewRecoveryCodes(GenerateRecoveryCodesView):
    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Dit zijn uw nieuwe herstelcodes. De oude werken niet meer."))
        return super().form_valid(form)


class AddPasskey(AddWebAuthnView):
    def get_success_url(self) -> str:
        return _before_next(self.request, super().get_success_url())


# --- Change of address and sessions --------------------------------------------------------------
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
        return link_gone(request, LinkGone("taken"), again="account_login")
    except LinkGone as gone:
        return link_gone(request, gone, again="account_reset_password")
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
    return redirect("account_login")
