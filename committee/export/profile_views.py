"""'Exportprofielen' of a school."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from accounts.models import User
from committee.access import get_schools
from committee.export_format import COLUMNS, PLAIN, DateForm, DecimalSign, Encoding, Separator
from committee.models import ExportProfile

from .forms import NAME_TAKEN, ExportProfileForm
from .views import sample_of

PROFILE_CHANGED = "Iemand anders heeft dit exportprofiel intussen gewijzigd."


def get_profile(user: User, public_id: UUID) -> ExportProfile:
    """Return a profile of a school where `user` is in the committee; else raise `Http404`."""
    return get_object_or_404(ExportProfile.objects.for_committee(user).select_related("school"), public_id=public_id)


@require_GET
def profiles(request: UserRequest) -> HttpResponse:
    schools = list(get_schools(request.user))
    queryset = ExportProfile.objects.filter(school__in=schools).select_related("school")
    context = {
        "plain": sample_of("", PLAIN),
        "profiles": [(profile, sample_of(str(profile.public_id), profile.shape)) for profile in queryset],
        "several": len(schools) > 1,
    }
    return render(request, "committee/export/export_profiles.html", context)


@require_GET
def export_help(request: UserRequest) -> HttpResponse:
    """Explain the columns and the choices, as docs/export.md does."""
    get_schools(request.user)
    context = {
        "columns": COLUMNS,
        "choices": [
            ("Scheidingsteken", Separator.labels),
            ("Decimaalteken", DecimalSign.labels),
            ("Datums", DateForm.labels),
            ("Codering", Encoding.labels),
        ],
    }
    return render(request, "committee/export/export_explained.html", context)


@require_http_methods(["GET", "POST"])
def add_profile(request: UserRequest) -> HttpResponse:
    schools = list(get_schools(request.user))
    return _form(request, ExportProfileForm(request.POST or None, profile=ExportProfile(), schools=schools))


@require_http_methods(["GET", "POST"])
def edit_profile(request: UserRequest, public_id: UUID) -> HttpResponse:
    profile = get_profile(request.user, public_id)
    return _form(request, ExportProfileForm(request.POST or None, profile=profile, schools=[profile.school]))


def _form(request: UserRequest, form: ExportProfileForm) -> HttpResponse:
    """'Profiel opslaan', or 'Voorbeeld bekijken', which saves nothing."""
    title = form.instance.name or "Nieuw exportprofiel"  # before validation overwrites it
    context = {"form": form, "profile": form.instance, "title": title}
    if request.method == "POST" and form.is_valid():
        if "voorbeeld" in request.POST:
            context["sample"] = sample_of("", form.instance.shape)
        elif (now := save(form)) is not None:
            context |= {"changed": PROFILE_CHANGED, "differences": form.differences(now)}
            form.accept_version(now)
        elif form.is_valid():
            messages.success(request, f"Het exportprofiel ‘{form.instance.name}’ is opgeslagen.")
            return redirect("committee:export_profiles")
    elif form.instance.pk and request.method == "GET":
        context["sample"] = sample_of("", form.instance.shape)
    return render(request, "committee/export/export_profile.html", context)


def save(form: ExportProfileForm) -> ExportProfile | None:
    """Save a valid form; return the current profile instead if it was changed since it was shown.

    A concurrent save of the same name makes the form invalid.
    """
    profile = form.instance
    try:
        with transaction.atomic():
            if profile.pk:
                now = ExportProfile.objects.select_for_update().get(pk=profile.pk)
                if now.version != form.cleaned_data["version"]:
                    return now
                profile.version = now.version + 1
            profile.save()
    except IntegrityError:
        form.add_error("name", NAME_TAKEN)
    return None


@require_http_methods(["GET", "POST"])
def remove_profile(request: UserRequest, public_id: UUID) -> HttpResponse:
    profile = get_profile(request.user, public_id)
    if request.method == "POST":
        profile.delete()
        messages.success(request, f"Het exportprofiel ‘{profile.name}’ is verwijderd.")
        return redirect("committee:export_profiles")
    sentence = (
        f"Het exportprofiel ‘{profile.name}’ kan dan niet meer worden gekozen. Eerdere exports in dit profiel "
        "blijven bewaard en kunnen opnieuw worden gedownload."
    )
    return render(request, "committee/export/export_profile_remove.html", {"profile": profile, "sentence": sentence})
