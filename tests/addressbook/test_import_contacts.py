"""What importing a file does to the address book: first shown, then done, once and exactly."""

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
from accounts.importing.models import RETENTION_DAYS
from accounts.importing.preview import load_rows, prepare
from accounts.importing.reading import Unreadable
from accounts.models import Membership, Role
from addressbook.importing.contacts import EXAMPLE, validate
from addressbook.importing.write import CONTACTS
from addressbook.models import Contact, Import
from digibeoordelen.jobs.tasks import purge
from tests.concurrency import at_once
from tests.factories import ContactFactory, member

from .files import ANOUK, BART, HEADER, csv_file, xlsx


@pytest.fixture
def shown(school, docent):
    """`shown(row, …)`: the import of a file with these rows, prepared by `docent`."""

    def prepare_rows(*rows, header=HEADER):
        return prepare(Import, school=school, by=docent, file=csv_file(*rows, header=header), filename="lijst.csv")

    return prepare_rows


def told(prepared):
    """(outcome, what is said of it) of each row."""
    return [
        (row.outcome, "; ".join(" ".join(filter(None, [n.column, n.value, n.text])) for n in row.notes))
        for row in load_rows(prepared)
    ]


# --- What is shown -------------------------------------------------------------------------------
def test_someone_new_gets_every_field(shown, school):
    prepared = shown(ANOUK)
    assert told(prepared) == [("NEW", "")]
    assert not school.contacts.filter(email="anouk@bedrijf.test").exists()
    import_previewed(prepared)
    contact = school.contacts.listed().get(email="anouk@bedrijf.test")
    assert [contact.first_name, contact.infix, contact.last_name, contact.email] == ANOUK[:4]
    assert [contact.function, contact.organisation, contact.side] == ["Chef", "Bakkerij Bos", Contact.Side.WORKPLACE]
    assert "van 't hoff anouk@bedrijf.test chef bakkerij bos" in contact.search_text


def test_an_excel_file_does_the_same(school, docent):
    import_previewed(prepare(Import, school=school, by=docent, file=xlsx(ANOUK, BART), filename="lijst.xlsx"))
    assert school.contacts.get(email="bart@bedrijf.test").side == Contact.Side.SCHOOL


def test_someone_who_is_there_is_updated_and_the_row_says_what_changes(shown, school):
    there = ContactFactory(school=school, first_name="Anouk", infix="van 't", last_name="Hof", email=ANOUK[3])
    prepared = shown(ANOUK)
    assert told(prepared) == [
        (
            "UPDATED",
            "Achternaam Hoff was ‘Hof’; Functie Chef was leeg; Organisatie Bakkerij Bos was leeg",
        )
    ]
    import_previewed(prepared)
    there.refresh_from_db()
    assert (there.full_name, there.function) == ("Anouk van 't Hoff", "Chef")
    assert "hoff" in there.search_text


def test_the_same_again_changes_nothing(shown):
    import_previewed(shown(ANOUK))
    assert told(shown(ANOUK)) == [("SKIPPED", "staat al zo in het adresboek")]


def test_an_empty_cell_leaves_what_is_there(shown, school):
    import_previewed(shown(ANOUK))
    assert told(shown(["Anouk", "van 't", "Hoff", "ANOUK@bedrijf.test", "", "", ""]))[0][0] == "SKIPPED"
    only_names = shown(["Anouk", "Hoff", "anouk@bedrijf.test"], header=["Voornaam", "Achternaam", "E-mail"])
    assert told(only_names)[0][0] == "SKIPPED"


def test_a_name_without_infix_takes_it_away_where_the_file_has_the_column(shown, school):
    import_previewed(shown(ANOUK))
    import_previewed(shown(["Anouk", "", "Hoff", "anouk@bedrijf.test", "", "", ""]))
    assert school.contacts.get(email="anouk@bedrijf.test").full_name == "Anouk Hoff"


