"""The committee reads the work of removed examiners."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from addressbook.models import Contact
from assessments import corrections
from assessments.coupling import couplings
from assessments.invitations import invite
from assessments.invitations.send_back import send_back
from assessments.models import Assessment, Assignment, Event, Invitation, Status
from committee.decisions.finalise import finalise
from committee.review.review import read, warnings
from tests import steps
from tests.committee.decisions.batch_steps import post_selection, tick
from tests.factories import ContactFactory


def remove_examiner(assessment: Assessment, *left: Contact, by: User) -> None:
    """Remove all examiners but `left`, confirmed."""
    couplings.choose_examiners(
        assessment=assessment, target=couplings.Target(), contacts=left, by=by, remove_begun=True, replace_finer=True
    )
    assessment.refresh_from_db()


@pytest.fixture
def dropped(assessment: Assessment, examiner: Contact, second_examiner: Contact, colleague: User) -> Assessment:
    """ASSESSED, 10,0 by `examiner`; `second_examiner` completed with all O and was removed by a colleague."""
    steps.choose(assessment, examiner, second_examiner)
    steps.assess(steps.send_invitation(assessment, second_examiner), "O")
    remove_examiner(assessment, examiner, by=colleague)
    steps.assess(steps.send_invitation(assessment, examiner), "G")
    assessment.refresh_from_db()
    return assessment


def page(member: Client, name: str, assessment: Assessment) -> str:
    return " ".join(member.get(reverse(name, args=[assessment.public_id])).content.decode().split())


def when(assessment: Assessment) -> str:
    at = assessment.assignments.filter(removed_at__isnull=False)[0].removed_at
    assert at
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def warning_texts(assessment: Assessment, by: User) -> list[str]:
    return [line for line in warnings(read(assessment), by=by) if "weggehaald" in line]


def test_removed_work_is_a_warning_with_details(dropped: Assessment, committee_member: User) -> None:
    assert warning_texts(dropped, committee_member) == [
        f"Tineke Tweede heeft ook beoordeeld (8 keer O; afgerond), maar is op {when(dropped)} weggehaald door "
        "Cora Collega. Dit telt niet mee."
    ]


@pytest.mark.parametrize("name", ["committee:afname", "committee:edit", "committee:finalise"])
def test_every_decision_page_shows_removed_work(member: Client, dropped: Assessment, name: str) -> None:
    text = page(member, name, dropped)
    assert "Tineke Tweede heeft ook beoordeeld (8 keer O; afgerond)" in text
    assert "weggehaald door Cora Collega" in text


def test_batch_warns_of_removed_work(member: Client, dropped: Assessment) -> None:
    assert "Tineke Tweede heeft ook beoordeeld" in post_selection(member, tick([dropped], office="bureau@hier.test"))


def test_removed_scores_are_struck_through(member: Client, dropped: Assessment) -> None:
    text = page(member, "committee:afname", dropped)
    assert text.count('<td class="dropped"') == 8
    assert "<s>Tineke Tweede</s>" in text
    assert ">Onderbouwing van Tineke Tweede.</s>" in text
    assert "10,0" in text


def test_removed_work_does_not_count(member: Client, dropped: Assessment, committee_member: User) -> None:
    reading = read(dropped)
    assert reading.outcome.unit is not None
    assert (reading.outcome.unit.ovg, [contact.last_name for contact in reading.rubric.examiners]) == (
        "G",
        ["Examinator"],
    )
    document = finalise(assessment=dropped, by=committee_member, exam_office_email="bureau@hier.test")
    assert "Tweede" not in str(document.result)
    assert "Tineke Tweede heeft ook beoordeeld" in page(member, "committee:afname", dropped)


def test_removed_draft_is_named_as_unfinished(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, docent: User, committee_member: User
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    drafted = steps.send_invitation(assessment, second_examiner)
    steps.fill_in(drafted, "O", parts=[assessment.assignments.all()[0].part])
    remove_examiner(assessment, examiner, by=docent)
    assert "(2 keer O; niet afgerond)" in warning_texts(assessment, committee_member)[0]


def test_removal_after_sending_back_is_shown(
    dropped: Assessment, examiner: Contact, second_examiner: Contact, docent: User, committee_member: User
) -> None:
    steps.choose(dropped, examiner, second_examiner)  # counts again, so no warning
    assert warning_texts(dropped, committee_member) == []
    steps.send_invitation(dropped, second_examiner)
    assert dropped.status == Status.ASSESSED
    send_back(assessment=dropped, contacts=[second_examiner], by=committee_member, remark="Kijk het na.")
    remove_examiner(dropped, examiner, by=docent)
    [line] = warning_texts(dropped, committee_member)
    assert "(8 keer O; niet afgerond)" in line
    assert "weggehaald door Dirk Docent" in line


def test_removed_text_is_shown_and_empty_work_is_not(
    invitation: Invitation, second_examiner: Contact, docent: User, committee_member: User
) -> None:
    assessment = invitation.assessment
    first = assessment.assignments.all()[0]
    Assignment.objects.filter(pk=first.pk).update(justification="Zag ik.")
    remove_examiner(assessment, second_examiner, by=docent)
    assert (
        "Erik Examinator heeft ook beoordeeld (alleen een onderbouwing; niet afgerond)"
        in (warning_texts(assessment, committee_member)[0])
    )
    steps.send_invitation(assessment, second_examiner)
    remove_examiner(assessment, invitation.contact, by=docent)  # who was invited and wrote nothing
    assert warning_texts(assessment, committee_member) == []


def test_removal_without_a_log_event_is_shown(dropped: Assessment, committee_member: User) -> None:
    """A removal from before the log event existed."""
    Assignment.objects.filter(removed_at__isnull=False).update(removed_at=timezone.now())
    assert warning_texts(dropped, committee_member)[0].endswith("weggehaald. Dit telt niet mee.")


def test_query_count_is_constant_for_removed_work(
    dropped: Assessment, committee_member: User, examiner: Contact
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            list(warnings(read(Assessment.objects.for_pages().get(pk=dropped.pk)), by=committee_member))
        return len(captured)

    queries()  # the exam is cached from here on
    query_count = queries()
    third = ContactFactory(school=dropped.school)
    steps.choose(dropped, examiner, third)
    steps.fill_in(steps.send_invitation(dropped, third), "V")
    remove_examiner(dropped, examiner, by=dropped.initiator)
    assert len(warning_texts(dropped, committee_member)) == 2
    assert queries() == query_count


# --- Lapsed decisions ------------------------------------------------------------------------------
def decide(assessment: Assessment, by: User, score: str) -> None:
    rubric = read(assessment).rubric
    changes = corrections.Changes(
        scores={
            criterion.pk: corrections.Change(score, "Besproken.")
            for part in rubric.parts
            for criterion in part.criteria
        },
        texts={},
    )
    corrections.correct(assessment=assessment, by=by, changes=changes, fingerprint=rubric.result_fingerprint)


def test_lapsed_decisions_are_counted(
    member: Client, disputed: Assessment, committee_member: User, docent: User, examiner: Contact
) -> None:
    decide(disputed, committee_member, "V")
    lapsed = "8 beslissingen van de examencommissie zijn vervallen"
    assert lapsed not in page(member, "committee:afname", disputed)
    send_back(
        assessment=disputed,
        contacts=[invitation.contact for invitation in disputed.invitations.exclude(contact=examiner)],
        by=committee_member,
        remark="Kijk het na.",
    )
    remove_examiner(disputed, examiner, by=docent)
    assert disputed.status == Status.ASSESSED
    for name in ("committee:afname", "committee:edit", "committee:finalise"):
        assert lapsed in page(member, name, disputed)
    assert lapsed in post_selection(member, tick([disputed], office="bureau@hier.test"))


def test_undone_decision_is_not_lapsed(member: Client, disputed: Assessment, committee_member: User) -> None:
    decide(disputed, committee_member, "V")
    decide(disputed, committee_member, "")
    assert "vervallen" not in page(member, "committee:afname", disputed)


def test_lapsed_wordings_are_counted(assessed: Assessment, invitation: Invitation, committee_member: User) -> None:
    column = read(assessed).rubric.columns[0]
    changes = corrections.Changes(
        scores={}, texts={column.assignment.pk: corrections.Change("Net zo.", "Schrijffout.")}
    )
    corrections.correct(
        assessment=assessed,
        by=committee_member,
        changes=changes,
        fingerprint=read(assessed).rubric.result_fingerprint,
    )
    send_back(assessment=assessed, contacts=[invitation.contact], by=committee_member, remark="Kijk het na.")
    steps.assess(Invitation.objects.get(pk=invitation.pk), "G")
    assessed.refresh_from_db()
    warning_list = list(warnings(read(assessed), by=committee_member))
    assert any(
        line.startswith("1 aangepaste onderbouwing van de examencommissie is vervallen") for line in warning_list
    )


# --- 'Wat er is gebeurd' ------------------------------------------------------------------------------
def test_log_names_removed_work_and_withdrawn_invitation(member: Client, dropped: Assessment) -> None:
    text = page(member, "committee:afname", dropped).partition('<details class="events">')[2]
    assert "Telt niet meer mee: Tineke Tweede: Productbeoordeling van B1-K1-W2 Werkproces 2" in text
    assert "Uitnodiging ingetrokken: Tineke Tweede" in text
    assert Event.objects.filter(assessment=dropped, data__has_key="removed").count() == 1


def test_completed_work_without_invitations_explains_the_next_step(
    member: Client, assessed: Assessment, invitation: Invitation, docent: User
) -> None:
    """It leaves the committee's list; no score is lost."""
    invite.withdraw(invitation=invitation, by=docent)
    text = page(member, "committee:afname", assessed)
    assert "Alles is afgerond, maar de uitnodigingen zijn ingetrokken." in text
    assert "Uitnodiging ingetrokken</strong> door Dirk Docent" in text
    assert text.count("ovg-V") >= 8
    steps.send_invitation(assessed, invitation.contact)
    assert assessed.status == Status.ASSESSED
    assert "de uitnodigingen zijn ingetrokken" not in page(member, "committee:afname", assessed)
