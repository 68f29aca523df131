"""Attachments of an invitation: validate by content as well as by name."""

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
TYPES = {  # extension: (content type, leading bytes)
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    ".odt": ("application/vnd.oasis.opendocument.text", b"PK\x03\x04"),
}
LIMITS = "Hooguit 5 bestanden, samen 8 MB: pdf, Word (.docx), Excel (.xlsx), .odt, .png of .jpg"


def check_files(files: Sequence[UploadedFile]) -> None:
    """Raise `ValidationError` (Dutch) for too many, too large, empty or unexpected files."""
    if len(files) > MAX_FILES:
        raise ValidationError(f"U koos {len(files)} bestanden; het mogen er hooguit {MAX_FILES} zijn.")
    if sum(file.size or 0 for file in files) > MAX_BYTES:
        raise ValidationError("De bestanden zijn samen groter dan 8 MB.")
    for file in files:
        _check_type(file)


def keep_files(files: Sequence[UploadedFile]) -> list[Attachment]:
    """Store the bytes of validated files; the content type follows from the extension. Raises `StorageDown`."""
    attachments = []
    for file in files:
        path = PurePath(file.name or "bijlage")
        file.seek(0)
        content_type = TYPES[path.suffix.lower()][0]
        attachments.append(
            Attachment(filename=clean_line(_short(path)), content_type=content_type, file=keep(file.read()))
        )
    return attachments


def as_download(kept: InvitationAttachment) -> HttpResponse:
    """Return an attachment as it was sent; raise `FileGone` when its bytes are missing or damaged."""
    return HttpResponse(
        kept.file.read(),
        content_type=kept.content_type,
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=kept.filename) or ""},
    )


def _check_type(file: UploadedFile) -> None:
    expected = TYPES.get(PurePath(file.name or "").suffix.lower())
    if expected is None:
        raise ValidationError(f"‘{file.name}’ is geen soort bestand dat mee kan. {LIMITS}.")
    file.seek(0)
    if not file.read(16).startswith(expected[1]):
        raise ValidationError(f"‘{file.name}’ is van binnen geen {PurePath(file.name or '').suffix} bestand.")


def _short(path: PurePath) -> str:
    return path.stem[:150] + path.suffix
