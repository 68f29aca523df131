"""What the pages of each kind of import have in common; which school and whose it is, its own views know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.datastructures import MultiValueDict
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.auth.rate_limits import Limit
from accounts.http import UserRequest
from accounts.models import School
from accounts.school.navigation import get_managed_school

from . import template_files
from .columns import GOOD, Outcome
from .forms import FileForm
from .job import ShownAnew, hand_in, start_importing
from .kinds import kind_of
from .models import ImportedFile
from .preview import read_rows
from .reading import Unreadable

ROWS_PER_PAGE = 100
WARNED = "LET_OP"  # those that are imported, and that someone should look at
FOUND_BACK = 5  # large files on the page where one begins


def found_back(own: QuerySet[Any], *, address: Callable[[Any], str]) -> dict[str, Any]:
    """The latest large files of these imports, each with its address, and those that a worker is at or will be."""
    imports = [(one, address(one)) for one in own.found_back()[:FOUND_BACK]]  # type: ignore[attr-defined]
    return {"imports": imports, "under_way": [one for one, _ in imports if one.is_under_way]}


def refuse(form: type[FileForm], prepared: ImportedFile, data: Mapping[str, Any], **options: Any) -> FileForm:
    """The form with what is wrong with the file at its field, as if it had been read at once."""
    file = SimpleUploadedFile(prepared.filename, b"refused")
    refused = form(data, MultiValueDict({"file": [file]}), **options)
    refused.is_valid()
    refused.add_error("file", prepared.problem)
    return refused


def preview_context(request: HttpRequest, prepared: ImportedFile) -> dict[str, Any]:
    """A page of the rows, all of them, those of one outcome or those with a warning, and how many there are of each."""
    rows = read_rows(prepared)
    warned = [row for row in rows if row.warns]
    shown = request.GET.get("toon", "")
    if shown == WARNED:
        rows = warned
    elif shown in Outcome:
        rows = [row for row in rows if row.outcome == shown]
    else:
        shown = ""
    outcomes = [(outcome.value, outcome.label, prepared.counts[outcome]) for outcome in Outcome]
    return {
        "prepared": prepared,
        "shown": shown,
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("pagina")),
        "outcomes": [*outcomes, (WARNED, "Let op", len(warned))],
        "warned": len(warned),
        "warned_query": WARNED,
        "new": prepared.counts[GOOD[0]],
        "updated": prepared.counts[GOOD[1]],
        "wrong": prepared.counts[Outcome.ERROR],
    }


def answer_progress(
    request: HttpRequest, prepared: ImportedFile, *, address: str, progress_address: str
) -> HttpResponse:
    """How far it is, alone; once there is something else to see, the way to its `address`."""
    swaps = "HX-Request" in request.headers
    if prepared.is_under_way and swaps:
        context = {"prepared": prepared, "progress_url": progress_address}
        return render(request, "importing/_progress_bar.html", context)
    return HttpResponseClientRedirect(address) if swaps else redirect(address)


def answer_to_mend(prepared: ImportedFile, *, address: str) -> HttpResponse:
    """The rows that are wrong, as a file to mend and hand in again."""
    if not prepared.packed:  # not read yet, or it couldn't be
        return redirect(address)
    wrong = [row for row in read_rows(prepared) if row.outcome == Outcome.ERROR]
    return template_files.download(
        template_files.file_to_mend(kind_of(prepared).columns, wrong), template_files.XLSX, "te-verbeteren.xlsx"
    )


TOO_MANY_LISTS = "U hebt in een uur al {times} lijsten bekeken. Probeer het straks nog eens."


class SchoolListPages:
    """One kind of list. `namespace` and `name` begin the names of its URLs, `templates` those of its templates."""

    model: ClassVar[Any]  # a concrete `ImportedFile`
    form: ClassVar[type[FileForm]] = FileForm
    template: ClassVar[template_files.Template]
    filename: ClassVar[str]  # of the templates, without what it ends with
    namespace: ClassVar[str]
    name: ClassVar[str]
    templates: ClassVar[str]
    limit: ClassVar[Limit | None] = None  # on how many one hands in

    # --- What a kind may add ---
    def asked(self, form: FileForm) -> dict[str, Any]:
        """Fields of the import that the form asks beside the file."""
        return {}

    def asked_again(self, prepared: Any) -> dict[str, Any]:
        """The same as it was typed, for a file that a worker could not read."""
        return {}

    def start_context(self) -> dict[str, Any]:
        return {}

    def rows_context(self, page: Any, school: School) -> dict[str, Any]:
        """What the rows of a page need beside themselves."""
        return {}

    # --- The pages ---
    def urls(self, start: str) -> list[Any]:
        """Under a school's address; where a list is handed in is `start`."""
        one, pages = f"{start}<uuid:public_id>/", self.name
        return [
            path(start, self.start, name=f"{pages}_start"),
            path(f"{start}excel-template/", self.excel_template, name=f"{pages}_excel_template"),
            path(f"{start}csv-template/", self.csv_template, name=f"{pages}_csv_template"),
            path(one, self.preview, name=f"{pages}_preview"),
            path(f"{one}importeren/", self.apply, name=f"{pages}_apply"),
            path(f"{one}voortgang/", self.progress, name=f"{pages}_progress"),
            path(f"{one}te-verbeteren/", self.to_mend, name=f"{pages}_to_mend"),
        ]

    @method_decorator(require_http_methods(["GET", "POST"]))
    def start(self, request: UserRequest, school_id: int) -> HttpResponse:
        """A list is handed in; nothing is written until what each of its lines does was seen."""
        school = get_managed_school(request.user, school_id)
        form = self.form(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            if self.limit and self.limit.exceeds(str(request.user.pk)):
                form.add_error("file", TOO_MANY_LISTS.format(times=self.limit.times))
                return self._start_page(request, school, form, status=429)
            file = form.cleaned_data["file"]
            asked = self.asked(form)
            try:
                handed = hand_in(self.model, school=school, by=request.user, file=file, filename=file.name, **asked)
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return redirect(self.address(handed))
        return self._start_page(request, school, form)

    @method_decorator(require_GET)
    def preview(self, request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
        """A list's own address: how far it is, why it can't be read, or what importing it does or did."""
        prepared = self.get(request, school_id, public_id)
        if prepared.is_under_way:
            context = {"prepared": prepared, "progress_url": self.address(prepared, "progress")}
            return self._page(request, "progress", prepared.school, context)
        if prepared.state == self.model.State.FAILED:
            refused = refuse(self.form, prepared, self.asked_again(prepared))
            return self._start_page(request, prepared.school, refused)
        context = preview_context(request, prepared)
        context |= {f"{page}_url": self.address(prepared, page) for page in ("to_mend", "apply")}
        context |= self.rows_context(context["page"], prepared.school)
        return self._page(request, "preview", prepared.school, context)

    @method_decorator(require_GET)
    def progress(self, request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
        """How far it is, alone: what the page asks again until there is something else to see."""
        prepared = self.get(request, school_id, public_id)
        addresses = {"address": self.address(prepared), "progress_address": self.address(prepared, "progress")}
        return answer_progress(request, prepared, **addresses)

    @method_decorator(require_POST)
    def apply(self, request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
        """'Importeren'. The page it leads to holds the report, so that a double click ends there, too."""
        prepared = self.get(request, school_id, public_id)
        with suppress(ShownAnew):  # the page says so
            start_importing(prepared)
        return redirect(self.address(prepared))

    @method_decorator(require_GET)
    def to_mend(self, request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
        """The rows that are wrong, as a file to mend and hand in again."""
        prepared = self.get(request, school_id, public_id)
        return answer_to_mend(prepared, address=self.address(prepared))

    @method_decorator(require_GET)
    def excel_template(self, request: UserRequest, school_id: int) -> HttpResponse:
        get_managed_school(request.user, school_id)
        return template_files.download(
            template_files.excel_template(self.template), template_files.XLSX, f"{self.filename}.xlsx"
        )

    @method_decorator(require_GET)
    def csv_template(self, request: UserRequest, school_id: int) -> HttpResponse:
        get_managed_school(request.user, school_id)
        return template_files.download(
            template_files.csv_template(self.template), template_files.CSV, f"{self.filename}.csv"
        )

    # --- What they share ---
    def get(self, request: UserRequest, school_id: int, public_id: UUID) -> Any:
        """A list that one handed in for a school that one manages; else 404. What is large is fetched by who reads."""
        school = get_managed_school(request.user, school_id)
        own = self.model.objects.visible_to(request.user).filter(school=school).select_related("school")
        return get_object_or_404(own.defer("packed", "content"), public_id=public_id)

    def address(self, prepared: Any, page: str = "preview") -> str:
        return reverse(f"{self.namespace}:{self.name}_{page}", args=[prepared.school_id, prepared.public_id])

    def _start_page(self, request: UserRequest, school: School, form: FileForm, status: int = 200) -> HttpResponse:
        own = self.model.objects.visible_to(request.user).filter(school=school)
        context = {"form": form, **self.start_context(), **found_back(own, address=self.address)}
        return self._page(request, "start", school, context, status)

    def _page(
        self, request: UserRequest, page: str, school: School, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        pages = f"{self.namespace}:{self.name}"
        named = {
            f"{one}_url": reverse(f"{pages}_{one}", args=[school.pk])
            for one in ("start", "excel_template", "csv_template")
        }
        return render(request, f"{self.templates}_{page}.html", {"school": school, **named} | context, status=status)
