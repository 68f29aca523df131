"""First login and profile (source text, 'Studentnummer'); logging in and out are Django's own views."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.auth import mfa

from .auth.email_change import open_change
from .forms import DetailsForm
from .http import UserRequest
from .language import translated
from .models import Role, User
from .school.student_numbers import Told, tell_school


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
    context = {
        "memberships": memberships,
        "numbers": numbers,
        "has_second_step": mfa.is_on(request.user),
        "email_change": open_change(request.user),
    }
    return render(request, "accounts/profile.html", context)


@translated
def profile_edit(request: UserRequest) -> HttpResponse:
    """'Bewerken' and 'Bewaren' of one's own details."""
    # A row of its own: what is typed and refused must not show as the name in the header.
    form = DetailsForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid() and form.keep():
        messages.success(request, _("Uw gegevens zijn bewaard."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile_edit.html", {"form": form})


@translated
@require_POST
def report_number(request: UserRequest) -> HttpResponse:
    """'Meld dit aan uw school', from either page where one's details are: another has the number that was typed.

    The page comes back without that number, ready to go on; who has it is the school's to know.
    """
    form = DetailsForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    form.is_valid()
    told = [tell_school(student=student, number=student.student_number) for student in form.taken]
    if Told.YES in told:
        said = _("Gemeld aan uw school; u hoort ervan. Ga nu verder zonder dit studentnummer.")
        messages.success(request, said)
    elif Told.ALREADY in told:
        messages.info(request, _("U hebt dit vandaag al gemeld. Ga nu verder zonder dit studentnummer."))
    elif told:
        said = _("Uw school heeft nog niemand met de rol Schoolbeheer. Vraag het aan uw docent.")
        messages.warning(request, said)
    page = "profile_edit" if request.user.details_checked_at else "welcome"
    # The names as they were typed, the number as it was kept before.
    return render(request, f"accounts/{page}.html", {"form": DetailsForm(instance=form.instance) if told else form})
