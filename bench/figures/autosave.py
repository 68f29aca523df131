"""P10: saving one score of the examiner's form in the background / a bare page for a logged-in user.

Both are whole requests by Django's test client; the form has 60 criteria, as for P1.
"""

from __future__ import annotations

from itertools import count, cycle

from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Role
from assessments import links
from assessments.autosave import Base
from assessments.rubric import read_uncorrected
from bench import bare_page
from bench.figure import Figure, Measured, alternate
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, first_unit, make_exam, member

RUNS = 15
REQUESTS = 20  # a run
CRITERIA_A_PART = 15  # of four parts


class Form:
    """The page of an examiner, which saves one score after the other."""

    def __init__(self, scale: float) -> None:
        school, exam = SchoolFactory(), make_exam(criteria=max(1, round(CRITERIA_A_PART * scale)))
        examiner = ContactFactory(school=school)
        self.docent = member(school, Role.DOCENT, exam)
        self.docent.details_checked_at = self.docent.joined_at
        self.docent.save()
        assessment = steps.start_assessment(MembershipFactory(school=school), first_unit(exam), self.docent)
        steps.choose(assessment, examiner)
        invitation = steps.send_invitation(assessment, examiner)
        steps.fill_in(invitation, "V")
        column = read_uncorrected(assessment, contact=examiner).columns[0]
        self._part, self._criterion = column.assignment.pk, column.criteria[0].pk
        self._scores = {criterion.pk: "V" for criterion in column.criteria}
        self._numbers, self._values = count(1), cycle("GV")
        self._phone, self._address = Client(), reverse("assessments:keep", args=[invitation.public_id])
        self._phone.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))

    def save(self) -> None:
        value = next(self._values)
        sent = {
            "page": "0123456789abcdef",
            "save-number": str(next(self._numbers)),
            f"base-{self._part}": str(Base.of("", self._scores)),
            f"score-{self._part}-{self._criterion}": value,
        }
        answer = self._phone.post(self._address, sent)
        assert answer.status_code == 200, answer
        assert answer.json()["fields"][f"score-{self._part}-{self._criterion}"] == value, answer.content
        self._scores[self._criterion] = value


def measure(scale: float) -> Measured:
    with override_settings(ROOT_URLCONF=bare_page.__name__, ALLOWED_HOSTS=["testserver"]):
        form, teacher = Form(scale), Client()
        teacher.force_login(form.docent, backend="django.contrib.auth.backends.ModelBackend")
        return alternate(ours=lambda _: _save(form), reference=lambda _: _open(teacher), runs=RUNS)


def _save(form: Form) -> None:
    for _ in range(REQUESTS):
        form.save()


def _open(browser: Client) -> None:
    for _ in range(REQUESTS):
        assert browser.get(bare_page.ADDRESS).status_code == 200


FIGURE = Figure(name="P10", what="autosave", goal=3.0, measure=measure)