def test_with_an_account_only_function_and_organisation_are_updated(shown, school):
    member(school, Role.PRAKTIJKOPLEIDER, first_name="Anoek", last_name="Hof", email="anouk@bedrijf.test")
    prepared = shown(ANOUK)
    assert told(prepared) == [
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
    assert told(shown(ANOUK)) == [("SKIPPED", "heeft een account: alleen functie en organisatie worden overgenomen")]


def test_someone_who_was_taken_out_comes_back_as_the_same_contact(shown, school):
    user = member(school, Role.PRAKTIJKOPLEIDER, email="anouk@bedrijf.test")
    gone = school.contacts.get(user=user)
    Membership.objects.get(user=user).delete()
    prepared = shown(ANOUK)
    assert told(prepared) == [("NEW", "stond eerder in het adresboek en komt terug")]
    import_previewed(prepared)
    back = school.contacts.listed().get(email="anouk@bedrijf.test")
    assert (back.pk, back.user, back.full_name) == (gone.pk, None, "Anouk van 't Hoff")


def test_another_school_s_contact_is_neither_seen_nor_touched(shown, other_school):
    theirs = ContactFactory(school=other_school, email="anouk@bedrijf.test", last_name="Daar")
    prepared = shown(ANOUK)
    assert told(prepared) == [("NEW", "")]
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
def test_a_row_that_can_t_be_imported_names_column_value_and_reason(shown, place, value, reason):
    row = [value if at == place else cell for at, cell in enumerate(ANOUK)]
    assert told(shown(row, BART)) == [("ERROR", reason), ("NEW", "")]


def test_a_formula_in_excel_is_an_error_of_its_row(school, docent):
    prepared = prepare(Import, school=school, by=docent, file=xlsx([*ANOUK[:4], "=1+1", "", ""]), filename="lijst.xlsx")
    assert told(prepared) == [("ERROR", "Functie =1+1 is een formule; zet er de uitkomst zelf neer")]


def test_the_bad_rows_stay_out_and_the_good_ones_go_in(shown, school):
    import_previewed(shown(["", "", "", "x", "", "", ""], BART))
    assert [c.email for c in school.contacts.filter(user=None)] == ["bart@bedrijf.test"]


def test_someone_twice_in_one_file(shown):
    assert told(shown(ANOUK, BART, ANOUK, [*ANOUK[:4], "Anders", "", ""])) == [
        ("NEW", ""),
        ("NEW", ""),
        ("SKIPPED", "staat ook in regel 2"),
        ("ERROR", "E-mailadres anouk@bedrijf.test staat ook in regel 2, met andere gegevens"),
    ]


def test_the_template_s_example_is_left_out(shown):
    assert told(shown(list(EXAMPLE))) == [("SKIPPED", "het voorbeeld uit het template")]


def test_side_is_read_in_any_case_and_is_the_workplace_without(shown, school):
    import_previewed(shown([*BART[:6], "SCHOOL"], [*ANOUK[:6], ""]))
    assert school.contacts.get(email="bart@bedrijf.test").side == Contact.Side.SCHOOL
    assert school.contacts.get(email="anouk@bedrijf.test").side == Contact.Side.WORKPLACE


def test_headers_without_rows_are_a_sentence(shown):
    with pytest.raises(Unreadable, match="staat niemand"):
        shown()


def test_more_rows_than_one_query_takes(shown, school):
    rows = [["Jan", "", f"Nummer {n}", f"jan{n}@bedrijf.test", "", "", ""] for n in range(1201)]
    prepared = shown(*rows)
    assert prepared.counts == {"NEW": 1201, "UPDATED": 0, "SKIPPED": 0, "ERROR": 0}
    import_previewed(prepared)
    changed = [[*row[:4], "Chef", "", ""] for row in rows]
    again = shown(*changed)
    assert again.counts["UPDATED"] == 1201
    import_previewed(again)
    assert school.contacts.filter(function="Chef").count() == 1201


# --- What was shown is what is done --------------------------------------------------------------
def test_importing_twice_imports_once(shown, school):
    prepared = shown(ANOUK)
    import_previewed(prepared)
    contact = school.contacts.get(email="anouk@bedrijf.test")
    contact.function = "Directeur"
    contact.save()
    import_previewed(prepared)
    contact.refresh_from_db()
    assert contact.function == "Directeur"


def test_an_address_book_that_changed_meanwhile_is_shown_anew(shown, school):
    prepared = shown(ANOUK, BART)
    ContactFactory(school=school, email="anouk@bedrijf.test", first_name="Anouk", infix="van 't", last_name="Hof")
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    assert not school.contacts.filter(email="bart@bedrijf.test").exists()
    prepared.refresh_from_db()
    assert prepared.imported_at is None
    assert [row.outcome for row in load_rows(prepared)] == [Outcome.UPDATED, Outcome.NEW]
    import_previewed(prepared)
    assert school.contacts.get(email="anouk@bedrijf.test").last_name == "Hoff"


def test_a_change_that_leaves_every_row_what_it_was_stands_in_nobody_s_way(shown, school):
    prepared = shown(ANOUK)
    ContactFactory(school=school)
    import_previewed(prepared)
    assert school.contacts.filter(email="anouk@bedrijf.test").exists()


def test_someone_added_while_it_is_written_is_shown_anew(shown, school, monkeypatch):
    prepared = shown(ANOUK, BART)

    def judge_and_add(**arguments):
        judged = list(validate(**arguments))
        if arguments.get("lock"):
            ContactFactory(school=school, email="bart@bedrijf.test")
        return judged

    monkeypatch.setitem(kinds._kinds, Import, replace(CONTACTS, validate=judge_and_add))
    with pytest.raises(PreviewOutdated):
        import_previewed(prepared)
    assert not school.contacts.filter(email="anouk@bedrijf.test").exists()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_imports_once(shown, school):
    prepared = shown(ANOUK, BART)
    assert at_once(lambda: import_previewed(prepared), lambda: import_previewed(prepared)) == [None, None]
    assert school.contacts.filter(user=None).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_files_with_the_same_people_at_once(shown, school):
    first, second = shown(ANOUK, BART), shown(BART, ANOUK)
    results = at_once(lambda: import_previewed(first), lambda: import_previewed(second))
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "PreviewOutdated"]
    assert school.contacts.filter(user=None).count() == 2


