"""PDFs share what WeasyPrint's libraries never give back."""

from celery.signals import worker_process_shutdown
from weasyprint.text import fonts

from assessments.documents import pdf


def test_pdfs_share_a_configuration_of_fonts(monkeypatch):
    made = []

    class Counted(fonts.FontConfiguration):
        def __init__(self):
            made.append(self)
            super().__init__()

    monkeypatch.setattr(fonts, "FontConfiguration", Counted)
    pdf._fonts.__dict__.clear()
    first, second = (pdf.write_pdf("<p>Dag</p>") for _ in range(2))
    assert first == second
    assert len(made) == 1
    worker_process_shutdown.send(sender=None)
    assert not pdf._fonts.__dict__
