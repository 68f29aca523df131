"""The demo's assessments: some sixty of them, in every state, made by the product's own functions.

Nothing of them is mailed: what was 'sent' is marked so, and where mails stay in the demo's mailbox the last invitations
are put there, so that a link can be opened at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Role, School, User
from accounts.navigation import DEMO_TRANSPORT
from assessments.models import (
    Appeal,
    Assessment,
    CancelKind,
    Invitation,
    Participation,
    PlannedReminder,
    Proposal,
    Sitting,
    Status,
)
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.worker import deliver
from exams.models import Exam, ExamUnit

from .course import Cast, Course

PLACES = {  # of an examiner's assessments
    "Wilma": "Tiel",
    "Hans": "Geldermalsen",
    "Soraya": "Afdeling B2",
    "Kees": "Tiel",
    "Peter": "Hal 3, Elst",
    "Gerard": "Culemborg",
    "Anneke": "Lokaal 2.14",
}


@dataclass(frozen=True)
class Plan:
    """An assessment that has been in its state for `days`; `story` makes it."""

    student: str  # the number
    unit: str
    story: Callable[[Course, Plan], None]
    days: int
    examiner: str = "Anneke"
    tendency: str = "V"
    second: str = "Anneke"  # where the story has two examiners


def load(school: School) -> None:
    """Fill a new school with assessments; call it in the transaction that creates the school."""
    cast = _cast(school)
    docents, members = _people(school, Role.DOCENT), _people(school, Role.EXAMENCOMMISSIE)
    for plan in sorted(PLANS, key=lambda plan: plan.days, reverse=True):
        number = sum(int(digit) for digit in plan.student)
        initiator, member = docents[number % 3 == 0], members[number % 4 == 0]
        course = Course(cast, student=plan.student, unit=plan.unit, initiator=initiator, member=member)
        plan.story(course, plan)
    _plan_sitting(school)
    _settle_reminders(school)
    _settle_mails(school)


def _plan_sitting(school: School) -> None:
    """Plan the students of Digitale vaardigheden who were invited lately in one sitting."""
    students = ("100119", "100124")
    planned = Assessment.objects.filter(
        school=school, status=Status.INVITED, unit__code="D1", student__student_number__in=students
    )
    first, *others = planned.select_related("unit").order_by("pk")
    start = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=4)
    sitting = Sitting.objects.create(
        school=school,
        unit=first.unit,
        name="Zitting Digitale vaardigheden",
        starts_at=start,
        ends_at=start + timedelta(hours=3),
        room="Lokaal 2.14",
    )
    Participation.objects.create(
        school=school, assessment=first, sitting=sitting, extra_minutes=30, needs=["spoken"], version=1
    )
    for assessment in others:
        Participation.objects.create(school=school, assessment=assessment, sitting=sitting)


def _cast(school: School) -> Cast:
    versions = [exam.current_version for exam in Exam.objects.all()]
    units = ExamUnit.objects.filter(exam_version__in=versions).select_related("exam_version__exam")
    students = school.memberships.filter(role=Role.STUDENT).select_related("user", "school")
    return Cast(
        school=school,
        office=school.default_committee.exam_offices.get(),
        contacts={contact.first_name: contact for contact in school.contacts.listed()},
        units={unit.code: unit for unit in units},
        students={student.student_number: student for student in students},
        began=timezone.now(),
    )


def _people(school: School, role: Role) -> list[User]:
    """Return the demo's account and its colleague."""
    return [
        membership.user for membership in school.memberships.filter(role=role).select_related("user").order_by("pk")
    ]


def _settle_reminders(school: School) -> None:
    """Count the planned reminders of these invitations as handled: beat would mail them."""
    invitations = Invitation.objects.filter(assessment__school=school)
    PlannedReminder.objects.bulk_create(
        PlannedReminder(invitation=invitation, generation=invitation.generation, kind=kind, is_sent=False)
        for invitation in invitations
        for kind in PlannedReminder.Kind.values
    )


