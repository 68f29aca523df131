"""A school with two committees: the default one, and 'Zorg' for the programme of `exam`."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import ExamCommittee, Role, School, User
from committee.organisation import organisation
from exams.models import Exam, ExamUnit
from tests.factories import first_unit, make_exam, member


@pytest.fixture
def manager(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer")


@pytest.fixture
def zara(school: School) -> User:
    """A committee member; until a committee names her she belongs to the default one."""
    return member(school, Role.EXAMENCOMMISSIE, first_name="Zara", last_name="Zorg", email="zara@hier.test")


@pytest.fixture
def other_unit(docent: User) -> ExamUnit:
    """Of a programme that no committee names."""
    exam = make_exam(title="Timmerman", code="25999")
    docent.account_exams.create(exam=exam)
    return first_unit(exam)


@pytest.fixture
def care(school: School, exam: Exam, zara: User, manager: User) -> ExamCommittee:
    """The committee 'Zorg', for the programme of `exam`, with Zara as its member."""
    return change(ExamCommittee(school=school, name="Zorg"), by=manager, members=[zara], codes=[exam.code])


def change(
    committee: ExamCommittee,
    *,
    by: User,
    members: list[User] | None = None,
    codes: list[str] | None = None,
    four_eyes: bool | None = None,
) -> ExamCommittee:
    """Save the committee as its form does, with these changes."""
    now = organisation.read_content(committee)
    ids = now.members
    if members is not None:
        roles = committee.school.memberships.filter(user__in=members, role=Role.EXAMENCOMMISSIE)
        ids = frozenset(roles.values_list("pk", flat=True))
    content = organisation.Content(
        name=committee.name,
        reminder_text=committee.reminder_text,
        four_eyes=now.four_eyes if four_eyes is None else four_eyes,
        members=ids,
        codes=now.codes if codes is None else frozenset(codes),
    )
    organisation.save(committee=committee, content=content, opened=now.fingerprint, by=by)
    return ExamCommittee.objects.get(pk=committee.pk)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
