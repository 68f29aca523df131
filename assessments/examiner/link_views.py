"""The examiner's pages: no account, only the mailed link (source text, part B)."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.auth.rate_limits import asker
from accounts.language import translated, use_language
from accounts.sessions.interrupted import is_same_site_post, posted
from assessments import lifecycle, links, rate_limits, unsubscribe
from assessments.invitations import invite, proposals
from assessments.models import Invitation, Proposal

from .forms import ProposalForm


@translated
@login_not_required
@never_cache
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Swaps the link for its cookie and takes the token out of the address bar; changes nothing."""
    try:
        invitation = links.open_token(token)
    except links.NoAccess as refused:
        return no_access(request, refused, token=token)
    response = redirect(f"{reverse('assessments:form', args=[invitation.public_id])}?{JUST_OPENED}")
    links.set_cookie(response, invitation=invitation)
    return response


@translated
@login_not_required
@require_POST
def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """'Vraag een nieuwe link aan': mails the examiner the invitation names, whoever asks."""
    try:
        return _renew(request, links.open_token(token))
    except links.NoAccess as refused:
        return _renew(request, refused.invitation) if refused.renewable else no_access(request, refused)


@translated
@login_not_required
@require_POST
def new_link_by_cookie(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same, from a form that was open when its link expired."""
    try:
        return _renew(request, links.open_cookie(request, public_id))
    except links.NoAccess as refused:
        return _renew(request, refused.invitation) if refused.renewable else no_access(request, refused)


def _renew(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
    if invitation is not None:
        use_language(request, invitation.contact.language)
    key = f"{asker(request)}-{invitation.pk if invitation else ''}"
    if rate_limits.NEW_LINKS_BY_ADDRESS.exceeds(key):
        return no_access(request, links.NoAccess("asked_enough"))
    try:
        if invitation is not None:
            invite.request_new_link(invitation=invitation)
    except invite.AskedEnough:
        return no_access(request, links.NoAccess("asked_enough"))
    except lifecycle.DomainError:  # withdrawn since we looked
        return no_access(request, links.NoAccess("withdrawn"))
    return render(request, "assessments/examiner/link_on_its_way.html")


# What each reason of `links.NoAccess` answers: 404 for what never was, 410 for what is no more.
_STATUS = {"unknown": 404, "no_cookie": 403, "too_many": 429, "asked_enough": 429, "copied_enough": 429}
_RETRY_AFTER = 600  # seconds
_RENEWED_BY_LINK = {"no_cookie", "void", "expired"}  # a post refused for these is taken once the right link was opened
JUST_OPENED = "geopend"  # in the address that a link leads to: without its cookie there, the browser refuses cookies


def count_wrong(request: HttpRequest, refused: links.NoAccess) -> tuple[links.NoAccess, int]:
    """Counts a refusal that any guess would get; what to tell, and its HTTP status."""
    limit = rate_limits.WRONG.get(refused.reason)
    if limit and limit.exceeds(asker(request)):
        refused = links.NoAccess("too_many")
    return refused, _STATUS.get(refused.reason, 410)


def no_access(request: HttpRequest, refused: links.NoAccess, *, token: str = "") -> HttpResponse:
    """The page that says why a link opens nothing; what a refused post held stands on it, to be copied."""
    refused, status = count_wrong(request, refused)
    typed = [
        value
        for name, value in request.POST.items()
        if isinstance(value, str) and name.startswith("justification-") and value.strip()
    ]
    if refused.invitation is not None:
        use_language(request, refused.invitation.contact.language)
    renew_url = ""
    if refused.renewable and refused.invitation is not None:
        # Never a token of ours: whoever looks at this page may not be the examiner.
        by_cookie = reverse("assessments:new_link_by_cookie", args=[refused.invitation.public_id])
        renew_url = reverse("assessments:new_link", args=[token]) if token else by_cookie
    context = {"refused": refused, "renew_url": renew_url, "typed": typed}
    if refused.reason == "no_cookie" and JUST_OPENED in request.GET:
        context["refuses_cookies"] = True
    if refused.reason in _RENEWED_BY_LINK and is_same_site_post(request):
        context |= posted(request)
    response = render(request, "assessments/examiner/no_access.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(_RETRY_AFTER)
    return response


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
        proposal = proposals.propose(invitation=invitation, proposal=form.save(commit=False))
    except lifecycle.DomainError as error:
        form.add_error("email" if isinstance(error, proposals.WrongAddress) else None, str(error))
        return _page(request, invitation, form)
    if proposal.state == Proposal.State.OPEN:
        return redirect("assessments:propose", public_id)
    # No redirect: the link that showed this page is void from now on.
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
@csrf_exempt  # the mail program's own button posts here without a cookie (RFC 8058); the token is the permission
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def no_reminders(request: HttpRequest, token: str) -> HttpResponse:
    """Asks on GET, since mail scanners open links; stops on POST, by the page's button or the mail program's."""
    invitations = unsubscribe.find(token)
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
