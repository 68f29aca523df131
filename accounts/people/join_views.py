"""What the link in an invitation's mail opens. For everyone who has it: the link is the right to."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.auth.forms import NewPasswordForm
from accounts.auth.login import log_in_by_mail
from accounts.language import speak_to, translated
from accounts.models import SchoolInvitation, User

from . import join, links

NO_MORE = 410  # for a link that opens nothing now


@login_not_required
@translated
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """A first password, or one click for who has an account; GET changes nothing, since mail scanners open links."""
    try:
        invitation = links.open_token(token)
        speak_to(request, invitation.language)
        owner = join.owner_of(invitation)
        if join.needs_password(owner):
            return _choose_password(request, token, invitation, owner)
        return _accept_as(request, token, invitation, owner)
    except join.HasAccount:  # since the form was opened
        return redirect("accounts:join", token)
    except links.NoInvitation as error:
        return _nothing(request, error)


def _choose_password(
    request: HttpRequest, token: str, invitation: SchoolInvitation, owner: User | None
) -> HttpResponse:
    form = NewPasswordForm(owner or join.unsaved(invitation), request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = join.join_with_password(token=token, password=form.cleaned_data["new_password1"])
        return log_in_by_mail(request, user)
    context = {"invitation": invitation, "form": form}
    return render(request, "accounts/people/choose_password.html", context)


def _accept_as(request: HttpRequest, token: str, invitation: SchoolInvitation, owner: User | None) -> HttpResponse:
    context = {"invitation": invitation, "is_owner": request.user == owner, "is_active": owner and owner.is_active}
    if request.method == "POST" and isinstance(request.user, User):
        try:
            join.join_logged_in(token=token, user=request.user)
        except join.NotYours:
            return render(request, "accounts/people/accept.html", context)
        done = _("U hoort nu bij %(school)s.") % {"school": invitation.school}
        messages.success(request, done)
        return redirect("home")
    return render(request, "accounts/people/accept.html", context)


def _nothing(request: HttpRequest, error: links.NoInvitation) -> HttpResponse:
    """Why the link opens nothing; whoever just used it, by a second click, goes on."""
    invitation = error.invitation
    if invitation:
        speak_to(request, invitation.language)
        if error.reason == "accepted" and invitation.accepted_by_id == request.user.pk and request.user.pk:
            return redirect("home")
    context = {"reason": error.reason, "invitation": invitation}
    return render(request, "accounts/people/no_invitation.html", context, status=NO_MORE)
