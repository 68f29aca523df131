"""Importing a list of students and staff: preview, then import, exactly once."""

from __future__ import annotations

import io
import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags
from openpyxl import Workbook, load_workbook

from accounts.auth.rate_limits import LISTS_BY_USER
from accounts.importing import job, template_files
from accounts.importing.columns import Outcome
from accounts.importing.job import PreviewOutdated, import_previewed
from accounts.importing.preview import load_rows, prepare
from accounts.models import Membership, PeopleImport, Role, School, SchoolInvitation, User
from accounts.models.imports import RETENTION_DAYS
from accounts.people.importing.people import COLUMNS, EXAMPLE, TEMPLATE
from accounts.people.invite import send_queued
from accounts.people.roles import leave
from assessments.models import Assessment
from digibeoordelen.jobs.tasks import purge, sweep
from digibeoordelen.outbox.models import OutgoingMail
from tests.accounts.mailed import start_counting
from tests.addressbook.files import csv_file, read_lines, xlsx
from tests.concurrency import at_once
from tests.factories import MembershipFactory, UserFactory, member

HEADER = [column.header for column in COLUMNS]
NOA = ["Noa", "de", "Wit", "noa@hier.test", "Student", "200200", ""]
BO = ["Bo", "", "Bos", "bo@hier.test", "Docent", "", ""]
Shown = Callable[..., PeopleImport]


@pytest.fixture
def shown(school: School, manager: User) -> Shown:
    """Return `shown(row, …)`, which prepares an import of these rows by `manager`."""

    def prepare_rows(*rows: list[str], header: list[str] = HEADER, **fields: Any) -> PeopleImport:
        file = csv_file(*rows, header=header)
        return prepare(PeopleImport, school=school, by=manager, file=file, filename="lijst.csv", **fields)

    return prepare_rows


def preview_messages(prepared: PeopleImport) -> list[tuple[str, str]]:
    """Return (outcome, note) of each row."""
    return [
        (row.outcome, "; ".join(" ".join(filter(None, [n.column, n.value, n.text])) for n in row.notes))
        for row in load_rows(prepared)
    ]


def with_(row: list[str], **changes: str) -> list[str]:
    names = [column.name for column in COLUMNS]
    return [changes.get(name, value) for name, value in zip(names, row, strict=True)]


# --- New people ----------------------------------------------------------------------------------
def test_student_gets_a_number_and_no_password(shown: Shown, school: School) -> None:
    prepared = shown(NOA)
    assert preview_messages(prepared) == [("NEW", "")]
    assert not User.objects.filter(email="noa@hier.test").exists()
    import_previewed(prepared)
    student = school.memberships.get(user__email="noa@hier.test")
    assert (student.role, student.student_number, student.user.full_name) == ("STUDENT", "200200", "Noa de Wit")
    assert not student.user.has_usable_password()
    assert student.user.details_checked_at is None
    assert "noa de wit noa@hier.test 200200" in student.search_text
    assert student.sort_key == "wit\tnoa\t200200"
    [change] = school.role_changes.all()
    assert (change.user, change.role, change.how, change.by_name) == (student.user, "STUDENT", "IMPORT", "Bea Beheer")


def test_mails_are_sent_at_once_or_later(shown: Shown, school: School) -> None:
    import_previewed(shown(NOA))
    import_previewed(shown(BO, mails_now=False))
    assert send_queued() == 1
    assert [mail.to for mail in OutgoingMail.objects.all()] == ["noa@hier.test"]
    assert [one.email for one in school.school_invitations.unsent()] == ["bo@hier.test"]


def test_imported_docent_is_in_the_address_book(shown: Shown, school: School) -> None:
    import_previewed(shown(BO))
    assert school.contacts.listed().get(email="bo@hier.test").side == "SCHOOL"


@pytest.mark.parametrize(
    ("cell", "roles"),
    [
        ("docent, Examencommissie", ["DOCENT", "EXAMENCOMMISSIE"]),
        ("Docent en Schoolbeheer", ["DOCENT", "SCHOOLBEHEER"]),
        ("DOCENT/praktijkopleider", ["DOCENT", "PRAKTIJKOPLEIDER"]),
    ],
)
def test_several_roles_in_one_cell(shown: Shown, school: School, cell: str, roles: list[str]) -> None:
    import_previewed(shown(with_(BO, role=cell)))
    memberships = school.memberships.filter(user__email="bo@hier.test").order_by("role")
    assert [one.role for one in memberships] == roles


