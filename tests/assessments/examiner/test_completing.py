"""'Afronden': the summary, the signature and its place on the PDF."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pypdf import PdfReader

from accounts.models import User
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.documents import pdf
from assessments.examiner import saving, signature
from assessments.examiner.summary import examiner_result
from assessments.invitations import invite, send_back
from assessments.models import Assessment, Event, Invitation, Status
from assessments.rubric import read_uncorrected
from committee.decisions.finalise import finalise
from exams.grading.scores import Score
from tests import steps

REMARK = "Leg de G bij criterium 2 uit."


@pytest.fixture
def scored(invitation: Invitation) -> Invitation:
    """Everything scored V by the only examiner, not completed yet."""
    steps.fill_in(invitation, "V")
    return invitation


def open_link(invitation: Invitation) -> Client:
    invitation.refresh_from_db()
    browser = Client()
    browser.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))
    return browser


def address(invitation: Invitation, name: str = "complete") -> str:
    return reverse(f"assessments:{name}", args=[invitation.public_id])


def own(invitation: Invitation):
    return read_uncorrected(invitation.assessment, contact=invitation.contact)


def confirmed(invitation: Invitation, **changed: str) -> dict[str, str]:
    """The post of a valid page."""
    return {
        "function": "Werkbegeleider",
        "organisation": "Zorg & Co",
        "assessed_on": timezone.localdate().isoformat(),
        "place": "Utrecht",
        "confirmed": "on",
        "fingerprint": own(invitation).open_fingerprint,
    } | changed


def back(invitation: Invitation, by: User, remark: str = REMARK) -> None:
    invitation.assessment.refresh_from_db()
    send_back.send_back(assessment=invitation.assessment, contacts=[invitation.contact], by=by, remark=remark)


def pdf_pages(document) -> list[str]:
    content = pdf.render(document.result, name=document.filename)
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


# --- Confirmation --------------------------------------------------------------------------------
def test_missing_confirmation_completes_nothing_and_keeps_input(scored: Invitation) -> None:
    post = confirmed(scored, function="Hoofd opleiding")
    del post["confirmed"]
    answer = open_link(scored).post(address(scored), post)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "Vink aan dat u deze beoordeling zelf hebt gegeven." in shown
    assert 'value="Hoofd opleiding"' in shown
    assert not own(scored).is_completed
    scored.refresh_from_db()
    assert (scored.signed_name, scored.assessed_on) == ("", None)


def test_nog_wijzigen_keeps_typed_signature(scored: Invitation) -> None:
    browser = open_link(scored)
    typed = confirmed(scored, function="Hoofd\0 opleiding", place="Utrecht, De Linde", assessed_on="geen dag")
    assert browser.post(address(scored, "change"), typed)["Location"] == address(scored, "form")
    for elsewhere in (browser, open_link(scored)):
        shown = elsewhere.get(address(scored)).content.decode()
        for value in ("Hoofd opleiding", "Utrecht, De Linde", "geen dag", "Zorg &amp; Co"):
            assert f'value="{value}"' in shown
        assert " checked" not in shown
    assert not own(scored).is_completed
    scored.refresh_from_db()
    assert signature.read(scored.assessment) == {}
    browser.post(address(scored), confirmed(scored))
    scored.refresh_from_db()
    assert (scored.signed_function, scored.typed_signature) == ("Werkbegeleider", {})


def test_nog_wijzigen_truncates_long_signature_fields(scored: Invitation) -> None:
    post = {"function": "x" * 500, "fingerprint": "y", "confirmed": "on"}
    open_link(scored).post(address(scored, "change"), post)
    scored.refresh_from_db()
    assert scored.typed_signature == {"function": "x" * 120}


def test_double_click_completes_once(scored: Invitation) -> None:
    browser, post = open_link(scored), confirmed(scored)
    assert "Uw beoordeling is afgerond." in browser.post(address(scored), post, follow=True).content.decode()
    again = browser.post(address(scored), post | {"function": "Iets anders"}, follow=True).content.decode()
    assert "was al afgerond" in again
    assert Event.objects.filter(kind="COMPLETED").count() == 1
    scored.refresh_from_db()
    assert scored.signed_function == "Werkbegeleider"


def test_missing_tick_is_asked_for_without_an_error(scored: Invitation) -> None:
    browser, post = open_link(scored), confirmed(scored)
    del post["confirmed"]
    shown = browser.post(address(scored), post).content.decode()
    assert "Zet nog een vinkje" in shown
    assert "Dit moet nog worden aangepast" not in shown
    assert "Dit moet nog worden aangepast" in browser.post(address(scored), post | {"assessed_on": ""}).content.decode()


@pytest.mark.parametrize("seen", ["changed", ""])
def test_change_since_the_summary_needs_confirmation_again(scored: Invitation, seen: str) -> None:
    browser, post = open_link(scored), confirmed(scored, organisation="De Linde")
    if seen:
        steps.fill_in(scored, "G", "Intussen, op de telefoon.")
    else:
        post["fingerprint"] = ""
    answer = browser.post(address(scored), post)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "intussen ergens anders gewijzigd" in shown
    assert 'value="De Linde"' in shown
    assert own(scored).open_fingerprint in shown
    assert " checked" not in shown
    assert not own(scored).is_completed


def test_score_removed_meanwhile_leads_back_to_the_form(
    scored: Invitation, second_examiner: Contact, docent: User
) -> None:
    own(scored).columns[0].assignment.scores.all()[0].delete()
    answer = open_link(scored).post(address(scored), confirmed(scored))
    assert answer.status_code == 422
    assert "heeft nog geen score" in answer.content.decode()


def test_cancelled_and_withdrawn_work_is_not_completed(scored: Invitation, docent: User) -> None:
    browser, post = open_link(scored), confirmed(scored)
    invite.withdraw(invitation=scored, by=docent)
    assert browser.post(address(scored), post).status_code == 410
    assert not own(scored).is_completed


# --- Date and place ------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "is_good"), [(1, False), (0, True), (-30, True), (-365, True), (-366, False)])
def test_date_is_within_its_bounds(scored: Invitation, days: int, is_good: bool) -> None:
    day = timezone.localdate(scored.assessment.created_at) + timedelta(days=days)
    answer = open_link(scored).post(address(scored), confirmed(scored, assessed_on=day.isoformat()))
    assert (answer.status_code == 302) is is_good
    assert own(scored).is_completed is is_good
    if not is_good:
        assert f'value="{day.isoformat()}"' in answer.content.decode()


@pytest.mark.parametrize("typed", ["", "geen datum", "2026-02-30"])
def test_invalid_date_is_refused(scored: Invitation, typed: str) -> None:
    assert open_link(scored).post(address(scored), confirmed(scored, assessed_on=typed)).status_code == 422
    assert not own(scored).is_completed


def test_domain_enforces_the_date_bounds(scored: Invitation) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(lifecycle.DomainError, match="toekomst"):
        saving.complete(invitation=scored, signature=signature.Signature(assessed_on=tomorrow))
    assert not own(scored).is_completed


@pytest.mark.parametrize(("planned", "proposed"), [(-3, -3), (None, 0), (5, 0)])
def test_past_planned_day_is_the_default_date(scored: Invitation, planned: int | None, proposed: int) -> None:
    today = timezone.localdate()
    scored.assessment.planned_on = None if planned is None else today + timedelta(days=planned)
    scored.assessment.place = "Utrecht"
    outcome = signature.proposed(scored)
    assert (outcome.assessed_on, outcome.place) == (today + timedelta(days=proposed), "Utrecht")


# --- Signature -----------------------------------------------------------------------------------
def test_signature_is_prefilled_from_the_address_book(scored: Invitation) -> None:
    Contact.objects.filter(pk=scored.contact_id).update(function="Praktijkopleider", organisation="Zorggroep Noord")
    shown = open_link(scored).get(address(scored)).content.decode()
    for text in ("Erik Examinator", 'value="Praktijkopleider"', 'value="Zorggroep Noord"'):
        assert text in shown


def test_pdf_keeps_the_signature_after_contact_changes(scored: Invitation, committee_member: User) -> None:
    day = timezone.localdate() - timedelta(days=2)
    open_link(scored).post(address(scored), confirmed(scored, assessed_on=day.isoformat()))
    contact = scored.contact
    contact.last_name, contact.function, contact.organisation = "Anders", "Directeur", "Elders BV"
    contact.save()
    scored.assessment.refresh_from_db()
    document = finalise(assessment=scored.assessment, by=committee_member, exam_office_email="bureau@hier.test")
    [first, *rest] = pdf_pages(document)
    spoken = date_format(day, "j F Y")
    assert f"Erik Examinator, Werkbegeleider, Zorg & Co, op {spoken} in Utrecht" in first
    for later in ("Erik Anders", "Directeur", "Elders BV"):
        assert later not in first + " ".join(rest)


def test_unsigned_completion_uses_the_address_book_name(assessed: Assessment, committee_member: User) -> None:
    Invitation.objects.update(assessed_on=None, assessed_place="", signed_name="")
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    [first, *_] = pdf_pages(document)
    assert "Erik Examinator" in first


def test_older_document_without_dates_is_rendered(assessed: Assessment, committee_member: User) -> None:
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    for process in document.result["core_tasks"][0]["work_processes"]:
        for part in process["parts"]:
            for examiner in part["examiners"]:
                del examiner["assessed_on"], examiner["place"]
    assert "Erik Examinator" in pdf_pages(document)[0]


# --- Results on the summary ----------------------------------------------------------------------
def test_only_examiner_sees_the_resulting_grade(scored: Invitation, committee_member: User) -> None:
    steps.fill_in(scored, "G")
    outcome = examiner_result(own(scored), contact=scored.contact)
    shown = open_link(scored).get(address(scored)).content.decode()
    saving.complete(invitation=scored)
    scored.assessment.refresh_from_db()
    finalise(assessment=scored.assessment, by=committee_member, exam_office_email="bureau@hier.test")
    scored.assessment.refresh_from_db()
    assert outcome.unit
    assert (outcome.unit.ovg, outcome.unit.grade) == (scored.assessment.ovg, scored.assessment.grade)
    assert str(outcome.unit.grade).replace(".", ",") in shown


def test_partial_examiner_sees_part_results_without_a_grade(
    assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    [first, second] = assessment.unit.core_tasks.get().work_processes.all()
    steps.choose(assessment, examiner, work_process=first)
    steps.choose(assessment, examiner, second_examiner, part=second.parts.all()[0])
    steps.choose(assessment, second_examiner, part=second.parts.all()[1])
    invitation = steps.send_invitation(assessment, examiner)
    steps.fill_in(invitation, "G")
    outcome = examiner_result(own(invitation), contact=examiner)
    assert outcome.unit is None
    [whole, some] = outcome.work_processes
    assert whole.result
    assert whole.result.ovg is Score.G
    assert (some.result, [result.ovg for _, result in some.parts]) == (None, [Score.G])
    shown = open_link(invitation).get(address(invitation)).content.decode()
    assert "hangt ook af van wat anderen beoordelen" in shown
    assert "cijfer <strong>" not in shown


def test_two_examiners_see_own_results_without_a_grade(
    assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    mine, theirs = (steps.send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    steps.fill_in(theirs, "O", "Geheim van Tineke.")
    steps.fill_in(mine, "V")
    shown = open_link(mine).get(address(mine)).content.decode()
    assert "hangt ook af van wat anderen beoordelen" in shown
    for secret in ("cijfer <strong>", "Onvoldoende", "Geheim", "Tineke"):
        assert secret not in shown


def test_query_count_of_the_summary_is_constant(scored: Invitation, django_assert_max_num_queries) -> None:
    browser = open_link(scored)
    with django_assert_max_num_queries(8):
        assert browser.get(address(scored)).status_code == 200


# --- Sent back -----------------------------------------------------------------------------------
def test_sent_back_form_keeps_answers_and_shows_the_question(scored: Invitation, committee_member: User) -> None:
    steps.fill_in(scored, "G", "Daarom.")
    day = timezone.localdate() - timedelta(days=9)
    open_link(scored).post(address(scored), confirmed(scored, assessed_on=day.isoformat()))
    back(scored, committee_member)
    browser = open_link(scored)
    shown = browser.get(address(scored, "form")).content.decode()
    assert "De examencommissie vraagt u dit nog eens te bekijken" in shown
    assert REMARK in shown
    assert (shown.count("Daarom."), len(re.findall(r'value="G"\s+checked', shown))) == (4, 8)
    summary = browser.get(address(scored)).content.decode()
    for text in (f'value="{day.isoformat()}"', 'value="Utrecht"', 'value="Werkbegeleider"', 'value="Zorg &amp; Co"'):
        assert text in summary


def test_completing_clears_the_committee_question(scored: Invitation, committee_member: User) -> None:
    saving.complete(invitation=scored)
    back(scored, committee_member)
    browser = open_link(scored)
    answer = browser.post(address(scored), confirmed(scored), follow=True)
    assert REMARK not in answer.content.decode()
    scored.assessment.refresh_from_db()
    assert scored.assessment.status == Status.ASSESSED
    back(scored, committee_member, remark="Nu nog de plaats.")
    shown = open_link(scored).get(address(scored, "form")).content.decode()
    assert "Nu nog de plaats." in shown
    assert REMARK not in shown


def test_only_the_addressed_examiner_sees_the_question(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, committee_member: User
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    mine, theirs = (steps.send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    for invitation in (mine, theirs):
        steps.assess(invitation)
    back(mine, committee_member)
    assert REMARK in open_link(mine).get(address(mine, "form")).content.decode()
    assert REMARK not in open_link(theirs).get(address(theirs, "form")).content.decode()


def test_form_header_shows_date_and_place(invitation: Invitation) -> None:
    Assessment.objects.update(planned_on=date(2026, 11, 24), place="De Linde, Utrecht")
    shown = open_link(invitation).get(address(invitation, "form")).content.decode()
    assert "di 24 nov 2026, De Linde, Utrecht" in shown
    assert "ROC Hier" in shown
