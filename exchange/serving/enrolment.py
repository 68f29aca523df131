"""The student of an association: found by number, or enrolled as the import of people does."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.mail.addresses import mailable
from accounts.models import DERIVED_FIELDS, Membership, Role, RoleChange, User
from accounts.people import roles
from accounts.people.enrol import ExistingUser, ListedPerson, create_accounts, find_existing, invite_listed
from accounts.people.invite import start_sending
from accounts.school.student_numbers import log_number
from accounts.text import clean_line
from assessments.models import Participation
from exchange.models import Partner
from exchange.serving import schemas
from exchange.serving.problems import Conflict, Problem

HOW = RoleChange.How.EXCHANGE
NUMBER_LENGTH = 20


def checked_name(person: schemas.Person) -> dict[str, str]:
    """Return the name in our fields; raise `Problem` where it does not fit."""
    name = {"first_name": person.givenName, "infix": person.surnamePrefix or "", "last_name": person.surname}
    name = {field: clean_line(value) for field, value in name.items()}
    try:
        User(**name).clean_fields(exclude={"password", "email", "joined_at"})
    except ValidationError as invalid:
        raise Problem(f"person: {' '.join(invalid.messages)}") from None
    return name


def checked_mail(person: schemas.Person) -> str:
    """Return the normalised address, '' without one; raise `Problem` where no mail can be sent to it."""
    if not (person.mail or "").strip():
        return ""
    try:
        return mailable(person.mail or "")
    except ValidationError as invalid:
        raise Problem(f"person.mail: {' '.join(invalid.messages)}") from None


def find_or_enrol(partner: Partner, person: schemas.Person) -> Membership:
    """Return the student with the person's number at the school; without one, enrol the person.

    Raise `Problem` without a number, or for an unknown student without an address. Raise `Conflict` where the address
    is of another student, or of an account that must accept an invitation first, which is sent.
    """
    number = clean_line(person.code("studentNumber"))
    if not number or len(number) > NUMBER_LENGTH:
        raise Problem(f"person.primaryCode: a studentNumber of at most {NUMBER_LENGTH} characters is required.")
    known = _student(partner, number)
    if known:
        return known
    email = checked_mail(person)
    if not email:
        raise Problem("person: no student of the school has this number; with a mail address the student is enrolled.")
    language = "en" if any(code.lower().startswith("en") for code in person.languageOfChoice) else "nl"
    listed = ListedPerson(
        **checked_name(person), email=email, roles=(Role.STUDENT,), student_number=number, language=language
    )
    with transaction.atomic(), roles.locked(partner.school):
        student = _student(partner, number) or _enrol(partner, listed)
    if student is None:
        raise Conflict("person: the student was invited to join the school. Repeat this request once that is accepted.")
    return student


def _student(partner: Partner, number: str) -> Membership | None:
    students = partner.school.memberships.present().filter(role=Role.STUDENT, student_number=number)
    return students.select_related("user", "school").first()


def _enrol(partner: Partner, listed: ListedPerson) -> Membership | None:
    school = partner.school
    if school.memberships.filter(student_number=listed.student_number).exists():
        raise Conflict("person: the student with this number left the school; Schoolbeheer can bring them back.")
    existing = find_existing(school, [listed.email], lock=True).get(listed.email)
    if existing is None:
        users, _watched = create_accounts([listed], school=school, by=None, how=HOW)
        _invite(partner, listed, users[0])
    elif existing.memberships:
        _give_role(partner, listed, existing)
    else:
        if not school.school_invitations.open().filter(email=listed.email).exists():
            _invite(partner, listed, None)
        return None
    return _student(partner, listed.student_number)


def _give_role(partner: Partner, listed: ListedPerson, existing: ExistingUser) -> None:
    number = listed.student_number
    roles.grant(school=partner.school, user=existing.user, role=Role.STUDENT, by=None, how=HOW, student_number=number)
    student = partner.school.memberships.select_related("user").get(user=existing.user, role=Role.STUDENT)
    if student.student_number and student.student_number != number:
        raise Conflict("person: the mail address is of a student with another number.")
    if not student.student_number:
        student.student_number = number
        student.save(update_fields=["student_number", *DERIVED_FIELDS])
        log_number(student=student, before="", reason=f"Doorgegeven door {partner.name}.", by=None)


def _invite(partner: Partner, listed: ListedPerson, user: User | None) -> None:
    school, by = partner.school, partner.initiator.user if partner.initiator else None
    by_name = by.full_name if by else school.name
    invite_listed([(listed, user)], school=school, by=by, by_name=by_name, wanted_at=timezone.now())
    start_sending()


def find_participant(partner: Partner, person_id: str) -> Membership | None:
    """Return the student whom the partner sent before under this id."""
    known = Participation.objects.filter(school=partner.school, person_id=person_id, sitting__origin__partner=partner)
    newest = known.select_related("assessment__student__user", "assessment__student__school").order_by("-pk").first()
    return newest.assessment.student if newest else None
