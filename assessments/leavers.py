"""Running assessments whose student, or the docent who started them, left the school.

Derived on each read and never stored. When the student left, only mails to the exam office go out (`why_not_to_send`
holds back queued ones too). When the initiator left, reminders and mails to the initiator pause until a colleague takes
over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role, School, User
from accounts.people.listing import LEFT
from accounts.school.dashboard import ToDo, count_sentence

from . import lifecycle
from .models import Assessment, Event, MailAbout, initiator_left, student_left

INITIATOR = "De docent die deze beoordeling startte is weg. Neem de beoordeling eerst over."
TO_EXAM_OFFICE = ("result", "result_withdrawn")
FROM_OR_TO_INITIATOR = (
    "reminder", "reminder_together", "all_done", "not_arrived", "proposal", "cancelled_initiator", "handed_over"
)  # fmt: skip


def why_paused(assessment: Assessment, *, initiator_left: bool | None = None) -> str:
    """Return why no examiner is mailed about the assessment (Dutch, for the docent); '' when nothing prevents it.

    Pass `initiator_left` when it was read in bulk (`without_initiator`).
    """
    if assessment.student_left:
        return _("De student is uitgeschreven.")
    return INITIATOR if (assessment.initiator_left if initiator_left is None else initiator_left) else ""


def refuse_left(assessment: Assessment) -> None:
    """Raise `DomainError` when the student or the initiator left."""
    if why := why_paused(assessment):
        raise lifecycle.DomainError(why)


def refuse_student_left(assessment: Assessment) -> None:
    if assessment.student_left:
        raise lifecycle.DomainError(_("De student is uitgeschreven."))


def who_to_ask(assessment: Assessment) -> User | None:
    """Return whom an examiner asks: the initiator, else a member of its exam committee, else of Schoolbeheer."""
    if not assessment.initiator_left:
        return assessment.initiator
    managers = assessment.school.memberships.filter(role=Role.SCHOOLBEHEER)
    for memberships in (assessment.committee.people(), managers):
        present = memberships.filter(user__is_active=True).exclude(user=assessment.student.user)
        if membership := present.select_related("user").order_by("pk").first():
            return membership.user
    return None


def without_initiator(assessments: Iterable[Assessment]) -> set[int]:
    """Return the ids of the assessments whose initiator left; one query."""
    pks = [assessment.pk for assessment in assessments]
    return set(Assessment.objects.filter(initiator_left(), pk__in=pks).values_list("pk", flat=True))


def reassign(*, assessment: Assessment, by: User) -> None:
    """Make `by`, a docent of the school, the initiator in place of one who left.

    Raises `DomainError` when the initiator is still there, or the assessment is closed.
    """
    with lifecycle.locked(assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        if not current.initiator_left:
            raise lifecycle.DomainError(f"{current.initiator.full_name} volgt deze beoordeling zelf.")
        before, current.initiator = current.initiator.full_name, by
        current.save(update_fields=["initiator"])
        lifecycle.record(current, kind=Event.Kind.TAKEN_OVER, by=by, reason=f"In plaats van {before}.")


def why_not_to_send(mails: Collection[int]) -> dict[int, str]:
    """Return, by mail id, why a mail may not go out: its student, or the initiator it is to or from, left."""
    about = MailAbout.objects.filter(mail__in=mails)
    of_student = about.filter(student_left("assessment__")).exclude(mail__kind__in=TO_EXAM_OFFICE)
    of_initiator = about.filter(initiator_left("assessment__"), mail__kind__in=FROM_OR_TO_INITIATOR)
    return {
        **dict.fromkeys(of_initiator.values_list("mail", flat=True), "Niet verzonden: de docent die startte is weg."),
        **dict.fromkeys(of_student.values_list("mail", flat=True), "Niet verzonden: de student is uitgeschreven."),
    }


def still_running(school: School) -> Iterator[ToDo]:
    """Count the running assessments of people who left, for Schoolbeheer."""
    running = Assessment.objects.running().filter(school=school)
    people = reverse("school:people", args=[school.pk])
    if count := running.filter(student_left()).count():
        sentence = count_sentence(
            count,
            "beoordeling loopt nog voor een student die is uitgeschreven. De docent of de examencommissie kan die "
            "intrekken.",
            "beoordelingen lopen nog voor studenten die zijn uitgeschreven. De docent of de examencommissie kan die "
            "intrekken.",
        )
        yield ToDo(sentence, "Bekijk wie vertrokken zijn", f"{people}?rol={LEFT}")
    if count := running.filter(initiator_left()).exclude(student_left()).count():
        sentence = count_sentence(
            count,
            "beoordeling loopt nog van een docent die weg is. Een collega met dit examen kan die overnemen.",
            "beoordelingen lopen nog van docenten die weg zijn. Een collega met het examen kan die overnemen.",
        )
        yield ToDo(sentence, "Bekijk wie docent zijn", f"{people}?rol={Role.DOCENT}")
