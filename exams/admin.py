"""What is rare about exams: their title and level. Content has pages of its own (`exams.content.views`)."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from accounts.admin import FoldedSearch, ForStaff

from .models import Exam


@admin.register(Exam)
class ExamAdmin(ForStaff, FoldedSearch):
    """Only title and level can be edited; accounts and assessments refer to the rest."""

    list_display = ["title", "code", "cohort", "kind", "level"]
    list_filter = ["kind", "cohort", "level"]
    search_fields = ["title", "code"]
    fields = ["title", "level", "kind", "code", "cohort"]
    readonly_fields = ["kind", "code", "cohort"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
