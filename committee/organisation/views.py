"""The pages of Schoolbeheer about a school's exam committees."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest, confirmation
from accounts.models import ExamCommittee, Role, School
from accounts.people.members import listed_names, member_names
from accounts.school.changes import ChangedMeanwhile
from accounts.school.navigation import get_managed_school
from assessments.lifecycle import DomainError

from . import organisation
from .forms import CommitteeForm

PAGE_SIZE = 50


@require_GET
def committees(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    rows = organisation.read_rows(school)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("pagina"))
    context = {"school": school, "page": page, "default": rows[0], "several": len(rows) > 1}
    return render(request, "committee/organisation/committees.html", context)


@require_http_methods(["GET", "POST"])
def add(request: UserRequest, school_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    return _edit(request, school, ExamCommittee(school=school))


@require_http_methods(["GET", "POST"])
def edit(request: UserRequest, school_id: int, committee_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    return _edit(request, school, get_object_or_404(school.committees, pk=committee_id))


def _edit(request: UserRequest, school: School, committee: ExamCommittee) -> HttpResponse:
    """Show the form, or save it; a concurrent change is shown, never overwritten unseen."""
    title, now = committee.name if committee.pk else "Nieuwe examencommissie", organisation.read_content(committee)
    opened = request.POST.get("opened", now.fingerprint)
    form = CommitteeForm(request.POST or None, instance=committee, programmes=organisation.read_programmes(school))
    is_changed = False
    if request.method == "POST" and form.is_valid():
        try:
            organisation.save(committee=committee, content=form.content, opened=opened, by=request.user)
            messages.success(request, f"De examencommissie ‘{committee.name}’ is bewaard.")
            return redirect("committees:committees", school.pk)
        except DomainError as error:
            form.add_error("name", str(error))
        except ChangedMeanwhile:
            is_changed, opened = True, now.fingerprint
    context = {
        "school": school,
        "committee": committee,
        "title": title,
        "form": form,
        "opened": opened,
        "stored": _described(school, now) if is_changed else "",
        "offices": committee.exam_offices.all() if committee.pk else [],
    }
    return render(request, "committee/organisation/committee.html", context)


def _described(school: School, content: organisation.Content) -> str:
    """Return what is stored, for the one whose form is outdated."""
    names = member_names(school, Role.EXAMENCOMMISSIE, pks=content.members)
    lines = [
        f"Opleidingen: {', '.join(sorted(content.codes)) or 'geen'}",
        f"Leden: {listed_names(names, content.members) or 'geen'}",
        f"Vier ogen: {'aan' if content.four_eyes else 'uit'}",
        f"Tekst in herinneringen: {content.reminder_text or 'geen'}",
    ]
    return "\n".join([content.name, *lines])


@require_http_methods(["GET", "POST"])
def remove(request: UserRequest, school_id: int, committee_id: int) -> HttpResponse:
    school = get_managed_school(request.user, school_id)
    committee = get_object_or_404(school.committees, pk=committee_id, is_default=False)
    if request.method == "POST":
        organisation.delete(committee=committee, by=request.user)
        messages.success(request, f"De examencommissie ‘{committee.name}’ is verwijderd.")
        return redirect("committees:committees", school.pk)
    default, count = school.default_committee, committee.programmes.count()
    what = {0: "Zij heeft geen opleidingen", 1: "Haar opleiding valt"}.get(count, f"Haar {count} opleidingen vallen")
    sentence = f"{what} daarna onder ‘{default}’, met alle beoordelingen." if count else f"{what}."
    if alone := organisation.only_here(committee):
        names = ", ".join(user.full_name for user in alone)
        sentence += f" {names} {'zit' if len(alone) == 1 else 'zitten'} in geen andere commissie en "
        sentence += (
            f"{'hoort' if len(alone) == 1 else 'horen'} daarna bij ‘{default}’; neem de rol af als dat niet moet."
        )
    sentence += " Haar lijst van examenbureaus vervalt."
    back = (reverse("committees:committees", args=[school.pk]), "Terug naar examencommissies")
    return confirmation(request, f"‘{committee}’ verwijderen?", sentence, verb="Verwijderen", back=back)
