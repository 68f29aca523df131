"""The pages of an import; for lists of a school, `SchoolListPages`."""

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
from accounts.models import ImportedFile, School
from accounts.school.navigation import get_managed_school

from . import template_files
from .columns import Outcome
from .forms import FileForm
from .job import PreviewOutdated, start_importing, submit
from .kinds import kind_of
from .preview import load_rows
from .reading import Unreadable

ROWS_PER_PAGE = 100
WARNED = "LET_OP"  # rows that are imported, but to be checked
SHOWN_IMPORTS = 5  # large files on the start page


def background_imports(queryset: QuerySet[Any], *, address: Callable[[Any], str]) -> dict[str, Any]:
    """Return the latest large files of `queryset`, each with its URL, and which of them a worker has yet to finish."""
    latest = queryset.in_background()[:SHOWN_IMPORTS]  # type: ignore[attr-defined]
    imports = [(prepared, address(prepared)) for prepared in latest]
    return {"imports": imports, "under_way": [prepared for prepared, _ in imports if prepared.is_under_way]}


def refused_form(form: type[FileForm], prepared: ImportedFile, data: Mapping[str, Any], **options: Any) -> FileForm:
    """Return the form with the error of a file that a worker could not read."""
    file = SimpleUploadedFile(prepared.filename, b"refused")
    refused = form(data, MultiValueDict({"file": [file]}), **options)
    refused.is_valid()
    refused.add_error("file", prepared.problem)
    return refused


def preview_context(request: HttpRequest, prepared: ImportedFile) -> dict[str, Any]:
    """Return a page of the rows, filtered by the outcome or warning in `toon`, and the number of each."""
    rows = load_rows(prepared)
    warned = [row for row in rows if row.warns]
    selected = request.GET.get("toon", "")
    if selected == WARNED:
        rows = warned
    elif selected in Outcome:
        rows = [row for row in rows if row.outcome == selected]
    else:
        selected = ""
    outcomes = [(outcome.value, outcome.label, prepared.counts.get(outcome, 0)) for outcome in Outcome]
    return {
        "prepared": prepared,
        "shown": selected,
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("pagina")),
        "outcomes": [*outcomes, (WARNED, "Let op", len(warned))],
        "warned": len(warned),
        "warned_query": WARNED,
        "new": prepared.counts[Outcome.NEW],
        "updated": prepared.counts[Outcome.UPDATED],
        "ended": prepared.counts.get(Outcome.ENDED, 0),
        "wrong": prepared.counts[Outcome.ERROR],
    }


def progress_response(
    request: HttpRequest, prepared: ImportedFile, *, address: str, progress_address: str
) -> HttpResponse:
    """Return the progress bar for htmx; redirect to `address` once the worker is done."""
    swaps = "HX-Request" in request.headers
    if prepared.is_under_way and swaps:
        context = {"prepared": prepared, "progress_url": progress_address}
        return render(request, "importing/_progress_bar.html", context)
    return HttpResponseClientRedirect(address) if swaps else redirect(address)


def error_file_response(prepared: ImportedFile, *, address: str) -> HttpResponse:
    """Return the invalid rows as a file to correct and import again."""
    if not prepared.packed:  # not read (yet)
        return redirect(address)
    wrong = [row for row in load_rows(prepared) if row.outcome == Outcome.ERROR]
    return template_files.download(
        template_files.error_file(kind_of(prepared).columns, wrong), template_files.XLSX, "te-verbeteren.xlsx"
    )


TOO_MANY_LISTS = "U hebt in een uur al {times} lijsten bekeken. Probeer het straks nog eens."


