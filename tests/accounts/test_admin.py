"""What the Consortium's staff can do in the admin, and what not."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts import second_step
from accounts.models import Membership, School, User
from assessments.models import Assessment
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import ContactFactory, UserFactory

from .codes import app_of, password_of


@pytest.fixture
def staff(client: Client, db: None) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


def test_staff_switches_digital_assessment_on(client: Client, staff: User, school: School) -> None:
    School.objects.update(digital_assessment_active=False)
    offices = {"exam_offices-TOTAL_FORMS": "0", "exam_offices-INITIAL_FORMS": "0"}
    days = {"link_days": "60", "appeal_days": "14"}
    form = {"name": school.name, "digital_assessment_active": "on", **days, **offices}
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


def user_form(user: User, **changes: object) -> dict[str, object]:
    roles = list(user.memberships.all())
    form: dict[str, object] = {
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_active": "on",
    }
    form |= {"memberships-TOTAL_FORMS": len(roles), "memberships-INITIAL_FORMS": len(roles)}
    for number, role in enumerate(roles):
        fields = {"id": role.pk, "user": user.pk, "school": role.school_id, "role": role.role}
        form |= {f"memberships-{number}-{name}": value for name, value in fields.items()}
    return form | changes


def change(client: Client, user: User, **changes: object) -> int:
    return client.post(f"/beheer/accounts/user/{user.pk}/change/", user_form(user, **changes)).status_code


def test_an_address_in_capitals_is_the_same_address(client: Client, staff: User, docent: User) -> None:
    assert change(client, docent, email="Dirk@Hier.test") == 302
    docent.refresh_from_db()
    assert docent.email == "dirk@hier.test"
    other = UserFactory()
    assert change(client, other, email="DIRK@hier.test") == 200  # said at the field


def test_an_address_that_a_contact_has_can_become_an_account_s(
    client: Client, staff: User, docent: User, school: School
) -> None:
    ContactFactory(school=school, email="hans@bedrijf.test")
    assert change(client, docent, email="hans@bedrijf.test") == 302
    assert school.contacts.listed().get().user == docent


def test_who_is_no_docent_here_any_more_leaves_the_address_book(
    client: Client, staff: User, docent: User, colleague: User, school: School, other_school: School
) -> None:
    assert change(client, docent, **{"memberships-0-role": "SCHOOLBEHEER"}) == 302
    assert change(client, colleague, **{"memberships-0-school": other_school.pk}) == 302
    assert not school.contacts.listed().exists()
    assert other_school.contacts.listed().get().user == colleague


def test_a_student_s_number_and_assessments_stay_at_the_school(
    client: Client, staff: User, student: Membership, assessment: Assessment, other_school: School
) -> None:
    assert change(client, student.user, **{"memberships-0-school": other_school.pk}) == 200
    assert change(client, student.user, **{"memberships-0-role": "DOCENT"}) == 200
    student.refresh_from_db()
    assert (student.school, student.role) == (assessment.school, "STUDENT")


def test_nobody_gives_themselves_a_role(client: Client, staff: User, docent: User, school: School) -> None:
    def give(user: User) -> None:
        number = user.memberships.count()
        role = {"user": user.pk, "school": school.pk, "role": "EXAMENCOMMISSIE"}
        new = {f"memberships-{number}-{name}": value for name, value in role.items()}
        assert change(client, user, **new, **{"memberships-TOTAL_FORMS": number + 1}) == 302

    give(staff)
    assert not staff.memberships.exists()
    give(docent)
    assert docent.memberships.filter(role="EXAMENCOMMISSIE").exists()


# --- Who lost phone and recovery codes -----------------------------------------------------------
USERS = "/beheer/accounts/user/"


def remove_second_step(client: Client, *people: User, confirmed: bool = True) -> str:
    data = {"action": "remove_second_step", "_selected_action": [user.pk for user in people]}
    response = client.post(USERS, data | ({"confirmed": "ja"} if confirmed else {}), follow=True)
    return response.content.decode()


@pytest.fixture
def with_code(docent: User, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    app_of(docent)
    return docent


def test_staff_sees_who_logs_in_with_a_code_and_never_a_key(client: Client, staff: User, with_code: User) -> None:
    page = client.get(USERS).content.decode()
    assert "logt in met een code" in page.lower()
    assert not {model for model in admin.site._registry if model._meta.app_label.startswith("otp")}


def test_staff_removes_the_second_step_after_asking(client: Client, staff: User, with_code: User) -> None:
    browser = Client()
    browser.force_login(with_code)
    page = remove_second_step(client, with_code, confirmed=False)
    assert "Dirk Docent (docent@hier.test)" in page
    assert second_step.is_on(with_code)
    assert "De tweede stap is verwijderd van: Dirk Docent." in remove_second_step(client, with_code)
    assert not second_step.is_on(with_code)
    assert browser.get("/profiel/").status_code == 302
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (staff, str(with_code.pk))
    assert "Tweede stap verwijderd." in entry.get_change_message()
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.to) == ("second_step_removed", with_code.email)
    browser.post("/inloggen/", password_of(with_code))
    assert browser.get("/profiel/").status_code == 200


def test_staff_leaves_their_own_and_a_superuser_s_alone(client: Client, staff: User, with_code: User) -> None:
    chief = UserFactory(is_staff=True, is_superuser=True)
    for user in (staff, chief):
        app_of(user)
    assert "Bij geen van de gekozen personen" in remove_second_step(client, staff, chief)
    assert second_step.is_on(staff)
    assert second_step.is_on(chief)


def test_removing_what_is_not_there_says_so_and_mails_nobody(
    client: Client, staff: User, with_code: User, colleague: User
) -> None:
    assert "Bij geen van de gekozen personen" in remove_second_step(client, colleague)
    assert not OutgoingMail.objects.exists()


def test_who_is_no_staff_removes_nothing(client: Client, with_code: User, colleague: User) -> None:
    client.force_login(colleague)
    remove_second_step(client, with_code)
    assert second_step.is_on(with_code)


def test_staff_has_a_school_ask_its_committee_for_a_code(client: Client, staff: User, school: School) -> None:
    assert "second_factor_for_committee" in client.get(f"/beheer/accounts/school/{school.pk}/change/").content.decode()
