"""Files that go along with an invitation: what is taken, by content and not by name alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from accounts.text import clean_line
from assessments.models import InvitationAttachment
from digibeoordelen.outbox.queue import Attachment
from digibeoordelen.outbox.storage import keep

MAX_FILES = 5
MAX_BYTES = 8 * 1024 * 1024  # all files together: many mail servers refuse more than 10 MB, and base64 adds a third
TYPES = {  # extension: (content type, how such a file begins)
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    ".odt": ("application/vnd.oasis.opendocument.text", b"PK\x03\x04"),
}
LIMITS = "Hooguit 5 bestanden, samen 8 MB: pdf, Word (.docx), Excel (.xlsx), .odt, .png of .jpg."


def check_files(files: Sequence[UploadedFile]) -> None:
    """Raises `ValidationError` (Dutch) for too many, too large, empty or unexpected files."""
    if len(files) > MAX_FILES:
        raise ValidationError(f"U koos {len(files)} bestanden; het mogen er hooguit {MAX_FILES} zijn.")
    if sum(file.size or 0 for file in files) > MAX_BYTES:
        raise ValidationError("De bestanden zijn samen groter dan 8 MB.")
    for file in files:
        _check_type(file)


def keep_files(files: Sequence[UploadedFile]) -> list[Attachment]:
    """Keeps the bytes of checked files; the content type follows from the extension."""
    kept = []
    for file in files:
        path = PurePath(file.name or "bijlage")
        file.seek(0)
        content_type = TYPES[path.suffix.lower()][0]
        kept.append(Attachment(filename=clean_line(_short(path)), content_type=content_type, file=keep(file.read())))
    return kept


def as_download(kept: InvitationAttachment) -> HttpResponse:
    """An attachment as it was sent; raises `FileGone` when its bytes are missing or damaged."""
    return HttpResponse(
        kept.file.read(),
        content_type=kept.content_type,
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=kept.filename) or ""},
    )


def _check_type(file: UploadedFile) -> None:
    known = TYPES.get(PurePath(file.name or "").suffix.lower())
    if known is None:
        raise ValidationError(f"‘{file.name}’ is geen soort bestand dat mee kan. {LIMITS}")
    file.seek(0)
    if not file.read(16).startswith(known[1]):
        raise ValidationError(f"‘{file.name}’ is van binnen geen {PurePath(file.name or '').suffix} bestand.")


def _short(path: PurePath) -> str:
    return path.stem[:150] + path.suffix
