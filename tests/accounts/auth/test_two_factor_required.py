"""A school that requires two-factor login hides everything from committee members without it."""

from __future__ import annotations

import ast
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, School, User
from assessments.models import Assessment, Document, Invitation
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import AccountExamFactory, MembershipFactory, UserFactory
from tests.steps import assess

from .codes import SET_UP, App, app_of, password_of, post, reauthenticate, set_up

AFNAMES = "/commissie/"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def asking(school: School) -> School:
    school.second_factor_for_committee = True
    school.save()
    return school


@pytest.fixture
def committee(client: Client, asking: School, committee_member: User) -> Client:
    """The committee member's browser, logged in without a code."""
    client.post("/inloggen/", password_of(committee_member))
    return client


@pytest.fixture
def document(assessed: Assessment, committee_member: User, plain_pdf: None, settings) -> Document:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    made = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(made.pk)
    return made


def pages(assessment: Assessment) -> list[str]:
    """Return the committee's URLs that a GET opens."""
    names = ["afnames", "exports", "export_profiles", "undelivered", "picture", "appeals"]
    of_one = ["afname", "edit", "correction_history", "finalise", "send_back", "cancel"]
    return [reverse("accounts:exam_offices"), *(reverse(f"committee:{name}") for name in names)] + [
        reverse(f"committee:{name}", args=[assessment.public_id]) for name in of_one
    ]


def test_login_redirects_to_the_setup(committee: Client) -> None:
    answer = committee.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == f"{SET_UP}?next=%2Fcommissie%2F"
    assert "ROC Hier vraagt dit van de examencommissie." in answer.content.decode()


def test_committee_pages_require_the_setup(committee: Client, assessed: Assessment) -> None:
    for page in pages(assessed):
        response = committee.get(page)
        assert (response.status_code, response.url.split("?")[0]) == (302, SET_UP), page
    set_up(committee)
    for page in pages(assessed):
        assert committee.get(page).status_code == 200, page


def test_post_without_the_setup_does_nothing(committee: Client, assessed: Assessment) -> None:
    for name in ("finalise", "send_back", "cancel", "edit"):
        assert committee.post(reverse(f"committee:{name}", args=[assessed.public_id]), {}).url == SET_UP
    assert committee.post(reverse("committee:start_export"), {}).url == SET_UP
    assessed.refresh_from_db()
    assert assessed.status == "ASSESSED"


def test_no_result_shows_in_another_role_either(
    committee: Client, committee_member: User, document: Document, asking: School
) -> None:
    MembershipFactory(user=committee_member, school=asking, role=Role.DOCENT)
    AccountExamFactory(user=committee_member, exam=document.assessment.exam)
    detail = reverse("assessments:detail", args=[document.assessment.public_id])
    pdf = reverse("assessments:document", args=[document.public_id])
    for page in (detail, pdf):
        assert committee.get(page).url.startswith(SET_UP), page
    set_up(committee)
    for page in (detail, pdf):
        assert committee.get(page).status_code == 200, page


