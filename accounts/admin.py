"""What the Consortium's staff keep: schools and their activation, accounts, roles. No results."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest

from .models import ExamOffice, Membership, School, User
from .retention_terms import TERMS

admin.site.unregister(Group)  # rights come from roles at a school and from `is_staff`, never from groups


class ForStaff(admin.options.BaseModelAdmin):
    """Every member of the Consortium's staff may see, add and change; nothing is deleted, only switched off."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ExamOfficeInline(ForStaff, admin.TabularInline):
    model = ExamOffice
    extra = 0

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)


@admin.register(School)
class SchoolAdmin(ForStaff, admin.ModelAdmin):
    list_display = ["name", "digital_assessment_active"]
    list_filter = ["digital_assessment_active"]
    search_fields = ["name"]
    inlines = [ExamOfficeInline]
    exclude = TERMS  # the school's own choice, on a page that says what it would take


class MembershipInline(ForStaff, admin.TabularInline):
    """Roles at schools. The student fills in the number, and from the first assessment on Schoolbeheer keeps it.

    Nobody gives themselves a role: the Consortium's staff see no results.
    """

    model = Membership
    fk_name = "user"
    exclude = ["diploma_on", "left_on"]  # Schoolbeheer's, who sees what follows from them
    extra = 0
    autocomplete_fields = ["school"]
    readonly_fields = ["student_number"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj != request.user and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj != request.user and super().has_change_permission(request, obj)


class LowerCaseEmail(forms.ModelForm):
    """Takes an address in any case for the one that the database holds, before it looks whether it is taken."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()


class NewUserForm(LowerCaseEmail, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "first_name", "infix", "last_name"]


class ChangeUserForm(LowerCaseEmail, UserChangeForm):
    class Meta:
        model = User
        fields = ["email", "password", "first_name", "infix", "last_name", "is_active", "is_staff"]
        field_classes = {"email": forms.EmailField}


@admin.register(User)
class PersonAdmin(ForStaff, UserAdmin):
    form = ChangeUserForm
    add_form = NewUserForm
    list_display = ["email", "name", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff", "memberships__role"]
    search_fields = ["email", "first_name", "last_name", "memberships__student_number"]
    ordering = ["last_name", "first_name"]
    filter_horizontal = []
    inlines = [MembershipInline]
    readonly_fields = ["last_login", "joined_at", "details_checked_at"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Naam", {"fields": ["first_name", "infix", "last_name"]}),
        ("Toegang", {"fields": ["is_active", "is_staff"]}),
        ("Tijden", {"fields": ["last_login", "joined_at", "details_checked_at"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "first_name", "infix", "last_name", "usable_password", "password1", "password2"]})
    ]

    @admin.display(description="naam", ordering="last_name")
    def name(self, user: User) -> str:
        return user.full_name

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who belongs to the staff is decided by a superuser alone."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if getattr(request.user, "is_superuser", False) else [*fields, "is_staff"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_change_permission(request, obj)
