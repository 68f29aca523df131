"""P1: opening the examiner's form with 60 criteria / a bare page for a logged-in user.

Both are whole requests by Django's test client. The goal allows a form rendered by templates, without cached fragments.
"""

from __future__ import annotations

from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Role
from assessments import links
from bench import bare_page
from bench.figure import Figure, Measured, alternate
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, first_unit, make_exam, member

RUNS = 15
PAGES = 20  # requests a run
CRITERIA_A_PART = 15  # of four parts


def measure(scale: float) -> Measured:
    school, exam = SchoolFactory(), make_exam(criteria=max(1, round(CRITERIA_A_PART * scale)))
    docent = member(school, Role.DOCENT, exam)
    docent.details_checked_at = docent.joined_at
    docent.save()
    examiner = ContactFactory(school=school)
    assessment = steps.start_assessment(MembershipFactory(school=school), first_unit(exam), docent)
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner)
    steps.fill_in(invitation, "G", "Een onderbouwing van een regel of twee, zoals die meestal is. " * 3)

    with override_settings(ROOT_URLCONF=bare_page.__name__, ALLOWED_HOSTS=["testserver"]):
        teacher, phone = Client(), Client()
        teacher.force_login(docent, backend="django.contrib.auth.backends.ModelBackend")
        phone.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))
        form = reverse("assessments:form", args=[invitation.public_id])
        return alternate(
            ours=lambda _: _open(phone, form), reference=lambda _: _open(teacher, bare_page.ADDRESS), runs=RUNS
        )


def _open(browser: Client, address: str) -> None:
    for _ in range(PAGES):
        assert browser.get(address).status_code == 200, address


FIGURE = Figure(name="P1", what="form-opening", goal=8.0, measure=measure)
