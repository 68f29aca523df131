"""The examiner's pages: the link, the form and refusals without losing input."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from addressbook.models import Contact
from assessments import lifecycle, links
from assessments.examiner.saving import MAX_JUSTIFICATION
from assessments.invitations import invite
from assessments.invitations.replace import replace
from assessments.models import Assessment, Event, Invitation, Score, Status
from assessments.rubric import Column, read_rubric, read_uncorrected
from assessments.urls import urlpatterns as assessment_urls
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.storage import keep as keep_file
from exams import criteria_cache
from tests import steps
from tests.factories import PASSWORD


@pytest.fixture
def browser() -> Client:
    """The examiner's browser, without a login."""
    return Client()


@pytest.fixture
def opened(browser: Client, invitation: Invitation) -> Client:
    browser.get(link(invitation))
    return browser


def link(invitation: Invitation) -> str:
    return reverse("assessments:open_link", args=[links.token_for(invitation=invitation)])


def page(name: str, invitation: Invitation) -> str:
    return reverse(f"assessments:{name}", args=[invitation.public_id])


def scored(shown: str, score: str) -> int:
    """Return how many criteria have this score on the page."""
    return len(re.findall(rf'value="{score}"\s+checked', shown))


def filled(invitation: Invitation, score: str = "V", justification: str = "") -> dict[str, str]:
    """Return the post of the form in its current state."""
    post = {}
    for column in read_uncorrected(invitation.assessment, contact=invitation.contact).columns:
        post[f"base-{column.assignment.pk}"] = str(column.base)
        post[column.justification_field] = justification
        post |= {name: score for _, name, _ in column.lines}
    return post


def own_columns(invitation: Invitation) -> list[Column]:
    return read_uncorrected(invitation.assessment, contact=invitation.contact).columns


def own_fingerprint(invitation: Invitation) -> str:
    return read_uncorrected(invitation.assessment, contact=invitation.contact).open_fingerprint


def test_link_sets_a_path_cookie_and_redirects(browser: Client, invitation: Invitation) -> None:
    response = browser.get(link(invitation))
    [cookie] = [cookie for cookie in response.cookies.values() if cookie["httponly"]]
    assert response["Location"] == f"{cookie['path']}?geopend"
    assert cookie["path"] == page("form", invitation)
    assert cookie["samesite"] == "Lax"
    [readable] = [cookie for cookie in response.cookies.values() if not cookie["httponly"]]
    assert (readable["path"], readable.value) == (cookie["path"], invitation.public_id.hex)


def test_opening_changes_nothing(opened: Client, invitation: Invitation) -> None:
    before = (invitation.assessment.status, Event.objects.count(), OutgoingMail.objects.count())
    assert opened.get(page("form", invitation)).status_code == 200
    invitation.assessment.refresh_from_db()
    assert (invitation.assessment.status, Event.objects.count(), OutgoingMail.objects.count()) == before


def test_form_needs_the_cookie(browser: Client, invitation: Invitation) -> None:
    response = browser.get(page("form", invitation))
    assert response.status_code == 403
    assert "Open het formulier met de link in uw mail" in response.content.decode()


def test_refused_cookies_are_reported_after_opening_the_link(browser: Client, invitation: Invitation) -> None:
    opened = browser.get(link(invitation))
    browser.cookies.clear()
    shown = browser.get(opened["Location"])
    assert shown.status_code == 403
    assert "Sta cookies toe voor deze site" in shown.content.decode()


