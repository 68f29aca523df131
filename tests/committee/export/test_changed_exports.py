"""Results that were withdrawn or made final again after an export."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from assessments.models import Assessment, CancelKind, Status, Viewing
from committee.decisions import cancel
from committee.decisions.withdraw_final import withdraw_final
from committee.export import snapshot
from committee.export_format import PLAIN
from committee.models import Export
from exams.models import Exam
from tests.committee.conftest import AfnameMaker
from tests.factories import ExportProfileFactory, MembershipFactory

Exporter = Callable[[], Export]


@pytest.fixture
def export(school: School, exam: Exam, committee_member: User) -> Exporter:
    """Export all final results."""
    final = Assessment.objects.filter(status=Status.FINAL)
    return partial(snapshot.create_export, results=final, school=school, exam=exam, by=committee_member, shape=PLAIN)


@pytest.fixture
def exported(make_afname: AfnameMaker, student: Membership, export: Exporter) -> Assessment:
    """Anouk's exported result, V with 6.5."""
    result = make_afname(Status.FINAL, student=student)
    export()
    return result


@pytest.fixture
def withdrawn(exported: Assessment, committee_member: User) -> Assessment:
    withdraw(exported, committee_member)
    return exported


def withdraw(assessment: Assessment, by: User) -> None:
    withdraw_final(assessment=assessment, by=by, reason="Verkeerde student.")


def finalise_again(assessment: Assessment, by: User) -> None:
    """Finalise without the steps before it."""
    now = timezone.now()
    result = {"ovg": "G", "grade": Decimal("9.0"), "final_at": now, "final_by": by}
    Assessment.objects.filter(pk=assessment.pk).update(status=Status.FINAL, status_since=now, **result)


def words(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def list_page(browser: Client, exam: Exam) -> str:
    return words(browser.get(reverse("committee:afnames"), {"examen": exam.pk}))


def changed_page(browser: Client, exam: Exam) -> str:
    return words(browser.get(reverse("committee:changed_results", args=[exam.pk])))


def export_page(browser: Client, export: Export) -> str:
    return words(browser.get(reverse("committee:export", args=[export.public_id])))


def only_new(browser: Client, exam: Exam) -> str:
    address = f"{reverse('committee:start_export')}?{urlencode({'examen': exam.pk})}"
    return words(browser.post(address, {"bestand": "CSV", "welke": "nieuw"}, follow=True))


ONE = "1 geëxporteerd resultaat is sindsdien ingetrokken of opnieuw definitief gemaakt"


def test_download_counts_withdrawn_results_and_links_to_them(member: Client, withdrawn: Assessment, exam: Exam) -> None:
    page = list_page(member, exam)
    assert ONE in page
    assert reverse("committee:changed_results", args=[exam.pk]) in page


def test_no_warning_while_exported_results_are_current(member: Client, exported: Assessment, exam: Exam) -> None:
    assert "sindsdien ingetrokken" not in list_page(member, exam)
    assert "Er is niets gewijzigd" in changed_page(member, exam)


def test_nothing_new_mentions_withdrawn_results(member: Client, withdrawn: Assessment, exam: Exam) -> None:
    [_, _, text] = only_new(member, exam).partition("geen nieuwe definitieve resultaten")
    text = text.partition("</div>")[0]
    assert ONE in text
    assert reverse("committee:changed_results", args=[exam.pk]) in text


def test_nothing_new_without_changes_has_no_link(member: Client, exported: Assessment, exam: Exam) -> None:
    assert "sindsdien ingetrokken" not in only_new(member, exam)


@pytest.mark.parametrize("where", ["changed", "export"])
def test_page_lists_exported_and_current_results(member: Client, withdrawn: Assessment, exam: Exam, where: str) -> None:
    page = changed_page(member, exam) if where == "changed" else export_page(member, Export.objects.get())
    row = page.partition("<tbody")[2].partition("</tbody>")[0]
    for text in ("Anouk van &#x27;t Hoff", "123456", "B1 Eenheid 1", "Voldoende, 6,5", "Beoordeeld"):
        assert text in row
    assert reverse("committee:afname", args=[withdrawn.public_id]) in row
    assert exam.code in page


def test_refinalised_result_is_listed_until_exported(
    member: Client, withdrawn: Assessment, exam: Exam, export: Exporter, committee_member: User
) -> None:
    finalise_again(withdrawn, committee_member)
    assert "Goed, 9,0" in changed_page(member, exam)
    export()
    assert "Anouk" not in changed_page(member, exam)
    assert "sindsdien ingetrokken" not in list_page(member, exam)
    first = Export.objects.earliest("pk")
    assert "staat in een latere export" in export_page(member, first)


def test_result_of_two_exports_is_listed_as_last_exported(
    member: Client, withdrawn: Assessment, exam: Exam, export: Exporter, committee_member: User
) -> None:
    finalise_again(withdrawn, committee_member)
    export()
    withdraw(Assessment.objects.get(), committee_member)
    page = changed_page(member, exam)
    assert page.count("Anouk") == 1
    assert "Goed, 9,0" in page
    assert "Voldoende, 6,5" not in page
    assert ONE in list_page(member, exam)


def test_cancelled_assessment_stays_listed(
    member: Client, withdrawn: Assessment, exam: Exam, committee_member: User
) -> None:
    cancel.cancel(
        assessment=withdrawn,
        by=committee_member,
        reason="Niet de student.",
        counts_as_attempt=False,
        kind=CancelKind.INVALID,
    )
    assert "Ingetrokken" in changed_page(member, exam).partition("<tbody")[2]


def test_csv_has_the_shape_of_the_last_export(
    member: Client, withdrawn: Assessment, exam: Exam, school: School, committee_member: User
) -> None:
    withdrawn.student.user.first_name = "=Anouk"
    withdrawn.student.user.save()
    shape = ExportProfileFactory(school=school, separator="COMMA", word_v="voldaan").shape
    Export.objects.update(shape=shape.as_json())
    response = member.get(reverse("committee:changed_results_file", args=[exam.pk]))
    [row] = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=",")
    today = shape.day(timezone.localdate())
    assert row == {
        "studentnummer": "123456",
        "naam": "'=Anouk van 't Hoff",
        "code": exam.code,
        "examen": exam.title,
        "cohort": exam.cohort,
        "eenheidcode": "B1",
        "exameneenheid": "Eenheid 1",
        "poging": "1",
        "geexporteerd_op": today,
        "geexporteerd_resultaat": "voldaan",
        "geexporteerd_cijfer": "6,5",
        "status_nu": "Beoordeeld",
        "resultaat_nu": "",
        "cijfer_nu": "",
        "gewijzigd_op": today,
    }
    assert response["Content-Disposition"] == (
        f'attachment; filename="gewijzigd-na-export-{exam.code}-{timezone.localdate():%Y-%m-%d}.csv"'
    )
    assert "no-store" in response["Cache-Control"]


