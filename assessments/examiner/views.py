"""The examiner's form, without an account (source text, part B)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import time_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.language import Language, translated
from assessments import lifecycle, links, rate_limits
from assessments.invitations.attachments import as_download
from assessments.models import Invitation
from assessments.rubric import Missing, Rubric, read_uncorrected
from assessments.sittings import participation

from . import saving, signature, summary
from .access import JUST_OPENED, no_access_json, with_invitation
from .forms import CompleteForm
from .students import next_student, read_students
from .summary import examiner_result


@require_safe
@with_invitation()
def form(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if JUST_OPENED in request.GET:  # the cookie arrived
        return redirect("assessments:form", invitation.public_id)
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    return _form_page(request, invitation, rubric)


def _form_page(
    request: HttpRequest,
    invitation: Invitation,
    rubric: Rubric,
    *,
    missing: list[Missing] | None = None,
    conflicts: list[saving.Conflict] | None = None,
) -> HttpResponse:
    missing = missing or []
    context: dict[str, Any] = {
        "invitation": invitation,
        "assessment": invitation.assessment,
        **participation.context(invitation.assessment),
        "rubric": rubric,
        "attachments": list(invitation.attachments.all()),
        "problems": [{"href": f"#{item.field_id}", "text": item.text} for item in missing],
        "wrong": {item.name: item.words for item in missing},
        "conflicts": conflicts or [],
    }
    read_only = rubric.is_completed or invitation.assessment.is_closed
    for batch in links.read_batches(request, of=invitation)[-1:]:
        context["batch"] = batch
        if read_only:
            context["next_student"] = next_student(read_students(batch), after=invitation)
    template = "assessments/examiner/form_read_only.html" if read_only else "assessments/examiner/form.html"
    status = 409 if conflicts else 422 if missing else 200
    return render(request, template, context, status=status)


def _save_post(request: HttpRequest, invitation: Invitation) -> saving.Saved:
    try:
        return saving.save_post(invitation=invitation, post=request.POST)
    except lifecycle.TransitionRefused:  # closed between opening the cookie and taking the lock
        raise links.why_closed(invitation) from None


def _saved_or_page(request: HttpRequest, invitation: Invitation) -> Rubric | HttpResponse:
    """Save the posted form; return its rubric, or a page with all posted values when some were not saved."""
    saved = _save_post(request, invitation)
    if saved.conflicts or saved.too_long:
        return _form_page(request, invitation, saved.rubric, missing=saved.too_long, conflicts=saved.conflicts)
    return saved.rubric


@require_http_methods(["GET", "POST"])
@with_invitation()
def save(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """'Tussentijds opslaan'."""
    if request.method == "GET":  # reload of the page of a refused save
        return redirect("assessments:form", invitation.public_id)
    result = _saved_or_page(request, invitation)
    if isinstance(result, HttpResponse):
        return result
    saved = _("Uw beoordeling is tussentijds opgeslagen. U kunt later verdergaan met de link in uw mail.")
    messages.success(request, saved)
    return redirect("assessments:form", invitation.public_id)


@require_POST
@with_invitation(refuse=no_access_json)
def keep(request: HttpRequest, invitation: Invitation) -> JsonResponse:
    """Autosave (static/js/autosave.js): return what is stored now, and what could not be saved.

    Answers 200 with `form.Saved.as_json`, or the status of `NoAccess` with its reason.
    """
    saved = _save_post(request, invitation)
    return JsonResponse({"at": time_format(timezone.localtime()), **saved.as_json(request.POST)})


@require_http_methods(["GET", "POST"])
@with_invitation()
def check(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Save and continue to the summary; with missing fields, show the form with all posted values."""
    if request.method == "GET":
        return redirect("assessments:form", invitation.public_id)
    result = _saved_or_page(request, invitation)
    if isinstance(result, HttpResponse):
        return result
    if result.missing:
        return _form_page(request, invitation, result, missing=result.missing)
    return redirect("assessments:complete", invitation.public_id)


