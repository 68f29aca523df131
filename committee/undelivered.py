"""What could not be sent, or made, of results: found without opening each assessment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from accounts.models import School, User
from assessments.models import Assessment, AssessmentQuerySet, Document, MailAbout

from .letters import CONTENT, as_letters
from .prepared import OneOf, Prepared

NOT_MADE = "Pdf kan niet worden gemaakt"


@dataclass(frozen=True)
class Undelivered:
    """An assessment with what went wrong, each as what it is and why."""

    assessment: Assessment
    failures: Sequence[tuple[str, str]]


def _of_what_failed() -> QuerySet[Any, Any]:
    """The assessments, at every school: asked of what failed, which is little, and not of the assessments."""
    mails = MailAbout.objects.failed().order_by().values_list("assessment")
    return mails.union(Document.objects.failing().order_by().values_list("assessment"))


_FAILED = Prepared(_of_what_failed, takes=0)


def undelivered_to(user: User, *, schools: Iterable[School | int]) -> AssessmentQuerySet:
    """For the member's own page, who waits longest first; one question here, and another when it is read."""
    failed = [pk for (pk,) in _FAILED.ask()]
    found = Assessment.objects.filter(OneOf(F("pk"), failed), school__in=schools).exclude(student__user=user)
    return found.for_pages().order_by("status_since", "pk") if failed else found.none()


def with_failures(assessments: Sequence[Assessment]) -> list[Undelivered]:
    """Each with what went wrong; two queries."""
    documents: dict[int, list[Document]] = defaultdict(list)
    for document in Document.objects.filter(assessment__in=assessments).defer("result"):
        documents[document.assessment_id].append(document)
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for pk, made in documents.items():
        found[pk] += [(NOT_MADE, f"na {one.attempts} pogingen") for one in made if one.is_failing]
    failed = MailAbout.objects.failed().filter(assessment__in=assessments)
    for row in failed.select_related("mail").defer(*CONTENT).order_by("mail_id"):
        [letter] = as_letters([row.mail], documents[row.assessment_id])
        found[row.assessment_id].append((letter.said, row.mail.last_error))
    return [Undelivered(assessment, found[assessment.pk]) for assessment in assessments]
