"""Granting and revoking roles: permissions and the log."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, RoleChange, School, SchoolInvitation, User
from accounts.people.invite import invite
from accounts.people.roles import RoleRefused, give_role, leave, take_role
from assessments.models import Assessment
from tests.concurrency import at_once
from tests.factories import MembershipFactory


def held(user: User, school: School) -> list[str]:
    return sorted(school.memberships.present().filter(user=user).values_list("role", flat=True))


def lines(school: School) -> list[tuple[str, str, str, str, str]]:
    """Return the log, oldest first."""
    return [(c.user_name, c.role, c.change, c.how, c.by_name) for c in school.role_changes.order_by("pk")]


# --- Granting ------------------------------------------------------------------------------------
def test_granted_role_is_logged(school: School, manager: User, docent: User) -> None:
    assert give_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    assert held(docent, school) == ["DOCENT", "EXAMENCOMMISSIE"]
    assert lines(school) == [("Dirk Docent", "EXAMENCOMMISSIE", "GIVEN", "BY_HAND", "Bea Beheer")]


@pytest.mark.parametrize("role", Role.values)
def test_own_role_cannot_be_granted(school: School, manager: User, role: str) -> None:
    with pytest.raises(RoleRefused, match="uzelf geen rol"):
        give_role(school=school, user=manager, role=role, by=manager)
    assert held(manager, school) == ["SCHOOLBEHEER"]
    assert lines(school) == []


def test_second_schoolbeheer_grants_the_role_and_is_logged(school: School, manager: User, second_manager: User) -> None:
    give_role(school=school, user=manager, role=Role.EXAMENCOMMISSIE, by=second_manager)
    assert lines(school) == [("Bea Beheer", "EXAMENCOMMISSIE", "GIVEN", "BY_HAND", "Bas Beheer")]


def test_role_is_not_granted_twice(school: School, manager: User, docent: User) -> None:
    assert not give_role(school=school, user=docent, role=Role.DOCENT, by=manager)
    assert lines(school) == []


def test_user_who_left_meanwhile_is_not_restored(school: School, manager: User, docent: User) -> None:
    docent.memberships.all().delete()
    with pytest.raises(RoleRefused, match="Nodig diegene uit"):
        give_role(school=school, user=docent, role=Role.DOCENT, by=manager)


# --- Revoking ------------------------------------------------------------------------------------
def test_a_running_session_loses_the_role_at_once(
    client: Client, school: School, manager: User, committee_member: User
) -> None:
    client.force_login(committee_member)
    assert client.get(reverse("committee:afnames")).status_code == 200
    take_role(school=school, user=committee_member, role=Role.EXAMENCOMMISSIE, by=manager)
    assert client.get(reverse("committee:afnames")).status_code == 404
    assert lines(school) == [("Carla Commissie", "EXAMENCOMMISSIE", "TAKEN", "BY_HAND", "Bea Beheer")]


def test_docent_role_adds_and_removes_the_contact(school: School, manager: User, committee_member: User) -> None:
    give_role(school=school, user=committee_member, role=Role.DOCENT, by=manager)
    assert school.contacts.listed().get(user=committee_member).side == "SCHOOL"
    take_role(school=school, user=committee_member, role=Role.DOCENT, by=manager)
    assert not school.contacts.listed().filter(user=committee_member).exists()


def test_absent_role_is_not_revoked(school: School, manager: User, docent: User) -> None:
    assert not take_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    assert lines(school) == []


def test_the_last_schoolbeheer_stays(school: School, manager: User, docent: User) -> None:
    MembershipFactory(school=school, role=Role.SCHOOLBEHEER, user__is_active=False)
    with pytest.raises(RoleRefused, match="enige met de rol Schoolbeheer"):
        take_role(school=school, user=manager, role=Role.SCHOOLBEHEER, by=manager)
    with pytest.raises(RoleRefused):
        leave(school=school, user=manager, by=manager)
    assert held(manager, school) == ["SCHOOLBEHEER"]
    assert lines(school) == []


def test_one_of_two_schoolbeheer_can_leave(school: School, manager: User, second_manager: User) -> None:
    assert take_role(school=school, user=manager, role=Role.SCHOOLBEHEER, by=manager)
    assert held(second_manager, school) == ["SCHOOLBEHEER"]


@pytest.mark.django_db(transaction=True)
def test_concurrent_removal_leaves_one_schoolbeheer(school: School, manager: User, second_manager: User) -> None:
    def take(user: User, by: User) -> Any:
        return lambda: take_role(school=school, user=user, role=Role.SCHOOLBEHEER, by=by)

    results = at_once(take(manager, second_manager), take(second_manager, manager))
    assert sorted(type(result).__name__ for result in results) == ["RoleRefused", "bool"]
    assert school.memberships.filter(role=Role.SCHOOLBEHEER).count() == 1


def test_losing_schoolbeheer_withdraws_own_committee_invitations(
    school: School, manager: User, second_manager: User
) -> None:
    def ask(email: str, role: str) -> None:
        asked = SchoolInvitation(first_name="Noa", last_name="Wit", email=email)
        invite(school=school, invitation=asked, roles=[role], by=manager)

    ask("zelf@elders.test", "EXAMENCOMMISSIE")
    ask("noa@hier.test", "STUDENT")
    take_role(school=school, user=manager, role=Role.SCHOOLBEHEER, by=second_manager)
    assert [one.email for one in school.school_invitations.open()] == ["noa@hier.test"]


# --- Leaving -------------------------------------------------------------------------------------
def test_leaving_ends_roles_at_this_school_only(
    school: School, other_school: School, manager: User, docent: User
) -> None:
    MembershipFactory(user=docent, school=school, role=Role.EXAMENCOMMISSIE)
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    leave(school=school, user=docent, by=manager)
    assert held(docent, school) == []
    assert held(docent, other_school) == ["DOCENT"]
    assert [line[1:4] for line in lines(school)] == [
        ("DOCENT", "TAKEN", "LEFT"),
        ("EXAMENCOMMISSIE", "TAKEN", "LEFT"),
    ]


def test_former_docent_stays_named_on_started_assessments(
    client: Client, school: School, manager: User, assessment: Assessment, colleague: User
) -> None:
    leave(school=school, user=assessment.initiator, by=manager)
    assessment.refresh_from_db()
    assert assessment.initiator.full_name == "Dirk Docent"
    client.force_login(assessment.initiator)
    assert client.get(reverse("assessments:detail", args=[assessment.public_id])).status_code == 404


def test_leaving_student_keeps_assessments(
    client: Client, school: School, manager: User, assessment: Assessment, student: Membership
) -> None:
    leave(school=school, user=student.user, by=manager)
    student.refresh_from_db()
    assert student.ended_at is not None
    assert not Membership.objects.students_of_docent(assessment.initiator).exists()
    client.force_login(student.user)
    assert "Verzorgende IG" in client.get(reverse("assessments:my_exams")).content.decode()


def test_former_student_keeps_a_study_date(
    client: Client, school: School, manager: User, assessment: Assessment, student: Membership
) -> None:
    leave(school=school, user=student.user, by=manager)
    client.force_login(manager)
    address = reverse("privacy:student", args=[school.pk, student.pk])
    today = timezone.localdate()
    answer = client.post(address, {"diploma_on": "", "left_on": ""})
    assert "laat een van de twee datums staan" in answer.content.decode()
    student.refresh_from_db()
    assert (student.diploma_on, student.left_on) == (None, today)


def test_student_without_assessments_leaves_only_the_log(school: School, manager: User) -> None:
    student = MembershipFactory(school=school)
    leave(school=school, user=student.user, by=manager)
    assert not Membership.objects.filter(pk=student.pk).exists()
    assert lines(school)[0][1:4] == ("STUDENT", "TAKEN", "LEFT")


def test_returning_student_is_restored(
    school: School, manager: User, assessment: Assessment, student: Membership
) -> None:
    leave(school=school, user=student.user, by=manager)
    assert give_role(school=school, user=student.user, role=Role.STUDENT, by=manager)
    student.refresh_from_db()
    assert (student.ended_at, student.student_number) == (None, "123456")


# --- The log -------------------------------------------------------------------------------------
def test_log_is_append_only(school: School, manager: User, docent: User) -> None:
    give_role(school=school, user=docent, role=Role.EXAMENCOMMISSIE, by=manager)
    change = RoleChange.objects.get()
    for attempt in (change.save, change.delete, RoleChange.objects.all().delete):
        with pytest.raises(PermissionDenied):
            attempt()
    with pytest.raises(PermissionDenied):
        RoleChange.objects.update(by_name="Niemand")
