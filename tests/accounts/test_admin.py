"""What the Consortium's staff can do in the admin, and what not."""

import pytest
from django.test import Client

from accounts.models import Membership, School, User
from tests.factories import UserFactory


@pytest.fixture
def staff(client: Client, db: None) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def test_staff_switches_digital_assessment_on(client: Client, staff: User, school: School) -> None:
    School.objects.update(digital_assessment_active=False)
    offices = {"exam_offices-TOTAL_FORMS": "0", "exam_offices-INITIAL_FORMS": "0"}
    form = {"name": school.name, "digital_assessment_active": "on", "link_days": "60", **offices}
    client.post(f"/beheer/accounts/school/{school.pk}/change/", form)
    school.refresh_from_db()
    assert school.digital_assessment_active


def test_a_user_without_that_mark_does_not_get_in(client: Client, docent: User, school: School) -> None:
    client.force_login(docent)
    assert client.get(f"/beheer/accounts/school/{school.pk}/change/").status_code == 302
    assert client.get("/beheer/").status_code == 302


@pytest.mark.parametrize("page", ["school", "user"])
def test_lists_and_forms_open(client: Client, staff: User, docent: User, page: str) -> None:
    assert client.get(f"/beheer/accounts/{page}/").status_code == 200
    assert client.get(f"/beheer/accounts/{page}/add/").status_code == 200


def test_staff_does_not_make_staff_or_superusers(client: Client, staff: User, docent: User) -> None:
    form = {
        "email": docent.email,
        "first_name": "Dirk",
        "last_name": "Docent",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    assert client.post(f"/beheer/accounts/user/{docent.pk}/change/", form).status_code == 302
    docent.refresh_from_db()
    assert (docent.is_staff, docent.is_superuser) == (False, False)


def test_staff_does_not_change_a_superuser_or_their_password(client: Client, staff: User) -> None:
    chief = UserFactory(is_staff=True, is_superuser=True)
    word = {"password1": "nieuw-wachtwoord-1", "password2": "nieuw-wachtwoord-1", "usable_password": "true"}
    assert client.post(f"/beheer/accounts/user/{chief.pk}/password/", word).status_code == 403
    before = chief.password
    chief.refresh_from_db()
    assert chief.password == before


def test_staff_does_not_touch_a_student_number(client: Client, staff: User, student: Membership) -> None:
    page = client.get(f"/beheer/accounts/user/{student.user.pk}/change/").content.decode()
    assert "123456" in page
    assert "memberships-0-student_number" not in page


def test_nothing_is_deleted(client: Client, staff: User, docent: User, school: School) -> None:
    assert client.post(f"/beheer/accounts/user/{docent.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/beheer/accounts/school/{school.pk}/delete/", {"post": "yes"}).status_code == 403
