"""Appeals: recorded and closed by the committee, and visible to students and initiators."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Membership, School, User
from assessments import lifecycle
from assessments.models import Appeal, Assessment, Event, Status
from committee.decisions import cancel
from committee.decisions.finalise import finalise

MY_EXAMS = reverse("assessments:my_exams")


@pytest.fixture
def final(assessed: Assessment, committee_member: User) -> Assessment:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assessed.refresh_from_db()
    return assessed


@pytest.fixture
def appeal(final: Assessment, committee_member: User) -> Appeal:
    return cancel.mark_appeal(
        assessment=final, by=committee_member, received_on=timezone.localdate(), note="Dossier 2026-17, kast 3."
    )


def text_of(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def page_of(client: Client, assessment: Assessment) -> str:
    return text_of(client, reverse("committee:afname", args=[assessment.public_id]))


def post(client: Client, name: str, assessment: Assessment, **data: Any) -> str:
    response = client.post(reverse(f"committee:{name}", args=[assessment.public_id]), data, follow=True)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def mark(client: Client, assessment: Assessment, **data: Any) -> str:
    usual = {"received_on": timezone.localdate().isoformat(), "version": assessment.version}
    return post(client, "mark_appeal", assessment, **usual | data)


def close(client: Client, appeal: Appeal, **data: Any) -> str:
    usual = {"appeal": appeal.pk, "outcome": "DISMISSED", "closed_on": timezone.localdate().isoformat()}
    return post(client, "close_appeal", appeal.assessment, **usual | data)


class TestMarking:
    def test_appeal_is_recorded_and_shown(self, member: Client, final: Assessment, committee_member: User) -> None:
        assert "Bezwaar loopt" not in page_of(member, final)
        page = mark(member, final, note="Dossier 2026-17, kast 3.")
        assert "Het bezwaar is genoteerd." in page
        assert "Bezwaar loopt" in page
        assert "Bezwaar noteren" not in page
        assert "Dossier 2026-17, kast 3." in page
        appeal = final.appeals.get()
        assert appeal.marked_by == committee_member
        assert appeal.received_on == timezone.localdate()

    def test_second_appeal_is_refused(self, member: Client, final: Assessment) -> None:
        mark(member, final)
        assert "Er loopt al een bezwaar" in mark(member, final)
        assert final.appeals.count() == 1
        assert final.events.filter(kind=Event.Kind.APPEAL_MARKED).count() == 1

    def test_appeal_needs_a_final_result(self, member: Client, assessed: Assessment) -> None:
        assert "Bezwaar kan alleen tegen een definitief resultaat" in mark(member, assessed)
        assert reverse("committee:mark_appeal", args=[assessed.public_id]) not in page_of(member, assessed)
        with pytest.raises(lifecycle.TransitionRefused):
            cancel.mark_appeal(assessment=assessed, by=assessed.initiator, received_on=timezone.localdate())
        assert not Appeal.objects.exists()

    @pytest.mark.parametrize(
        ("received", "message"),
        [
            ("", "Vul een datum in."),
            ("gisteren", "Dit is geen datum."),
            ("tomorrow", "Deze datum moet nog komen."),
            ("2020-01-01", "toen was er nog geen resultaat"),
        ],
    )
    def test_impossible_date_is_refused(self, member: Client, final: Assessment, received: str, message: str) -> None:
        if received == "tomorrow":
            received = (timezone.localdate() + timedelta(days=1)).isoformat()
        page = mark(member, final, received_on=received, note="Dossier 17.")
        assert message in page
        assert "Dossier 17." in page
        assert not Appeal.objects.exists()

    def test_late_appeal_is_recorded(self, member: Client, final: Assessment, pass_time: Any) -> None:
        pass_time(days=40)
        member.force_login(User.objects.get(email="commissie@hier.test"))
        mark(member, final)
        assert final.appeals.count() == 1

    def test_form_of_an_earlier_result_is_refused(
        self, member: Client, final: Assessment, committee_member: User
    ) -> None:
        version = final.version
        lifecycle.withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
        finalise(assessment=final, by=committee_member, exam_office_email="bureau@hier.test")
        assert "intussen gewijzigd" in mark(member, final, version=version)
        assert not Appeal.objects.exists()

    def test_appeal_is_recorded_after_a_withdrawal(
        self, member: Client, final: Assessment, committee_member: User
    ) -> None:
        lifecycle.withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
        final.refresh_from_db()
        mark(member, final)
        assert final.appeals.count() == 1

    def test_page_offers_an_appeal_after_a_withdrawal(
        self, member: Client, final: Assessment, committee_member: User
    ) -> None:
        noting = reverse("committee:mark_appeal", args=[final.public_id])
        assert "Bezwaar kan tot en met" in text_of(member, noting)
        lifecycle.withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
        page = page_of(member, final)
        assert noting in page
        assert "bezwaar maken tot en met" not in page
        form = text_of(member, noting)
        assert "Bezwaar kan tot en met" not in form
        assert "None" not in form
        final.refresh_from_db()
        mark(member, final)
        assert "Bezwaar noteren" not in page_of(member, final)


class TestClosing:
    @pytest.mark.parametrize(("outcome", "word"), [("UPHELD", "gegrond"), ("DISMISSED", "ongegrond")])
    def test_appeal_is_closed_with_its_outcome(self, member: Client, appeal: Appeal, outcome: str, word: str) -> None:
        page = close(member, appeal, outcome=outcome)
        assert f"Het bezwaar is afgesloten: {word}." in page
        assert f"Bezwaar: {word}" in page
        assert "Bezwaar loopt" not in page
        appeal.refresh_from_db()
        assert (appeal.outcome, appeal.closed_on) == (outcome, timezone.localdate())
        assert not Appeal.objects.open().exists()

    def test_upheld_appeal_links_to_withdrawing(self, member: Client, appeal: Appeal) -> None:
        page = close(member, appeal, outcome="UPHELD")
        assert "Het resultaat is nog definitief." in page
        hint = page[page.index("Het bezwaar is gegrond") :]
        assert reverse("committee:withdraw_final", args=[appeal.assessment.public_id]) in hint[: hint.index("</p>")]

    @pytest.mark.parametrize("outcome", ["DISMISSED", "WITHDRAWN"])
    def test_dismissed_appeal_has_no_link_to_withdrawing(self, member: Client, appeal: Appeal, outcome: str) -> None:
        assert "Het resultaat is nog definitief." not in close(member, appeal, outcome=outcome)

    def test_upheld_appeal_with_a_new_result_has_no_link(
        self, member: Client, appeal: Appeal, committee_member: User
    ) -> None:
        lifecycle.withdraw_final(assessment=appeal.assessment, by=committee_member, reason="Verkeerd.")
        assert "Het resultaat is nog definitief." not in page_of(member, appeal.assessment)
        finalise(assessment=appeal.assessment, by=committee_member, exam_office_email="bureau@hier.test")
        assert "Het resultaat is nog definitief." not in close(member, appeal, outcome="UPHELD")

    def test_new_appeal_is_possible_after_closing(self, member: Client, appeal: Appeal) -> None:
        close(member, appeal)
        mark(member, appeal.assessment)
        assert appeal.assessment.appeals.count() == 2

    def test_twice_is_once(self, member: Client, appeal: Appeal) -> None:
        close(member, appeal)
        assert "Dit bezwaar is al afgesloten." in close(member, appeal, outcome="UPHELD")
        appeal.refresh_from_db()
        assert appeal.outcome == Appeal.Outcome.DISMISSED
        assert appeal.assessment.events.filter(kind=Event.Kind.APPEAL_CLOSED).count() == 1

    def test_stale_appeal_form_does_not_close_the_next(self, member: Client, appeal: Appeal) -> None:
        close(member, appeal)
        mark(member, appeal.assessment)
        close(member, appeal, outcome="UPHELD")
        assert Appeal.objects.open().count() == 1

    @pytest.mark.parametrize(
        "data", [{"outcome": ""}, {"outcome": "MISSCHIEN"}, {"closed_on": ""}, {"closed_on": "2020-01-01"}]
    )
    def test_outcome_and_date_are_required(self, member: Client, appeal: Appeal, data: dict[str, str]) -> None:
        assert "Dit moet nog worden aangepast" in close(member, appeal, **data)
        assert Appeal.objects.open().exists()

    @pytest.mark.parametrize("pk", ["", "x", "99999999999999999999999", "123456"])
    def test_missing_appeal_is_not_closed(self, member: Client, appeal: Appeal, pk: str) -> None:
        assert "Er loopt geen bezwaar." in post(member, "close_appeal", appeal.assessment, appeal=pk)
        assert Appeal.objects.open().exists()


def test_result_can_be_withdrawn_during_an_appeal(member: Client, appeal: Appeal) -> None:
    assessment = appeal.assessment
    post(member, "withdraw_final", assessment, reason="Bezwaar gegrond.", version=assessment.version)
    assessment.refresh_from_db()
    assert assessment.status == Status.ASSESSED
    assert "Bezwaar loopt" in page_of(member, assessment)
    assert "afgesloten: gegrond" in close(member, appeal, outcome="UPHELD")


def test_open_appeals_are_listed_oldest_first(
    member: Client, appeal: Appeal, stranger: User, committee_member: User
) -> None:
    listed = reverse("committee:appeals")
    assert "Anouk van &#x27;t Hoff" in text_of(member, listed)
    assert listed in text_of(member, reverse("committee:afnames"))
    member.force_login(stranger)
    assert "Anouk" not in text_of(member, listed)
    member.force_login(committee_member)
    close(member, appeal)
    assert "Er loopt geen bezwaar." in text_of(member, listed)


def test_log_has_the_outcome_without_the_note(member: Client, appeal: Appeal) -> None:
    page = close(member, appeal)
    log = page[page.index('<details class="events">') :]
    assert "Bezwaar genoteerd</strong> door Carla Commissie" in log
    assert "Bezwaar afgesloten</strong> door Carla Commissie" in log
    assert "Ongegrond" in log
    assert "Dossier" not in log


def test_initiator_sees_neither_note_nor_outcome(member: Client, appeal: Appeal, docent: User) -> None:
    close(member, appeal)
    member.force_login(docent)
    page = text_of(member, reverse("assessments:detail", args=[appeal.assessment.public_id]))
    assert "Bezwaar genoteerd" in page
    assert "Bezwaar afgesloten" in page
    for hidden in ("Dossier", "ngegrond"):
        assert hidden not in page


class TestStudent:
    @pytest.fixture
    def own(self, client: Client, student: Membership) -> Client:
        client.force_login(student.user)
        return client

    def test_student_reads_how_and_until_when_to_appeal(
        self, own: Client, assessed: Assessment, committee_member: User
    ) -> None:
        School.objects.update(appeal_text="Mail <uw bezwaar> naar\ncommissie@hier.test.", appeal_days=10)
        finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
        page = text_of(own, MY_EXAMS)
        assert "Mail &lt;uw bezwaar&gt; naar<br>commissie@hier.test." in page
        last = date_format(timezone.localdate() + timedelta(days=10))
        assert f"U kunt bezwaar maken tot en met {last}." in page

    def test_student_without_school_text_sees_the_contact(self, own: Client, final: Assessment) -> None:
        assert "Vraag bij uw school hoe u dat doet." in text_of(own, MY_EXAMS)

    @pytest.mark.parametrize(("days", "over"), [(14, False), (15, True)])
    def test_appeal_period_includes_its_last_day(
        self, own: Client, assessed: Assessment, committee_member: User, time_machine: Any, days: int, over: bool
    ) -> None:
        time_machine.move_to("2026-11-02T09:00+01:00")
        finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
        day = date(2026, 11, 2) + timedelta(days=days)
        time_machine.move_to(f"{day}T23:30+01:00")
        own.force_login(assessed.student.user)
        page = text_of(own, MY_EXAMS)
        assert ("die termijn is voorbij" in page) is over
        assert ("U kunt bezwaar maken tot en met ma 16 nov 2026." in page) is not over

    def test_appeals_are_not_mentioned_without_a_result(self, own: Client, assessed: Assessment) -> None:
        School.objects.update(appeal_text="Mail de commissie.")
        page = text_of(own, MY_EXAMS)
        assert "bezwaar" not in page.lower()
        assert "Mail de commissie." not in page

    def test_school_text_is_not_translated(self, own: Client, final: Assessment) -> None:
        School.objects.update(appeal_text="Mail de commissie.")
        own.post(reverse("accounts:language"), {"language": "en", "next": MY_EXAMS})
        page = text_of(own, MY_EXAMS)
        assert "You can appeal until" in page
        assert '<div lang="nl"><p>Mail de commissie.</p></div>' in page
