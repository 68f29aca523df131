"""The public page that shows whether a document is genuine and current, without login.

It shows neither name nor grade, and changes nothing.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.auth.rate_limits import client_key
from accounts.language import translated
from assessments import rate_limits

from . import verification
from .forms import CodeForm
from .verification import DocumentStatus, Verification

MAX_UPLOAD_BYTES = 20 * 1024 * 1024  # many times a document of 60 criteria with the longest justifications
_ROUND_IT = 64 * 1024  # what the form's encoding adds to the file
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RETRY_AFTER = 600  # seconds


@translated
@login_not_required
@require_safe
def ask_code(request: HttpRequest) -> HttpResponse:
    """Show the form for a code or a file; a typed code redirects to its answer."""
    form = CodeForm(request.GET if "code" in request.GET else None)
    if form.is_valid():
        return redirect("assessments:check_code", form.cleaned_data["code"])
    return _ask_page(request, form)


@translated
@login_not_required
@require_safe
def check_code(request: HttpRequest, code: str) -> HttpResponse:
    """Show the answer on a code; the QR code leads here."""
    tidied = verification.tidy(code)
    if tidied and tidied != code:
        return redirect("assessments:check_code", tidied)
    return _answer(request, verification.by_code(tidied), code=code)


@translated
@csrf_exempt  # changes nothing; and reading the token from the form would read the file before the size limit applies
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check_file(request: HttpRequest) -> HttpResponse:
    """Look up a file by its SHA-256, computed during the upload without storing it, or by the browser."""
    if request.method != "POST":
        return redirect("assessments:ask_code")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_UPLOAD_BYTES + _ROUND_IT:
        too_large = _("Dit bestand is groter dan 20 MB. Dan is het geen document van ons.")
        return _ask_page(request, error=too_large, status=413)
    request.upload_handlers = [HashUploadHandler(request)]
    code = verification.tidy(request.POST.get("code", ""))
    file = request.FILES.get("file")
    if isinstance(file, HashedFile):
        if rate_limits.CHECKED_FILES.exceeds(client_key(request)):
            return _too_many(request)
        sha256 = file.sha256
    elif not _SHA256.fullmatch(sha256 := request.POST.get("sha256", "")):
        return _ask_page(request, code=code, error=_("Kies eerst een bestand."), status=400)
    return _answer(request, verification.by_file(sha256, code=code), code=code)


def _answer(request: HttpRequest, verdict: Verification, *, code: str) -> HttpResponse:
    """Show the answer; an unknown code or file counts for the rate limit."""
    if verdict.standing is not DocumentStatus.UNKNOWN:
        return render(request, "assessments/documents/check_document.html", _context(verdict, code))
    if rate_limits.WRONG_CODES.exceeds(client_key(request)):
        return _too_many(request)
    return render(request, "assessments/documents/check_document.html", _context(verdict, code), status=404)


def _context(verdict: Verification, code: str) -> dict[str, Any]:
    result = verdict.document.result if verdict.document else None
    return {"verdict": verdict, "standing": verdict.standing.value, "result": result, "code": code}


def _ask_page(
    request: HttpRequest, form: CodeForm | None = None, *, code: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    """Show the form for a code or a file; `error` is about the file, compared with the document of `code`."""
    problems = [{"href": "#id_file", "text": error}] if error else []
    context = {"form": form or CodeForm(), "code": code, "error": error, "problems": problems}
    return render(request, "assessments/documents/ask_code.html", context, status=status)


def _too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "assessments/documents/too_many_checks.html", status=429)
    response["Retry-After"] = str(_RETRY_AFTER)
    return response


class HashedFile(UploadedFile):
    """An uploaded file without its content."""

    sha256: str


class HashUploadHandler(FileUploadHandler):
    """The request's only upload handler; set it before the form is read."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._hash = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._hash.update(raw_data)

    def file_complete(self, file_size: int | None) -> HashedFile:
        file = HashedFile(io.BytesIO(), name=self.file_name, size=file_size)
        file.sha256 = self._hash.hexdigest()
        return file
