"""A user's own details."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.fields import LineFormField
from accounts.models import DERIVED_FIELDS, STUDENT_NUMBER_LENGTH, IdentityProvider, Membership, Role, User
from accounts.models.number_formats import read_number
from accounts.school.changes import fingerprint


class DetailsForm(forms.ModelForm):
    """The user's name, and a student's number at each school.

    A number that an assessment refers to has no field, as only Schoolbeheer changes it, nor has one that came with a
    school account; one that the school entered is there to be checked. `taken` are the memberships whose number another
    student has.
    """

    class Meta:
        model = User
        fields = ["first_name", "infix", "last_name"]
        labels = {
            "first_name": gettext_lazy("Voornaam"),
            "infix": gettext_lazy("Tussenvoegsel"),
            "last_name": gettext_lazy("Achternaam"),
        }
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.taken: list[Membership] = []
        as_student = list(self.instance.memberships.filter(role=Role.STUDENT).select_related("school"))
        self.fixed_numbers = [membership for membership in as_student if membership.number_is_fixed]
        self.given_numbers = [
            membership
            for membership in as_student
            if membership not in self.fixed_numbers and IdentityProvider.objects.all().gives_number(membership)
        ]
        self.open_numbers = {
            f"student_number_{membership.pk}": membership
            for membership in as_student
            if membership not in self.fixed_numbers + self.given_numbers
        }
        self.opened_numbers = {
            name: fingerprint(membership.student_number) for name, membership in self.open_numbers.items()
        }
        for name, membership in self.open_numbers.items():
            self.fields[name] = self._number_field(membership, several=len(as_student) > 1)

    def _number_field(self, membership: Membership, *, several: bool) -> LineFormField:
        label = _("Studentnummer")
        return LineFormField(
            label=f"{label} ({membership.school})" if several else label,
            initial=membership.student_number,
            required=False,
            max_length=STUDENT_NUMBER_LENGTH,
            help_text=_("Uw school heeft dit nummer ingevuld. Kijk of het klopt.")
            if membership.student_number and not self.instance.details_checked_at
            else _("Zonder studentnummer kunt u niet digitaal worden beoordeeld."),
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, membership in self.open_numbers.items():
            self._read_number(name, membership)
        self._refuse_taken_numbers()
        return cleaned

    def _read_number(self, name: str, membership: Membership) -> None:
        """Validate a changed number; an unchanged one stays allowed, whatever the school's patterns are now.

        If the school changed it since the page was opened, a different typed number is refused once, with both shown.
        """
        typed, now = "".join(self.cleaned_data.get(name, "").split()), self.opened_numbers[name]
        opened = self.data.get(f"opened-{name}", now)
        if typed == membership.student_number or fingerprint(typed) == opened:
            self.opened_numbers[name] = opened  # for the form's next rendering, after another error
            return
        if opened != now:
            message = _("Uw school wijzigde dit nummer intussen in %(number)s. Bewaar opnieuw als u toch het uwe wilt.")
            self.add_error(name, message % {"number": membership.student_number or "–"})
            return
        try:
            school = membership.school
            membership.student_number = read_number(typed, patterns=school.number_forms, school=school.name)
        except ValidationError as error:
            self.add_error(name, error)

    def _refuse_taken_numbers(self) -> None:
        self.taken = [membership for membership in self.open_numbers.values() if _is_taken(membership)]
        for name, membership in self.open_numbers.items():
            if membership in self.taken:
                self.add_error(
                    name,
                    _(
                        "Een andere student van deze school heeft dit studentnummer al. Controleer het nummer; "
                        "klopt het, meld het dan aan uw school."
                    ),
                )

    def save_details(self) -> bool:
        """Save; return False, with a field error, if another student took the number at the same time."""
        user = self.instance
        try:
            with transaction.atomic():
                user.save(update_fields=["first_name", "infix", "last_name", "details_checked_at"])
                for membership in self.open_numbers.values():
                    membership.user = user
                    membership.save(update_fields=["student_number", *DERIVED_FIELDS])
        except IntegrityError:
            self._refuse_taken_numbers()
            if self.is_valid():
                raise
            return False
        return True


def _is_taken(membership: Membership) -> bool:
    number = membership.student_number
    others = Membership.objects.filter(school=membership.school_id, student_number=number).exclude(pk=membership.pk)
    return bool(number) and others.exists()
