"""The data of each release, restored by this version and migrated: all of it is there, and its pages open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes import Site

from .make_release import RELEASES

pytestmark = [pytest.mark.process, pytest.mark.servers]
OPEN_PAGES = """
from django.test import Client
from django.urls import reverse
from accounts.models import User
from assessments import links
from assessments.models import Assessment, Document, Invitation

def opened(email, *addresses):
    browser = Client(SERVER_NAME="127.0.0.1")
    if email:
        browser.force_login(User.objects.get(email=email), "django.contrib.auth.backends.ModelBackend")
    for address in addresses:
        response = browser.get(address, follow=True)
        assert response.status_code == 200, (address, response)
    return response

for assessment in Assessment.objects.all():
    opened("docent@eerder.test", reverse("assessments:detail", args=[assessment.public_id]))
    opened("commissie@eerder.test", reverse("committee:afname", args=[assessment.public_id]))
opened("docent@eerder.test", "/mijn-digibib/", reverse("assessments:afnames"))
opened("commissie@eerder.test", reverse("committee:afnames") + "?status=ALLE")
for invitation in Invitation.objects.filter(assessment__status__in=["INVITED", "IN_PROGRESS"]):
    opened("", reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))
[document] = Document.objects.all()
student = document.assessment.student.user.email
pdf = opened(student, reverse("assessments:my_exams"), reverse("assessments:document", args=[document.public_id]))
assert b"".join(pdf).startswith(b"%PDF")
"""


def releases() -> list[Path]:
    return sorted(RELEASES.iterdir())


@pytest.mark.parametrize("release", releases(), ids=lambda release: release.name)
def test_data_of_a_release_is_migrated(release: Path, site: Site) -> None:
    site.destroy()
    site.manage("restore", str(release))
    site.manage("migrate", "--verbosity=0")
    states = dict(site.rows("select status, count(*) from assessments_assessment group by 1"))
    assert states == dict.fromkeys(("NEW", "INVITED", "IN_PROGRESS", "ASSESSED", "FINAL", "CANCELLED"), 1)
    assert site.rows("select ovg, grade::text from assessments_assessment where status = 'FINAL'") == [("G", "10.0")]
    assert "0 of 1 files" in site.manage("check_files")
    site.manage("collectstatic", "--no-input", "--verbosity=0")  # without it no page finds its style sheets
    site.python(OPEN_PAGES)
