"""Change of e-mail address: confirmed from the new mailbox, stopped from the old one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import EmailChange, Membership, Role, School, User
from accounts.registration.registration import purge_unconfirmed
from assessments import links
from assessments.models import Assessment, Event
from digibeoordelen.outbox import links as outbox_links
from tests import steps
from tests.accounts.mailed import link_in, mailed, start_counting
from tests.factories import PASSWORD, ContactFactory, UserFactory, member

CHANGE = reverse("accounts:change_email")
OLD, NEW = "sam@hier.test", "sam@elders.test"


@pytest.fixture
def someone(db: None) -> User:
    return UserFactory(email=OLD, first_name="Sam", last_name="Smit")


@pytest.fixture
def own(client: Client, someone: User) -> Client:
    """Return a browser in which `someone` is logged in."""
    client.force_login(someone)
    return client


def ask(client: Client, email: str = NEW, password: str = PASSWORD) -> Any:
    return client.post(CHANGE, {"email": email, "password": password})


def email_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


# --- Asked and confirmed ------------------------------------------------------------------------------------
def test_nothing_changes_until_the_new_address_confirms(own: Client, someone: User) -> None:
    assert ask(own, " Sam@Elders.test ").url == "/profiel/"
    assert mailed() == [("confirm_email", NEW), ("email_change_asked", OLD)]
    assert email_of(someone) == OLD
    page = own.get("/profiel/").content.decode()
    assert f"Wordt {NEW} zodra u dat bevestigt" in page
    path = link_in("confirm_email")
    assert NEW in own.get(path).content.decode()
    assert email_of(someone) == OLD, "looking changes nothing"
    assert own.post(path).url == "/profiel/"
    assert email_of(someone) == NEW
    assert own.get("/profiel/").status_code == 200, "still logged in"
    assert Client().post("/inloggen/", {"login": NEW, "password": PASSWORD}).status_code == 302
    assert Client().post("/inloggen/", {"login": OLD, "password": PASSWORD}).status_code == 200


def test_password_is_asked_and_wrong_ones_are_counted(own: Client, someone: User, settings: Any) -> None:
    start_counting(settings)
    assert "Dit is niet uw wachtwoord." in ask(own, password="verkeerd").content.decode()
    assert mailed() == []
    answers = [ask(own, password="verkeerd").status_code for _ in range(10)]
    assert answers[-1] == 429
    assert ask(own).status_code == 429


@pytest.mark.parametrize(
    ("email", "message"), [(OLD.upper(), "Dit is uw e-mailadres al."), ("geen adres", "e-mailadres")]
)
def test_invalid_or_own_address_is_refused(own: Client, email: str, message: str) -> None:
    assert message in ask(own, email).content.decode()
    assert not EmailChange.objects.exists()


def test_link_is_useless_to_the_owner_of_a_mistyped_address(own: Client, someone: User) -> None:
    ask(own)
    path = link_in("confirm_email")
    anonymous, stranger = Client(), Client()
    stranger.force_login(UserFactory())
    assert anonymous.post(path).url.startswith("/inloggen/")
    assert stranger.post(path).status_code == 404
    assert email_of(someone) == OLD


def test_a_link_works_once(own: Client) -> None:
    ask(own)
    path = link_in("confirm_email")
    own.post(path)
    assert own.post(path).status_code == 410


def test_email_link_expires_after_a_day(own: Client, someone: User, pass_time: Any) -> None:
    ask(own)
    path = link_in("confirm_email")
    pass_time(hours=11)
    own.force_login(someone)
    pass_time(hours=14)
    own.force_login(someone)
    assert own.post(path).status_code == 410
    assert "zodra u dat bevestigt" not in own.get("/profiel/").content.decode()
    with pytest.raises(outbox_links.LinkVoid):
        link_in("confirm_email")
    assert ask(own).status_code == 302


def test_new_request_or_withdrawal_voids_the_first_link(own: Client, someone: User) -> None:
    ask(own, "typfout@elders.test")
    first = link_in("confirm_email")
    ask(own)
    assert own.post(first).status_code == 410
    assert own.post(reverse("accounts:withdraw_email_change")).url == "/profiel/"
    with pytest.raises(outbox_links.LinkVoid):
        link_in("confirm_email")
    assert email_of(someone) == OLD


def test_address_taken_meanwhile_is_refused(own: Client, someone: User) -> None:
    ask(own)
    path = link_in("confirm_email")
    UserFactory(email=NEW)
    answer = own.post(path)
    assert answer.status_code == 409
    assert email_of(someone) == OLD


def test_confirming_voids_password_links_at_the_old_address(own: Client) -> None:
    own.post(reverse("account_reset_password"), {"email": OLD})
    path = link_in("new_password")
    ask(own)
    own.post(link_in("confirm_email"))
    assert Client().get(path).status_code == 410


# --- 'Dit was ik niet' --------------------------------------------------------------------------------------
def test_stopping_an_open_change_ends_all_access(own: Client, someone: User) -> None:
    ask(own)
    confirm, stop = link_in("confirm_email"), link_in("email_change_asked")
    owner = Client()
    assert "Hebt u dit niet gevraagd?" in owner.get(stop).content.decode()
    assert EmailChange.objects.get().stopped_at is None, "looking changes nothing"
    assert "Uw account is weer van u alleen" in owner.post(stop).content.decode()
    assert own.get("/profiel/").status_code == 302, "logged out"
    assert Client().post("/inloggen/", {"login": OLD, "password": PASSWORD}).status_code == 200
    assert mailed()[-1] == ("new_password", OLD)
    words = {"password1": "een-heel-nieuw-woord", "password2": "een-heel-nieuw-woord"}
    assert owner.post(link_in("new_password"), words).status_code == 302
    assert owner.post(stop).status_code == 410, "once"
    own.force_login(User.objects.get())
    assert own.post(confirm).status_code == 410


def test_stopping_reverts_confirmed_and_later_changes(own: Client, someone: User) -> None:
    """The attacker gets the notice of the second change, which must not revert the stop."""
    ask(own)
    stop = link_in("email_change_asked")
    own.post(link_in("confirm_email"))
    ask(own, "dief@elders.test")
    own.post(link_in("confirm_email"))
    assert email_of(someone) == "dief@elders.test"
    stop_of_thief = link_in("email_change_asked")
    Client().post(stop)
    assert email_of(someone) == OLD
    assert mailed()[-2:] == [("email_given_back", "dief@elders.test"), ("new_password", OLD)]
    assert Client().post(stop_of_thief).status_code == 410
    assert email_of(someone) == OLD


def test_stopping_a_withdrawn_change_keeps_the_address(own: Client, someone: User) -> None:
    ask(own)
    own.post(reverse("accounts:withdraw_email_change"))
    Client().post(link_in("email_change_asked"))
    assert email_of(someone) == OLD
    assert "email_given_back" not in dict(mailed())


def test_stop_link_expires_after_three_days(own: Client, someone: User, pass_time: Any) -> None:
    ask(own)
    stop = link_in("email_change_asked")
    own.post(link_in("confirm_email"))
    pass_time(days=3, minutes=1)
    assert Client().post(stop).status_code == 410
    with pytest.raises(outbox_links.LinkVoid):
        link_in("email_change_asked")
    assert email_of(someone) == NEW


def test_earlier_address_is_purged_with_its_data(own: Client, someone: User, pass_time: Any) -> None:
    ask(own)
    stop = link_in("email_change_asked")
    own.post(link_in("confirm_email"))
    pass_time(days=366)
    purge_unconfirmed()
    assert EmailChange.objects.exists()
    pass_time(days=5)
    purge_unconfirmed()
    assert not EmailChange.objects.exists()
    assert Client().post(stop).status_code == 410


def test_stopping_fails_if_the_old_address_is_taken(own: Client, someone: User) -> None:
    ask(own)
    stop = link_in("email_change_asked")
    own.post(link_in("confirm_email"))
    UserFactory(email=OLD)
    assert Client().post(stop).status_code == 409
    assert email_of(someone) == NEW


# --- Enumeration and rate limits ----------------------------------------------------------------------------
def test_taken_address_is_mailed_and_not_revealed(own: Client, someone: User) -> None:
    UserFactory(email="bezet@hier.test")
    pages = []
    for email in ("bezet@hier.test", NEW):
        ask(own, email)
        pages.append(own.get("/profiel/").content.decode().replace(email, "…"))
    assert [kind for kind, _ in mailed()] == [
        "has_account",
        "email_change_asked",
        "confirm_email",
        "email_change_asked",
    ]
    tokens = [page.split('csrfmiddlewaretoken" value="')[1:] for page in pages]
    for page, page_tokens in zip(pages, tokens, strict=True):
        for token in page_tokens:
            pages[pages.index(page)] = page = page.replace(token[:64], "…")
    assert pages[0] == pages[1]


def test_mails_per_address_are_limited(own: Client, settings: Any) -> None:
    start_counting(settings)
    assert [ask(own).status_code for _ in range(6)] == 5 * [302] + [429]


# --- What follows an account's address ------------------------------------------------------------------------
@pytest.fixture
def trainer(assessment: Assessment, school: School) -> User:
    """A Praktijkopleider invited as examiner."""
    user = member(school, Role.PRAKTIJKOPLEIDER, email="kees@bedrijf.test")
    contact = school.contacts.get(user=user)
    steps.choose(assessment, contact)
    steps.send_invitation(assessment, contact)
    return user


def test_examiner_links_move_to_the_new_address(client: Client, trainer: User, assessment: Assessment) -> None:
    invitation = assessment.invitations.get()
    old = reverse("assessments:open_link", args=[links.token_for(invitation=invitation)])
    client.force_login(trainer)
    ask(client, NEW)
    assert Client().get(old).status_code == 302, "not before it is confirmed"
    client.post(link_in("confirm_email"))
    assert Client().get(old).status_code == 410
    assert mailed()[-1] == ("invitation", NEW)
    assert trainer.contacts.get().email == NEW
    assert assessment.events.last().kind == Event.Kind.INVITED_AGAIN


def test_examiner_links_move_back_when_stopped(client: Client, trainer: User, assessment: Assessment) -> None:
    client.force_login(trainer)
    ask(client, NEW)
    client.post(link_in("confirm_email"))
    stolen = link_in("invitation")
    Client().post(link_in("email_change_asked"))
    assert Client().get(stolen).status_code == 410
    assert ("invitation", "kees@bedrijf.test") in mailed()[-3:]
    assert trainer.contacts.get().email == "kees@bedrijf.test"


def test_a_student_is_found_by_the_new_address(client: Client, student: Membership) -> None:
    client.force_login(student.user)
    ask(client, NEW)
    client.post(link_in("confirm_email"))
    student.refresh_from_db()
    assert NEW in student.search_text


def test_student_with_examiner_address_removes_the_invitation(
    client: Client, student: Membership, assessment: Assessment, school: School
) -> None:
    """A student must not assess themselves after changing their address."""
    contact = ContactFactory(school=school, email=NEW)
    steps.choose(assessment, contact)
    invitation = steps.send_invitation(assessment, contact)
    link = reverse("assessments:open_link", args=[links.token_for(invitation=invitation)])
    client.force_login(student.user)
    ask(client, NEW)
    client.post(link_in("confirm_email"))
    assert Client().get(link).status_code == 410
    event = assessment.events.last()
    assert (event.kind, event.actor_name) == (Event.Kind.WITHDRAWN, "systeem")


# --- By the Consortium -----------------------------------------------------------------------------
def test_change_by_a_superuser_records_the_address(client: Client, someone: User) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    form = {"email": NEW, "first_name": "Sam", "last_name": "Smit", "is_active": "on"}
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    answer = client.post(f"/beheer/django/accounts/user/{someone.pk}/change/", form)
    assert answer.status_code == 302
    assert email_of(someone) == NEW
    [change] = EmailChange.objects.all()
    assert (change.old_email, change.new_email, change.confirmed_at is not None) == (OLD, NEW, True)
