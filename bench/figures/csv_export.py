"""P5: the CSV of 1,000,000 results / PostgreSQL's COPY of the same rows. P5b: its peak memory at 1,000,000 / 1,000.

Ours is the whole download in the plain format, through every middleware. COPY returns the same columns and order as
CSV. Memory is the peak of a new process that does one download. One exam with four units, 250,000 students.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from assessments.models import Assessment
from bench.figure import Counts, Figure, Measured, alternate
from committee.export.snapshot import create_export
from committee.export_format import PLAIN
from committee.models import Export
from exams.models import Exam
from scripts.environment import BASE
from tests.factories import SchoolFactory, make_exam, member

FEW, MANY = 1_000, 1_000_000
RUNS = 3
UNITS = 4
USERS = """
INSERT INTO accounts_user
    (id, email, first_name, infix, last_name, password, is_superuser, is_staff, is_active, joined_at)
SELECT %(start)s + n, 'student.' || (%(start)s + n) || '@student.test',
       (ARRAY['Emma', 'Daan', 'Zoë', 'Mohammed', 'Anouk'])[1 + n %% 5], (ARRAY['', '', 'van de', ''])[1 + n %% 4],
       (ARRAY['Jansen', 'Bakker', 'Yılmaz'])[1 + n %% 3] || ' ' || (%(start)s + n),
       '', false, false, true, now()
FROM generate_series(1, %(students)s) n
"""
MEMBERSHIPS = """
INSERT INTO accounts_membership (id, user_id, school_id, role, student_number, search_text, sort_key, first_name_key)
SELECT %(start)s + n, %(start)s + n, %(school)s, 'STUDENT', (100000 + n)::text, '', '', ''
FROM generate_series(1, %(students)s) n
"""
RESULTS = """
INSERT INTO assessments_assessment
    (public_id, school_id, committee_id, student_id, exam_id, unit_id, unit_code, attempt, initiator_id, status,
     status_since, version, place, created_at, cancel_kind, cancel_reason, counts_as_attempt, final_at, final_by_id,
     ovg, grade)
SELECT gen_random_uuid(), %(school)s, %(committee)s, %(start)s + n, %(exam)s, unit.id, unit.code, 1, %(by)s,
       'FINAL', final_at, 1, '', final_at, '', '', true, final_at, %(by)s,
       CASE WHEN grade < 5.5 THEN 'O' WHEN grade < 8 THEN 'V' ELSE 'G' END, grade
FROM (
    SELECT n, 1 + (n * 7 %% 91) / 10.0 AS grade, now() - n %% 100000 * interval '5 minutes' AS final_at
    FROM generate_series(1, %(students)s) n
) drawn, exams_examunit unit
WHERE unit.exam_version_id IN (SELECT id FROM exams_examversion WHERE exam_id = %(exam)s)
"""
COPY = """
COPY (
    SELECT m.student_number, concat_ws(' ', u.first_name, nullif(u.infix, ''), u.last_name), e.code, e.title, e.cohort,
           a.unit_code, unit.title, a.attempt, a.ovg, a.grade, (a.final_at AT TIME ZONE 'Europe/Amsterdam')::date,
           concat_ws(' ', by.first_name, nullif(by.infix, ''), by.last_name)
    FROM assessments_assessment a
    JOIN accounts_membership m ON m.id = a.student_id
    JOIN accounts_user u ON u.id = m.user_id
    JOIN exams_exam e ON e.id = a.exam_id
    JOIN exams_examunit unit ON unit.id = a.unit_id
    JOIN accounts_user by ON by.id = a.final_by_id
    WHERE a.status = 'FINAL' AND a.exam_id = {exam}
    ORDER BY a.id
) TO STDOUT (FORMAT csv, DELIMITER ';', HEADER)
"""


def measure_time(scale: float) -> Measured:
    _, many = _exports(scale)

    def ours(_run: int) -> None:
        assert download(many) == many.count + 1

    def reference(_run: int) -> None:
        assert _copy(many.exam) == many.count + 1

    return alternate(ours=ours, reference=reference, runs=RUNS)


def measure_memory(scale: float) -> Counts:
    """Return KiB of new processes."""
    few, many = _exports(scale)
    return Counts(peak(many, "CSV"), peak(few, "CSV"))


def download(export: Export) -> int:
    """Download the export's CSV; return its number of lines."""
    return sum(piece.count(b"\r\n") for piece in _pieces(export, "CSV"))


def download_bytes(export: Export, file: str) -> int:
    """Download the export's file of this kind; return its number of bytes."""
    return sum(map(len, _pieces(export, file)))


def _pieces(export: Export, file: str) -> Iterator[bytes]:
    browser = Client(SERVER_NAME="localhost")
    assert export.by is not None
    browser.force_login(export.by, "django.contrib.auth.backends.ModelBackend")
    response = browser.get(reverse("committee:export_file", args=[export.public_id]), {"bestand": file})
    assert response.status_code == 200, response
    yield from response


def _copy(exam: Exam) -> int:
    with connection.cursor() as cursor, cursor.cursor.copy(COPY.format(exam=exam.pk)) as copy:
        return sum(bytes(piece).count(b"\n") for piece in copy)


def peak(export: Export, file: str) -> int:
    """Return the peak memory in KiB of a new process that downloads the export's file of this kind."""
    command = [sys.executable, "-m", "bench.csv_download", str(export.public_id), file]
    done = subprocess.run(command, cwd=BASE, env=os.environ, capture_output=True, text=True, check=True)
    size, kibibytes = map(int, done.stdout.split())
    assert size == export.count + 1 if file == "CSV" else size > export.count
    return kibibytes


@cache
def _exports(scale: float) -> tuple[Export, Export]:
    """Return an export of few results and one of many."""
    few, many = (make_export(count) for count in (FEW, max(FEW, round(MANY * scale))))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return few, many


def make_export(count: int) -> Export:
    """Return an export of `count` results, with its own exam and school."""
    school, exam = SchoolFactory(), make_exam(units=UNITS)
    by = member(school, Role.EXAMENCOMMISSIE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1000 + max(id) FROM accounts_user")  # factories use the ids below it
        [start] = cursor.fetchone()
        values = {"start": start, "students": count // UNITS, "school": school.pk, "exam": exam.pk, "by": by.pk}
        values["committee"] = school.default_committee.pk
        for statement in (USERS, MEMBERSHIPS, RESULTS):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")
    return create_export(
        results=Assessment.objects.filter(status="FINAL"), school=school, exam=exam, by=by, shape=PLAIN
    )


TIME = Figure(name="P5", what="csv-export", goal=3.0, measure=measure_time)
MEMORY = Figure(name="P5b", what="csv-export-memory", goal=1.2, measure=measure_memory)