def test_number_without_role_means_student(shown: Shown, school: School) -> None:
    import_previewed(
        shown(["Noa", "Wit", "noa@hier.test", "20 02 00"], header=["Roepnaam", "Achternaam", "E-mail", "Studentnr"])
    )
    assert school.memberships.get(user__email="noa@hier.test").student_number == "200200"


def test_mail_uses_the_language_of_the_row(shown: Shown, school: School) -> None:
    import_previewed(shown(with_(NOA, language="Engels")))
    send_queued()
    assert OutgoingMail.objects.get().subject == "Your account at ROC Hier"


# --- Errors --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("row", "what"),
    [
        (with_(NOA, first_name='=HYPERLINK("http://x","Noa")'), "is een formule"),
        (with_(NOA, last_name="zie https://boef.test"), "kan geen webadres zijn"),
        (with_(NOA, email="noa"), "is geen e-mailadres"),
        (with_(NOA, email=""), "moet worden ingevuld"),
        (with_(NOA, role="Koning"), "kan niet; kies uit Student, Docent, Praktijkopleider, Examencommissie of"),
        (with_(NOA, role="Docent, Koning"), "kan niet; kies uit"),
        (with_(NOA, role=",", student_number=""), "kan niet"),
        (with_(NOA, role="Docent"), "alleen een student heeft een studentnummer"),
        (with_(NOA, role="", student_number=""), "of anders een studentnummer"),
        (with_(NOA, student_number="1" * 21), "is te lang"),
        (with_(NOA, last_name="x" * 121), "is te lang"),
    ],
)
def test_invalid_row_is_explained_and_valid_ones_are_imported(
    shown: Shown, school: School, row: list[str], what: str
) -> None:
    prepared = shown(BO, row)
    (good, _), (bad, message) = preview_messages(prepared)
    assert (good, bad) == ("NEW", "ERROR")
    assert what in message
    import_previewed(prepared)
    assert User.objects.filter(email="bo@hier.test").exists()
    assert not User.objects.filter(email="noa@hier.test").exists()


def test_number_is_unique_per_school(shown: Shown, student: Membership) -> None:
    taken = with_(NOA, student_number="123456")
    again = with_(NOA, email="noor@hier.test")
    assert preview_messages(shown(taken, NOA, again)) == [
        ("ERROR", "Studentnummer 123456 is al van Anouk van 't Hoff (anouk@hier.test)"),
        ("ERROR", "E-mailadres noa@hier.test staat ook in regel 2, met andere gegevens"),
        ("NEW", ""),
    ]
    assert preview_messages(shown(NOA, again))[1] == ("ERROR", "Studentnummer 200200 staat ook in regel 2")


def test_number_may_exist_at_another_school(shown: Shown, other_school: School) -> None:
    MembershipFactory(school=other_school, student_number="200200")
    assert preview_messages(shown(NOA)) == [("NEW", "")]


def test_repeated_and_example_lines_are_skipped(shown: Shown) -> None:
    assert preview_messages(shown(NOA, NOA, list(EXAMPLE)))[1:] == [
        ("SKIPPED", "staat ook in regel 2"),
        ("SKIPPED", "het voorbeeld uit het template"),
    ]


def test_importer_cannot_add_own_roles(shown: Shown, school: School, manager: User) -> None:
    row = with_(BO, email=manager.email, role="Examencommissie")
    prepared = shown(row)
    assert preview_messages(prepared) == [("ERROR", "Rol Examencommissie kan niet: dit bent u zelf")]
    import_previewed(prepared)
    assert not school.memberships.filter(role=Role.EXAMENCOMMISSIE).exists()


# --- Existing members ----------------------------------------------------------------------------
def test_member_gets_missing_roles(shown: Shown, school: School, docent: User) -> None:
    prepared = shown(["Dirk", "", "Docent", docent.email, "Docent, Examencommissie", "", ""])
    assert preview_messages(prepared) == [("UPDATED", "Rol Examencommissie komt erbij")]
    import_previewed(prepared)
    assert school.memberships.filter(user=docent, role=Role.EXAMENCOMMISSIE).exists()
    assert not SchoolInvitation.objects.exists()


