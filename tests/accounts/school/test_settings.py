"""The page 'Instellingen': changes, validation, log, concurrency."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import ExamOffice, Role, School, SchoolChange, User
from accounts.models.retention_terms import TERMS
from accounts.school.forms import FIELD_NAMES, SECTIONS
from digibeoordelen.file_storage import NOT_SAVED
from tests.factories import ExamOfficeFactory, UserFactory, member, png


@pytest.fixture
def administrator(school: School, client: Client) -> User:
    user = member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")
    client.force_login(user)
    return user


@pytest.fixture
def page(school: School) -> str:
    return reverse("school:settings", args=[school.pk])


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def opened(client: Client, page: str) -> dict[str, str]:
    """Return the data that a browser would post from the page."""
    html = words(client.get(page))
    form = dict(re.findall(r'name="(opened-\w+)" value="(\w+)"', html))
    form |= {"link_days": "60", "appeal_days": "14", "appeal_text": "", "mail_domains": "hier.test"}
    return form | {"reminders_on": "on", "confirm_proposals": "on", "number_forms": "", "colour": ""}


def log(school: School) -> list[tuple[str, str, str, str]]:
    return [(line.label, line.before, line.after, line.by_name) for line in school.changes.all()]


def test_page_shows_every_setting_with_its_help(client: Client, administrator: User, page: str) -> None:
    html = words(client.get(page))
    for section in SECTIONS:
        assert section.title in html
    for name in FIELD_NAMES:
        field = School._meta.get_field(name)
        assert f'id="id_{name}"' in html
        assert str(field.help_text)[:40].replace("'", "&#x27;") in html


def test_every_school_field_is_a_setting_or_exempt() -> None:
    of_the_consortium = {"digital_assessment_active", "keeps_identity_providers"}
    elsewhere = {"id", "name", "logo", "terms_set_at", *of_the_consortium, *TERMS}
    assert {field.name for field in School._meta.concrete_fields} - elsewhere == set(FIELD_NAMES)


def test_only_changed_settings_are_saved_and_logged(
    client: Client, administrator: User, school: School, page: str
) -> None:
    form = opened(client, page) | {"link_days": "90", "reminders_on": "", "colour": "1D5FA8"}
    answer = client.post(page, form, follow=True)
    message = "Bewaard: Geldigheid van een link (dagen), Herinneringen versturen, Kleur."
    assert message in words(answer)
    school.refresh_from_db()
    assert (school.link_days, school.reminders_on, school.colour) == (90, False, "#1d5fa8")
    assert sorted(log(school)) == [
        ("Geldigheid van een link (dagen)", "60", "90", "Bea Beheer"),
        ("Herinneringen versturen", "aan", "uit", "Bea Beheer"),
        ("Kleur", "", "#1d5fa8", "Bea Beheer"),
    ]


def test_unchanged_settings_log_nothing(client: Client, administrator: User, school: School, page: str) -> None:
    School.objects.update(appeal_text="Mail\nde commissie")
    form = opened(client, page) | {"appeal_text": "Mail\r\nde commissie"}
    assert "Er is niets veranderd." in words(client.post(page, form, follow=True))
    assert log(school) == []


def test_errors_are_shown_and_nothing_is_saved(client: Client, administrator: User, school: School, page: str) -> None:
    form = opened(client, page) | {"link_days": "0", "colour": "#ff0000", "number_forms": "123456"}
    html = words(client.post(page, form))
    for message in ("deze waarde minstens 1 is", "contrast met wit is 3,9 op 1", "Schrijf een 9 voor elk cijfer"):
        assert message in html
    assert 'value="#ff0000"' in html
    school.refresh_from_db()
    assert (school.link_days, log(school)) == (60, [])


def test_concurrent_changes_of_different_settings_are_merged(
    client: Client, administrator: User, school: School, page: str
) -> None:
    mine = opened(client, page)
    client.post(page, opened(client, page) | {"appeal_days": "21"})
    client.post(page, mine | {"link_days": "90"})
    school.refresh_from_db()
    assert (school.link_days, school.appeal_days) == (90, 21)


def test_concurrent_change_of_one_setting_shows_both(
    client: Client, administrator: User, school: School, page: str
) -> None:
    mine = opened(client, page)
    other = member(school, Role.SCHOOLBEHEER, first_name="Otto", last_name="Ander")
    colleague = Client()
    colleague.force_login(other)
    colleague.post(page, opened(colleague, page) | {"appeal_text": "Mail de commissie"})
    typed = mine | {"appeal_text": "Bel de commissie", "link_days": "90"}
    html = words(client.post(page, typed))
    assert "Iemand anders wijzigde intussen hetzelfde" in html
    assert re.search(r"Intussen gewijzigd door Otto Ander \([^)]+\) in: <strong>Mail de commissie</strong>", html)
    assert "Bel de commissie</textarea>" in html
    school.refresh_from_db()
    assert (school.appeal_text, school.link_days) == ("Mail de commissie", 60)
    again = dict(re.findall(r'name="(opened-\w+)" value="(\w+)"', html))
    client.post(page, typed | again)
    school.refresh_from_db()
    assert (school.appeal_text, school.link_days) == ("Bel de commissie", 90)


def test_form_without_fingerprints_overwrites_nothing(
    client: Client, administrator: User, school: School, page: str
) -> None:
    form = {name: value for name, value in opened(client, page).items() if not name.startswith("opened-")}
    assert "Er is niets bewaard." in words(client.post(page, form | {"link_days": "90"}))
    school.refresh_from_db()
    assert school.link_days == 60


def test_the_log_is_append_only(client: Client, administrator: User, school: School, page: str) -> None:
    client.post(page, opened(client, page) | {"link_days": "90"})
    line = school.changes.get()
    for attempt in (line.save, line.delete, school.changes.all().delete, lambda: SchoolChange.objects.update(after="")):
        with pytest.raises(PermissionDenied):
            attempt()


def test_changes_by_the_consortium_are_logged(client: Client, administrator: User, school: School, page: str) -> None:
    office = ExamOfficeFactory(school=school, name="Bureau", email="oud@hier.test")
    staff = UserFactory(is_staff=True, first_name="Cas", last_name="Consortium")
    consortium = Client()
    consortium.force_login(staff)
    form = {"name": school.name, "link_days": "30", "appeal_days": "14", "mail_domains": "hier.test"}
    form |= {"reminders_on": "on", "confirm_proposals": "on"}
    assert consortium.post(f"/beheer/django/accounts/school/{school.pk}/change/", form).status_code == 302
    form = {"four_eyes": "on"}
    form |= {"exam_offices-TOTAL_FORMS": "2", "exam_offices-INITIAL_FORMS": "1"}
    form |= {"exam_offices-0-id": str(office.pk), "exam_offices-0-committee": str(office.committee.pk)}
    form |= {"exam_offices-0-name": "Bureau", "exam_offices-0-email": "nieuw@hier.test"}
    form |= {"exam_offices-1-name": "Archief", "exam_offices-1-email": "archief@hier.test"}
    answer = consortium.post(f"/beheer/django/accounts/examcommittee/{office.committee.pk}/change/", form)
    assert answer.status_code == 302
    assert sorted(log(school)) == [
        ("Examenbureau", "", "Archief (archief@hier.test)", "Cas Consortium"),
        ("Examenbureau", "Bureau (oud@hier.test)", "Bureau (nieuw@hier.test)", "Cas Consortium"),
        ("Geldigheid van een link (dagen)", "60", "30", "Cas Consortium"),
        ("Vier ogen bij het afronden", "uit", "aan", "Cas Consortium"),
    ]
    html = words(client.get(reverse("school:changes", args=[school.pk])))
    assert "Cas Consortium" in html
    assert "Archief (archief@hier.test)" in html


def test_unreadable_colour_is_refused_in_the_admin(client: Client, school: School) -> None:
    client.force_login(UserFactory(is_staff=True))
    form = {"name": school.name, "link_days": "30", "appeal_days": "14", "colour": "#ffff00"}
    page = client.post(f"/beheer/django/accounts/school/{school.pk}/change/", form)
    assert "Deze kleur is te licht" in words(page)


def test_schoolbeheer_edits_exam_offices_and_it_is_logged(
    client: Client, administrator: User, school: School, page: str
) -> None:
    offices = reverse("accounts:exam_offices")
    committee = reverse("committees:committee", args=[school.pk, school.default_committee.pk])
    assert f'href="{offices}"' in words(client.get(committee))
    client.post(offices, {"name": "Bureau", "email": "bureau@hier.test"})
    assert "Bureau, bureau@hier.test" in words(client.get(committee))
    office = ExamOffice.objects.get()
    client.post(reverse("accounts:remove_exam_office", args=[office.pk]))
    bureau = "Bureau (bureau@hier.test)"
    assert log(school) == [
        ("Examenbureau", bureau, "", "Bea Beheer"),
        ("Examenbureau", "", bureau, "Bea Beheer"),
    ]


def test_logo_upload_replacement_and_removal_are_logged(
    client: Client, administrator: User, school: School, page: str
) -> None:
    for height in (100, 100, 120):
        client.post(page, opened(client, page) | {"logo": SimpleUploadedFile("logo.png", png(300, height))})
    school.refresh_from_db()
    assert school.branding.logo_url in words(client.get(page))
    client.post(page, opened(client, page) | {"remove_logo": "on"})
    assert [(before, after) for _, before, after, _ in log(school)] == [
        ("een logo", ""),
        ("een logo", "300 × 120 pixels"),
        ("", "300 × 100 pixels"),
    ]


def test_invalid_logo_changes_nothing_and_keeps_the_input(
    client: Client, administrator: User, school: School, page: str
) -> None:
    typed = opened(client, page) | {"link_days": "90", "logo": SimpleUploadedFile("logo.svg", b"<svg/>")}
    answer = client.post(page, typed)
    assert "Dit bestand is geen PNG of JPEG" in words(answer)
    assert re.search(r'value="90"[^>]*id="id_link_days"|id="id_link_days"[^>]*value="90"', words(answer))
    school.refresh_from_db()
    assert (school.logo, school.link_days) == (None, 60)


def test_logo_that_cannot_be_stored_keeps_the_input(
    client: Client, administrator: User, school: School, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise OSError("Input/output error")

    monkeypatch.setattr("digibeoordelen.outbox.storage.os.fsync", refuse)
    typed = opened(client, page) | {"link_days": "90", "logo": SimpleUploadedFile("logo.png", png(310, 100))}
    answer = client.post(page, typed)
    assert NOT_SAVED in words(answer)
    assert 'value="90"' in answer.content.decode()
    school.refresh_from_db()
    assert (school.logo, school.link_days) == (None, 60)


def test_logo_and_settings_are_kept_together(client: Client, administrator: User, school: School, page: str) -> None:
    typed = opened(client, page) | {"link_days": "90", "logo": SimpleUploadedFile("logo.png", png(300, 100))}
    answer = words(client.post(page, typed, follow=True))
    assert "Bewaard: Geldigheid van een link" in answer
    assert "Het logo is opgeslagen." in answer
    school.refresh_from_db()
    assert (school.logo is not None, school.link_days) == (True, 90)


def test_chosen_logo_survives_a_mistake_in_another_field(
    client: Client, administrator: User, school: School, page: str
) -> None:
    typed = opened(client, page) | {"link_days": "0", "logo": SimpleUploadedFile("logo.png", png(300, 100))}
    answer = words(client.post(page, typed))
    assert 'role="alert"' in answer
    assert "Het logo is opgeslagen." in answer
    school.refresh_from_db()
    assert school.logo is not None


def test_page_of_settings_has_one_form(client: Client, administrator: User, page: str) -> None:
    main = words(client.get(page)).split('<main id="inhoud"')[1].split("</main>")[0]
    assert main.count("<form") == 1


def test_log_is_paginated_with_constant_queries(
    client: Client, administrator: User, school: School, django_assert_max_num_queries: Any
) -> None:
    fields = {"school": school, "name": "colour", "label": "Kleur", "by": administrator, "by_name": "Bea Beheer"}
    SchoolChange.objects.bulk_create(SchoolChange(**fields, after=f"nummer {number}") for number in range(60))
    address = reverse("school:changes", args=[school.pk])
    with django_assert_max_num_queries(6):
        assert words(client.get(address)).count("nummer ") == 50
    assert words(client.get(address, {"pagina": 2})).count("nummer ") == 10
