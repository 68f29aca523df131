"""The Consortium's pages of exam content: upload, preview, save as a draft, publish, download."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from exams.content.excel_writer import write_workbook
from exams.content.guide import example, example_source
from exams.content.versions import publish as do_publish
from exams.content.versions import read_content, save_as_draft, stored_content
from exams.models import Exam, ExamVersion, PublishedContent, Upload
from exams.models.upload import RETENTION_DAYS
from tests.concurrency import at_once
from tests.factories import UserFactory, add_version, make_exam
from tests.steps import start_assessment

UPLOAD = "/beheer/examens/inlezen/"
VERSIONS = "/beheer/examens/versies/"


def hand_in(client: Client, content: bytes | str, name: str = "gastheer.yaml") -> Any:
    """Upload a file; return the page it redirects to."""
    data = content.encode() if isinstance(content, str) else content
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, data)}, follow=True)


def text_of(response: Any) -> str:
    return response.content.decode().replace("&#x27;", "'")


def save(client: Client) -> Any:
    """Click 'Opslaan als concept' on the preview of the newest file."""
    upload = Upload.objects.latest("created_at")
    return client.post(f"{UPLOAD}{upload.public_id}/opslaan/", follow=True)


def publish(client: Client, version: ExamVersion, **data: str) -> Any:
    """Open the confirmation and confirm it."""
    url = f"{VERSIONS}{version.pk}/publiceren/"
    shown = {"compared_with": client.get(url).context["compared_with"]}
    return client.post(url, {**shown, **data}, follow=True)


def make_live(client: Client, content: bytes | str) -> ExamVersion:
    hand_in(client, content)
    save(client)
    version = ExamVersion.objects.latest("pk")
    publish(client, version)
    return version


# --- Preview -------------------------------------------------------------------------------------
def test_upload_page_offers_examples_in_both_formats(client, staff):
    assert client.get(UPLOAD).status_code == 200
    yaml = client.get(f"{UPLOAD}voorbeeld.yaml")
    assert read_content(yaml.content).content == example()
    assert yaml["Content-Disposition"] == 'attachment; filename="voorbeeldexamen.yaml"'
    assert read_content(client.get(f"{UPLOAD}voorbeeld.xlsx").content).content == example()


@pytest.mark.parametrize("name", ["gastheer.yaml", "gastheer.xlsx"])
def test_valid_file_is_previewed_before_saving(client, staff, name):
    content = example_source() if name.endswith("yaml") else write_workbook(example())
    page = text_of(hand_in(client, content, name))
    for words in (
        f"Uit {name}",
        "Dit wordt een nieuw examen.",
        "Opslaan als concept",
        "Formulier van PVB-1 Gasten ontvangen en bedienen",
        "Begroet de gast.",
        "Vraagt ook naar allergieën en doet een passend voorstel.",
    ):
        assert words in page
    assert not Exam.objects.exists()


def test_the_outcomes_are_those_of_grading(client, staff):
    page = text_of(hand_in(client, example_source()))
    for words in (
        "Kerntaak B1-K1 Verzorgt het verblijf van gasten",
        "laagste 1,0 · alles V 5,5 · G vanaf 8 van 10 punten · hoogste 10,0 · met een O hoogstens 5,4",
        "laagste 1,0 · alles V 5,5 · G vanaf 5 van 6 punten · hoogste 10,0 · met een O hoogstens 5,4",
        "Eén O, al het andere G",
    ):
        assert words in page


def test_preview_shows_the_examiners_form(client, staff):
    page = text_of(hand_in(client, example_source()))
    upload = Upload.objects.get()
    address = f"{UPLOAD}{upload.public_id}/formulier/1/"
    assert address in page
    form = text_of(client.get(address))
    for words in ("B1-K1-W1 Ontvangt gasten", "Gedragsobservatie", "Onvoldoende", "Onderbouwing", "Afronden"):
        assert words in form
    assert form.count('role="radiogroup"') == 5
    assert form.count("<textarea") == 3
    assert client.get(f"{UPLOAD}{upload.public_id}/formulier/2/").status_code == 404
    assert client.get(f"{UPLOAD}{upload.public_id}/formulier/0/").status_code == 404


@pytest.mark.parametrize("kind", ["yaml", "xlsx"])
def test_invalid_file_lists_faults_and_is_not_stored(client, staff, kind):
    if kind == "yaml":
        content: bytes = example_source().replace("cohort: 2026-2027", "cohort: 2026-2028").encode()
        where = "<strong>examen.yaml, regel 6</strong>: Examen: 'cohort' klopt niet."
    else:
        book = load_workbook(io.BytesIO(write_workbook(example())))
        book["Examen"]["B4"] = "2026-2028"
        file = io.BytesIO()
        book.save(file)
        content = file.getvalue()
        where = "<strong>examen.xlsx, werkblad ‘Examen’, cel B4</strong>: Examen: ‘Cohort’ klopt niet."
    response = hand_in(client, content, f"examen.{kind}")
    page = text_of(response)
    assert f"examen.{kind} is nog niet goed: 1 fout" in " ".join(page.split())
    assert where in " ".join(page.split()).replace("<strong> ", "<strong>").replace(" </strong>", "</strong>")
    assert not Upload.objects.exists()
    assert not Exam.objects.exists()


def test_all_faults_are_listed_at_once(client, staff):
    page = text_of(hand_in(client, "exam:\n" + "".join(f"  veld{number}: x\n" for number in range(80))))
    assert page.count("is onbekend") == 80


def test_missing_or_too_large_file_is_reported_at_the_field(client, staff):
    assert "Kies eerst een bestand." in text_of(client.post(UPLOAD, {}))
    assert "Dit bestand is groter dan 10 MB" in text_of(hand_in(client, b"x" * (10 * 1024 * 1024 + 1)))


def test_filename_and_content_are_escaped(client, staff):
    wicked = example_source().replace("Voorbeeld gastheer", "<script>alert(1)</script>")
    page = hand_in(client, wicked, "<b>x</b>.yaml").content.decode()
    assert "<script>alert" not in page
    assert "<b>x" not in page


# --- Save ----------------------------------------------------------------------------------------
def test_draft_records_its_author_and_changes_nothing(client, staff):
    hand_in(client, example_source())
    page = text_of(save(client))
    version = ExamVersion.objects.get()
    assert "Voorbeeld gastheer (99999, 2026-2027), versie 1 is opgeslagen als concept." in page
    assert (version.prepared_by, version.published_at) == (staff, None)
    assert version.exam.current_version is None
    assert stored_content(version) == example()
    entry = LogEntry.objects.get()
    assert (entry.user, entry.get_change_message()) == (staff, "Ingelezen uit gastheer.yaml.")


def test_saving_twice_makes_one_version(client, staff):
    hand_in(client, example_source())
    save(client)
    response = save(client)
    assert response.redirect_chain[-1][0] == f"{VERSIONS}{ExamVersion.objects.get().pk}/"
    assert LogEntry.objects.count() == 1


def test_same_file_again_gives_the_same_version(client, staff):
    for _ in range(2):
        hand_in(client, example_source())
        save(client)
    assert ExamVersion.objects.count() == 1


def test_title_changes_only_when_published(client, staff):
    make_live(client, example_source())
    hand_in(
        client, example_source().replace("Voorbeeld gastheer", "Gastheer en gastvrouw").replace("level: 2", "level: 3")
    )
    save(client)
    assert (Exam.objects.get().title, Exam.objects.get().level) == ("Voorbeeld gastheer", 2)
    publish(client, ExamVersion.objects.latest("pk"))
    assert (Exam.objects.get().title, Exam.objects.get().level) == ("Gastheer en gastvrouw", 3)


def test_old_upload_is_deleted_but_not_its_version(client, staff):
    hand_in(client, example_source())
    save(client)
    Upload.objects.update(created_at=timezone.now() - timedelta(days=RETENTION_DAYS + 1))
    hand_in(client, example_source())
    assert Upload.objects.count() == 1
    assert ExamVersion.objects.count() == 1


# --- A new version -------------------------------------------------------------------------------
CHANGED = (
    example_source()
    .replace("Begroet de gast.", "Begroet elke gast.")
    .replace("Ontvangt gasten", "Ontvangt de gasten")
    .replace('"7.0", "8.5", "10.0"', '"6.5", "8.5", "10.0"')
)


def test_new_version_shows_its_differences(client, staff):
    make_live(client, example_source())
    page = " ".join(text_of(hand_in(client, CHANGED)).split())
    assert "Dit wordt een nieuwe versie van een examen dat er al is." in page
    assert "Verschillen met versie 1" in page
    for words in (
        "De titel was ‘Ontvangt gasten’ en wordt ‘Ontvangt de gasten’.",
        "De cijfers zijn anders: bij 4 punten 7,0 → 6,5.",
        "Het criterium is anders.",
        "Begroet elke gast.",
    ):
        assert words in page


def test_content_equal_to_the_current_version_cannot_be_saved(client, staff):
    make_live(client, example_source())
    for content, name in ((example_source() + "# opmerking\n", "a.yaml"), (write_workbook(example()), "a.xlsx")):
        page = " ".join(text_of(hand_in(client, content, name)).split())
        assert "die nu geldt. Er valt niets op te slaan." in page
        assert "Opslaan als concept" not in page


def test_earlier_version_can_be_imported_as_the_newest(client, staff):
    make_live(client, example_source())
    make_live(client, CHANGED)
    back = make_live(client, example_source())
    assert (back.number, back.exam.current_version) == (3, back)
    assert stored_content(back) == example()


# --- Publish -------------------------------------------------------------------------------------
def saved(client: Client, content: str = "") -> ExamVersion:
    hand_in(client, content or example_source())
    save(client)
    return ExamVersion.objects.latest("pk")


def current() -> ExamVersion | None:
    """Return the current version of the only exam."""
    return Exam.objects.get().current_version


def test_publishing_asks_for_confirmation_and_is_logged(client, staff):
    version = saved(client)
    page = text_of(client.get(f"{VERSIONS}{version.pk}/publiceren/"))
    assert "Voorbereid door Ingrid Dam" in page
    assert "Laat bij voorkeur een collega nalezen" in page
    assert current() is None

    reviewer = UserFactory(is_staff=True)
    client.force_login(reviewer)
    assert "Laat bij voorkeur" not in text_of(client.get(f"{VERSIONS}{version.pk}/publiceren/"))
    assert "geldt vanaf nu voor nieuwe beoordelingen" in text_of(publish(client, version))
    version.refresh_from_db()
    assert current() == version
    assert (version.prepared_by, version.published_by) == (staff, reviewer)
    entry = LogEntry.objects.latest("pk")
    assert (entry.user, entry.object_id, entry.get_change_message()) == (reviewer, str(version.pk), "Gepubliceerd.")


def test_publishing_twice_changes_nothing(client, staff):
    version = saved(client)
    publish(client, version)
    published_at = ExamVersion.objects.get().published_at
    assert "was al gepubliceerd." in text_of(publish(client, version))
    assert ExamVersion.objects.get().published_at == published_at


def test_version_older_than_the_current_is_not_published(client, staff):
    older = saved(client)
    make_live(client, CHANGED)
    assert "dus deze versie zou nooit gelden" in text_of(client.get(f"{VERSIONS}{older.pk}/publiceren/"))
    assert "is niet gepubliceerd. Versie 2 is nieuwer" in text_of(publish(client, older))
    older.refresh_from_db()
    assert older.published_at is None


def test_outdated_comparison_is_shown_again(client, staff):
    first, second = saved(client), saved(client, CHANGED)
    url = f"{VERSIONS}{second.pk}/publiceren/"
    shown = {"compared_with": client.get(url).context["compared_with"]}
    publish(client, first)
    response = client.post(url, shown)
    assert "Er is intussen een andere versie gepubliceerd" in text_of(response)
    assert "Verschillen met versie 1" in text_of(response)
    assert first.exam.current_version == first
    publish(client, second)
    assert first.exam.current_version == second


@pytest.mark.django_db(transaction=True)
def test_of_two_concurrent_publications_one_is_refused(client, staff):
    version = saved(client)
    others = [UserFactory(is_staff=True) for _ in range(2)]
    results = at_once(*(partial(do_publish, version=version, by=by, compared_with="") for by in others))
    [error] = [result for result in results if result is not None]
    assert isinstance(error, PublishedContent)
    assert LogEntry.objects.filter(action_flag=CHANGE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_saves_make_one_version(client, staff):
    hand_in(client, example_source())
    upload = Upload.objects.get()
    first, second = at_once(*[partial(save_as_draft, upload=upload, by=staff)] * 2)
    assert first == second
    assert ExamVersion.objects.count() == 1


def test_invalid_comparison_publishes_nothing(client, staff):
    version = saved(client)
    for nonsense in ("x", "9" * 5000, "1"):
        publish(client, version, compared_with=nonsense)
        assert version.exam.current_version is None


def test_ungradable_version_is_not_published(client, staff, draft):
    draft.grading_data["good_from"] = 99
    draft.save()
    assert "is niet gepubliceerd. Examen: 'good_from' is 99" in text_of(publish(client, draft))
    assert draft.exam.current_version is None


def test_version_survives_deletion_of_its_publisher(client, staff):
    version = make_live(client, example_source())
    LogEntry.objects.all().delete()
    User.objects.filter(pk=staff.pk).delete()
    version.refresh_from_db()
    assert (version.prepared_by, version.published_by) == (None, None)
    assert version.published_at


# --- Running assessments -------------------------------------------------------------------------
def test_running_assessment_keeps_its_version(client, staff, docent, student, school):
    first = make_live(client, example_source())
    running = start_assessment(student, first.units.get(), docent)
    second = make_live(client, CHANGED)
    running.refresh_from_db()
    assert running.unit.exam_version == first
    assert stored_content(first) == example()
    assert first.exam.current_version == second


def test_new_version_is_current_in_every_process(client, staff, docent):
    """The current version is not cached."""
    version = make_live(client, example_source())
    docent.account_exams.create(exam=version.exam)
    teacher = Client()
    teacher.force_login(docent)
    address = f"/examens/{version.exam_id}/"
    assert "Gasten ontvangen en bedienen" in teacher.get(address).content.decode()
    make_live(client, example_source().replace("Gasten ontvangen en bedienen", "Gasten verwelkomen"))
    assert "Gasten verwelkomen" in teacher.get(address).content.decode()


# --- Download ------------------------------------------------------------------------------------
def test_downloaded_version_can_be_uploaded(client, staff):
    version = make_live(client, example_source())
    for kind, ending in (("yaml", "yaml"), ("excel", "xlsx")):
        file = client.get(f"{VERSIONS}{version.pk}/{kind}/")
        assert file["Content-Disposition"] == f'attachment; filename="99999-2026-2027-versie-1.{ending}"'
        assert read_content(file.content).content == example()


def test_version_of_any_structure_is_exported_completely(client, staff):
    version = make_exam(units=2, core_tasks=2, work_processes=2).versions.get()
    for kind in ("yaml", "excel"):
        content = read_content(client.get(f"{VERSIONS}{version.pk}/{kind}/").content).content
        assert content == stored_content(version)


def test_only_a_draft_is_compared_with_the_current_version(client, staff):
    exam = make_exam(title="Verzorgende IG")
    draft = add_version(exam, published=False, work_processes=1)
    assert "Verschillen met versie 1" in text_of(client.get(f"{VERSIONS}{draft.pk}/"))
    assert "Verschillen met" not in text_of(client.get(f"{VERSIONS}{exam.current_version.pk}/"))


# --- Permissions --------------------------------------------------------------------------------
def test_pages_are_for_staff_only(client, staff, docent, committee_member):
    version = saved(client)
    upload = Upload.objects.get()
    pages = [
        UPLOAD,
        f"{UPLOAD}voorbeeld.yaml",
        f"{UPLOAD}voorbeeld.xlsx",
        f"{UPLOAD}{upload.public_id}/",
        f"{UPLOAD}{upload.public_id}/formulier/1/",
        f"{VERSIONS}{version.pk}/formulier/1/",
        f"{VERSIONS}{version.pk}/publiceren/",
        f"{VERSIONS}{version.pk}/yaml/",
        f"{VERSIONS}{version.pk}/excel/",
    ]
    for user, status in ((None, 302), (docent, 404), (committee_member, 404)):
        other = Client()
        if user:
            other.force_login(user)
        assert {page: other.get(page).status_code for page in pages} == dict.fromkeys(pages, status)
        for page in (f"{UPLOAD}{upload.public_id}/opslaan/", f"{VERSIONS}{version.pk}/publiceren/", UPLOAD):
            assert other.post(page, {"compared_with": ""}).status_code == status
    assert all(client.get(page).status_code == 200 for page in pages)
    version.refresh_from_db()
    assert version.published_at is None


def test_get_changes_nothing(client, staff):
    version = saved(client)
    upload = Upload.objects.get()
    assert client.get(f"{UPLOAD}{upload.public_id}/opslaan/").status_code == 302
    client.get(f"{VERSIONS}{version.pk}/publiceren/")
    assert version.exam.current_version is None
