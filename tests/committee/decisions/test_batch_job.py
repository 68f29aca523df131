"""A batch done by workers, each item once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from assessments.models import Assessment, Document, FinalProposal, Status
from assessments.privacy import erasure
from committee.decisions import batch as decisions_batch
from committee.decisions import batch_job
from committee.decisions.batch import Selected
from committee.decisions.batch_job import progress
from committee.decisions.finalise import propose
from committee.models import NOT_DONE, FinalBatch, FinalBatchItem
from digibeoordelen.jobs.tasks import purge, sweep
from exams.models import ExamUnit
from tests import steps
from tests.assessments.privacy.conftest import date_student, today
from tests.concurrency import at_once
from tests.factories import MembershipFactory, member

from .batch_steps import confirm, post_selection, sent_by
from .batch_steps import tick as tick_all

OFFICE = "bureau@hier.test"
Outcome = FinalBatchItem.Outcome


class Died(BaseException):
    """A worker that is killed."""


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The batches announced to a worker."""
    started: list[int] = []
    monkeypatch.setattr(
        "digibeoordelen.jobs.models.run.delay",
        lambda label, pk: started.append(pk) if label == FinalBatch._meta.label else None,
    )
    monkeypatch.setattr("committee.decisions.batch_job.MAX_IMMEDIATE", 2)
    return started


@pytest.fixture
def three(school: School, unit: ExamUnit, docent: User, examiner: Contact) -> list[Assessment]:
    """ASSESSED, of three students."""
    made = []
    for name in ("Bart", "Chris", "Dana"):
        student = MembershipFactory(school=school, user__first_name=name, user__last_name="Boom")
        assessment = steps.start_assessment(student, unit, docent)
        steps.choose(assessment, examiner)
        made.append(steps.assess(steps.send_invitation(assessment, examiner)))
    return made


def begin(assessments: list[Assessment], by: User, *, proposing: bool = False) -> FinalBatch:
    chosen = [Selected(one, one.version, proposing=proposing) for one in assessments]
    school = assessments[0].school
    return batch_job.start(selected=chosen, school=school, by=by, exam_office_email=OFFICE)


def tick(assessments: list[Assessment], **data: str) -> dict[str, Any]:
    return tick_all(assessments, office=OFFICE) | data


def states(assessments: list[Assessment]) -> list[str]:
    return [Assessment.objects.get(pk=one.pk).status for one in assessments]


def outcomes(batch: FinalBatch) -> list[str]:
    return list(batch.items.values_list("outcome", flat=True))


def read(browser: Client, address: str, **headers: str) -> str:
    return " ".join(browser.get(address, headers=headers).content.decode().split())


