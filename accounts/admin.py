"""The admin for what the Consortium's staff rarely do: a school's settings, and accounts; no results.

An account's address, password, roles and activation are for superusers only, as each gives access to the account or its
schools; with its Schoolbeheer inactive, a school is open to a new one invited by staff.
"""

from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
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

from accounts.auth import mfa
from accounts.mail.addresses import mailable
from digibeoordelen.admin import BaseAdmin

from .fields import AddressFormField
from .http import UserRequest
from .models import ExamCommittee, ExamOffice, Membership, School, User
from .models.retention_terms import TERMS
from .people import roles
from .people.notify import GrantedRole, notify_roles
from .school.changes import log_committee, log_office, log_settings
from .search import holds, matches

admin.site.unregister(Group)  # permissions come from roles at a school and from `is_staff`
# With these anyone can log in as the user.
admin.site.unregister([EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken])


class FoldedSearch(BaseAdmin):
    """Search that ignores accents and punctuation, like the site's; for tables of some hundreds of rows."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        rows = queryset.order_by().values_list("pk", *self.search_fields)
        return queryset.filter(pk__in=[pk for pk, *texts in rows if holds(search_term, texts)]), False


class ForStaff(admin.options.BaseModelAdmin):
    """Staff may view, add and change; nothing is deleted, only deactivated."""

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


def yes_no_column(field: str, description: str) -> Any:
    """Return a column with 'ja' or 'nee'; screen readers read Django's icons as 'True' and 'False'."""

    @admin.display(description=description, ordering=field)
    def yes_no(obj: Model) -> str:
        return "ja" if getattr(obj, field) else "nee"

    return yes_no


ACTIVE, STAFF = yes_no_column("is_active", "actief"), yes_no_column("is_staff", "medewerker Consortium")
ACTIVATED = yes_no_column("digital_assessment_active", "Digitaal beoordelen geactiveerd")


class ExamOfficeFormSet(forms.BaseInlineFormSet):
    """Refuses duplicate addresses in any case; Django's check ignores constraints on expressions."""

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
    list_display = ["name", ACTIVATED]
    list_filter = ["digital_assessment_active"]
    search_fields = ["name"]
    # Terms are the school's choice, on a page that shows the effect; `accounts.consortium` activates.
    exclude = [*TERMS, "digital_assessment_active"]
    readonly_fields = [ACTIVATED]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: UserRequest, obj: School, form: Any, change: bool) -> None:  # type: ignore[override]
        """Log the changes for the school."""
        before = School.objects.get(pk=obj.pk)
        super().save_model(request, obj, form, change)
        log_settings(before=before, after=obj, by=request.user)


@admin.register(ExamCommittee)
class ExamCommitteeAdmin(ForStaff, FoldedSearch):
    """Settings and exam offices; Schoolbeheer decides on names, programmes and members."""

    list_display = ["school", "name", yes_no_column("is_default", "standaard")]
    list_select_related = ["school"]
    search_fields = ["school__name", "name"]
    inlines = [ExamOfficeInline]
    fields = ["school", "name", "four_eyes", "reminder_text"]
    readonly_fields = ["school", "name"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: UserRequest, obj: ExamCommittee, form: Any, change: bool) -> None:  # type: ignore[override]
        """Log the changes for the school."""
        before = ExamCommittee.objects.get(pk=obj.pk)
        super().save_model(request, obj, form, change)
        log_committee(before=before, after=obj, by=request.user)

    def save_formset(self, request: UserRequest, form: Any, formset: Any, change: bool) -> None:  # type: ignore[override]
        was = {office.pk: str(office) for office in ExamOffice.objects.filter(committee=form.instance)}
        super().save_formset(request, form, formset, change)
        for office in formset.deleted_objects:
            log_office(office=office, before=str(office), after="", by=request.user)
        for office in [*formset.new_objects, *(office for office, _ in formset.changed_objects)]:
            log_office(office=office, before=was.get(office.pk, ""), after=str(office), by=request.user)


