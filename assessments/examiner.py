"""The examiner's pages: no account, only the mailed link (source text, part B)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from . import form as filling
from . import invite, lifecycle, links
from .models import Invitation
from .rubric import Missing, Rubric, read_rubric

# What each reason of `links.NoAccess` answers: 404 for what never was, 410 for what is no more.
_STATUS = {"unknown": 404, "no_cookie": 403}


def _no_access(request: HttpRequest, refused: links.NoAccess, *, token: str = "") -> HttpResponse:
    """The page that says why a link opens nothing; what a refused post held stands on it, to be copied."""
    typed = [
        value
        for name, value in request.POST.items()
        if isinstance(value, str) and name.startswith("justification-") and value.strip()
    ]
    renew_url = ""
    if refused.renewable and refused.invitation is not None:
        # Never a token of ours: whoever looks at this page may not be the examiner.
        by_cookie = reverse("assessments:new_link_by_cookie", args=[refused.invitation.public_id])
        renew_url = reverse("assessments:new_link", args=[token]) if token else by_cookie
    context = {"refused": refused, "renew_url": renew_url, "typed": typed}
    return render(request, "assessments/no_access.html", context, status=_STATUS.get(refused.reason, 410))


@login_not_required
@never_cache
@require_GET
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Swaps the link for its cookie and takes the token out of the address bar; changes nothing."""
    try:
        invitation = links.open_token(token)
    except links.NoAccess as refused:
        return _no_access(request, refused, token=token)
    response = redirect("assessments:form", invitation.public_id)
    links.set_cookie(response, invitation=invitation)
    return response


@login_not_required
@require_POST
def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """'Vraag een nieuwe link aan': mails the examiner the invitation names, whoever asks."""
    try:
        return _renew(request, links.open_token(token))
    except links.NoAccess as refused:
        return _renew(request, refused.invitation) if refused.renewable else _no_access(request, refused)


@login_not_required
@require_POST
def new_link_by_cookie(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same, from a form that was open when its link expired."""
    try:
        return _renew(request, links.open_cookie(request, public_id))
    except links.NoAccess as refused:
        return _renew(request, refused.invitation) if refused.renewable else _no_access(request, refused)


def _renew(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
    try:
        if invitation is not None:
            invite.request_new_link(invitation=invitation)
    except lifecycle.DomainError:  # withdrawn since we looked
        return _no_access(request, links.NoAccess("withdrawn"))
    return render(request, "assessments/link_on_its_way.html")


@login_not_required
@never_cache
@require_GET
def form(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        invitation = links.open_cookie(request, public_id)
    except links.NoAccess as refused:
        return _no_access(request, refused)
    rubric = read_rubric(invitation.assessment, contact=invitation.contact)
    return _form_page(request, invitation, rubric)


def _form_page(
    request: HttpRequest,
    invitation: Invitation,
    rubric: Rubric,
    *,
    missing: list[Missing] | None = None,
    conflicts: list[filling.Conflict] | None = None,
) -> HttpResponse:
    missing = missing or []
    context: dict[str, Any] = {
        "invitation": invitation,
        "assessment": invitation.assessment,
        "rubric": rubric,
        "attachments": list(invitation.attachments.all()),
        "problems": [{"href": f"#{item.field_id}", "text": item.text} for item in missing],
        "missing_fields": {item.field_id for item in missing},
        "conflicts": conflicts or [],
    }
    read_only = rubric.is_completed or invitation.assessment.is_closed
    template = "assessments/form_read_only.html" if read_only else "assessments/form.html"
    status = 409 if conflicts else 422 if missing else 200
    return render(request, template, context, status=status)


def _save_posted(request: HttpRequest, invitation: Invitation) -> HttpResponse | None:
    """Saves what was posted; a page when not all of it could be saved, with everything typed on it."""
    before = read_rubric(invitation.assessment, contact=invitation.contact)
    entries = filling.read_entries(request.POST, before)
    problems = filling.too_long(entries, before)
    if problems:
        filling.overlay(before, entries)
        return _form_page(request, invitation, before, missing=problems)
    try:
        conflicts = filling.save(invitation=invitation, entries=entries)
    except lifecycle.TransitionRefused:  # cancelled between opening the cookie and taking the lock
        return _no_access(request, links.NoAccess("withdrawn", invitation))
    if conflicts:
        now = read_rubric(invitation.assessment, contact=invitation.contact)
        return _form_page(request, invitation, now, conflicts=conflicts)
    return None


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def save(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """'Tussentijds opslaan'."""
    if request.method == "GET":  # a reload of the page that a refused save showed
        return redirect("assessments:form", public_id)
    try:
        invitation = links.open_cookie(request, public_id)
    except links.NoAccess as refused:
        return _no_access(request, refused)
    if refused_page := _save_posted(request, invitation):
        return refused_page
    saved = _("Uw beoordeling is tussentijds opgeslagen. U kunt later verdergaan met de link in uw mail.")
    messages.success(request, saved)
    return redirect("assessments:form", public_id)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Saves, and goes on to the summary when nothing is missing; else shows what is, with all that was typed."""
    if request.method == "GET":
        return redirect("assessments:form", public_id)
    try:
        invitation = links.open_cookie(request, public_id)
    except links.NoAccess as refused:
        return _no_access(request, refused)
    if refused_page := _save_posted(request, invitation):
        return refused_page
    rubric = read_rubric(invitation.assessment, contact=invitation.contact)
    if rubric.missing:
        return _form_page(request, invitation, rubric, missing=rubric.missing)
    return redirect("assessments:complete", public_id)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def complete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """'Afronden': the summary, and the confirmation that completes it."""
    try:
        invitation = links.open_cookie(request, public_id)
    except links.NoAccess as refused:
        return _no_access(request, refused)
    if request.method == "POST":
        return _complete(request, invitation)
    rubric = read_rubric(invitation.assessment, contact=invitation.contact)
    if rubric.is_completed or invitation.assessment.is_closed:
        return redirect("assessments:form", public_id)
    if rubric.missing:
        return _form_page(request, invitation, rubric, missing=rubric.missing)
    context = {"invitation": invitation, "assessment": invitation.assessment, "rubric": rubric}
    return render(request, "assessments/complete.html", context)


def _complete(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    try:
        done_now = filling.complete(invitation=invitation)
    except filling.Incomplete as incomplete:
        rubric = read_rubric(invitation.assessment, contact=invitation.contact)
        return _form_page(request, invitation, rubric, missing=incomplete.missing)
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return redirect("assessments:form", invitation.public_id)
    if done_now:
        messages.success(request, _("Uw beoordeling is afgerond. Dank u wel."))
    else:
        messages.info(request, _("Uw beoordeling was al afgerond."))
    return redirect("assessments:form", invitation.public_id)


@login_not_required
@never_cache
@require_GET
def attachment(request: HttpRequest, public_id: UUID, attachment_id: int) -> HttpResponse:
    """One of the invitation's attachments, as a download."""
    try:
        invitation = links.open_cookie(request, public_id)
    except links.NoAccess as refused:
        return _no_access(request, refused)
    kept = get_object_or_404(invitation.attachments.select_related("file"), pk=attachment_id)
    return HttpResponse(
        kept.file.read(),
        content_type=kept.content_type,
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=kept.filename) or ""},
    )
