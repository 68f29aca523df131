"""Save what was posted about a student's participation."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User
from assessments.lifecycle import DomainError
from assessments.models import Assessment

from . import participation
from .forms import ParticipationForm


def save_posted(
    request: HttpRequest, form: ParticipationForm, assessment: Assessment, *, by: User | None = None, by_name: str = ""
) -> bool:
    """Save a valid posted form and return True; else False, and a refusal becomes an error of the form."""
    if request.method != "POST" or not form.is_valid():
        return False
    version = form.cleaned_data["version"]
    try:
        participation.record(assessment=assessment, values=form.values, version=version, by=by, by_name=by_name)
    except DomainError as error:
        form.add_error(None, str(error))
        # What was typed stays; saving again is then on top of what the other one saved.
        data = request.POST.copy()
        data["version"] = str(participation.read(assessment).version)
        form.data = data
        return False
    return True
