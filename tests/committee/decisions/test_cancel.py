"""'Intrekken': the reason, the attempt and the notifications."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.invitations.scheduled_reminders import send_due
from assessments.models import Assessment, CancelKind, Event, Invitation, Status
from committee.decisions.cancel import COUNTS_AS_ATTEMPT
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.links import LinkVoid
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps

REASON = "De student was er om 9:00 uur niet."


def address(assessment: Assessment) -> str:
    return reverse("committee:cancel", args=[assessment.public_id])


def post(client: Client, assessment: Assessment, **data: Any) -> str:
    usual = {
        "kind": "NO_SHOW",
        "counts": "gebruikelijk",
        "reason": REASON,
        "version": assessment.version,
        "seen": assessment.status,
    }
    response = client.post(address(assessment), usual | data, follow=True)
    assert response.status_code == 200
    assessment.refresh_from_db()
    return " ".join(response.content.decode().split())


def mails(kind: str) -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind=kind).order_by("to"))


@pytest.fixture
def two_invited(assessment: Assessment, examiner: Contact, second_examiner: Contact) -> list[Invitation]:
    """Both examiners invited for everything; the first has completed."""
    steps.choose(assessment, examiner, second_examiner)
    invitations = [steps.send_invitation(assessment, contact) for contact in (examiner, second_examiner)]
    steps.assess(invitations[0])
    assessment.refresh_from_db()
    return invitations


def test_page_shows_the_student_and_the_recipients(
    member: Client, assessment: Assessment, two_invited: list[Invitation]
) -> None:
    page = " ".join(member.get(address(assessment)).content.decode().split())
    assert "Beoordeling van Anouk van &#x27;t Hoff intrekken?" in page
    assert "Tineke Tweede (tineke@bedrijf.test)" in page
    assert "Dirk Docent, de docent die de beoordeling startte" in page
    assert "Anouk van &#x27;t Hoff, de student" in page
    assert "Erik Examinator" not in page, "has nothing left to do"
    assert "De student leest dit bij ‘Mijn examens’" in page
    assert "btn-primary" not in page


@pytest.mark.parametrize(("kind", "counts"), COUNTS_AS_ATTEMPT.items())
def test_kind_decides_by_default_whether_the_attempt_counts(
    member: Client, invitation: Invitation, kind: CancelKind, counts: bool
) -> None:
    post(member, invitation.assessment, kind=kind)
    assert invitation.assessment.status == Status.CANCELLED
    assert invitation.assessment.cancel_kind == kind
    assert invitation.assessment.counts_as_attempt is counts


@pytest.mark.parametrize(("kind", "message", "counts"), [("NO_SHOW", "nee", False), ("INVALID", "ja", True)])
def test_committee_overrides_whether_the_attempt_counts(
    member: Client, invitation: Invitation, kind: str, message: str, counts: bool
) -> None:
    page = post(member, invitation.assessment, kind=kind, counts=message)
    assert invitation.assessment.counts_as_attempt is counts
    assert f"Deze poging telt {'' if counts else 'niet '}mee." in page


def test_start_after_a_counted_attempt_is_a_resit(
    member: Client, invitation: Invitation, student: Membership, docent: User
) -> None:
    post(member, invitation.assessment, kind="INVALID")
    again = steps.start_assessment(student, invitation.assessment.unit, docent)
    assert again.attempt == 1
    post(member, again, kind="NO_SHOW")
    assert steps.start_assessment(student, invitation.assessment.unit, docent).attempt == 2


def test_examiners_and_initiator_are_notified_without_the_reason(
    member: Client, assessment: Assessment, two_invited: list[Invitation]
) -> None:
    page = post(member, assessment)
    assert "is ingetrokken. Bericht gaat naar Anouk van &#x27;t Hoff, Tineke Tweede." in page
    [to_examiner] = mails("cancelled")
    [to_initiator] = mails("cancelled_initiator")
    assert to_examiner.to == "tineke@bedrijf.test"
    assert to_examiner.subject == "U hoeft Anouk van 't Hoff niet meer te beoordelen: Verzorgende IG, B1"
    assert to_initiator.to == "docent@hier.test"
    for mail in (to_examiner, to_initiator):
        assert REASON not in mail.text + mail.html
        assert "verschenen" not in mail.text + mail.html
    assert "Anouk van 't Hoff" in to_examiner.text
    assert reverse("assessments:detail", args=[assessment.public_id]) in to_initiator.text


@pytest.mark.parametrize("counts", ["ja", "nee"])
def test_student_is_notified_without_the_reason(member: Client, invitation: Invitation, counts: str) -> None:
    post(member, invitation.assessment, kind="IRREGULARITY", counts=counts)
    [mail] = mails("cancelled_student")
    assert (mail.to, mail.reply_to) == ("anouk@hier.test", "commissie@hier.test")
    assert mail.subject == "Uw beoordeling van Verzorgende IG, B1 is ingetrokken"
    assert reverse("assessments:my_exams") in mail.text
    assert mail.about.get().assessment == invitation.assessment
    for text in (mail.text, mail.html):
        assert REASON not in text
        assert "nregelmatigheid" not in text


def test_student_is_notified_without_invitations(member: Client, assessment: Assessment) -> None:
    post(member, assessment)
    assert len(mails("cancelled_student")) == 1


def test_examiner_is_notified_in_english(member: Client, invitation: Invitation, examiner: Contact) -> None:
    examiner.set_language("en")
    post(member, invitation.assessment)
    [mail] = mails("cancelled")
    assert mail.subject == "You no longer need to assess Anouk van 't Hoff: Verzorgende IG, B1"
    assert '<html lang="en">' in mail.html
    for dutch in ("Geachte", "beoordel", "hoeft", "Vragen?"):
        assert dutch not in mail.text.replace("via Digitaal beoordelen", "")


def test_cancelling_an_assessed_assessment_notifies_no_examiner(member: Client, assessed: Assessment) -> None:
    post(member, assessed, kind="IRREGULARITY")
    assert assessed.status == Status.CANCELLED
    assert mails("cancelled") == []
    assert len(mails("cancelled_initiator")) == 1


def test_links_show_the_cancellation_and_reminders_stop(
    client: Client, member: Client, invitation: Invitation, pass_time: Any
) -> None:
    token = links.token_for(invitation=invitation)
    data = dict(links.mail_link(invitation=invitation).data)
    post(member, invitation.assessment)
    response = Client().get(reverse("assessments:open_link", args=[token]))
    assert response.status_code == 410
    assert "Deze beoordeling gaat niet door" in response.content.decode()
    assert "Vraag een nieuwe link aan" not in response.content.decode()
    with pytest.raises(LinkVoid):
        links.resolve(data)
    sent = OutgoingMail.objects.count()
    for _ in range(15):
        pass_time(days=1)
        assert send_due() == 0
    assert OutgoingMail.objects.count() == sent


def test_log_has_the_reason_and_whether_it_counts(member: Client, invitation: Invitation, docent: User) -> None:
    page = post(member, invitation.assessment, kind="IRREGULARITY")
    log = page[page.index('<details class="events">') :]
    assert "Onregelmatigheid; telt als poging" in log
    assert f"‘{REASON}’" in log
    assert "door Carla Commissie" in log
    member.force_login(docent)
    page = member.get(reverse("assessments:detail", args=[invitation.assessment.public_id])).content.decode()
    assert "Onregelmatigheid; telt als poging" in page


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ({"kind": ""}, "Kies waarom u de beoordeling intrekt."),
        ({"kind": "MISTAKE"}, "Dit moet nog worden aangepast"),
        ({"reason": " \n"}, "Schrijf in een paar woorden wat er is gebeurd."),
        ({"reason": "x" * 2001}, "Dit mag 2000 tekens lang zijn"),
        ({"counts": ""}, "Kies of dit als poging telt."),
        ({"version": ""}, "Dit moet nog worden aangepast"),
    ],
)
def test_missing_fields_are_shown_and_input_is_kept(
    member: Client, invitation: Invitation, missing: dict[str, str], message: str
) -> None:
    page = post(member, invitation.assessment, **missing)
    assert message in page
    assert invitation.assessment.status == Status.INVITED
    assert "reason" in missing or REASON in page
    assert mails("cancelled") == []


def test_double_click_notifies_once(member: Client, invitation: Invitation) -> None:
    version, seen = invitation.assessment.version, invitation.assessment.status
    post(member, invitation.assessment)
    page = post(member, invitation.assessment, version=version, seen=seen)
    assert "Deze beoordeling is al ingetrokken" in page
    assert len(mails("cancelled")) == len(mails("cancelled_initiator")) == 1
    assert invitation.assessment.events.filter(kind=Event.Kind.CANCELLED).count() == 1


def test_completed_meanwhile_asks_again_and_keeps_the_text(member: Client, invitation: Invitation) -> None:
    steps.assess(invitation)
    page = post(member, invitation.assessment, seen="INVITED")
    assert "De status is intussen ‘Beoordeeld’." in page
    assert REASON in page
    assert invitation.assessment.status == Status.ASSESSED
    assert 'name="seen" value="ASSESSED"' in page
    post(member, invitation.assessment)
    assert invitation.assessment.status == Status.CANCELLED


def test_changed_examiners_ask_again(member: Client, invitation: Invitation) -> None:
    page = post(member, invitation.assessment, version=invitation.assessment.version - 1)
    assert "heeft deze beoordeling intussen gewijzigd" in page
    assert REASON in page
    assert invitation.assessment.status == Status.INVITED


def test_final_assessment_is_not_cancelled(member: Client, assessed: Assessment, committee_member: User) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    page = post(member, assessed)
    assert "Trek eerst het definitieve resultaat in." in page
    assert assessed.status == Status.FINAL
    afname = member.get(reverse("committee:afname", args=[assessed.public_id])).content.decode()
    assert address(assessed) not in afname


def test_get_with_a_reason_changes_nothing(member: Client, invitation: Invitation) -> None:
    member.get(address(invitation.assessment), {"kind": "NO_SHOW", "reason": REASON})
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.INVITED


def test_member_who_is_initiator_gets_no_mail(member: Client, invitation: Invitation, committee_member: User) -> None:
    Assessment.objects.update(initiator=committee_member)
    post(member, invitation.assessment)
    assert mails("cancelled_initiator") == []


def test_forbidden_transition_is_refused(member: Client, invitation: Invitation) -> None:
    post(member, invitation.assessment)
    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.cancel(
            assessment=invitation.assessment,
            by=invitation.assessment.initiator,
            reason="Nog eens.",
            counts_as_attempt=True,
        )


def test_corrected_form_still_detects_a_change(member: Client, invitation: Invitation) -> None:
    assessment = invitation.assessment
    opened = {"version": assessment.version, "seen": assessment.status}
    steps.assess(invitation)
    page = post(member, assessment, reason="", **opened)
    assert f'name="seen" value="{opened["seen"]}"' in page
    assert assessment.status == Status.ASSESSED
