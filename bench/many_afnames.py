"""Ten years of assessments, made in SQL: nine in ten are final, nine in ten of the large school.

The others are of smaller schools with 1,000 each. Five per student, one per unit, in two years; about a thousand per
teacher and a hundred per examiner, some far more. One in five has a second examiner.
"""

from __future__ import annotations

from django.db import connection

from accounts.models import ExamCommittee, Membership, Role, School, User
from bench.people import make_people
from tests.factories import make_exam

LARGE, SMALL = 1, 2  # schools
EXAMS, UNITS = 40, 5
A_STUDENT = 5  # assessments

USERS = """
INSERT INTO accounts_user
    (id, email, first_name, infix, last_name, password, is_superuser, is_staff, is_active, joined_at)
SELECT n, email, first_name, infix, last_name, '', false, false, true, now() FROM people
WHERE n <= %(students)s + %(teachers)s
"""
MEMBERSHIPS = """
INSERT INTO accounts_membership (id, user_id, school_id, role, student_number, search_text, sort_key, first_name_key)
SELECT n, n, {school}, CASE WHEN n <= %(students)s THEN 'STUDENT' ELSE 'DOCENT' END,
       CASE WHEN n <= %(students)s THEN student_number ELSE '' END,
       concat_ws(' ', '', plain_first, nullif(infix, ''), plain_last, email,
                 CASE WHEN n <= %(students)s THEN student_number END),
       concat_ws(E'\\t', plain_last, plain_first, student_number),
       concat_ws(E'\\t', plain_first, plain_last, student_number)
FROM people WHERE n <= %(students)s + %(teachers)s
"""
CONTACTS = """
INSERT INTO addressbook_contact
    (id, school_id, email, first_name, infix, last_name, function, organisation, side, language, search_text)
SELECT n, {school}, email, first_name, infix, last_name, 'Praktijkopleider', 'Bakkerij ' || n %% 300, 'WORKPLACE',
       'nl',
       concat_ws(' ', '', plain_first, nullif(infix, ''), plain_last, email, 'praktijkopleider bakkerij', n %% 300)
FROM people WHERE n > %(students)s + %(teachers)s
"""
# One in ten is at a smaller school.
SCHOOL = "CASE WHEN n %% 10 > 0 THEN 1 ELSE 2 + (n / 10) %% %(smaller)s END"
# Numbers everyone within their school, from 0.
AT_SCHOOL = """
CREATE TEMPORARY TABLE teachers AS
SELECT user_id AS id, school_id, row_number() OVER (PARTITION BY school_id ORDER BY id) - 1 AS place
FROM accounts_membership WHERE role = 'DOCENT';
CREATE TEMPORARY TABLE examiners AS
SELECT id, school_id, row_number() OVER (PARTITION BY school_id ORDER BY id) - 1 AS place FROM addressbook_contact;
CREATE TEMPORARY TABLE of_school AS
SELECT school_id, count(*) AS teachers, (SELECT count(*) FROM examiners e WHERE e.school_id = t.school_id) AS examiners
FROM teachers t GROUP BY school_id;
CREATE TEMPORARY TABLE units AS
SELECT u.id, u.code, v.exam_id, u.position, dense_rank() OVER (ORDER BY v.exam_id) - 1 AS exam
FROM exams_examunit u JOIN exams_examversion v ON v.id = u.exam_version_id;
CREATE TEMPORARY TABLE parts AS
SELECT p.id, k.unit_id FROM exams_part p
JOIN exams_workprocess w ON w.id = p.work_process_id JOIN exams_coretask k ON k.id = w.core_task_id;
ANALYZE teachers; ANALYZE examiners; ANALYZE of_school; ANALYZE units; ANALYZE parts;
"""
DRAWN = """
CREATE TEMPORARY TABLE drawn AS
SELECT m.id AS student, m.school_id, u.id AS unit, u.exam_id, u.code, d.chance,
       floor(d.teacher ^ 1.3 * s.teachers) AS teacher, floor(d.examiner ^ 1.5 * s.examiners) AS examiner,
       floor(d.second ^ 1.5 * s.examiners) AS second, d.has_second < 0.2 AS has_second,
       now() - interval '120 days' * CASE WHEN chance < 0.06 THEN d.late
            ELSE 1 + 25 * m.began + 5 * d.late END AS since
FROM (
    SELECT id, school_id, random() AS began, floor(random() ^ 1.5 * %(exams)s) AS exam FROM accounts_membership
    WHERE role = 'STUDENT'
) m
JOIN units u ON u.exam = m.exam
JOIN of_school s ON s.school_id = m.school_id
CROSS JOIN LATERAL (
    SELECT random() AS chance, random() AS teacher, random() AS examiner, random() AS second,
           random() AS has_second, random() AS late, m.id
) d
"""
ASSESSMENTS = """
INSERT INTO assessments_assessment
    (id, public_id, school_id, committee_id, student_id, exam_id, unit_id, unit_code, attempt, initiator_id, status,
     status_since, version, place, created_at, cancel_kind, cancel_reason,
     counts_as_attempt, ovg, grade, final_at, final_by_id)
SELECT n, md5(n::text)::uuid, school_id, school_id, student, exam_id, unit, code, 1, initiator, status, since,
       1, '', since - interval '20 days', CASE WHEN status = 'CANCELLED' THEN 'NO_SHOW' ELSE '' END,
       CASE WHEN status = 'CANCELLED' THEN 'Niet verschenen.' ELSE '' END, true,
       CASE WHEN status = 'FINAL' THEN 'V' ELSE '' END, CASE WHEN status = 'FINAL' THEN 6.5 END,
       CASE WHEN status = 'FINAL' THEN since END, CASE WHEN status = 'FINAL' THEN initiator END
FROM (
    SELECT row_number() OVER (ORDER BY since) AS n, drawn.*, teachers.id AS initiator,
           CASE WHEN chance < 0.02 THEN 'ASSESSED' WHEN chance < 0.04 THEN 'IN_PROGRESS'
                WHEN chance < 0.055 THEN 'INVITED' WHEN chance < 0.06 THEN 'NEW'
                WHEN chance < 0.1 THEN 'CANCELLED' ELSE 'FINAL' END AS status
    FROM drawn JOIN teachers ON teachers.school_id = drawn.school_id AND teachers.place = drawn.teacher
) numbered
"""
# Ids follow the order of creation.
ASSIGNMENTS = """
INSERT INTO assessments_assignment
    (assessment_id, contact_id, part_id, justification, completed_at, version, written_by, cleared_by, heard)
SELECT a.id, e.id, p.id, '', CASE WHEN a.status IN ('ASSESSED', 'FINAL') THEN a.status_since END, 1, '', '{}', '[]'
FROM (
    SELECT student, unit, school_id, examiner AS place FROM drawn
    UNION
    SELECT student, unit, school_id, second FROM drawn WHERE has_second
) chosen
JOIN assessments_assessment a ON a.student_id = chosen.student AND a.unit_id = chosen.unit
JOIN examiners e ON e.school_id = chosen.school_id AND e.place = chosen.place
JOIN parts p ON p.unit_id = chosen.unit
ORDER BY a.id
"""


