"""Erases what need not be kept any more (`retention` says what that is), a nightly task a step at a time.

Each assessment and each student goes in a transaction of its own, which also counts it and writes the log: a worker
that dies leaves nothing half, and the next night goes on. What else hangs on an assessment, in whichever app, goes with
it by its foreign key (CASCADE); mails, documents and bytes are dealt with here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.addresses import addresses_of, mails_to
from accounts.erasure import erase_membership, erase_unused, forget_logins
from accounts.models import Membership, School
from digibeoordelen.outbox import cancel, storage
from digibeoordelen.outbox.models import OutgoingMail

from . import own_data, past_counts, retention, verification, view_log
from .models import Assessment, DestroyedDocument, Document, Erasure, MailAbout, Rule

logger = logging.getLogger(__name__)

# Mails that are about no assessment: a forgotten password, say.
LOOSE_MAILS_KEPT = timedelta(days=365)
_ABOUT = MailAbout.objects.filter(mail=OuterRef("pk"))


def erase_due(*, on: date | None = None) -> Counter[str]:
    """Erases everything that is due on this day, today if not given, at every school; how much of what.

    What the database refuses is passed over, and logged by its id: the next night tries it again.
    """
    on = on or timezone.localdate()
    done: Counter[str] = Counter()
    for school in School.objects.order_by("pk"):
        for pk in list(retention.due(school, on=on).order_by("pk").values_list("pk", flat=True)):
            done["assessments"] += _tried(erase_assessment, pk, on=on)
        for pk in list(retention.leaving(school, on=on).order_by("pk").values_list("pk", flat=True)):
            done["students"] += _tried(erase_student, pk, on=on)
    done["accounts"] = erase_unused(on=on)
    return done


def tidy_up() -> None:
    """What isn't a rule of a school's: old views, files and mails, and the bytes that nothing refers to any more."""
    view_log.forget_old()
    own_data.forget_old()
    forget_logins()
    old = OutgoingMail.objects.filter(created_at__lt=timezone.now() - LOOSE_MAILS_KEPT)
    cancel.delete(old.filter(~Exists(_ABOUT)))
    storage.destroy()
    storage.destroy_strays()


def _tried(erase: Callable[..., bool], pk: int, *, on: date) -> bool:
    try:
        return erase(pk, on=on)
    except DatabaseError:
        logger.exception("Could not erase %s", pk)
        return False


@transaction.atomic
def erase_assessment(pk: int, *, on: date) -> bool:
    """Erases one assessment with all that hangs on it, if it is still due now that nothing can change it."""
    assessment = _held(pk)
    found = assessment and retention.due(assessment.school, on=on, among=Q(pk=pk)).first()
    if not assessment or not found:
        return False
    past_counts.count(assessment)
    documents = _destroy_documents(assessment, on=on)
    mails = _forget_mails(assessment)
    assessment.student.data_requests.update(file=None)  # the result is in it
    assessment.delete()
    _log(assessment.school, on, found.rule, assessments=1, documents=documents, mails=mails)
    return True


def _held(pk: int) -> Assessment | None:
    """The assessment with its student and all of their assessments locked: no appeal, date or attempt comes between."""
    student = Membership.objects.filter(assessments=pk).values_list("pk", flat=True).first()
    if student is None:
        return None
    list(Membership.objects.select_for_update(of=("self",)).filter(pk=student))
    list(Assessment.objects.select_for_update(of=("self",)).filter(student=student).order_by("pk"))
    return Assessment.objects.select_related("school").filter(pk=pk).first()


def _destroy_documents(assessment: Assessment, *, on: date) -> int:
    """Leaves of each that there was one, for who holds it; its bytes go with what nothing refers to."""
    documents = list(assessment.documents.select_related("file"))
    DestroyedDocument.objects.bulk_create(
        DestroyedDocument(
            code_sha256=verification.code_hash(document.code) if document.code else None,
            sha256=document.file.sha256 if document.file else "",
            stood=document.superseded_at is None,
            destroyed_on=on,
        )
        for document in documents
        if document.code or document.file
    )
    Document.objects.filter(assessment=assessment).delete()
    return len(documents)


def _forget_mails(assessment: Assessment) -> int:
    """A mail that is about others too is blanked: that it was sent is theirs to know."""
    others = MailAbout.objects.filter(mail=OuterRef("pk")).exclude(assessment=assessment)
    mails = OutgoingMail.objects.filter(about__assessment=assessment).annotate(shared=Exists(others))
    return cancel.blank(mails.filter(shared=True)) + cancel.delete(mails.filter(shared=False))


@transaction.atomic
def erase_student(pk: int, *, on: date) -> bool:
    """Takes a student of whom nothing is kept off the school, and the account if it serves nowhere else."""
    student = Membership.objects.select_for_update(of=("self",)).select_related("user", "school").filter(pk=pk).first()
    found = student and retention.leaving(student.school, on=on).filter(pk=pk).first()
    if not student or not found:
        return False
    school, addresses = student.school, addresses_of(student.user)
    if erase_membership(student):
        # What is about an assessment is by now about others' alone: of one who was their examiner, too.
        cancel.delete(OutgoingMail.objects.filter(mails_to(addresses), ~Exists(_ABOUT)))
    _log(school, on, found.rule, students=1)
    return True


def _log(school: School, on: date, rule: str, **counts: int) -> None:
    line, _ = Erasure.objects.get_or_create(school=school, on=on, rule=Rule(rule))
    Erasure.objects.filter(pk=line.pk).update(**{name: F(name) + count for name, count in counts.items()})