@require_http_methods(["GET", "POST"])
@with_invitation()
def complete(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """'Afronden': the summary, and the confirmation that completes the form."""
    if request.method == "POST":
        return _complete(request, invitation)
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    if rubric.is_completed or invitation.assessment.is_closed:
        return redirect("assessments:form", invitation.public_id)
    return _complete_page(request, invitation, rubric)


def _complete_page(
    request: HttpRequest,
    invitation: Invitation,
    rubric: Rubric,
    *,
    refused: CompleteForm | None = None,
    problem: str = "",
) -> HttpResponse:
    """Show the summary; `refused` is the form that was refused, `problem` the reason."""
    if rubric.missing:
        return _form_page(request, invitation, rubric, missing=rubric.missing)
    context = {
        "invitation": invitation,
        "assessment": invitation.assessment,
        "rubric": rubric,
        "has_exceptions": any(column.needs_justification for column in rubric.columns),
        "own": examiner_result(rubric, contact=invitation.contact),
        "form": refused or CompleteForm(invitation=invitation),
        "problem": problem,
    }
    return render(request, "assessments/examiner/complete.html", context, status=422 if refused else 200)


def _complete(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    filled_in = CompleteForm(request.POST, invitation=invitation)
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    if rubric.is_completed or invitation.assessment.is_closed:
        if rubric.is_completed:
            messages.info(request, _("Uw beoordeling was al afgerond."))
        return redirect("assessments:form", invitation.public_id)
    if not filled_in.is_valid():
        return _complete_page(request, invitation, rubric, refused=filled_in)
    try:
        saving.complete(
            invitation=invitation, signature=filled_in.signature, fingerprint=filled_in.cleaned_data["fingerprint"]
        )
    except (saving.Incomplete, saving.Changed) as refused:
        rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
        unticked = CompleteForm(invitation=invitation, signature=filled_in.signature)
        problem = "" if rubric.missing else str(refused)
        return _complete_page(request, invitation, rubric, refused=unticked, problem=problem)
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return redirect("assessments:form", invitation.public_id)
    messages.success(request, _("Uw beoordeling is afgerond. Dank u wel."))
    return redirect("assessments:form", invitation.public_id)


@require_POST
@with_invitation()
def change(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """'Nog wijzigen': store the summary's fields and return to the form."""
    signature.keep_typed(invitation=invitation, typed=request.POST)
    return redirect("assessments:form", invitation.public_id)


@require_safe
@with_invitation()
def copy(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """'Bewaar een kopie (pdf)': the examiner's own parts, once completed."""
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    if not rubric.is_completed:
        return redirect("assessments:form", invitation.public_id)
    if rate_limits.COPIES.exceeds(str(invitation.pk)):
        raise links.NoAccess("copied_enough")
    return HttpResponse(
        summary.render_copy(invitation=invitation, rubric=rubric),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{summary.filename(invitation)}"'},
    )


@translated
@login_not_required
@require_POST
def leave(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """'Klaar op deze computer': remove the access of this browser and its unsent values.

    After the link of a mail about several students that is the access to all of them.
    """
    with suppress(links.NoAccess):
        links.open_cookie(request, public_id)  # only for its language
    opened = [(batch, {one.public_id for one in batch.invitations()}) for batch in links.read_batches(request)]
    opened = [(batch, public_ids) for batch, public_ids in opened if public_id in public_ids]
    copies = {public_id}.union(*(public_ids for _, public_ids in opened))
    response = render(request, "assessments/examiner/left.html", {"copies": " ".join(map(str, copies))})
    links.delete_cookie(response, public_id=public_id)
    for batch, _public_ids in opened:
        batch.delete_cookie(response)
    return response


@require_http_methods(["GET", "POST"])
@with_invitation()
def language(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Set the language of the form and the examiner's mails; posted values are saved first."""
    if request.method == "GET":
        return redirect("assessments:form", invitation.public_id)
    chosen = request.POST.get("language", "")
    if chosen in Language.values:
        invitation.contact.set_language(chosen)
        translation.activate(chosen)
    if saving.read_entries(request.POST):
        result = _saved_or_page(request, invitation)
        if isinstance(result, HttpResponse):
            return result
    form_url = reverse("assessments:form", args=[invitation.public_id])
    back = request.POST.get("next", "")
    # Only a page of this invitation, or the list that it is in.
    own = (
        form_url,
        *(reverse("assessments:examiner_students", args=[batch.key]) for batch in links.read_batches(request)),
    )
    is_own = url_has_allowed_host_and_scheme(back, None) and back.startswith(own)
    return HttpResponseRedirect(back if is_own else form_url)


@require_safe
@with_invitation()
def attachment(request: HttpRequest, invitation: Invitation, attachment_id: int) -> HttpResponse:
    return as_download(get_object_or_404(invitation.attachments.select_related("file"), pk=attachment_id))
