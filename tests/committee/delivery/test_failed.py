"""Failed mails and PDFs are listed and can be sent again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Role, School, User
from assessments.models import FAILING_ATTEMPTS, Assessment, Document, MailAbout
from assessments.privacy import erasure
from committee.decisions import batch_job
from committee.decisions.batch import Selected
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from committee.delivery.delivery import resend
from digibeoordelen.outbox.models import MailState, OutgoingMail
from tests.factories import MembershipFactory

OFFICE = "bureau@hier.test"
LIST, UNDELIVERED = reverse("committee:afnames"), reverse("committee:undelivered")
REFUSED = "550 Onbekende ontvanger"
NONE = "Alles is verzonden."


@pytest.fixture
def final(assessed: Assessment, committee_member: User) -> Assessment:
    Document.objects.run(finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE).pk)
    assessed.refresh_from_db()
    return assessed


def text_of(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def afname(assessment: Assessment) -> str:
    return reverse("committee:afname", args=[assessment.public_id])


def fail(kind: str) -> OutgoingMail:
    """Mark a mail as refused permanently by the server."""
    mail = OutgoingMail.objects.filter(kind=kind).latest("pk")
    OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, last_error=REFUSED)
    return mail


def sent(kind: str) -> None:
    OutgoingMail.objects.filter(kind=kind).update(state=MailState.SENT, sent_at="2026-11-23T10:00Z")


def counted(client: Client) -> int:
    """Return the count beside 'Verzending mislukt', which is shown only after failures."""
    found = re.search(r'Verzending mislukt <span class="state-count">(\d+)</span>', text_of(client, LIST))
    return int(found[1]) if found else 0


class TestList:
    def test_nothing_is_counted_without_failures(self, member: Client, final: Assessment) -> None:
        assert counted(member) == 0
        assert NONE in text_of(member, UNDELIVERED)

    @pytest.mark.parametrize(
        ("kind", "message"), [("result", f"Pdf aan {OFFICE}"), ("final_student", "Bericht aan anouk@hier.test")]
    )
    def test_failed_mail_is_counted_and_listed_with_its_reason(
        self, member: Client, final: Assessment, kind: str, message: str
    ) -> None:
        fail(kind)
        assert counted(member) == 1
        page = text_of(member, UNDELIVERED)
        assert "Anouk van &#x27;t Hoff" in page
        assert message in page
        assert REFUSED in page
        assert afname(final) in page

    @pytest.mark.parametrize(
        ("kind", "message"),
        [
            ("result_withdrawn", f"Bericht aan {OFFICE} dat versie 1 is ingetrokken"),
            ("result_withdrawn_student", "Bericht aan anouk@hier.test dat het resultaat is ingetrokken"),
        ],
    )
    def test_failed_withdrawal_mail_is_counted(
        self, member: Client, final: Assessment, committee_member: User, kind: str, message: str
    ) -> None:
        sent("result")
        withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
        fail(kind)
        assert counted(member) == 1
        assert message in text_of(member, UNDELIVERED)

    def test_failing_pdf_is_counted(self, member: Client, final: Assessment) -> None:
        final.documents.update(file=None, mail=None, attempts=FAILING_ATTEMPTS)
        assert counted(member) == 1
        assert "Pdf kan niet worden gemaakt" in text_of(member, UNDELIVERED)

    def test_two_failures_of_an_assessment_count_once(self, member: Client, final: Assessment) -> None:
        fail("result")
        fail("final_student")
        assert counted(member) == 1
        assert text_of(member, UNDELIVERED).count(REFUSED) == 2

    def test_dropped_mail_is_not_counted(self, member: Client, final: Assessment, committee_member: User) -> None:
        """A mail that is dropped by the withdrawal is marked as failed."""
        withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
        assert OutgoingMail.objects.filter(kind="result", state=MailState.FAILED).exists()
        assert counted(member) == 0

    def test_resent_mail_is_not_counted(self, member: Client, final: Assessment, committee_member: User) -> None:
        mail = fail("result")
        resend(assessment=final, by=committee_member, exam_office_email=OFFICE, mail=mail.pk)
        assert counted(member) == 0
        fail("result")
        assert counted(member) == 1

    def test_other_schools_and_own_assessments_are_not_counted(
        self, member: Client, final: Assessment, stranger: User, school: School
    ) -> None:
        fail("result")
        MembershipFactory(user=final.student.user, school=school, role=Role.EXAMENCOMMISSIE)
        for other in (stranger, final.student.user):
            member.force_login(other)
            assert counted(member) == 0
            assert NONE in text_of(member, UNDELIVERED)

    def test_mails_of_other_kinds_are_not_counted(self, member: Client, final: Assessment) -> None:
        fail("invitation")
        assert counted(member) == 0

    def test_query_count_is_constant_for_rows(self, member: Client, final: Assessment, committee_member: User) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                text_of(member, UNDELIVERED)
            return len(queries)

        fail("result")
        count()
        one = count()
        fail("final_student")
        sent("result")
        withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
        for kind in ("result_withdrawn", "result_withdrawn_student"):
            fail(kind)
        assert count() == one


def test_sent_mail_is_no_longer_watched(final: Assessment) -> None:
    """The query for failures covers watched mails only."""
    watched = MailAbout.objects.filter(is_watched=True)
    assert set(watched.values_list("mail__kind", flat=True)) == {"result", "final_student"}
    fail("final_student")
    sent("result")
    erasure.tidy_up()
    assert list(watched.values_list("mail__kind", flat=True)) == ["final_student"]


class TestSendingOnceMore:
    @pytest.fixture
    def withdrawn(self, final: Assessment, committee_member: User) -> Assessment:
        sent("result")
        withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
        final.refresh_from_db()
        return final

    def again(self, client: Client, assessment: Assessment, mail: int) -> str:
        address = reverse("committee:tell_again", args=[assessment.public_id])
        return " ".join(client.post(address, {"mail": mail}, follow=True).content.decode().split())

    def test_page_shows_the_state_of_each_mail(self, member: Client, withdrawn: Assessment) -> None:
        sent("result_withdrawn_student")
        mail = fail("result_withdrawn")
        page = text_of(member, afname(withdrawn))
        assert f'Bericht aan {OFFICE} dat versie 1 is ingetrokken: <span class="text-danger">mislukt' in page
        assert REFUSED in page
        assert "Bericht aan anouk@hier.test dat het resultaat is ingetrokken: verzonden op" in page
        assert page.count(f'<input type="hidden" name="mail" value="{mail.pk}">') == 1

    def test_earlier_mails_stay_visible_with_a_new_result(
        self, member: Client, withdrawn: Assessment, committee_member: User
    ) -> None:
        fail("result_withdrawn")
        finalise(assessment=withdrawn, by=committee_member, exam_office_email=OFFICE)
        assert f'Bericht aan {OFFICE} dat versie 1 is ingetrokken: <span class="text-danger">mislukt' in text_of(
            member, afname(withdrawn)
        )

    def test_office_mail_is_sent_again(self, member: Client, withdrawn: Assessment) -> None:
        mail = fail("result_withdrawn")
        assert f"Het bericht aan {OFFICE} wordt opnieuw verzonden." in self.again(member, withdrawn, mail.pk)
        mail.refresh_from_db()
        assert mail.state == MailState.QUEUED
        assert "al opnieuw verzonden" in self.again(member, withdrawn, mail.pk)
        assert OutgoingMail.objects.filter(kind="result_withdrawn").count() == 1

    @pytest.mark.parametrize("kind", ["final_student", "result_withdrawn_student"])
    def test_student_mail_goes_to_the_current_address(
        self, member: Client, final: Assessment, committee_member: User, student: Membership, kind: str
    ) -> None:
        if kind == "result_withdrawn_student":
            sent("result")
            withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
        mail = fail(kind)
        User.objects.filter(pk=student.user_id).update(email="goed@hier.test")
        assert "Het bericht aan goed@hier.test wordt opnieuw verzonden." in self.again(member, final, mail.pk)
        assert "al opnieuw verzonden" in self.again(member, final, mail.pk)
        assert OutgoingMail.objects.filter(kind=kind).count() == 2
        assert OutgoingMail.objects.filter(kind=kind).latest("pk").to == "goed@hier.test"
        assert counted(member) == 0

    def test_withdrawal_mail_is_not_resent_with_a_new_result(
        self, member: Client, withdrawn: Assessment, committee_member: User
    ) -> None:
        mail = fail("result_withdrawn_student")
        finalise(assessment=withdrawn, by=committee_member, exam_office_email=OFFICE)
        assert counted(member) == 0
        self.again(member, withdrawn, mail.pk)
        assert OutgoingMail.objects.filter(kind="result_withdrawn_student").count() == 1

    def test_other_mails_are_not_resent(self, member: Client, withdrawn: Assessment, stranger: User) -> None:
        address = reverse("committee:tell_again", args=[withdrawn.public_id])
        for mail in (fail("invitation").pk, 0, ""):
            assert member.post(address, {"mail": mail}).status_code == 404
        member.force_login(stranger)
        assert member.post(address, {"mail": fail("result_withdrawn").pk}).status_code == 404


class TestBatch:
    @pytest.fixture
    def page(self, member: Client, assessed: Assessment, school: School, committee_member: User) -> Any:
        batch = batch_job.start(
            selected=[Selected(assessed, assessed.version, proposing=False)],
            school=school,
            by=committee_member,
            exam_office_email=OFFICE,
        )
        address = reverse("committee:final_batch", args=[batch.public_id])
        return lambda: text_of(member, address)

    def test_batch_counts_mails_on_their_way(self, page: Any, assessed: Assessment) -> None:
        assert "1 beoordeling is definitief. Van de pdf’s: 1 onderweg." in page()
        assert ">Vernieuwen</a>" in page()
        Document.objects.run(assessed.documents.get().pk)
        assert '<td data-label="Verzending"> <span> In de wachtrij' in page()

    def test_batch_names_failed_mails(self, page: Any, assessed: Assessment) -> None:
        Document.objects.run(assessed.documents.get().pk)
        fail("result")
        assert "Van de pdf’s: 1 niet verzonden." in page()
        assert REFUSED in page()
        assert ">Vernieuwen</a>" not in page()

    def test_batch_reports_all_sent(self, page: Any, assessed: Assessment) -> None:
        Document.objects.run(assessed.documents.get().pk)
        sent("result")
        assert "Van de pdf’s: 1 verzonden." in page()
        assert ">Vernieuwen</a>" not in page()

    def test_batch_counts_failing_pdfs_as_failed(self, page: Any, assessed: Assessment) -> None:
        assessed.documents.update(attempts=FAILING_ATTEMPTS)
        assert "Van de pdf’s: 1 niet verzonden." in page()
        assert "Pdf kan niet worden gemaakt" in page()

    def test_batch_shows_withdrawn_results(self, page: Any, assessed: Assessment, committee_member: User) -> None:
        withdraw_final(assessment=assessed, by=committee_member, reason="Verkeerd.")
        assert '<td data-label="Verzending"> <span> Ingetrokken' in page()