def test_link_redirects_to_the_form(browser: Client, invitation: Invitation) -> None:
    answer = browser.get(link(invitation), follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == page("form", invitation)


def test_form_without_cookie_is_sent_after_opening_the_link(browser: Client, invitation: Invitation) -> None:
    typed = all_scores(invitation, "G")
    shown = browser.post(page("save", invitation), typed, headers={"Origin": "http://testserver"}).content.decode()
    again = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', shown))
    assert again.keys() - {"csrfmiddlewaretoken"} == typed.keys()
    browser.get(link(invitation))
    assert browser.post(page("save", invitation), again).status_code == 302
    assert Score.objects.filter(value="G").count() == 8


def test_form_shows_criteria_with_score_meanings(opened: Client, invitation: Invitation) -> None:
    shown = opened.get(page("form", invitation)).content.decode()
    for column in read_rubric(invitation.assessment).columns:
        for criterion in column.criteria:
            for text in (criterion.text, criterion.meaning_o, criterion.meaning_v, criterion.meaning_g):
                assert text in shown


def test_examiner_sees_only_own_parts(
    browser: Client, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    [first, second] = assessment.unit.core_tasks.get().work_processes.all()
    steps.choose(assessment, examiner, work_process=first)
    steps.choose(assessment, second_examiner, work_process=second)
    invitation = steps.send_invitation(assessment, examiner)
    browser.get(link(invitation))
    shown = browser.get(page("form", invitation)).content.decode()
    assert first.code in shown
    assert second.code not in shown
    assert second_examiner.full_name not in shown


@pytest.mark.parametrize("criteria", [2, 15])
def test_query_count_is_constant_for_criteria(
    criteria: int, docent: User, student, examiner: Contact, browser: Client, django_assert_max_num_queries
) -> None:
    from tests.factories import AccountExamFactory, first_unit, make_exam

    exam = make_exam(criteria=criteria)
    AccountExamFactory(user=docent, exam=exam)
    assessment = steps.start_assessment(student, first_unit(exam), docent)
    steps.choose(assessment, examiner)
    invitation = steps.send_invitation(assessment, examiner)
    browser.get(link(invitation))
    criteria_cache.clear()
    with django_assert_max_num_queries(5):
        assert browser.get(page("form", invitation)).content.decode().count("radiogroup") == criteria * 4
    post = filled(invitation, "G", "Sterk")
    with django_assert_max_num_queries(12):
        browser.post(page("save", invitation), post)
    assert Score.objects.count() == criteria * 4


def test_tussentijds_opslaan_saves_and_confirms(opened: Client, invitation: Invitation) -> None:
    response = opened.post(page("save", invitation), filled(invitation, "G", "Sterk"), follow=True)
    shown = response.content.decode()
    assert "tussentijds opgeslagen" in shown
    assert "Sterk" in shown
    assert scored(shown, "G") == 8
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.IN_PROGRESS


def test_autosave_returns_the_stored_values(opened: Client, invitation: Invitation) -> None:
    column = read_uncorrected(invitation.assessment, contact=invitation.contact).columns[0]
    pk, field = column.assignment.pk, column.justification_field
    answer = opened.post(page("keep", invitation), {f"base-{pk}": str(column.base), field: "Sterk"}).json()
    assert answer["fields"] == {field: "Sterk"} | {name: "" for _, name, _ in column.lines}
    assert (answer["conflicts"], answer["closed"], answer["too_long"]) == ({}, {}, [])
    kept = read_uncorrected(invitation.assessment, contact=invitation.contact).columns[0]
    assert answer["marks"] == {str(pk): kept.base.text}
    stale = opened.post(page("keep", invitation), {f"base-{pk}": str(column.base), field: "Anders"}).json()
    assert stale["conflicts"] == {field: "Sterk"}


def test_autosave_reports_closed_parts_and_long_texts(opened: Client, invitation: Invitation) -> None:
    column = read_uncorrected(invitation.assessment, contact=invitation.contact).columns[0]
    post = {f"base-{column.assignment.pk}": str(column.base), column.justification_field: "x" * 20_001}
    assert opened.post(page("keep", invitation), post).json()["too_long"] == [column.justification_field]
    steps.assess(invitation)
    late = opened.post(page("keep", invitation), post | {column.justification_field: "Nog iets"}).json()
    assert late["closed"] == {str(column.assignment.pk): "completed"}
    assert late["conflicts"] == {column.justification_field: ""}


def test_autosave_with_a_void_link_returns_the_reason(opened: Client, invitation: Invitation, docent: User) -> None:
    invite.invite_again(invitation=invitation, by=docent)
    answer = opened.post(page("keep", invitation))
    assert (answer.status_code, answer.json()) == (410, {"reason": "void"})


@pytest.mark.parametrize("name", ["keep", "save"])
def test_saving_takes_at_most_twelve_queries(
    opened: Client, invitation: Invitation, name: str, django_assert_max_num_queries
) -> None:
    for text in ("Eerst", "Daarna"):  # the first one moves it to IN_PROGRESS
        post = filled(invitation, "G", text) | {
            "page": "0123456789abcdef",
            "save-number": "1" if text == "Eerst" else "2",
        }
        with django_assert_max_num_queries(12):
            assert opened.post(page(name, invitation), post).status_code in (200, 302)
    assert Event.objects.filter(kind="SAVED").count() == 1  # one log line per quarter of an hour


def test_klaar_op_deze_computer_closes_form_and_keeps_answers(opened: Client, invitation: Invitation) -> None:
    opened.post(page("save", invitation), filled(invitation, "G", "Sterk"))
    assert "op deze computer gesloten" in opened.post(page("leave", invitation)).content.decode()
    assert opened.get(page("form", invitation)).status_code == 403
    opened.get(link(invitation))
    assert "Sterk" in opened.get(page("form", invitation)).content.decode()


def test_afronden_names_the_missing_score_and_keeps_input(opened: Client, invitation: Invitation) -> None:
    post = filled(invitation, "V", "Al iets geschreven")
    removed = next(name for name in post if name.startswith("score-"))
    del post[removed]
    response = opened.post(page("check", invitation), post)
    shown = response.content.decode()
    assert response.status_code == 422
    assert f'href="#{removed}-O"' in shown
    assert "heeft nog geen score" in shown
    assert shown.count("Al iets geschreven") == 4
    assert scored(shown, "V") == 7


@pytest.mark.parametrize("score", ["O", "G"])
def test_afronden_reports_missing_justification_and_keeps_scores(
    opened: Client, invitation: Invitation, score: str
) -> None:
    response = opened.post(page("check", invitation), filled(invitation, score))
    shown = response.content.decode()
    assert response.status_code == 422
    assert "de onderbouwing is verplicht bij een O of een G" in shown
    assert scored(shown, score) == 8


def described(shown: str, name: str) -> str:
    """Return the descriptions of a field, as a screen reader reads them."""
    ids = re.findall(rf'aria-describedby="({name}-[^"]*)"', shown)
    texts = [re.search(rf'id="{one}"[^>]*>(.*?)</', shown, re.DOTALL) for one in " ".join(ids).split()]
    return " ".join(" ".join(text[1].split()) for text in texts if text)


def test_missing_justification_is_described_at_its_field(opened: Client, invitation: Invitation) -> None:
    shown = opened.post(page("check", invitation), filled(invitation, "O")).content.decode()
    for column in own_columns(invitation):
        assert "De onderbouwing is verplicht bij een O of een G." in described(shown, column.justification_field)
    shown = opened.post(page("check", invitation), filled(invitation, "V")).content.decode()
    assert "-error" not in shown


def test_long_justification_is_described_at_its_field(opened: Client, invitation: Invitation) -> None:
    post = filled(invitation, "O", "Lang.")
    [first, *others] = own_columns(invitation)
    post[first.justification_field] = "x" * (MAX_JUSTIFICATION + 1)
    shown = opened.post(page("check", invitation), post).content.decode()
    assert "De onderbouwing is langer dan 20000 tekens." in described(shown, first.justification_field)
    assert f"{others[0].justification_field}-error" not in shown


def test_missing_score_is_described_at_its_criterion(opened: Client, invitation: Invitation) -> None:
    post = filled(invitation, "V")
    removed, kept = [name for name in post if name.startswith("score-")][:2]
    del post[removed]
    shown = opened.post(page("check", invitation), post).content.decode()
    assert "Kies O, V of G." in described(shown, removed)
    assert "Kies O, V of G." not in described(shown, kept)


def test_all_v_completes_without_justification(opened: Client, invitation: Invitation) -> None:
    response = opened.post(page("check", invitation), filled(invitation, "V"))
    assert response["Location"] == page("complete", invitation)


def test_completed_form_is_read_only(opened: Client, invitation: Invitation) -> None:
    opened.post(page("check", invitation), filled(invitation, "V"))
    assert "afronden</button>" in opened.get(page("complete", invitation)).content.decode()
    confirmed = {
        "confirmed": "on",
        "assessed_on": str(timezone.localdate()),
        "fingerprint": own_fingerprint(invitation),
    }
    done = opened.post(page("complete", invitation), confirmed, follow=True).content.decode()
    assert "Uw beoordeling is afgerond." in done
    assert "radiogroup" not in done
    again = opened.post(page("complete", invitation), confirmed, follow=True).content.decode()
    assert "was al afgerond" in again
    assert Event.objects.filter(kind="COMPLETED").count() == 1


def test_completing_incomplete_form_shows_missing_items(opened: Client, invitation: Invitation) -> None:
    response = opened.post(page("complete", invitation))
    assert response.status_code == 422
    assert response.content.decode().count("heeft nog geen score") == 8


def test_double_submit_saves_once_and_loses_nothing(opened: Client, invitation: Invitation) -> None:
    post = filled(invitation, "G", "Sterk")
    opened.post(page("save", invitation), post)
    assert opened.post(page("save", invitation), post).status_code == 302
    assert Event.objects.filter(kind="SAVED").count() == 1


def test_stale_form_is_refused_with_both_texts(opened: Client, invitation: Invitation) -> None:
    stale = filled(invitation, "V", "Van de telefoon")
    opened.post(page("save", invitation), filled(invitation, "G", "Van de computer"))
    response = opened.post(page("save", invitation), stale)
    shown = response.content.decode()
    assert response.status_code == 409
    assert "intussen ergens anders opgeslagen" in shown
    assert shown.count("Van de telefoon") == shown.count("Van de computer") == 4


def test_long_justification_is_refused_and_kept_on_screen(opened: Client, invitation: Invitation) -> None:
    response = opened.post(page("save", invitation), filled(invitation, "G", "x" * 20_001))
    assert response.status_code == 422
    assert "x" * 20_001 in response.content.decode()


def test_unknown_link_explains_what_to_do(browser: Client, invitation: Invitation) -> None:
    response = browser.get(reverse("assessments:open_link", args=["WzEsMV0:verzonnen"]))
    assert response.status_code == 404
    shown = response.content.decode()
    assert "Deze link klopt niet" in shown
    assert "Vraag een nieuwe link aan" not in shown


def test_void_link_mails_a_new_one_to_the_examiner(browser: Client, invitation: Invitation, docent: User) -> None:
    old = link(invitation)
    invite.invite_again(invitation=invitation, by=docent)
    response = browser.get(old)
    assert response.status_code == 410
    assert "Vraag een nieuwe link aan" in response.content.decode()
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(hours=1))
    browser.post(f"{old}nieuwe-link/")
    assert OutgoingMail.objects.order_by("pk").last().to == invitation.contact.email


def test_pages_of_a_void_link_contain_no_valid_link(opened: Client, invitation: Invitation, docent: User) -> None:
    old = link(invitation)
    invite.invite_again(invitation=invitation, by=docent)
    invitation.refresh_from_db()
    working = links.token_for(invitation=invitation)
    for response in [opened.get(old), opened.get(page("form", invitation)), opened.post(page("save", invitation))]:
        assert response.status_code == 410
        assert working not in response.content.decode()


def test_expired_link_offers_a_valid_new_one(browser: Client, invitation: Invitation) -> None:
    old = link(invitation)
    with time_machine.travel(timezone.now() + timedelta(days=61)):
        response = browser.get(old)
        assert "Deze link is verlopen" in response.content.decode()
        browser.post(f"{old}nieuwe-link/")
        invitation.refresh_from_db()
        assert browser.get(link(invitation)).status_code == 302
    assert OutgoingMail.objects.count() == 2


def test_text_posted_with_an_expired_link_is_shown(opened: Client, invitation: Invitation) -> None:
    post = filled(invitation, "G", "Een uur werk")
    Invitation.objects.update(invited_at=timezone.now() - timedelta(days=70), expires_at=timezone.now() - timedelta(1))
    response = opened.post(page("save", invitation), post)
    assert response.status_code == 410
    assert "Een uur werk" in response.content.decode()


def test_withdrawn_invitation_offers_no_new_link(browser: Client, invitation: Invitation) -> None:
    Invitation.objects.update(withdrawn_at=timezone.now())
    response = browser.get(link(invitation))
    shown = response.content.decode()
    assert response.status_code == 410
    assert "ingetrokken" in shown
    assert "Vraag een nieuwe link aan" not in shown
    browser.post(f"{link(invitation)}nieuwe-link/")
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize(
    ("happened", "heading", "renewable"),
    [
        ("newer", "Er is een nieuwere link", True),
        ("expired", "Deze link is verlopen", True),
        ("withdrawn", "Deze uitnodiging is ingetrokken", False),
        ("replaced", "Een ander beoordeelt nu in uw plaats", False),
        ("cancelled", "Deze beoordeling gaat niet door", False),
    ],
)
def test_each_kind_of_invalid_link_has_a_page(
    opened: Client,
    invitation: Invitation,
    docent: User,
    second_examiner: Contact,
    happened: str,
    heading: str,
    renewable: bool,
) -> None:
    address, assessment = link(invitation), invitation.assessment
    over = timezone.now() - timedelta(days=1)
    {
        "newer": lambda: invite.invite_again(invitation=invitation, by=docent),
        "expired": lambda: Invitation.objects.update(invited_at=over - timedelta(days=60), expires_at=over),
        "withdrawn": lambda: invite.withdraw(invitation=invitation, by=docent),
        "replaced": lambda: replace(assessment=assessment, old=invitation.contact, new=second_examiner, by=docent),
        "cancelled": lambda: lifecycle.cancel(
            assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=False
        ),
    }[happened]()
    for answer in (opened.get(address), opened.get(page("form", invitation))):
        shown = answer.content.decode()
        assert answer.status_code == 410
        assert heading in shown
        assert ("Vraag een nieuwe link aan" in shown) == renewable


def test_form_completed_elsewhere_is_read_only(opened: Client, invitation: Invitation) -> None:
    steps.assess(invitation)
    shown = opened.get(page("form", invitation)).content.decode()
    assert "U hebt deze beoordeling afgerond." in shown
    assert "Tussentijds opslaan" not in shown


def test_save_reports_concurrent_cancelling_or_finalising(
    opened: Client, invitation: Invitation, docent: User, committee_member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**kwargs: object) -> None:
        raise lifecycle.TransitionRefused("Gesloten")

    finalise(assessment=steps.assess(invitation), by=committee_member, exam_office_email="bureau@hier.test")
    monkeypatch.setattr("assessments.examiner.saving.save_post", refuse)
    final = opened.post(page("save", invitation), {"justification-1": "Een uur werk"})
    assert final.status_code == 410
    assert "Deze beoordeling is gesloten" in final.content.decode()
    assert "Een uur werk" in final.content.decode()
    assert opened.post(page("keep", invitation)).json() == {"reason": "closed"}


def snapshot() -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in apps.get_models()}


