"""Test data: a factory per model, and `make_exam` for a whole exam.

Each creates the minimum that the models require; a test passes only the values it depends on. The
actions of people (couple, invite, fill in) are in `tests/steps.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, TypeVar

import factory
from django.contrib.auth.hashers import make_password
from django.db.models import Model, QuerySet
from django.utils import timezone
from factory.django import DjangoModelFactory
from PIL import Image

from accounts.models import ExamOffice, Membership, Registration, Role, School, User
from addressbook.models import Contact
from committee.export_format import PLAIN
from committee.models import Export, ExportProfile, FinalBatch
from digibeoordelen.outbox.models import StoredFile
from digibeoordelen.outbox.storage import keep
from exams.models import AccountExam, CoreTask, Criterion, Exam, ExamUnit, ExamVersion, Part, WorkProcess

from .exams.grading.schemes import linear_data

PASSWORD = "een-lang-wachtwoord"
Row = TypeVar("Row", bound=Model)


class SchoolFactory(DjangoModelFactory):
    """A school with digital assessment switched on."""

    class Meta:
        model = School

    name = factory.Sequence(lambda n: f"ROC {n}")
    digital_assessment_active = True


class ExamOfficeFactory(DjangoModelFactory):
    class Meta:
        model = ExamOffice

    class Params:
        school = factory.SubFactory(SchoolFactory)

    committee = factory.LazyAttribute(lambda made: made.school.default_committee)
    name = "Examenbureau"
    email = factory.Sequence(lambda n: f"examenbureau{n}@school.test")


class UserFactory(DjangoModelFactory):
    """A user with `PASSWORD` and confirmed details, without roles."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    first_name = "Sam"
    last_name = factory.Sequence(lambda n: f"Persoon {n}")
    email = factory.Sequence(lambda n: f"persoon{n}@school.test")
    password = factory.django.Password(PASSWORD)
    details_checked_at = factory.LazyFunction(timezone.now)


class MembershipFactory(DjangoModelFactory):
    """A role of a person; a student gets a number unless one (or '') is passed."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    school = factory.SubFactory(SchoolFactory)
    role = Role.STUDENT
    student_number = factory.LazyAttributeSequence(lambda made, n: f"{100000 + n}" if made.role == Role.STUDENT else "")


class RegistrationFactory(DjangoModelFactory):
    """An unconfirmed registration with `PASSWORD`."""

    class Meta:
        model = Registration

    first_name = "Noa"
    infix = "de"
    last_name = "Wit"
    email = factory.Sequence(lambda n: f"nieuw{n}@school.test")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))
    school = factory.SubFactory(SchoolFactory, register_on=True)


class ContactFactory(DjangoModelFactory):
    """A manually added contact of a school, who can be an examiner."""

    class Meta:
        model = Contact

    school = factory.SubFactory(SchoolFactory)
    first_name = "Kim"
    last_name = factory.Sequence(lambda n: f"Begeleider {n}")
    email = factory.Sequence(lambda n: f"begeleider{n}@bedrijf.test")


class AccountExamFactory(DjangoModelFactory):
    class Meta:
        model = AccountExam

    user = factory.SubFactory(UserFactory)
    exam = factory.LazyFunction(lambda: make_exam())


class ExamFactory(DjangoModelFactory):
    """An exam without content; `make_exam` makes one that can be assessed."""

    class Meta:
        model = Exam

    kind = Exam.Kind.PROFESSION
    code = factory.Sequence(lambda n: f"{20000 + n}")
    title = factory.Sequence(lambda n: f"Beroep {n}")
    cohort = "2026-2027"


class ExportProfileFactory(DjangoModelFactory):
    """A school's export format: student number and grade."""

    class Meta:
        model = ExportProfile

    school = factory.SubFactory(SchoolFactory)
    name = factory.Sequence(lambda n: f"Profiel {n}")
    columns = factory.LazyFunction(lambda: [["student_number", "nummer"], ["grade", "cijfer"]])


class FinalBatchFactory(DjangoModelFactory):
    """A batch without items; `batch_job.start` makes one that has them."""

    class Meta:
        model = FinalBatch

    school = factory.SubFactory(SchoolFactory)
    by = factory.SubFactory(UserFactory)
    exam_office_email = "bureau@hier.test"


class ExportFactory(DjangoModelFactory):
    """An export without a result; `snapshot.create_export` makes one that has them."""

    class Meta:
        model = Export

    school = factory.SubFactory(SchoolFactory)
    exam = factory.SubFactory(ExamFactory)
    by = factory.SubFactory(UserFactory)
    by_name = factory.LazyAttribute(lambda made: made.by.full_name)
    only_new = False
    file = Export.File.CSV
    shape = factory.LazyFunction(PLAIN.as_json)


