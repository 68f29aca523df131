"""P11: our ZIP of 1,000 PDFs / `zip -0` of the same files. P11b: the memory it takes at most / its size."""

from __future__ import annotations

import subprocess
import tempfile
import tracemalloc
from functools import cache
from pathlib import Path

from django.utils import timezone

from assessments.documents import pdf
from assessments.models import Document, DocumentQuerySet
from bench.figure import Counts, Figure, Measured, alternate
from digibeoordelen.outbox.storage import keep
from exchange.downloads import archive

from .pdf import final_document

MANY, RUNS = 1_000, 7


def measure_time(scale: float) -> Measured:
    documents = _documents(_many(scale))
    with tempfile.TemporaryDirectory(prefix="p11-") as name:
        folder = Path(name)
        paths = []
        for document in documents.select_related("file"):
            path = folder / document.filename
            assert document.file is not None
            path.write_bytes(document.file.read())
            paths.append(str(path))
        listed = "\n".join(paths)

        def ours(run: int) -> None:
            with (folder / f"ours-{run}.zip").open("wb") as target:
                for piece in archive.stream(documents):
                    target.write(piece)

        def reference(run: int) -> None:
            command = ["zip", "-0", "-q", "-j", str(folder / f"theirs-{run}.zip"), "-@"]
            subprocess.run(command, input=listed, text=True, check=True)

        return alternate(ours=ours, reference=reference, runs=RUNS)


def measure_memory(scale: float) -> Counts:
    """Return the bytes that Python allocated at most while the archive was streamed, and those of the archive."""
    documents = _documents(_many(scale))
    tracemalloc.start()
    size = sum(map(len, archive.stream(documents)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Counts(peak, size)


def _many(scale: float) -> int:
    return max(20, round(MANY * scale))


def _documents(count: int) -> DocumentQuerySet:
    """Return the first `count` documents, all with different bytes; they are versions of one result."""
    first = _stored(MANY)
    return Document.objects.filter(assessment=first.assessment_id, number__lte=count).order_by("number")


@cache
def _stored(count: int) -> Document:
    first = final_document()
    content = pdf.render(first.result, name=first.filename)
    now = timezone.now()
    Document.objects.filter(pk=first.pk).update(file=keep(content))
    Document.objects.bulk_create(
        Document(
            assessment_id=first.assessment_id,
            number=number,
            result=first.result,
            exam_office_email=first.exam_office_email,
            file=keep(content + f"\n% {number}".encode()),
            superseded_at=now,
        )
        for number in range(2, count + 1)
    )
    return first


TIME = Figure(name="P11", what="pdf-archive", goal=1.3, measure=measure_time)
MEMORY = Figure(name="P11b", what="pdf-archive-memory", goal=0.05, measure=measure_memory)