@pytest.mark.parametrize("state", ["valid", "void", "expired", "withdrawn", "assessed"])
def test_get_requests_write_nothing(opened: Client, invitation: Invitation, docent: User, state: str) -> None:
    """Mail scanners and prefetching programs open every link."""
    kept = invitation.attachments.create(filename="a.pdf", content_type="application/pdf", file=keep_file(b"%PDF-1.4"))
    token = links.token_for(invitation=invitation)
    over = timezone.now() - timedelta(days=1)
    {
        "valid": lambda: None,
        "void": lambda: invite.invite_again(invitation=invitation, by=docent),
        "expired": lambda: Invitation.objects.update(invited_at=over - timedelta(days=60), expires_at=over),
        "withdrawn": lambda: invite.withdraw(invitation=invitation, by=docent),
        "assessed": lambda: steps.assess(invitation),
    }[state]()
    batch = links.Batch({invitation.pk: invitation.generation})
    opened.get(reverse("assessments:open_link", args=[batch.token]))
    values = {"token": token, "public_id": invitation.public_id, "attachment_id": kept.pk, "key": batch.key}
    patterns = [p for p in assessment_urls if str(p.pattern).startswith("beoordelen/")]
    assert len(patterns) >= 11
    before = snapshot()
    for pattern in patterns:
        path = reverse(
            f"assessments:{pattern.name}", kwargs={name: values[name] for name in pattern.pattern.converters}
        )
        for ask in (opened.get, opened.head, Client().get, Client().head):
            assert ask(path).status_code < 500
    assert snapshot() == before


