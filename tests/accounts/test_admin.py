"""Permissions of the Consortium's staff in the admin."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.auth import mfa
from accounts.models import Membership, Role, School, User
from assessments.models import Assessment
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, UserFactory

from .auth.codes import app_of, password_of


@pytest.fixture
def staff(client: Client, db: None) -> User:
    user = UserFactory(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def chief(client: Client, db: None) -> User:
    """A superuser."""
    user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_two_exam_offices_with_one_address_are_refused(client: Client, staff: User, school: School) -> None:
    form = {"exam_offices-TOTAL_FORMS": "2", "exam_offices-INITIAL_FORMS": "0"}
    for number, email in enumerate(["bureau@hier.test", "Bureau@Hier.test"]):
        form |= {f"exam_offices-{number}-name": f"Bureau {number}", f"exam_offices-{number}-email": email}
    response = client.post(f"/beheer/django/accounts/examcommittee/{school.default_committee.pk}/change/", form)
    assert "Dit adres staat hier twee keer." in response.content.decode()
    assert not school.default_committee.exam_offices.exists()


def test_duplicate_role_is_refused(client: Client, chief: User, docent: User, school: School) -> None:
    new = {
        f"memberships-{number}-{name}": value
        for number in (1, 2)
        for name, value in (("school", school.pk), ("role", "STUDENT"))
    }
    assert change(client, docent, **new, **{"memberships-TOTAL_FORMS": 3}) == 200
    assert [one.role for one in docent.memberships.all()] == ["DOCENT"]


def test_user_who_is_not_staff_is_refused(client: Client, docent: User, school: School) -> None:
    client.force_login(docent)
    assert client.get(f"/beheer/django/accounts/school/{school.pk}/change/").status_code == 302
    assert client.get("/beheer/django/").status_code == 302


@pytest.mark.parametrize("page", ["school/", "examcommittee/", "user/", "user/add/"])
def test_lists_and_forms_open(client: Client, chief: User, docent: User, page: str) -> None:
    assert client.get(f"/beheer/django/accounts/{page}").status_code == 200


def test_admin_neither_adds_nor_activates_a_school(client: Client, staff: User, school: School) -> None:
    """The Consortium's own pages do."""
    assert client.get("/beheer/django/accounts/school/add/").status_code == 403
    form = {"name": school.name, "link_days": "60", "appeal_days": "14"}
    assert client.post(f"/beheer/django/accounts/school/{school.pk}/change/", form).status_code == 302
    assert School.objects.get(pk=school.pk).digital_assessment_active


def test_staff_makes_no_accounts(client: Client, staff: User) -> None:
    assert client.get("/beheer/django/accounts/user/").status_code == 200
    assert client.get("/beheer/django/accounts/user/add/").status_code == 403


def test_staff_gives_no_password_and_changes_no_address(client: Client, staff: User, docent: User) -> None:
    word = {"password1": "nieuw-wachtwoord-1", "password2": "nieuw-wachtwoord-1", "usable_password": "true"}
    assert client.get(f"/beheer/django/accounts/user/{docent.pk}/password/").status_code == 403
    assert client.post(f"/beheer/django/accounts/user/{docent.pk}/password/", word).status_code == 403
    page = client.get(f"/beheer/django/accounts/user/{docent.pk}/change/").content.decode()
    assert "/password/" not in page
    assert change(client, docent, email="mijn@consortium.test", password="!", first_name="Derk") == 302
    before = (docent.password, docent.email)
    docent.refresh_from_db()
    assert (docent.password, docent.email, docent.first_name) == (*before, "Derk")


def test_staff_switches_no_account_off_or_on(client: Client, staff: User, docent: User) -> None:
    """Staff could otherwise lock out a school's Schoolbeheer and invite another."""
    assert 'name="is_active"' not in client.get(f"/beheer/django/accounts/user/{docent.pk}/change/").content.decode()
    for is_active, post in ((True, ""), (False, "on")):
        User.objects.filter(pk=docent.pk).update(is_active=is_active)
        assert change(client, docent, is_active=post) == 302
        docent.refresh_from_db()
        assert docent.is_active == is_active


def test_a_superuser_switches_an_account_off(client: Client, chief: User, docent: User) -> None:
    assert change(client, docent, is_active="") == 302
    docent.refresh_from_db()
    assert not docent.is_active