def test_htmx_search_redirects_the_page(committee: Client) -> None:
    response = committee.get(f"{AFNAMES}?q=hoff", headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == SET_UP


def test_other_school_without_the_requirement_stays_open(
    committee: Client, committee_member: User, assessed: Assessment, other_school: School
) -> None:
    MembershipFactory(user=committee_member, school=other_school, role=Role.EXAMENCOMMISSIE)
    assert committee.get(AFNAMES).status_code == 200
    assert "Hoff" not in committee.get(AFNAMES).content.decode()
    assert committee.get(reverse("committee:afname", args=[assessed.public_id])).url.startswith(SET_UP)


def test_other_roles_do_not_need_two_factor(
    client: Client, asking: School, docent: User, student: Membership, assessed: Assessment
) -> None:
    client.force_login(docent)
    assert client.get(reverse("assessments:detail", args=[assessed.public_id])).status_code == 200
    assert client.get(AFNAMES).status_code == 404
    client.force_login(student.user)
    assert client.get(reverse("assessments:my_exams")).status_code == 200
    assert client.get("/commissie/exports/").status_code == 404


def test_school_without_the_requirement_is_unchanged(client: Client, committee_member: User) -> None:
    client.force_login(committee_member)
    assert client.get(AFNAMES).status_code == 200


def test_requirement_applies_at_once(client: Client, committee_member: User, school: School) -> None:
    client.force_login(committee_member)
    assert client.get(AFNAMES).status_code == 200
    School.objects.update(second_factor_for_committee=True)
    assert client.get(AFNAMES).url.startswith(SET_UP)


def test_session_without_a_code_is_redirected(client: Client, asking: School, committee_member: User) -> None:
    app_of(committee_member)
    client.force_login(committee_member)
    answer = client.get(AFNAMES, follow=True)
    assert [step[0].split("?")[0] for step in answer.redirect_chain] == [SET_UP, "/inloggen/"]
    assert "Log opnieuw in, met uw code." in answer.content.decode()


def test_access_ends_when_two_factor_is_turned_off(client: Client, asking: School, committee_member: User) -> None:
    app = app_of(committee_member)
    asked = client.post("/inloggen/", {**password_of(committee_member), "next": AFNAMES}).url
    assert client.post(asked, {"code": app.code()}).url == AFNAMES
    assert client.get(AFNAMES).status_code == 200
    reauthenticate(client)
    page = client.get("/profiel/code/uitzetten/").content.decode()
    assert "ROC Hier vraagt dit van de examencommissie: zolang het uitstaat" in page
    client.post("/profiel/code/uitzetten/")
    assert client.get(AFNAMES).url.startswith(SET_UP)


def test_setup_continues_to_the_requested_page(committee: Client) -> None:
    address = f"{SET_UP}?next=%2Fcommissie%2F"
    app = App.of_page(committee.get(address).content.decode())
    answer = post(committee, address, {"code": app.code()}, follow=True)
    assert 'btn-primary" href="/commissie/"' in answer.content.decode()


def test_examiners_link_works_without_two_factor(committee: Client, invitation: Invitation) -> None:
    assert committee.get("/gezondheid/").status_code == 200
    assert committee.get("/beoordelen/onzin/").status_code != 302


def test_completion_mail_reaches_the_initiator_despite_the_requirement(
    invitation: Invitation, docent: User, asking: School
) -> None:
    MembershipFactory(user=docent, school=asking, role=Role.EXAMENCOMMISSIE)
    assess(invitation)
    assert OutgoingMail.objects.filter(kind="all_done", to=docent.email).exists()


# --- The Consortium's staff ----------------------------------------------------------------------
@pytest.mark.parametrize("page", ["/beheer/", "/beheer/examens/", "/beheer/django/"])
@pytest.mark.parametrize("is_asked", [False, True])
def test_staff_needs_two_factor_if_configured(client: Client, db: None, settings, is_asked: bool, page: str) -> None:
    settings.SECOND_STEP_FOR_STAFF = is_asked
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    response = client.get(page)
    assert response.status_code == (302 if is_asked else 200)
    if is_asked:
        assert response.url == f"{SET_UP}?{urlencode({'next': page})}"
        set_up(client)
        assert client.get(page).status_code == 200


# --- Single login function -----------------------------------------------------------------------
def test_no_module_calls_django_login() -> None:
    """Any login but allauth's would skip the second step."""
    root = Path(__file__).parents[3]
    apps = ["accounts", "addressbook", "assessments", "committee", "digibeoordelen", "exams", "exchange"]
    modules = {
        str(path.relative_to(root))
        for app in apps
        for path in (root / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("django.contrib.auth")
        and {"login", "alogin", "LoginView"} & {alias.name for alias in node.names}
    }
    assert not modules