def member(school: School, role: str, *exams: Exam, **user_fields: Any) -> User:
    """Create a user with one role at `school` and these exams on the account."""
    user = UserFactory(**user_fields)
    MembershipFactory(user=user, school=school, role=role)
    for exam in exams:
        AccountExamFactory(user=user, exam=exam)
    return user


def png(width: int = 300, height: int = 100, colour: str = "#1d5fa8") -> bytes:
    """Return a PNG of one colour, as stored for a logo."""
    out = BytesIO()
    Image.new("RGBA", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def given_logo(school: School) -> StoredFile:
    """Give the school a logo and return it."""
    school.logo = keep(png())
    school.save(update_fields=["logo"])
    return school.logo


def make_exam(
    *,
    units: int = 1,
    core_tasks: int = 1,
    work_processes: int = 2,
    kinds: Sequence[str] = (Part.Kind.BEHAVIOUR, Part.Kind.PRODUCT),
    criteria: int = 2,
    published: bool = True,
    **exam_fields: Any,
) -> Exam:
    """Create an exam with one published version, by default of 1 unit, 4 parts and 8 criteria.

    Codes are as schools write them: unit B1, core task B1-K1, work process B1-K1-W1.
    """
    exam = ExamFactory(**exam_fields)
    add_version(
        exam,
        units=units,
        core_tasks=core_tasks,
        work_processes=work_processes,
        kinds=kinds,
        criteria=criteria,
        published=published,
    )
    return exam


def add_version(exam: Exam, *, units: int = 1, published: bool = True, **shape: Any) -> ExamVersion:
    """Create the exam's next version; `shape` as in `make_exam`."""
    smallest: dict[str, Any] = {"core_tasks": 1, "work_processes": 1, "kinds": [Part.Kind.PRODUCT], "criteria": 1}
    version = ExamVersion.objects.create(
        exam=exam, number=exam.versions.count() + 1, grading_rule="points-table", grading_data={}
    )
    _make_units(version, units, **(smallest | shape))
    version.grading_data = linear_data(version.nodes())
    if published:
        version.publish()
    else:
        version.save()
    return version


def make_weighted_exam(*weights: str, **exam_fields: Any) -> Exam:
    """Create an exam whose core tasks have these weights, B1-K1 the first."""
    exam = make_exam(core_tasks=len(weights), published=False, **exam_fields)
    version = exam.versions.get()
    core_tasks = version.grading_data["units"]["B1"]["core_tasks"]
    for number, weight in enumerate(weights, 1):
        core_tasks[f"B1-K{number}"]["weight"] = weight
    version.save()
    version.publish()
    return exam


def first_unit(exam: Exam) -> ExamUnit:
    """Return the first unit of the exam's newest published version."""
    version = exam.current_version
    assert version is not None
    return version.units.select_related("exam_version__exam").order_by("position")[0]


def _make_units(
    version: ExamVersion, units: int, *, core_tasks: int, work_processes: int, kinds: Sequence[str], criteria: int
) -> None:
    made_units = _insert(
        ExamUnit(exam_version=version, position=number, code=f"B{number}", title=f"Eenheid {number}")
        for number in range(1, units + 1)
    )
    made_tasks = _insert(
        CoreTask(unit=unit, position=k, code=f"{unit.code}-K{k}", title=f"Kerntaak {k}")
        for unit in made_units
        for k in range(1, core_tasks + 1)
    )
    made_processes = _insert(
        WorkProcess(core_task=core_task, position=w, code=f"{core_task.code}-W{w}", title=f"Werkproces {w}")
        for core_task in made_tasks
        for w in range(1, work_processes + 1)
    )
    made_parts = _insert(
        Part(work_process=work_process, position=p, kind=kind)
        for work_process in made_processes
        for p, kind in enumerate(kinds, 1)
    )
    _insert(
        Criterion(
            part=part,
            position=c,
            text=f"Criterium {c} van {part.work_process.code} {part}",
            meaning_o="Doet het niet.",
            meaning_v="Doet het.",
            meaning_g="Doet het en legt uit waarom.",
        )
        for part in made_parts
        for c in range(1, criteria + 1)
    )


def _insert(rows: Iterable[Row]) -> list[Row]:
    """Insert rows of one model without the per-row query for a published version."""
    made = list(rows)
    queryset: QuerySet[Row] = QuerySet(type(made[0]))
    return queryset.bulk_create(made)
