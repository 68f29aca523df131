"""Open a mailed link, request a new one, hand it on, or stop reminders (source text, part B)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.auth.rate_limits import client_key
from accounts.language import translated, use_language
from assessments import lifecycle, links, rate_limits, unsubscribe
from assessments.invitations import invite, proposals
from assessments.models import Invitation, Proposal

from .access import JUST_OPENED, no_access, with_invitation
from .forms import ProposalForm
from .students import next_student, read_students


@translated
@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange the link for its cookie and remove the token from the address bar; changes nothing.

    The link of a mail about several students leads to the list of them.
    """
    if batch := links.open_batch_token(token):
        response = redirect(f"{reverse('assessments:examiner_students', args=[batch.key])}?{JUST_OPENED}")
        batch.set_cookie(request, response, invitations=batch.invitations())
        return response
    try:
        invitation = links.open_token(token)
    except links.NoAccess as refused:
        return no_access(request, refused, token=token)
    response = redirect(f"{reverse('assessments:form', args=[invitation.public_id])}?{JUST_OPENED}")
    links.set_cookie(response, invitation=invitation)
    return response


def _with_batch(view: Callable[[HttpRequest, links.Batch], HttpResponse]) -> Callable[..., HttpResponse]:
    """Open the cookie of a mail about several students for a view, which gets them in place of their key."""

    @translated
    @login_not_required
    @wraps(view)
    def open_cookie(request: HttpRequest, key: UUID) -> HttpResponse:
        try:
            return view(request, links.open_batch(request, key))
        except links.NoAccess as refused:
            return no_access(request, refused)

    return open_cookie


@require_safe
@_with_batch
def students(request: HttpRequest, batch: links.Batch) -> HttpResponse:
    """'Uw studenten': each student of the mail, with the way to the form."""
    if JUST_OPENED in request.GET:  # the cookie arrived
        return redirect("assessments:examiner_students", batch.key)
    rows = read_students(batch)
    if not rows:  # erased
        raise links.NoAccess("unknown")
    invitation = rows[0].invitation
    translation.activate(invitation.contact.language)
    units = {row.invitation.assessment.unit for row in rows}
    context = {
        "batch": batch,
        "rows": rows,
        "unit_of_all": rows[0].invitation.assessment.unit if len(units) == 1 else None,
        "contact": invitation.contact,
        "assessment": invitation.assessment,
        "usable": next((row.invitation for row in rows if not row.why_unusable), None),
        "next_student": next_student(rows),
        "done": sum(row.is_completed for row in rows),
        "needs_new_link": any(row.needs_new_link for row in rows),
    }
    return render(request, "assessments/examiner/students.html", context)


@require_POST
@_with_batch
def leave_students(request: HttpRequest, batch: links.Batch) -> HttpResponse:
    """'Klaar op deze computer': remove the access of this browser and its unsent values."""
    invitations = batch.invitations()
    if invitations:
        translation.activate(invitations[0].contact.language)
    copies = " ".join(str(invitation.public_id) for invitation in invitations)
    response = render(request, "assessments/examiner/left.html", {"copies": copies})
    batch.delete_cookie(response)
    return response


@require_POST
@_with_batch
def new_links(request: HttpRequest, batch: links.Batch) -> HttpResponse:
    """'Vraag een nieuwe link aan' for each student of the mail that needs one, in one mail."""
    needing = [row.invitation for row in read_students(batch) if row.needs_new_link]
    return _renew(request, needing)


def _renew_refused(request: HttpRequest, refused: links.NoAccess) -> HttpResponse:
    if refused.invitation is None or not refused.renewable:
        return no_access(request, refused)
    return _renew(request, [refused.invitation])


@translated
@login_not_required
@require_POST
def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """'Vraag een nieuwe link aan': mail a new link to the invitation's own examiner, regardless of the visitor."""
    try:
        return _renew(request, [links.open_token(token)])
    except links.NoAccess as refused:
        return _renew_refused(request, refused)


@require_POST
@with_invitation(refuse=_renew_refused)
def new_link_by_cookie(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Do the same from a form that was open when its link expired."""
    return _renew(request, [invitation])


def _renew(request: HttpRequest, invitations: Sequence[Invitation]) -> HttpResponse:
    if invitations:
        use_language(request, invitations[0].contact.language)
    key = f"{client_key(request)}-{'-'.join(str(invitation.pk) for invitation in invitations)}"
    if rate_limits.NEW_LINKS_BY_ADDRESS.exceeds(key):
        return no_access(request, links.NoAccess("asked_enough"))
    try:
        if invitations:
            invite.request_new_links(invitations=invitations)
    except invite.TooManyRequests:
        return no_access(request, links.NoAccess("asked_enough"))
    except lifecycle.DomainError:  # withdrawn concurrently
        return no_access(request, links.NoAccess("withdrawn"))
    return render(request, "assessments/examiner/link_on_its_way.html")


@require_http_methods(["GET", "HEAD", "POST"])
@with_invitation()
def propose(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Show the form or the open proposal; a POST asks the teacher, or hands the link on at once."""
    form = ProposalForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, invitation, form)
    try:
        proposal = proposals.propose(invitation=invitation, proposal=form.save(commit=False))
    except lifecycle.DomainError as error:
        form.add_error("email" if isinstance(error, proposals.WrongAddress) else None, str(error))
        return _page(request, invitation, form)
    if proposal.state == Proposal.State.OPEN:
        return redirect("assessments:propose", invitation.public_id)
    # No redirect: the link of this page is void now.
    return render(
        request, "assessments/examiner/passed_on.html", {"proposal": proposal, "assessment": invitation.assessment}
    )


def _page(request: HttpRequest, invitation: Invitation, form: ProposalForm) -> HttpResponse:
    context = {
        "invitation": invitation,
        "assessment": invitation.assessment,
        "waiting": proposals.open_proposal(invitation),
        "why_not": proposals.why_not(invitation),
        "at_once": proposals.leaves_at_once(invitation),
        "form": form,
    }
    return render(request, "assessments/examiner/propose.html", context, status=422 if form.errors else 200)


@translated
@csrf_exempt  # mail programs post here without a cookie (RFC 8058); the token is the permission
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def no_reminders(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, since mail scanners open links; stop on POST, from the page or the mail program."""
    invitations = unsubscribe.find_invitations(token)
    if not invitations:
        return no_access(request, links.NoAccess("unknown"))
    use_language(request, invitations[0].contact.language)
    if request.method == "POST":
        for invitation in invitations:
            unsubscribe.stop(invitation=invitation)
            invitation.refresh_from_db(fields=["reminders_stopped_at"])
    is_stopped = all(invitation.reminders_stopped_at for invitation in invitations)
    return render(
        request, "assessments/examiner/no_reminders.html", {"is_stopped": is_stopped, "number": len(invitations)}
    )
