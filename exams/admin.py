"""Exams in the admin of the Consortium's staff; content comes from files (`exams.content.views`), not forms."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.admin import FoldedSearch, ForStaff
from exams.content import views

from .content.versions import preview_version
from .models import Exam, ExamVersion


class VersionInline(ForStaff, admin.TabularInline):
    """The exam's versions, each with a link to its content."""

    model = ExamVersion
    fields = ["number", "published_at"]
    readonly_fields = ["number", "published_at"]
    ordering = ["-number"]
    show_change_link = True
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Exam)
class ExamAdmin(ForStaff, FoldedSearch):
    """Only title and level can be edited; accounts and assessments refer to the rest."""

    list_display = ["title", "code", "cohort", "kind", "level"]
    list_filter = ["kind", "cohort", "level"]
    search_fields = ["title", "code"]
    fields = ["title", "level", "kind", "code", "cohort"]
    readonly_fields = ["kind", "code", "cohort"]
    inlines = [VersionInline]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ExamVersion)
class ExamVersionAdmin(ForStaff, FoldedSearch):
    """Read-only content, with upload and download (`exams.content.views`)."""

    list_display = ["exam", "number", "published_at", "prepared_by", "published_by"]
    list_filter = [("published_at", admin.EmptyFieldListFilter), "exam__kind", "exam__cohort"]
    list_select_related = ["exam", "prepared_by", "published_by"]
    search_fields = ["exam__title", "exam__code"]
    # The template shows the grading in words and tables; its raw data are in 'Download als YAML'.
    fieldsets = [
        (None, {"fields": ["exam", "number", "prepared_at", "prepared_by", "published_at", "published_by"]}),
        ("Herkomst", {"classes": ["collapse"], "fields": ["source_sha256"]}),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the content, outcomes and differences below Django's page."""
        version = self.get_object(request, object_id)
        context = {"preview": preview_version(version)} if version else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def get_urls(self) -> list[Any]:
        pages = [
            path("inlezen/", views.upload, name="exams_upload"),
            path("inlezen/voorbeeld.yaml", views.example_yaml, name="exams_example_yaml"),
            path("inlezen/voorbeeld.xlsx", views.example_workbook, name="exams_example_workbook"),
            path("handleiding/", views.guide, name="exams_guide"),
            path("inlezen/<uuid:public_id>/", views.preview, name="exams_preview"),
            path(
                "inlezen/<uuid:public_id>/formulier/<int:number>/",
                views.form_of_upload,
                name="exams_form_of_upload",
            ),
            path("inlezen/<uuid:public_id>/opslaan/", views.save, name="exams_save"),
            path("<int:version_id>/formulier/<int:number>/", views.form_of_version, name="exams_form"),
            path("<int:version_id>/publiceren/", views.publish_version, name="exams_publish"),
            path("<int:version_id>/yaml/", views.as_yaml, name="exams_as_yaml"),
            path("<int:version_id>/excel/", views.as_workbook, name="exams_as_workbook"),
        ]
        for page in pages:
            page.callback = self.admin_site.admin_view(page.callback)
        return [*pages, *super().get_urls()]
