"""The page behind the link in an invitation's mail; the link is the authorisation."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.auth.forms import NewPasswordForm
from accounts.auth.views import log_in_by_link
from accounts.language import translated, use_language
from accounts.models import SchoolInvitation, User

from . import join, links

GONE = 410


@login_not_required
@translated
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a first password, or accept with an existing account; GET changes nothing, as mail scanners open links."""
    try:
        invitation = links.open_token(token)
        use_language(request, invitation.language)
        owner = join.owner_of(invitation)
        if join.needs_password(owner):
            return _choose_password(request, token, invitation, owner)
        return _accept_as(request, token, invitation, owner)
    except join.HasAccount:  # the account was created after the form was opened
        return redirect("accounts:join", token)
    except links.NoInvitation as error:
        return _explain(request, error)


def _choose_password(
    request: HttpRequest, token: str, invitation: SchoolInvitation, owner: User | None
) -> HttpResponse:
    form = NewPasswordForm(owner or join.unsaved_user(invitation), request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = join.join_with_password(token=token, password=form.cleaned_data["password1"])
        return log_in_by_link(request, user)
    context = {"invitation": invitation, "form": form}
    return render(request, "accounts/people/choose_password.html", context)


def _accept_as(request: HttpRequest, token: str, invitation: SchoolInvitation, owner: User | None) -> HttpResponse:
    context = {"invitation": invitation, "is_owner": request.user == owner, "is_active": owner and owner.is_active}
    if request.method == "POST" and isinstance(request.user, User):
        try:
            join.join_logged_in(token=token, user=request.user)
        except join.WrongAccount:
            return render(request, "accounts/people/accept.html", context)
        message = _("U hoort nu bij %(school)s.") % {"school": invitation.school}
        messages.success(request, message)
        return redirect("home")
    return render(request, "accounts/people/accept.html", context)


def _explain(request: HttpRequest, error: links.NoInvitation) -> HttpResponse:
    """Show why the link is unusable; redirect home after a second click by the user who accepted."""
    invitation = error.invitation
    if invitation:
        use_language(request, invitation.language)
        if error.reason == "accepted" and invitation.accepted_by_id == request.user.pk and request.user.pk:
            return redirect("home")
    context = {"reason": error.reason, "invitation": invitation}
    return render(request, "accounts/people/no_invitation.html", context, status=GONE)
