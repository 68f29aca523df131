"""Concurrent erasure on real connections: nothing is erased or counted twice, and no bytes are lost."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, User
from assessments.models import Appeal, Assessment, DataRequest, Erasure, PastAssessments
from assessments.privacy import data_requests, erasure
from committee.decisions import cancel
from digibeoordelen.outbox import storage
from digibeoordelen.outbox.models import StoredFile
from digibeoordelen.outbox.storage import keep
from tests.committee.conftest import AfnameMaker
from tests.concurrency import at_once

from .conftest import date_student, today

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_erase_each_assessment_once(make_afname: AfnameMaker) -> None:
    for _ in range(6):
        make_afname("CANCELLED", since=timezone.now() - timedelta(days=85 * 31))
    results = at_once(erasure.erase_due, erasure.erase_due)
    assert sum(done["assessments"] for done in results) == 6
    assert not Assessment.objects.exists()
    assert (Erasure.objects.get().assessments, PastAssessments.objects.get().count) == (6, 6)


def test_appeal_precedes_erasure_or_finds_nothing(
    final: Assessment, student: Membership, committee_member: User
) -> None:
    date_student(student, diploma_on=today())
    Assessment.objects.filter(pk=final.pk).update(created_at=timezone.now() - timedelta(days=700))
    date_student(student, diploma_on=today() - timedelta(days=600))
    erased, marked = at_once(
        lambda: erasure.erase_assessment(final.pk, on=today()),
        lambda: cancel.mark_appeal(assessment=final, by=committee_member, received_on=today()),
    )
    there = Assessment.objects.filter(pk=final.pk).exists()
    assert erased is not there
    assert isinstance(marked, Appeal) is there
    assert Appeal.objects.exists() is there


def test_bytes_uploaded_during_destruction_are_kept() -> None:
    for n in range(10):
        content = f"tegelijk {n}".encode()
        keep(content)
        StoredFile.objects.update(kept_at=timezone.now() - timedelta(days=2))

        def hand_in(content: bytes = content) -> StoredFile:
            with transaction.atomic():
                return keep(content)

        kept, _ = at_once(hand_in, storage.destroy)
        assert kept.read() == content
        assert StoredFile.objects.get(pk=kept.pk).read() == content


def test_two_data_requests_make_one_file(student: Membership, administrator: User) -> None:
    results = at_once(
        lambda: data_requests.request_file(student=student, by=student.user),
        lambda: data_requests.request_file(student=student, by=administrator),
    )
    assert sorted(is_new for _, is_new in results) == [False, True]
    request = DataRequest.objects.get()
    assert sorted(
        at_once(lambda: DataRequest.objects.run(request.pk), lambda: DataRequest.objects.run(request.pk))
    ) == [
        False,
        True,
    ]


def test_data_file_excludes_assessment_erased_meanwhile(final: Assessment, student: Membership) -> None:
    Assessment.objects.filter(pk=final.pk).update(created_at=timezone.now() - timedelta(days=700))
    date_student(student, diploma_on=today() - timedelta(days=600))
    request, _ = data_requests.request_file(student=student, by=student.user)
    erased, data_request = at_once(
        lambda: erasure.erase_assessment(final.pk, on=today()),
        lambda: DataRequest.objects.run(request.pk),
    )
    assert (erased, data_request) == (True, True)
    if file := DataRequest.objects.get().file:  # otherwise it was made first, and dropped
        with zipfile.ZipFile(io.BytesIO(file.read())) as archive:
            assert archive.namelist() == ["gegevens.json"]
            assert json.loads(archive.read("gegevens.json"))["beoordelingen"] == []