def test_import_removes_nothing(shown: Shown, school: School, docent: User, student: Membership) -> None:
    rows = [
        ["Derk", "", "Docent", docent.email, "Docent", "", ""],
        ["Anouk", "van 't", "Hoff", student.user.email, "", "999999", ""],
        ["Anouk", "van 't", "Hoff", "x@hier.test", "Student", "", ""],
    ]
    prepared = shown(*rows)
    assert preview_messages(prepared) == [
        ("SKIPPED", "heeft een account en houdt de naam Dirk Docent"),
        ("ERROR", "Studentnummer 999999 kan niet: het nummer is nu 123456. Wijzig het bij de student zelf"),
        ("NEW", ""),
    ]
    import_previewed(prepared)
    student.refresh_from_db()
    assert student.student_number == "123456"
    docent.refresh_from_db()
    assert docent.first_name == "Dirk"


def test_empty_number_is_filled_in(shown: Shown, school: School) -> None:
    student = MembershipFactory(school=school, student_number="", user__email="noa@hier.test")
    prepared = shown(NOA)
    assert preview_messages(prepared)[0][0] == "UPDATED"
    assert "Studentnummer 200200 was leeg" in preview_messages(prepared)[0][1]
    import_previewed(prepared)
    student.refresh_from_db()
    assert student.student_number == "200200"
    assert "200200" in student.search_text
    [line] = school.changes.all()
    assert (line.student, line.before, line.after, line.by_name) == (student, "", "200200", "Bea Beheer")


def test_number_is_normalised_or_refused(shown: Shown, school: School) -> None:
    School.objects.filter(pk=school.pk).update(number_forms="s999999")
    school.refresh_from_db()
    prepared = shown(with_(NOA, student_number="S200 200"), with_(NOA, email="bo@hier.test"))
    assert [row.outcome for row in load_rows(prepared)] == ["NEW", "ERROR"]
    assert "Een studentnummer van ROC Hier bestaat uit" in preview_messages(prepared)[1][1]
    import_previewed(prepared)
    assert school.memberships.get(user__email="noa@hier.test").student_number == "s200200"


def test_previewed_number_is_imported_after_a_format_change(shown: Shown, school: School) -> None:
    prepared = shown(NOA)
    School.objects.filter(pk=school.pk).update(number_forms="s999999")
    import_previewed(prepared)
    assert school.memberships.get(user__email="noa@hier.test").student_number == "200200"


def test_the_same_list_again_changes_nothing(shown: Shown) -> None:
    import_previewed(shown(NOA, BO))
    assert preview_messages(shown(NOA, BO)) == [("SKIPPED", "hoort al zo bij de school")] * 2


def test_name_is_updated_until_the_owner_confirms(shown: Shown, school: School) -> None:
    import_previewed(shown(NOA))
    prepared = shown(with_(NOA, last_name="Witte"))
    assert preview_messages(prepared) == [("UPDATED", "Achternaam Witte was ‘Wit’")]
    import_previewed(prepared)
    assert school.memberships.get(user__email="noa@hier.test").sort_key.startswith("witte")


def test_former_student_is_restored(
    shown: Shown, school: School, manager: User, assessment: Assessment, student: Membership
) -> None:
    leave(school=school, user=student.user, by=manager)
    prepared = shown(["Anouk", "van 't", "Hoff", student.user.email, "Student", "123456", ""])
    assert preview_messages(prepared) == [("UPDATED", "Rol Student komt erbij")]
    import_previewed(prepared)
    student.refresh_from_db()
    assert student.ended_at is None


