"""A group of many people: few queries, and the same consequences as for one."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import DirectoryGroup, DirectoryUser, Membership, Role, School, ScimKey, User
from accounts.scim import groups
from addressbook.models import Contact
from assessments.models import Assessment
from exams.models import ExamUnit
from tests import steps
from tests.accounts.sso.openid import make_provider
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(school: School, manager: User) -> ScimKey:
    return ScimKey.objects.create(school=school, name="Entra", token_sha256="0" * 64, by=manager)


def make_group(key: ScimKey, count: int, name: str = "groep") -> DirectoryGroup:
    people = DirectoryUser.objects.bulk_create(
        DirectoryUser(
            school=key.school,
            key=key,
            user_name=f"{name}{number}@school.test",
            email=f"{name}{number}@school.test",
            first_name="Noa",
            last_name=f"Wit {number}",
        )
        for number in range(count)
    )
    group: DirectoryGroup = key.school.directory_groups.create(display_name=name)
    group.members.set(people)
    return group


def set_role(group: DirectoryGroup, role: str, by: User) -> int:
    """Return the number of queries."""
    with CaptureQueriesContext(connection) as captured:
        groups.set_role(group=DirectoryGroup.objects.get(pk=group.pk), role=role, by=by)
    return len(captured)


def held(school: School, role: str) -> int:
    return school.memberships.present().filter(role=role, from_directory=True).count()


def log(school: School) -> set[tuple[str, str, str, str]]:
    return set(school.role_changes.values_list("user_name", "role", "change", "by_name"))


def test_number_of_queries_does_not_grow_with_the_group(key: ScimKey, manager: User) -> None:
    few, many = make_group(key, 2, "weinig"), make_group(key, 30, "veel")
    for role in (Role.DOCENT, Role.PRAKTIJKOPLEIDER, Role.STUDENT, "", Role.DOCENT):
        assert set_role(many, role, manager) <= set_role(few, role, manager) + 2, role


def test_roles_log_and_address_book_follow(key: ScimKey, school: School, manager: User) -> None:
    group = make_group(key, 3)
    set_role(group, Role.DOCENT, manager)
    assert Contact.objects.listed().filter(school=school, function="Docent", side="SCHOOL").count() == 3
    set_role(group, Role.STUDENT, manager)
    assert (held(school, Role.DOCENT), held(school, Role.STUDENT)) == (0, 3)
    assert not Contact.objects.listed().filter(school=school).exists()
    set_role(group, Role.PRAKTIJKOPLEIDER, manager)
    assert Contact.objects.listed().filter(school=school).count() == Contact.objects.count() == 3
    of_one = {entry[1:] for entry in log(school) if entry[0] == "Noa Wit 1"}
    name = manager.full_name
    assert of_one == {
        ("DOCENT", "GIVEN", name),
        ("DOCENT", "TAKEN", name),
        ("STUDENT", "GIVEN", name),
        ("STUDENT", "TAKEN", name),
        ("PRAKTIJKOPLEIDER", "GIVEN", name),
    }
    assert school.role_changes.count() == 15


def test_assessed_students_stay_as_former_ones_and_return(
    key: ScimKey, school: School, manager: User, unit: ExamUnit, docent: User
) -> None:
    group = make_group(key, 3)
    set_role(group, Role.STUDENT, manager)
    assessed = school.memberships.filter(role=Role.STUDENT)[0]
    Membership.objects.filter(pk=assessed.pk).update(student_number="777")
    steps.start_assessment(Membership.objects.get(pk=assessed.pk), unit, docent)
    set_role(group, Role.PRAKTIJKOPLEIDER, manager)
    assessed.refresh_from_db()
    assert assessed.ended_at
    assert assessed.left_on
    assert Assessment.objects.get().student == assessed
    assert school.memberships.filter(role=Role.STUDENT).get() == assessed
    assert school.changes.get(student=assessed).reason == "Uit de school gehaald."
    set_role(group, Role.STUDENT, manager)
    assessed.refresh_from_db()
    assert (assessed.ended_at, assessed.left_on, held(school, Role.STUDENT)) == (None, None, 3)


def test_all_invitations_of_who_leaves_are_withdrawn_and_made_again(
    key: ScimKey, school: School, manager: User
) -> None:
    group = make_group(key, 3)
    set_role(group, Role.DOCENT, manager)
    set_role(group, Role.STUDENT, manager)
    assert {tuple(one.roles) for one in school.school_invitations.open()} == {("STUDENT",)}
    set_role(group, "", manager)
    assert not school.school_invitations.open().exists()
    set_role(group, Role.DOCENT, manager)
    assert school.school_invitations.open().count() == 3


def test_number_of_another_student_is_left_out(key: ScimKey, school: School, manager: User) -> None:
    group = make_group(key, 2)
    set_role(group, Role.DOCENT, manager)
    for number, person in enumerate(group.members.all()):
        DirectoryUser.objects.filter(pk=person.pk).update(student_number=f"90{number}")
    MembershipFactory(school=school, student_number="900")
    set_role(group, Role.STUDENT, manager)
    numbers = school.memberships.filter(from_directory=True).values_list("student_number", flat=True)
    assert sorted(numbers) == ["", "901"]


def test_links_with_providers_end_as_for_one(key: ScimKey, school: School, other_school: School, manager: User) -> None:
    group = make_group(key, 2)
    set_role(group, Role.DOCENT, manager)
    here, elsewhere = make_provider(school), make_provider(other_school, slug="elders")
    for person in group.members.all():
        for provider in (here, elsewhere):
            SocialAccount.objects.create(user=person.user, provider=str(provider.public_id), uid=f"{person.pk}")
    set_role(group, Role.STUDENT, manager)
    assert set(SocialAccount.objects.values_list("provider", flat=True)) == {str(here.public_id)}
    set_role(group, "", manager)
    assert not SocialAccount.objects.exists()
    assert User.objects.filter(directory_users__isnull=False).count() == 2
