"""The PDF of a final result: contents, rendering once and recovery from dead workers."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments import lifecycle, mails
from assessments.documents import documents, pdf, verification
from assessments.examiner import saving
from assessments.models import FAILING_ATTEMPTS, Assessment, Document, Event
from committee.decisions.finalise import finalise
from digibeoordelen.jobs.models import run
from digibeoordelen.jobs.tasks import sweep
from digibeoordelen.outbox.models import OutgoingMail, StoredFile
from exams.models import Exam, Part
from tests import steps
from tests.concurrency import at_once
from tests.factories import first_unit, make_weighted_exam

OFFICE = "bureau@hier.test"


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The documents announced to a worker; no worker runs."""
    started: list[int] = []
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: started.append(pk))
    return started


@pytest.fixture
def document(assessed: Assessment, committee_member: User) -> Document:
    """Requested and not rendered yet."""
    return finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)


def result_with(document: Document, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    result = deepcopy(document.result)
    change(result)
    return result


def read(content: bytes) -> tuple[PdfReader, list[str]]:
    reader = PdfReader(io.BytesIO(content))
    return reader, [" ".join(page.extract_text().split()) for page in reader.pages]


# --- Contents ------------------------------------------------------------------------------------
def test_first_page_shows_people_exam_and_result(document: Document) -> None:
    _, pages = read(pdf.render(document.result, name=document.filename))
    assert pages[0].startswith("ROC Hier · Digitaal beoordelen Beoordeling Anouk van 't Hoff Studentnummer 123456 ")
    for phrase in (
        "ROC Hier",
        "Anouk van 't Hoff",
        "Studentnummer 123456",
        "Verzorgende IG",
        document.assessment.exam.code,
        "B1 Eenheid 1",
        "Dirk Docent",
        "Erik Examinator",
        "5,5",
        "V – Voldoende",
    ):
        assert phrase in pages[0]
    day = timezone.localtime(document.assessment.final_at)
    assert f"Vastgesteld op {day.day} " in pages[0]
    assert "door Carla Commissie" in pages[0]
    assert "versie 2" not in pages[0]


def test_work_processes_follow_in_order(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, committee_member: User
) -> None:
    Contact.objects.filter(pk=second_examiner.pk).update(function="Teamleider", organisation="Zorg & Co")
    steps.choose(assessment, examiner, second_examiner)
    for contact in (examiner, second_examiner):
        invitation = steps.send_invitation(assessment, contact)
        steps.assess(invitation, "G")
    document = finalise(assessment=assessment, by=committee_member, exam_office_email=OFFICE)
    _, pages = read(pdf.render(document.result, name=document.filename))
    first, text = pages[0], " ".join(pages)
    places = [text.index(f"{head} Resultaat:") for head in ("B1-K1-W1 Werkproces 1", "B1-K1-W2 Werkproces 2")]
    assert places == sorted(places)
    assert text.count("G – Goed") == 14  # eight criteria, two work processes; before them the result and the summary
    assert "Onderbouwing van Erik Examinator." in text
    for part in ("Gedragsobservatie", "Productbeoordeling"):  # its table may be on the page before
        assert text.count(f"{part}: onderbouwing van Tineke Tweede, Teamleider, Zorg & Co. ") == 2
    assert first.index("Erik Examinator, op ") < first.index("Tineke Tweede, Teamleider, Zorg & Co, op ")


def test_each_page_has_its_number_and_student(document: Document) -> None:
    def many(result: dict[str, Any]) -> None:
        for process in result["core_tasks"][0]["work_processes"]:
            for part in process["parts"]:
                part["criteria"] = part["criteria"] * 15

    _, pages = read(pdf.render(result_with(document, many), name=document.filename))
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"Anouk van 't Hoff · 123456 · {document.assessment.exam.code} · B1 · versie 1" in page
        assert f"pagina {number} van {len(pages)}" in page


def test_examiner_of_all_parts_is_named_once(document: Document) -> None:
    text = " ".join(read(pdf.render(document.result, name=document.filename))[1])
    assert text.count("Erik Examinator") == 1
    assert text.count("Gedragsobservatie: onderbouwing") == 2

    def later(result: dict[str, Any]) -> None:
        result["core_tasks"][0]["work_processes"][0]["parts"][0]["examiners"][0]["completed_at"] = (
            "2026-01-05T12:00:00+01:00"
        )

    text = " ".join(read(pdf.render(result_with(document, later), name=document.filename))[1])
    assert text.count("Erik Examinator") == 5
    assert "fgerond op 5 januari 2026" in text


def test_nearly_empty_last_page_is_saved_by_tighter_setting(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def more(result: dict[str, Any]) -> None:
        for process in result["core_tasks"][0]["work_processes"]:
            for part in process["parts"]:
                part["examiners"][0]["justification"] = "Werkt zorgvuldig en overlegt.\n\n" * 8

    result, numbers = result_with(document, more), []
    for threshold in (0.2, 0.4):
        monkeypatch.setattr(pdf, "NEARLY_EMPTY", threshold)
        numbers.append(len(pdf.lay_out(result).pages))
    assert numbers == [3, 2]


def pages_with_texts(document: Document, paragraphs: int) -> list[str]:
    def long_texts(result: dict[str, Any]) -> None:
        for process in result["core_tasks"][0]["work_processes"]:
            process["parts"][0]["examiners"][0]["justification"] = "Werkt zorgvuldig en overlegt.\n\n" * paragraphs

    return read(pdf.render(result_with(document, long_texts), name=document.filename))[1]


def continued(page: str) -> list[str]:
    return re.findall(r"(B1-K1-W\d) Werkproces \d \(vervolg\)", page)


def test_continued_work_process_is_named_on_the_page(document: Document) -> None:
    pages = pages_with_texts(document, 75)
    assert "B1-K1-W2 Werkproces 2 Resultaat:" in pages[2]
    assert [continued(page) for page in pages] == [[], ["B1-K1-W1"], ["B1-K1-W1"], ["B1-K1-W2"], ["B1-K1-W2"]]


def test_page_with_a_new_work_process_continues_nothing(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "NEARLY_EMPTY", 0)
    tried = (page for paragraphs in range(82, 94, 2) for page in pages_with_texts(document, paragraphs))
    page = next(page for page in tried if page.startswith("B1-K1-W2 Werkproces 2 Resultaat:"))
    assert continued(page) == []


def test_each_page_has_the_verification_code(document: Document) -> None:
    code = verification.grouped(str(document.code))
    _, pages = read(pdf.render(document.result, name=document.filename))
    assert f"{settings.SITE_URL}/controle/" in pages[0]
    assert pages[0].count(code) == 2
    assert all(code in page for page in pages)


def test_document_without_a_code_is_still_rendered(document: Document) -> None:
    def older(result: dict[str, Any]) -> None:
        result["format"] = 1
        result["document"] = {"number": 1}
        for part in (p for process in result["core_tasks"][0]["work_processes"] for p in process["parts"]):
            for examiner in part["examiners"]:
                for later in ("assessed_on", "place"):
                    examiner.pop(later, None)

    _, pages = read(pdf.render(result_with(document, older), name=document.filename))
    assert "Anouk van 't Hoff" in pages[0]
    assert "Verificatiecode" not in pages[0]
    assert "None" not in "".join(pages)


def test_unequal_weights_of_core_tasks_are_shown(
    student: Membership, docent: User, examiner: Contact, committee_member: User
) -> None:
    assessment = steps.start_assessment(student, first_unit(make_weighted_exam("2", "1.50")), docent)
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner)
    steps.fill_in(invitation, "V")
    steps.fill_in(invitation, "G", parts=Part.objects.filter(work_process__core_task__code="B1-K2"))
    saving.complete(invitation=invitation)
    document = finalise(assessment=assessment, by=committee_member, exam_office_email=OFFICE)
    reader, pages = read(pdf.render(document.result, name=document.filename))
    text = " ".join(pages)
    assert "Kerntaak 1 (weegt 2 ×) V – Voldoende 5,5" in text
    assert "Kerntaak 2 (weegt 1,5 ×) G – Goed 10,0" in text
    assert "gemiddelde van de cijfers van de kerntaken naar hun weging" in text
    [(_, [attached])] = reader.attachments.items()
    tasks = [(Decimal(t["grade"]), Decimal(t["weight"])) for t in json.loads(attached)["result"]["core_tasks"]]
    mean = sum(grade * weight for grade, weight in tasks) / sum(weight for _, weight in tasks)
    assert f"{mean:.1f}" == json.loads(attached)["result"]["grade"] == "7.4"


def test_equal_weights_of_core_tasks_are_hidden(document: Document) -> None:
    def older(result: dict[str, Any]) -> None:
        for core_task in result["result"]["core_tasks"]:
            del core_task["weight"]

    for result in (document.result, result_with(document, older)):
        _, pages = read(pdf.render(result, name=document.filename))
        assert "Resultaat per werkproces" in pages[0]
        assert "weegt" not in " ".join(pages)


def test_row_is_not_split_over_pages(document: Document) -> None:
    def long_rows(result: dict[str, Any]) -> None:
        parts = [part for process in result["core_tasks"][0]["work_processes"] for part in process["parts"]]
        for p, part in enumerate(parts):
            part["criteria"] = [
                {"text": f"begin-{p}-{c} " + "en nog een heel verhaal erbij " * 12 + f"eind-{p}-{c}", "score": "V"}
                for c in range(15)
            ]

    _, pages = read(pdf.render(result_with(document, long_rows), name=document.filename))
    assert len(pages) > 4
    for p in range(4):
        for c in range(15):
            begins = [n for n, page in enumerate(pages) if f"begin-{p}-{c} " in page]
            ends = [n for n, page in enumerate(pages) if f"eind-{p}-{c} " in page]
            assert begins == ends
            assert len(begins) == 1


def test_typed_markup_is_text(document: Document) -> None:
    typed = "<b>vet</b> & {{ result }} \N{WHITE SMILING FACE} <img src='file:///etc/passwd'>"

    def type_it(result: dict[str, Any]) -> None:
        result["student"]["name"] = f"{'Lang' * 40} {typed}"
        for part in result["core_tasks"][0]["work_processes"][0]["parts"]:
            part["examiners"][0]["justification"] = typed

    _, pages = read(pdf.render(result_with(document, type_it), name=document.filename))
    assert "".join(typed.split()) in "".join("".join(pages).split())


def test_second_version_names_the_version_it_replaces(document: Document, committee_member: User) -> None:
    assessment = document.assessment
    lifecycle.withdraw_final(assessment=assessment, by=committee_member, reason="Verkeerde score.")
    second = finalise(assessment=assessment, by=committee_member, exam_office_email=OFFICE)
    _, pages = read(pdf.render(second.result, name=second.filename))
    assert "Dit is versie 2; deze vervangt alle eerdere versies." in pages[0]
    assert second.filename.endswith("-v2.pdf")


# --- Format --------------------------------------------------------------------------------------
def test_document_is_tagged_dutch_pdf_a_with_result(document: Document) -> None:
    content = pdf.render(document.result, name=document.filename)
    reader, _ = read(content)
    catalog: Any = reader.trailer["/Root"]
    metadata = catalog["/Metadata"].get_data().decode()
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="B"' in metadata
    assert catalog["/Lang"] == "nl"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/OutputIntents"]
    [name] = reader.attachments
    assert name == document.filename.replace(".pdf", ".json")
    assert json.loads(reader.attachments[name][0]) == document.result
    assert catalog["/AF"][0].get_object()["/AFRelationship"] == "/Data"
    fonts = {font for page in reader.pages for font in page["/Resources"]["/Font"].values()}  # type: ignore[index]
    assert all("/FontDescriptor" in str(font.get_object()["/DescendantFonts"][0].get_object()) for font in fonts)


@pytest.mark.parametrize("name", ["Anouk van 't Hoff", "Anouk 王小明 🎉 أحمد"])
def test_rendering_is_deterministic(document: Document, pass_time: Callable[..., None], name: str) -> None:
    document.result["student"]["name"] = name
    one = pdf.render(document.result, name=document.filename)
    pass_time(days=1)
    assert pdf.render(document.result, name=document.filename) == one


def test_digits_are_no_emoji(document: Document) -> None:
    reader = PdfReader(io.BytesIO(pdf.render(document.result, name=document.filename)))
    fonts = {font["/BaseFont"] for page in reader.pages for font in page["/Resources"]["/Font"].values()}  # type: ignore[index]
    assert {font.partition("+")[2] for font in fonts} == {"Figtree", "Figtree-Bold"}


def test_document_keeps_names_that_change_later(document: Document, examiner: Contact) -> None:
    examiner.last_name = "Hertrouwd"
    examiner.save()
    document.refresh_from_db()
    _, pages = read(pdf.render(document.result, name=document.filename))
    assert "Hertrouwd" not in "".join(pages)


# --- Rendering once ------------------------------------------------------------------------------
def outcome_of(document: Document) -> tuple[int, int, int, int]:
    """(PDFs, mails with it, 'Pdf gemaakt' in the log, made final)."""
    events = document.assessment.events
    return (
        Document.objects.filter(file__isnull=False).count(),
        OutgoingMail.objects.filter(kind="result").count(),
        events.filter(kind=Event.Kind.DOCUMENT_MADE).count(),
        events.filter(kind=Event.Kind.FINALISED).count(),
    )


def test_worker_is_notified_on_commit(
    assessed: Assessment, committee_member: User, announced: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        document = finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)
        assert announced == []
    assert announced == [document.pk]


def test_replayed_task_makes_nothing_new(document: Document) -> None:
    run("assessments.Document", document.pk)
    document.refresh_from_db()
    run("assessments.Document", document.pk)
    sweep()
    again = Document.objects.get()
    assert (again.file_id, again.mail_id) == (document.file_id, document.mail_id)
    assert outcome_of(document) == (1, 1, 1, 1)


def test_log_has_the_hash(document: Document) -> None:
    Document.objects.run(document.pk)
    [event] = document.assessment.events.filter(kind=Event.Kind.DOCUMENT_MADE)
    assert event.data == {"document": 1, "sha256": StoredFile.objects.get().sha256}
    assert event.actor_name == "systeem"


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_one_document(document: Document) -> None:
    assert sorted(at_once(*[lambda: Document.objects.run(document.pk)] * 3)) == [False, False, True]
    assert outcome_of(document) == (1, 1, 1, 1)


class Died(BaseException):
    """A killed worker: nothing after it runs."""


def lease_over() -> None:
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_dead_rendering_worker_is_replaced_after_its_lease(
    document: Document, announced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any, **kwargs: Any) -> bytes:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr("assessments.documents.documents.render", die)
        with pytest.raises(Died):
            Document.objects.run(document.pk)
    assert not Document.objects.run(document.pk)
    sweep()
    assert announced == []

    document.refresh_from_db()
    assert document.lease_until is not None
    assert document.lease_until <= timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    lease_over()
    sweep()
    assert announced == [document.pk]
    assert Document.objects.run(document.pk)
    assert outcome_of(document) == (1, 1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_worker_death_between_pdf_and_mail_leaves_neither(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*, document: Document) -> OutgoingMail:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(mails, "queue_result", die)
        with pytest.raises(Died):
            Document.objects.run(document.pk)
    assert outcome_of(document) == (0, 0, 0, 1)
    lease_over()
    assert Document.objects.run(document.pk)
    assert outcome_of(document) == (1, 1, 1, 1)
    assert StoredFile.objects.count() == 1


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make every rendering fail."""

    def fail(*args: Any, **kwargs: Any) -> bytes:
        raise ValueError("kapot")

    with monkeypatch.context() as patched:
        patched.setattr("assessments.documents.documents.render", fail)
        yield


def try_to_make(document: Document) -> None:
    with pytest.raises(ValueError, match="kapot"):
        Document.objects.run(document.pk)
    document.refresh_from_db()


@pytest.mark.usefixtures("broken")
def test_failing_document_is_retried_with_growing_pauses(document: Document, announced: list[int]) -> None:
    announced.clear()
    pauses = []
    for _attempt in Document.pauses:
        try_to_make(document)
        assert document.lease_until is not None
        pauses.append(round((document.lease_until - timezone.now()).total_seconds(), -1))
        sweep()
        assert announced == []
        lease_over()
    assert tuple(pauses) == Document.pauses
    sweep()
    assert announced == [document.pk]


@pytest.mark.usefixtures("broken")
def test_document_is_retried_forever_and_marked_failing(document: Document, announced: list[int]) -> None:
    for attempt in range(1, len(Document.pauses) + 3):
        lease_over()
        try_to_make(document)
        assert document.is_failing == (attempt >= FAILING_ATTEMPTS)
        assert document.is_on_its_way == (attempt < FAILING_ATTEMPTS), "whether a page should ask again"
    assert document.lease_until is not None
    assert document.lease_until - timezone.now() < timedelta(seconds=Document.pauses[-1])
    lease_over()
    announced.clear()
    sweep()
    assert announced == [document.pk]


def test_failing_document_is_rendered_immediately_on_request(
    document: Document, announced: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    assert not documents.make_again(document), "it may just be on its way"
    Document.objects.update(attempts=FAILING_ATTEMPTS, lease_until=timezone.now() + timedelta(hours=4))
    announced.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert documents.make_again(document)
        assert not documents.make_again(document), "a second click"
    assert announced == [document.pk]
    assert Document.objects.run(document.pk)
    assert outcome_of(document) == (1, 1, 1, 1)


def test_document_is_made_after_a_broker_outage(document: Document, announced: list[int]) -> None:
    # `announced` swallowed the message, like a broker that loses it.
    announced.clear()
    sweep()
    assert announced == [document.pk]


def test_result_withdrawn_before_rendering_is_not_mailed(
    document: Document, committee_member: User, announced: list[int]
) -> None:
    lifecycle.withdraw_final(assessment=document.assessment, by=committee_member, reason="Te vroeg.")
    announced.clear()
    sweep()
    assert announced == []
    assert not Document.objects.run(document.pk)
    assert outcome_of(document) == (0, 0, 0, 1)


def test_result_withdrawn_while_rendering_is_not_mailed(
    document: Document, committee_member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def withdraw_meanwhile(result: dict[str, Any], *, name: str) -> bytes:
        lifecycle.withdraw_final(assessment=document.assessment, by=committee_member, reason="Te vroeg.")
        return b"%PDF"

    monkeypatch.setattr("assessments.documents.documents.render", withdraw_meanwhile)
    assert not Document.objects.run(document.pk)
    assert outcome_of(document) == (0, 0, 0, 1)


# --- Mail ----------------------------------------------------------------------------------------
def test_mail_has_the_pdf_for_the_exam_office(document: Document) -> None:
    Document.objects.run(document.pk)
    document.refresh_from_db()
    mail = OutgoingMail.objects.get(kind="result")
    assert mail == document.mail
    assert mail.to == OFFICE
    assert mail.subject == f"Definitieve beoordeling 123456: Verzorgende IG ({document.assessment.exam.code}), B1"
    for phrase in ("Anouk van 't Hoff", "Verzorgende IG", "Carla Commissie: commissie@hier.test"):
        assert phrase in mail.text
    assert "Anouk van &#x27;t Hoff" in mail.html
    for score in ("Voldoende", "5,5"):  # in the PDF alone
        assert score not in mail.text + mail.html
    [attachment] = mail.attachments.all()
    assert attachment.filename == document.filename
    assert attachment.content_type == "application/pdf"
    assert attachment.file == document.file


def test_long_subject_is_truncated(assessed: Assessment, exam: Exam, committee_member: User) -> None:
    exam.title = "Begeleider " * 18
    exam.save()
    assessed.refresh_from_db()
    Document.objects.run(finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE).pk)
    mail = OutgoingMail.objects.get(kind="result")
    assert len(mail.subject) == 150
    assert mail.subject.endswith("…")
    assert exam.title.strip() in mail.text
