"""The source text's part A, 'Examinator(en) kiezen', sentence by sentence in a real browser (A.8 – A.15)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import School, User
from addressbook.models import Contact
from assessments.models import Assessment, Assignment
from exams.models import ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Page]
Shots = Callable[[Page, str], None]

ERIK, TINEKE = "Erik Examinator", "Tineke Tweede"


@pytest.fixture
def choosing(log_in_at: Open, assessment: Assessment, docent: User) -> Open:
    """Return a function that opens 'Examinator(en) kiezen' of the student as a docent."""

    def open_page(user: User = docent, **browser) -> Page:
        return log_in_at(user, f"/beoordelingen/{assessment.public_id}/examinatoren/", **browser)

    return open_page


@pytest.fixture
def bart(school: School, unit: ExamUnit, docent: User) -> Assessment:
    student = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Zomer")
    return steps.start_assessment(student, unit, docent)


def tick(page: Page, *names: str, untick: tuple[str, ...] = ()) -> None:
    """Tick contacts in the address book and click 'Overnemen'."""
    expect(page.get_by_role("heading", name="Adresboek")).to_be_visible()
    for name in untick:
        page.get_by_label(name).uncheck()
    for name in names:
        page.get_by_label(name).check()
    page.get_by_role("button", name="Overnemen").click()


def choose_whole(page: Page, *names: str, untick: tuple[str, ...] = ()) -> None:
    page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    tick(page, *names, untick=untick)


def choose_for(page: Page, where: str, *names: str) -> None:
    page.get_by_role("link", name=f"Kies examinator(en) voor {where}").click()
    tick(page, *names)


def line(page: Page, where: str) -> Locator:
    """Return the line of the matrix whose button is for `where`."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=f"Kies examinator(en) voor {where}"))


def names_at(page: Page) -> list[list[str]]:
    """Wait for the page after 'Overnemen'; return the names at each of the four parts in page order."""
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".matrix-3")).to_have_count(4)
    page.wait_for_load_state()
    cells = [box.locator("td").first.locator("span").first for box in page.locator(".matrix-3").all()]
    return [[] if text == "nog niemand" else text.split(", ") for text in (cell.inner_text() for cell in cells)]


def test_a8_one_or_more_examiners_for_the_whole_exam(
    choosing: Open, examiner: Contact, second_examiner: Contact, shots: Shots
) -> None:
    page = choosing()
    shots(page, "g1-nog-niemand")
    choose_whole(page, ERIK)
    expect(page.get_by_role("status")).to_have_text("Gekozen voor het hele examen: Erik Examinator.")
    assert names_at(page) == [[ERIK]] * 4
    choose_whole(page, TINEKE)
    expect(page.get_by_role("status")).to_contain_text(TINEKE)
    assert names_at(page) == [[ERIK, TINEKE]] * 4
    shots(page, "g2-twee-voor-het-hele-examen")


def test_a9_several_examiners_each_for_one_or_more_work_processes(
    choosing: Open, examiner: Contact, second_examiner: Contact, shots: Shots
) -> None:
    page = choosing()
    choose_for(page, "B1-K1-W1 Werkproces 1", ERIK)
    assert names_at(page) == [[ERIK], [ERIK], [], []]
    shots(page, "g3-een-werkproces")
    page.get_by_role("link", name="Examinatoren uitnodigen").click()
    expect(page.get_by_text("2 onderdelen hebben nog geen examinator.")).to_be_visible()
    page.get_by_role("link", name="Kies examinatoren").first.click()
    choose_for(page, "B1-K1-W2 Werkproces 2", TINEKE)
    expect(page.locator("tr:focus")).to_contain_text("B1-K1-W2 Werkproces 2")
    assert names_at(page) == [[ERIK], [ERIK], [TINEKE], [TINEKE]]
    expect(line(page, "B1-K1-W2").first.locator(".matrix-own")).to_have_text(TINEKE)
    shots(page, "g4-per-werkproces")


def test_a10_each_part_has_its_own_examiner(
    choosing: Open, examiner: Contact, second_examiner: Contact, school: School, shots: Shots
) -> None:
    ContactFactory(
        school=school,
        first_name="Wilhelmina-Alexandra",
        infix="van den",
        last_name="Heuvel-Rietveld tot Oudewater",
        function="Praktijkbegeleider verpleging en verzorging",
        organisation="Stichting Woonzorgcentra Rivierenland-Oost",
    )
    page = choosing()
    choose_whole(page, ERIK)
    choose_for(page, "Gedragsobservatie van B1-K1-W2", TINEKE)
    expect(page.locator("tr:focus")).to_contain_text(TINEKE)
    choose_for(page, "Productbeoordeling van B1-K1-W2", "Wilhelmina-Alexandra", TINEKE, ERIK)
    assert names_at(page)[:3] == [[ERIK], [ERIK], [TINEKE]]
    assert len(names_at(page)[3]) == 3
    own = line(page, "Gedragsobservatie van B1-K1-W2")
    expect(own.locator(".matrix-own")).to_have_text(TINEKE)
    shots(page, "g5-per-onderdeel")
    own.get_by_role("button", name="Weer zoals voor het hele examen").click()
    expect(own.locator(".matrix-own")).to_have_count(0)
    assert names_at(page)[2] == [ERIK]