def make_afnames(count: int) -> None:
    """Fill the empty database with about `count` assessments, of `LARGE` and the smaller schools."""
    students, teachers, examiners = count // A_STUDENT, max(20, count // 1000), max(50, count // 100)
    smaller = max(1, count // 10_000)
    School.objects.bulk_create(
        School(pk=pk, name=f"School {pk}", digital_assessment_active=True) for pk in range(1, smaller + 2)
    )
    # Of each school the only committee has the school's id.
    ExamCommittee.objects.bulk_create(
        ExamCommittee(pk=pk, school_id=pk, is_default=True) for pk in range(1, smaller + 2)
    )
    for _ in range(EXAMS):
        make_exam(units=UNITS, criteria=1)
    make_people(students + teachers + examiners)
    params = {"students": students, "teachers": teachers, "smaller": smaller, "exams": EXAMS}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # skip foreign key checks
        for statement in (USERS, MEMBERSHIPS, CONTACTS):
            cursor.execute(statement.replace("{school}", SCHOOL), params)
        cursor.execute(AT_SCHOOL)
        for statement in (DRAWN, ASSESSMENTS, ASSIGNMENTS):
            cursor.execute(statement, params)
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in ("accounts_user", "accounts_membership", "addressbook_contact", "assessments_assessment"):
            cursor.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")  # noqa: S608  names of above
        cursor.execute("VACUUM ANALYZE")


def member_of(*schools: int) -> User:
    """Return a committee member of these schools who has logged in before."""
    email = f"commissie.{'.'.join(map(str, schools))}@school.test"
    user, _ = User.objects.get_or_create(email=email, defaults={"first_name": "Carla", "last_name": "Commissie"})
    User.objects.filter(pk=user.pk).update(details_checked_at=user.joined_at)
    for school in schools:
        Membership.objects.get_or_create(user=user, school_id=school, role=Role.EXAMENCOMMISSIE)
    return user