def test_two_open_assessments_do_not_interfere(
    opened: Client, invitation: Invitation, docent: User, unit, examiner: Contact
) -> None:
    from tests.factories import MembershipFactory

    other = steps.start_assessment(MembershipFactory(school=invitation.assessment.school), unit, docent)
    steps.choose(other, examiner)
    second = steps.send_invitation(other, examiner)
    assert opened.get(page("form", second)).status_code == 403
    opened.get(link(second))
    for one in (invitation, second):
        shown = opened.get(page("form", one)).content.decode()
        assert one.assessment.student.student_number in shown


def test_invitation_attachment_can_be_downloaded(opened: Client, invitation: Invitation) -> None:
    from digibeoordelen.outbox.storage import keep

    kept = invitation.attachments.create(
        filename="toelichting.pdf", content_type="application/pdf", file=keep(b"%PDF-1.4")
    )
    assert "toelichting.pdf" in opened.get(page("form", invitation)).content.decode()
    response = opened.get(reverse("assessments:attachment", args=[invitation.public_id, kept.pk]))
    assert response.content == b"%PDF-1.4"
    assert response["Content-Disposition"].startswith("attachment")
    missing = reverse("assessments:attachment", args=[invitation.public_id, kept.pk + 1])
    assert opened.get(missing).status_code == 404


