"""'E-mailadres wijzigen' in the profile, and the links in the mails to the new and the old address."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from . import change_email
from .account_forms import ChangeEmailForm
from .language import speak_to, translated
from .mailed_links import CONFIRM_EMAIL, STOP_EMAIL, LinkGone
from .models import User
from .refused import link_gone, too_many_mails
from .signed_in import UserRequest


@translated
@never_cache
@sensitive_post_parameters()
def ask_email_change(request: UserRequest) -> HttpResponse:
    """The new address and the password; nothing changes until the new address confirms."""
    form = ChangeEmailForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if refused := too_many_mails(request, form="email", email=email):
            return refused
        change_email.ask(user=request.user, email=email, language=get_language() or "")
        text = _("We hebben een mail gestuurd naar %(email)s. Uw e-mailadres wijzigt zodra u die bevestigt.")
        messages.success(request, text % {"email": email})
        return redirect("accounts:profile")
    return render(request, "accounts/change_email.html", {"form": form})


@translated
@require_POST
def withdraw_email_change(request: UserRequest) -> HttpResponse:
    """'Niet wijzigen' in the profile, as long as it isn't confirmed."""
    change_email.withdraw(user=request.user)
    messages.success(request, _("Uw e-mailadres blijft %(email)s.") % {"email": request.user.email})
    return redirect("accounts:profile")


@translated
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: UserRequest, token: str) -> HttpResponse:
    """The link mailed to the new address, for who is logged in: whoever else reads that mailbox has no use for it."""
    speak_to(request, CONFIRM_EMAIL.language(token))
    try:
        change = change_email.find_to_confirm(token, request.user)
        if request.method == "POST":
            change_email.confirm(change=change)
            text = _("Uw e-mailadres is nu %(email)s. Daarmee logt u voortaan in.")
            messages.success(request, text % {"email": change.new_email})
            return redirect("accounts:profile")
    except change_email.AddressTaken:
        return link_gone(request, LinkGone("taken"), again="accounts:change_email")
    except change_email.OtherDomain:
        return link_gone(request, LinkGone("other_domain"), again="accounts:change_email")
    except LinkGone as gone:
        return link_gone(request, gone, again="accounts:change_email")
    return render(request, "accounts/confirm_email.html", {"change": change})


@translated
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_email_change(request: HttpRequest, token: str) -> HttpResponse:
    """'Dit was ik niet', mailed to the old address; asks on GET, since mail scanners open links."""
    speak_to(request, STOP_EMAIL.language(token))
    try:
        change = change_email.find_to_stop(token)
        if request.method == "POST":
            change_email.stop(change=change, language=get_language() or "")
            email = User.objects.get(pk=change.user_id).email
            return render(request, "accounts/email_change_stopped.html", {"email": email})
    except change_email.AddressTaken:
        return link_gone(request, LinkGone("taken"), again="accounts:login")
    except LinkGone as gone:
        return link_gone(request, gone, again="accounts:forgotten_password")
    return render(request, "accounts/stop_email_change.html", {"change": change})