# --- Members of another school -------------------------------------------------------------------
def test_existing_account_is_invited_not_added(shown: Shown, school: School, stranger: User) -> None:
    row = ["Vera", "", "Vreemd", stranger.email, "Examencommissie", "", ""]
    prepared = shown(row)
    assert preview_messages(prepared) == [("NEW", "")]
    import_previewed(prepared)
    assert not school.memberships.filter(user=stranger).exists()
    [invitation] = school.school_invitations.open()
    assert (invitation.email, invitation.roles, invitation.user) == (stranger.email, ["EXAMENCOMMISSIE"], None)
    assert preview_messages(shown(row)) == [("SKIPPED", "is al uitgenodigd")]
    assert preview_messages(shown(with_(row, role="Docent")))[0][0] == "ERROR"


def test_preview_does_not_reveal_existing_accounts(browser: Client, start_url: str, stranger: User) -> None:
    UserFactory(email="zonder-rol@hier.test")
    pages, asked = [], []
    for email in (stranger.email, "zonder-rol@hier.test", "niemand@hier.test"):
        with CaptureQueriesContext(connection) as queries:
            page = hand_in(browser, start_url, with_(NOA, email=email))
        asked.append(len(queries))
        pages.append(re.sub(r'value="\w{64}"|[0-9a-f-]{36}', "", words(page)).replace(email, "…"))
    assert "1 nieuw" in pages[0]
    assert "wordt uitgenodigd" in pages[0]
    assert len(set(pages)) == len(set(asked)) == 1


def test_lists_per_user_are_limited(
    browser: Client, start_url: str, school: School, second_manager: User, settings: Any
) -> None:
    """Importing reveals which addresses have an account."""
    start_counting(settings)
    for _ in range(LISTS_BY_USER.times):
        assert "1 nieuw" in words(hand_in(browser, start_url, NOA))
    refused = hand_in(browser, start_url, NOA)
    assert f"U hebt in een uur al {LISTS_BY_USER.times} lijsten bekeken." in words(refused)
    assert refused.status_code == 429
    assert PeopleImport.objects.count() == LISTS_BY_USER.times
    browser.force_login(second_manager)
    assert "1 nieuw" in words(hand_in(browser, start_url, NOA))


# --- Outdated previews ---------------------------------------------------------------------------
def test_changes_meanwhile_are_previewed_again(shown: Shown, school: School) -> None:
    prepared = shown(NOA, BO)
    MembershipFactory(school=school, student_number="200200")
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    prepared.refresh_from_db()
    assert "Bij de school is intussen iets veranderd" in prepared.problem
    assert [outcome for outcome, _ in preview_messages(prepared)] == ["ERROR", "NEW"]
    assert not User.objects.filter(email="bo@hier.test").exists()
    import_previewed(prepared)
    assert User.objects.filter(email="bo@hier.test").exists()


def test_address_moved_to_another_account_is_previewed_again(shown: Shown, school: School) -> None:
    name = {"user__first_name": "Noa", "user__infix": "", "user__last_name": "Wit"}
    first = MembershipFactory(school=school, user__email="noa@hier.test", **name)
    prepared = shown(["Noa", "", "Wit", "noa@hier.test", "Docent", "", ""])
    User.objects.filter(pk=first.user_id).update(email="noa@prive.test")
    namesake = MembershipFactory(school=school, user__email="noa@hier.test", **name)
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    assert [held.role for held in namesake.user.memberships.all()] == [Role.STUDENT]


@pytest.mark.django_db(transaction=True)
def test_a_double_click_imports_once(shown: Shown, school: School) -> None:
    prepared = shown(NOA, BO)
    assert at_once(lambda: import_previewed(prepared), lambda: import_previewed(prepared)) == [None, None]
    assert school.school_invitations.count() == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_imports_create_one_account(shown: Shown, other_school: School, stranger: User) -> None:
    first = shown(NOA)
    MembershipFactory(user=stranger, school=other_school, role=Role.SCHOOLBEHEER)
    second = prepare(
        PeopleImport, school=other_school, by=stranger, file=csv_file(NOA, header=HEADER), filename="lijst.csv"
    )
    results = at_once(lambda: import_previewed(first), lambda: import_previewed(second))
    # The second import invites the account made by the first, or its preview was outdated.
    assert {type(result).__name__ for result in results} <= {"NoneType", "PreviewOutdated"}
    assert None in results
    assert User.objects.filter(email="noa@hier.test").count() == 1


