"""After the invitation: invite again, withdraw, replace, correct the address, and the history."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, School, User
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.coupling import couplings
from assessments.invitations import invite
from assessments.invitations.replace import replace
from assessments.models import Assessment, Event, Invitation, Status
from assessments.progress.detail import read_history
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps
from tests.factories import ContactFactory, member

AGAIN, WITHDRAW = "assessments:invite_again", "assessments:withdraw"


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


def detail(client: Client, assessment: Assessment) -> str:
    return client.get(reverse("assessments:detail", args=[assessment.public_id])).content.decode()


def table(page: str) -> str:
    return page[page.index('<table class="table table-cards examiners">') : page.index("</table>")]


def address(name: str, invitation: Invitation) -> str:
    return reverse(name, args=[invitation.public_id])


def replace_address(assessment: Assessment, old: Contact) -> str:
    return reverse("assessments:replace", args=[assessment.public_id, old.pk])


# --- 'Opnieuw uitnodigen' ---------------------------------------------------------------------------
def test_invite_again_page_explains_and_get_mails_nothing(teacher: Client, invitation: Invitation) -> None:
    page = teacher.get(address(AGAIN, invitation)).content.decode()
    assert "Erik Examinator krijgt een nieuwe mail met een nieuwe link, op erik@bedrijf.test;" in page
    assert "eerdere links werken niet meer" in page
    assert OutgoingMail.objects.count() == 1


def test_double_invite_again_mails_once(teacher: Client, invitation: Invitation) -> None:
    form = {"link": invitation.generation}
    for _ in range(2):
        page = teacher.post(address(AGAIN, invitation), form, follow=True).content.decode()
    assert "Er is al een nieuwe mail met een nieuwe link voor Erik Examinator." in page
    invitation.refresh_from_db()
    assert (invitation.generation, OutgoingMail.objects.count()) == (2, 2)
    assert links.open_token(links.token_for(invitation=invitation)) == invitation


@pytest.mark.parametrize("form", [{}, {"link": "x"}, {"link": "0"}])
def test_invite_again_without_a_known_link_mails_nothing(
    teacher: Client, invitation: Invitation, form: dict[str, str]
) -> None:
    teacher.post(address(AGAIN, invitation), form)
    assert OutgoingMail.objects.count() == 1


def test_expired_link_is_marked_until_invited_again(teacher: Client, invitation: Invitation, docent: User) -> None:
    assert "De link is verlopen" not in detail(teacher, invitation.assessment)
    later = timezone.now() - timedelta(days=1)
    Invitation.objects.update(invited_at=later - timedelta(days=60), expires_at=later)
    rows = table(detail(teacher, invitation.assessment))
    assert "De link is verlopen op" in rows
    assert f'href="{address(AGAIN, invitation)}"' in rows
    invitation.refresh_from_db()
    invite.invite_again(invitation=invitation, by=docent)
    assert "De link is verlopen" not in detail(teacher, invitation.assessment)


def test_completed_examiner_can_only_be_replaced(teacher: Client, assessed: Assessment) -> None:
    rows = table(detail(teacher, assessed))
    assert "Afgerond" in rows
    assert "Opnieuw uitnodigen" not in rows
    assert "Uitnodiging intrekken" not in rows
    assert "Vervangen" in rows


# --- 'Intrekken' -------------------------------------------------------------------------------------
def test_withdrawing_explains_itself_and_keeps_texts(teacher: Client, invitation: Invitation, docent: User) -> None:
    steps.fill_in(invitation, "G", "Al getypt.")
    page = teacher.get(address(WITHDRAW, invitation)).content.decode()
    assert "Erik Examinator wordt niet meer gevraagd om Anouk van &#x27;t Hoff te beoordelen." in page
    assert "Er is dan niemand meer uitgenodigd" in page
    assert invitation.assessment.invitations.standing().exists()
    page = teacher.post(address(WITHDRAW, invitation), {"reason": "Is ziek."}, follow=True).content.decode()
    assert "De uitnodiging van Erik Examinator is ingetrokken." in page
    assert "Ingetrokken" in table(page)
    event = invitation.assessment.events.latest("pk")
    assert (event.kind, event.actor, event.data["reason"]) == (Event.Kind.WITHDRAWN, docent, "Is ziek.")
    assert {a.justification for a in invitation.assessment.live_assignments} == {"Al getypt."}


def test_withdrawing_twice_shows_a_notice(teacher: Client, invitation: Invitation) -> None:
    teacher.post(address(WITHDRAW, invitation), {})
    answer = teacher.post(address(WITHDRAW, invitation), {}, follow=True)
    assert "De uitnodiging van Erik Examinator is al ingetrokken." in answer.content.decode()
    assert invitation.assessment.events.filter(kind=Event.Kind.WITHDRAWN).count() == 1


def test_withdrawn_examiner_is_invited_again_with_a_message(
    teacher: Client, invitation: Invitation, docent: User
) -> None:
    invite.withdraw(invitation=invitation, by=docent)
    message = reverse("assessments:message", args=[invitation.assessment.public_id])
    link = f"{message}?examinator={invitation.contact_id}"
    assert link in table(detail(teacher, invitation.assessment))
    assert [row.contact for row in teacher.get(link).context["rows"] if row.is_ticked] == [invitation.contact]


def test_replaced_examiner_has_no_actions(teacher: Client, invitation: Invitation, second_examiner: Contact) -> None:
    steps.choose(invitation.assessment, second_examiner)
    row, row_of_new = table(detail(teacher, invitation.assessment)).split("Tineke Tweede", 1)
    assert "Ingetrokken" in row
    assert "<a " not in row
    assert "Nog niet" in row_of_new


@pytest.mark.parametrize("name", [AGAIN, WITHDRAW])
def test_closed_assessment_changes_no_invitation(
    teacher: Client, invitation: Invitation, docent: User, name: str
) -> None:
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    for answer in (
        teacher.get(address(name, invitation), follow=True),
        teacher.post(address(name, invitation), {"link": 1}, follow=True),
    ):
        assert "Deze beoordeling is ingetrokken." in answer.content.decode()
    assert "<a " not in table(detail(teacher, invitation.assessment))
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("name", [AGAIN, WITHDRAW])
def test_invitation_of_another_school_is_not_found(
    client: Client, invitation: Invitation, stranger: User, name: str
) -> None:
    client.force_login(stranger)
    assert client.get(address(name, invitation)).status_code == 404
    assert client.post(address(name, invitation), {"link": 1}).status_code == 404


# --- 'Vervangen' ------------------------------------------------------------------------------------
def test_picker_excludes_the_replaced_examiner(
    teacher: Client, invitation: Invitation, second_examiner: Contact
) -> None:
    pick = reverse("assessments:pick_replacement", args=[invitation.assessment.public_id, invitation.contact_id])
    page = teacher.get(pick)
    assert invitation.contact not in page.context["others"]
    assert f"{replace_address(invitation.assessment, invitation.contact)}?examinator={second_examiner.pk}" in (
        page.content.decode()
    )
    assert "Niemand gevonden voor ‘xyz’." in teacher.get(pick, {"q": "xyz"}).content.decode()


def test_replacing_is_confirmed_and_reported(teacher: Client, invitation: Invitation, second_examiner: Contact) -> None:
    steps.fill_in(invitation, "G", "Al getypt.")
    replaces = replace_address(invitation.assessment, invitation.contact)
    page = teacher.get(replaces, {"examinator": second_examiner.pk})
    text = page.content.decode()
    assert "Dit telt niet meer mee in het resultaat" in text
    assert "begonnen, 2 van 2 criteria" in " ".join(text.split())
    assert "Al getypt." not in text  # a draft is the examiner's
    form = {
        "version": page.context["assessment"].version,
        "examinator": second_examiner.pk,
        "vervalt": [column.assignment.pk for column in page.context["begun"]],
    }
    done = teacher.post(replaces, form, follow=True).content.decode()
    assert "Erik Examinator is vervangen door Tineke Tweede." in done
    assert "De uitnodiging wordt verzonden aan Tineke Tweede." in done
    old, new = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", table(done), re.DOTALL)
    assert "Vervangen door Tineke Tweede" in old
    assert "criteria" not in old
    assert "0 van 4 onderdelen afgerond" in new
    again = teacher.post(replaces, form, follow=True).content.decode()
    assert "Erik Examinator is geen examinator (meer) van deze beoordeling." in again
    assert OutgoingMail.objects.filter(to="tineke@bedrijf.test").count() == 1


@pytest.mark.parametrize("name", ["withdraw", "invite_again"])
def test_replaced_examiner_is_marked(
    teacher: Client, invitation: Invitation, second_examiner: Contact, docent: User, name: str
) -> None:
    replace(assessment=invitation.assessment, old=invitation.contact, new=second_examiner, by=docent)
    answer = teacher.get(reverse(f"assessments:{name}", args=[invitation.public_id]), follow=True)
    assert "Erik Examinator is al vervangen door Tineke Tweede." in answer.content.decode()


def test_work_begun_meanwhile_is_listed_without_replacing(
    teacher: Client, invitation: Invitation, second_examiner: Contact
) -> None:
    form = {"version": invitation.assessment.version, "examinator": second_examiner.pk}
    steps.fill_in(invitation)
    page = teacher.post(replace_address(invitation.assessment, invitation.contact), form)
    assert "Al begonnen met beoordelen" in page.content.decode()
    assert len(page.context["begun"]) == 4
    assert invitation.assessment.couplings.get().contact == invitation.contact


def test_completed_parts_can_be_kept(teacher: Client, invitation: Invitation, second_examiner: Contact) -> None:
    steps.fill_in(invitation)
    first = invitation.assessment.live_assignments.order_by("pk")[0]
    invitation.assessment.live_assignments.filter(pk=first.pk).update(completed_at=timezone.now())
    replaces = replace_address(invitation.assessment, invitation.contact)
    page = teacher.get(replaces, {"examinator": second_examiner.pk})
    assert page.context["has_choice"]
    form = {
        "version": invitation.assessment.version,
        "examinator": second_examiner.pk,
        "afgerond": "houden",
        "vervalt": [column.assignment.pk for column in page.context["begun"]],
    }
    teacher.post(replaces, form)
    first.refresh_from_db()
    assert first.removed_at is None
    assert invitation.assessment.live_assignments.filter(contact=second_examiner).count() == 3


def test_stale_replacement_page_is_refused(teacher: Client, invitation: Invitation, second_examiner: Contact) -> None:
    form = {"version": invitation.assessment.version, "examinator": second_examiner.pk}
    steps.choose(invitation.assessment, invitation.contact, second_examiner)
    page = teacher.post(replace_address(invitation.assessment, invitation.contact), form)
    assert "Iemand anders heeft deze beoordeling intussen gewijzigd" in page.content.decode()
    assert f'name="version" value="{invitation.assessment.version}"' in page.content.decode()


def test_missing_replacement_is_reported(teacher: Client, invitation: Invitation, other_school: School) -> None:
    replaces = replace_address(invitation.assessment, invitation.contact)
    for chosen in ("", "x", invitation.contact_id, ContactFactory(school=other_school).pk):
        answer = teacher.post(replaces, {"examinator": chosen}, follow=True)
        assert "Kies wie Erik Examinator vervangt." in answer.content.decode()


def test_examiner_of_another_school_is_not_found(teacher: Client, invitation: Invitation, other_school: School) -> None:
    foreign = ContactFactory(school=other_school)
    for name in ("replace", "pick_replacement"):
        url = reverse(f"assessments:{name}", args=[invitation.assessment.public_id, foreign.pk])
        assert teacher.get(url).status_code == 404


def test_new_contact_leads_to_the_confirmation(teacher: Client, invitation: Invitation) -> None:
    add = reverse("assessments:add_contact", args=[invitation.assessment.public_id])
    fields = {"first_name": "Greet", "last_name": "Nieuw", "email": "greet@bedrijf.test", "side": "WORKPLACE"}
    page = teacher.post(f"{add}?vervangt={invitation.contact_id}", fields, follow=True)
    assert page.context["new"].full_name == "Greet Nieuw"
    assert page.context["old"] == invitation.contact


# --- 'Adres corrigeren' -----------------------------------------------------------------------------
def test_corrected_address_redirects_back(teacher: Client, invitation: Invitation) -> None:
    back = reverse("assessments:detail", args=[invitation.assessment.public_id])
    edit = f"{reverse('addressbook:edit', args=[invitation.contact_id])}?terug={back}"
    assert edit in detail(teacher, invitation.assessment)
    form = teacher.get(edit)
    assert form.content.decode().count(f'href="{back}"') == 2
    fields = {"first_name": "Erik", "last_name": "Examinator", "email": "nieuw@bedrijf.test", "side": "WORKPLACE"}
    answer = teacher.post(edit, fields | {"opened": form.context["opened"]}, follow=True)
    assert answer.redirect_chain == [(back, 302)]
    assert "1 uitnodiging gaat opnieuw op weg, naar nieuw@bedrijf.test." in answer.content.decode()


@pytest.mark.parametrize("elsewhere", ["https://kwaad.test/", "//kwaad.test/", "/\\kwaad.test", "javascript:alert(1)"])
def test_redirect_back_is_limited_to_the_site(teacher: Client, examiner: Contact, elsewhere: str) -> None:
    edit = reverse("addressbook:edit", args=[examiner.pk], query={"terug": elsewhere})
    form = teacher.get(edit)
    assert f'href="{elsewhere}"' not in form.content.decode()
    fields = {"first_name": "Erik", "last_name": "Ander", "email": examiner.email, "side": "WORKPLACE"}
    answer = teacher.post(edit, fields | {"opened": form.context["opened"]})
    assert answer["Location"].startswith(reverse("addressbook:contacts"))


def test_address_of_an_account_cannot_be_corrected(teacher: Client, assessment: Assessment, school: School) -> None:
    contact = school.contacts.get(user=member(school, Role.PRAKTIJKOPLEIDER))
    steps.choose(assessment, contact)
    steps.send_invitation(assessment, contact)
    rows = table(detail(teacher, assessment))
    assert "Dit adres hoort bij het account in Digibib" in rows
    assert "Adres corrigeren" not in rows


# --- Mail states --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "shown", "again"),
    [
        ({"state": "QUEUED"}, ["In de wachtrij"], False),
        ({"state": "SENT", "sent_at": "2026-11-23T13:03Z"}, ["Verzonden", "ma 23 nov 2026, 14:03"], False),
        (
            {"state": "WAITING", "last_error": "451 try later", "next_attempt_at": "2026-11-23T13:03Z"},
            ["Wacht op nieuwe poging", "451 try later", "Volgende poging: ma 23 nov 2026, 14:03."],
            False,
        ),
        ({"state": "FAILED", "last_error": "550 unknown user"}, ["Mislukt", "550 unknown user"], True),
    ],
)
def test_every_mail_state_is_shown(
    teacher: Client, invitation: Invitation, values: dict[str, str], shown: list[str], again: bool
) -> None:
    OutgoingMail.objects.update(**values)
    rows = table(detail(teacher, invitation.assessment))
    for text in shown:
        assert text in rows
    assert ("Opnieuw verzenden" in rows) is again


def test_failed_mail_of_a_withdrawn_invitation_is_not_offered(
    teacher: Client, invitation: Invitation, docent: User
) -> None:
    invite.withdraw(invitation=invitation, by=docent)
    OutgoingMail.objects.update(state="FAILED", last_error="550 unknown user")
    rows = table(detail(teacher, invitation.assessment))
    assert "550 unknown user" in rows
    assert "Opnieuw verzenden" not in rows


def test_query_count_is_constant_for_examiners(
    teacher: Client, invitation: Invitation, school: School, docent: User, django_assert_num_queries
) -> None:
    page = reverse("assessments:detail", args=[invitation.assessment.public_id])
    teacher.get(page)
    with django_assert_num_queries(17):  # one for the access log
        teacher.get(page)
    more = ContactFactory.create_batch(9, school=school)
    steps.choose(invitation.assessment, invitation.contact, *more)
    steps.invite_for_one(invitation.assessment, contacts=more, by=docent)
    with django_assert_num_queries(17):
        teacher.get(page)


# --- 'Geschiedenis' ----------------------------------------------------------------------------------
def test_history_lists_actors_and_actions_newest_first(
    teacher: Client, invitation: Invitation, colleague: User, second_examiner: Contact
) -> None:
    steps.fill_in(invitation, "G", "Geheim.")
    invite.withdraw(invitation=invitation, by=colleague, reason="Is ziek.")
    couplings.choose_examiners(
        assessment=invitation.assessment,
        target=couplings.Target(),
        contacts=[second_examiner],
        by=colleague,
        remove_begun=True,
    )
    lines = read_history(invitation.assessment)
    assert [(line.what, line.moved) for line in lines] == [
        ("Examinatoren gekozen voor het hele examen door Cora Collega: Tineke Tweede", ""),
        ("Uitnodiging ingetrokken door Cora Collega: Erik Examinator", "van Wordt beoordeeld naar Nieuw"),
        ("Tussentijds opgeslagen door Erik Examinator", "van Uitgenodigd naar Wordt beoordeeld"),
        ("Examinator uitgenodigd door Dirk Docent: Erik Examinator", "van Nieuw naar Uitgenodigd"),
        ("Examinatoren gekozen voor het hele examen door Dirk Docent: Erik Examinator", ""),
        ("Beoordeling gestart door Dirk Docent", ""),
    ]
    assert len([line for line in lines[0].details if line.startswith("Telt niet meer mee: Erik")]) == 4
    assert lines[1].details == ["‘Is ziek.’"]
    page = detail(teacher, invitation.assessment)
    assert "door Cora Collega" in page[page.index('<details class="history">') :]
    assert "Geheim." not in page


def test_repeated_saves_are_one_counted_line(invitation: Invitation, pass_time) -> None:
    for text in ("a", "b", "c"):
        steps.fill_in(invitation, "V", text)
        pass_time(minutes=16)  # more often is not logged
    saved = [line for line in read_history(invitation.assessment) if line.what.startswith("Tussentijds opgeslagen")]
    assert [(line.times, line.moved) for line in saved] == [(3, "van Uitgenodigd naar Wordt beoordeeld")]


def test_newest_of_a_long_history_take_one_query(invitation: Invitation, django_assert_num_queries) -> None:
    Event.objects.bulk_create(
        Event(
            assessment=invitation.assessment,
            kind=Event.Kind.INVITED_AGAIN,
            actor_name="Dirk",
            from_status=Status.INVITED,
            to_status=Status.INVITED,
            data={"examiner": f"nummer {number}"},
        )
        for number in range(300)
    )
    with django_assert_num_queries(1):
        lines = read_history(invitation.assessment)
    assert (len(lines), lines[0].what) == (200, "Opnieuw uitgenodigd door Dirk: nummer 299")