def test_text_posted_during_cancelling_is_shown(
    opened: Client, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**kwargs: object) -> None:
        raise lifecycle.TransitionRefused("Ingetrokken")

    monkeypatch.setattr("assessments.examiner.saving.save_post", refuse)
    response = opened.post(page("save", invitation), filled(invitation, "G", "Een uur werk"))
    assert response.status_code == 410
    assert "Een uur werk" in response.content.decode()


@pytest.mark.parametrize("way", ["new_link", "new_link_by_cookie"])
def test_invitation_withdrawn_meanwhile_gives_no_new_link(
    opened: Client, invitation: Invitation, docent: User, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    request_new_links = invite.request_new_links

    def withdrawn_first(*, invitations: list[Invitation]) -> None:
        invite.withdraw(invitation=invitation, by=docent)
        request_new_links(invitations=invitations)

    monkeypatch.setattr(invite, "request_new_links", withdrawn_first)
    key = links.token_for(invitation=invitation) if way == "new_link" else invitation.public_id
    answer = opened.post(reverse(f"assessments:{way}", args=[key]))
    assert answer.status_code == 410
    assert "Deze uitnodiging is ingetrokken" in answer.content.decode()


def test_form_opened_before_a_login_is_resubmitted_whole(invitation: Invitation, docent: User) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"Origin": "http://testserver"})
    browser.get(link(invitation))
    browser.get(page("form", invitation))
    old_token = browser.cookies["csrftoken"].value
    login = {"login": docent.email, "password": PASSWORD, "csrfmiddlewaretoken": old_token}
    assert browser.post("/inloggen/", login).status_code == 302
    typed = all_scores(invitation, "G") | {"csrfmiddlewaretoken": old_token}
    answer = browser.post(page("save", invitation), typed)
    assert answer.status_code == 403
    assert "Wat u had ingevuld is er nog." in answer.content.decode()
    again = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', answer.content.decode()))
    assert again.keys() == typed.keys()
    assert browser.post(page("save", invitation), again).status_code == 302
    assert Score.objects.filter(value="G").count() == 8


