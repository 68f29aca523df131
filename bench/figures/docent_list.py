"""P9: a docent's list of 100 assessments, 'Afnames' / a bare page for a logged-in user.

Both are whole requests by Django's test client.
"""

from __future__ import annotations

from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Role
from bench import bare_page
from bench.figure import Figure, Measured, alternate
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, first_unit, make_exam, member

RUNS = 15
PAGES = 10  # requests a run
ASSESSMENTS = 100


def measure(scale: float) -> Measured:
    school, exam = SchoolFactory(), make_exam()
    docent = member(school, Role.DOCENT, exam)
    docent.details_checked_at = docent.joined_at
    docent.save()
    for number in range(max(1, round(ASSESSMENTS * scale))):
        assessment = steps.start_assessment(MembershipFactory(school=school), first_unit(exam), docent)
        examiner = ContactFactory(school=school)
        steps.choose(assessment, examiner)
        if number % 3:
            invitation = steps.send_invitation(assessment, examiner)
            if number % 3 == 1:
                steps.fill_in(invitation, "V")

    with override_settings(ROOT_URLCONF=bare_page.__name__, ALLOWED_HOSTS=["testserver"]):
        teacher = Client()
        teacher.force_login(docent, backend="django.contrib.auth.backends.ModelBackend")
        address = reverse("assessments:afnames")
        return alternate(
            ours=lambda _: _open(teacher, address), reference=lambda _: _open(teacher, bare_page.ADDRESS), runs=RUNS
        )


def _open(browser: Client, address: str) -> None:
    for _ in range(PAGES):
        assert browser.get(address).status_code == 200, address


FIGURE = Figure(name="P9", what="docent-list", goal=6.0, measure=measure)
