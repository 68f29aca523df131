"""The link in an invitation: a first password, or acceptance by an existing account."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, School, SchoolInvitation, User
from accounts.people.invite import send_again, withdraw
from accounts.people.join import HasAccount, join_with_password
from accounts.people.links import token_for
from digibeoordelen.logs import HideMailedLinks
from tests.concurrency import at_once
from tests.factories import PASSWORD, MembershipFactory, UserFactory

from .test_invitations import ask, words

NEW = "een-nieuw-lang-wachtwoord"
TWICE = {"password1": NEW, "password2": NEW}


def link(invitation: SchoolInvitation) -> str:
    return reverse("accounts:join", args=[token_for(invitation)])


def roles_of(email: str, school: School) -> list[str]:
    return sorted(school.memberships.filter(user__email=email).values_list("role", flat=True))


@pytest.fixture
def invitation(school: School, manager: User) -> SchoolInvitation:
    return ask(school, manager, "DOCENT", "EXAMENCOMMISSIE")


# --- Without an account --------------------------------------------------------------------------
def test_password_logs_in_with_the_roles(client: Client, school: School, invitation: SchoolInvitation) -> None:
    page = words(client.get(link(invitation)))
    assert "Bea Beheer nodigt u namens ROC Hier uit" in page
    assert 'value="noa@hier.test"' in page
    answer = client.post(link(invitation), TWICE, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/welkom/")
    assert 'value="Noa"' in words(answer)
    assert roles_of("noa@hier.test", school) == ["DOCENT", "EXAMENCOMMISSIE"]
    assert school.contacts.listed().filter(email="noa@hier.test").exists()
    assert [(c.how, c.by_name) for c in school.role_changes.all()] == [("INVITATION", "Bea Beheer")] * 2
    client.post("/uitloggen/")
    assert client.post("/inloggen/", {"login": "noa@hier.test", "password": NEW}).status_code == 302


def test_opening_the_link_changes_nothing(client: Client, invitation: SchoolInvitation) -> None:
    for _ in range(2):
        assert client.get(link(invitation)).status_code == 200
    assert client.head(link(invitation)).status_code == 405
    assert not User.objects.filter(email="noa@hier.test").exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"password1": NEW, "password2": "anders"}, "De twee wachtwoorden zijn niet gelijk."),
        ({"password1": "kort", "password2": "kort"}, "10"),
        ({"password1": "noa@hier.test", "password2": "noa@hier.test"}, "lijkt te veel op"),
        ({"password1": "", "password2": ""}, "Dit veld is verplicht."),
    ],
)
def test_weak_password_is_refused_at_the_field(
    client: Client, invitation: SchoolInvitation, typed: dict[str, str], sentence: str
) -> None:
    page = words(client.post(link(invitation), typed))
    assert sentence in page
    assert 'id="fouten"' in page
    assert not User.objects.filter(email="noa@hier.test").exists()


def test_student_confirms_the_schools_number(client: Client, school: School, manager: User) -> None:
    invitation = ask(school, manager, "STUDENT", student_number="445566")
    page = client.post(link(invitation), TWICE, follow=True)
    assert 'value="445566"' in words(page)
    assert school.memberships.get(user__email="noa@hier.test").student_number == "445566"


def test_number_taken_meanwhile_is_left_empty(client: Client, school: School, manager: User) -> None:
    invitation = ask(school, manager, "STUDENT", student_number="445566")
    MembershipFactory(school=school, student_number="445566")
    client.post(link(invitation), TWICE)
    assert school.memberships.get(user__email="noa@hier.test").student_number == ""


def test_accepting_starts_a_new_session(client: Client, invitation: SchoolInvitation) -> None:
    client.session["planted"] = True
    client.get(link(invitation))
    before = client.session.session_key
    client.post(link(invitation), TWICE)
    assert client.session.session_key != before


# --- Concurrency ---------------------------------------------------------------------------------
def test_accepted_link_redirects_only_its_owner(client: Client, invitation: SchoolInvitation) -> None:
    client.post(link(invitation), TWICE)
    assert client.post(link(invitation), TWICE).url == reverse("home")
    answer = Client().post(link(invitation), {"password1": "iets-heel-anders", "password2": "iets-heel-anders"})
    assert answer.status_code == 410
    assert "al aangenomen" in words(answer)
    assert User.objects.get(email="noa@hier.test").check_password(NEW)


@pytest.mark.django_db(transaction=True)
def test_concurrent_acceptances_make_one_account(invitation: SchoolInvitation) -> None:
    token = token_for(invitation)

    def click() -> User:
        return join_with_password(token=token, password=NEW)

    results = at_once(click, click)
    assert sorted(type(result).__name__ for result in results) == ["NoInvitation", "User"]
    assert User.objects.filter(email="noa@hier.test").count() == 1


def while_written(writing: Callable[[], Any], then: Callable[[], Any]) -> Any:
    """Return the result of `then`, run while the other transaction has written and not committed."""
    wrote = threading.Event()

    def write_and_take_a_while() -> None:
        with transaction.atomic():
            writing()
            wrote.set()
            time.sleep(0.5)

    def go_on() -> Any:
        assert wrote.wait(30)
        return then()

    written, result = at_once(write_and_take_a_while, go_on)
    assert written is None
    return result


@pytest.mark.django_db(transaction=True)
def test_account_created_at_the_same_time_has_to_log_in(school: School, invitation: SchoolInvitation) -> None:
    result = while_written(
        lambda: UserFactory(email="noa@hier.test"),
        lambda: Client().post(link(invitation), TWICE, follow=True),
    )
    assert "Log daarmee in om de uitnodiging aan te nemen." in words(result)
    assert school.school_invitations.open().get() == invitation
    assert User.objects.get(email="noa@hier.test").check_password(PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_number_taken_at_the_same_time_is_left_empty(school: School, manager: User) -> None:
    invitation = ask(school, manager, "STUDENT", student_number="445566")
    token = token_for(invitation)
    result = while_written(
        lambda: MembershipFactory(school=school, student_number="445566"),
        lambda: join_with_password(token=token, password=NEW),
    )
    assert isinstance(result, User), result
    assert school.memberships.get(user=result).student_number == ""


def test_other_errors_are_not_shown_as_accepted(invitation: SchoolInvitation, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: Any) -> None:
        raise IntegrityError("another constraint")

    monkeypatch.setattr("accounts.people.join.grant", fail)
    with pytest.raises(IntegrityError):
        join_with_password(token=token_for(invitation), password=NEW)
    assert not User.objects.filter(email="noa@hier.test").exists()


@pytest.mark.parametrize("what", ["withdrawn", "void", "expired", "unknown"])
def test_expired_link_opens_nothing(client: Client, invitation: SchoolInvitation, what: str, pass_time: Any) -> None:
    address = link(invitation)
    if what == "withdrawn":
        withdraw(invitation=invitation)
    elif what == "void":
        send_again(invitation=invitation)
    elif what == "expired":
        pass_time(days=14, seconds=1)
    else:
        address = address[:-3] + "x/"
    for answer in (client.get(address), client.post(address, TWICE)):
        assert answer.status_code == 410
        assert ("Deze link klopt niet" if what == "unknown" else "Deze link werkt niet meer") in words(answer)
    assert not User.objects.filter(email="noa@hier.test").exists()


# --- Existing accounts ---------------------------------------------------------------------------
@pytest.fixture
def noa(other_school: School) -> User:
    user: User = UserFactory(first_name="Noa", email="noa@hier.test")
    MembershipFactory(user=user, school=other_school, role=Role.DOCENT)
    return user


def test_existing_account_logs_in_and_accepts(
    client: Client, school: School, invitation: SchoolInvitation, noa: User
) -> None:
    page = words(client.get(link(invitation)))
    assert "Log daarmee in om de uitnodiging aan te nemen." in page
    assert f'href="/inloggen/?next={quote(link(invitation))}' in page
    client.post(link(invitation), TWICE)
    assert roles_of("noa@hier.test", school) == []
    assert noa.check_password(PASSWORD)
    client.force_login(noa)
    assert "<button" in words(client.get(link(invitation)))
    assert "U hoort nu bij ROC Hier." in words(client.post(link(invitation), follow=True))
    assert roles_of("noa@hier.test", school) == ["DOCENT", "EXAMENCOMMISSIE"]


def test_other_user_cannot_accept(
    client: Client, school: School, invitation: SchoolInvitation, noa: User, stranger: User
) -> None:
    client.force_login(stranger)
    assert "U bent ingelogd als Vera Vreemd." in words(client.get(link(invitation)))
    client.post(link(invitation))
    assert not school.memberships.filter(user__in=[noa, stranger]).exists()


def test_sender_can_not_accept_at_a_later_address(
    client: Client, school: School, invitation: SchoolInvitation, manager: User
) -> None:
    User.objects.filter(pk=manager.pk).update(email="noa@hier.test")
    client.force_login(manager)
    client.post(link(invitation))
    assert roles_of("noa@hier.test", school) == ["SCHOOLBEHEER"]


def test_inactive_account_stays_inactive(client: Client, invitation: SchoolInvitation, noa: User) -> None:
    User.objects.filter(pk=noa.pk).update(is_active=False, password="!")
    assert "Uw account staat uit." in words(client.get(link(invitation)))
    client.post(link(invitation), TWICE)
    noa.refresh_from_db()
    assert not noa.has_usable_password()


# --- Imported accounts ---------------------------------------------------------------------------
@pytest.fixture
def listed(school: School, manager: User) -> SchoolInvitation:
    """An invitation of an imported account without a password."""
    student = MembershipFactory(school=school, user__email="noa@hier.test", user__password=None)
    User.objects.filter(pk=student.user.pk).update(details_checked_at=None)
    invitation = SchoolInvitation(first_name="Noa", last_name="Wit", email="noa@hier.test", user=student.user)
    invitation.school, invitation.by, invitation.roles = school, manager, ["STUDENT"]
    invitation.save()
    send_again(invitation=invitation)
    invitation.refresh_from_db()
    return invitation


def test_choosing_a_password_is_all(client: Client, school: School, listed: SchoolInvitation) -> None:
    answer = client.post(link(listed), TWICE, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/welkom/")
    assert User.objects.get(email="noa@hier.test").check_password(NEW)
    assert Membership.objects.filter(user__email="noa@hier.test").count() == 1
    assert not school.role_changes.exists()


def test_role_revoked_meanwhile_stays_revoked(client: Client, school: School, listed: SchoolInvitation) -> None:
    school.memberships.filter(role=Role.STUDENT).delete()
    client.post(link(listed), TWICE)
    assert roles_of("noa@hier.test", school) == []


def test_account_keeps_its_password(client: Client, listed: SchoolInvitation) -> None:
    user = User.objects.get(email="noa@hier.test")
    user.set_password(PASSWORD)
    user.save()
    assert "U hebt al een account" in words(client.get(link(listed)))
    client.post(link(listed), TWICE)
    with pytest.raises(HasAccount):
        join_with_password(token=token_for(listed), password=NEW)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_login_by_another_link_closes_the_invitation(client: Client, school: School, listed: SchoolInvitation) -> None:
    user = User.objects.get(email="noa@hier.test")
    client.force_login(user)
    assert not school.school_invitations.open().exists()
    listed.refresh_from_db()
    assert listed.accepted_by == user


def test_logging_in_accepts_no_role(client: Client, school: School, invitation: SchoolInvitation, noa: User) -> None:
    client.force_login(noa)
    assert school.school_invitations.open().get() == invitation


def test_no_log_holds_a_link(invitation: SchoolInvitation) -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 1, "Gone: %s", (link(invitation),), None)
    HideMailedLinks().filter(record)
    assert record.getMessage() == "Gone: /uitnodiging/…/"
