"""Patterns of student numbers."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.models.number_formats import check_patterns, example, read_number, read_patterns


def read(typed: str, forms: str) -> str:
    return read_number(typed, patterns=forms, school="ROC Hier")


@pytest.mark.parametrize(
    ("forms", "typed", "kept"),
    [
        ("", "wat dan ook", "watdanook"),
        ("999999", " 12 34 56 ", "123456"),
        ("999999 9999999", "1234567", "1234567"),
        ("999999,9999999", "1234567", "1234567"),
        ("s999999", "S123456", "s123456"),
        ("AA-99", "xy-12", "XY-12"),
        ("999999", "", ""),
    ],
)
def test_number_gets_the_case_of_its_pattern(forms: str, typed: str, kept: str) -> None:
    assert read(typed, forms) == kept


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345a", "١٢٣٤٥٦", "123456²"[:6] + "²", "12345\x00"])
def test_number_of_another_format_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        read(typed, "999999")


@pytest.mark.parametrize(
    ("forms", "message"),
    [
        ("999999", "Een studentnummer van ROC Hier bestaat uit 6 cijfers, zoals 123456."),
        ("s9999", "Een studentnummer van ROC Hier bestaat uit ‘s’ en 4 cijfers, zoals s1234."),
        ("A9999 99999", "… bestaat uit 1 letter en 4 cijfers, of uit 5 cijfers, zoals A1234 of 12345."),
        ("AA-9", "… bestaat uit 2 letters en ‘-’ en 1 cijfer, zoals AB-1."),
    ],
)
def test_error_describes_the_format(forms: str, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read("x", forms)
    assert refused.value.message.endswith(message.removeprefix("…"))


@pytest.mark.parametrize(
    ("forms", "message"),
    [
        ("123456", "Schrijf een 9 voor elk cijfer."),
        ("[0-9]{6}", "Gebruik letters, 9 en"),
        ("(a+)+$", "Gebruik letters, 9 en"),
        ("stnr", "geen 9 of A"),
        ("9" * 21, "langer dan 20"),
        ("9 99 999 9999 99999 999999 9999999", "hooguit 6"),
    ],
)
def test_invalid_pattern_is_refused_with_a_hint(forms: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        check_patterns(forms)


@given(st.text(alphabet="9Asx-/.", min_size=1, max_size=20).filter(lambda form: set(form) & {"9", "A"}))
def test_example_matches_its_pattern(form: str) -> None:
    check_patterns(form)
    assert read(example(form), form) == example(form)
    assert read_patterns(form) == [form]
