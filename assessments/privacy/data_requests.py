"""The file with everything about one student, made by a worker, for the student alone.

Schoolbeheer sees no results (DESIGN.md, 'Who may do what'), and a request to see one's data is answered to who made it.
So Schoolbeheer can start it, for who asked at the desk, and sees when it was made and fetched; the student gets the
mail and, logged in, the file. A student needs nobody for it: the profile has the same button. Each request is a row.
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

IN_MEMORY = 1024 * 1024  # of the file while it is made; what is larger goes to disk
PIECE = 64 * 1024
TRIES = 3  # the nightly erasing takes a student's assessments one after another
AGAIN = timedelta(days=1)  # so long one file is enough


class KeepsChanging(Exception):
    """The student's assessments changed each time they were collected."""


def ask(*, student: Membership, by: User) -> tuple[DataRequest, bool]:
    """The request that is under way or was answered less than a day ago, else a new one; and whether work begins.

    One that was given up is taken up again.
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


def make(request: DataRequest) -> None:
    """Make the file and queue the mail; raise `KeepsChanging` where what it holds changed each time.

    What was erased or withdrawn after it was collected must not come back: then it is collected again.
    """
    for _ in range(TRIES):
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            seen = list(_standing(request))
            write_zip(request.student, file)
            with transaction.atomic():
                if _hold(request) == seen:
                    _keep(request, cast(BinaryIO, file))
                    return
    raise KeepsChanging


def _standing(request: DataRequest) -> Any:
    """What the student's assessments are: another list once one is erased, made final or withdrawn."""
    assessments = Assessment.objects.filter(student=request.student_id).order_by("pk")
    return assessments.values_list("pk", "status", "version")


def _hold(request: DataRequest) -> list[Any]:
    """The same as it is now, with student and assessments locked in the order in which `erase` locks them."""
    list(Membership.objects.select_for_update(of=("self",), no_key=True).filter(pk=request.student_id))
    return list(_standing(request).select_for_update(of=("self",), no_key=True))


def _keep(request: DataRequest, file: BinaryIO) -> None:
    request.extend()  # before bytes are kept of a student who was erased meanwhile
    mail = mails.queue_own_data(student=request.student) if request.student.user.is_active else None
    request.finish(file=keep_file(file), made_at=timezone.now(), mail=mail)


def write_zip(student: Membership, file: IO[bytes]) -> None:
    """gegevens.json and every PDF; a PDF that is missing from the storage is named and passed over."""
    gone: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in documents(student):
            try:
                _copy(document.file, archive, name)
            except FileGone:
                gone.append(name)
        told = collect(student) | ({"ontbrekende_bestanden": gone} if gone else {})
        text = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        archive.writestr("gegevens.json", text)


def _copy(stored: StoredFile | None, archive: zipfile.ZipFile, name: str) -> None:
    if stored is None:
        raise FileGone(name)
    with stored.open_proven() as content, archive.open(name, "w") as to:
        while piece := content.read(PIECE):
            to.write(piece)
