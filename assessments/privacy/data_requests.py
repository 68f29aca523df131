"""The file with everything about one student, made by a worker, for that student only.

Schoolbeheer may see no results (DESIGN.md, 'Who may do what'), so it can start a request and see its dates, but only
the student gets the mail and the file. Students can also start it from their profile.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from datetime import timedelta
from typing import IO, Any, BinaryIO, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, User
from assessments import mails
from assessments.models import Assessment, DataRequest
from digibeoordelen.outbox.models import FileGone, StoredFile
from digibeoordelen.outbox.storage import keep_file

from .data_export import collect, documents

IN_MEMORY = 1024 * 1024  # of the file while it is made; a larger one goes to disk
PIECE = 64 * 1024
TRIES = 3  # the nightly erasure removes a student's assessments one after another
AGAIN = timedelta(days=1)  # within this time the last file is used again


class KeepsChanging(Exception):
    """The student's assessments changed during each attempt to collect them."""


def request_file(*, student: Membership, by: User) -> tuple[DataRequest, bool]:
    """Return the request that is open or was answered less than a day ago, else a new one; and whether work starts.

    A request that was given up is started again.
    """
    with transaction.atomic():
        Membership.objects.select_for_update(of=("self",)).get(pk=student.pk)
        recent = student.data_requests.filter(
            Q(made_at__isnull=True) | Q(file__isnull=False, made_at__gt=timezone.now() - AGAIN)
        )
        request = recent.first()
        if request is None:
            request = DataRequest.objects.create(student=student, asked_by=by, asked_by_name=by.full_name)
        elif not DataRequest.objects.given_up().filter(pk=request.pk).restart():
            return request, False
        request.start()
    return request, True


def make_file(request: DataRequest) -> None:
    """Make the file and queue the mail; raise `KeepsChanging` when its content changed during each attempt.

    Data that was erased or withdrawn after it was collected may not be in the file: then it is collected again.
    """
    for _ in range(TRIES):
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            rows = list(_standing(request))
            write_zip(request.student, file)
            with transaction.atomic():
                if _hold(request) == rows:
                    _keep(request, cast(BinaryIO, file))
                    return
    raise KeepsChanging


def _standing(request: DataRequest) -> Any:
    """Return rows that change when an assessment of the student is erased, made final or withdrawn."""
    assessments = Assessment.objects.filter(student=request.student_id).order_by("pk")
    return assessments.values_list("pk", "status", "version")


def _hold(request: DataRequest) -> list[Any]:
    """Return the same rows, with student and assessments locked in the order of `erasure`."""
    list(Membership.objects.select_for_update(of=("self",), no_key=True).filter(pk=request.student_id))
    return list(_standing(request).select_for_update(of=("self",), no_key=True))


def _keep(request: DataRequest, file: BinaryIO) -> None:
    request.extend()  # before storing bytes of a student who was erased meanwhile
    mail = mails.queue_own_data(student=request.student) if request.student.user.is_active else None
    request.finish(file=keep_file(file), made_at=timezone.now(), mail=mail)


def write_zip(student: Membership, file: IO[bytes]) -> None:
    """Write gegevens.json and every PDF; a PDF missing from the storage is listed and skipped."""
    missing: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in documents(student):
            try:
                _copy(document.file, archive, name)
            except FileGone:
                missing.append(name)
        data = collect(student) | ({"ontbrekende_bestanden": missing} if missing else {})
        text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        archive.writestr("gegevens.json", text)


def _copy(stored: StoredFile | None, archive: zipfile.ZipFile, name: str) -> None:
    if stored is None:
        raise FileGone(name)
    with stored.open_proven() as content, archive.open(name, "w") as to:
        while piece := content.read(PIECE):
            to.write(piece)