def test_staff_gives_and_takes_no_role(client: Client, staff: User, docent: User, school: School) -> None:
    new = {"memberships-1-user": docent.pk, "memberships-1-school": school.pk, "memberships-1-role": "EXAMENCOMMISSIE"}
    change(client, docent, **new, **{"memberships-TOTAL_FORMS": 2, "memberships-0-role": "SCHOOLBEHEER"})
    assert [one.role for one in docent.memberships.all()] == ["DOCENT"]


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
    assert client.post(f"/beheer/django/accounts/user/{docent.pk}/change/", form).status_code == 302
    docent.refresh_from_db()
    assert (docent.is_staff, docent.is_superuser) == (False, False)


def test_staff_does_not_change_a_superuser_or_their_password(client: Client, staff: User) -> None:
    chief = UserFactory(is_staff=True, is_superuser=True)
    word = {"password1": "nieuw-wachtwoord-1", "password2": "nieuw-wachtwoord-1", "usable_password": "true"}
    assert client.post(f"/beheer/django/accounts/user/{chief.pk}/password/", word).status_code == 403
    before = chief.password
    chief.refresh_from_db()
    assert chief.password == before


def test_staff_does_not_touch_a_student_number(client: Client, staff: User, student: Membership) -> None:
    page = client.get(f"/beheer/django/accounts/user/{student.user.pk}/change/").content.decode()
    assert "123456" in page
    assert "memberships-0-student_number" not in page


def test_nothing_is_deleted(client: Client, staff: User, docent: User, school: School) -> None:
    assert client.post(f"/beheer/django/accounts/user/{docent.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/beheer/django/accounts/school/{school.pk}/delete/", {"post": "yes"}).status_code == 403


def user_form(user: User, **changes: object) -> dict[str, object]:
    roles = list(user.memberships.all())
    form: dict[str, object] = {
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_active": "on",
    }
    if user.is_staff:
        form["is_staff"] = "on"
    form |= {"memberships-TOTAL_FORMS": len(roles), "memberships-INITIAL_FORMS": len(roles)}
    for number, role in enumerate(roles):
        fields = {"id": role.pk, "user": user.pk, "school": role.school_id, "role": role.role}
        form |= {f"memberships-{number}-{name}": value for name, value in fields.items()}
    return form | changes


def change(client: Client, user: User, **changes: object) -> int:
    return client.post(f"/beheer/django/accounts/user/{user.pk}/change/", user_form(user, **changes)).status_code


def test_an_address_in_capitals_is_the_same_address(client: Client, chief: User, docent: User) -> None:
    assert change(client, docent, email="Dirk@Hier.test") == 302
    docent.refresh_from_db()
    assert docent.email == "dirk@hier.test"
    other = UserFactory()
    assert change(client, other, email="DIRK@hier.test") == 200  # with an error at the field


def test_contact_s_address_can_become_an_account(client: Client, chief: User, docent: User, school: School) -> None:
    ContactFactory(school=school, email="hans@bedrijf.test")
    assert change(client, docent, email="hans@bedrijf.test") == 302
    assert school.contacts.listed().get().user == docent


def test_former_docent_leaves_the_address_book(
    client: Client, chief: User, docent: User, colleague: User, school: School, other_school: School
) -> None:
    assert change(client, docent, **{"memberships-0-role": "SCHOOLBEHEER"}) == 302
    assert change(client, colleague, **{"memberships-0-school": other_school.pk}) == 302
    assert not school.contacts.listed().exists()
    assert other_school.contacts.listed().get().user == colleague


def test_a_student_s_number_and_assessments_stay_at_the_school(
    client: Client, chief: User, student: Membership, assessment: Assessment, other_school: School
) -> None:
    assert change(client, student.user, **{"memberships-0-school": other_school.pk}) == 200
    assert change(client, student.user, **{"memberships-0-role": "DOCENT"}) == 200
    student.refresh_from_db()
    assert (student.school, student.role) == (assessment.school, "STUDENT")


