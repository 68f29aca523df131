"""A list of diploma dates: pasted or a csv file, first shown with what each line does, then written.

Nothing of the list is kept: the good lines go along in the page, signed.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.managed_school import get_managed_school
from accounts.models import School
from accounts.signed_in import UserRequest

from . import retention
from .retention_forms import ListForm
from .study_dates import MOST_LINES, TooMany, apply_list, chosen, read_list

SALT = "assessments.study_dates_import"
OPEN_FOR = 24 * 3600  # seconds that a preview can be taken over
SHOWN = 200


@require_http_methods(["GET", "POST"])
def start(request: UserRequest, school_id: int) -> HttpResponse:
    """The list is handed in; what each of its lines does is shown. Nothing is written."""
    school = get_managed_school(request.user, school_id)
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _preview(request, school, form)
        except TooMany:
            form.add_error("text", f"De lijst heeft meer dan {MOST_LINES} regels. Verdeel de lijst.")
    return render(request, "assessments/import_dates.html", {"school": school, "form": form})


def _preview(request: UserRequest, school: School, form: ListForm) -> HttpResponse:
    which = form.cleaned_data["which"]
    lines = read_list(school=school, which=which, text=form.cleaned_data["text"])
    counts = Counter(line.outcome for line in lines)
    data = {"school": school.pk, "by": request.user.pk, "which": which, "rows": chosen(lines)}
    wrong = [line for line in lines if line.outcome == "WRONG"]
    context = {
        "school": school,
        "which": dict(ListForm.KINDS)[which],
        "good": len(data["rows"]),
        "same": counts["SAME"],
        "wrong": wrong,
        "lines": [line for line in lines if line.is_good][:SHOWN],
        "signed": signing.dumps(data, salt=SALT, compress=True),
        "notice": retention.NOTICE.days,
    }
    return render(request, "assessments/import_dates_preview.html", context)


@require_POST
def apply(request: UserRequest, school_id: int) -> HttpResponse:
    """Writes the lines that were shown as good; twice does no harm."""
    school = get_managed_school(request.user, school_id)
    try:
        data: dict[str, Any] = signing.loads(request.POST.get("rows", ""), salt=SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        data = {}
    if (data.get("school"), data.get("by")) != (school.pk, request.user.pk):
        messages.error(request, "Deze lijst is te lang geleden ingelezen. Geef haar nog eens op.")
        return redirect("privacy:import_dates", school.pk)
    rows = [(pk, before, after) for pk, before, after in data["rows"]]
    count = apply_list(school=school, which=data["which"], rows=rows, by=request.user)
    left = len(rows) - count
    said = f"{count} datum{'s' if count != 1 else ''} bewaard."
    if left:
        said += f" {left} niet: daarvan is de datum intussen gewijzigd."
    (messages.success if count else messages.info)(request, said)
    return redirect("privacy:retention", school.pk)
