"""What the Consortium's staff see of exams. Content comes from files (`manage.py load_exam`), never from a form."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.admin import ForStaff

from .grading import SchemeError
from .models import Exam, ExamVersion
from .published import PublishedContent


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
class ExamAdmin(ForStaff, admin.ModelAdmin):
    """Title and level can be mended; what accounts and assessments point to stays as the file has it."""

    list_display = ["title", "code", "cohort", "kind", "level"]
    list_filter = ["kind", "cohort", "level"]
    search_fields = ["title", "code"]
    fields = ["title", "level", "kind", "code", "cohort"]
    readonly_fields = ["kind", "code", "cohort"]
    inlines = [VersionInline]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ExamVersion)
class ExamVersionAdmin(ForStaff, admin.ModelAdmin):
    """Content to read, and publishing as an action; nothing here can be changed."""

    list_display = ["exam", "number", "published_at"]
    list_filter = [("published_at", admin.EmptyFieldListFilter), "exam__kind", "exam__cohort"]
    list_select_related = ["exam"]
    search_fields = ["exam__title", "exam__code"]
    actions = ["publish"]
    fieldsets = [
        (None, {"fields": ["exam", "number", "published_at", "content"]}),
        (
            "Beoordeling en herkomst",
            {"classes": ["collapse"], "fields": ["grading_rule", "grading_data", "source_sha256"]},
        ),
    ]
    readonly_fields = ["content"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="inhoud")
    def content(self, version: ExamVersion) -> str:
        return render_to_string("admin/exams/examversion/content.html", {"units": version.units.with_content()})

    @admin.action(description="Publiceren (daarna verandert er niets meer)", permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet[ExamVersion]) -> None:
        for version in queryset:
            try:
                version.publish()
            except PublishedContent:
                self.message_user(request, f"{version} was al gepubliceerd.", messages.WARNING)
            except SchemeError as error:
                told = " ".join(map(str, error.problems[:3]))
                self.message_user(request, f"{version} is niet gepubliceerd. {told}", messages.ERROR)
            else:
                self.log_change(request, version, "Gepubliceerd.")
                self.message_user(request, f"{version} is gepubliceerd.", messages.SUCCESS)