# --- Page ----------------------------------------------------------------------------------------
def test_large_batch_is_left_to_a_worker_with_progress(
    member: Client,
    three: list[Assessment],
    announced: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = confirm(member, tick(three))
    batch = FinalBatch.objects.get()
    assert announced == [batch.pk]
    assert answer["Location"] == reverse("committee:final_batch", args=[batch.public_id])
    page = read(member, answer["Location"])
    assert "0 van 3 beoordelingen verwerkt" in page
    assert 'hx-trigger="every 1s"' in page
    assert '<noscript> <p><a href="' in page
    assert states(three) == [Status.ASSESSED] * 3

    FinalBatch.objects.run(batch.pk)
    part = read(member, answer["Location"], **{"HX-Request": "true"})
    assert "3 beoordelingen zijn definitief." in part
    assert "hx-get" not in part
    assert "<title>" not in part
    assert states(three) == [Status.FINAL] * 3


def test_small_batch_is_done_in_the_request(
    member: Client, three: list[Assessment], announced: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = confirm(member, tick(three[:2]))
    assert states(three) == [Status.FINAL, Status.FINAL, Status.ASSESSED]
    assert announced == []
    assert "2 beoordelingen zijn definitief." in read(member, answer["Location"])


def test_small_batch_of_a_dead_request_is_swept(
    member: Client, three: list[Assessment], announced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        die_at(1, patched)
        with pytest.raises(Died):
            confirm(member, tick(three[:2]))
    lease_over()
    sweep()
    batch = FinalBatch.objects.get()
    assert announced == [batch.pk]
    assert FinalBatch.objects.run(batch.pk)
    assert outcomes(batch) == [Outcome.FINAL] * 2
    assert Document.objects.count() == 2


def test_refused_items_are_listed_with_reasons(member: Client, committee_member: User, three: list[Assessment]) -> None:
    batch = begin(three, committee_member)
    Assessment.objects.filter(pk=three[1].pk).update(version=99)
    FinalBatch.objects.run(batch.pk)
    page = read(member, reverse("committee:final_batch", args=[batch.public_id]))
    assert "2 beoordelingen zijn definitief." in page
    assert "1 van 3 niet gelukt" in page
    refused, done = page.split("Wat er is gebeurd")
    assert "Chris Boom" in refused
    assert "Bart Boom" not in refused
    assert ("Bart Boom" in done, "Chris Boom" in done, "Dana Boom" in done) == (True, False, True)
    assert "Iemand anders heeft deze beoordeling intussen gewijzigd. Kijk die na" in page


def test_double_click_starts_one_batch(member: Client, three: list[Assessment]) -> None:
    data = tick(three, formulier=str(uuid4()))
    first, second = (member.post(reverse("committee:make_many_final"), data)["Location"] for _ in range(2))
    assert first == second
    assert FinalBatch.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_simultaneous_clicks_start_one_batch(committee_member: User, three: list[Assessment]) -> None:
    chosen = [Selected(one, one.version, proposing=False) for one in three]
    school, form_id = three[0].school, uuid4()

    def click() -> int:
        return batch_job.start(
            selected=chosen, school=school, by=committee_member, exam_office_email=OFFICE, form_id=form_id
        ).pk

    first, second = at_once(click, click)
    assert first == second
    assert FinalBatch.objects.count() == 1


def test_another_selection_starts_another_batch(member: Client, three: list[Assessment]) -> None:
    form = {"formulier": str(uuid4())}
    member.post(reverse("committee:make_many_final"), tick(three, **form))
    Assessment.objects.filter(pk=three[0].pk).update(version=7)
    three[0].refresh_from_db()
    member.post(reverse("committee:make_many_final"), tick(three, **form))
    assert FinalBatch.objects.count() == 2


def test_each_confirmation_has_its_own_form_id(member: Client, three: list[Assessment]) -> None:
    forms = [sent_by(post_selection(member, tick(three)))["formulier"] for _ in range(2)]
    assert forms[0] != forms[1]


# --- Listing of batches --------------------------------------------------------------------------
def test_batch_is_listed_until_its_end_was_seen(
    member: Client, committee_member: User, three: list[Assessment]
) -> None:
    batch = begin(three, committee_member)
    own, afnames = reverse("committee:final_batch", args=[batch.public_id]), reverse("committee:afnames")
    read(member, own)
    assert own in read(member, afnames)
    FinalBatch.objects.run(batch.pk)
    assert own in read(member, afnames)
    read(member, own)
    assert own in read(member, afnames).partition("Eerdere afrondingen")[2]


def test_batch_is_visible_to_its_member_only(
    client: Client, school: School, stranger: User, three: list[Assessment]
) -> None:
    starter = member(school, Role.EXAMENCOMMISSIE)
    batch = begin(three, starter)
    own = reverse("committee:final_batch", args=[batch.public_id])
    for other in (stranger, member(school, Role.EXAMENCOMMISSIE)):
        client.force_login(other)
        assert client.get(own).status_code == 404
        assert own not in read(client, reverse("committee:afnames"))
    client.force_login(starter)
    assert client.get(own).status_code == 200
    starter.memberships.all().delete()
    assert client.get(own).status_code == 404


# --- Four eyes -----------------------------------------------------------------------------------
def test_proposals_run_as_a_batch(committee_member: User, school: School, three: list[Assessment]) -> None:
    school.committees.update(four_eyes=True)
    batch = begin(three, committee_member, proposing=True)
    FinalBatch.objects.run(batch.pk)
    assert outcomes(batch) == [Outcome.PROPOSED] * 3
    assert FinalProposal.objects.filter(by=committee_member, exam_office_email=OFFICE).count() == 3

    shown = dict(FinalProposal.objects.values_list("assessment", "pk"))
    chosen = [Selected(one, one.version, proposing=False, proposal=shown[one.pk]) for one in three]
    other = member(school, Role.EXAMENCOMMISSIE)
    finishing = batch_job.start(selected=chosen, school=school, by=other, exam_office_email=OFFICE)
    FinalBatch.objects.run(finishing.pk)
    assert outcomes(finishing) == [Outcome.FINAL] * 3


def test_item_with_a_newer_proposal_is_refused(committee_member: User, school: School, three: list[Assessment]) -> None:
    """The PDF would go to an address that the member who confirmed it never saw."""
    school.committees.update(four_eyes=True)
    FinalBatch.objects.run(begin(three, committee_member, proposing=True).pk)
    shown = {one.assessment_id: one.pk for one in FinalProposal.objects.all()}
    chosen = [Selected(one, one.version, proposing=False, proposal=shown[one.pk]) for one in three]
    batch = batch_job.start(
        selected=chosen, school=school, by=member(school, Role.EXAMENCOMMISSIE), exam_office_email=OFFICE
    )
    propose(assessment=three[1], by=committee_member, exam_office_email="anders@hier.test")
    FinalBatch.objects.run(batch.pk)
    assert outcomes(batch) == [Outcome.FINAL, Outcome.REFUSED, Outcome.FINAL]
    assert "intussen opnieuw voorgedragen" in batch.items.get(outcome=Outcome.REFUSED).reason


# --- Idempotence ---------------------------------------------------------------------------------
def test_replayed_task_repeats_nothing(committee_member: User, three: list[Assessment]) -> None:
    batch = begin(three, committee_member)
    assert FinalBatch.objects.run(batch.pk)
    assert not FinalBatch.objects.run(batch.pk)
    assert Document.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_each_item_once(committee_member: User, three: list[Assessment]) -> None:
    batch = begin(three, committee_member)
    assert sorted(at_once(lambda: FinalBatch.objects.run(batch.pk), lambda: FinalBatch.objects.run(batch.pk))) == [
        False,
        True,
    ]
    assert outcomes(batch) == [Outcome.FINAL] * 3
    assert Document.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_members_finalise_each_item_once(committee_member: User, school: School, three: list[Assessment]) -> None:
    batches = [begin(three, committee_member), begin(three, member(school, Role.EXAMENCOMMISSIE))]
    at_once(*((lambda pk=batch.pk: FinalBatch.objects.run(pk)) for batch in batches))
    assert states(three) == [Status.FINAL] * 3
    assert Document.objects.count() == 3
    counts = [progress(batch) for batch in batches]
    assert sum(one.final for one in counts) == 3
    assert sum(one.refused for one in counts) == 3


# --- Dead workers --------------------------------------------------------------------------------
def die_at(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill the worker after it finalised this number of items, before their outcome is committed."""
    make, made = decisions_batch.finalise_one, []

    def make_and_die(*args: Any, **kwargs: Any) -> str:
        outcome = make(*args, **kwargs)
        made.append(outcome)
        if len(made) == number:
            raise Died
        return outcome

    monkeypatch.setattr(batch_job, "finalise_one", make_and_die)


def lease_over() -> None:
    FinalBatch.objects.update(lease_until=timezone.now())


def test_batch_of_a_dead_worker_is_resumed(
    committee_member: User, three: list[Assessment], announced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(three, committee_member)
    with monkeypatch.context() as patched:
        die_at(2, patched)
        with pytest.raises(Died):
            FinalBatch.objects.run(batch.pk)
    assert outcomes(batch) == [Outcome.FINAL, Outcome.WAITING, Outcome.WAITING]
    assert states(three) == [Status.FINAL, Status.ASSESSED, Status.ASSESSED]
    announced.clear()
    sweep()
    assert announced == []
    lease_over()
    sweep()
    assert announced == [batch.pk]
    assert FinalBatch.objects.run(batch.pk)
    assert outcomes(batch) == [Outcome.FINAL] * 3
    assert Document.objects.count() == 3


def test_item_that_kills_workers_is_given_up(
    committee_member: User,
    three: list[Assessment],
    announced: list[int],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    batch = begin(three, committee_member)
    with monkeypatch.context() as patched:
        for _ in range(FinalBatch.max_attempts):
            die_at(1, patched)
            with pytest.raises(Died):
                FinalBatch.objects.run(batch.pk)
            lease_over()
            patched.undo()
    announced.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert FinalBatch.objects.run(batch.pk)
    assert announced == [batch.pk]
    assert FinalBatch.objects.run(batch.pk)
    assert outcomes(batch) == [Outcome.REFUSED, Outcome.FINAL, Outcome.FINAL]
    assert batch.items.first().reason == NOT_DONE


def test_failing_item_does_not_stop_the_others(
    committee_member: User, three: list[Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(three, committee_member)
    make = decisions_batch.finalise_one

    def fail(one: Selected, **kwargs: Any) -> str:
        if one.assessment == three[0]:
            raise RuntimeError
        return make(one, **kwargs)

    monkeypatch.setattr(batch_job, "finalise_one", fail)
    FinalBatch.objects.run(batch.pk)
    assert outcomes(batch) == [Outcome.REFUSED, Outcome.FINAL, Outcome.FINAL]


def test_replaced_worker_finishes_nothing(
    committee_member: User, three: list[Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(three, committee_member)
    other, do = uuid4(), batch_job._do

    def do_slowly(item: FinalBatchItem, of: FinalBatch) -> None:
        do(item, of)
        FinalBatch.objects.update(claim_id=other)

    monkeypatch.setattr(batch_job, "_do", do_slowly)
    FinalBatch.objects.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.claim_id, batch.finished_at) == (other, None)
    assert outcomes(batch) == [Outcome.FINAL, Outcome.WAITING, Outcome.WAITING]


# --- Permissions ---------------------------------------------------------------------------------
@pytest.mark.parametrize("leave", [lambda by: by.memberships.all().delete(), lambda by: _deactivate(by)])
def test_former_member_decides_on_nothing(
    leave: Callable[[User], object], committee_member: User, three: list[Assessment]
) -> None:
    batch = begin(three, committee_member)
    leave(committee_member)
    FinalBatch.objects.run(batch.pk)
    assert outcomes(batch) == [Outcome.REFUSED] * 3
    assert states(three) == [Status.ASSESSED] * 3


def _deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


# --- Retention -----------------------------------------------------------------------------------
def test_finished_batch_is_purged_after_a_month(
    committee_member: User,
    three: list[Assessment],
    pass_time: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("committee.decisions.batch_job.MAX_IMMEDIATE", 0)
    done, waiting = begin(three[:1], committee_member), begin(three[1:], committee_member)
    FinalBatch.objects.run(done.pk)
    pass_time(days=29)
    purge()
    assert FinalBatch.objects.count() == 2
    pass_time(days=2)
    purge()
    assert list(FinalBatch.objects.all()) == [waiting]


def test_erased_assessment_leaves_the_batch(
    committee_member: User, three: list[Assessment], pass_time: Callable[..., None]
) -> None:
    batch = begin(three, committee_member)
    FinalBatch.objects.run(batch.pk)
    student: Membership = three[0].student
    date_student(student, diploma_on=today())
    pass_time(days=590)
    erasure.erase_due()
    assert not Assessment.objects.filter(pk=three[0].pk).exists()
    assert list(batch.items.values_list("assessment", flat=True)) == [three[1].pk, three[2].pk]
