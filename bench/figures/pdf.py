"""P4a: our PDF / WeasyPrint on the same HTML. P4b: our PDF / a new headless Chromium that prints the same HTML.

Ours is `pdf.render` in a warm process: template, QR code, attached JSON, metadata, tags. WeasyPrint gets the rendered
HTML and attaches nothing. Chromium starts with an empty profile; its PDF is tagged, but not PDF/A.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path
from unittest.mock import patch

from accounts.models import Role
from assessments.documents import pdf
from assessments.examiner import saving
from assessments.models import Document
from bench.figure import Figure, Measured, alternate
from committee.decisions.finalise import finalise
from exams.content.versions import load_exam, read_file
from scripts.environment import BASE
from tests import steps
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, member

RUNS = 15
EXAM = "verzorgende-ig-25656.yaml"  # its first unit: 2 core tasks, 5 work processes, 33 criteria
JUSTIFICATION = "Werkt zorgvuldig, overlegt op tijd en legt rustig uit wat er gaat gebeuren, ook als het druk is. " * 3
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def measure_weasyprint(scale: float) -> Measured:
    from weasyprint import HTML

    document, html = final_document(), pdf.page(final_document().result)

    def reference(run: int) -> None:
        assert HTML(string=html).write_pdf(pdf_tags=True, pdf_variant=pdf.PDF_VARIANT)

    return alternate(ours=lambda _: _render(document), reference=reference, runs=_runs(scale))


def measure_chromium(scale: float) -> Measured:
    document = final_document()
    with tempfile.TemporaryDirectory(prefix="p4b-") as name:
        page = Path(name) / "page.html"
        page.write_text(pdf.page(document.result), encoding="utf-8")
        return alternate(ours=lambda _: _render(document), reference=lambda run: _print(page, run), runs=_runs(scale))


def _runs(scale: float) -> int:
    return max(3, round(RUNS * scale))


def _render(document: Document) -> None:
    assert pdf.render(document.result, name=document.filename)


def _print(page: Path, run: int) -> None:
    profile = page.with_name(f"profile-{run}")
    output = profile / "page.pdf"
    command = ["chromium", *FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={output}", page.as_uri()]
    profile.mkdir()
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert output.read_bytes().startswith(b"%PDF")


@cache
def final_document() -> Document:
    """Return a typical final result: one examiner, with a justification of a few lines for each part."""
    version = load_exam(read_file(BASE / "exams" / "data" / EXAM), publish=True).version
    unit, school = version.units.all()[0], SchoolFactory()
    docent, committee = member(school, Role.DOCENT, version.exam), member(school, Role.EXAMENCOMMISSIE)
    assessment = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    examiner = ContactFactory(school=school, function="Praktijkopleider", organisation="Zorggroep De Linde")
    steps.choose(assessment, examiner)
    with patch("digibeoordelen.outbox.queue.announce"), patch("digibeoordelen.jobs.models.run.delay"):
        invitation = steps.send_invitation(assessment, examiner)
        steps.fill_in(invitation, "G", JUSTIFICATION)
        saving.complete(invitation=invitation)
        assessment.refresh_from_db()
        return finalise(assessment=assessment, by=committee, exam_office_email="bureau@school.test")


WEASYPRINT = Figure(name="P4a", what="pdf-over-weasyprint", goal=1.05, measure=measure_weasyprint)
CHROMIUM = Figure(name="P4b", what="pdf-over-chromium", goal=0.25, measure=measure_chromium)
