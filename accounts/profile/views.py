"""First login and profile (source text, 'Studentnummer')."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.auth.email_change import open_change
from accounts.http import UserRequest
from accounts.language import translated
from accounts.models import IdentityProvider, Role, User
from accounts.school.student_numbers import ReportResult, notify_school

from .forms import DetailsForm


@translated
def welcome(request: UserRequest) -> HttpResponse:
    """Let a user confirm their details at the first login, then redirect to `next`."""
    next_url = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(next_url, {request.get_host()}, require_https=request.is_secure()):
        next_url = reverse("home")
    if request.user.details_checked_at:
        return HttpResponseRedirect(next_url)  # a path; `redirect` would resolve 'home' as a view's name
    form = DetailsForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.instance.details_checked_at = timezone.now()
        if form.save_details():
            return HttpResponseRedirect(next_url)
    return render(request, "accounts/profile/welcome.html", {"form": form})


@translated
def profile(request: UserRequest) -> HttpResponse:
    """Show the user's own details."""
    memberships = request.user.memberships.present().select_related("school").order_by("school__name", "role")
    numbers = [membership for membership in memberships if membership.role == Role.STUDENT]
    second_steps = list(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    context = {
        "memberships": memberships,
        "numbers": numbers,
        "second_steps": second_steps,
        "passkeys": second_steps.count(Authenticator.Type.WEBAUTHN),
        "school_accounts": IdentityProvider.objects.linked_to(request.user),
        "email_change": open_change(request.user),
    }
    return render(request, "accounts/profile/profile.html", context)


@translated
def profile_edit(request: UserRequest) -> HttpResponse:
    # A separate instance: invalid input must not appear as the name in the header.
    form = DetailsForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid() and form.save_details():
        messages.success(request, _("Uw gegevens zijn bewaard."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile/profile_edit.html", {"form": form})


@translated
@require_POST
def report_number(request: UserRequest) -> HttpResponse:
    """Report to the school that another student has the typed number ('Meld dit aan uw school').

    Render the page again without that number; the user does not learn who has it.
    """
    form = DetailsForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    form.is_valid()
    results = [notify_school(student=student, number=student.student_number) for student in form.taken]
    if ReportResult.SENT in results:
        message = _("Gemeld aan uw school; u hoort ervan. Ga nu verder zonder dit studentnummer.")
        messages.success(request, message)
    elif ReportResult.ALREADY_REPORTED in results:
        messages.info(request, _("U hebt dit vandaag al gemeld. Ga nu verder zonder dit studentnummer."))
    elif results:
        message = _("Uw school heeft nog niemand met de rol Schoolbeheer. Vraag het aan uw docent.")
        messages.warning(request, message)
    page = "profile_edit" if request.user.details_checked_at else "welcome"
    if results:
        form = DetailsForm(instance=form.instance)  # with the typed names and the stored number
    return render(request, f"accounts/profile/{page}.html", {"form": form})
