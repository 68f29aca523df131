"""First login and profile (source text, 'Studentnummer'); logging in and out are Django's own views."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from .forms import DetailsForm
from .language import translated
from .models import Role, User
from .signed_in import UserRequest


@translated
def welcome(request: UserRequest) -> HttpResponse:
    """Check and complete one's details; after that one goes on to where one was going, and never comes here again."""
    going_to = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(going_to, {request.get_host()}, require_https=request.is_secure()):
        going_to = reverse("home")
    if request.user.details_checked_at:
        return HttpResponseRedirect(going_to)  # an address; `redirect` takes 'home' for a view's name
    form = DetailsForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.instance.details_checked_at = timezone.now()
        if form.keep():
            return HttpResponseRedirect(going_to)
    return render(request, "accounts/welcome.html", {"form": form})


@translated
def profile(request: UserRequest) -> HttpResponse:
    """One's own details, to read."""
    memberships = request.user.memberships.present().select_related("school").order_by("school__name", "role")
    numbers = [membership for membership in memberships if membership.role == Role.STUDENT]
    return render(request, "accounts/profile.html", {"memberships": memberships, "numbers": numbers})


@translated
def profile_edit(request: UserRequest) -> HttpResponse:
    """'Bewerken' and 'Bewaren' of one's own details."""
    # A row of its own: what is typed and refused must not show as the name in the header.
    form = DetailsForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid() and form.keep():
        messages.success(request, _("Uw gegevens zijn bewaard."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile_edit.html", {"form": form})
