"""No field accepts a line break in single-line text, or a character that changes text direction."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.test import RequestFactory

from accounts.models import User

APPS = ("accounts", "addressbook", "assessments", "committee", "exams")
ODD = "e\u0301\u202e\x00\x07n\u2028\x0b\r\nx"
# Fields written by the site itself: copies of cleaned text, and derived or generated values.
OF_THE_SITE = {
    "accounts.PeopleImport.problem",
    "accounts.Registration.password",
    "accounts.RoleChange.by_name",
    "accounts.RoleChange.role",
    "accounts.RoleChange.user_name",
    "accounts.SchoolChange.after",
    "accounts.SchoolChange.before",
    "accounts.SchoolChange.by_name",
    "accounts.SchoolChange.label",
    "accounts.SchoolChange.name",
    "accounts.SchoolInvitation.by_name",
    "accounts.ScimKey.by_name",
    "accounts.Session.session_data",
    "accounts.Session.session_key",
    "accounts.User.password",
    "addressbook.Import.problem",
    "assessments.Assessment.unit_code",
    "assessments.Assignment.written_by",
    "assessments.Correction.by_name",
    "assessments.DataRequest.asked_by_name",
    "assessments.DatesImport.problem",
    "assessments.DestroyedDocument.code_sha256",
    "assessments.DestroyedDocument.sha256",
    "assessments.Document.exam_office_email",
    "assessments.Event.actor_name",
    "assessments.FinalProposal.exam_office_email",
    "assessments.InvitationAttachment.content_type",
    "assessments.PastAssessments.status",
    "assessments.Score.written_by",
    "assessments.Viewing.by_name",
    "committee.Export.by_name",
    "committee.FinalBatch.exam_office_email",
    "committee.FinalBatchItem.reason",
    "exams.ExamVersion.grading_rule",
    "exams.ExamVersion.source_sha256",
}


def assert_cleans(field: Any, *, lines: bool) -> None:
    cleaned = field.to_python(ODD)
    assert cleaned == ("én\n\n\nx" if lines else "én x")


def text_fields() -> Iterator[tuple[str, models.Field]]:
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, models.CharField | models.TextField) and field.editable and not field.choices:
                    yield f"{app}.{model.__name__}.{field.name}", field


MODEL_FIELDS = {name: field for name, field in text_fields() if name not in OF_THE_SITE}


@pytest.mark.parametrize("name", MODEL_FIELDS)
def test_model_field_cleans_text(name: str) -> None:
    field = MODEL_FIELDS[name]
    assert_cleans(field, lines=isinstance(field, models.TextField))
    assert_cleans(field.formfield(), lines=isinstance(field, models.TextField))


def test_only_existing_fields_are_excepted() -> None:
    assert {name for name, _ in text_fields()} >= OF_THE_SITE


def form_classes() -> Iterator[type[forms.BaseForm]]:
    """Yield the project's form classes, after importing all its modules."""
    for app in APPS:
        for module in pkgutil.walk_packages(importlib.import_module(app).__path__, f"{app}."):
            if ".migrations" not in module.name and ".management" not in module.name:
                importlib.import_module(module.name)
    waiting: list[type] = [forms.BaseForm]
    while waiting:
        waiting += (form := waiting.pop()).__subclasses__()
        if form.__module__.partition(".")[0] in APPS:
            yield form


def text_inputs(form: type[forms.BaseForm]) -> Iterator[forms.CharField]:
    for field in form.base_fields.values():
        is_text = isinstance(field, forms.CharField) and not isinstance(field, forms.JSONField)
        if is_text and not isinstance(field.widget, forms.PasswordInput):
            yield field


def test_every_form_cleans_text() -> None:
    fields = [(form, field) for form in form_classes() for field in text_inputs(form)]
    assert len(fields) > 50
    for _form, field in fields:
        assert_cleans(field, lines=isinstance(field.widget, forms.Textarea))


def test_every_admin_form_cleans_text(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = User(is_active=True, is_staff=True, is_superuser=True)
    ours = [one for one in admin.site._registry.values() if one.model._meta.app_label in APPS]
    asked = [one for one in ours if one.has_change_permission(request)]
    forms_of = [one.get_form(request) for one in asked]
    forms_of += [inline.get_formset(request).form for one in asked for inline in one.get_inline_instances(request)]
    fields = [(form, field) for form in forms_of for field in text_inputs(form)]
    assert fields
    for _form, field in fields:
        assert_cleans(field, lines=isinstance(field.widget, forms.Textarea))


@pytest.mark.parametrize("app", APPS)
def test_forms_create_only_cleaning_fields(app: str) -> None:
    """Includes fields that a form creates at run time."""
    for path in Path(settings.BASE_DIR, app).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("forms.CharField", "forms.EmailField"):
                assert "PasswordInput" in ast.unparse(node), f"{path}:{node.lineno}"
