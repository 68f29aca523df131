"""The verification code of a document, and what anyone may hear about one (DESIGN.md, 'Mechanisms', PDF)."""

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

# No vowels, so that no word comes out; nothing that reads like something else on paper (0 O, 1 I L, 2 Z, 5 S, 8 B).
ALPHABET = "34679CDFGHJKMNPQRTVWXY"
LENGTH = 20  # of 22 characters: 89 bits, so that it can't be guessed
GROUP = 4


class Standing(Enum):
    CURRENT = "current"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    DESTROYED = "destroyed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """What is known of a code or a file; `same_file` is None when no file was compared.

    Of what was `destroyed` when its term was over only that it was there, so that who still holds it can show that
    it is no forgery.
    """

    standing: Standing
    document: Document | None = None
    same_file: bool | None = None
    destroyed: DestroyedDocument | None = None


def new_code() -> str:
    """A random code for a new document."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def tidy(typed: str) -> str:
    """The code that was meant, without spaces, dashes and small letters; '' for what can't be one."""
    code = re.sub(r"[\s\-\N{EN DASH}.]", "", typed).upper()
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def grouped(code: str) -> str:
    """'34CD-79FG-…', as it is printed."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def page_address() -> str:
    """Where a code is typed; a code and a slash after it lead to its answer."""
    return settings.SITE_URL + reverse("assessments:ask_code")


def qr_code(address: str) -> str:
    """The QR code of an address as an SVG in a data: URL; its white border is for the page to give."""
    return segno.make(address, error="m", micro=False).svg_data_uri(border=0, omitsize=True)


def by_code(code: str) -> Verdict:
    """What is known of a code. A document that is still being made is not there yet."""
    if not code:
        return Verdict(Standing.UNKNOWN)
    return _verdict(Document.objects.filter(code=code), DestroyedDocument.objects.filter(code_sha256=code_hash(code)))


def by_file(sha256: str, *, code: str = "") -> Verdict:
    """What is known of a file: whether it is the document of `code`, or without one whichever it is."""
    if not code:
        known = Document.objects.filter(file__sha256=sha256)
        found = _verdict(known, DestroyedDocument.objects.filter(sha256=sha256))
        return replace(found, same_file=found.standing is not Standing.UNKNOWN)
    found = by_code(code)
    if found.destroyed:
        return replace(found, same_file=found.destroyed.sha256 == sha256)
    if found.document is None or found.document.file is None:
        return found
    return replace(found, same_file=found.document.file.sha256 == sha256)


def code_hash(code: str) -> str:
    """What is kept of a destroyed document's code."""
    return hashlib.sha256(code.encode()).hexdigest()


def _verdict(documents: DocumentQuerySet, destroyed: QuerySet[DestroyedDocument]) -> Verdict:
    document = documents.filter(file__isnull=False).select_related("file").first()
    if document is None:
        gone = destroyed.first()
        return Verdict(Standing.DESTROYED, destroyed=gone) if gone else Verdict(Standing.UNKNOWN)
    if document.superseded_at is None:
        return Verdict(Standing.CURRENT, document)
    newer = document.assessment.documents.current().filter(file__isnull=False).exists()
    return Verdict(Standing.REPLACED if newer else Standing.WITHDRAWN, document)
