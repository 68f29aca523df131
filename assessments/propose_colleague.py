"""'Bent u dat niet?': the examiner's page that proposes a colleague."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.language import translated

from . import lifecycle, links
from . import propose as proposing
from .forms import ProposalForm
from .models import Invitation, Proposal
from .no_access import no_access


@translated
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The form, or what was proposed already; a POST asks the teacher, or hands the link on at once."""
    try:
        invitation = links.open_cookie(request, public_id)
    except links.NoAccess as refused:
        return no_access(request, refused)
    form = ProposalForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, invitation, form)
    try:
        proposal = proposing.propose(invitation=invitation, proposal=form.save(commit=False))
    except lifecycle.DomainError as error:
        form.add_error("email" if isinstance(error, proposing.WrongAddress) else None, str(error))
        return _page(request, invitation, form)
    if proposal.state == Proposal.State.OPEN:
        return redirect("assessments:propose", public_id)
    # No redirect: the link that showed this page is void from now on.
    return render(request, "assessments/passed_on.html", {"proposal": proposal, "assessment": invitation.assessment})


def _page(request: HttpRequest, invitation: Invitation, form: ProposalForm) -> HttpResponse:
    context = {
        "invitation": invitation,
        "assessment": invitation.assessment,
        "waiting": proposing.open_proposal(invitation),
        "why_not": proposing.why_not(invitation),
        "at_once": proposing.leaves_at_once(invitation),
        "form": form,
    }
    return render(request, "assessments/propose.html", context, status=422 if form.errors else 200)
