"""The initiator's pages: contents, refusals and query counts."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation, Status
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


def test_list_names_examiners_with_open_work(teacher: Client, invitation: Invitation, unit: ExamUnit) -> None:
    page = teacher.get(reverse("assessments:unit_list", args=[unit.pk])).content.decode()
    assert "Anouk van &#x27;t Hoff" in page
    assert "Uitgenodigd" in page
    assert "Erik Examinator" in page


def test_query_count_of_the_list_is_constant(
    teacher: Client, invitation: Invitation, unit: ExamUnit, docent: User, examiner: Contact, django_assert_num_queries
) -> None:
    address = reverse("assessments:unit_list", args=[unit.pk])
    teacher.get(address)
    with django_assert_num_queries(16):
        teacher.get(address)
    for _ in range(29):
        more = steps.start_assessment(MembershipFactory(school=invitation.assessment.school), unit, docent)
        steps.choose(more, examiner)
    with django_assert_num_queries(16):
        page = teacher.get(address).content.decode()
    assert page.count("<tr>") == 31


def test_work_process_shows_the_list_of_its_unit(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    work_process = unit.core_tasks.get().work_processes.all()[1]
    page = teacher.get(reverse("assessments:work_process_list", args=[work_process.pk])).content.decode()
    assert "Anouk van &#x27;t Hoff" in page


def test_inactive_school_is_referred_to_the_consortium(teacher: Client, school: School, unit: ExamUnit) -> None:
    School.objects.filter(pk=school.pk).update(digital_assessment_active=False)
    page = teacher.get(reverse("assessments:unit_list", args=[unit.pk])).content.decode()
    assert "nog niet geactiveerd" in page
    assert "medewerker ICT van het Consortium" in page
    assert "Digitaal beoordelen starten voor student" not in page


@pytest.mark.parametrize("query", ["anou", "hoff", "ANOUK@hier", "1234", "van 't hoff", "hoff anouk"])
def test_student_is_found_by_name_address_or_number(
    teacher: Client, student: Membership, unit: ExamUnit, query: str
) -> None:
    page = teacher.get(reverse("assessments:choose_student", args=[unit.pk]), {"q": query}).content.decode()
    assert "anouk@hier.test" in page


def test_query_count_of_the_search_is_limited(
    teacher: Client, student: Membership, unit: ExamUnit, school: School, django_assert_max_num_queries
) -> None:
    address = reverse("assessments:choose_student", args=[unit.pk])
    with django_assert_max_num_queries(12):
        teacher.get(address, {"q": "anouk"})
    for _ in range(25):
        MembershipFactory(school=school, user__first_name="Anouk")
    with django_assert_max_num_queries(12):
        page = teacher.get(address, {"q": "anouk"}).content.decode()
    assert "Er zijn er meer" in page


def test_search_explains_students_without_a_number(teacher: Client, school: School, unit: ExamUnit) -> None:
    MembershipFactory(school=school, student_number="", user__first_name="Tess")
    page = teacher.get(reverse("assessments:choose_student", args=[unit.pk]), {"q": "tess"}).content.decode()
    assert "Bijna altijd heeft de student dan het studentnummer nog niet ingevuld" in page


NO_NUMBER = "Bijna altijd heeft de student dan het studentnummer nog niet ingevuld"
OTHERWISE = "Kijk het nummer na of zoek op naam."
BEGINS_SO = "Met een of twee tekens vindt u alleen"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("ouk", []),  # anywhere in the name
        ("an", []),  # where a word starts
        ("ou", [BEGINS_SO]),
        ("o u", [BEGINS_SO]),
        ("oukje", [NO_NUMBER]),
        ("hoff ou", [NO_NUMBER, "‘ou’"]),
        ("oukje12@hier.test", [NO_NUMBER]),
        ("999999", [OTHERWISE]),
        ("999998, 999999", [OTHERWISE]),
        ("999998;999999", [OTHERWISE]),
        ("9-99-9", [OTHERWISE]),
        ("oukje 999999", [OTHERWISE]),
        ("oukje@hier.test piet@hier.test", [OTHERWISE]),
    ],
)
def test_empty_search_result_is_explained(
    teacher: Client, student: Membership, unit: ExamUnit, query: str, why: list[str]
) -> None:
    page = teacher.get(reverse("assessments:choose_student", args=[unit.pk]), {"q": query}).content.decode()
    assert ("Geen student gevonden" in page) == bool(why)
    results = " ".join(page.partition('id="gevonden"')[2].partition("<section")[0].split())
    assert all(reason in results for reason in why)
    assert all((reason in results) == (reason in why) for reason in (NO_NUMBER, OTHERWISE, BEGINS_SO))


def test_search_explains_its_minimum_length(teacher: Client, unit: ExamUnit) -> None:
    page = teacher.get(reverse("assessments:choose_student", args=[unit.pk])).content.decode()
    assert "Een deel van drie of meer tekens is genoeg; met een of twee vindt u alleen wat zo begint." in page
    assert "Een deel is genoeg." not in page


def test_student_of_another_school_is_not_found(teacher: Client, other_school: School, unit: ExamUnit) -> None:
    elsewhere = MembershipFactory(school=other_school, user__first_name="Zelda")
    address = reverse("assessments:choose_student", args=[unit.pk])
    assert "Geen student gevonden" in teacher.get(address, {"q": "zelda"}).content.decode()
    teacher.post(address, {"erbij": elsewhere.pk, "verder": "1"})
    assert not Assessment.objects.exists()


def test_student_with_a_running_assessment_is_marked(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    page = teacher.get(reverse("assessments:choose_student", args=[unit.pk]), {"q": "anouk"}).content.decode()
    assert "Loopt al" in page


def test_repeated_ga_verder_starts_one_assessment(teacher: Client, student: Membership, unit: ExamUnit) -> None:
    address = reverse("assessments:choose_student", args=[unit.pk])
    chosen = teacher.post(address, {"erbij": student.pk})["Location"]
    first, second = teacher.post(chosen, {"verder": "1"}), teacher.post(chosen, {"verder": "1"})
    assert first["Location"] == second["Location"]
    assert teacher.get(first["Location"]).context["only"] == Assessment.objects.get()


def test_repeated_ga_verder_on_a_typed_number_starts_one_assessment(
    teacher: Client, student: Membership, unit: ExamUnit
) -> None:
    address = reverse("assessments:choose_student", args=[unit.pk])
    pages = [teacher.post(address, {"q": student.student_number, "verder": "1"}, follow=True) for _ in range(2)]
    assert [page.context["only"] for page in pages] == [Assessment.objects.get()] * 2


def test_picker_lists_and_keeps_ticked_contacts_first(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    address = reverse("assessments:pick", args=[assessment.public_id])
    response = teacher.post(address, {"q": "tineke", "examinator": [examiner.pk]})
    assert list(response.context["chosen"]) == [examiner]
    assert list(response.context["others"]) == [second_examiner]


def test_picker_hides_contacts_of_another_school(teacher: Client, assessment: Assessment, other_school: School) -> None:
    elsewhere = ContactFactory(school=other_school, last_name="Elders")
    address = reverse("assessments:pick", args=[assessment.public_id])
    assert "Elders" not in teacher.get(address, {"examinator": elsewhere.pk}).content.decode()


def test_overnemen_shows_the_name_at_the_criteria(teacher: Client, assessment: Assessment, examiner: Contact) -> None:
    response = teacher.post(
        reverse("assessments:take_over", args=[assessment.public_id]),
        {"examinator": [examiner.pk], f"versie-{assessment.pk}": assessment.version},
        follow=True,
    )
    page = response.content.decode()
    assert "Gekozen voor het hele examen: Erik Examinator." in page
    assert page.count("Erik Examinator</span>") == 7  # the whole exam, and each work process and part
    assert assessment.live_assignments.count() == 4


def test_stale_choice_is_refused_and_ticks_are_kept(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, second_examiner)
    response = teacher.post(
        reverse("assessments:take_over", args=[assessment.public_id]),
        {"examinator": [examiner.pk], f"versie-{assessment.pk}": 1},
    )
    assert "Iemand anders heeft deze beoordeling intussen gewijzigd" in response.content.decode()
    assert list(response.context["chosen"]) == [examiner]
    assert {a.contact for a in assessment.live_assignments} == {second_examiner}


def test_new_contact_is_added_and_ticked(teacher: Client, assessment: Assessment) -> None:
    form = {
        "first_name": "Greet", "last_name": "Nieuw", "email": "greet@bedrijf.test",
        "function": "Chef", "organisation": "Bakkerij Bos", "side": "WORKPLACE",
    }  # fmt: skip
    response = teacher.post(reverse("assessments:add_contact", args=[assessment.public_id]), form, follow=True)
    assert [contact.full_name for contact in response.context["chosen"]] == ["Greet Nieuw"]


def test_duplicate_address_is_refused_with_a_link(teacher: Client, assessment: Assessment, examiner: Contact) -> None:
    form = {"first_name": "Erik", "last_name": "Dubbel", "email": examiner.email, "side": "WORKPLACE"}
    response = teacher.post(reverse("assessments:add_contact", args=[assessment.public_id]), form)
    assert "Erik Examinator staat al in het adresboek met dit e-mailadres." in response.content.decode()
    assert list(teacher.get(response.context["there"]).context["chosen"]) == [examiner]


def test_unmailable_address_shows_an_error_at_its_field(teacher: Client, assessment: Assessment) -> None:
    form = {"first_name": "Erik", "last_name": "Lang", "email": f"erik@{'ü' * 60}.test", "side": "WORKPLACE"}
    response = teacher.post(reverse("assessments:add_contact", args=[assessment.public_id]), form)
    assert "kan geen mail worden gestuurd" in response.content.decode()


def test_message_preview_has_the_remark_above_the_button(
    teacher: Client, assessment: Assessment, examiner: Contact
) -> None:
    steps.choose(assessment, examiner)
    address = reverse("assessments:message", args=[assessment.public_id])
    page = teacher.get(address, {"examinator": examiner.pk}).content.decode()
    assert (
        page.index('name="remark"')
        < page.index('class="mail-button"')
        < page.index("Uitnodiging(en) verzenden</button>")
    )


def test_message_and_mail_show_the_same_day(teacher: Client, assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    address = reverse("assessments:message", args=[assessment.public_id])
    page = teacher.get(address, {"examinator": examiner.pk}).content.decode()
    steps.send_invitation(assessment, examiner)
    mail = OutgoingMail.objects.get()
    [day] = re.findall(r"De link is alleen voor u en geldig tot (\d+ \w+ 20\d\d)\.", mail.text)
    for part in (page, mail.html):
        assert f"De link is alleen voor u en geldig tot {day}." in part


def test_missing_examiner_is_reported(teacher: Client, assessment: Assessment) -> None:
    response = teacher.get(reverse("assessments:message", args=[assessment.public_id]), follow=True)
    assert "Kies eerst een examinator." in response.content.decode()


def test_uitnodigen_mails_remark_and_attachment(teacher: Client, assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    pdf = SimpleUploadedFile("toelichting.pdf", b"%PDF-1.4 toelichting", content_type="application/pdf")
    response = teacher.post(
        reverse("assessments:send_invitations", args=[assessment.public_id]),
        {
            "examinator": [examiner.pk],
            f"versie-{assessment.pk}": assessment.version,
            "remark": "Graag voor vrijdag",
            "attachments": [pdf],
        },
        follow=True,
    )
    assert "De uitnodiging wordt verzonden aan Erik Examinator." in response.content.decode()
    mail = OutgoingMail.objects.get()
    assert mail.to == "erik@bedrijf.test"
    assert "Graag voor vrijdag" in mail.text
    assert mail.html.index("Graag voor vrijdag") < mail.html.index("Start beoordeling</a>")
    assert mail.attachments.get().filename == "toelichting.pdf"
    assessment.refresh_from_db()
    assert assessment.status == Status.INVITED


def test_uitnodigen_twice_sends_one_mail(teacher: Client, assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    address = reverse("assessments:send_invitations", args=[assessment.public_id])
    form = {"examinator": [examiner.pk], f"versie-{assessment.pk}": assessment.version}
    teacher.post(address, form)
    page = teacher.post(address, form, follow=True).content.decode()
    assert "Iedereen die u koos, is al uitgenodigd." in page
    assert OutgoingMail.objects.count() == 1


def test_concurrent_invitation_of_one_examiner_leaves_the_other(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.send_invitation(assessment, examiner)
    address = reverse("assessments:send_invitations", args=[assessment.public_id])
    answer = teacher.post(address, {"examinator": [examiner.pk, second_examiner.pk], "remark": "Graag voor vrijdag"})
    assert "Graag voor vrijdag" in answer.content.decode()
    assert [row.contact for row in answer.context["rows"]] == [second_examiner]


def test_stale_invitation_is_refused_and_remark_is_kept(
    teacher: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner)
    page = teacher.get(reverse("assessments:message", args=[assessment.public_id]), {"examinator": examiner.pk})
    seen = rf'name="versie-{assessment.pk}" value="(\d+)"'
    [version] = re.findall(seen, page.content.decode())
    steps.choose(assessment, examiner, second_examiner)
    address = reverse("assessments:send_invitations", args=[assessment.public_id])
    form = {"examinator": [examiner.pk], "remark": "Graag voor vrijdag"}
    for old in (version, ""):
        answer = teacher.post(address, {**form, f"versie-{assessment.pk}": old})
        assert "Iemand anders heeft deze beoordeling intussen gewijzigd." in answer.content.decode()
    assert "Graag voor vrijdag" in answer.content.decode()
    assert not OutgoingMail.objects.exists()
    [version] = re.findall(seen, answer.content.decode())
    teacher.post(address, {**form, f"versie-{assessment.pk}": version})
    assert OutgoingMail.objects.get().to == examiner.email


def test_delivered_mail_is_not_resent(teacher: Client, invitation: Invitation) -> None:
    answer = teacher.post(reverse("assessments:send_again", args=[invitation.public_id]), follow=True)
    assert "De uitnodiging wordt verzonden aan Erik Examinator." in answer.content.decode()
    assert OutgoingMail.objects.count() == 1
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())
    answer = teacher.post(reverse("assessments:send_again", args=[invitation.public_id]), follow=True)
    assert "De uitnodiging is verzonden aan Erik Examinator." in answer.content.decode()
    assert OutgoingMail.objects.get().state == MailState.SENT


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("virus.exe", b"MZ", "geen soort bestand dat mee kan"),
        ("rapport.pdf", b"geen pdf", "van binnen geen .pdf"),
        ("groot.pdf", b"%PDF-" + b"x" * (8 * 1024 * 1024), "samen groter dan 8 MB"),
        ("leeg.pdf", b"", "leeg"),
    ],
)
def test_invalid_attachment_is_refused_and_remark_is_kept(
    teacher: Client, assessment: Assessment, examiner: Contact, name: str, content: bytes, reason: str
) -> None:
    steps.choose(assessment, examiner)
    response = teacher.post(
        reverse("assessments:send_invitations", args=[assessment.public_id]),
        {"examinator": [examiner.pk], "remark": "Blijft staan", "attachments": [SimpleUploadedFile(name, content)]},
    )
    page = response.content.decode()
    assert reason in page
    assert "Blijft staan" in page
    assert not OutgoingMail.objects.exists()


def test_failed_mail_shows_its_reason_and_is_resent(teacher: Client, invitation: Invitation) -> None:
    OutgoingMail.objects.update(state="FAILED", last_error="550 unknown user")
    address = reverse("assessments:detail", args=[invitation.assessment.public_id])
    page = teacher.get(address).content.decode()
    assert "Mislukt" in page
    assert "550 unknown user" in page
    teacher.post(reverse("assessments:send_again", args=[invitation.public_id]))
    assert OutgoingMail.objects.get().state == "QUEUED"


def test_initiator_sees_scores_from_assessed_on(teacher: Client, invitation: Invitation) -> None:
    steps.fill_in(invitation, "G", "Eerste indruk")
    address = reverse("assessments:detail", args=[invitation.assessment.public_id])
    assert "Eerste indruk" not in teacher.get(address).content.decode()
    steps.assess(invitation, "G")
    assert "Onderbouwing van Erik Examinator" in teacher.get(address).content.decode()


def test_initiator_pages_never_contain_the_examiner_link(teacher: Client, invitation: Invitation) -> None:
    for name in ["detail", "examiners", "choose_invitees"]:
        page = teacher.get(reverse(f"assessments:{name}", args=[invitation.assessment.public_id])).content.decode()
        assert "/beoordelen/" not in page
    mail = OutgoingMail.objects.get()
    assert "/beoordelen/" not in mail.text + mail.html + str(mail.links)


def test_enter_in_search_field_only_searches(teacher: Client, assessment: Assessment) -> None:
    address = reverse("assessments:pick", args=[assessment.public_id])
    form = teacher.get(address).content.decode().partition("data-picker>")[2]
    first_button = form.partition("<button")[2].partition(">")[0]
    assert f'formaction="{address}"' in first_button