# --- Large files ---------------------------------------------------------------------------------
def test_large_list_is_bounded_in_memory_and_queries(
    school: School, manager: User, django_assert_max_num_queries: Any
) -> None:
    rows = [["Jan", "", f"Nummer {n}", f"jan{n}@hier.test", "Student", f"s{n:06}", ""] for n in range(2_000)]
    file = xlsx(*rows, header=HEADER)
    tracemalloc.start()
    try:
        with django_assert_max_num_queries(4 * 6):
            prepared = prepare(PeopleImport, school=school, by=manager, file=file, filename="lijst.xlsx")
        assert tracemalloc.get_traced_memory()[1] < 12 * 1024 * 1024
    finally:
        tracemalloc.stop()
    with django_assert_max_num_queries(4 * 6 + 4 * 40):  # SQLite limits the rows per statement
        import_previewed(prepared)
    assert school.memberships.filter(role=Role.STUDENT).count() == 2_000
    assert school.school_invitations.open().count() == 2_000


def test_long_list_is_imported_by_a_worker(school: School, manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    announced: list[int] = []
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: announced.append(pk))
    rows = [["Jan", "", f"Nummer {n}", f"jan{n}@hier.test", "Student", f"{n}", ""] for n in range(1_500)]
    file = csv_file(*rows, header=HEADER)
    queued = job.submit(PeopleImport, school=school, by=manager, file=file, filename="l.csv", mails_now=False)
    sweep()
    assert announced == [queued.pk]
    assert PeopleImport.objects.run(queued.pk)
    queued.refresh_from_db()
    job.start_importing(queued)
    assert PeopleImport.objects.run(queued.pk)
    assert school.school_invitations.unsent().count() == 1_500


# --- Screens -------------------------------------------------------------------------------------
def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def start_url(school: School) -> str:
    return reverse("school:import_start", args=[school.pk])


def hand_in(browser: Client, start_url: str, *rows: list[str], mails_now: str = "ja", ends: str = "") -> Any:
    file = SimpleUploadedFile("lijst.csv", csv_file(*rows, header=HEADER).getvalue())
    return browser.post(start_url, {"file": file, "mails_now": mails_now, "ends": ends}, follow=True)


def page_of(prepared: PeopleImport, name: str = "preview") -> str:
    return reverse(f"school:import_{name}", args=[prepared.school_id, prepared.public_id])


def test_upload_leads_to_preview_and_report(browser: Client, start_url: str) -> None:
    page = words(hand_in(browser, start_url, NOA, with_(BO, email="bo"), mails_now="nee"))
    assert "1 nieuw, 0 bijgewerkt; de mails stuurt u later" in page
    assert "1 regel kan niet worden geïmporteerd" in page
    prepared = PeopleImport.objects.get()
    for _ in range(2):
        page = words(browser.post(page_of(prepared, "apply"), follow=True))
    assert "Het importeren is gelukt: 1 nieuw, 0 bijgewerkt." in page
    assert "De mails wachten bij" in page
    assert User.objects.filter(email="noa@hier.test").count() == 1


def test_preview_shows_role_number_and_language(browser: Client, start_url: str) -> None:
    member_of_two_roles = with_(NOA, role="docent, examencommissie", student_number="")
    answer = hand_in(browser, start_url, member_of_two_roles, with_(BO, role="", student_number="4711"))
    page = " ".join(strip_tags(answer.content.decode()).split())
    assert "noa@hier.test Nederlands docent, examencommissie – Nieuw" in page
    assert "bo@hier.test Nederlands Student 4711 Nieuw" in page


def test_invalid_rows_can_be_downloaded(browser: Client, start_url: str) -> None:
    hand_in(browser, start_url, with_(BO, email="bo"))
    content = browser.get(page_of(PeopleImport.objects.get(), "to_mend")).content
    book = load_workbook(io.BytesIO(content))
    assert book.worksheets[0]["H2"].value == "Regel 2: E-mailadres is geen e-mailadres"
    book.worksheets[0]["D2"] = "bo@hier.test"
    mended = io.BytesIO()
    book.save(mended)
    file = SimpleUploadedFile("t.xlsx", mended.getvalue())
    assert "1 nieuw, 0 bijgewerkt" in words(browser.post(start_url, {"file": file, "mails_now": "ja"}, follow=True))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"%PDF-1.7", "Dit is geen Excel- of csv-bestand."), (b"a;b\r\n", "ontbreken"), (b"", "Dit bestand is leeg.")],
)
def test_invalid_file_is_explained_at_the_field(browser: Client, start_url: str, content: bytes, sentence: str) -> None:
    page = words(browser.post(start_url, {"file": SimpleUploadedFile("l.csv", content), "mails_now": "ja"}))
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert not PeopleImport.objects.exists()


