"""What could not be sent, or made, of results: found without opening each assessment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import School, User
from assessments.models import Assessment, AssessmentQuerySet, Document, MailAbout

from .letters import CONTENT, as_letters

NOT_MADE = "Pdf kan niet worden gemaakt"


@dataclass(frozen=True)
class Undelivered:
    """An assessment with what went wrong, each as what it is and why."""

    assessment: Assessment
    failures: Sequence[tuple[str, str]]


def _failed(assessments: AssessmentQuerySet) -> AssessmentQuerySet:
    """Those of them of which something failed; it begins at what failed, which is little."""
    mails = MailAbout.objects.failed().order_by().values("assessment")
    pdfs = Document.objects.failing().order_by().values("assessment")
    return assessments.filter(pk__in=mails.union(pdfs))


def undelivered_to(user: User, *, schools: Iterable[School]) -> AssessmentQuerySet:
    """For the member's own page, who waits longest first."""
    found = _failed(Assessment.objects.filter(school__in=schools).exclude(student__user=user))
    return found.for_pages().order_by("status_since", "pk")


def count_at_school(user: int) -> Coalesce:
    """For a query of schools: how many there are at each, for this member."""
    there = _failed(Assessment.objects.filter(school=OuterRef("pk"))).exclude(student__user=user)
    counted = there.order_by().values("school").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


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
