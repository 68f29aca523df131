"""What the Consortium's staff keep: schools and their activation, and who is a school's first Schoolbeheer. No results.

They see accounts. An account's address, its password, its roles, and whether it is on are for a superuser alone. Each
of the first three opens the account, or a school, to whoever has it; and with its Schoolbeheer switched off a school is
open to whom the staff ask in that place.
"""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.auth import mfa
from digibeoordelen.admin import BaseAdmin

from .fields import AddressFormField
from .http import UserRequest
from .mailable import mailable
from .models import ExamOffice, Membership, School, User
from .models.retention_terms import TERMS
from .people import first_manager, roles
from .people.notify import Given, tell_of_roles
from .school.changes import log_office, log_settings
from .search import holds, matches

admin.site.unregister(Group)  # rights come from roles at a school and from `is_staff`, never from groups
admin.site.unregister(TOTPDevice)  # it shows the key: whoever sees that can log in as the person


class FoldedSearch(BaseAdmin):
    """Search that ignores accents and punctuation, as the site's does; for a table of some hundreds of rows."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        rows = queryset.order_by().values_list("pk", *self.search_fields)
        return queryset.filter(pk__in=[pk for pk, *texts in rows if holds(search_term, texts)]), False


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


def in_words(field: str, description: str) -> Any:
    """A column of a yes-or-no field that says 'ja' or 'nee': Django's pictures are read out as 'True' and 'False'."""

    @admin.display(description=description, ordering=field)
    def said(obj: Model) -> str:
        return "ja" if getattr(obj, field) else "nee"

    return said


ACTIVE, STAFF = in_words("is_active", "actief"), in_words("is_staff", "medewerker Consortium")


class ExamOfficeFormSet(forms.BaseInlineFormSet):
    """Refuses one address twice in any case: Django compares rows of one form by constraints on plain fields alone."""

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            email = "" if form in self.deleted_forms else form.cleaned_data.get("email", "").lower()
            if email in seen:
                form.add_error("email", "Dit adres staat hier twee keer.")
            seen |= {email} - {""}


class ExamOfficeInline(ForStaff, admin.TabularInline):
    model = ExamOffice
    formset = ExamOfficeFormSet
    extra = 0

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)


@admin.register(School)
class SchoolAdmin(ForStaff, FoldedSearch):
    list_display = ["name", in_words("digital_assessment_active", "Digitaal beoordelen geactiveerd")]
    list_filter = ["digital_assessment_active"]
    search_fields = ["name"]
    inlines = [ExamOfficeInline]
    exclude = TERMS  # the school's own choice, on a page that says what it would take

    def save_model(self, request: UserRequest, obj: School, form: Any, change: bool) -> None:  # type: ignore[override]
        """The school sees in its log what the Consortium changed; a new one begins with an empty log."""
        before = School.objects.filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        if before is not None:
            log_settings(before=before, after=obj, by=request.user)

    def save_formset(self, request: UserRequest, form: Any, formset: Any, change: bool) -> None:  # type: ignore[override]
        was = {office.pk: str(office) for office in ExamOffice.objects.filter(school=form.instance)}
        super().save_formset(request, form, formset, change)
        if formset.model is not ExamOffice:
            return
        for office in formset.deleted_objects:
            log_office(office=office, before=str(office), after="", by=request.user)
        for office in [*formset.new_objects, *(office for office, _ in formset.changed_objects)]:
            log_office(office=office, before=was.get(office.pk, ""), after=str(office), by=request.user)

    change_form_template = "admin/accounts/school/change_form.html"

    def get_urls(self) -> list[Any]:
        return [*first_manager.urls(self.admin_site), *super().get_urls()]


class MembershipInline(ForStaff, admin.TabularInline):
    """Roles at schools, which Schoolbeheer gives and takes; a superuser does in an emergency, and the log says so.

    Nobody gives themselves a role: the Consortium's staff see no results. The student fills in the number, and from the
    first assessment on Schoolbeheer keeps it.
    """

    model = Membership
    fk_name = "user"
    exclude = ["diploma_on", "left_on"]  # Schoolbeheer's, who sees what follows from them
    extra = 0
    autocomplete_fields = ["school"]
    readonly_fields = ["student_number"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request) and obj != request.user

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and obj != request.user


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


