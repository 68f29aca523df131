"""`manage.py load_exam`: a valid file becomes a version, any other is refused with a message in Dutch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exams.content.excel_writer import write_workbook
from exams.content.schema import (
    CODE,
    MAX_CRITERIA,
    MAX_CRITERIA_IN_ALL,
    CoreTaskContent,
    CriterionContent,
    ExamContent,
    Fault,
    FileRefused,
    PartContent,
    UnitContent,
    WorkProcessContent,
    read_exam,
)
from exams.content.schema import TITLE as TITLE_LENGTH
from exams.content.versions import read_content
from exams.content.yaml_reader import MAX_BYTES, MAX_VALUES, parse
from exams.content.yaml_writer import write_yaml
from exams.grading.scores import CoreTaskNode, PartNode, Score, UnitNode, WorkProcessNode
from exams.models import CoreTask, Criterion, Exam, ExamUnit, ExamVersion, WorkProcess
from tests.exams.grading.schemes import linear_data

DATA = django_settings.BASE_DIR / "exams" / "data"
SMALL = """\
exam:
  kind: PROFESSION
  code: "25656"
  title: Verzorgende IG
  cohort: 2025-2026
  level: 3
grading:
  rule: points-table
  good_from: 3
units:
  - code: PVB-1
    title: Zorg verlenen
    grading: {good_from: 3}
    core_tasks:
      - code: B1-K1
        title: Bieden van zorg
        grading: {good_from: 3, weight: "1", table: ["1.0", "3.3", "5.5", "7.8", "10.0"]}
        work_processes:
          - code: B1-K1-W1
            title: Onderkent de gezondheidstoestand
            grading: {good_from: 3, table: ["1.0", "3.3", "5.5", "7.8", "10.0"]}
            parts:
              - kind: BEHAVIOUR
                grading: {good_from: 2}
                criteria:
                  - text: Maakt contact.
                    O: Zegt niets.
                    V: Stelt zich voor.
                    G: Stelt gerust.
              - kind: PRODUCT
                grading: {good_from: 2}
                criteria:
                  - text: Rapporteert.
                    O: Het verslag ontbreekt.
                    V: Het verslag is er.
                    G: Het verslag is volledig.
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write `SMALL` with replacements, or other content, to a file."""

    def write_file(*replaced: tuple[str, str], content: bytes | None = None, name: str = "examen.yaml") -> Path:
        text = SMALL
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_bytes(text.encode() if content is None else content)
        return path

    return write_file


def load(*paths: Path, publish: bool = False) -> str:
    out = StringIO()
    call_command("load_exam", *paths, publish=publish, stdout=out)
    return out.getvalue()


def refusal(*paths: Path) -> str:
    with pytest.raises(CommandError) as refused:
        load(*paths)
    return str(refused.value)


# --- Valid files ---------------------------------------------------------------------------------
@pytest.mark.django_db
def test_file_becomes_a_version_with_all_content(write):
    assert load(write(), publish=True) == "Verzorgende IG (25656, 2025-2026), versie 1: ingelezen en gepubliceerd.\n"
    exam = Exam.objects.get()
    assert str(exam) == "Verzorgende IG (25656, 2025-2026)"
    assert (exam.kind, exam.level) == ("PROFESSION", 3)
    version = exam.current_version
    assert version is not None
    (unit,) = version.units.with_content()
    (task,) = unit.core_tasks.all()
    (process,) = task.work_processes.all()
    behaviour, product = process.parts.all()
    (criterion,) = product.criteria.all()
    assert [str(thing) for thing in (unit, task, process, behaviour, product, criterion)] == [
        "PVB-1 Zorg verlenen",
        "B1-K1 Bieden van zorg",
        "B1-K1-W1 Onderkent de gezondheidstoestand",
        "Gedragsobservatie",
        "Productbeoordeling",
        "Rapporteert.",
    ]
    assert criterion.meaning_o == "Het verslag ontbreekt."
    assert criterion.meaning_v == "Het verslag is er."
    assert criterion.meaning_g == "Het verslag is volledig."
    scores = dict.fromkeys(unit.node().criteria, Score.V)
    assert version.scheme().grade_unit("PVB-1", scores).as_json()["grade"] == "5.5"


@pytest.mark.django_db
def test_a_criterion_may_have_several_lines(write):
    load(write(("text: Rapporteert.", 'text: "Rapporteert:\\n- feiten\\n- afspraken"')))
    assert Criterion.objects.filter(text="Rapporteert:\n- feiten\n- afspraken").exists()


@pytest.mark.django_db
def test_without_publish_the_version_waits(write):
    assert "ingelezen, nog niet gepubliceerd" in load(write())
    assert Exam.objects.get().current_version is None


@pytest.mark.django_db
def test_same_file_again_changes_nothing(write):
    path = write()
    load(path, publish=True)
    assert "was al ingelezen; er is niets veranderd" in load(path, publish=True)
    assert ExamVersion.objects.count() == 1
    assert Criterion.objects.count() == 2


@pytest.mark.django_db
def test_same_file_with_publish_publishes_its_draft(write):
    path = write()
    load(path)
    assert "was al ingelezen, nu gepubliceerd" in load(path, publish=True)
    assert Exam.objects.get().current_version == ExamVersion.objects.get()


@pytest.mark.django_db
def test_changed_file_becomes_the_next_version(write):
    load(write(), publish=True)
    mended = write(
        ("title: Verzorgende IG", "title: Verzorgende-IG"), ("text: Rapporteert.", "text: Rapporteert juist.")
    )
    assert "Verzorgende-IG (25656, 2025-2026), versie 2" in load(mended, publish=True)
    first, second = ExamVersion.objects.order_by("number")
    assert Exam.objects.get().current_version == second
    assert Criterion.objects.filter(
        part__work_process__core_task__unit__exam_version=first, text="Rapporteert."
    ).exists()


@pytest.mark.django_db
def test_another_cohort_is_another_exam(write):
    load(write())
    load(write(("2025-2026", "2026-2027")))
    assert Exam.objects.count() == 2


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_content(write):
    def queries(path: Path) -> int:
        with CaptureQueriesContext(connection) as captured:
            load(path, publish=True)
        return len(captured)

    assert queries(write()) == queries(DATA / "assistent-logistiek-25743.yaml")


@pytest.mark.django_db(transaction=True)
def test_concurrent_loads_get_different_version_numbers(write):
    paths = [write(("Rapporteert.", f"Rapporteert {n}."), name=f"{n}.yaml") for n in range(3)]
    start = threading.Barrier(len(paths))

    def load_one(path: Path) -> None:
        start.wait()
        try:
            load(path, publish=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(paths)) as pool:
        list(pool.map(load_one, paths))
    assert sorted(ExamVersion.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert Criterion.objects.count() == 6


@pytest.mark.django_db
def test_byte_order_mark_and_windows_line_ends_are_accepted(write):
    content = b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()
    assert "ingelezen" in load(write(content=content))


# --- Invalid files -------------------------------------------------------------------------------
def test_one_invalid_file_refuses_all_files(write, db):
    good, bad = write(), write(("level: 3", "level: 7"), name="kapot.yaml")
    message = refusal(good, bad)
    assert f"{bad}, regel 6: Examen: 'level' is het niveau: 1, 2, 3 of 4." in message
    assert str(good) not in message
    assert message.endswith("Er is niets ingelezen.")
    assert not Exam.objects.exists()


TITLE, LEVEL_O, TASK = "title: Zorg verlenen", "O: Zegt niets.", "Exameneenheid PVB-1, kerntaak B1-K1"
PART = f"{TASK}, werkproces B1-K1-W1, onderdeel BEHAVIOUR"
WRONG = [
    # Old text, new text, expected message.
    (TITLE, "titel: Zorg", "regel 12: Exameneenheid PVB-1: het veld 'titel' is onbekend; bedoelt u 'title'?"),
    (TITLE, "title:", "regel 12: Exameneenheid PVB-1: het veld 'title' ontbreekt of is leeg; vul het in."),
    (TITLE, 'title: "Zorg\\nverlenen"', "regel 12: Exameneenheid PVB-1: 'title' hoort op één regel te staan."),
    (TITLE, f"title: {'x' * 201}", "'title' is 201 tekens lang; maak er hoogstens 200 van."),
    (TITLE, "title: {a: 1}", "regel 12: Exameneenheid PVB-1: 'title' hoort een tekst te zijn"),
    (TITLE, "title: Zorg: verlenen", "regel 12: een dubbele punt te veel; zet een tekst met ': ' erin"),
    (TITLE, "title: 'Zorg", "hier gaat een aanhalingsteken (') open en nergens dicht"),
    (TITLE, "\ttitle: Zorg", "regel 12: zo kan een regel niet beginnen; gebruik spaties en geen tabs"),
    (TITLE, "title: *zorg", "regel 12: verwijzingen (& en *) kunnen hier niet; schrijf de tekst voluit."),
    (TITLE, "title: !!python/object:os.system x", "regel 12: soortaanduidingen (!) kunnen hier niet"),
    (TITLE, "title: !!str x", "regel 12: soortaanduidingen (!) kunnen hier niet"),
    ('code: "25656"', "code: 25656", "regel 3: Examen: 'code' hoort een tekst te zijn; zet er aanhalingstekens"),
    ('code: "25656"', 'code: "2565"', "regel 3: Examen: 'code' klopt niet. Een crebonummer heeft vijf cijfers"),
    ("PROFESSION", "KEUZEDEEL", "regel 3: Examen: 'code' klopt niet. De code van een keuzedeel is een K met vier"),
    ("PROFESSION", "BEROEP", "regel 2: Examen: 'kind' hoort een van deze te zijn: PROFESSION, KEUZEDEEL."),
    ("2025-2026", "2025", "regel 5: Examen: 'cohort' klopt niet. Schrijf het cohort als schooljaar"),
    ("2025-2026", "2025-2027", "regel 5: Examen: 'cohort' klopt niet. Schrijf het cohort als schooljaar"),
    ("level: 3", "level: true", "regel 6: Examen: 'level' is het niveau: 1, 2, 3 of 4."),
    ("rule: points-table", "rule: [x]", "regel 8: Examen: 'rule' hoort een van deze te zijn: points-table."),
    ("rule: points-table", "units: {}", "regel 8: Examen: 'units' hoort niet in 'grading', maar ernaast."),
    ("good_from: 3\nunits", "good_from: 9\nunits", "regel 9: Examen: 'good_from' is 9, maar bij 2 criteria kan dat"),
    ('["1.0", "3.3"', '["1.0", 3.3', f"regel 17: {TASK}: 'table' heeft bij 1 punt 3.3; schrijf een cijfer als '7.5'"),
    ("{good_from: 2}", "{}", f"regel 24: {PART}: 'good_from' ontbreekt; voeg het toe."),
    ("{good_from: 2}", "2", f"regel 24: {PART}: 'grading' hoort namen met waarden te hebben"),
    (
        "kind: PRODUCT",
        "kind: BEHAVIOUR",
        "werkproces B1-K1-W1: onderdeel 'BEHAVIOUR' staat er 2 keer in; eens is genoeg.",
    ),
    (LEVEL_O, "0: Zegt niets.", "regel 27: voor de dubbele punt hoort een woord"),
    (LEVEL_O, "V: Zegt niets.", "regel 28: 'V' stond er al, op regel 27; elke sleutel mag maar één keer."),
    (LEVEL_O, 'O: " "', f"regel 27: {PART}, criterium 1: 'O' is leeg; vul het in."),
    (LEVEL_O, 'O: "Zegt\\0niets."', f"regel 27: {PART}, criterium 1: in 'O' staat een onzichtbaar teken"),
    (LEVEL_O, 'O: "Zegt \\ud800"', f"regel 27: {PART}, criterium 1: in 'O' staat een onzichtbaar teken"),
    (LEVEL_O, "O: Stelt zich voor.", f"{PART}, criterium 1: de tekst 'Stelt zich voor.' staat er 2 keer in"),
    ("units:\n", "units:\n---\n", "regel 11: hier begint een tweede document; één bestand is één examen."),
    ("units:\n", "units: []\nmeer:\n", "regel 10: Examen: 'units' hoort een lijst te zijn: een of meer regels"),
]


@pytest.mark.parametrize(("old", "new", "expected"), WRONG)
def test_fault_has_line_place_and_correction(write, old, new, expected):
    message = refusal(write((old, new)))
    assert expected in message
    assert "examen.yaml" in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "het bestand is leeg; kies het bestand"),
        (b"# alleen een opmerking\n", "het bestand is leeg; kies het bestand"),
        (b"examen", "regel 1: Bestand: hier horen de velden exam, grading, units."),
        (b"- examen", "regel 1: Bestand: hier horen de velden exam, grading, units."),
        (SMALL.replace("Zorg", "Zörg").encode("latin-1"), "regel 12: dit is geen UTF-8; bewaar het bestand"),
        (SMALL.encode("utf-16"), "regel 1: dit is geen UTF-8"),
        (b"a: b\x00c", "regel 1: hier staat een onzichtbaar teken; haal het weg."),
        (b"x" * (MAX_BYTES + 1), "het bestand is groter dan 1024 kB; zo groot is geen examen."),
        (b"- a\n" * (MAX_VALUES + 1), f"regel {MAX_VALUES}: er staan meer dan {MAX_VALUES} dingen in; zo groot is"),
        (b"[" * 100_000, "regel 1: dit ligt meer dan 20 niveaus diep; zo diep is geen examen."),
        (b"- " * 50_000, "regel 1: dit ligt meer dan 20 niveaus diep"),
        (b"{a: " * 50_000, "regel 1: dit ligt meer dan 20 niveaus diep"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\n", "regel 1: verwijzingen (& en *) kunnen hier niet"),
        (b"? [a, b]\n: c\n", "regel 1: voor de dubbele punt hoort een woord"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "regel 2: dit is geen UTF-8"),
        (b"PK\x03\x04", "het is beschadigd of geen echt Excel-bestand."),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "Dit is geen .xlsx-bestand, maar een ouder soort"),
    ],
)
def test_an_odd_file_gets_a_sentence(write, content, expected):
    assert expected in refusal(write(content=content))


def test_missing_file_or_folder_is_refused_with_a_message(tmp_path):
    for path in (tmp_path / "weg.yaml", tmp_path, tmp_path / ("x" * 300)):
        assert "dit bestand" in refusal(path)


def test_more_criteria_than_a_form_can_hold_are_refused(write):
    line = "                  - {{text: Nummer {0}, O: Nee {0}, V: Ja {0}, G: Goed {0}}}\n"
    many = "".join(line.format(number) for number in range(MAX_CRITERIA))
    path = write(("                  - text: Rapporteert.", many + "                  - text: Rapporteert."))
    assert f"{MAX_CRITERIA + 2} criteria passen niet op één formulier; hoogstens {MAX_CRITERIA}." in refusal(path)


def test_first_faults_are_listed_and_the_rest_counted(write):
    path = write(content=b"exam:\n" + b"".join(b"  veld%d: x\n" % number for number in range(60)))
    message = refusal(path)
    assert message.count("\n") == 21
    assert "en nog 46 fouten; los deze eerst op." in message


def faults_of(content: bytes) -> tuple[Fault, ...] | None:
    """Return the faults; None for a valid file."""
    try:
        read_exam(parse(content))
    except FileRefused as error:
        return error.faults
    return None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_file_is_read_or_refused(data):
    lines = SMALL.split("\n")
    text = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
        ["- ", "{", "]", ": ", "&a ", '"', "|", "!!int "]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[at])))
        lines[at] = lines[at][:cut] + data.draw(text) + lines[at][data.draw(st.integers(cut, len(lines[at]))) :]
    faults = faults_of("\n".join(lines).encode())
    assert faults is None or faults
    assert all(fault.text.endswith((".", "?")) for fault in faults or ())


@pytest.mark.parametrize("model", [ExamUnit, CoreTask, WorkProcess])
def test_maximum_lengths_equal_those_of_the_database(model):
    others = [field.name for field in model._meta.fields if field.name not in ("code", "title")]
    model(code="x" * CODE, title="x" * TITLE_LENGTH).clean_fields(exclude=others)
    with pytest.raises(ValidationError) as refused:
        model(code="x" * (CODE + 1), title="x" * (TITLE_LENGTH + 1)).clean_fields(exclude=others)
    assert set(refused.value.message_dict) == {"code", "title"}


def test_maximum_number_of_criteria_fits_both_formats():
    def exam_of(units: int) -> ExamContent:
        """Return an exam of ten criteria per unit, two per work process."""

        def process(unit: int, number: int) -> WorkProcessNode:
            return WorkProcessNode(f"W{number}", (PartNode("PRODUCT", tuple(f"{unit}-{number}-{n}" for n in "12")),))

        tasks = [CoreTaskNode("K1", tuple(process(unit, number) for number in range(5))) for unit in range(units)]
        return content_with([UnitNode(f"U{unit}", (task,)) for unit, task in enumerate(tasks)])

    most = exam_of(MAX_CRITERIA_IN_ALL // 10)
    assert read_content(write_yaml(most).encode()).content == most
    assert read_content(write_workbook(most)).content == most
    with pytest.raises(FileRefused, match="1010 criteria is te veel; hoogstens 1000 per examen"):
        read_content(write_workbook(exam_of(MAX_CRITERIA_IN_ALL // 10 + 1)))


def content_with(nodes: list[UnitNode]) -> ExamContent:
    units = tuple(
        UnitContent(unit.code, "Titel", tuple(
            CoreTaskContent(task.code, "Titel", tuple(
                WorkProcessContent(process.code, "Titel", "", tuple(
                    PartContent(str(part.key), tuple(
                        CriterionContent(f"Doet {key}.", f"O {key}.", f"V {key}.", f"G {key}.") for key in part.criteria
                    ))
                    for part in process.parts
                ))
                for process in task.work_processes
            ))
            for task in unit.core_tasks
        ))
        for unit in nodes
    )  # fmt: skip
    data = linear_data(nodes)
    return ExamContent("PROFESSION", "25656", "Titel", "2025-2026", None, "points-table", data, units)