def test_a12_tick_names_the_examiner_at_the_top(choosing: Open, examiner: Contact, second_examiner: Contact) -> None:
    page = choosing()
    page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    chosen = page.get_by_role("group", name="Gekozen")
    expect(chosen).not_to_contain_text(ERIK)
    page.get_by_label(ERIK).check()
    expect(chosen).to_contain_text(ERIK)
    expect(page.get_by_label(ERIK)).to_be_focused()
    page.get_by_label(ERIK).uncheck()
    expect(chosen).not_to_contain_text(ERIK)


def test_a14_name_is_shown_at_the_criteria(choosing: Open, examiner: Contact) -> None:
    page = choosing(javascript=False)
    choose_whole(page, ERIK)
    for box in page.locator(".matrix-3").all():
        expect(box).to_contain_text(ERIK)
        box.get_by_text("2 criteria").click()
        expect(box.get_by_role("listitem").filter(has_text="Criterium 1 van")).to_be_visible()


def test_a15_examiner_is_added_or_picked_while_inviting(
    choosing: Open, examiner: Contact, second_examiner: Contact
) -> None:
    page = choosing()
    choose_whole(page, ERIK)
    page.get_by_role("link", name="Examinatoren uitnodigen").click()
    page.get_by_role("link", name="Kies examinatoren").first.click()
    choose_whole(page, TINEKE)
    page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    page.get_by_role("button", name="Examinator toevoegen").click()
    page.get_by_label("Voornaam").fill("Greet")
    page.get_by_label("Achternaam").fill("Nieuw")
    page.get_by_label("E-mailadres").fill("greet@bedrijf.test")
    page.get_by_label("Beroepsonderwijs").check()
    page.get_by_role("button", name="Contactpersoon opslaan").click()
    expect(page.get_by_role("group", name="Gekozen")).to_contain_text("Greet Nieuw")
    page.get_by_role("button", name="Overnemen").click()
    page.get_by_role("link", name="Examinatoren uitnodigen").click()
    for name in (ERIK, TINEKE, "Greet Nieuw"):
        expect(page.get_by_label(name)).to_be_visible()


def test_correcting_a_contact_returns_to_the_panel_with_its_ticks(
    choosing: Open, examiner: Contact, second_examiner: Contact
) -> None:
    page = choosing()
    page.get_by_role("link", name="Kies examinator(en) voor B1-K1-W1 Werkproces 1").click()
    page.get_by_label(TINEKE).check()
    page.get_by_role("link", name=f"{ERIK} bewerken").click()
    page.get_by_label("Functie").fill("Chef")
    page.get_by_role("button", name="Contactpersoon opslaan").click()
    panel = page.get_by_role("dialog", name="Adresboek")
    expect(panel).to_contain_text("Chef")
    expect(panel).to_contain_text("Examinator(en) voor B1-K1-W1 Werkproces 1")
    expect(panel.get_by_label(TINEKE)).to_be_checked()
    panel.get_by_role("link", name=f"{ERIK} verwijderen").click()
    page.get_by_role("button", name="Verwijderen").click()
    expect(panel.get_by_label(TINEKE)).to_be_checked()
    expect(panel.get_by_label(ERIK)).to_have_count(0)
    panel.get_by_role("link", name="Examinatoren importeren").click()
    page.get_by_role("link", name="Terug naar het adresboek").click()
    panel.get_by_role("button", name="Overnemen").click()
    assert names_at(page) == [[TINEKE], [TINEKE], [], []]


