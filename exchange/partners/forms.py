from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from accounts.models import Membership, Role, School
from exchange.models import Partner


class DocentField(forms.ModelChoiceField):
    """A docent of the school, by name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.user.full_name)


class PartnerForm(forms.ModelForm):
    """A coupled system: its name, the docent of its assessments, and what it may ask."""

    initiator = DocentField(
        label="Docent",
        queryset=Membership.objects.none(),
        help_text="Op wiens naam de beoordelingen starten. Een docent die het systeem zelf doorgeeft, gaat voor.",
    )
    folds_help = True

    class Meta:
        model = Partner
        fields = ["name", "initiator", "reads_catalogue", "plans_sittings", "is_active"]
        help_texts = {
            "name": "Zoals u het systeem noemt, bijvoorbeeld de naam van uw toetsplanning.",
            "is_active": "Uit: het systeem krijgt geen toegang meer. Zittingen en beoordelingen blijven.",
        }

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.school = school
        docents = school.memberships.present().filter(role=Role.DOCENT, user__is_active=True)
        field = self.fields["initiator"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = docents.select_related("user").order_by("sort_key", "pk")
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = Partner.objects.filter(school=self.instance.school, name__iexact=name).exclude(pk=self.instance.pk)
        if same.exists():
            raise forms.ValidationError("Er is al een gekoppeld systeem met deze naam.")
        return name
