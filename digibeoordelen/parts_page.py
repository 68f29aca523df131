"""`/beheer/onderdelen/`, with DEBUG only: every recurring part of the pages in each of its states."""

from __future__ import annotations

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.lists import Header, sort_header
from assessments.models import Status
from exams.grading.scores import Score
from exams.models import Criterion

LONG_NAME = "Maria Magdalena Wilhelmina van den Oetelaar-Schimmelpenninck"
STUDENTS = [
    ("Anouk van 't Hoff", "100103", Status.ASSESSED, "7,4"),
    ("Bram de Wit", "100104", Status.IN_PROGRESS, ""),
    (LONG_NAME, "100105", Status.FINAL, "10,0"),
    ("Noa Yıldız", "100106", Status.CANCELLED, ""),
]


class SampleForm(forms.Form):
    """A field of each kind."""

    name = forms.CharField(label="Naam")
    email = forms.EmailField(label="E-mailadres", help_text="Hier gaat de uitnodiging naartoe.")
    date = forms.DateField(label="Datum van de afname", widget=forms.DateInput(attrs={"type": "date"}))
    school = forms.ChoiceField(label="School", choices=[("", "Kies de school"), ("1", "ROC Rivierenland")])
    language = forms.ChoiceField(
        label="Taal van de mail", choices=[("nl", "Nederlands"), ("en", "English")], widget=forms.RadioSelect
    )
    remark = forms.CharField(label="Opmerking", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agreed = forms.BooleanField(label="Ik heb dit nagekeken")
    file = forms.FileField(label="Bestand")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.helper = FormHelper()
        self.helper.form_tag = False


@require_http_methods(["GET", "POST"])
def parts(request: HttpRequest) -> HttpResponse:
    """Show the parts; 'paneel' is the answer that the panel shows, and a POST gives each button a message."""
    if request.method == "POST":
        messages.success(request, "Gedaan.")
        return redirect(request.path)
    if "paneel" in request.GET:
        return render(request, "parts/sample_panel.html", {"people": STUDENTS})
    levels = [(constants.SUCCESS, "De uitnodiging is verzonden."), (constants.INFO, "Er is niets veranderd.")]
    levels += [(constants.WARNING, "Kies ten minste één student."), (constants.ERROR, "De mail is niet verzonden.")]
    context = {
        "statuses": list(Status),
        "searchable": True,
        "tick": "student",
        "bar_url": request.path,
        "headers": [
            sort_header("Student", "student", current="student"),
            sort_header("Stand", "stand", current="student"),
            Header("Cijfer", is_number=True),
        ],
        "rows": STUDENTS,
        "page": Paginator(range(90), 30).get_page(2),
        "long_name": LONG_NAME,
        "scores": ["", *Score],
        "criterion": Criterion(
            text="Begroet de gast.",
            meaning_o="Begroet de gast niet.",
            meaning_v="Begroet de gast binnen een minuut.",
            meaning_g="Begroet de gast meteen en bij naam.",
        ),
        "sample_messages": [Message(level, text, extra_tags=request.path) for level, text in levels],
        "form": SampleForm(),
        "wrong_form": SampleForm({"name": "", "email": "geen adres"}, prefix="fout"),
    }
    return render(request, "parts/sample.html", context)
