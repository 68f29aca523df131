"""The file with everything about one student, made by a worker, for the student alone.

Schoolbeheer sees no results (DESIGN.md, 'Who may do what'), and a request to see one's data is answered to who made it.
So Schoolbeheer can start it, for who asked at the desk, and sees when it was made and fetched; the student gets the
mail and, logged in, the file. A student needs nobody for it: the profile has the same button. Each request is a row.
"""

from __future__ import annotations

import json
import logging
import tempfile
import zipfile
from datetime import timedelta
from typing import IO, Any, BinaryIO, cast

from celery import shared_task
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Membership, User
from assessments import mails
from assessments.models import KEPT_DAYS, MAX_ATTEMPTS, Assessment, DataRequest
from digibeoordelen.outbox.models import FileGone, StoredFile
from digibeoordelen.outbox.storage import keep_file

from .data_export import collect, documents

logger = logging.getLogger(__name__)
IN_MEMORY = 1024 * 1024  # of the file while it is made; what is larger goes to disk
PIECE = 64 * 1024
PAUSES = [60, 300, 900, 3600]  # seconds between an attempt that went wrong and the next
TRIES = 3  # the nightly erasing takes a student's assessments one after another
AGAIN = timedelta(days=1)  # so long one file is enough


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
        elif not DataRequest.objects.given_up().filter(pk=request.pk).update(attempts=0, lease_until=None):
            return request, False
        transaction.on_commit(lambda: make_own_data.delay(request.pk), robust=True)
    return request, True


def make(request_id: int) -> bool:
    """Makes the file of a waiting request and queues the mail; False when there was nothing to do.

    It can run twice, or on two workers: one claims the row, and what is kept first stays. What was erased or withdrawn
    after it was collected must not come back: then it is collected anew, or left for the next attempt. What goes wrong
    is raised, and tried again after a pause, `MAX_ATTEMPTS` times in all.
    """
    lease = timezone.now() + timedelta(seconds=settings.DOCUMENT_LEASE_SECONDS)
    due = DataRequest.objects.due().filter(pk=request_id)
    if not due.update(lease_until=lease, attempts=F("attempts") + 1):
        return False
    request = DataRequest.objects.select_related("student__user", "student__school").get(pk=request_id)
    try:
        if _make(request):
            return True
    except Exception:
        _pause(request)
        raise
    _pause(request)
    return False


def _make(request: DataRequest) -> bool:
    """False where the student's assessments kept changing, or the file was made meanwhile."""
    for _ in range(TRIES):
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            seen = list(_standing(request))
            write_zip(request.student, file)
            with transaction.atomic():
                if _hold(request) == seen:
                    return _keep(request, cast(BinaryIO, file))
    return False


def _pause(request: DataRequest) -> None:
    if request.attempts < MAX_ATTEMPTS:
        until = timezone.now() + timedelta(seconds=PAUSES[request.attempts - 1])
    else:
        logger.error("Data request %s was given up after %s attempts", request.pk, request.attempts)
        until = None
    DataRequest.objects.waiting().filter(pk=request.pk).update(lease_until=until)


def _standing(request: DataRequest) -> Any:
    """What the student's assessments are: another list once one is erased, made final or withdrawn."""
    assessments = Assessment.objects.filter(student=request.student_id).order_by("pk")
    return assessments.values_list("pk", "status", "version")


def _hold(request: DataRequest) -> list[Any]:
    """The same as it is now, with student and assessments locked in the order in which `erase` locks them."""
    list(Membership.objects.select_for_update(of=("self",), no_key=True).filter(pk=request.student_id))
    return list(_standing(request).select_for_update(of=("self",), no_key=True))


def _keep(request: DataRequest, file: BinaryIO) -> bool:
    current = DataRequest.objects.waiting().select_for_update(of=("self",)).filter(pk=request.pk).first()
    if current is None:
        return False
    current.file = keep_file(file)
    current.made_at, current.lease_until = timezone.now(), None
    if request.student.user.is_active:
        current.mail = mails.queue_own_data(student=request.student)
    current.save(update_fields=["file", "made_at", "lease_until", "mail"])
    return True


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


def waiting_ids() -> list[int]:
    """Requests that no worker is at: never announced, or left by one that died."""
    just_announced = Q(lease_until__isnull=True, asked_at__gte=timezone.now() - timedelta(seconds=5))
    return list(DataRequest.objects.due().exclude(just_announced).values_list("pk", flat=True)[:1000])


def forget_old() -> None:
    """Lets go of files that were there long enough; that they were asked for stays."""
    old = timezone.now() - timedelta(days=KEPT_DAYS)
    DataRequest.objects.filter(file__isnull=False, made_at__lte=old).update(file=None)


@shared_task(name="assessments.tasks.make_own_data")
def make_own_data(request_id: int) -> None:
    """Makes the file with everything about one student."""

    make(request_id)


@shared_task(name="assessments.tasks.sweep_own_data")
def sweep_own_data() -> None:
    """Starts what a crash left: files that were asked for and that nobody is making."""

    for request_id in waiting_ids():
        make_own_data.delay(request_id)