def _settle_mails(school: School) -> None:
    """Put what is still queued in the demo's mailbox, or count it as sent where mails go to a server."""
    queued = OutgoingMail.objects.filter(about__assessment__school=school, state=MailState.QUEUED).order_by("pk")
    if settings.OUTBOX_TRANSPORT == DEMO_TRANSPORT:
        for pk in queued.values_list("pk", flat=True):
            deliver(pk)
    else:
        pks = list(queued.values_list("pk", flat=True))
        OutgoingMail.objects.filter(pk__in=pks).update(state=MailState.SENT, sent_at=timezone.now(), attempts=1)


# --- The stories -----------------------------------------------------------------------------------


def new(course: Course, plan: Plan) -> None:
    """No examiner yet."""
    course.minute = 0  # those of one day were started together
    course.start(plan.days)


def chosen(course: Course, plan: Plan) -> None:
    """An examiner is chosen, and not invited."""
    course.start(plan.days, planned=-course.random.randint(10, 20), place=PLACES[plan.examiner])
    course.choose(plan.days, plan.examiner)


def invited(course: Course, plan: Plan) -> None:
    """Invited, for a day to come."""
    course.start(plan.days + 1, planned=-course.random.randint(3, 14), place=PLACES[plan.examiner])
    course.choose(plan.days + 1, plan.examiner)
    course.invite(plan.days, remark="Graag binnen een week na de afname invullen. Vragen? Bel mij gerust.")


def invited_late(course: Course, plan: Plan) -> None:
    """Invited, and nothing came although the day has passed; reminded once when it is long ago."""
    course.start(plan.days + 2, planned=plan.days - 6, place=PLACES[plan.examiner])
    course.choose(plan.days + 2, plan.examiner)
    course.invite(plan.days)
    if plan.days > 14:
        course.remind(plan.days - 9, plan.examiner)


def invited_in_vain(course: Course, plan: Plan) -> None:
    """The invitation came back."""
    invited(course, plan)
    course.bounce("invitation")


def passed_on(course: Course, plan: Plan) -> None:
    """The examiner proposes a colleague, and waits for the docent's answer."""
    invited(course, plan)
    colleague = Proposal(
        first_name="Ellen",
        last_name="Dekker",
        email="ellen.dekker@examinator.demo.example",
        organisation=course.cast.contacts[plan.examiner].organisation,
        function="Werkbegeleider",
        word="Ik ben die week met verlof; Ellen begeleidt de student dan.",
    )
    course.propose_colleague(max(plan.days - 1, 0), plan.examiner, colleague)


def begun(course: Course, plan: Plan) -> None:
    """The examiner has scored the first parts."""
    course.start(plan.days + 7, planned=plan.days + 1, place=PLACES[plan.examiner])
    course.choose(plan.days + 7, plan.examiner)
    course.invite(plan.days + 6)
    course.fill_in(plan.days, plan.examiner, tendency=plan.tendency, share=0.6)


def half(course: Course, plan: Plan) -> None:
    """The workplace has completed its parts; the school assesses the products and has not begun."""
    course.start(plan.days + 9, planned=-4, place=PLACES[plan.examiner])
    course.choose(plan.days + 9, plan.examiner, products_by=plan.second)
    course.invite(plan.days + 8)
    course.assess(plan.days, plan.examiner, plan.tendency)


def assessed(course: Course, plan: Plan) -> None:
    """Waits for the committee."""
    _to_assessed(course, plan, plan.days)


def assessed_by_two(course: Course, plan: Plan) -> None:
    """As `assessed`, each examiner having their own parts."""
    course.start(plan.days + 12, planned=plan.days + 2, place=PLACES[plan.examiner])
    course.choose(plan.days + 12, plan.examiner, part_of=plan.second)
    course.invite(plan.days + 11)
    course.assess(plan.days + 1, plan.second)
    course.assess(plan.days, plan.examiner, plan.tendency)


