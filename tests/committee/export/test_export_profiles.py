"""'Exportprofielen': validation, saving and the preview."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, School, User
from committee.export_format import COLUMNS, DateForm, DecimalSign, Encoding, Separator
from committee.models import ExportProfile
from tests.factories import ExportProfileFactory, MembershipFactory

LIST = reverse("committee:export_profiles")
ADD = reverse("committee:add_export_profile")
FILLED_IN = {
    "name": "Ons systeem",
    "separator": "TAB",
    "decimal_sign": "POINT",
    "date_form": "YMD",
    "encoding": "WINDOWS_1252",
    "has_headers": "on",
    "word_o": "onvoldoende",
    "word_v": "voldoende",
    "word_g": "goed",
    "version": "1",
    "place_grade": "1",
    "header_grade": "Cijfer",
    "place_student_number": "7",
    "header_student_number": "",
}
SAME_HEADER = "‘{}’ is ook de kop van een andere kolom. Geef elke kolom een eigen kop."


def edit_url(profile: ExportProfile) -> str:
    return reverse("committee:edit_export_profile", args=[profile.public_id])


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def test_profile_is_saved(member: Client, school: School) -> None:
    page = member.post(ADD, FILLED_IN, follow=True).content.decode()
    assert "Het exportprofiel ‘Ons systeem’ is opgeslagen." in page
    profile = ExportProfile.objects.get()
    assert profile.school == school
    assert profile.columns == [["grade", "Cijfer"], ["student_number", "studentnummer"]]
    shape = profile.shape
    assert (shape.separator, shape.decimal_sign, shape.date_form, shape.encoding, shape.has_headers) == (
        "TAB",
        "POINT",
        "YMD",
        "WINDOWS_1252",
        True,
    )
    assert shape.words == {"O": "onvoldoende", "V": "voldoende", "G": "goed"}


def test_line_ends_and_tabs_become_spaces(member: Client) -> None:
    member.post(ADD, FILLED_IN | {"name": "Ons\rsysteem", "word_o": "on\nvoldoende", "header_grade": "Cij\t\u2028fer"})
    profile = ExportProfile.objects.get()
    assert (profile.name, profile.word_o) == ("Ons systeem", "on voldoende")
    assert "Cij fer" in dict(profile.columns).values()


def test_new_profile_has_the_plain_columns(member: Client) -> None:
    page = member.get(ADD)
    assert page.context["form"]["place_student_number"].value() == 1
    assert page.context["form"]["place_email"].value() is None


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"name": ""}, "name", "Vul in hoe dit profiel heet."),
        ({"name": "x" * 61}, "name", "Dit mag 60 tekens lang zijn."),
        ({"name": "standaard"}, "name", "‘Standaard’ is het profiel dat er altijd is. Kies een andere naam."),
        ({"name": "BESTAAT AL"}, "name", "Er is al een exportprofiel met deze naam."),
        ({"separator": "PIPE"}, "separator", "Kies een van de mogelijkheden."),
        ({"encoding": ""}, "encoding", "Kies een van de mogelijkheden."),
        ({"word_v": "goed"}, "word_g", "Dit staat ook bij V; dan zijn ze niet te onderscheiden."),
        ({"word_o": ""}, "word_o", "Vul in hoe een O in het bestand komt."),
        ({"word_v": "Goed"}, "word_g", "Dit staat ook bij V; dan zijn ze niet te onderscheiden."),
        ({"word_o": "GROSS", "word_g": "groß"}, "word_g", "Dit staat ook bij O; dan zijn ze niet te onderscheiden."),
        ({"header_grade": "Studentnummer"}, "header_grade", SAME_HEADER.format("studentnummer")),
        ({"header_student_number": "CIJFER"}, "header_grade", SAME_HEADER.format("CIJFER")),
        ({"place_name": "1"}, "place_grade", "Op plaats 1 staat ook ‘naam’. Geef elke een eigen plaats."),
        ({"place_name": "0"}, "place_name", "Dit is geen plaats. Vul een getal in, zoals 1."),
        ({"place_name": "vooraan"}, "place_name", "Dit is geen plaats. Vul een getal in, zoals 1."),
        ({"header_grade": "x" * 61}, "header_grade", "Dit mag 60 tekens lang zijn."),
        (
            {"place_grade": "", "place_student_number": ""},
            "place_student_number",
            "Geef ten minste één kolom een plaats.",
        ),
    ],
)
def test_errors_are_shown_at_their_fields(
    member: Client, school: School, typed: dict[str, str], field: str, message: str
) -> None:
    ExportProfileFactory(school=school, name="Bestaat al")
    response = member.post(ADD, FILLED_IN | typed)
    assert errors(response) == {field: [message]}
    assert f'href="#id_{field}"' in response.content.decode()
    assert ExportProfile.objects.count() == 1


def test_header_of_an_unused_column_is_ignored(member: Client) -> None:
    member.post(ADD, FILLED_IN | {"header_grade": "naam", "header_ovg": "Cijfer"})
    assert ExportProfile.objects.get().columns == [["grade", "naam"], ["student_number", "studentnummer"]]


def test_name_is_unique_per_school(member: Client, other_school: School) -> None:
    ExportProfileFactory(school=other_school, name="Ons systeem")
    member.post(ADD, FILLED_IN)
    assert ExportProfile.objects.filter(name="Ons systeem").count() == 2


def test_sample_is_shown_without_saving(member: Client) -> None:
    page = member.post(ADD, FILLED_IN | {"voorbeeld": "ja"})
    assert page.context["sample"]["header"] == ["Cijfer", "studentnummer"]
    assert page.context["sample"]["lines"] == [["8.3", "100417"], ["6.5", "100418"], ["4.9", "100419"]]
    assert not ExportProfile.objects.exists()


def test_sample_shows_characters_lost_in_windows_1252(member: Client) -> None:
    typed = FILLED_IN | {"place_last_name": "2", "place_ovg": "3", "voorbeeld": "ja"}
    lines = member.post(ADD, typed).context["sample"]["lines"]
    assert lines[2] == ["4.9", "Y?lmaz", "onvoldoende", "100419"]


def test_profile_is_changed(member: Client, school: School) -> None:
    profile = ExportProfileFactory(school=school, name="Oud")
    member.post(edit_url(profile), FILLED_IN)
    profile.refresh_from_db()
    assert (profile.name, profile.version) == ("Ons systeem", 2)


def test_stale_form_is_refused_with_both_texts(member: Client, school: School) -> None:
    profile = ExportProfileFactory(school=school, name="Oud", word_g="Super")
    ExportProfile.objects.update(name="Van een ander", version=2)
    response = member.post(edit_url(profile), FILLED_IN)
    page = response.content.decode()
    assert "intussen gewijzigd" in page
    assert ("Naam van het profiel", "Van een ander", "Ons systeem") in response.context["differences"]
    assert ("Kolommen", "nummer, cijfer", "Cijfer, studentnummer") in response.context["differences"]
    profile.refresh_from_db()
    assert profile.name == "Van een ander"
    [version] = re.findall(r'name="version" value="(\d+)"', page)
    member.post(edit_url(profile), FILLED_IN | {"version": version})
    profile.refresh_from_db()
    assert (profile.name, profile.version) == ("Ons systeem", 3)


def test_profile_is_removed_after_confirmation(member: Client, school: School) -> None:
    profile = ExportProfileFactory(school=school, name="Oud")
    address = reverse("committee:remove_export_profile", args=[profile.public_id])
    assert "Oud verwijderen?" in member.get(address).content.decode()
    assert ExportProfile.objects.exists()
    assert "‘Oud’ is verwijderd" in member.post(address, follow=True).content.decode()
    assert not ExportProfile.objects.exists()


def test_member_of_two_schools_chooses_the_school(
    member: Client, school: School, other_school: School, committee_member: User
) -> None:
    MembershipFactory(user=committee_member, school=other_school, role=Role.EXAMENCOMMISSIE)
    assert errors(member.post(ADD, FILLED_IN)) == {"school": ["Kies de school."]}
    member.post(ADD, FILLED_IN | {"school": str(other_school.pk)})
    assert ExportProfile.objects.get().school == other_school


def test_list_shows_own_profiles_and_the_plain_one(member: Client, school: School, other_school: School) -> None:
    ExportProfileFactory(school=school, name="Van ons")
    ExportProfileFactory(school=other_school, name="Van hen")
    page = member.get(LIST).content.decode()
    assert "Van ons" in page
    assert "Van hen" not in page
    assert "Standaard" in page


def test_columns_and_choices_are_explained_in_page_and_docs(member: Client) -> None:
    page = member.get(reverse("committee:export_explained")).content.decode()
    docs = (Path(__file__).resolve().parents[3] / "docs" / "export.md").read_text(encoding="utf-8")
    for column in COLUMNS:
        assert f"| {column.header} | {column.meaning} |" in docs
        assert column.meaning in page
    for choices in (Separator, DecimalSign, DateForm, Encoding):
        for label in map(str, choices.labels):
            assert label in docs
            assert label in page