class SchoolListPages:
    """The pages of a kind of list; URL names begin with `namespace` and `name`."""

    model: ClassVar[Any]  # a concrete `ImportedFile`
    form: ClassVar[type[FileForm]] = FileForm
    template: ClassVar[template_files.Template]
    filename: ClassVar[str]  # of the downloaded templates, without extension
    namespace: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str]
    back: ClassVar[tuple[str, str]]  # a URL name of the school, and the link's label
    explained: ClassVar[str]  # what the file holds
    preview_template: ClassVar[str]
    limit: ClassVar[Limit | None] = None  # on a user's uploads

    # --- What a kind may add ---
    def extra_fields(self, form: FileForm) -> dict[str, Any]:
        """Return the import's other fields from a valid form."""
        return {}

    def extra_data(self, prepared: Any) -> dict[str, Any]:
        """Return the form data of those fields, for a file that a worker could not read."""
        return {}

    def rows_context(self, page: Any, school: School) -> dict[str, Any]:
        """Return more context for the rows of a page."""
        return {}

    # --- The pages ---
    def urls(self, start: str) -> list[Any]:
        """Return the URL patterns below a school's URL; `start` is the path of the upload page."""
        detail, pages = f"{start}<uuid:public_id>/", self.name
        return [
            path(start, self.start, name=f"{pages}_start"),
            path(f"{start}excel-template/", self.excel_template, name=f"{pages}_excel_template"),
            path(f"{start}csv-template/", self.csv_template, name=f"{pages}_csv_template"),
            path(detail, self.preview, name=f"{pages}_preview"),
            path(f"{detail}importeren/", self.apply, name=f"{pages}_apply"),
            path(f"{detail}voortgang/", self.progress, name=f"{pages}_progress"),
            path(f"{detail}te-verbeteren/", self.error_file, name=f"{pages}_to_mend"),
        ]

    @method_decorator(require_http_methods(["GET", "POST"]))
    def start(self, request: UserRequest, school_id: int) -> HttpResponse:
        """Upload a list for preview; nothing is imported yet."""
        school = get_managed_school(request.user, school_id)
        form = self.form(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            if self.limit and self.limit.exceeds(str(request.user.pk)):
                form.add_error("file", TOO_MANY_LISTS.format(times=self.limit.times))
                return self._start_page(request, school, form, status=429)
            file = form.cleaned_data["file"]
            fields = self.extra_fields(form)
            try:
                prepared = submit(self.model, school=school, by=request.user, file=file, filename=file.name, **fields)
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return redirect(self.address(prepared))
        return self._start_page(request, school, form)

    @method_decorator(require_GET)
    def preview(self, request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
        """Show a list's progress, why it can't be read, or the outcome of importing it."""
        prepared = self.get(request, school_id, public_id)
        if prepared.is_under_way:
            context = {"prepared": prepared, "progress_url": self.address(prepared, "progress")}
            return self._page(request, "importing/school_progress.html", prepared.school, context)
        if prepared.state == self.model.State.FAILED:
            form = refused_form(self.form, prepared, self.extra_data(prepared))
            return self._start_page(request, prepared.school, form)
        context = preview_context(request, prepared)
        context |= {f"{page}_url": self.address(prepared, page) for page in ("to_mend", "apply")}
        context |= self.rows_context(context["page"], prepared.school)
        return self._page(request, self.preview_template, prepared.school, context)

    @method_decorator(require_GET)
    def progress(self, request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
        """Return the progress bar, which the page polls."""
        prepared = self.get(request, school_id, public_id)
        addresses = {"address": self.address(prepared), "progress_address": self.address(prepared, "progress")}
        return progress_response(request, prepared, **addresses)

    @method_decorator(require_POST)
    def apply(self, request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
        """'Importeren'; the page it redirects to shows the report, also after a double click."""
        prepared = self.get(request, school_id, public_id)
        with suppress(PreviewOutdated):  # shown on the page
            start_importing(prepared)
        return redirect(self.address(prepared))

    @method_decorator(require_GET)
    def error_file(self, request: UserRequest, school_id: int, public_id: UUID) -> HttpResponse:
        prepared = self.get(request, school_id, public_id)
        return error_file_response(prepared, address=self.address(prepared))

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

    # --- Helpers ---
    def get(self, request: UserRequest, school_id: int, public_id: UUID) -> Any:
        """Return the user's own import for a school they manage, large fields deferred; else raise 404."""
        imports = self._imports(request, get_managed_school(request.user, school_id)).select_related("school")
        return get_object_or_404(imports.defer("packed", "content"), public_id=public_id)

    def _imports(self, request: UserRequest, school: School) -> QuerySet[Any]:
        imports: QuerySet[Any] = self.model.objects.visible_to(request.user).filter(school=school)
        return imports

    def address(self, prepared: Any, page: str = "preview") -> str:
        return reverse(f"{self.namespace}:{self.name}_{page}", args=[prepared.school_id, prepared.public_id])

    def _start_page(self, request: UserRequest, school: School, form: FileForm, status: int = 200) -> HttpResponse:
        imports = background_imports(self._imports(request, school), address=self.address)
        context = {"form": form, "explained": self.explained, **imports}
        return self._page(request, "importing/school_start.html", school, context, status)

    def _page(
        self, request: UserRequest, template: str, school: School, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        pages = f"{self.namespace}:{self.name}"
        urls = {
            f"{name}_url": reverse(f"{pages}_{name}", args=[school.pk])
            for name in ("start", "excel_template", "csv_template")
        }
        back, back_label = self.back
        urls["back_url"] = reverse(back, args=[school.pk])
        whole = {"school": school, "title": self.title, "back_label": back_label, **urls} | context
        return render(request, template, whole, status=status)