def test_csv_download_is_logged(member: Client, withdrawn: Assessment, exam: Exam, committee_member: User) -> None:
    member.get(reverse("committee:changed_results_file", args=[exam.pk]))
    [viewing] = Viewing.objects.filter(what=Viewing.What.EXPORT)
    assert (viewing.export, viewing.by) == (Export.objects.get().public_id, committee_member)


def test_count_is_a_lower_bound_beyond_the_limit(
    member: Client,
    withdrawn: Assessment,
    exam: Exam,
    make_afname: AfnameMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_afname(Status.NEW, since=timezone.now())
    monkeypatch.setattr(snapshot, "MAX_COMPARED", 1)
    page = list_page(member, exam)
    assert "Bekijk wat na een export is ingetrokken of opnieuw definitief gemaakt" in page
    assert "sindsdien ingetrokken" not in page
    Assessment.objects.filter(pk=withdrawn.pk).update(status_since=timezone.now())
    assert "Minstens 1 geëxporteerd resultaat is sindsdien" in list_page(member, exam)
    assert "Anouk" in changed_page(member, exam)


def test_changes_are_paginated(
    member: Client, exam: Exam, make_afname: AfnameMaker, export: Exporter, committee_member: User
) -> None:
    results = [make_afname(Status.FINAL) for _ in range(31)]
    export()
    for result in results:
        withdraw(result, committee_member)
    assert "31 geëxporteerde resultaten zijn sindsdien" in list_page(member, exam)
    for page in (changed_page(member, exam), export_page(member, Export.objects.get())):
        assert page.count("Voldoende, 6,5") == 30
        assert "Pagina 1 van 2" in page


def test_other_schools_do_not_see_changes(client: Client, stranger: User, withdrawn: Assessment, exam: Exam) -> None:
    client.force_login(stranger)
    for name in ("changed_results", "changed_results_file"):
        assert client.get(reverse(f"committee:{name}", args=[exam.pk])).status_code == 404


def test_own_result_is_listed_without_a_link(
    member: Client, exam: Exam, school: School, make_afname: AfnameMaker, export: Exporter, committee_member: User
) -> None:
    mine = MembershipFactory(user=committee_member, school=school, role=Role.STUDENT, student_number="9")
    result = make_afname(Status.FINAL, student=mine)
    export()
    colleague = MembershipFactory(school=school, role=Role.EXAMENCOMMISSIE).user
    withdraw(result, colleague)
    page = changed_page(member, exam)
    assert "Carla Commissie" in page.partition("<tbody")[2]
    assert reverse("committee:afname", args=[result.public_id]) not in page


def test_query_count_is_constant_for_changes(
    member: Client, exam: Exam, make_afname: AfnameMaker, export: Exporter, committee_member: User
) -> None:
    def count(read: Callable[[], str]) -> int:
        with CaptureQueriesContext(connection) as queries:
            read()
        return len(queries)

    results = [make_afname(Status.FINAL) for _ in range(6)]
    made = export()
    reads = [partial(list_page, member, exam), partial(changed_page, member, exam), partial(export_page, member, made)]
    withdraw(results.pop(), committee_member)
    count(reads[0])  # reads the exam's criteria, which are cached
    few = [count(read) for read in reads]
    for result in results:
        withdraw(result, committee_member)
    assert [count(read) for read in reads] == few