class KeptEmail(forms.ModelForm):
    """Takes an address in any form for the one that the database holds, before it looks whether it is taken."""

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])


class NewUserForm(KeptEmail, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "first_name", "infix", "last_name"]


class ChangeUserForm(KeptEmail, UserChangeForm):
    class Meta:
        model = User
        fields = ["email", "password", "first_name", "infix", "last_name", "is_active", "is_staff"]
        field_classes = {"email": AddressFormField}


@admin.register(User)
class PersonAdmin(ForStaff, BaseAdmin, UserAdmin):
    form = ChangeUserForm
    add_form = NewUserForm
    add_form_template = "admin/accounts/user/add_form.html"
    list_display = ["email", "name", ACTIVE, STAFF, in_words("second_step", "logt in met een code")]
    actions = ["remove_second_step"]
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """By what the schools' lists find someone by; who has no role (the Consortium's staff) by name and address."""
        if not search_term:
            return queryset, False
        with_role = Membership.objects.filter(matches(search_term)).order_by().values("user")
        others = queryset.filter(memberships=None).order_by()
        rows = others.values_list("pk", "email", "first_name", "infix", "last_name")
        without_role = [pk for pk, *texts in rows if holds(search_term, texts)]
        return queryset.filter(Q(pk__in=with_role) | Q(pk__in=without_role)), False

    @admin.display(description="naam", ordering="last_name")
    def name(self, user: User) -> str:
        return user.full_name

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        apps = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(second_step=Exists(apps))

    @admin.action(description="Tweede stap verwijderen", permissions=["change"])
    def remove_second_step(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse | None:
        """For who lost phone and recovery codes. Asks first, then does it for those whose account may be changed."""
        people = [user for user in chosen if user != request.user and self.has_change_permission(request, user)]
        people = [user for user in people if mfa.is_on(user)]
        if not people:
            said = "Bij geen van de gekozen personen kunt u de tweede stap verwijderen; die van uzelf zet u in uw "
            self.message_user(request, f"{said}profiel uit.", messages.WARNING)
            return None
        if "confirmed" not in request.POST:
            context = {**self.admin_site.each_context(request), "people": people, "title": "Tweede stap verwijderen"}
            return TemplateResponse(request, "admin/accounts/user/remove_second_step.html", context)
        for user in people:
            if mfa.remove(user=user, by=cast(User, request.user)):
                self.log_change(request, user, "Tweede stap verwijderd.")
        names = ", ".join(user.full_name for user in people)
        self.message_user(request, f"De tweede stap is verwijderd van: {names}.", messages.SUCCESS)
        return None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who belongs to the staff, which address logs in, and who can at all, is decided by a superuser alone."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if _is_superuser(request) else [*fields, ACTIVE, STAFF, "email"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or _is_superuser(request):
            return super().get_fieldsets(request, obj)
        name, _, times = self.fieldsets[1:]
        return [(None, {"fields": ["email"]}), name, ("Toegang", {"fields": [ACTIVE, STAFF]}), times]

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

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """An earlier address is remembered, as where the person changes it: what was sent there is theirs."""
        before = User.objects.filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        if before is not None and before.email != obj.email:
            obj.email_changes.create(old_email=before.email, new_email=obj.email, confirmed_at=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        before = {(one.school, one.role) for one in form.instance.memberships.select_related("school")}
        super().save_formset(request, form, formset, change)
        after = {(one.school, one.role) for one in form.instance.memberships.select_related("school")}
        by = cast(User, request.user)
        for which, kind in ((before - after, roles.Change.TAKEN), (after - before, roles.Change.GIVEN)):
            for school, role in which:
                roles.record(school=school, user=form.instance, role=role, change=kind, by=by, how=roles.How.CONSORTIUM)
        for school in {school for school, _ in after - before}:
            given = [Given(form.instance, role) for at, role in after - before if at == school]
            tell_of_roles(school=school, given=given, by=by, by_name=by.full_name, how=roles.How.CONSORTIUM)
