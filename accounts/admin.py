"""What the Consortium's staff keep: schools and their activation, and who is a school's first Schoolbeheer. No results.

They see accounts and switch them on and off. An account's address, its password and its roles are for a superuser
alone, since each of them opens the account, or a school, to whoever has it.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest

from .models import ExamOffice, Membership, School, User
from .people import first_manager, roles

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
    change_form_template = "admin/accounts/school/change_form.html"

    def get_urls(self) -> list[Any]:
        return [*first_manager.urls(self.admin_site), *super().get_urls()]


class MembershipInline(ForStaff, admin.TabularInline):
    """Roles at schools, which Schoolbeheer gives and takes; a superuser does in an emergency, and the log says so.

    Nobody gives themselves a role: the Consortium's staff see no results. The student fills in the number, and from the
    first assessment on Schoolbeheer keeps it.
    """

    model = Membership
    extra = 0
    autocomplete_fields = ["school"]
    readonly_fields = ["student_number"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request) and obj != request.user

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and obj != request.user


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


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
        """Who belongs to the staff, and which address logs in, is decided by a superuser alone."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if _is_superuser(request) else [*fields, "is_staff", "email"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or _is_superuser(request):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["email"]}), *self.fieldsets[1:]]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and not _is_superuser(request):
            kwargs["form"] = forms.ModelForm  # of the names alone
        return super().get_form(request, obj, change=change, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Accounts come from invitations: only then does nobody else know the password."""
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not _is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        if not _is_superuser(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        before = {(one.school, one.role) for one in form.instance.memberships.select_related("school")}
        super().save_formset(request, form, formset, change)
        after = {(one.school, one.role) for one in form.instance.memberships.select_related("school")}
        for which, kind in ((before - after, roles.Change.TAKEN), (after - before, roles.Change.GIVEN)):
            for school, role in which:
                roles.record(
                    school=school,
                    user=form.instance,
                    role=role,
                    change=kind,
                    by=request.user,  # type: ignore[arg-type]  # staff
                    how=roles.How.CONSORTIUM,
                )
