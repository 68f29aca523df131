"""What a directory's people become: accounts, invitations, roles, names and numbers."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import DirectoryUser, Membership, Role, School, SchoolInvitation, User
from accounts.people import links
from accounts.people.invite import invite
from accounts.people.join import join_logged_in, join_with_password
from accounts.people.roles import RoleRefused, give_role, take_role
from accounts.scim import groups
from assessments.models import Assessment
from tests.factories import MembershipFactory, member

from .conftest import STUDENT, Directory, directory_of, person

pytestmark = pytest.mark.django_db


def held(email: str, school: School) -> list[str]:
    return sorted(school.memberships.present().filter(user__email=email).values_list("role", flat=True))


def log(school: School) -> list[tuple[str, str, str, str]]:
    changes = school.role_changes.order_by("pk")
    return [(change.user_name, change.role, change.change, change.how) for change in changes]


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "Replace", "path": path, "value": value}


def set_role(directory: Directory, group: dict[str, Any], role: str) -> None:
    """Let Schoolbeheer choose the role, without the screen."""
    by = User.objects.get(email="beheer@hier.test")
    groups.set_role(group=directory.school.directory_groups.get(public_id=group["id"]), role=role, by=by)


# --- New people ----------------------------------------------------------------------------------
def test_student_with_a_number_gets_an_account_and_an_invitation(directory: Directory, school: School) -> None:
    answer = directory.add("noa@school.test", number="4001")
    user = User.objects.get(email="noa@school.test")
    assert (user.full_name, user.has_usable_password()) == ("Noa Wit", False)
    student = school.memberships.get(user=user)
    assert (student.role, student.student_number, student.from_directory) == (Role.STUDENT, "4001", True)
    invitation = school.school_invitations.get()
    assert (invitation.user, invitation.roles, invitation.wanted_at) == (user, ["STUDENT"], None)
    assert log(school) == [("Noa Wit", "STUDENT", "GIVEN", "SCIM")]
    assert answer["meta"]["location"].endswith(f"/scim/v2/{school.pk}/Users/{answer['id']}")


def test_mails_go_at_once_if_the_key_says_so(school: School, manager: User) -> None:
    directory_of(school, manager, mails_now=True).add("noa@school.test", number="4001")
    assert school.school_invitations.get().wanted_at


def test_user_without_number_or_group_gets_nothing(directory: Directory, school: School) -> None:
    directory.add("noa@school.test")
    assert not User.objects.filter(email="noa@school.test").exists()
    assert not school.school_invitations.exists()


def test_key_can_make_everyone_without_a_group_a_student(school: School, manager: User) -> None:
    directory_of(school, manager, students_by_default=True).add("noa@school.test")
    assert held("noa@school.test", school) == ["STUDENT"]


def test_infix_is_taken_from_the_last_name(directory: Directory) -> None:
    directory.add("noa@school.test", last="van den Berg", number="1")
    user = User.objects.get(email="noa@school.test")
    assert (user.infix, user.last_name) == ("van den", "Berg")


def test_member_of_the_school_is_linked_and_not_invited(directory: Directory, school: School, docent: User) -> None:
    directory.add(docent.email, first="Anders", number="4001")
    docent.refresh_from_db()
    assert held(docent.email, school) == ["DOCENT", "STUDENT"]
    assert not school.school_invitations.exists()
    assert DirectoryUser.objects.get().user == docent


# --- Accounts elsewhere --------------------------------------------------------------------------
def test_account_of_another_school_is_invited_and_joins(
    directory: Directory, school: School, other_school: School
) -> None:
    user = member(other_school, Role.DOCENT, email="els@elders.test")
    directory.add("els@elders.test", number="4002")
    invitation = school.school_invitations.get()
    assert (invitation.user, held(user.email, school)) == (None, [])
    join_logged_in(token=links.token_for(invitation), user=user)
    student = school.memberships.get(user=user)
    assert (student.role, student.student_number, student.from_directory) == (Role.STUDENT, "4002", True)
    assert DirectoryUser.objects.get().user == user
    assert held(user.email, other_school) == ["DOCENT"]


def test_answer_does_not_tell_whether_an_account_exists(directory: Directory, other_school: School) -> None:
    member(other_school, Role.DOCENT, email="els@elders.test")
    answers, queries = [], []
    for email, number in (("warm@up.test", "1"), ("els@elders.test", "2"), ("nieuw@elders.test", "3")):
        with CaptureQueriesContext(connection) as captured:
            answer = directory.add(email, number=number)
        answers.append((sorted(answer), sorted(answer["meta"])))
        queries.append(len(captured))
    assert answers[1] == answers[2]
    assert queries[1] == queries[2]


def test_undone_account_leaves_nothing(directory: Directory, other_school: School) -> None:
    member(other_school, Role.DOCENT, email="els@elders.test")
    before = User.objects.count(), Membership.objects.count()
    directory.add("els@elders.test", number="4002")
    assert (User.objects.count(), Membership.objects.count()) == before


def test_deactivated_before_accepting_withdraws_the_invitation(
    directory: Directory, school: School, other_school: School
) -> None:
    member(other_school, Role.DOCENT, email="els@elders.test")
    answer = directory.add("els@elders.test", number="4002")
    directory.patch(f"/Users/{answer['id']}", replace("active", "False"))
    assert not school.school_invitations.open().exists()
    directory.patch(f"/Users/{answer['id']}", replace("active", "True"))
    assert school.school_invitations.open().get().roles == ["STUDENT"]


def test_invited_by_hand_is_linked_on_accepting(directory: Directory, school: School, manager: User) -> None:
    unsaved = SchoolInvitation(first_name="Kim", last_name="Zwart", email="kim@school.test")
    invitation = invite(school=school, invitation=unsaved, roles=[Role.DOCENT], by=manager)
    directory.add("kim@school.test", number="4003")
    assert school.school_invitations.get() == invitation
    join_with_password(token=links.token_for(invitation), password="een lang wachtwoord")
    assert held("kim@school.test", school) == ["DOCENT", "STUDENT"]
    assert school.memberships.get(user__email="kim@school.test", role=Role.DOCENT).from_directory is False


# --- Leaving -------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", ["active", "delete"])
def test_leaving_takes_the_roles_of_the_directory_alone(
    way: str, directory: Directory, school: School, manager: User
) -> None:
    answer = directory.add("noa@school.test", number="4001")
    user = User.objects.get(email="noa@school.test")
    give_role(school=school, user=user, role=Role.DOCENT, by=manager)
    if way == "active":
        assert directory.patch(f"/Users/{answer['id']}", replace("active", False))["active"] is False
    else:
        assert directory.call("DELETE", f"/Users/{answer['id']}").status_code == 204
        assert directory.get(f"/Users/{answer['id']}").status_code == 404
    assert held(user.email, school) == ["DOCENT"]
    assert log(school)[-1] == ("Noa Wit", "STUDENT", "TAKEN", "SCIM")


def test_results_of_a_student_who_left_stay(directory: Directory, student: Membership, assessed: Assessment) -> None:
    answer = directory.add(student.user.email, number=student.student_number)
    assert directory.school.memberships.get(pk=student.pk).from_directory is False  # given by hand: stays
    Membership.objects.filter(pk=student.pk).update(from_directory=True)
    directory.patch(f"/Users/{answer['id']}", replace("active", False))
    student.refresh_from_db()
    assert student.ended_at
    assert student.left_on
    directory.patch(f"/Users/{answer['id']}", replace("active", True))
    student.refresh_from_db()
    assert (student.ended_at, student.left_on) == (None, None)


def test_new_account_that_returns_is_invited_again(directory: Directory, school: School) -> None:
    path = f"/Users/{directory.add('noa@school.test', number='4001')['id']}"
    directory.patch(path, replace("active", False))
    assert not school.school_invitations.open().exists()
    directory.patch(path, replace("active", True))
    directory.patch(path, replace("displayName", "Noa"))
    assert school.school_invitations.open().get().user == User.objects.get(email="noa@school.test")


def test_role_taken_by_hand_stays_taken(directory: Directory, school: School, manager: User) -> None:
    answer = directory.add("noa@school.test", number="4001")
    user = User.objects.get(email="noa@school.test")
    take_role(school=school, user=user, role=Role.STUDENT, by=manager)
    directory.patch(f"/Users/{answer['id']}", replace("displayName", "Noa W."))
    assert held(user.email, school) == []
    directory.patch(f"/Users/{answer['id']}", replace("active", False))
    directory.patch(f"/Users/{answer['id']}", replace("active", True))
    assert held(user.email, school) == ["STUDENT"]


def test_role_given_again_by_hand_is_no_longer_the_directorys(
    directory: Directory, school: School, manager: User
) -> None:
    answer = directory.add("noa@school.test", number="4001")
    user = User.objects.get(email="noa@school.test")
    give_role(school=school, user=user, role=Role.DOCENT, by=manager)
    take_role(school=school, user=user, role=Role.STUDENT, by=manager)
    give_role(school=school, user=user, role=Role.STUDENT, by=manager)
    directory.patch(f"/Users/{answer['id']}", replace("active", False))
    assert held(user.email, school) == ["DOCENT", "STUDENT"]


def test_only_schoolbeheer_keeps_the_role(directory: Directory, school: School, manager: User) -> None:
    answer = directory.add(manager.email)
    set_role(directory, directory.add_group("Beheer", answer), Role.SCHOOLBEHEER)
    school.memberships.filter(user=manager).update(from_directory=True)
    directory.patch(f"/Users/{answer['id']}", replace("active", False))
    assert held(manager.email, school) == ["SCHOOLBEHEER"]
    assert directory.call("DELETE", f"/Users/{answer['id']}").status_code == 409
    assert held(manager.email, school) == ["SCHOOLBEHEER"]
    assert DirectoryUser.objects.exists()
    colleague = member(school, Role.SCHOOLBEHEER)
    colleague.set_password("een lang wachtwoord")
    colleague.save()
    assert directory.call("DELETE", f"/Users/{answer['id']}").status_code == 204
    assert held(manager.email, school) == []


def test_other_schools_roles_stay(directory: Directory, school: School, other_school: School) -> None:
    answer = directory.add("noa@school.test", number="4001")
    user = User.objects.get(email="noa@school.test")
    MembershipFactory(user=user, school=other_school, role=Role.DOCENT)
    directory.call("DELETE", f"/Users/{answer['id']}")
    assert (held(user.email, school), held(user.email, other_school)) == ([], ["DOCENT"])
    user.refresh_from_db()
    assert user.is_active


# --- Names, addresses and numbers ----------------------------------------------------------------
def test_name_is_taken_over_until_its_owner_confirmed_it(directory: Directory) -> None:
    answer = directory.add("noa@school.test", number="4001")
    directory.patch(f"/Users/{answer['id']}", replace("name.familyName", "Zwart"))
    user = User.objects.get(email="noa@school.test")
    assert user.last_name == "Zwart"
    user.details_checked_at = user.joined_at
    user.save()
    directory.patch(f"/Users/{answer['id']}", replace("name.familyName", "Geel"))
    user.refresh_from_db()
    assert user.last_name == "Zwart"


def test_another_address_does_not_move_the_login(directory: Directory) -> None:
    answer = directory.add("noa@school.test", number="4001")
    directory.patch(f"/Users/{answer['id']}", replace('emails[type eq "work"].value', "ander@school.test"))
    stored = DirectoryUser.objects.select_related("user").get()
    assert (stored.email, stored.user.email) == ("ander@school.test", "noa@school.test")


def test_corrected_address_of_an_open_invitation_is_invited_instead(
    directory: Directory, school: School, other_school: School
) -> None:
    member(other_school, Role.DOCENT, email="els@elders.test")
    answer = directory.add("els@elders.test", number="4002")
    directory.patch(f"/Users/{answer['id']}", replace('emails[type eq "work"].value', "elsje@elders.test"))
    assert school.school_invitations.open().get().email == "elsje@elders.test"


def test_number_of_another_student_is_refused(directory: Directory, student: Membership) -> None:
    response = directory.call("POST", "/Users", person("noa@school.test", number=student.student_number))
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")
    assert student.user.email not in response.content.decode()


def test_number_changes_until_an_assessment_refers_to_it(
    directory: Directory, student: Membership, school: School
) -> None:
    answer = directory.add(student.user.email, number="777")
    student.refresh_from_db()
    assert student.student_number == "777"
    directory.patch(f"/Users/{answer['id']}", replace(f"{STUDENT}:studentNumber", "778"))
    student.refresh_from_db()
    assert student.student_number == "778"
    assert school.changes.filter(student=student, after="778").exists()


def test_number_of_an_assessed_student_is_refused(
    directory: Directory, student: Membership, assessed: Assessment
) -> None:
    response = directory.call("POST", "/Users", person(student.user.email, number="777"))
    assert (response.status_code, response.json()["scimType"]) == (400, "mutability")
    answer = directory.add(student.user.email, number=student.student_number)
    path = f"{STUDENT}:studentNumber"
    error = directory.patch(f"/Users/{answer['id']}", replace(path, "777"), status=400)
    assert error["scimType"] == "mutability"
    assert directory.get(f"/Users/{answer['id']}").json()[STUDENT] == {"studentNumber": student.student_number}


def test_number_outside_the_schools_format_is_refused(directory: Directory, school: School) -> None:
    School.objects.filter(pk=school.pk).update(number_forms="999999")
    response = directory.call("POST", "/Users", person("noa@school.test", number="12"))
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")


@pytest.mark.parametrize(
    "second", [{"user_name": "NOA@school.test"}, {"user_name": "x", "emails": [{"value": "Noa@School.test"}]}]
)
def test_same_user_twice_is_refused(second: dict[str, Any], directory: Directory) -> None:
    directory.add("noa@school.test")
    response = directory.call("POST", "/Users", person(**second))
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")


# --- Groups --------------------------------------------------------------------------------------
def test_group_gives_its_role_to_its_members(directory: Directory, school: School) -> None:
    noa, kim = directory.add("noa@school.test"), directory.add("kim@school.test")
    group = directory.add_group("Docenten", noa)
    assert held("noa@school.test", school) == []
    set_role(directory, group, Role.DOCENT)
    assert held("noa@school.test", school) == ["DOCENT"]
    directory.patch(f"/Groups/{group['id']}", {"op": "Add", "path": "members", "value": [{"value": kim["id"]}]})
    assert held("kim@school.test", school) == ["DOCENT"]
    directory.patch(f"/Groups/{group['id']}", {"op": "Remove", "path": f'members[value eq "{noa["id"]}"]'})
    assert (held("noa@school.test", school), held("kim@school.test", school)) == ([], ["DOCENT"])
    members = directory.get(f"/Groups/{group['id']}").json()["members"]
    assert [item["value"] for item in members] == [kim["id"]]


def test_other_role_of_a_group_moves_its_members(directory: Directory, school: School) -> None:
    noa = directory.add("noa@school.test")
    group = directory.add_group("Medewerkers", noa)
    set_role(directory, group, Role.DOCENT)
    set_role(directory, group, Role.PRAKTIJKOPLEIDER)
    assert held("noa@school.test", school) == ["PRAKTIJKOPLEIDER"]
    set_role(directory, group, "")
    assert held("noa@school.test", school) == []


def test_deleted_group_takes_its_role(directory: Directory, school: School) -> None:
    noa = directory.add("noa@school.test")
    first, second = directory.add_group("Een", noa), directory.add_group("Twee", noa)
    set_role(directory, first, Role.DOCENT)
    set_role(directory, second, Role.DOCENT)
    directory.call("DELETE", f"/Groups/{first['id']}")
    assert held("noa@school.test", school) == ["DOCENT"]
    directory.call("DELETE", f"/Groups/{second['id']}")
    assert held("noa@school.test", school) == []


def test_group_with_a_role_comes_before_student_by_number(directory: Directory, school: School) -> None:
    noa = directory.add("noa@school.test", number="4001")
    set_role(directory, directory.add_group("Docenten", noa), Role.DOCENT)
    assert held("noa@school.test", school) == ["DOCENT"]


def test_directory_cannot_choose_the_role(directory: Directory, school: School) -> None:
    noa = directory.add("noa@school.test", roles=[{"value": "SCHOOLBEHEER"}])
    group = directory.add_group("Beheer", noa)
    directory.patch(f"/Groups/{group['id']}", {"op": "Add", "path": "role", "value": "SCHOOLBEHEER"})
    assert school.directory_groups.get().role == ""
    assert held("noa@school.test", school) == []


def test_schoolbeheer_gives_no_role_to_oneself_through_a_group(
    directory: Directory, school: School, manager: User
) -> None:
    own = directory.add_group("Ik", directory.add(manager.email, number="1"))
    with pytest.raises(RoleRefused):
        set_role(directory, own, Role.EXAMENCOMMISSIE)
    assert "EXAMENCOMMISSIE" not in held(manager.email, school)


@pytest.mark.parametrize("put", [True, False])
def test_group_can_be_replaced(put: bool, directory: Directory) -> None:
    noa, kim = directory.add("noa@school.test"), directory.add("kim@school.test")
    group = directory.add_group("Oud", noa)
    path = f"/Groups/{group['id']}"
    if put:
        data = {"schemas": group["schemas"], "displayName": "Nieuw", "members": [{"value": kim["id"]}]}
        assert directory.call("PUT", path, data).status_code == 200
    else:
        directory.patch(path, {"op": "replace", "value": {"displayName": "Nieuw", "members": [{"value": kim["id"]}]}})
    answer = directory.get(path).json()
    assert (answer["displayName"], [item["value"] for item in answer["members"]]) == ("Nieuw", [kim["id"]])
