"""Attendance, identity, irregularities and adaptations: who records them, and where they show."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.models import Assessment, Event, Participation, Sitting, SittingStaff
from assessments.privacy import erasure
from assessments.sittings import participation
from assessments.sittings.forms import SittingForm
from committee.decisions.finalise import finalise
from tests import steps

VALUES = {"attendance": "present", "identity_checked": True, "irregularities": "Brandalarm om 10:15."}


def url(assessment: Assessment, name: str = "assessments:record") -> str:
    return reverse(name, args=[assessment.public_id])


def posted(version: int = 0, **fields: object) -> dict[str, object]:
    return {"attendance": "present", "irregularities": "", "version": version, **fields}


def make_sitting(assessment: Assessment, name: str = "Lassen, lokaal 13") -> Sitting:
    at = timezone.now() + timedelta(days=3)
    made = Sitting.objects.create(
        school=assessment.school, unit=assessment.unit, name=name, starts_at=at, ends_at=at + timedelta(hours=2)
    )
    values = {"school": assessment.school, "sitting": made}
    Participation.objects.update_or_create(assessment=assessment, defaults=values)
    return made


def test_records_and_writes_one_event(assessment: Assessment, docent: User) -> None:
    participation.record(assessment=assessment, values=VALUES, version=0, by=docent)
    stored = participation.read(assessment)
    assert {name: getattr(stored, name) for name in VALUES} == VALUES
    event = assessment.events.get(kind=Event.Kind.ATTENDANCE)
    assert event.data == {"lines": ["Aanwezig", "Identiteit gecontroleerd", "Brandalarm om 10:15."]}
    assert event.actor == docent


def test_same_values_write_nothing(assessment: Assessment, docent: User) -> None:
    participation.record(assessment=assessment, values=VALUES, version=0, by=docent)
    participation.record(assessment=assessment, values=VALUES, version=1, by=docent)
    assert assessment.events.filter(kind=Event.Kind.ATTENDANCE).count() == 1
    assert participation.read(assessment).version == 1


def test_change_since_the_page_was_opened_is_refused(assessment: Assessment, docent: User) -> None:
    participation.record(assessment=assessment, values=VALUES, version=0, by=docent)
    with pytest.raises(lifecycle.DomainError, match="Iemand anders"):
        participation.record(assessment=assessment, values={"irregularities": "Iets anders."}, version=0, by=docent)
    assert participation.read(assessment).irregularities == "Brandalarm om 10:15."


def test_final_assessment_is_refused(assessed: Assessment, committee_member: User, docent: User) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    with pytest.raises(lifecycle.TransitionRefused):
        participation.record(assessment=assessed, values=VALUES, version=0, by=docent)


def test_own_assessment_is_refused(assessment: Assessment) -> None:
    with pytest.raises(lifecycle.DomainError, match="eigen beoordeling"):
        participation.record(assessment=assessment, values=VALUES, version=0, by=assessment.student.user)


def test_final_result_holds_it_with_adaptations(assessed: Assessment, committee_member: User, docent: User) -> None:
    values = {**VALUES, "extra_minutes": 30, "needs": ["spoken", "eigen laptop"]}
    participation.record(assessment=assessed, values=values, version=0, by=docent)
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert assessed.documents.get().result["participation"] == {
        "course": ["Aanwezig", "Identiteit gecontroleerd", "30 min extra tijd", "voorlezen", "eigen laptop"],
        "irregularities": "Brandalarm om 10:15.",
    }


def test_final_result_without_it_holds_none(assessed: Assessment, committee_member: User) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert assessed.documents.get().result["participation"] is None


def test_docent_records_on_the_page(client: Client, assessment: Assessment, docent: User) -> None:
    client.force_login(docent)
    page = client.get(url(assessment)).content.decode()
    assert "Extra tijd in minuten" in page
    answer = client.post(
        url(assessment), posted(identity_checked="on", extra_minutes="30", needs="voorlezen\n  eigen   laptop \n")
    )
    assert answer.status_code == 302
    stored = participation.read(assessment)
    assert (stored.extra_minutes, stored.needs) == (30, ["spoken", "eigen laptop"])
    detail = client.get(url(assessment, "assessments:detail")).content.decode()
    for text in ("Aanwezig", "Identiteit gecontroleerd", "30 min extra tijd", "voorlezen", "eigen laptop"):
        assert text in detail


def test_stale_page_keeps_what_was_typed(client: Client, assessment: Assessment, docent: User) -> None:
    client.force_login(docent)
    participation.record(assessment=assessment, values=VALUES, version=0, by=docent)
    answer = client.post(url(assessment), posted(version=0, irregularities="Kwam te laat."))
    assert answer.status_code == 422
    assert "Kwam te laat." in answer.content.decode()
    assert participation.read(assessment).irregularities == "Brandalarm om 10:15."
    assert client.post(url(assessment), posted(version=1, irregularities="Kwam te laat.")).status_code == 302


def test_examiner_records_by_the_link(client: Client, assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner)
    client.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))
    page = reverse("assessments:record_by_examiner", args=[invitation.public_id])
    assert "Aanwezigheid" in client.get(page).content.decode()
    answer = client.post(page, posted(attendance="notFinished", irregularities="Ging eerder weg.", extra_minutes="90"))
    assert answer.status_code == 302
    stored = participation.read(assessment)
    assert (stored.attendance, stored.irregularities) == ("notFinished", "Ging eerder weg.")
    assert stored.extra_minutes == 0  # the school's to grant
    form = client.get(reverse("assessments:form", args=[invitation.public_id])).content.decode()
    assert "Begonnen, niet afgemaakt" in form
    assert assessment.events.get(kind=Event.Kind.ATTENDANCE).actor_name == examiner.full_name


def test_committee_records_on_its_page(client: Client, assessed: Assessment, committee_member: User) -> None:
    client.force_login(committee_member)
    assert client.post(url(assessed, "committee:record"), posted()).status_code == 302
    assert "Aanwezig" in client.get(url(assessed, "committee:afname")).content.decode()


def test_invalid_values_are_refused(client: Client, assessment: Assessment, docent: User) -> None:
    client.force_login(docent)
    for wrong in ({"attendance": "late"}, {"extra_minutes": "-1"}, {"needs": "x" * 81}, {"version": "x"}):
        assert client.post(url(assessment), posted() | wrong).status_code == 422
    assert not Participation.objects.exists()


def test_sitting_page_shows_students_and_saves_irregularities(
    client: Client, assessment: Assessment, docent: User
) -> None:
    made = make_sitting(assessment)
    client.force_login(docent)
    assert "Lassen, lokaal 13" in client.get(url(assessment, "assessments:detail")).content.decode()
    page = client.get(url(assessment, "assessments:sitting")).content.decode()
    assert assessment.student.student_number in page
    assert client.post(url(assessment, "assessments:sitting"), {"irregularities": "Lawaai."}).status_code == 302
    made.refresh_from_db()
    assert made.irregularities == "Lawaai."


def test_sitting_page_keeps_what_the_planning_system_changed_meanwhile(
    client: Client, assessment: Assessment, docent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_sitting(assessment)
    clean = SittingForm.clean

    def move_meanwhile(form: SittingForm) -> object:
        Sitting.objects.update(room="Lokaal 2.14")
        return clean(form)

    monkeypatch.setattr(SittingForm, "clean", move_meanwhile)
    client.force_login(docent)
    client.post(url(assessment, "assessments:sitting"), {"irregularities": "Lawaai."})
    made.refresh_from_db()
    assert (made.room, made.irregularities) == ("Lokaal 2.14", "Lawaai.")


def test_recording_keeps_what_the_planning_system_changed_meanwhile(
    assessment: Assessment, docent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_sitting(assessment)
    read = participation.read

    def grant_meanwhile(of: Assessment) -> Participation:
        found = read(of)
        Participation.objects.update(extra_minutes=45)
        return found

    monkeypatch.setattr(participation, "read", grant_meanwhile)
    participation.record(assessment=assessment, values={"irregularities": "Lawaai."}, version=0, by=docent)
    stored = Participation.objects.get()
    assert (stored.extra_minutes, stored.irregularities) == (45, "Lawaai.")


def test_sitting_report_is_a_pdf_with_the_students(client: Client, assessment: Assessment, docent: User) -> None:
    make_sitting(assessment)
    client.force_login(docent)
    answer = client.get(url(assessment, "assessments:sitting_report"))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_assessment_without_a_sitting_has_no_such_page(client: Client, assessment: Assessment, docent: User) -> None:
    client.force_login(docent)
    assert client.get(url(assessment, "assessments:sitting")).status_code == 404


def test_sitting_is_kept_with_its_assessments_and_then_a_year(assessment: Assessment) -> None:
    made = make_sitting(assessment)
    made.staff.create(school=assessment.school, role="assessor", last_name="Bos", email="bos@bedrijf.test")
    long_ago = timezone.now() - timedelta(days=400)
    Sitting.objects.update(starts_at=long_ago, ends_at=long_ago)
    erasure.tidy_up()
    assert Sitting.objects.exists()
    Participation.objects.all().delete()
    Sitting.objects.update(ends_at=timezone.now())
    erasure.tidy_up()
    assert Sitting.objects.exists()
    Sitting.objects.update(ends_at=long_ago)
    erasure.tidy_up()
    assert not Sitting.objects.exists()
    assert not SittingStaff.objects.exists()
