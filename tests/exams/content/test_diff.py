"""The differences between two versions of an exam, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exams.content.diff import MAX_COMPARED, differences
from exams.content.guide import example, example_source
from exams.content.schema import ExamContent
from exams.content.versions import read_content

W1 = "Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W1"
W2 = "Exameneenheid PVB-1, kerntaak B1-K1, werkproces B1-K1-W2"


def changed(*replaced: tuple[str, str]) -> ExamContent:
    text = example_source()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new, 1)
    return read_content(text.encode()).content


def descriptions(new: ExamContent, old: ExamContent | None = None) -> list[str]:
    return [f"{item.kind.label} – {item.place}: {item.text}" for item in differences(old or example(), new)]


def test_equal_content_has_no_differences() -> None:
    assert descriptions(example()) == []
    assert descriptions(changed(('weight: "1"', "weight: 1"), ('"7.8"', '"7.80"'))) == []  # the same numbers


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        (
            "Voorbeeld gastheer",
            "Gastheer",
            "Gewijzigd – Examen: De titel was ‘Voorbeeld gastheer’ en wordt ‘Gastheer’.",
        ),
        ("level: 2", "level: 3", "Gewijzigd – Examen: Het niveau was ‘2’ en wordt ‘3’."),
        ("good_from: 8   ", "good_from: 9   ", "Gewijzigd – Examen: G vanaf was 8 en wordt 9 punten."),
        (
            'weight: "1"',
            'weight: "1.5"',
            "Gewijzigd – Exameneenheid PVB-1, kerntaak B1-K1: De weging was 1 en wordt 1,5.",
        ),
        (
            '"3.3", "5.5"',
            '"3.0", "5.0"',
            f"Gewijzigd – {W2}: De cijfers zijn anders: bij 1 punt 3,3 → 3,0, bij 2 punten 5,5 → 5,0.",
        ),
        ("Ontvangt gasten", "Ontvangt", f"Gewijzigd – {W1}: De titel was ‘Ontvangt gasten’ en wordt ‘Ontvangt’."),
        (
            "grading: {good_from: 2}",
            "grading: {good_from: 2}  # een opmerking",
            None,
        ),
        (
            "Begroet de gast.",
            "Begroet elke gast.",
            f"Gewijzigd – {W1}, Gedragsobservatie, criterium 1: Het criterium is anders.",
        ),
        (
            "Houdt glazen bij de steel",
            "Pakt glazen bij de steel",
            f"Gewijzigd – {W2}, Gedragsobservatie, criterium 2: Wat V betekent is anders.",
        ),
    ],
)
def test_each_change_is_reported_with_its_location(old: str, new: str, result: str | None) -> None:
    assert descriptions(changed((old, new))) == ([result] if result else [])


def test_changed_text_is_reported_before_and_after() -> None:
    [difference] = differences(example(), changed(("Begroet de gast.", "Begroet elke gast.")))
    assert (difference.before, difference.after) == ("Begroet de gast.", "Begroet elke gast.")


def without_w2() -> ExamContent:
    text = example_source()
    text = text[: text.index("          - code: B1-K1-W2")].replace("good_from: 8", "good_from: 5")
    nine = '"1.0", "1.9", "2.8", "3.7", "4.6", "5.5", "6.4", "7.3", "8.2", "9.1", "10.0"'
    return read_content(text.replace(nine, '"1.0", "2.5", "4.0", "5.5", "7.0", "8.5", "10.0"').encode()).content


def test_added_or_removed_work_process_is_reported_with_its_size() -> None:
    gone = descriptions(without_w2())
    title = "Serveert gerechten en dranken"
    place = "Exameneenheid PVB-1, kerntaak B1-K1"
    assert f"Vervalt – {place}: Werkproces B1-K1-W2 ‘{title}’, met 2 criteria." in gone
    assert f"Gewijzigd – {place}: De cijfertabel ging tot 10 punten en gaat nu tot 6 punten." in gone
    come = descriptions(example(), without_w2())
    assert f"Nieuw – {W2}: ‘{title}’, met 2 criteria." in come


def test_removed_part_is_reported() -> None:
    [unit] = example().units
    [task] = unit.core_tasks
    first, second = task.work_processes
    less = replace(first, parts=first.parts[:1])
    new = replace(example(), units=(replace(unit, core_tasks=(replace(task, work_processes=(less, second)),)),))
    assert f"Vervalt – {W1}: Productbeoordeling, met 1 criterium." in descriptions(new)
    assert f"Nieuw – {W1}: Productbeoordeling, met 1 criterium." in descriptions(example(), new)


def test_unlike_criterion_is_new_and_the_old_removed() -> None:
    result = descriptions(
        changed(
            ("text: De bon klopt.", "text: Rekent af."),
            ("Er ontbreekt een gerecht of een tafelnummer.", "Vraagt te veel."),
            ("Gerechten, aantallen en tafelnummer kloppen.", "Geeft het juiste bedrag terug."),
            ("Ook wensen en allergieën staan er duidelijk op.", "Bedankt de gast ook."),
        )
    )
    assert result == [
        f"Nieuw – {W1}, Productbeoordeling: Criterium 1: ‘Rekent af.’",
        f"Vervalt – {W1}, Productbeoordeling: Criterium ‘De bon klopt.’",
    ]


def test_another_order_is_reported_once() -> None:
    [unit] = example().units
    [task] = unit.core_tasks
    turned = replace(task, work_processes=task.work_processes[::-1])
    new = replace(example(), units=(replace(unit, core_tasks=(turned,)),))
    assert descriptions(new) == ["Gewijzigd – Exameneenheid PVB-1, kerntaak B1-K1: De volgorde is anders."]


def test_hundreds_of_different_criteria_are_compared_quickly() -> None:
    [unit] = example().units
    [task] = unit.core_tasks
    first, second = task.work_processes
    [criterion] = first.parts[1].criteria

    def with_criteria(word: str) -> ExamContent:
        many = tuple(
            replace(criterion, text=f"{word * 900} {n}", meaning_o=f"{word}O{n}", meaning_v=f"{word}V{n}")
            for n in range(MAX_COMPARED // 40)
        )
        part = replace(first.parts[1], criteria=many)
        process = replace(first, parts=(first.parts[0], part))
        return replace(example(), units=(replace(unit, core_tasks=(replace(task, work_processes=(process, second)),)),))

    result = descriptions(with_criteria("b"), with_criteria("a"))
    assert len(result) == 2 * (MAX_COMPARED // 40)
