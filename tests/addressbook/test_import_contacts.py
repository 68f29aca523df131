"""Import of contacts: the preview, imported exactly once."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from dataclasses import replace

import pytest
from django.utils import timezone

from accounts.importing import kinds
from accounts.importing.columns import Outcome
from accounts.importing.job import PreviewOutdated, import_previewed
from accounts.importing.preview import load_rows, prepare
from accounts.importing.reading import Unreadable
from accounts.models import Membership, Role
from accounts.models.imports import RETENTION_DAYS
from addressbook.importing.contacts import EXAMPLE, validate
from addressbook.importing.write import CONTACTS
from addressbook.models import Contact, Import
from digibeoordelen.jobs.tasks import purge
from tests.concurrency import at_once
from tests.factories import ContactFactory, member

from .files import ANOUK, BART, HEADER, csv_file, xlsx


@pytest.fixture
def upload(school, docent):
    """`upload(row, …)`: the import of a file with these rows, prepared by `docent`."""

    def prepare_rows(*rows, header=HEADER):
        return prepare(Import, school=school, by=docent, file=csv_file(*rows, header=header), filename="lijst.csv")

    return prepare_rows


def outcomes(prepared):
    """Return (outcome, notes) of each row."""
    return [
        (row.outcome, "; ".join(" ".join(filter(None, [n.column, n.value, n.text])) for n in row.notes))
        for row in load_rows(prepared)
    ]


# --- Preview -------------------------------------------------------------------------------------
def test_new_contact_gets_every_field(upload, school):
    prepared = upload(ANOUK)
    assert outcomes(prepared) == [("NEW", "")]
    assert not school.contacts.filter(email="anouk@bedrijf.test").exists()
    import_previewed(prepared)
    contact = school.contacts.listed().get(email="anouk@bedrijf.test")
    assert [contact.first_name, contact.infix, contact.last_name, contact.email] == ANOUK[:4]
    assert [contact.function, contact.organisation, contact.side] == ["Chef", "Bakkerij Bos", Contact.Side.WORKPLACE]
    assert "van 't hoff anouk@bedrijf.test chef bakkerij bos" in contact.search_text


def test_an_excel_file_does_the_same(school, docent):
    import_previewed(prepare(Import, school=school, by=docent, file=xlsx(ANOUK, BART), filename="lijst.xlsx"))
    assert school.contacts.get(email="bart@bedrijf.test").side == Contact.Side.SCHOOL


def test_existing_contact_is_updated_with_notes(upload, school):
    existing = ContactFactory(school=school, first_name="Anouk", infix="van 't", last_name="Hof", email=ANOUK[3])
    prepared = upload(ANOUK)
    assert outcomes(prepared) == [
        (
            "UPDATED",
            "Achternaam Hoff was ‘Hof’; Functie Chef was leeg; Organisatie Bakkerij Bos was leeg",
        )
    ]
    import_previewed(prepared)
    existing.refresh_from_db()
    assert (existing.full_name, existing.function) == ("Anouk van 't Hoff", "Chef")
    assert "hoff" in existing.search_text


def test_same_list_again_changes_nothing(upload):
    import_previewed(upload(ANOUK))
    assert outcomes(upload(ANOUK)) == [("SKIPPED", "staat al zo in het adresboek")]


def test_empty_cell_changes_nothing(upload, school):
    import_previewed(upload(ANOUK))
    assert outcomes(upload(["Anouk", "van 't", "Hoff", "ANOUK@bedrijf.test", "", "", ""]))[0][0] == "SKIPPED"
    only_names = upload(["Anouk", "Hoff", "anouk@bedrijf.test"], header=["Voornaam", "Achternaam", "E-mail"])
    assert outcomes(only_names)[0][0] == "SKIPPED"


def test_empty_infix_is_removed_if_the_file_has_the_column(upload, school):
    import_previewed(upload(ANOUK))
    import_previewed(upload(["Anouk", "", "Hoff", "anouk@bedrijf.test", "", "", ""]))
    assert school.contacts.get(email="anouk@bedrijf.test").full_name == "Anouk Hoff"


def test_only_function_and_organisation_of_an_account_are_updated(upload, school):
    member(school, Role.PRAKTIJKOPLEIDER, first_name="Anoek", last_name="Hof", email="anouk@bedrijf.test")
    prepared = upload(ANOUK)
    assert outcomes(prepared) == [
        (
            "UPDATED",
            "Functie Chef was ‘Praktijkopleider’; Organisatie Bakkerij Bos was ‘ROC Hier’; "
            "heeft een account: alleen functie en organisatie worden overgenomen",
        )
    ]
    import_previewed(prepared)
    contact = school.contacts.get(email="anouk@bedrijf.test")
    assert (contact.full_name, contact.function, contact.organisation) == ("Anoek Hof", "Chef", "Bakkerij Bos")
    assert contact.user is not None
    assert outcomes(upload(ANOUK)) == [
        ("SKIPPED", "heeft een account: alleen functie en organisatie worden overgenomen")
    ]


def test_removed_contact_is_restored(upload, school):
    user = member(school, Role.PRAKTIJKOPLEIDER, email="anouk@bedrijf.test")
    gone = school.contacts.get(user=user)
    Membership.objects.get(user=user).delete()
    prepared = upload(ANOUK)
    assert outcomes(prepared) == [("NEW", "stond eerder in het adresboek en komt terug")]
    import_previewed(prepared)
    back = school.contacts.listed().get(email="anouk@bedrijf.test")
    assert (back.pk, back.user, back.full_name) == (gone.pk, None, "Anouk van 't Hoff")


def test_contact_of_another_school_is_hidden_and_unchanged(upload, other_school):
    theirs = ContactFactory(school=other_school, email="anouk@bedrijf.test", last_name="Daar")
    prepared = upload(ANOUK)
    assert outcomes(prepared) == [("NEW", "")]
    import_previewed(prepared)
    theirs.refresh_from_db()
    assert theirs.last_name == "Daar"


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, "", "Voornaam moet worden ingevuld"),
        (2, "", "Achternaam moet worden ingevuld"),
        (3, "", "E-mailadres moet worden ingevuld"),
        (3, "anouk", "E-mailadres anouk is geen e-mailadres"),
        (3, "anouk@-bedrijf.test", "E-mailadres anouk@-bedrijf.test is geen e-mailadres"),
        (2, "=A1&B1", "Achternaam =A1&B1 is een formule; zet er de uitkomst zelf neer"),
        (5, "#REF!", "Organisatie #REF! is een foutmelding van Excel; zet er de waarde zelf neer"),
        (4, "x" * 121, f"Functie {'x' * 121} is te lang; het mogen 120 tekens zijn"),
        (6, "Thuis", "Verbonden aan Thuis kan niet; kies uit School of Beroepsonderwijs"),
    ],
)
def test_invalid_row_has_column_value_and_reason(upload, place, value, reason):
    row = [value if at == place else cell for at, cell in enumerate(ANOUK)]
    assert outcomes(upload(row, BART)) == [("ERROR", reason), ("NEW", "")]


def test_a_formula_in_excel_is_an_error_of_its_row(school, docent):
    prepared = prepare(Import, school=school, by=docent, file=xlsx([*ANOUK[:4], "=1+1", "", ""]), filename="lijst.xlsx")
    assert outcomes(prepared) == [("ERROR", "Functie =1+1 is een formule; zet er de uitkomst zelf neer")]


def test_only_valid_rows_are_imported(upload, school):
    import_previewed(upload(["", "", "", "x", "", "", ""], BART))
    assert [c.email for c in school.contacts.filter(user=None)] == ["bart@bedrijf.test"]


def test_repeated_address_in_a_file(upload):
    assert outcomes(upload(ANOUK, BART, ANOUK, [*ANOUK[:4], "Anders", "", ""])) == [
        ("NEW", ""),
        ("NEW", ""),
        ("SKIPPED", "staat ook in regel 2"),
        ("ERROR", "E-mailadres anouk@bedrijf.test staat ook in regel 2, met andere gegevens"),
    ]


def test_the_template_s_example_is_left_out(upload):
    assert outcomes(upload(list(EXAMPLE))) == [("SKIPPED", "het voorbeeld uit het template")]


def test_side_ignores_case_and_defaults_to_the_workplace(upload, school):
    import_previewed(upload([*BART[:6], "SCHOOL"], [*ANOUK[:6], ""]))
    assert school.contacts.get(email="bart@bedrijf.test").side == Contact.Side.SCHOOL
    assert school.contacts.get(email="anouk@bedrijf.test").side == Contact.Side.WORKPLACE


def test_headers_without_rows_are_a_sentence(upload):
    with pytest.raises(Unreadable, match="staat niemand"):
        upload()


def test_file_larger_than_a_chunk(upload, school):
    rows = [["Jan", "", f"Nummer {n}", f"jan{n}@bedrijf.test", "", "", ""] for n in range(1201)]
    prepared = upload(*rows)
    assert prepared.counts == {"NEW": 1201, "UPDATED": 0, "ENDED": 0, "SKIPPED": 0, "ERROR": 0}
    import_previewed(prepared)
    changed = [[*row[:4], "Chef", "", ""] for row in rows]
    again = upload(*changed)
    assert again.counts["UPDATED"] == 1201
    import_previewed(again)
    assert school.contacts.filter(function="Chef").count() == 1201


# --- Outdated previews ---------------------------------------------------------------------------
def test_importing_twice_imports_once(upload, school):
    prepared = upload(ANOUK)
    import_previewed(prepared)
    contact = school.contacts.get(email="anouk@bedrijf.test")
    contact.function = "Directeur"
    contact.save()
    import_previewed(prepared)
    contact.refresh_from_db()
    assert contact.function == "Directeur"


def test_outdated_preview_is_refreshed(upload, school):
    prepared = upload(ANOUK, BART)
    ContactFactory(school=school, email="anouk@bedrijf.test", first_name="Anouk", infix="van 't", last_name="Hof")
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    assert not school.contacts.filter(email="bart@bedrijf.test").exists()
    prepared.refresh_from_db()
    assert prepared.imported_at is None
    assert [row.outcome for row in load_rows(prepared)] == [Outcome.UPDATED, Outcome.NEW]
    import_previewed(prepared)
    assert school.contacts.get(email="anouk@bedrijf.test").last_name == "Hoff"


def test_unrelated_change_does_not_block_the_import(upload, school):
    prepared = upload(ANOUK)
    ContactFactory(school=school)
    import_previewed(prepared)
    assert school.contacts.filter(email="anouk@bedrijf.test").exists()


def test_contact_added_during_writing_refreshes_the_preview(upload, school, monkeypatch):
    prepared = upload(ANOUK, BART)

    def validate_and_add(**arguments):
        validated = list(validate(**arguments))
        if arguments.get("lock"):
            ContactFactory(school=school, email="bart@bedrijf.test")
        return validated

    monkeypatch.setitem(kinds._kinds, Import, replace(CONTACTS, validate=validate_and_add))
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    assert not school.contacts.filter(email="anouk@bedrijf.test").exists()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_imports_once(upload, school):
    prepared = upload(ANOUK, BART)
    assert at_once(lambda: import_previewed(prepared), lambda: import_previewed(prepared)) == [None, None]
    assert school.contacts.filter(user=None).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_files_with_the_same_people_at_once(upload, school):
    first, second = upload(ANOUK, BART), upload(BART, ANOUK)
    results = at_once(lambda: import_previewed(first), lambda: import_previewed(second))
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "PreviewOutdated"]
    assert school.contacts.filter(user=None).count() == 2


# --- Retention -----------------------------------------------------------------------------------
def test_import_is_deleted_after_a_week(upload, pass_time):
    upload(ANOUK)
    pass_time(days=RETENTION_DAYS - 1)
    recent = upload(BART)
    pass_time(days=2)
    purge()
    assert list(Import.objects.all()) == [recent]


def test_ten_thousand_rows_take_little_memory(school, docent, django_assert_max_num_queries):
    rows = [["Jan", "", f"Nummer {n}", f"jan{n}@bedrijf.test", "Chef", "Bakkerij", ""] for n in range(10_000)]
    file = xlsx(*rows)
    tracemalloc.start()
    try:
        with django_assert_max_num_queries(30):
            prepare(Import, school=school, by=docent, file=file, filename="lijst.xlsx")
        assert tracemalloc.get_traced_memory()[1] < 40 * 1024 * 1024
    finally:
        tracemalloc.stop()


# --- 'Taal', a column that a file may lack -------------------------------------------------------
WITH_LANGUAGE = [*HEADER, "Taal"]


@pytest.mark.parametrize(("word", "language"), [("Engels", "en"), ("english", "en"), ("Nederlands", "nl"), ("", "nl")])
def test_new_contact_gets_the_files_language(upload, school, word, language):
    import_previewed(upload([*ANOUK, word], header=WITH_LANGUAGE))
    assert school.contacts.get(email=ANOUK[3]).language == language


def test_unknown_language_is_refused(upload):
    [(outcome, what)] = outcomes(upload([*ANOUK, "Duits"], header=WITH_LANGUAGE))
    assert (outcome, what) == ("ERROR", "Taal Duits kan niet; kies uit Nederlands of Engels")


@pytest.mark.parametrize("removed", [True, False])
def test_existing_contact_keeps_language_without_the_column(upload, school, removed):
    existing = ContactFactory(
        school=school, email=ANOUK[3], language="en", removed_at=timezone.now() if removed else None
    )
    import_previewed(upload(ANOUK))
    existing.refresh_from_db()
    assert (existing.language, existing.last_name, existing.removed_at) == ("en", "Hoff", None)


def test_change_of_language_is_noted(upload, school):
    import_previewed(upload(ANOUK))
    prepared = upload([*ANOUK, "Engels"], header=WITH_LANGUAGE)
    assert outcomes(prepared) == [("UPDATED", "Taal Engels was ‘Nederlands’")]
    import_previewed(prepared)
    assert school.contacts.get(email=ANOUK[3]).language == "en"


def test_preview_stored_without_a_newer_column_is_imported(upload, school):
    prepared = upload(ANOUK)
    rows = json.loads(zlib.decompress(prepared.packed))
    rows[0][1] = rows[0][1][:-1]
    prepared.packed = zlib.compress(json.dumps(rows).encode())
    prepared.save()
    import_previewed(prepared)
    assert school.contacts.get(email=ANOUK[3]).language == "nl"