def disputed(course: Course, plan: Plan) -> None:
    """Both examiners assessed everything, and differ."""
    course.start(plan.days + 12, planned=plan.days + 2, place=PLACES[plan.examiner])
    course.choose(plan.days + 12, plan.examiner, plan.second)
    course.invite(plan.days + 11)
    course.assess(plan.days + 1, plan.examiner)
    course.assess_otherwise(plan.days, plan.second)


def corrected(course: Course, plan: Plan) -> None:
    """The committee changed a score."""
    _to_assessed(course, plan, plan.days + 2)
    course.correct(
        plan.days, reason="De onderbouwing beschrijft wat bij een voldoende hoort; besproken met de examinator."
    )


def sent_back(course: Course, plan: Plan) -> None:
    """The committee asked the examiner for more."""
    _to_assessed(course, plan, plan.days + 5)
    remark = "De onderbouwing zegt nog niet wat u zag. Wilt u dat aanvullen met een voorbeeld uit de praktijk?"
    course.send_back(plan.days, plan.examiner, remark=remark)


def final(course: Course, plan: Plan) -> None:
    _to_assessed(course, plan, plan.days + 4)
    course.finalise(plan.days)


def final_mail_failed(course: Course, plan: Plan) -> None:
    """The mail to the student came back."""
    final(course, plan)
    course.bounce("final_student")


def appealed(course: Course, plan: Plan) -> None:
    final(course, plan)
    course.appeal(plan.days - 4, note="De student vindt dat de rapportage niet is meegewogen.")


def appeal_closed(course: Course, plan: Plan) -> None:
    final(course, plan)
    appeal = course.appeal(plan.days - 3, note="De student kon naar eigen zeggen niet alles laten zien.")
    course.close_appeal(plan.days - 9, appeal, Appeal.Outcome.DISMISSED)


def withdrawn(course: Course, plan: Plan) -> None:
    """The final result was exported, then withdrawn, and waits again."""
    _to_assessed(course, plan, plan.days + 9)
    course.finalise(plan.days + 6)
    course.export(plan.days + 4)
    course.withdraw(plan.days, reason="Er is uitgegaan van een verkeerd werkproces; de examinator is gebeld.")


def no_show(course: Course, plan: Plan) -> None:
    invited_late(course, Plan(plan.student, plan.unit, invited, plan.days + 10, plan.examiner))
    course.cancel(plan.days, kind=CancelKind.NO_SHOW, reason="De student is zonder bericht niet verschenen.")


def irregular(course: Course, plan: Plan) -> None:
    _to_assessed(course, plan, plan.days + 3)
    reason = "De student had de uitwerking van een ander; vastgesteld na een gesprek."
    course.cancel(plan.days, kind=CancelKind.IRREGULARITY, reason=reason)


def invalid(course: Course, plan: Plan) -> None:
    begun(course, Plan(plan.student, plan.unit, begun, plan.days + 3, plan.examiner))
    reason = "Het brandalarm ging af; de afname is niet afgemaakt."
    course.cancel(plan.days, kind=CancelKind.INVALID, reason=reason)


def started_by_mistake(course: Course, plan: Plan) -> None:
    course.start(plan.days + 1)
    course.undo(plan.days)


def _to_assessed(course: Course, plan: Plan, days: int) -> None:
    course.start(days + 14, planned=days + 2, place=PLACES[plan.examiner])
    course.choose(days + 14, plan.examiner)
    course.invite(days + 13)
    course.assess(days, plan.examiner, plan.tendency)


