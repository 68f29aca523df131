"""The committee's page of one assessment."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.examiner import saving, signature
from assessments.invitations import send_back
from assessments.models import FAILING_ATTEMPTS, Assessment, Document, Invitation, Status
from committee.decisions.finalise import finalise
from committee.review.review import read
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory, first_unit, make_exam, make_weighted_exam


def page_of(client: Client, assessment: Assessment) -> str:
    return client.get(reverse("committee:afname", args=[assessment.public_id])).content.decode()


def text_of(page: str) -> str:
    return " ".join(page.split())


def test_page_shows_people_and_the_coming_result(member: Client, assessed: Assessment) -> None:
    page = page_of(member, assessed)
    for text in (
        "Anouk van &#x27;t Hoff",
        "123456",
        "Verzorgende IG",
        "B1 Eenheid 1",
        "Dirk Docent",
        "Erik Examinator",
    ):
        assert text in page
    assert "Dit wordt het resultaat als de beoordeling wordt afgerond." in page
    assert "B1-K1-W2 Werkproces 2" in page
    assert 'class="score ovg-V"' in page


def test_examiner_is_shown_as_signed_or_as_contact(
    member: Client, invitation: Invitation, committee_member: User
) -> None:
    Contact.objects.update(function="Werkbegeleider", organisation="De Linde")
    steps.fill_in(invitation)
    assert "Erik Examinator, Werkbegeleider, De Linde" in text_of(page_of(member, invitation.assessment))
    saving.complete(
        invitation=invitation,
        signature=signature.Signature(timezone.localdate(), "Utrecht", "Hoofd zorg", "De Linde & Co"),
    )
    Contact.objects.update(last_name="Andersom", function="Vertrokken")
    signed = (
        f"Erik Examinator, Hoofd zorg, De Linde &amp; Co, op {date_format(timezone.localdate(), 'j F Y')} in Utrecht"
    )
    assert signed in text_of(page_of(member, invitation.assessment))
    invitation.assessment.refresh_from_db()
    send_back.send_back(
        assessment=invitation.assessment, contacts=[invitation.contact], by=committee_member, remark="Kijk nog eens."
    )
    assert "Erik Andersom, Vertrokken, De Linde" in text_of(page_of(member, invitation.assessment))


def test_assessed_assessment_can_be_finalised_or_sent_back(member: Client, assessed: Assessment) -> None:
    page = text_of(page_of(member, assessed))
    assert ">Afronden</a>" in page
    assert ">Terugsturen</a>" in page


def test_disputed_scores_are_side_by_side_without_finalising(member: Client, disputed: Assessment) -> None:
    page = text_of(page_of(member, disputed))
    assert page.count("Examinatoren verschillen") == 8
    assert "Examinatoren zijn het niet eens over 8 criteria." in page
    assert '<th scope="col"> Erik Examinator' in page
    assert '<th scope="col"> Tineke Tweede' in page
    assert 'data-label="Tineke Tweede"' in page
    assert "Onderbouwing van Tineke Tweede." in page
    assert ">Afronden</a>" not in page
    assert ">Terugsturen</a>" in page
    assert 'class="verdict"' not in page


def test_disputes_are_linked(member: Client, disputed: Assessment) -> None:
    page = text_of(page_of(member, disputed))
    links = re.findall(r'<a href="#(deel-\d+)">(B1-K1-W\d, \w+)</a>: 2 criteria', page)
    assert [words for _, words in links] == [
        f"B1-K1-W{number}, {kind}" for number in (1, 2) for kind in ("Gedragsobservatie", "Productbeoordeling")
    ]
    assert all(f'id="{place}"' in page for place, _ in links)


def test_drafts_are_hidden_and_their_examiners_named(
    member: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.assess(steps.send_invitation(assessment, examiner))
    steps.fill_in(steps.send_invitation(assessment, second_examiner), "O", "Een concept dat nog kan veranderen.")
    page = text_of(page_of(member, assessment))
    assert "Een concept" not in page
    assert "Onvoldoende" not in page
    assert "Wacht op Tineke Tweede: alles is gescoord, nog niet afgerond." in page
    assert "Wacht op Erik Examinator" not in page
    assert ">Afronden</a>" not in page


def test_saving_a_hidden_draft_keeps_its_text_and_scores(
    assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.assess(steps.send_invitation(assessment, examiner))
    steps.fill_in(steps.send_invitation(assessment, second_examiner), "O", "Een concept.")
    drafts = [column for column in read(assessment).rubric.columns if column.assignment.contact == second_examiner]
    for draft in drafts:
        assert (draft.scores, draft.examiner_justification, draft.effective_justification) == ({}, "", "")
        draft.assignment.save()
        draft.assignment.refresh_from_db()
        assert draft.assignment.justification == "Een concept."
        assert set(draft.assignment.scores.values_list("value", flat=True)) == {"O"}
    assert len(drafts) == 4


def test_open_parts_are_counted(member: Client, invitation: Invitation, unit: ExamUnit) -> None:
    assert "Wacht op Erik Examinator: 4 van 4 onderdelen open." in text_of(page_of(member, invitation.assessment))
    steps.fill_in(invitation, parts=unit.core_tasks.get().work_processes.all()[0].parts.all())
    assert "Wacht op Erik Examinator: 2 van 4 onderdelen open." in text_of(page_of(member, invitation.assessment))


def test_weights_of_core_tasks_are_shown(member: Client, student: Membership, docent: User, examiner: Contact) -> None:
    assessment = steps.start_assessment(student, first_unit(make_weighted_exam("2", "1.50")), docent)
    steps.choose(assessment, examiner)
    steps.assess(steps.send_invitation(assessment, examiner))
    page = text_of(page_of(member, assessment))
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert re.findall(r"Kerntaak \d \(weegt [\d,]+ ×\)", text) == ["Kerntaak 1 (weegt 2 ×)", "Kerntaak 2 (weegt 1,5 ×)"]
    assert "gemiddelde van de cijfers van de kerntaken naar hun weging" in page


def test_equal_weights_are_not_shown(member: Client, assessed: Assessment) -> None:
    page = page_of(member, assessed)
    assert "Resultaat per werkproces" in page
    assert "weegt" not in page
    assert "weging" not in page


def test_part_without_an_examiner_is_named(member: Client, assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner, work_process=assessment.unit.core_tasks.get().work_processes.all()[0])
    page = page_of(member, assessment)
    assert "B1-K1-W2, Gedragsobservatie: nog geen examinator gekozen." in page
    assert "B1-K1-W1, Gedragsobservatie: nog geen" not in page


def test_assessment_without_examiners_has_one_line(member: Client, assessment: Assessment) -> None:
    assert "er is nog geen examinator gekozen" in page_of(member, assessment)


def test_cancelled_assessment_shows_the_reason_without_a_result(
    member: Client, assessed: Assessment, committee_member: User
) -> None:
    lifecycle.cancel(assessment=assessed, by=committee_member, reason="Niet verschenen.", counts_as_attempt=False)
    page = text_of(page_of(member, assessed))
    assert "Niet verschenen." in page
    assert "Deze poging telt niet mee." in page
    assert "Resultaat per werkproces" not in page
    assert ">Afronden</a>" not in page


def test_log_is_at_the_bottom(member: Client, assessed: Assessment) -> None:
    page = text_of(page_of(member, assessed))
    log = page[page.index('<details class="events">') :]
    assert "Beoordeling gestart</strong> door Dirk Docent" in log
    assert "Beoordeling afgerond</strong> door Erik Examinator: van Wordt beoordeeld naar Beoordeeld" in log


class TestFinal:
    @pytest.fixture
    def final(self, assessed: Assessment, committee_member: User) -> Assessment:
        finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
        assessed.refresh_from_db()
        return assessed

    @pytest.fixture
    def mail(self, final: Assessment) -> OutgoingMail:
        document = final.documents.get()
        Document.objects.run(document.pk)
        document.refresh_from_db()
        assert document.mail is not None
        return document.mail

    def fail(self, mail: OutgoingMail) -> None:
        OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, last_error="550 Onbekende ontvanger")

    def test_page_polls_while_the_pdf_is_made(self, member: Client, final: Assessment) -> None:
        page = text_of(page_of(member, final))
        assert "Vastgesteld op" in page
        assert "door Carla Commissie" in page
        assert "Wordt gemaakt" in page
        assert "hx-trigger" in page
        assert ">Afronden</a>" not in page

    def test_page_shows_the_pdf_and_the_queued_mail(
        self, member: Client, final: Assessment, mail: OutgoingMail
    ) -> None:
        page = text_of(page_of(member, final))
        assert reverse("assessments:document", args=[final.documents.get().public_id]) in page
        assert "Aan bureau@hier.test: in de wachtrij" in page

    def test_failed_mail_shows_why_and_can_be_resent(
        self, member: Client, final: Assessment, mail: OutgoingMail
    ) -> None:
        self.fail(mail)
        part = member.get(reverse("committee:delivery", args=[final.public_id])).content.decode()
        assert "550 Onbekende ontvanger" in part
        assert "hx-trigger" not in part
        assert reverse("committee:send_again", args=[final.public_id]) in part

    def test_failing_pdf_can_be_made_again(self, member: Client, final: Assessment) -> None:
        final.documents.update(file=None, mail=None, attempts=FAILING_ATTEMPTS)
        part = member.get(reverse("committee:delivery", args=[final.public_id])).content.decode()
        assert "kon na 4 pogingen niet worden gemaakt" in text_of(part)
        assert "hx-trigger" not in part
        again = reverse("committee:make_again", args=[final.public_id])
        assert "wordt opnieuw gemaakt" in member.post(again, follow=True).content.decode()
        assert "wordt al gemaakt" in member.post(again, follow=True).content.decode()
        assert Document.objects.run(final.documents.get().pk)

    def test_resending_is_for_the_own_committee(
        self, client: Client, final: Assessment, mail: OutgoingMail, stranger: User, docent: User, student: Membership
    ) -> None:
        self.fail(mail)
        again = reverse("committee:send_again", args=[final.public_id])
        for user in (stranger, docent, student.user):
            client.force_login(user)
            assert client.post(again, {"mail": mail.pk, "email": "bureau@hier.test"}).status_code == 404
            assert client.get(again).status_code == 404
        assert OutgoingMail.objects.filter(kind="result").count() == 1

    def test_earlier_version_can_be_read(
        self, member: Client, final: Assessment, mail: OutgoingMail, committee_member: User
    ) -> None:
        first = final.documents.get()
        lifecycle.withdraw_final(assessment=final, by=committee_member, reason="Verkeerde cohort.")
        assert "Vastgesteld op" not in page_of(member, final)
        finalise(assessment=final, by=committee_member, exam_office_email="bureau@hier.test")
        page = page_of(member, final)
        assert "Versie 1" in page
        assert reverse("assessments:document", args=[first.public_id]) in page


def test_query_count_is_constant_for_the_exam(
    member: Client, assessed: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    large = first_unit(make_exam(core_tasks=2, work_processes=3, criteria=5))
    student = MembershipFactory(school=assessed.school)
    more = steps.start_assessment(student, large, docent)
    steps.choose(more, examiner, second_examiner)
    for contact in (examiner, second_examiner):
        steps.assess(steps.send_invitation(more, contact))
    more.refresh_from_db()
    counts = []
    for assessment in (assessed, more):
        assert assessment.status == Status.ASSESSED
        page_of(member, assessment)
        with CaptureQueriesContext(connection) as queries:
            page_of(member, assessment)
        counts.append(len(queries))
    # session, user, assessment, access log, rubric (2), scheme (2), corrections, signatures, documents,
    # events, appeals, the participation, roles for the tabs, whether the initiator left; the member's committees, each
    # time with their roles; for the place in the list: own memberships, exams to choose from, order; for the exam
    # office: the list, where the last one went; what was delivered to coupled systems
    assert counts[0] == counts[1] == 25


@pytest.mark.parametrize("name", ["afname", "delivery", "finalise", "send_back", "cancel"])
def test_other_users_get_not_found(
    client: Client, assessed: Assessment, stranger: User, docent: User, student: Membership, name: str
) -> None:
    address = reverse(f"committee:{name}", args=[assessed.public_id])
    for user in (stranger, docent, student.user):
        client.force_login(user)
        assert client.get(address).status_code == 404
        if name in ("finalise", "send_back", "cancel"):
            post = {"email": "x@hier.test", "version": assessed.version, "remark": "x"}
            assert client.post(address, post).status_code == 404
    assessed.refresh_from_db()
    assert assessed.status == Status.ASSESSED
