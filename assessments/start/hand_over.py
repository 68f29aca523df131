"""'Overdragen aan een collega': another docent of the school follows a running assessment from now on."""

from __future__ import annotations

from accounts.models import Role, User
from assessments import lifecycle, mails
from assessments.models import Assessment, Event
from exams.models import AccountExam


def why_not(assessment: Assessment, *, by: User) -> str:
    """Return why `by` can't hand the assessment over (Dutch); '' when nothing prevents it."""
    if assessment.is_closed:
        return "Deze beoordeling is afgesloten en kan niet meer worden overgedragen."
    if assessment.initiator_id != by.pk:
        return f"{assessment.initiator.full_name} volgt deze beoordeling; alleen diegene draagt die over."
    return ""


def colleagues(assessment: Assessment) -> list[User]:
    """Return the docents of the school who can take it over, by last name: not the student or the initiator."""
    memberships = assessment.school.memberships.filter(role=Role.DOCENT, user__is_active=True)
    others = memberships.exclude(user__in=[assessment.initiator_id, assessment.student.user_id])
    return [membership.user for membership in others.select_related("user").order_by("sort_key", "pk")]


def hand_over(*, assessment: Assessment, to: User, by: User) -> None:
    """Make `to` the initiator in place of `by`, with the exam on the account, and mail `to`.

    Raises `DomainError` when `by` is not the initiator, the assessment is closed, or `to` is not one of the
    `colleagues`.
    """
    with lifecycle.locked(assessment) as current:
        if reason := why_not(current, by=by):
            raise lifecycle.DomainError(reason)
        if to not in colleagues(current):
            raise lifecycle.DomainError(f"{to.full_name} kan deze beoordeling niet overnemen. Kies een andere collega.")
        AccountExam.objects.get_or_create(user=to, exam=current.exam)
        current.initiator = to
        current.save(update_fields=["initiator"])
        lifecycle.record(current, kind=Event.Kind.HANDED_OVER, by=by, reason=f"Aan {to.full_name}.")
        mails.queue_handed_over(assessment=current, by=by)
