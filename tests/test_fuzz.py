"""No request makes the server fail: 1,200 random ones from a seed, by every role, to every URL.

`FUZZ_SEED=7 FUZZ_REQUESTS=20000 pytest tests/test_fuzz.py` sends more.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.importing.preview import prepare
from accounts.models import Membership, Role, School, User
from addressbook.models import Contact, Import
from assessments import links, unsubscribe
from assessments.models import Assessment, Invitation
from assessments.privacy import data_requests
from committee.decisions.finalise import finalise
from digibeoordelen import urls as project
from digibeoordelen.outbox.models import OutgoingMail, StoredFile
from digibeoordelen.outbox.storage import keep
from exams.content.guide import example_source
from exams.models import Exam, ExamUnit, Upload

from . import steps
from .accounts.auth.codes import app_of
from .addressbook.files import ANOUK, csv_file
from .factories import (
    ContactFactory,
    ExamOfficeFactory,
    ExportFactory,
    ExportProfileFactory,
    FinalBatchFactory,
    MembershipFactory,
    UserFactory,
    given_logo,
)
from .fuzz import Fuzzer
from .test_permissions import (
    ACCOUNT_LINKS,
    list_of_dates,
    list_of_people,
    people,  # noqa: F401  a fixture
    rows,
    session_of,
)

SEED = int(os.environ.get("FUZZ_SEED", "12"))
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "1200"))
PARTS = 8  # parts of the URLs, each a test, which run in parallel
ABLE = {name: [role for role, may in outcomes.items() if may in ("ok", "go")] for name, _, outcomes in rows()}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Silence the log of thousands of refused requests."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def values(
    invitation: Invitation,
    student: Membership,
    exam: Exam,
    unit: ExamUnit,
    school: School,
    other_school: School,
    docent: User,
    committee_member: User,
    examiner: Contact,
    people: dict[str, User | None],  # noqa: F811
) -> Callable[[str, str], list[object]]:
    """Return the values of each URL parameter: objects of both schools, in every status."""
    new = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    assessed, final = (_assessed(school, unit, docent, examiner) for _ in range(2))
    document = finalise(assessment=final, by=committee_member, exam_office_email="bureau@hier.test")
    document.file = keep(b"%PDF-1.7")
    document.save()
    asked, _ = data_requests.request_file(student=student, by=docent)
    whose = {"accounts:stop_email_change": committee_member}  # a person has one pending change at a time
    tokens = {name: make(school, whose.get(name, docent)) for name, make in ACCOUNT_LINKS.items()}
    core_task = unit.core_tasks.get()
    export = ExportFactory(school=school, exam=exam, by=committee_member)
    upload = Upload.objects.create(by=docent, filename="examen.yaml", content=example_source().encode())
    listed = prepare(Import, school=school, by=docent, file=csv_file(ANOUK), filename="lijst.csv")
    proposal = invitation.proposals.create(first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test")
    attachment = invitation.attachments.create(filename="a.png", content_type="image/png", file=given_logo(school))
    office = ExamOfficeFactory(school=school)
    existing: dict[str, list[object]] = {
        "exam_id": [exam.pk],
        "unit_id": [unit.pk],
        "work_process_id": [one.pk for one in core_task.work_processes.all()],
        "contact_id": [examiner.pk, ContactFactory(school=school).pk, ContactFactory(school=other_school).pk],
        "attachment_id": [attachment.pk],
        "session_id": [session_of(docent).public_id],
        "school_id": [school.pk, school.pk, other_school.pk],
        "logo_id": [school.logo_id],
        "colour": ["1d5fa8"],
        "user_id": [docent.pk, student.user_id],
        "role": list(Role.values),
        "office_id": [office.pk],
        "membership_id": [new.student_id, student.pk],
        "version_id": [unit.exam_version_id],
        "number": [1, 2],
        "code": [document.code],
        "app_label": ["accounts", "exams", "outbox"],
    }
    public_ids: dict[str, list[Any]] = {
        "addressbook_import": [listed],
        "exam_content": [upload],
        "assessments:confirm_proposal": [proposal],
        "assessments:decline_proposal": [proposal],
        "assessments:document": [document],
        "assessments:download_own_data": [asked],
        "committee:edit_export_profile": [ExportProfileFactory(school=school)],
        "committee:remove_export_profile": [ExportProfileFactory(school=school)],
        "committee:export": [export],
        "committee:final_batch": [FinalBatchFactory(school=school, by=committee_member)],
        "privacy": [list_of_dates(school)],
        "school:import": [list_of_people(school)],
        "consortium": list(school.school_invitations.all()),
        "school": list(school.school_invitations.all()),
    }
    of_invitation = ("beoordelen/u/", "uitnodigingen/")
    objects = {
        "outbox_outgoingmail": OutgoingMail,
        "accounts_school": School,
        "accounts_user": User,
        "exams_exam": Exam,
    }

    def find(name: str, parameter: str) -> list[object]:
        if parameter == "token":
            if name in ACCOUNT_LINKS:
                return [tokens[name]]
            of_reminders = name == "assessments:no_reminders"
            return [unsubscribe.stop_token(invitation) if of_reminders else links.token_for(invitation=invitation)]
        if parameter == "object_id":
            model = next((model for start, model in objects.items() if start in name), StoredFile)
            return list(model.objects.values_list("pk", flat=True)[:5])
        if parameter == "public_id":
            starts = [start for start in sorted(public_ids, key=len, reverse=True) if name.startswith(start)]
            if starts:
                return [one.public_id for one in public_ids[starts[0]]]
            if name in of_invitation_names:
                return [one.public_id for one in Invitation.objects.all()]
            return [one.public_id for one in (new, invitation.assessment, assessed, final)]
        return existing.get(parameter, [])

    of_invitation_names = {
        str(url.name and f"assessments:{url.name}")
        for resolver in project.urlpatterns
        for url in getattr(resolver, "url_patterns", [])
        if str(url.pattern).startswith(of_invitation)
    }
    return find


def _assessed(school: School, unit: ExamUnit, docent: User, examiner: Contact) -> Assessment:
    started = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    steps.choose(started, examiner)
    return steps.assess(steps.send_invitation(started, examiner))


@pytest.fixture
def cookies(people: dict[str, User | None], invitation: Invitation, values: object) -> dict[str, dict[str, str]]:  # noqa: F811
    """The cookies of each role, including an examiner and a user at the two-factor step."""
    cookies_by_role: dict[str, dict[str, str]] = {}
    for role, user in people.items():
        client = Client()
        if user:
            client.force_login(user)
        cookies_by_role[role] = {name: cookie.value for name, cookie in client.cookies.items()}
    client = Client()
    for one in Invitation.objects.all():
        client.get(f"/beoordelen/{links.token_for(invitation=one)}/")
    cookies_by_role["examiner"] = {name: cookie.value for name, cookie in client.cookies.items()}
    client = Client()
    halfway = UserFactory(email="code@hier.test")
    app_of(halfway)
    client.post("/inloggen/", {"login": halfway.email, "password": "een-lang-wachtwoord"})
    cookies_by_role["halfway"] = {name: cookie.value for name, cookie in client.cookies.items()}
    return cookies_by_role


def able(name: str) -> list[str]:
    if name.startswith("admin:"):
        return ["staff"]
    if name.startswith("assessments:") and not ABLE.get(name):
        return ["examiner"]
    if name in ("mfa_authenticate", "accounts:ask_recovery_code"):
        return ["halfway"]
    return ABLE.get(name, [])


@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_makes_the_server_fail(
    part: int, values: Callable[[str, str], list[object]], cookies: dict[str, dict[str, str]]
) -> None:
    fuzzer = Fuzzer(SEED * PARTS + part, cookies, values, able)
    every, size = fuzzer.patterns, -(-len(fuzzer.patterns) // PARTS)
    fuzzer.patterns = every[part * size : (part + 1) * size]
    fuzzer.run(REQUESTS // PARTS)
    assert not fuzzer.failures, "\n\n".join(map(str, fuzzer.failures.values()))


@login_not_required
def fails_on_post(request: HttpRequest, number: int) -> HttpResponse:
    if request.method == "POST":
        raise ZeroDivisionError
    return HttpResponse("")


urlpatterns = [*project.urlpatterns, path("breekt/<int:number>/", fails_on_post, name="fails_on_post")]


@pytest.mark.urls(__name__)
def test_a_view_that_raises_is_reported(db: None) -> None:
    fuzzer = Fuzzer(
        SEED, {"nobody": {}}, lambda name, parameter: [7], lambda name: [], lambda name: name == "fails_on_post"
    )
    fuzzer.run(30)
    [failure] = fuzzer.failures.values()
    assert failure.request.startswith(("POST /breekt/7/", "BREW /breekt/7/"))
    assert "ZeroDivisionError" in failure.problem
