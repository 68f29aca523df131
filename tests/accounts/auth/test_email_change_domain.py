"""Self-registered students keep to the school's domains; users that Schoolbeheer admitted are free."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import EmailChange, Membership, Role, School, SchoolInvitation, User
from accounts.people.invite import invite
from accounts.people.join import join_with_password
from accounts.people.links import token_for
from accounts.people.roles import give_role, leave
from accounts.registration.registration import confirm_registration
from assessments.start.start import start
from exams.models import ExamUnit
from tests.accounts.mailed import link_in, mailed
from tests.accounts.registration.test_registration import confirm as confirm_by_link
from tests.accounts.registration.test_registration import filled_in
from tests.factories import PASSWORD, MembershipFactory, RegistrationFactory, member

from .test_email_change import ask, email_of

OWN, ALSO_OWN, OTHER = "noa@student.hier.test", "noa2@examens.hier.test", "noa@elders.test"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def strict(school: School) -> School:
    """Lets students register with addresses of two domains."""
    school.register_on, school.register_domains = True, "student.hier.test examens.hier.test"
    school.save()
    return school


@pytest.fixture
def noa(client: Client, strict: School) -> User:
    """A registered student, logged in with `client`."""
    user = confirm_registration(registration=RegistrationFactory(email=OWN, school=strict))
    log_in(client, user)
    return user


def log_in(client: Client, user: User) -> None:
    """Log in and complete the first-login screen."""
    User.objects.filter(pk=user.pk).update(details_checked_at=timezone.now())
    client.force_login(user)


def test_other_domain_is_refused_and_allowed_ones_are_listed(client: Client, noa: User) -> None:
    page = ask(client, OTHER).content.decode()
    assert "ROC Hier laat voor uw account alleen een e-mailadres toe van:" in page
    assert "@student.hier.test, @examens.hier.test." in page
    assert not EmailChange.objects.exists()
    assert mailed() == []


def test_error_is_translated(client: Client, noa: User) -> None:
    client.post("/taal/", {"language": "en", "next": "/"})
    page = ask(client, OTHER).content.decode()
    assert "ROC Hier only allows an email address from: @student" in page


def test_change_within_the_domains_is_allowed(client: Client, noa: User) -> None:
    assert ask(client, ALSO_OWN).url == "/profiel/"
    client.post(link_in("confirm_email"))
    assert email_of(noa) == ALSO_OWN


def test_domain_disallowed_meanwhile_is_refused_at_confirmation(client: Client, noa: User, strict: School) -> None:
    ask(client, ALSO_OWN)
    School.objects.update(register_domains="student.hier.test")
    answer = client.post(link_in("confirm_email"))
    assert answer.status_code == 409
    assert "Uw e-mailadres is niet gewijzigd." in answer.content.decode()
    assert email_of(noa) == OWN


def test_registered_student_is_limited_to_school_domains(client: Client, strict: School) -> None:
    client.post("/account-aanmaken/", filled_in(strict, email=OWN))
    confirm_by_link(client)
    log_in(client, User.objects.get(email=OWN))
    assert "alleen een e-mailadres toe van" in ask(client, OTHER).content.decode()


# --- Exempt users ----------------------------------------------------------------------------------
def is_free(client: Client, password: str = PASSWORD) -> bool:
    ask(client, OTHER, password=password)
    return ("confirm_email", OTHER) in mailed()


def test_school_without_domains_allows_any_address(client: Client, noa: User) -> None:
    School.objects.update(register_domains="")
    assert is_free(client)


def test_registration_before_the_restriction_is_free(client: Client, strict: School, noa: User) -> None:
    School.objects.update(register_domains="nieuw.hier.test")
    assert is_free(client)


def test_invited_student_is_free(client: Client, strict: School) -> None:
    manager = member(strict, Role.SCHOOLBEHEER)
    noa = SchoolInvitation(first_name="Noa", last_name="Wit", email=OWN)
    asked = invite(school=strict, roles=["STUDENT"], by=manager, invitation=noa)
    log_in(client, join_with_password(token=token_for(asked), password="een-nieuw-lang-wachtwoord"))
    assert is_free(client, password="een-nieuw-lang-wachtwoord")


def test_user_with_another_role_is_free(client: Client, noa: User, strict: School) -> None:
    give_role(school=strict, user=noa, role=Role.DOCENT, by=member(strict, Role.SCHOOLBEHEER))
    assert is_free(client)


def test_user_of_several_schools_is_free(client: Client, noa: User, other_school: School) -> None:
    MembershipFactory(user=noa, school=other_school)
    assert is_free(client)


@pytest.mark.parametrize("kept", [True, False])
def test_former_student_is_free(
    client: Client, noa: User, strict: School, kept: bool, unit: ExamUnit, docent: User
) -> None:
    student = Membership.objects.get(user=noa)
    if kept:
        start(unit=unit, student=student, by=docent)
    leave(school=strict, user=noa, by=member(strict, Role.SCHOOLBEHEER))
    assert is_free(client)


@pytest.mark.parametrize("date", ["diploma_on", "left_on"])
def test_student_whose_study_ended_is_free(client: Client, noa: User, date: str) -> None:
    Membership.objects.filter(user=noa).update(**{date: timezone.localdate()})
    assert is_free(client)


@pytest.mark.parametrize("date", ["diploma_on", "left_on"])
def test_future_study_date_does_not_free(client: Client, noa: User, date: str) -> None:
    Membership.objects.filter(user=noa).update(**{date: timezone.localdate() + timedelta(days=1)})
    assert not is_free(client)


def test_stopping_ignores_the_domains(client: Client, noa: User, strict: School) -> None:
    ask(client, ALSO_OWN)
    client.post(link_in("confirm_email"))
    School.objects.update(register_domains="examens.hier.test")
    Client().post(link_in("email_change_asked"))
    assert email_of(noa) == OWN