def test_removing_a_started_examiner_warns_of_lost_work(
    choosing: Open, assessment: Assessment, examiner: Contact, second_examiner: Contact, shots: Shots
) -> None:
    steps.choose(assessment, examiner)
    steps.fill_in(steps.send_invitation(assessment, examiner), "G")
    page = choosing()
    choose_whole(page, TINEKE, untick=(ERIK,))
    expect(page.get_by_role("heading", level=1)).to_have_text("Er is al begonnen met beoordelen")
    expect(page.get_by_role("main")).to_contain_text("B1-K1-W2 Productbeoordeling: 2 van 2 criteria gescoord")
    shots(page, "g6-toch-weghalen")
    page.get_by_role("link", name="Annuleren").click()
    expect(page.get_by_label(TINEKE)).to_be_checked()
    expect(page.get_by_label(ERIK)).not_to_be_checked()
    page.get_by_role("button", name="Overnemen").click()
    page.get_by_role("button", name="Toch weghalen").dblclick()
    expect(page.get_by_role("status")).to_have_text("Gekozen voor het hele examen: Tineke Tweede.")
    assert names_at(page) == [[TINEKE]] * 4
    assert Assignment.objects.filter(contact=examiner).exclude(justification="").count() == 4


def test_choice_for_whole_exam_keeps_specific_choices_by_default(
    choosing: Open, assessment: Assessment, examiner: Contact, second_examiner: Contact, shots: Shots
) -> None:
    work_process = assessment.unit.core_tasks.get().work_processes.all()[1]
    steps.choose(assessment, second_examiner, work_process=work_process)
    page = choosing()
    page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    expect(page.get_by_text("Voor B1-K1-W2 Werkproces 2 is apart gekozen: Tineke Tweede.")).to_be_visible()
    shots(page, "g7-ook-daar-wijzigen")
    tick(page, ERIK)
    assert names_at(page) == [[ERIK], [ERIK], [TINEKE], [TINEKE]]
    page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    page.get_by_label("Ook daar wijzigen").check()
    tick(page)
    assert names_at(page) == [[ERIK]] * 4


def test_second_concurrent_teacher_is_warned_and_keeps_ticks(
    choosing: Open, colleague: User, examiner: Contact, second_examiner: Contact, shots: Shots
) -> None:
    first, second = choosing(), choosing(colleague)
    for page in (first, second):
        page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    tick(first, ERIK)
    expect(first.get_by_role("status")).to_contain_text("Gekozen voor het hele examen")
    tick(second, TINEKE)
    expect(second.get_by_role("alert")).to_contain_text("Iemand anders heeft deze beoordeling intussen gewijzigd.")
    expect(second.get_by_text("Nu gekozen voor het hele examen: Erik Examinator.")).to_be_visible()
    expect(second.get_by_label(TINEKE)).to_be_checked()
    shots(second, "g8-intussen-gewijzigd")
    tick(second, ERIK)  # the user's own tick is kept
    assert names_at(second) == [[ERIK, TINEKE]] * 4


def test_choices_are_applied_to_added_students(
    choosing: Open, assessment: Assessment, school: School, examiner: Contact, second_examiner: Contact, shots: Shots
) -> None:
    MembershipFactory(school=school, user__first_name="Bart", user__last_name="Zomer", student_number="200200")
    last = assessment.unit.core_tasks.get().work_processes.all()[1]
    steps.choose(assessment, examiner)
    steps.choose(assessment, second_examiner, part=last.parts.all()[1])
    page = choosing()
    page.get_by_role("link", name="Studenten", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="Anouk van 't Hoff")).to_contain_text("gestart")
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("200200")
    shots(page, "g9-toepassen")
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_text("De gekozen examinatoren gelden ook voor Bart Zomer.")).to_be_visible()
    assert names_at(page) == [[ERIK], [ERIK], [ERIK], [TINEKE]]
    page.get_by_text("2 studenten", exact=True).click()
    for name in ("Anouk van 't Hoff", "Bart Zomer"):
        expect(page.get_by_role("row", name=name)).to_contain_text("Erik Examinator, Tineke Tweede")
    shots(page, "g10-samen")


def test_several_students_get_the_same_examiner_for_a_part(
    log_in_at: Open,
    assessment: Assessment,
    bart: Assessment,
    docent: User,
    examiner: Contact,
    second_examiner: Contact,
    shots: Shots,
) -> None:
    steps.choose(assessment, examiner)
    steps.fill_in(steps.send_invitation(assessment, examiner), "V")
    page = log_in_at(docent, steps.flow_url("examiners", [assessment, bart]))
    expect(page.get_by_text("verschilt per student")).to_have_count(7)
    shots(page, "g11-samen-per-onderdeel")
    choose_for(page, "Productbeoordeling van B1-K1-W2", TINEKE)
    expect(page.get_by_role("heading", name="Anouk van 't Hoff")).to_be_visible()
    expect(page.get_by_role("heading", name="Bart Zomer")).to_have_count(0)  # continued without a warning
    shots(page, "g12-samen-toch-weghalen")
    page.get_by_role("button", name="Toch weghalen").click()
    expect(page.locator("tr:focus")).to_contain_text(TINEKE)
    shots(page, "g13-samen-gekozen")