class MembershipInline(ForStaff, admin.TabularInline):
    """Roles at schools: granted by Schoolbeheer, in an emergency by a superuser, and logged.

    Users can't grant themselves a role, as staff may see no results. The student enters the number; after the first
    assessment Schoolbeheer does.
    """

    model = Membership
    fk_name = "user"
    exclude = ["diploma_on", "left_on"]  # for Schoolbeheer, on a page that shows the effect
    extra = 0
    autocomplete_fields = ["school"]
    readonly_fields = ["student_number"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request) and obj != request.user

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and obj != request.user


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


class CleanEmailForm(forms.ModelForm):
    """Normalises the address before the check that it is unique."""

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])


class NewUserForm(CleanEmailForm, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "first_name", "infix", "last_name"]


class ChangeUserForm(CleanEmailForm, UserChangeForm):
    class Meta:
        model = User
        fields = ["email", "password", "first_name", "infix", "last_name", "is_active", "is_staff"]
        field_classes = {"email": AddressFormField}


@admin.register(User)
class PersonAdmin(ForStaff, BaseAdmin, UserAdmin):
    form = ChangeUserForm
    add_form = NewUserForm
    add_form_template = "admin/accounts/user/add_form.html"
    list_display = ["email", "name", ACTIVE, STAFF, yes_no_column("second_step", "logt in met een code")]
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
        """Search as the schools' lists do; users without a role by name and address."""
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
        steps = Authenticator.objects.filter(user=OuterRef("pk"), type__in=mfa.STEPS)
        return super().get_queryset(request).annotate(second_step=Exists(steps))

    @admin.action(description="Tweede stap verwijderen", permissions=["change"])
    def remove_second_step(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Remove the second factor of users who lost phone and recovery codes, after confirmation."""
        people = [user for user in queryset if user != request.user and self.has_change_permission(request, user)]
        people = [user for user in people if mfa.is_on(user)]
        if not people:
            message = "Bij geen van de gekozen personen kunt u de tweede stap verwijderen; die van uzelf zet u in uw "
            self.message_user(request, f"{message}profiel uit.", messages.WARNING)
            return None
        if "confirmed" not in request.POST:
            context = {**self.admin_site.each_context(request), "people": people, "title": "Tweede stap verwijderen"}
            return TemplateResponse(request, "admin/accounts/user/remove_second_step.html", context)
        for user in people:
            if mfa.remove_by_staff(user=user, by=cast(User, request.user)):
                self.log_change(request, user, "Tweede stap verwijderd.")
        names = ", ".join(user.full_name for user in people)
        self.message_user(request, f"De tweede stap is verwijderd van: {names}.", messages.SUCCESS)
        return None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only superusers change the address, activation and staff status."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if _is_superuser(request) else [*fields, ACTIVE, STAFF, "email"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or _is_superuser(request):
            return super().get_fieldsets(request, obj)
        name, _, times = self.fieldsets[1:]
        return [(None, {"fields": ["email"]}), name, ("Toegang", {"fields": [ACTIVE, STAFF]}), times]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and not _is_superuser(request):
            kwargs["form"] = forms.ModelForm  # names only
        return super().get_form(request, obj, change=change, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Accounts come from invitations, so that only their owner knows the password."""
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
        """Record the earlier address, as a change by the user does: mails to it are the user's data."""
        before = User.objects.filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        if before is not None and before.email != obj.email:
            obj.email_changes.create(old_email=before.email, new_email=obj.email, confirmed_at=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        before = {(item.school, item.role) for item in form.instance.memberships.select_related("school")}
        super().save_formset(request, form, formset, change)
        after = {(item.school, item.role) for item in form.instance.memberships.select_related("school")}
        by = cast(User, request.user)
        for which, kind in ((before - after, roles.Change.TAKEN), (after - before, roles.Change.GIVEN)):
            for school, role in which:
                roles.log_role_change(
                    school=school, user=form.instance, role=role, change=kind, by=by, how=roles.How.CONSORTIUM
                )
        for school in {school for school, _ in after - before}:
            granted = [GrantedRole(form.instance, role) for at, role in after - before if at == school]
            notify_roles(school=school, granted=granted, by=by, by_name=by.full_name, how=roles.How.CONSORTIUM)
