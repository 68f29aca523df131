"""Invitations to a school: mail, list, resending, withdrawing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import School, SchoolInvitation, User
from accounts.people import links
from accounts.people.invite import InviteRefused, invite, queue_unsent, send_again, send_queued, withdraw
from accounts.people.links import invitation_link, open_token, resolve_invitation_link, token_for
from digibeoordelen.outbox.links import LinkVoid
from digibeoordelen.outbox.models import OutgoingMail
from tests.concurrency import at_once
from tests.factories import MembershipFactory

NOA = {"first_name": "Noa", "infix": "de", "last_name": "Wit", "email": "noa@hier.test"}


def ask(school: School, by: User, *roles: str, **changes: str) -> SchoolInvitation:
    return invite(school=school, invitation=SchoolInvitation(**{**NOA, **changes}), roles=roles or ["DOCENT"], by=by)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def url(school: School, name: str = "invitations", *more: object) -> str:
    return reverse(f"school:{name}", args=[school.pk, *more])


# --- Inviting ------------------------------------------------------------------------------------
def test_invitation_mail_names_sender_and_stores_no_link(school: School, manager: User) -> None:
    invitation = ask(school, manager, "EXAMENCOMMISSIE", "DOCENT")
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject, mail.reply_to) == ("noa@hier.test", "Uw account bij ROC Hier", manager.email)
    for text in (mail.text, mail.html):
        assert "Bea Beheer nodigt u namens ROC Hier uit" in text
        assert "Docent, Examencommissie." in text
        assert "[[link:join]]" in text
    kept = f"{mail.text}{mail.html}{mail.links}{mail.headers}"
    assert token_for(invitation) not in kept
    assert not school.memberships.filter(user__email="noa@hier.test").exists()


def test_a_mail_in_english(school: School, manager: User) -> None:
    ask(school, manager, "STUDENT", language="en")
    mail = OutgoingMail.objects.get()
    assert mail.subject == "Your account at ROC Hier"
    assert "Accept the invitation" in mail.text
    assert "Student." in mail.text
    assert '<html lang="en">' in mail.html


def test_inviting_does_not_reveal_existing_accounts(browser: Client, school: School, stranger: User) -> None:
    answers = []
    for email in (stranger.email, "niemand@hier.test"):
        page = browser.post(url(school, "invite"), {**NOA, "email": email, "roles": "EXAMENCOMMISSIE"}, follow=True)
        answers.append(words(page).replace(email, "…"))
        assert "De uitnodiging aan Noa de Wit is onderweg" in words(page)
    assert not school.memberships.filter(user=stranger).exists()


def test_member_is_not_invited_but_linked(browser: Client, school: School, docent: User) -> None:
    page = words(browser.post(url(school, "invite"), {**NOA, "email": docent.email, "roles": "STUDENT"}))
    assert "Dirk Docent hoort al bij ROC Hier." in page
    assert url(school, "person", docent.pk) in page
    assert not OutgoingMail.objects.exists()


def test_inviting_oneself_is_refused(school: School, manager: User) -> None:
    with pytest.raises(InviteRefused, match="uw eigen e-mailadres"):
        ask(school, manager, "EXAMENCOMMISSIE", email=manager.email.upper())


def test_address_has_one_open_invitation(school: School, manager: User) -> None:
    first = ask(school, manager)
    with pytest.raises(InviteRefused, match="heeft al een open uitnodiging"):
        ask(school, manager, email="NOA@hier.test")
    withdraw(invitation=first)
    ask(school, manager)


@pytest.mark.django_db(transaction=True)
def test_double_click_invites_once(school: School, manager: User) -> None:
    results = at_once(lambda: ask(school, manager), lambda: ask(school, manager))
    assert sorted(type(result).__name__ for result in results) == ["InviteRefused", "SchoolInvitation"]
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": "noa"}, "e-mailadres"),
        ({"roles": []}, "Kies ten minste één rol."),
        ({"roles": "KONING"}, "KONING"),
        ({"first_name": ""}, "Voornaam"),
        ({"email": "x@" + "a" * 70 + ".nl"}, "e-mailadres"),
    ],
)
def test_error_is_shown_at_the_field(browser: Client, school: School, changes: dict[str, Any], sentence: str) -> None:
    page = browser.post(url(school, "invite"), {**NOA, "roles": "DOCENT", **changes})
    assert sentence in words(page)
    assert 'id="fouten"' in words(page)
    assert not SchoolInvitation.objects.exists()


# --- The list ------------------------------------------------------------------------------------
def test_list_shows_the_status_of_each_mail(browser: Client, school: School, manager: User, pass_time: Any) -> None:
    invitation = ask(school, manager)
    assert "In de wachtrij" in words(browser.get(url(school)))
    OutgoingMail.objects.update(state="FAILED", last_error="550 No such user")
    assert "Mislukt" in (page := words(browser.get(url(school))))
    assert "550 No such user" in page
    OutgoingMail.objects.update(state="SENT", sent_at=timezone.now(), last_error="")
    assert "Verzonden" in words(browser.get(url(school)))
    SchoolInvitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())
    assert "Verlopen op" in words(browser.get(url(school)))


def test_the_list_is_searched_and_empty_at_first(browser: Client, school: School, manager: User) -> None:
    assert "Er staat geen uitnodiging open." in words(browser.get(url(school)))
    ask(school, manager)
    ask(school, manager, email="bo@hier.test", first_name="Bo")
    page = words(browser.get(url(school), {"q": "noa"}))
    assert "noa@hier.test" in page
    assert "bo@hier.test" not in page


def test_the_queries_do_not_grow_with_the_invitations(
    browser: Client, school: School, manager: User, django_assert_num_queries: Any
) -> None:
    ask(school, manager)
    browser.get(url(school))
    with django_assert_num_queries(7):
        browser.get(url(school))
    for number in range(20):
        ask(school, manager, email=f"noa{number}@hier.test")
    with django_assert_num_queries(7):
        browser.get(url(school))


@pytest.mark.parametrize("name", ["send_invitation_again", "withdraw_invitation"])
def test_invitation_of_another_school_is_404(
    browser: Client, school: School, other_school: School, stranger: User, name: str
) -> None:
    theirs = ask(other_school, stranger)
    assert browser.post(url(school, name, theirs.public_id)).status_code == 404
    assert browser.post(url(other_school, name, theirs.public_id)).status_code == 404
    assert "noa@hier.test" not in words(browser.get(url(school)))
    theirs.refresh_from_db()
    assert (theirs.generation, theirs.withdrawn_at) == (1, None)


# --- Resending and withdrawing -------------------------------------------------------------------
def test_resending_voids_the_older_link(browser: Client, school: School, manager: User, pass_time: Any) -> None:
    invitation = ask(school, manager)
    older = token_for(invitation)
    pass_time(days=15)
    browser.force_login(manager)
    with pytest.raises(links.NoInvitation, match="expired"):
        open_token(older)
    page = browser.post(url(school, "send_invitation_again", invitation.public_id), follow=True)
    assert "Er gaat een nieuwe link naar noa@hier.test." in words(page)
    with pytest.raises(links.NoInvitation, match="void"):
        open_token(older)
    invitation.refresh_from_db()
    assert open_token(token_for(invitation)) == invitation
    assert OutgoingMail.objects.count() == 2


def test_queued_mail_with_a_void_link_is_not_sent(school: School, manager: User) -> None:
    invitation = ask(school, manager)
    older = invitation_link(invitation).data
    assert resolve_invitation_link(older).endswith(f"/uitnodiging/{token_for(invitation)}/")
    send_again(invitation=invitation)
    with pytest.raises(LinkVoid):
        resolve_invitation_link(older)
    invitation.refresh_from_db()
    withdraw(invitation=invitation)
    with pytest.raises(LinkVoid):
        resolve_invitation_link(invitation_link(invitation).data)


def test_withdrawn_is_withdrawn(browser: Client, school: School, manager: User) -> None:
    invitation = ask(school, manager)
    address = url(school, "withdraw_invitation", invitation.public_id)
    assert "is ingetrokken" in words(browser.post(address, follow=True))
    assert "was al niet meer open" in words(browser.post(address, follow=True))
    browser.post(url(school, "send_invitation_again", invitation.public_id))
    assert OutgoingMail.objects.count() == 1


# --- Deferred mails ------------------------------------------------------------------------------
def leave_for_later(school: School, by: User, count: int) -> None:
    for number in range(count):
        SchoolInvitation.objects.create(
            **{**NOA, "email": f"noa{number}@hier.test"},
            school=school,
            roles=["STUDENT"],
            by=by,
            by_name=by.full_name,
            user=MembershipFactory(school=school, user__email=f"noa{number}@hier.test", user__password=None).user,
        )


def test_unsent_invitations_are_sent_together(
    browser: Client, school: School, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.people.invite.MAILS_PER_TRANSACTION", 2)
    leave_for_later(school, manager, 3)
    assert send_queued() == 0
    assert "3 mails versturen die nog wachten" in words(browser.get(url(school)))
    assert "Mail nog niet verzonden" in words(browser.get(url(school)))
    page = browser.post(url(school, "send_unsent"), follow=True)
    assert "3 mails gaan nu op weg." in words(page)
    assert "versturen die nog" not in words(page)
    assert queue_unsent(school=school) == 0
    assert send_queued() == 3
    assert send_queued() == 0
    assert OutgoingMail.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_send_each_invitation_once(school: School, manager: User) -> None:
    leave_for_later(school, manager, 5)
    SchoolInvitation.objects.update(wanted_at=timezone.now())
    assert sum(at_once(send_queued, send_queued)) == 5
    assert OutgoingMail.objects.count() == 5


def test_invitation_can_be_sent_from_the_person_s_page(browser: Client, school: School, manager: User) -> None:
    leave_for_later(school, manager, 1)
    [invitation] = school.school_invitations.all()
    page = words(browser.get(url(school, "person", invitation.user_id)))
    assert "Nog geen wachtwoord gekozen" in page
    assert "Mail versturen" in page
    back = browser.post(url(school, "send_invitation_again", invitation.public_id) + "?terug=persoon")
    assert back.url == url(school, "person", invitation.user_id)
    invitation.refresh_from_db()
    assert invitation.generation == 1


def test_expired_invitations_are_resent_together(
    browser: Client, school: School, manager: User, pass_time: Any
) -> None:
    older = [token_for(ask(school, manager, email=f"noa{number}@hier.test")) for number in range(2)]
    pass_time(days=13)
    ask(school, manager, email="later@hier.test")
    pass_time(days=2)
    browser.force_login(manager)
    assert "2 verlopen uitnodigingen opnieuw verzenden" in words(browser.get(url(school)))
    for _ in range(2):
        page = words(browser.post(url(school, "send_expired"), follow=True))
    assert "nu op weg" not in page
    assert "In de wachtrij" in page
    assert send_queued() == 2
    assert OutgoingMail.objects.count() == 5
    for token in older:
        with pytest.raises(links.NoInvitation, match="void"):
            open_token(token)
