"""An examiner's copy to keep: a PDF of their own parts alone, rendered when it is asked for and never stored."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.text import slugify

from .documents import look_context, write_pdf
from .models import Invitation, Status
from .rubric import Rubric


def render(*, invitation: Invitation, rubric: Rubric) -> bytes:
    """The PDF of `rubric`, which holds the examiner's own parts, in the language of who asks for it.

    Nothing of another examiner, of the committee or of the result is in it; every page says that it is a
    concept, or, once there is a final document, that it is not that one.
    """
    assessment = invitation.assessment
    school = assessment.school
    context = {
        "invitation": invitation,
        "assessment": assessment,
        "rubric": rubric,
        "is_final": assessment.status == Status.FINAL,
        **look_context(colour=school.colour, logo=school.logo.sha256 if school.logo else ""),
    }
    return write_pdf(render_to_string("assessments/pdf/own_copy.html", context))


def filename(invitation: Invitation) -> str:
    """'kopie-beoordeling-123456-25656-b1-k1.pdf': number, exam and unit; no name."""
    assessment = invitation.assessment
    whose = f"{assessment.student.student_number}-{assessment.exam.code}-{assessment.unit_code}"
    return f"kopie-beoordeling-{slugify(whose)}.pdf"