def test_list_is_visible_to_its_uploader_only(
    browser: Client, client: Client, start_url: str, school: School, second_manager: User, stranger: User
) -> None:
    hand_in(browser, start_url, NOA)
    prepared = PeopleImport.objects.get()
    MembershipFactory(user=stranger, role=Role.SCHOOLBEHEER)
    for user in (second_manager, stranger):
        client.force_login(user)
        for name in ("preview", "progress", "to_mend"):
            assert client.get(page_of(prepared, name)).status_code == 404
        assert client.post(page_of(prepared, "apply")).status_code == 404
    assert not User.objects.filter(email="noa@hier.test").exists()


def test_list_is_hidden_without_the_role(browser: Client, start_url: str, manager: User) -> None:
    hand_in(browser, start_url, NOA)
    manager.memberships.all().delete()
    assert browser.post(page_of(PeopleImport.objects.get(), "apply")).status_code == 404


def test_progress_bar_shows_while_a_worker_runs(browser: Client, start_url: str) -> None:
    hand_in(browser, start_url, NOA)
    PeopleImport.objects.update(state="IMPORTING", done_rows=500, total_rows=1500)
    prepared = PeopleImport.objects.get()
    assert "500 van 1.500 regels verwerkt" in words(browser.get(page_of(prepared)))
    part = browser.get(page_of(prepared, "progress"), headers={"HX-Request": "true"})
    assert f'hx-get="{page_of(prepared, "progress")}"' in words(part)
    assert "<h3>Uw lopende import</h3>" in words(browser.get(start_url))
    PeopleImport.objects.update(state="FAILED", problem="Dit is geen lijst.")
    page = words(browser.get(page_of(prepared)))
    assert "Dit is geen lijst." in page
    assert 'aria-invalid="true"' in page


def test_templates_can_be_filled_in_and_read(browser: Client, school: School) -> None:
    excel = browser.get(reverse("school:import_excel_template", args=[school.pk])).content
    assert read_lines(io.BytesIO(excel))[0] == (1, HEADER)
    assert browser.get(reverse("school:import_csv_template", args=[school.pk])).content.decode("utf-8-sig").startswith(
        "Voornaam;Tussenvoegsel;Achternaam;E-mailadres;Rol;Studentnummer;Taal"
    )  # fmt: skip


def test_template_cells_are_text() -> None:
    """Keeps leading zeros of a number."""
    sheet = load_workbook(io.BytesIO(template_files.excel_template(TEMPLATE))).worksheets[0]
    assert sheet.column_dimensions["F"].number_format == "@"
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(with_(NOA, student_number="007007"))
    content = io.BytesIO()
    book.save(content)
    assert read_lines(content)[1][1][5] == "007007"


def test_lists_are_purged_after_a_week(shown: Shown, pass_time: Any) -> None:
    shown(NOA)
    pass_time(days=RETENTION_DAYS, seconds=1)
    purge()
    assert not PeopleImport.objects.exists()


def test_account_without_a_role_is_invited(shown: Shown, school: School) -> None:
    UserFactory(email="noa@hier.test")
    import_previewed(shown(NOA))
    assert not school.memberships.filter(user__email="noa@hier.test").exists()
    assert [one.user for one in school.school_invitations.open()] == [None]


def test_user_listed_by_a_colleague_stays_a_member(shown: Shown, school: School) -> None:
    someone = member(school, Role.DOCENT, first_name="Bo", last_name="Bos", email="bo@hier.test")
    import_previewed(shown(with_(BO, role="Schoolbeheer")))
    assert sorted(someone.memberships.values_list("role", flat=True)) == ["DOCENT", "SCHOOLBEHEER"]
    assert Outcome.ERROR not in [outcome for outcome, _ in preview_messages(shown(BO))]


