"""Erasure of an assessment: related data, statistics that are kept and interrupted nights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from assessments.documents import verification
from assessments.models import Appeal, Assessment, DestroyedDocument, Erasure, Event, PastAssessments, PastScores, Rule
from assessments.privacy import erasure, retention
from committee.export.snapshot import create_export
from committee.export_format import PLAIN
from committee.statistics import statistics
from digibeoordelen.outbox import storage
from digibeoordelen.outbox.models import OutgoingMail, StoredFile
from digibeoordelen.outbox.storage import keep
from exams.models import Criterion, Exam, ExamUnit
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory, first_unit, make_exam

from .conftest import date_student, today, words

Later = Callable[..., None]
LONG_AGO = timezone.now() - timedelta(days=85 * 31)  # assessments cancelled then are due


@pytest.fixture
def over(final: Assessment, student: Membership, pass_time: Later) -> Assessment:
    """A result past its retention term."""
    date_student(student, diploma_on=today())
    pass_time(days=590)
    return final


def count_all_rows() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in _models()}


def _models() -> Iterator[type[models.Model]]:
    from django.apps import apps

    return (model for model in apps.get_models() if model._meta.label not in ("sessions.Session",))


# --- Erased data ---------------------------------------------------------------------------------
def test_erasure_covers_every_related_table() -> None:
    """Also for future apps: only a foreign key that is handled explicitly may lack CASCADE."""
    by_hand = {"assessments.Document.assessment"}
    seen: set[Any] = set()
    waiting: list[Any] = [Assessment]
    others = set()
    while waiting:
        model = waiting.pop()
        for relation in model._meta.get_fields(include_hidden=True):
            if not isinstance(relation, models.ForeignObjectRel) or relation.related_model in seen:
                continue
            on_delete = getattr(relation, "on_delete", None)
            name = f"{relation.related_model._meta.label}.{relation.field.name}"
            if on_delete is models.CASCADE:
                seen.add(relation.related_model)
                waiting.append(relation.related_model)
            elif on_delete is not models.SET_NULL:
                others.add(name)
    assert others == by_hand


def test_open_appeal_prevents_erasure(over: Assessment) -> None:
    Appeal.objects.create(assessment=over, received_on=today())
    before = count_all_rows()
    assert not erasure.erase_due()["assessments"]
    assert count_all_rows() == before


def test_appeal_received_meanwhile_prevents_erasure(over: Assessment, school: School) -> None:
    """Due when the night began, and not when its turn comes."""
    [pk] = retention.due(school, on=today()).values_list("pk", flat=True)
    Appeal.objects.create(assessment=over, received_on=today())
    assert not erasure.erase_assessment(pk, on=today())
    assert Assessment.objects.filter(pk=pk).exists()


def test_date_corrected_meanwhile_keeps_the_student(over: Assessment, student: Membership) -> None:
    erasure.erase_assessment(over.pk, on=today())
    date_student(student, diploma_on=today())
    assert not erasure.erase_student(student.pk, on=today())
    assert Membership.objects.filter(pk=student.pk).exists()


def test_member_of_another_school_keeps_the_account(
    over: Assessment, student: Membership, other_school: School
) -> None:
    MembershipFactory(user=student.user, school=other_school)
    assert erasure.erase_due()["students"] == 1
    assert list(student.user.memberships.values_list("school", flat=True)) == [other_school.pk]


def test_colleague_who_was_a_student_keeps_the_account(over: Assessment, student: Membership, school: School) -> None:
    MembershipFactory(user=student.user, school=school, role=Role.DOCENT)
    erasure.erase_due()
    assert [destroyed.role for destroyed in User.objects.get(pk=student.user_id).memberships.all()] == [Role.DOCENT]


def test_data_of_colleagues_is_kept(
    over: Assessment, docent: User, committee_member: User, student: Membership
) -> None:
    erasure.erase_due()
    assert User.objects.filter(pk__in=[docent.pk, committee_member.pk]).count() == 2
    assert not User.objects.filter(pk=student.user_id).exists()
    assert not Event.objects.exists()


# --- Mails and bytes -----------------------------------------------------------------------------
def path_of(file: StoredFile | None) -> Path:
    assert file is not None
    return Path(default_storage.path(str(file.file.name)))


def test_unreferenced_bytes_are_destroyed(over: Assessment) -> None:
    path = path_of(over.documents.get().file)
    erasure.erase_due()
    assert path.exists()
    assert storage.destroy() == 1
    assert not path.exists()
    assert not StoredFile.objects.exists()


def test_shared_bytes_are_kept(over: Assessment) -> None:
    path = path_of(over.documents.get().file)
    assert storage.destroy() == 0
    assert path.exists()


def test_recent_bytes_are_kept(db: None, pass_time: Later) -> None:
    keep(b"zo meteen een bijlage")
    assert storage.destroy() == 0
    pass_time(days=2)
    keep(b"zo meteen een bijlage")
    assert storage.destroy() == 0


def test_next_worker_finishes_an_interrupted_destruction(db: None, pass_time: Later) -> None:
    file = keep(b"half weg")
    pass_time(days=2)
    path_of(file).unlink()
    assert storage.destroy() == 1


def test_bytes_uploaded_during_destruction_are_rewritten(db: None, pass_time: Later) -> None:
    path_of(keep(b"terug van weggeweest")).unlink()
    pass_time(days=2)
    assert keep(b"terug van weggeweest").read() == b"terug van weggeweest"
    assert storage.destroy() == 0


def test_files_without_a_row_are_destroyed(transactional_db: None, pass_time: Later) -> None:
    with transaction.atomic():
        path = path_of(keep(b"teruggedraaid"))
        transaction.set_rollback(True)
    other = Path(default_storage.location) / "ab" / "leesmij.txt"
    other.parent.mkdir(exist_ok=True)
    other.write_text("niet van ons")
    assert storage.destroy_strays() == 0
    pass_time(days=2)
    assert storage.destroy_strays() >= 1
    assert not path.exists()
    assert other.exists()
    other.unlink()


def test_mail_about_no_assessment_is_purged_after_a_year(db: None, pass_time: Later) -> None:
    from digibeoordelen.outbox.queue import queue_mail

    queue_mail(kind="site", to="iemand@hier.test", subject="Wachtwoord", text="x", html="x")
    pass_time(days=360)
    erasure.tidy_up()
    assert OutgoingMail.objects.count() == 1
    pass_time(days=10)
    erasure.tidy_up()
    assert not OutgoingMail.objects.exists()


# --- Kept statistics -----------------------------------------------------------------------------
def test_erasure_log_is_anonymous_and_totals_the_night(over: Assessment, student: Membership) -> None:
    erasure.erase_due()
    [line] = Erasure.objects.values("rule", "on", "assessments", "documents", "mails", "students")
    assert line == {
        "rule": Rule.DIPLOMA,
        "on": today(),
        "assessments": 1,
        "documents": 1,
        "mails": 4,
        "students": 1,
    }


@pytest.mark.parametrize("what", ["exams", "criteria"])
def test_statistics_of_an_erased_cohort_are_kept(
    what: str,
    few_are_enough: None,
    over: Assessment,
    exam: Exam,
    school: School,
    make_afname: AfnameMaker,
) -> None:
    make_afname(created_at=over.created_at)
    year = erasure.school_year(timezone.localdate(over.created_at))
    [period] = [period for period in statistics.periods(today()) if period.key.startswith(str(year))]

    def read() -> list[object]:
        if what == "exams":
            return [
                (p.exam, p.states, p.final, p.passed)
                for p in statistics.read_exams([school.default_committee.pk], period)
            ]
        return list(statistics.read_criteria(exam, [school.default_committee.pk], period))

    before = read()
    erasure.erase_due()
    assert not Assessment.objects.filter(pk=over.pk).exists()
    assert read() == before != []


def test_fully_erased_exam_keeps_its_statistics(
    few_are_enough: None, over: Assessment, exam: Exam, client: Client, committee_member: User
) -> None:
    year = erasure.school_year(timezone.localdate(over.created_at))
    erasure.erase_due()
    client.force_login(committee_member)
    page = client.get(reverse("committee:picture_of_exam", args=[exam.pk]), {"periode": f"{year}-{year + 1}"})
    assert page.status_code == 200
    assert "Voldoende 1" in page.content.decode()


@pytest.mark.parametrize(("students", "kept"), [(4, 0), (5, 5)])
def test_school_year_with_few_students_is_not_counted(
    make_afname: AfnameMaker,
    students: int,
    kept: int,
) -> None:
    for _ in range(students):
        make_afname("CANCELLED", since=LONG_AGO)
    erasure.erase_due()
    assert not Assessment.objects.exists()
    assert sum(PastAssessments.objects.values_list("count", flat=True)) == kept


def test_attempts_of_a_student_count_as_one_student(make_afname: AfnameMaker, student: Membership) -> None:
    for attempt in range(1, 6):
        make_afname("CANCELLED", since=LONG_AGO, student=student, attempt=attempt)
    erasure.erase_due()
    assert not PastAssessments.objects.exists()


def test_students_of_other_exams_and_years_are_excluded(
    make_afname: AfnameMaker,
    over: Assessment,
) -> None:
    elsewhere, earlier = first_unit(make_exam()), over.created_at - timedelta(days=400)
    for _ in range(5):
        make_afname(unit=elsewhere, created_at=over.created_at)
        make_afname(created_at=earlier)
    erasure.erase_due()
    assert not Assessment.objects.filter(pk=over.pk).exists()
    assert not PastAssessments.objects.exists()


def test_unit_scores_of_few_students_are_not_counted(
    make_afname: AfnameMaker,
    over: Assessment,
) -> None:
    for _ in range(5):
        make_afname(created_at=over.created_at)
    Assessment.objects.exclude(pk=over.pk).update(unit_code="B2")
    erasure.erase_due()
    assert [(one.status, one.ovg, one.count) for one in PastAssessments.objects.all()] == [("FINAL", "V", 1)]
    assert not PastScores.objects.exists()


def test_unit_scores_of_enough_students_are_counted(
    make_afname: AfnameMaker,
    over: Assessment,
) -> None:
    for _ in range(4):
        make_afname(created_at=over.created_at)
    erasure.erase_due()
    assert PastScores.objects.count() == 8


def test_last_students_of_a_counted_year_are_counted(make_afname: AfnameMaker) -> None:
    for _ in range(2):
        for _ in range(5):
            make_afname("CANCELLED", since=LONG_AGO)
        erasure.erase_due()
        make_afname("CANCELLED", since=LONG_AGO)
        erasure.erase_due()
    assert PastAssessments.objects.get().count == 12


@pytest.mark.parametrize(("count", "shown"), [(4, False), (5, True)])
def test_statistics_hide_few_erased_students(
    exam: Exam, school: School, unit: ExamUnit, count: int, shown: bool
) -> None:
    period = statistics.periods(today())[0]
    of = {"school": school, "exam_id": exam.pk, "year": period.since.year}
    criterion = Criterion.objects.filter(part__work_process__core_task__unit=unit)[0]
    PastAssessments.objects.add([{**of, "status": "FINAL", "ovg": "O"}], count=count)
    PastScores.objects.add([{**of, "criterion_id": criterion.pk, "value": "O"}], count=count)
    assert bool(statistics.read_exams([school.default_committee.pk], period)) == shown
    assert bool(statistics.read_criteria(exam, [school.default_committee.pk], period)) == shown


def test_exam_with_two_units_needs_twice_the_assessments(school: School) -> None:
    exam = make_exam(units=2)
    period = statistics.periods(today())[0]
    row = {"school": school, "exam_id": exam.pk, "year": period.since.year, "status": "FINAL", "ovg": "O"}
    PastAssessments.objects.add([row], count=9)
    assert not statistics.read_exams([school.default_committee.pk], period)
    PastAssessments.objects.add([row])
    assert statistics.read_exams([school.default_committee.pk], period)


def test_counts_of_two_erasures_are_added(student: Membership, exam: Exam, school: School) -> None:
    row = {"school": school, "exam_id": exam.pk, "year": 2026, "status": "FINAL", "ovg": "V"}
    for _ in range(2):
        PastAssessments.objects.add([row])
    assert PastAssessments.objects.get().count == 2
    assert not PastScores.objects.exists()


def test_export_mentions_erased_results(
    over: Assessment, school: School, client: Client, committee_member: User
) -> None:
    results = Assessment.objects.filter(pk=over.pk)
    export = create_export(results=results, school=school, exam=over.exam, by=committee_member, shape=PLAIN)
    client.force_login(committee_member)
    page = reverse("committee:export", args=[export.public_id])
    assert "gewist" not in words(client.get(page))
    erasure.erase_due()
    assert "Daarvan is 1 resultaat intussen gewist" in words(client.get(page))
    file = b"".join(client.get(reverse("committee:export_file", args=[export.public_id])).streaming_content)
    assert b"123456" not in file


# --- Destroyed documents -------------------------------------------------------------------------
@pytest.fixture
def destroyed(over: Assessment) -> tuple[str, bytes]:
    """The code and the bytes of a document that was destroyed."""
    document = over.documents.get()
    destroyed = str(document.code), document.file.read()
    erasure.erase_due()
    erasure.tidy_up()
    return destroyed


def test_code_of_a_destroyed_document_is_recognised(destroyed: tuple[str, bytes], client: Client) -> None:
    page = client.get(reverse("assessments:check_code", args=[destroyed[0]]))
    assert page.status_code == 200
    assert "door ons gemaakt en daarna vernietigd" in page.content.decode()
    assert "Verzorgende" not in page.content.decode()


def test_file_of_a_destroyed_document_is_genuine(destroyed: tuple[str, bytes]) -> None:
    import hashlib

    same = verification.by_file(hashlib.sha256(destroyed[1]).hexdigest(), code=destroyed[0])
    assert (same.standing, same.same_file) == (verification.DocumentStatus.DESTROYED, True)
    assert verification.by_file(hashlib.sha256(destroyed[1]).hexdigest()).same_file is True
    assert verification.by_file("0" * 64, code=destroyed[0]).same_file is False


def test_stored_hash_does_not_reveal_the_code(destroyed: tuple[str, bytes]) -> None:
    [kept] = DestroyedDocument.objects.all()
    assert destroyed[0] not in (kept.code_sha256, kept.sha256)


# --- Interrupted nights --------------------------------------------------------------------------
@pytest.fixture
def three(
    make_afname: AfnameMaker,
    school: School,
) -> list[Assessment]:
    """Cancelled assessments that are due."""
    return [make_afname("CANCELLED", since=timezone.now() - timedelta(days=85 * 31)) for _ in range(3)]


def test_next_night_continues_after_a_dead_worker(
    few_are_enough: None, three: list[Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    written = erasure._log

    def die_at_the_second(*args: Any, **counts: Any) -> None:
        written(*args, **counts)
        if Erasure.objects.get().assessments == 2:
            raise Killed

    monkeypatch.setattr(erasure, "_log", die_at_the_second)
    with pytest.raises(Killed):
        erasure.erase_due()
    left = Assessment.objects.count()
    assert (left, Erasure.objects.get().assessments, PastAssessments.objects.get().count) == (2, 1, 1)

    monkeypatch.setattr(erasure, "_log", written)
    erasure.erase_due()
    erasure.erase_due()
    assert not Assessment.objects.exists()
    assert (Erasure.objects.get().assessments, PastAssessments.objects.get().count) == (3, 3)


def test_undeletable_assessment_does_not_block_others(three: list[Assessment], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_the_first(assessment: Assessment) -> None:
        if assessment == three[0]:
            raise DatabaseError

    monkeypatch.setattr(erasure, "count", refuse_the_first)
    assert erasure.erase_due()["assessments"] == 2
    assert Assessment.objects.get() == three[0]


def test_task_runs_the_nightly_erasure(three: list[Assessment]) -> None:
    erasure.run_nightly_erasure()
    erasure.run_nightly_erasure()
    assert not Assessment.objects.exists()


# --- The command ---------------------------------------------------------------------------------
def test_dry_run_counts_and_erases_nothing(three: list[Assessment], unit: ExamUnit) -> None:
    before, output = count_all_rows(), StringIO()
    call_command("erase_due", "--dry-run", stdout=output)
    assert "ROC Hier: assessments due: 3 CANCELLED; students without any left: 0" in output.getvalue()
    assert count_all_rows() == before


def test_command_erases(three: list[Assessment]) -> None:
    output = StringIO()
    call_command("erase_due", stdout=output)
    assert output.getvalue() == "erased: 3 assessments, 0 students\n"


def test_command_refuses_to_erase_on_a_future_date(three: list[Assessment]) -> None:
    with pytest.raises(SystemExit):
        call_command("erase_due", "--on", "2090-01-01", stderr=StringIO())
    assert Assessment.objects.count() == 3