@pytest.mark.parametrize("path", ["save", "elsewhere"])
def test_cross_site_post_is_not_offered_again(invitation: Invitation, path: str) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"Origin": "http://elders.example"})
    answer = browser.post(page("save", invitation) if path == "save" else "/inloggen/", {"remark": "Vals"})
    assert answer.status_code == 403
    assert "Vals" not in answer.content.decode()


def all_scores(invitation: Invitation, score: str) -> dict[str, str]:
    """Return the post of a whole form."""
    post: dict[str, str] = {}
    for column in read_uncorrected(invitation.assessment, contact=invitation.contact).columns:
        post |= {name: score for _, name, _ in column.lines}
        post[f"base-{column.assignment.pk}"] = str(column.base)
        post[column.justification_field] = "Goed gedaan"
    return post


def test_summary_input_is_cleaned(opened: Client, invitation: Invitation) -> None:
    steps.fill_in(invitation)
    opened.post(page("change", invitation), {"place": "Ut\u202erecht\r\nNoord", "function": "Chef\u2028"})
    invitation.refresh_from_db()
    assert invitation.typed_signature == {"place": "Utrecht Noord", "function": "Chef"}


def test_signature_fields_are_single_line(opened: Client, invitation: Invitation) -> None:
    steps.fill_in(invitation)
    signed = {"place": "Utrecht\u2028Noord", "function": "Chef\r\nkok", "organisation": "De\u202e Bakker"}
    day = timezone.localdate().isoformat()
    opened.post(
        page("complete", invitation),
        signed | {"assessed_on": day, "confirmed": "on", "fingerprint": own_fingerprint(invitation)},
    )
    invitation.refresh_from_db()
    assert invitation.assessed_place == "Utrecht Noord"
    assert (invitation.signed_function, invitation.signed_organisation) == ("Chef kok", "De Bakker")