# --- Who is not in the list ----------------------------------------------------------------------
def ended(prepared: PeopleImport) -> list[str]:
    return [row.full_name for row in load_rows(prepared) if row.outcome == Outcome.ENDED]


@pytest.fixture
def tim(school: School) -> User:
    return MembershipFactory(school=school, user__first_name="Tim", user__last_name="Toe", student_number="7").user


@pytest.mark.parametrize(
    ("ends", "leaves"),
    [("", []), ("STUDENTS", ["Tim Toe"]), ("STAFF", ["Docie Docent"]), ("ALL", ["Docie Docent", "Tim Toe"])],
)
def test_only_those_chosen_are_ended(
    shown: Shown, school: School, tim: User, manager: User, other_school: School, ends: str, leaves: list[str]
) -> None:
    member(school, Role.DOCENT, first_name="Docie", last_name="Docent")
    member(other_school, Role.DOCENT)
    prepared = shown(NOA, ends=ends)
    assert ended(prepared) == leaves
    import_previewed(prepared)
    names = {membership.user.full_name for membership in school.memberships.present()}
    assert names == {"Docie Docent", "Tim Toe", "Noa de Wit", manager.full_name} - set(leaves)
    assert other_school.memberships.present().count() == 1


def test_ending_is_logged_and_withdraws_the_invitation(shown: Shown, school: School, tim: User) -> None:
    import_previewed(shown(NOA))
    import_previewed(shown(BO, ends="STUDENTS"))
    assert not school.school_invitations.open().filter(email="noa@hier.test").exists()
    changes = school.role_changes.filter(user=tim).values_list("role", "change", "how", "by_name")
    assert list(changes) == [("STUDENT", "TAKEN", "IMPORT", "Bea Beheer")]


def test_ended_student_keeps_the_results(shown: Shown, student: Membership, assessment: Assessment) -> None:
    import_previewed(shown(NOA, ends="STUDENTS"))
    student.refresh_from_db()
    assert student.ended_at is not None
    assert student.left_on is not None
    assert Assessment.objects.get().student == student


def test_listed_student_keeps_every_role(shown: Shown, school: School, tim: User) -> None:
    member_too = MembershipFactory(school=school, user=tim, role=Role.DOCENT)
    import_previewed(shown(["Tim", "", "Toe", tim.email, "Student", "7", ""], ends="ALL"))
    assert member_too in school.memberships.present()


@pytest.mark.parametrize("wrong", [with_(NOA, student_number="7"), with_(NOA, email="geen adres")])
def test_nobody_is_ended_while_a_line_is_wrong(shown: Shown, school: School, tim: User, wrong: list[str]) -> None:
    """The wrong line may be about someone who would be ended."""
    prepared = shown(BO, wrong, ends="STUDENTS")
    assert ended(prepared) == []
    last = preview_messages(prepared)[-1]
    assert last == ("SKIPPED", "staat niet in de lijst; blijft tot alle regels met een fout zijn verbeterd")
    import_previewed(prepared)
    assert school.memberships.present().filter(user=tim).exists()


def test_someone_who_joined_since_the_preview_is_previewed_first(shown: Shown, school: School, tim: User) -> None:
    prepared = shown(NOA, ends="STUDENTS")
    MembershipFactory(school=school, user__first_name="Zoë", user__last_name="Zeer")
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    prepared.refresh_from_db()
    assert ended(prepared) == ["Tim Toe", "Zoë Zeer"]
    assert school.memberships.present().filter(user=tim).exists()
    import_previewed(prepared)
    assert not school.memberships.present().filter(user=tim).exists()


def test_the_page_names_who_leaves(browser: Client, start_url: str, tim: User) -> None:
    hand_in(browser, start_url, NOA, ends="STUDENTS")
    prepared = PeopleImport.objects.get()
    page = words(browser.get(page_of(prepared)))
    assert "<b>1 uit de school</b>" in page
    assert "Tim Toe" in page
    browser.post(page_of(prepared, "apply"))
    assert "1 nieuw, 0 bijgewerkt, 1 uit de school." in words(browser.get(page_of(prepared)))
    assert not tim.memberships.exists()
