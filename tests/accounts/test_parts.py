"""The shared templates in templates/parts/."""

import pytest
from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string
from django.test import RequestFactory


def render(part: str, **context: object) -> str:
    request = RequestFactory().get("/", {"q": "kok"})
    return " ".join(render_to_string(f"parts/{part}.html", context, request=request).split())


@pytest.mark.parametrize(
    ("status", "word", "done"),
    [
        ("NEW", "Nieuw", 0),
        ("INVITED", "Uitgenodigd", 1),
        ("IN_PROGRESS", "Wordt beoordeeld", 2),
        ("ASSESSED", "Beoordeeld", 3),
    ],
)
def test_step_line_marks_current_and_done_steps(status: str, word: str, done: int) -> None:
    line = render("step_line", status=status)
    assert f'<li class="step step-here" aria-current="step">{word}</li>' in line
    assert line.count("(gedaan)") == done
    assert line.count("<li") == 5


def test_last_step_is_done_when_reached() -> None:
    line = render("step_line", status="FINAL")
    assert "step-here" not in line
    assert "aria-current" not in line
    assert line.count("(gedaan)") == line.count("icons.svg#check") == line.count("<li") == 5


def test_cancelled_assessment_has_no_step_line() -> None:
    assert render("step_line", status="CANCELLED") == ""


def test_status_has_a_label_and_a_shape() -> None:
    badge = render("state_badge", status="FINAL", label="Definitief")
    assert "#state-FINAL" in badge
    assert "Definitief" in badge


def score_control(value: str, **context: object) -> str:
    return " ".join(render("ovg", name="score-7", score=value, **context).split())


@pytest.mark.parametrize("value", ["O", "V", "G"])
def test_score_control_selects_the_score(value: str) -> None:
    control = score_control(value)
    assert control.count("checked") == 1
    assert f'id="score-7-{value}" value="{value}" checked' in control
    assert 'aria-labelledby="score-7-text"' in control
    assert "disabled" not in control


def test_empty_score_control_marks_an_error() -> None:
    control = score_control("", invalid=True)
    assert "checked" not in control
    assert 'aria-invalid="true"' in control
    assert 'aria-describedby="score-7-help score-7-error"' in control


@pytest.mark.parametrize(("value", "word"), [("O", "Onvoldoende"), ("V", "Voldoende"), ("G", "Goed"), ("", "nog geen")])
def test_readonly_score_has_its_letter_and_label(value: str, word: str) -> None:
    assert word in render("score", value=value)


def test_person_chip_names_the_side() -> None:
    of_school = render("person_chip", name="Dirk", organisation="ROC", side="SCHOOL", has_account=True)
    assert ">School</span>" in " ".join(of_school.split()).replace("> School <", ">School<")
    assert "Gegevens uit Digibib" in of_school
    of_work = render("person_chip", name="Erik", organisation="Bedrijf", side="WORKPLACE", has_account=False)
    assert "Beroepsonderwijs" in of_work
    assert "Gegevens uit Digibib" not in of_work


def test_error_summary_links_to_fields_and_other_problems() -> None:
    class Form(forms.Form):
        email = forms.EmailField(label="E-mailadres")

    form = Form({"email": "geen"})
    assert '<a href="#id_email">E-mailadres: Voer een geldig e-mailadres in.</a>' in render("error_summary", form=form)
    problems = [{"href": "#score-7-V", "text": "Er ontbreekt een score."}, {"href": "", "text": "Meer."}]
    listed = render("error_summary", problems=problems)
    assert '<a href="#score-7-V">Er ontbreekt een score.</a>' in listed
    assert "Meer." in listed
    assert render("error_summary", form=Form(), problems=[]) == ""


def test_message_is_undone_by_post() -> None:
    shown = render("messages", messages=[Message(constants.SUCCESS, "Gedaan.", extra_tags="/terug/")])
    assert '<form method="post" action="/terug/">' in shown
    assert "Ongedaan maken" in shown
    assert "Ongedaan maken" not in render("messages", messages=[Message(constants.SUCCESS, "Gedaan.")])


def test_round_button_keeps_its_text_for_screen_readers() -> None:
    assert '<a class="round" href="/x/">' in render("round_button", words="Toevoegen", url="/x/")
    quiet = render("round_button", words="Importeren", icon="import", quiet=True)
    assert '<button class="round" type="submit">' in quiet
    assert '<span class="round-words visually-hidden">Importeren</span>' in quiet
    assert "#import" in quiet


def test_confirmation_has_verb_and_cancel_link() -> None:
    form = render(
        "confirm", sentence="De link werkt dan niet meer.", verb="Intrekken", cancel_url="/terug/", removes=True
    )
    assert "Intrekken</button>" in form
    assert "btn-outline-danger" in form
    assert 'href="/terug/"' in form
