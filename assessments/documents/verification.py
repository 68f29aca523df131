"""The verification code of a document, and what is public about one (DESIGN.md, 'Mechanisms', PDF)."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from enum import Enum

import segno
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from assessments.models import DestroyedDocument, Document, DocumentQuerySet

# No vowels, so that no word is formed, and no characters that look alike on paper (0 O, 1 I L, 2 Z, 5 S, 8 B).
ALPHABET = "34679CDFGHJKMNPQRTVWXY"
LENGTH = 20  # of 22 characters: 89 bits, not guessable
GROUP = 4


class DocumentStatus(Enum):
    CURRENT = "current"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    DESTROYED = "destroyed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verification:
    """What is known of a code or a file; `same_file` is None when no file was compared.

    Of a `destroyed` document only its existence is known, so that its holder can show that it is no forgery.
    """

    standing: DocumentStatus
    document: Document | None = None
    same_file: bool | None = None
    destroyed: DestroyedDocument | None = None


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def tidy(typed: str) -> str:
    """Return the code without spaces and dashes, in capitals; '' for a malformed one."""
    code = re.sub(r"[\s\-\N{EN DASH}.]", "", typed).upper()
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def grouped(code: str) -> str:
    """Return the code as it is printed: '34CD-79FG-…'."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def page_address() -> str:
    """Return the URL of the page for codes; a code and a slash after it give the URL of its answer."""
    return settings.SITE_URL + reverse("assessments:ask_code")


def qr_code(address: str) -> str:
    """Return the QR code of a URL as an SVG data: URL, without the white border."""
    return segno.make(address, error="m", micro=False).svg_data_uri(border=0, omitsize=True)


def by_code(code: str) -> Verification:
    """Look up a code. A document without a PDF yet is unknown."""
    if not code:
        return Verification(DocumentStatus.UNKNOWN)
    return _verdict(Document.objects.filter(code=code), DestroyedDocument.objects.filter(code_sha256=code_hash(code)))


def by_file(sha256: str, *, code: str = "") -> Verification:
    """Look up a file by hash: whether it is the document of `code`, or any document without a code."""
    if not code:
        documents = Document.objects.filter(file__sha256=sha256)
        verdict = _verdict(documents, DestroyedDocument.objects.filter(sha256=sha256))
        return replace(verdict, same_file=verdict.standing is not DocumentStatus.UNKNOWN)
    verdict = by_code(code)
    if verdict.destroyed:
        return replace(verdict, same_file=verdict.destroyed.sha256 == sha256)
    if verdict.document is None or verdict.document.file is None:
        return verdict
    return replace(verdict, same_file=verdict.document.file.sha256 == sha256)


def code_hash(code: str) -> str:
    """Return the hash that is stored of a destroyed document's code."""
    return hashlib.sha256(code.encode()).hexdigest()


def _verdict(documents: DocumentQuerySet, destroyed: QuerySet[DestroyedDocument]) -> Verification:
    document = documents.filter(file__isnull=False).select_related("file").first()
    if document is None:
        destroyed_document = destroyed.first()
        return (
            Verification(DocumentStatus.DESTROYED, destroyed=destroyed_document)
            if destroyed_document
            else Verification(DocumentStatus.UNKNOWN)
        )
    if document.superseded_at is None:
        return Verification(DocumentStatus.CURRENT, document)
    newer = document.assessment.documents.current().filter(file__isnull=False).exists()
    return Verification(DocumentStatus.REPLACED if newer else DocumentStatus.WITHDRAWN, document)
