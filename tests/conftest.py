"""The fixed cast: the people and objects of most tests. A test creates its own variations.

All but `stranger` and `other_school` belong to `school`, which assesses `exam` (one unit: B1, with the
work processes B1-K1-W1 and -W2, each with both parts, two criteria a part).
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import settings
from time_machine import TimeMachineFixture

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation
from exams import criteria_cache
from exams.models import Exam, ExamUnit

from . import steps
from .factories import (
    AccountExamFactory,
    ContactFactory,
    MembershipFactory,
    SchoolFactory,
    first_unit,
    make_exam,
    member,
)

# The suite draws the same examples in each run, except for constants that Hypothesis reads from the modules
# that are loaded; `pytest --hypothesis-profile=explore` draws more.
settings.register_profile("steady", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("steady")

# Databases; real workers and web servers; a mail server; browsers; a spreadsheet; a proxy.
pytest_plugins = [
    "tests.databases",
    "tests.processes",
    "tests.smtp",
    "tests.imap",
    "tests.compose",
    "tests.browsers",
    "tests.spreadsheets",
    "tests.caddy",
]


# Database-specific behaviour: constraints, upserts, ordering, searching, JSON, limits of a statement.
ON_SQLITE_TOO = (
    "accounts/people/test_import_people.py",
    "accounts/scim/test_people.py",
    "accounts/test_search.py",
    "addressbook/test_import_contacts.py",
    "assessments/examiner/test_saving.py",
    "assessments/progress/test_list.py",
    "committee/assessment_list/test_list.py",
    "committee/assessment_list/test_query.py",
    "committee/export/test_snapshot.py",
    "committee/statistics/",
    "errors/test_unstorable.py",
    "jobs/",
    "outbox/test_claim.py",
    "outbox/test_files.py",
    "outbox/test_queue.py",
    "test_append_only.py",
    "test_constraints.py",
)
# Most of the time of `make test-quick`: PDFs, large files and schools, walks of every address, drawn examples.
SLOW = (
    "accounts/auth/test_enumeration.py",
    "accounts/people/test_import_people.py::test_large",
    "accounts/people/test_import_people.py::test_long",
    "accounts/test_admin_lookups.py",
    "addressbook/test_import_contacts.py::test_ten_thousand",
    "assessments/coupling/test_couplings.py::test_assignments_follow",
    "assessments/documents/",
    "assessments/examiner/test_examiner_copy.py",
    "assessments/examiner/test_views.py::test_get_requests_write_nothing",
    "assessments/invitations/test_batch.py",
    "assessments/invitations/test_replace.py::test_replacement_gets_every_part",
    "assessments/invitations/test_scheduled_reminders.py",
    "assessments/privacy/test_nothing_is_findable.py",
    "assessments/privacy/test_study_dates_import.py",
    "assessments/start/test_start.py::test_search_in_a_large_school",
    "assessments/test_autosave.py",
    "assessments/test_corrections.py::test_newest_current_decision_counts",
    "assessments/test_mail_html.py",
    "assessments/test_whole_life.py",
    "committee/assessment_list/test_query.py",
    "demo/",
    "test_fuzz.py",
    "test_permissions.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests, and those that `make test` also runs on SQLite: the above, and those with commits and locks.

    A test without a database runs once.
    """
    tests = f"{Path(__file__).parent}/"
    for item in items:
        mark, fixtures = item.get_closest_marker("django_db"), getattr(item, "fixturenames", ())
        commits = bool(mark and mark.kwargs.get("transaction")) and "chromium" not in fixtures
        place = f"{item.path}::{item.name}".removeprefix(tests)
        if commits or (place.startswith(ON_SQLITE_TOO) and (mark or "db" in fixtures)):
            item.add_marker(pytest.mark.sqlite)
        if place.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Exclude loaded objects from garbage collection and collect less often: this saves a sixth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Clear caches by primary key: after a rollback the next test's exam gets the same key."""
    criteria_cache.clear()