# 100100, 100102 and 100103 have nothing of Verzorgende IG: a visitor, and a browser test, starts those.
PLANS = [
    # Verzorgende IG
    Plan("100118", "PVB-1", final, 45, "Wilma", "O"),
    Plan("100101", "PVB-1", chosen, 2, "Wilma"),
    Plan("100104", "PVB-1", appeal_closed, 27, "Hans"),
    Plan("100105", "PVB-1", final, 20, "Soraya", "G"),
    Plan("100107", "PVB-1", no_show, 6, "Hans"),
    Plan("100109", "PVB-1", appealed, 9, "Wilma", "O"),
    Plan("100106", "PVB-1", final_mail_failed, 6, "Soraya", "G"),
    Plan("100111", "PVB-1", assessed, 17, "Wilma"),
    Plan("100113", "PVB-1", disputed, 6, "Soraya"),
    Plan("100115", "PVB-1", assessed_by_two, 4, "Hans", "G", second="Wilma"),
    Plan("100122", "PVB-1", corrected, 2, "Wilma"),
    Plan("100117", "PVB-1", half, 3, "Soraya"),
    Plan("100120", "PVB-1", invited_late, 19, "Hans"),
    Plan("100124", "PVB-1", sent_back, 0, "Wilma", "O"),
    Plan("100118", "PVB-1", invited, 0, "Kees"),
    # Assistent logistiek
    Plan("100108", "B1-K1", final, 31, "Peter"),
    Plan("100110", "B1-K1", invited, 6, "Gerard"),
    Plan("100112", "B1-K1", final, 16, "Peter", "O"),
    Plan("100114", "B1-K1", assessed, 15, "Gerard"),
    Plan("100116", "B1-K1", disputed, 3, "Peter"),
    Plan("100119", "B1-K1", begun, 5, "Gerard"),
    Plan("100121", "B1-K1", invited, 2, "Peter"),
    Plan("100123", "B1-K1", no_show, 8, "Peter"),
    Plan("100112", "B1-K1", invited, 0, "Peter"),
    Plan("100108", "P1-K1", final, 13, "Peter", "G"),
    Plan("100112", "P1-K1", final, 18, "Gerard"),
    Plan("100114", "P1-K1", invited, 3, "Peter"),
    Plan("100110", "P1-K1", withdrawn, 5, "Gerard"),
    Plan("100116", "P1-K1", half, 6, "Peter"),
    Plan("100119", "P1-K1", invited_late, 15, "Gerard"),
    Plan("100121", "P1-K1", chosen, 1, "Peter"),
    Plan("100123", "P1-K1", new, 2),
    # Digitale vaardigheden
    Plan("100100", "D1", final, 52, "Anneke", "O"),
    Plan("100101", "D1", assessed, 20, "Kees"),
    Plan("100102", "D1", final, 22, "Anneke", "G"),
    Plan("100103", "D1", chosen, 3, "Anneke"),
    Plan("100100", "D1", final, 8, "Anneke"),
    Plan("100104", "D1", invited, 1, "Kees"),
    Plan("100107", "D1", invited_late, 9, "Anneke"),
    Plan("100123", "D1", final, 3, "Kees"),
    Plan("100109", "D1", assessed, 9, "Anneke"),
    Plan("100110", "D1", assessed, 8, "Kees", "G"),
    Plan("100111", "D1", assessed_by_two, 1, "Anneke", second="Kees"),
    Plan("100112", "D1", assessed, 1, "Anneke", "O"),
    Plan("100113", "D1", begun, 1, "Kees"),
    Plan("100114", "D1", half, 2, "Kees"),
    Plan("100115", "D1", invited, 5, "Anneke"),
    Plan("100116", "D1", invited_late, 10, "Kees"),
    Plan("100117", "D1", invited_in_vain, 3, "Anneke"),
    Plan("100118", "D1", passed_on, 2, "Kees"),
    Plan("100119", "D1", invited, 0, "Anneke"),
    Plan("100124", "D1", invited, 4, "Anneke"),
    Plan("100120", "D1", irregular, 11, "Anneke"),
    Plan("100121", "D1", invalid, 7, "Kees"),
    Plan("100122", "D1", started_by_mistake, 4),
    Plan("100105", "D1", new, 1),
    Plan("100106", "D1", new, 1),
    Plan("100108", "D1", new, 1),
]