# --- What is kept --------------------------------------------------------------------------------
def test_what_was_handed_in_is_forgotten_after_a_week(shown, pass_time):
    shown(ANOUK)
    pass_time(days=RETENTION_DAYS - 1)
    recent = shown(BART)
    pass_time(days=2)
    purge()
    assert list(Import.objects.all()) == [recent]


@pytest.mark.once
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
def test_someone_new_gets_the_language_that_the_file_names(shown, school, word, language):
    import_previewed(shown([*ANOUK, word], header=WITH_LANGUAGE))
    assert school.contacts.get(email=ANOUK[3]).language == language


def test_a_language_that_is_none_of_ours_is_refused(shown):
    [(outcome, what)] = told(shown([*ANOUK, "Duits"], header=WITH_LANGUAGE))
    assert (outcome, what) == ("ERROR", "Taal Duits kan niet; kies uit Nederlands of Engels")


@pytest.mark.parametrize("removed", [True, False])
def test_who_is_there_keeps_the_language_when_the_file_names_none(shown, school, removed):
    there = ContactFactory(school=school, email=ANOUK[3], language="en", removed_at=timezone.now() if removed else None)
    import_previewed(shown(ANOUK))
    there.refresh_from_db()
    assert (there.language, there.last_name, there.removed_at) == ("en", "Hoff", None)


def test_a_change_of_language_is_said(shown, school):
    import_previewed(shown(ANOUK))
    prepared = shown([*ANOUK, "Engels"], header=WITH_LANGUAGE)
    assert told(prepared) == [("UPDATED", "Taal Engels was ‘Nederlands’")]
    import_previewed(prepared)
    assert school.contacts.get(email=ANOUK[3]).language == "en"


def test_what_was_shown_before_there_was_such_a_column_is_imported(shown, school):
    prepared = shown(ANOUK)
    rows = json.loads(zlib.decompress(prepared.packed))
    rows[0][1] = rows[0][1][:-1]
    prepared.packed = zlib.compress(json.dumps(rows).encode())
    prepared.save()
    import_previewed(prepared)
    assert school.contacts.get(email=ANOUK[3]).language == "nl"