@pytest.fixture
def at_noon(time_machine: TimeMachineFixture) -> None:
    """Start at noon, so that added days are calendar days across a change of daylight saving time."""
    time_machine.move_to(timezone.localtime().replace(hour=12))


@pytest.fixture
def pass_time(time_machine: TimeMachineFixture) -> Callable[..., None]:
    """Return `pass_time(days=61)`, which moves the running clock forward."""

    def pass_time(**by: float) -> None:
        time_machine.move_to(timezone.now() + timedelta(**by))

    return pass_time


@pytest.fixture
def plain_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make results' PDFs of their JSON alone, at once, for tests of what happens to the file."""

    def render(result: dict[str, Any], *, name: str) -> bytes:
        return b"%PDF-1.7\n" + json.dumps(result, ensure_ascii=False).encode()

    monkeypatch.setattr("assessments.documents.documents.render", render)


@pytest.fixture
def school(db: None) -> School:
    return SchoolFactory(name="ROC Hier", mail_domains="hier.test")


@pytest.fixture
def other_school(db: None) -> School:
    return SchoolFactory(name="ROC Elders")


@pytest.fixture
def exam(db: None) -> Exam:
    return make_exam(title="Verzorgende IG")


@pytest.fixture
def unit(exam: Exam) -> ExamUnit:
    return first_unit(exam)


@pytest.fixture
def docent(school: School, exam: Exam) -> User:
    """The initiator: Docent with the exam on the account."""
    return member(school, Role.DOCENT, exam, first_name="Dirk", last_name="Docent", email="docent@hier.test")


@pytest.fixture
def colleague(school: School, exam: Exam) -> User:
    """Another Docent of the same school, with the exam on the account."""
    return member(school, Role.DOCENT, exam, first_name="Cora", last_name="Collega", email="collega@hier.test")


@pytest.fixture
def stranger(other_school: School, exam: Exam) -> User:
    """A Docent and committee member of another school, with the same exam on the account."""
    user = member(other_school, Role.DOCENT, exam, first_name="Vera", last_name="Vreemd", email="vreemd@elders.test")
    MembershipFactory(user=user, school=other_school, role=Role.EXAMENCOMMISSIE)
    return user


@pytest.fixture
def committee_member(school: School) -> User:
    return member(school, Role.EXAMENCOMMISSIE, first_name="Carla", last_name="Commissie", email="commissie@hier.test")


@pytest.fixture
def student(school: School, exam: Exam) -> Membership:
    """The student's membership (an assessment points to it), with the exam on the account of `student.user`."""
    membership = MembershipFactory(
        school=school,
        student_number="123456",
        user__first_name="Anouk",
        user__infix="van 't",
        user__last_name="Hoff",
        user__email="anouk@hier.test",
    )
    AccountExamFactory(user=membership.user, exam=exam)
    return membership


@pytest.fixture
def examiner(school: School) -> Contact:
    """A workplace trainer in the school's address book, without an account."""
    return ContactFactory(school=school, first_name="Erik", last_name="Examinator", email="erik@bedrijf.test")


@pytest.fixture
def second_examiner(school: School) -> Contact:
    return ContactFactory(school=school, first_name="Tineke", last_name="Tweede", email="tineke@bedrijf.test")


@pytest.fixture
def assessment(student: Membership, unit: ExamUnit, docent: User) -> Assessment:
    """The student's assessment, started by `docent`: NEW, without examiners."""
    return steps.start_assessment(student, unit, docent)


@pytest.fixture
def invitation(assessment: Assessment, examiner: Contact) -> Invitation:
    """`examiner`, chosen for the whole unit and invited: INVITED."""
    steps.choose(assessment, examiner)
    return steps.send_invitation(assessment, examiner)


@pytest.fixture
def assessed(invitation: Invitation) -> Assessment:
    """The assessment with all V, completed by `examiner`: ASSESSED."""
    return steps.assess(invitation)
