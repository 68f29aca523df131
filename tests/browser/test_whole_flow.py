"""The main job, end to end, on the processes of `make run`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from . import walk
from .conftest import MakeRun

EXAM = "Verzorgende IG"
STUDENT = "Anouk van 't Hoff"  # the demo's student
EXAMINER, EXAMINER_EMAIL = "Wilma Hofstede", "wilma.hofstede@examinator.demo.example"
OFFICE = "archief@school.demo.example"


def test_from_login_to_csv(
    make_run: MakeRun, new_browser: Callable[..., Page], tmp_path: Path, shots: walk.Shots
) -> None:
    sink = make_run.sink
    explanation = tmp_path / "toelichting.pdf"
    explanation.write_bytes(b"%PDF-1.4 toelichting")

    teacher = new_browser()
    walk.log_in(teacher, make_run.url, "DOCENT")
    walk.start_assessment(teacher, exam=EXAM, unit=EXAM_UNIT, student="hoff 100100", shots=shots)
    walk.choose_examiner(teacher, examiner=EXAMINER, shots=shots)
    walk.invite_examiner(teacher, examiner=EXAMINER, remark="Graag voor vrijdag.", attachment=explanation, shots=shots)

    invitation = walk.mail_to(sink, EXAMINER_EMAIL, subject=STUDENT)
    assert "Graag voor vrijdag." in invitation.text
    assert invitation.html.index("Graag voor vrijdag.") < invitation.html.index(">Start beoordeling</a>")
    assert [part.get_filename() for part in invitation.message.iter_attachments()] == ["toelichting.pdf"]
    examiner = new_browser()
    examiner.goto(walk.start_link(invitation))
    assert "/beoordelen/u/" in examiner.url
    walk.fill_in(examiner, g_on_first="Anouk stelde mevrouw gerust & legde alles uit.", shots=shots)

    committee = new_browser()
    walk.log_in(committee, make_run.url, "EXAMENCOMMISSIE")
    walk.make_final(committee, student=STUDENT, exam_office=OFFICE, shots=shots)
    result = walk.mail_to(sink, OFFICE)
    [pdf] = result.message.iter_attachments()
    archived = pdf.get_content()
    text = "".join(page.extract_text() for page in PdfReader(_kept(tmp_path / "archief.pdf", archived)).pages)
    assert STUDENT in text
    assert "Anouk stelde mevrouw gerust & legde alles uit." in " ".join(text.split())

    student = new_browser()
    walk.log_in(student, make_run.url, "STUDENT")
    student.get_by_role("link", name="Mijn examens").click()
    shots(student, "d1-mijn-examens")
    expect(student.get_by_text("Definitief").first).to_be_visible()
    expect(student.get_by_text("Voldoende").first).to_be_visible()
    with student.expect_download() as started:
        student.get_by_role("link", name="Pdf").first.evaluate("link => link.download = 'mijn.pdf'")
        student.get_by_role("link", name="Pdf").first.click()
    assert Path(started.value.path()).read_bytes() == archived

    csv = walk.download_csv(committee, exam=EXAM, shots=shots)
    lines = [line.split(";") for line in csv.splitlines()]
    [row] = [line for line in lines[1:] if "100100" in line]
    assert "V" in row
    walk.log_in(new_browser(), make_run.url, "DOCENT")


def _kept(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
