"""How a student takes part in an exam: attendance, identity, irregularities that don't cancel, adaptations granted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from assessments import lifecycle
from assessments.models import Assessment, Attendance, Event, Participation

# The codes of IMS AfA PNP that OKE's planning systems send; another need is text of the school's own.
NEEDS = {
    "spoken": "voorlezen",
    "spell-checker-on-screen": "spellingcontrole op het scherm",
    "extraTime": "extra tijd",
    "largePrint": "grote letters",
    "signLanguage": "gebarentaal",
    "keyboard": "toetsenbord",
    "braille": "braille",
}


def read(assessment: Assessment) -> Participation:
    """Return the participation of an assessment with its sitting; a new, unsaved one if nothing was recorded."""
    found = Participation.objects.filter(assessment=assessment).select_related("sitting").first()
    return found or Participation(assessment=assessment, school_id=assessment.school_id)


def record(
    *, assessment: Assessment, values: Mapping[str, Any], version: int, by: User | None = None, by_name: str = ""
) -> None:
    """Save `values`, fields of `Participation` by name, and write an event; nothing happens if all are as stored.

    `by` is the user, `by_name` an examiner's name. Raises `lifecycle.DomainError` when the assessment is closed, is the
    user's own, or has changed since `version` of its participation.
    """
    with lifecycle.locked(assessment) as current:
        lifecycle.refuse_if_closed(current)
        lifecycle.refuse_own(current.student, by=by)
        participation = read(current)
        if participation.version != version:
            raise lifecycle.DomainError(
                _("Iemand anders heeft dit intussen gewijzigd. Uw tekst staat er nog; kijk het na en bewaar opnieuw.")
            )
        changed = {name: value for name, value in values.items() if getattr(participation, name) != value}
        if not changed:
            return
        for name, value in changed.items():
            setattr(participation, name, value)
        participation.version += 1
        # A planning system writes its own fields of the row.
        participation.save(update_fields=[*changed, "version"] if participation.pk else None)
        with translation.override("nl"):
            lines = [*describe(participation), *filter(None, [participation.irregularities])]
        lifecycle.record(current, kind=Event.Kind.ATTENDANCE, by=by, by_name=by_name, lines=lines)


def describe(participation: Participation) -> list[str]:
    """Return what was recorded, but for the irregularities, in the active language; [] if nothing was."""
    lines = []
    if participation.attendance != Attendance.NOT_KNOWN:
        lines.append(_(participation.get_attendance_display()))
    if participation.identity_checked:
        lines.append(_("Identiteit gecontroleerd"))
    return [*lines, *adaptations(participation)]


def adaptations(participation: Participation) -> list[str]:
    """Return the adaptations granted to the student, in the active language."""
    minutes = participation.extra_minutes
    extra = _("%(count)s min extra tijd") % {"count": minutes}
    needs = [need for need in participation.needs if need != "extraTime" or not minutes]
    return [extra] * bool(minutes) + [_(NEEDS[need]) if need in NEEDS else need for need in needs]


def context(assessment: Assessment) -> dict[str, Any]:
    """Return what the pages of an assessment show of it; no query where the assessment was read with it."""
    try:
        participation = assessment.participation
    except Participation.DoesNotExist:
        participation = Participation(assessment=assessment, school_id=assessment.school_id)
    return {"participation": participation, "course": describe(participation)}


def as_json(assessment: Assessment) -> dict[str, Any] | None:
    """Return what the PDF shows of the participation, in Dutch; None if nothing was recorded."""
    participation = read(assessment)
    with translation.override("nl"):
        data = {
            "course": describe(participation),
            "irregularities": participation.irregularities,
        }
    return data if any(data.values()) else None
