"""A whole assessment in random order, refused moves included: what must hold after every step."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Count, Q
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from assessments import lifecycle
from assessments.coupling import couplings as coupling_couplings
from assessments.examiner import saving
from assessments.invitations import invite
from assessments.invitations import send_back as invitations_send_back
from assessments.lifecycle import TRANSITIONS
from assessments.models import Assessment, Assignment, Coupling, Document, Event, Invitation, Status
from assessments.rubric import read_uncorrected
from committee.decisions.finalise import finalise
from exams.models import Part
from tests.factories import ContactFactory, first_unit, make_exam
from tests.steps import invite_for_one, start_assessment

INDEX = st.integers(0, 3)
CONTACTS = st.sets(st.integers(0, 2), max_size=2)
TARGETS = st.sampled_from(["unit", "unit", "work process", "part"])
SCORES = st.sampled_from("OVG")
NEARLY_DONE = (Status.IN_PROGRESS, Status.ASSESSED, Status.FINAL)
TEXTS = st.sampled_from(["", "Deed het zelf.", "Vroeg om hulp.", "Was op tijd."])


@dataclass
class Picture:
    """All data of one assessment; equal when nothing changed."""

    assessment: Any
    couplings: list
    assignments: list
    invitations: list
    documents: list
    events: list

    @classmethod
    def of(cls, pk):
        scored = Assignment.objects.annotate(
            gave=Count("scores"), needs_text=Count("scores", filter=~Q(scores__value="V"))
        )
        return cls(
            assessment=Assessment.objects.filter(pk=pk).values().get(),
            couplings=list(Coupling.objects.filter(assessment=pk).order_by("pk").values()),
            assignments=list(scored.filter(assessment=pk).order_by("pk").values()),
            invitations=list(Invitation.objects.filter(assessment=pk).order_by("pk").values()),
            documents=list(Document.objects.filter(assessment=pk).order_by("pk").values("number", "superseded_at")),
            events=list(Event.objects.filter(assessment=pk).order_by("pk").values("kind", "from_status", "to_status")),
        )

    @property
    def status(self):
        return self.assessment["status"]

    @property
    def live(self):
        return [row for row in self.assignments if row["removed_at"] is None]

    @property
    def standing(self):
        return [row for row in self.invitations if row["withdrawn_at"] is None]


class WholeLife(RuleBasedStateMachine):
    """Each rule is an action of one person, allowed or not; one criterion per part."""

    cast: ClassVar[tuple]  # student, unit, docent, committee member

    def __init__(self):
        super().__init__()
        student, unit, self.docent, self.committee_member = self.cast
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.contacts = [ContactFactory(school=student.school) for _ in range(3)]
        self.parts = list(Part.objects.filter(work_process__core_task__unit=unit).select_related("work_process"))
        self.assessment = start_assessment(student, unit, self.docent)
        self.typed = {}  # (contact, part) → the text saved last by the examiner
        self.last_picture = None
        self.now = Picture.of(self.assessment.pk)

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def try_to(self, do, **arguments):
        """Try an action; a refusal must change nothing."""
        before = self.now
        try:
            done = do(**arguments)
        except lifecycle.DomainError:
            assert Picture.of(self.assessment.pk) == before
            return None
        self.now = Picture.of(self.assessment.pk)
        return done

    def an_invitation(self, index):
        invitations = list(self.assessment.invitations.order_by("pk"))
        return invitations[index % len(invitations)]

    @initialize(contact=INDEX, invited=st.booleans())
    def usual_beginning(self, contact, invited):
        """Start with one examiner for the whole exam in most runs, sometimes from nothing."""
        if contact < 3:
            self.choose("unit", 0, {contact}, remove_begun=False)
            if invited:
                self.invite_all()

    @rule(where=TARGETS, part=INDEX, contacts=CONTACTS, remove_begun=st.booleans())
    def choose(self, where, part, contacts, remove_begun):
        part = self.parts[part]
        targets = {
            "unit": coupling_couplings.Target(),
            "work process": coupling_couplings.Target(work_process=part.work_process),
            "part": coupling_couplings.Target(part=part),
        }
        self.try_to(
            coupling_couplings.choose_examiners,
            assessment=self.assessment,
            target=targets[where],
            contacts=[self.contacts[i] for i in contacts],
            by=self.docent,
            remove_begun=remove_begun,
        )

    @rule(contact=st.integers(0, 2))
    def invite_one(self, contact):
        self.try_to(invite_for_one, assessment=self.assessment, contacts=[self.contacts[contact]], by=self.docent)

    @rule()
    def invite_all(self):
        contacts = coupling_couplings.invitable(self.assessment)
        self.try_to(invite_for_one, assessment=self.assessment, contacts=contacts, by=self.docent)

    @precondition(lambda self: self.now.invitations)
    @rule(which=INDEX)
    def invite_again(self, which):
        self.try_to(invite.invite_again, invitation=self.an_invitation(which), by=self.docent)

    @precondition(lambda self: self.now.invitations)
    @rule(which=INDEX)
    def request_new_link(self, which):
        self.try_to(invite.request_new_link, invitation=self.an_invitation(which))

    @precondition(lambda self: self.now.standing)
    @rule(which=INDEX)
    def withdraw_invitation(self, which):
        self.try_to(invite.withdraw, invitation=self.an_invitation(which), by=self.docent)

    def save(self, invitation, columns, score, text, *, stale=False):
        entries = {
            column.assignment.pk: saving.Entry(
                base=None if stale else column.base,
                justification=text,
                scores={criterion.pk: score for criterion in column.criteria},
            )
            for column in columns
        }
        saved = self.try_to(saving.save, invitation=invitation, entries=entries)
        if saved is None:
            return
        returned = {conflict.column.assignment.pk: conflict.justification for conflict in saved.conflicts}
        for column in columns:
            assignment = column.assignment
            if returned.get(assignment.pk) is not None:
                assert returned[assignment.pk] == text
            else:
                self.typed[assignment.contact_id, assignment.part_id] = text

    @precondition(lambda self: self.now.invitations)
    @rule(which=INDEX, part=INDEX, score=SCORES, text=TEXTS, stale=st.booleans())
    def save_one_part(self, which, part, score, text, stale):
        invitation = self.an_invitation(which)
        columns = read_uncorrected(self.assessment, contact=invitation.contact).columns
        if columns:
            self.save(invitation, [columns[part % len(columns)]], score, text, stale=stale)

    @precondition(lambda self: self.now.invitations)
    @rule(which=INDEX)
    def complete(self, which):
        self.try_to(saving.complete, invitation=self.an_invitation(which))

    @precondition(lambda self: self.now.standing)
    @rule(which=INDEX, score=SCORES)
    def assess_all_of_one(self, which, score):
        invitation = self.an_invitation(which)
        columns = read_uncorrected(self.assessment, contact=invitation.contact).columns
        self.save(invitation, columns, score, "Zag ik zelf.")
        self.complete(which)

    @precondition(lambda self: self.now.status in NEARLY_DONE)
    @rule(contacts=CONTACTS)
    def send_back(self, contacts):
        self.try_to(
            invitations_send_back.send_back,
            assessment=self.assessment,
            contacts=[self.contacts[i] for i in contacts],
            by=self.committee_member,
            remark="Kijk nog eens.",
        )

    @precondition(lambda self: self.now.status in NEARLY_DONE)
    @rule()
    def finalise(self):
        self.try_to(
            finalise, assessment=self.assessment, by=self.committee_member, exam_office_email="bureau@school.test"
        )

    @precondition(lambda self: self.now.status in NEARLY_DONE)
    @rule()
    def withdraw_final(self):
        self.try_to(
            lifecycle.withdraw_final, assessment=self.assessment, by=self.committee_member, reason="Een foute score."
        )

    @precondition(lambda self: len(self.now.events) > 12)
    @rule(counts=st.booleans())
    def cancel(self, counts):
        self.try_to(
            lifecycle.cancel,
            assessment=self.assessment,
            by=self.docent,
            reason="Niet verschenen.",
            counts_as_attempt=counts,
        )

    @invariant()
    def status_follows_from_what_is_there(self):
        if self.now.status in (Status.FINAL, Status.CANCELLED):
            return
        live = self.now.live
        completed = [row for row in live if row["completed_at"]]
        if not self.now.standing:
            expected = Status.NEW
        elif completed == live and {row["part_id"] for row in live} == {part.pk for part in self.parts}:
            expected = Status.ASSESSED
        elif any(row["justification"] or row["gave"] for row in live):
            expected = Status.IN_PROGRESS
        else:
            expected = Status.INVITED
        assert self.now.status == expected

    @invariant()
    def log_is_an_unbroken_chain_of_allowed_moves(self):
        status = Status.NEW
        for event in self.now.events:
            assert event["from_status"] == status
            assert event["to_status"] == status or event["to_status"] in TRANSITIONS[status]
            status = event["to_status"]
        assert self.now.status == status

    @invariant()
    def typed_texts_are_kept(self):
        kept = {(row["contact_id"], row["part_id"]): row["justification"] for row in self.now.assignments}
        for place, text in self.typed.items():
            assert kept.get(place, "") == text

    @invariant()
    def assignments_follow_couplings(self):
        parts = {part.pk: part.work_process_id for part in self.parts}
        choices = [(row["work_process_id"], row["part_id"], row["contact_id"]) for row in self.now.couplings]
        expected_pairs = {
            (c, part)
            for part, examiners in coupling_couplings.derive(parts=parts, choices=choices).items()
            for c in examiners
        }
        assert {(row["contact_id"], row["part_id"]) for row in self.now.live} == expected_pairs
        assert {row["contact_id"] for row in self.now.standing} <= {contact for contact, _ in expected_pairs}

    @invariant()
    def completed_work_is_complete(self):
        for row in self.now.assignments:
            if row["completed_at"]:
                assert row["gave"] == 1
                assert row["justification"] or not row["needs_text"]

    @invariant()
    def result_and_one_current_document_exactly_when_final(self):
        final = self.now.status == Status.FINAL
        result = [self.now.assessment[field] for field in ("ovg", "grade", "final_at", "final_by_id")]
        assert all(result) if final else not any(result)
        assert sum(1 for row in self.now.documents if row["superseded_at"] is None) == final

    @invariant()
    def cancelled_is_the_end(self):
        if self.last_picture and self.last_picture.status == Status.CANCELLED:
            assert self.now == self.last_picture
        self.last_picture = self.now


def test_whole_life_in_any_order(student, docent, committee_member):
    class Life(WholeLife):
        cast = (student, first_unit(make_exam(criteria=1)), docent, committee_member)

    run_state_machine_as_test(
        Life, settings=settings(max_examples=settings().max_examples // 8, stateful_step_count=30)
    )