def test_staff_cannot_grant_own_role(client: Client, chief: User, docent: User, school: School) -> None:
    def give(user: User) -> None:
        number = user.memberships.count()
        role = {"user": user.pk, "school": school.pk, "role": "EXAMENCOMMISSIE"}
        new = {f"memberships-{number}-{name}": value for name, value in role.items()}
        assert change(client, user, **new, **{"memberships-TOTAL_FORMS": number + 1}) == 302

    give(chief)
    assert not chief.memberships.exists()
    give(docent)
    assert docent.memberships.filter(role="EXAMENCOMMISSIE").exists()
    [line] = school.role_changes.all()
    assert (line.user, line.role, line.change, line.how, line.by) == (
        docent, "EXAMENCOMMISSIE", "GIVEN", "CONSORTIUM", chief
    )  # fmt: skip


# --- Lost phone and recovery codes ---------------------------------------------------------------
USERS = "/beheer/django/accounts/user/"


def remove_second_step(client: Client, *people: User, confirmed: bool = True) -> str:
    data = {"action": "remove_second_step", "_selected_action": [user.pk for user in people]}
    response = client.post(USERS, data | ({"confirmed": "ja"} if confirmed else {}), follow=True)
    return response.content.decode()


@pytest.fixture
def with_code(docent: User, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    app_of(docent)
    return docent


def test_staff_sees_two_factor_status_but_no_key(client: Client, staff: User, with_code: User) -> None:
    page = client.get(USERS).content.decode()
    assert "logt in met een code" in page.lower()
    assert not {model for model in admin.site._registry if model._meta.app_label.startswith("otp")}


def test_staff_removes_the_second_step_after_asking(client: Client, staff: User, with_code: User) -> None:
    browser = Client()
    browser.force_login(with_code)
    page = remove_second_step(client, with_code, confirmed=False)
    assert "Dirk Docent (docent@hier.test)" in page
    assert mfa.is_on(with_code)
    assert "De tweede stap is verwijderd van: Dirk Docent." in remove_second_step(client, with_code)
    assert not mfa.is_on(with_code)
    assert browser.get("/profiel/").status_code == 302
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (staff, str(with_code.pk))
    assert "Tweede stap verwijderd." in entry.get_change_message()
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.to) == ("second_step_removed", with_code.email)
    browser.post("/inloggen/", password_of(with_code))
    assert browser.get("/profiel/").status_code == 200


def test_staff_cannot_remove_own_or_superusers_second_factor(client: Client, staff: User, with_code: User) -> None:
    chief = UserFactory(is_staff=True, is_superuser=True)
    for user in (staff, chief):
        app_of(user)
    assert "Bij geen van de gekozen personen" in remove_second_step(client, staff, chief)
    assert mfa.is_on(staff)
    assert mfa.is_on(chief)


def test_removing_an_absent_second_step_mails_nothing(
    client: Client, staff: User, with_code: User, colleague: User
) -> None:
    assert "Bij geen van de gekozen personen" in remove_second_step(client, colleague)
    assert not OutgoingMail.objects.exists()


def test_second_factor_is_removed_by_staff_only(client: Client, with_code: User, colleague: User) -> None:
    client.force_login(colleague)
    remove_second_step(client, with_code)
    assert mfa.is_on(with_code)


def test_staff_can_require_two_factor_for_a_committee(client: Client, staff: User, school: School) -> None:
    assert (
        "second_factor_for_committee"
        in client.get(f"/beheer/django/accounts/school/{school.pk}/change/").content.decode()
    )


@pytest.mark.parametrize("query", ["Yildiz", "Yıldız, Łukasz", "lukasz <l.y@hier.test>", "Luka\u200bsz"])
def test_people_are_found_by_letters_without_accents(client: Client, staff: User, school: School, query: str) -> None:
    names = {"first_name": "Łukasz", "last_name": "Yıldız"}
    with_role = UserFactory(**names, email="l.y@hier.test")
    MembershipFactory(school=school, user=with_role, role=Role.DOCENT)
    without_role = UserFactory(**names, email="elders@hier.test")
    queryset = client.get("/beheer/django/accounts/user/", {"q": query}).context["cl"].queryset
    assert with_role in queryset
    assert (without_role in queryset) is ("@" not in query)
    assert staff not in queryset


def test_a_school_is_found_by_letters_without_accents(client: Client, staff: User, school: School) -> None:
    skane = SchoolFactory(name="Skåne–Sørlandet")
    queryset = client.get("/beheer/django/accounts/school/", {"q": "skane-sorlandet"}).context["cl"].queryset
    assert list(queryset) == [skane]
