"""Every named constraint of people, address book, assessments and exports has a violating row here.

The constraints of the exams and the outbox are in their own tests.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import (
    ExamOffice,
    Membership,
    PeopleImport,
    Registration,
    Role,
    RoleChange,
    School,
    SchoolInvitation,
    User,
)
from addressbook.models import Contact, Import
from assessments.models import (
    Appeal,
    Assessment,
    Assignment,
    Correction,
    Coupling,
    DataRequest,
    DatesImport,
    Document,
    Erasure,
    Invitation,
    MailAbout,
    Participation,
    PastAssessments,
    PastScores,
    PlannedReminder,
    Proposal,
    Score,
    Sitting,
    SittingStaff,
    Viewing,
)
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.storage import keep
from exams.models import Part
from exchange.models import Delivery, Partner, Receiver, Webhook
from tests.factories import (
    ContactFactory,
    ExamOfficeFactory,
    ExportFactory,
    ExportProfileFactory,
    FinalBatchFactory,
    MembershipFactory,
    RegistrationFactory,
    UserFactory,
)

TRIES: list[Any] = []


def breaks(name):
    """Register a function that, called with the cast, violates the constraint `name`."""

    def register(attempt):
        TRIES.append(pytest.param(name, attempt, id=f"{name}-{attempt.__name__}"))
        return attempt

    return register


class Cast:
    """Valid rows; each method adds or changes one that is invalid."""

    def __init__(self, assessed, student, examiner, docent, committee_member):
        self.assessment, self.student, self.examiner = assessed, student, examiner
        self.docent, self.committee_member, self.school = docent, committee_member, student.school
        self.row = Assessment.objects.filter(pk=assessed.pk)
        self.part = Part.objects.filter(work_process__core_task__unit=assessed.unit).first()

    def finalise(self):
        return finalise(assessment=self.assessment, by=self.committee_member, exam_office_email="bureau@hier.test")

    def another(self, **fields):
        """Create an assessment next to the running one."""
        defaults = {"school": self.school, "student": self.student, "initiator": self.docent}
        of_unit = {"exam": self.assessment.exam, "unit": self.assessment.unit, "unit_code": "B1"}
        return Assessment.objects.create(**defaults, **of_unit, **fields)


@breaks("school_link_days_positive")
def no_days(cast):
    School.objects.update(link_days=0)


@breaks("school_appeal_days_positive")
def no_days_to_appeal(cast):
    School.objects.update(appeal_days=0)


@breaks("identity_provider_once_per_school")
def same_identity_provider(cast):
    for slug in ("een", "twee"):
        cast.school.identity_providers.create(name="ROC", slug=slug, issuer="https://idp.test", client_id="roc")


@breaks("school_colour_is_one")
def no_colour(cast):
    School.objects.update(colour="red;}b{")


@breaks("school_left_months_in_bounds")
def leavers_for_a_month(cast):
    School.objects.update(left_months=1)


@breaks("school_cancelled_months_in_bounds")
def cancelled_for_ever(cast):
    School.objects.update(cancelled_months=601)


@breaks("school_unfinished_months_in_bounds")
def unfinished_for_no_time(cast):
    School.objects.update(unfinished_months=0)


@breaks("school_views_months_in_bounds")
def views_for_a_week(cast):
    School.objects.update(views_months=0)


@breaks("study_dates_only_for_students")
def docent_with_a_diploma(cast):
    Membership.objects.filter(user=cast.docent).update(diploma_on=timezone.localdate())


@breaks("erasure_once_a_day_and_rule")
def two_lines_for_a_night(cast):
    for _ in range(2):
        Erasure.objects.create(school=cast.school, on=timezone.localdate(), rule="DIPLOMA")


@breaks("erasure_rule_known")
def erased_by_no_rule(cast):
    Erasure.objects.create(school=cast.school, on=timezone.localdate(), rule="ZOMAAR")


@breaks("mail_about_once")
def mail_about_one_twice(cast):
    about = MailAbout.objects.filter(assessment=cast.assessment)[0]
    MailAbout.objects.create(mail=about.mail, assessment=cast.assessment)


@breaks("past_assessments_counted_once")
def past_assessments_in_two_rows(cast):
    for _ in range(2):
        PastAssessments.objects.create(school=cast.school, exam=cast.assessment.exam, year=2026, status="NEW")


@breaks("past_scores_counted_once")
def past_scores_in_two_rows(cast):
    criterion = cast.part.criteria.all()[0]
    for _ in range(2):
        PastScores.objects.create(
            school=cast.school, exam=cast.assessment.exam, year=2026, criterion=criterion, value="V"
        )


def _look(cast, **fields):
    Viewing.objects.create(school=cast.school, by=cast.docent, by_name="Dirk", **{"slot": 1, "what": "RESULT"} | fields)


@breaks("viewing_of_assessment_once")
def looked_twice_in_one_moment(cast):
    for _ in range(2):
        _look(cast, assessment=cast.assessment)


@breaks("viewing_of_export_once")
def downloaded_twice_in_one_moment(cast):
    for _ in range(2):
        _look(cast, export=cast.assessment.public_id, what="EXPORT")


@breaks("viewing_of_one_thing")
def looked_at_nothing(cast):
    _look(cast)


@breaks("data_request_one_waiting")
def two_requests_at_once(cast):
    for _ in range(2):
        DataRequest.objects.create(student=cast.student, asked_by_name="Dirk")


@breaks("data_request_file_at_a_time")
def a_file_that_was_never_made(cast):
    DataRequest.objects.create(student=cast.student, asked_by_name="Dirk", file=keep(b"zip"))


@breaks("exam_committee_one_default_per_school")
def two_default_committees(cast):
    cast.school.committees.create(name="Nog een", is_default=True)


@breaks("exam_committee_name_once_per_school")
def same_committee_in_capitals(cast):
    cast.school.committees.create(name="EXAMENCOMMISSIE")


@breaks("exam_committee_has_name")
def committee_without_name(cast):
    cast.school.committees.create(name="")


@breaks("programme_in_one_committee_per_school")
def programme_of_two_committees(cast):
    for name in ("Zorg", "Techniek"):
        cast.school.committees.create(name=name).programmes.create(school=cast.school, code="25656")


@breaks("exam_office_once_per_committee")
def same_address_in_capitals(cast):
    office = ExamOfficeFactory(school=cast.school)
    ExamOffice.objects.create(committee=office.committee, name="Nog een", email=office.email.upper())


@breaks("user_email_lower_case")
def address_in_capitals(cast):
    User.objects.filter(pk=cast.docent.pk).update(email="Docent@hier.test")


@breaks("membership_once")
def same_role_twice(cast):
    MembershipFactory(user=cast.docent, school=cast.school, role=Role.DOCENT)


@breaks("student_number_once_per_school")
def same_number(cast):
    MembershipFactory(school=cast.school, student_number=cast.student.student_number)


@breaks("student_number_only_for_students")
def docent_with_a_number(cast):
    Membership.objects.filter(user=cast.docent).update(student_number="1")


@breaks("registration_email_lower_case")
def registration_in_capitals(cast):
    Registration.objects.filter(pk=RegistrationFactory().pk).update(email="Nieuw@hier.test")


@breaks("one_open_email_change")
def two_changes_that_wait(cast):
    for email in ("a@hier.test", "b@hier.test"):
        cast.docent.email_changes.create(old_email=cast.docent.email, new_email=email)


@breaks("email_change_confirmed_or_withdrawn")
def change_confirmed_and_withdrawn(cast):
    now = timezone.now()
    cast.docent.email_changes.create(
        old_email="a@hier.test", new_email="b@hier.test", confirmed_at=now, withdrawn_at=now
    )


@breaks("ended_only_for_students")
def docent_who_left_as_a_student_does(cast):
    Membership.objects.filter(user=cast.docent).update(ended_at=timezone.now())


@breaks("ended_has_a_study_date")
def student_who_left_without_a_date_to_go_by(cast):
    Membership.objects.filter(role=Role.STUDENT).update(ended_at=timezone.now())


def log_line(cast, **fields):
    return RoleChange.objects.create(school=cast.school, user=cast.docent, role=Role.DOCENT, **fields)


@breaks("role_change_known")
def role_change_of_unknown_kind(cast):
    log_line(cast, change="LENT", how="BY_HAND")


def ask(cast, email="noa@hier.test", **fields):
    return SchoolInvitation.objects.create(school=cast.school, first_name="Noa", last_name="Wit", email=email, **fields)


@breaks("school_invitation_one_open")
def asked_twice(cast):
    ask(cast)
    ask(cast)


@breaks("school_invitation_email_lower_case")
def asked_in_capitals(cast):
    ask(cast)
    SchoolInvitation.objects.update(email="Noa@hier.test")


@breaks("school_invitation_accepted_or_withdrawn")
def accepted_and_withdrawn(cast):
    ask(cast, accepted_at=timezone.now(), withdrawn_at=timezone.now())


@breaks("school_invitation_language_known")
def asked_in_german(cast):
    ask(cast, language="de")


def in_directory(cast, user_name, **fields):
    key = cast.school.scim_keys.create(name="Directory", token_sha256=user_name)
    return cast.school.directory_users.create(key=key, user_name=user_name, **fields)


@breaks("directory_user_name_once_per_school")
def user_name_twice(cast):
    in_directory(cast, "noa")
    cast.school.directory_users.create(key=cast.school.scim_keys.get(), user_name="noa")


@breaks("directory_email_once_per_school")
def directory_email_twice(cast):
    in_directory(cast, "noa", email="noa@hier.test")
    in_directory(cast, "kim", email="noa@hier.test")


@breaks("directory_number_once_per_school")
def directory_number_twice(cast):
    in_directory(cast, "noa", student_number="1")
    in_directory(cast, "kim", student_number="1")


@breaks("directory_account_once")
def account_twice_in_directory(cast):
    in_directory(cast, "noa", user=cast.docent)
    in_directory(cast, "kim", user=cast.docent)


@breaks("directory_group_role_known")
def group_with_unknown_role(cast):
    cast.school.directory_groups.create(display_name="Groep", role="KONING")


@breaks("peopleimport_done_at_a_time")
def list_done_at_no_time(cast):
    PeopleImport.objects.create(school=cast.school, by=cast.docent, filename="lijst.csv", state="DONE")


@breaks("datesimport_done_at_a_time")
def list_of_dates_done_at_no_time(cast):
    DatesImport.objects.create(school=cast.school, by=cast.docent, filename="lijst.csv", state="DONE")


@breaks("contact_email_once_per_school")
def contact_in_capitals(cast):
    other = ContactFactory(school=cast.school)
    Contact.objects.filter(pk=other.pk).update(email=cast.examiner.email.upper())


@breaks("contact_user_once_per_school")
def contact_of_one_user_twice(cast):
    user = UserFactory()
    for _ in range(2):
        ContactFactory(school=cast.school, user=user)


@breaks("contact_language_known")
def contact_in_german(cast):
    Contact.objects.filter(pk=cast.examiner.pk).update(language="de")


@breaks("import_done_at_a_time")
def import_done_at_no_time(cast):
    Import.objects.create(school=cast.school, by=UserFactory(), filename="lijst.csv", state=Import.State.DONE)


@breaks("assessment_one_running_per_unit")
def second_running(cast):
    cast.another(attempt=2)


@breaks("assessment_attempt_once")
def same_attempt(cast):
    cast.another(attempt=1, status="CANCELLED", cancel_reason="Ziek.")


@breaks("assessment_uncounted_is_cancelled")
def running_that_does_not_count(cast):
    cast.row.update(counts_as_attempt=False)


@breaks("assessment_status_known")
def unknown_status(cast):
    cast.row.update(status="KLAAR")


@breaks("assessment_result_only_when_final")
def final_without_result(cast):
    cast.row.update(status="FINAL")


@breaks("assessment_result_only_when_final")
def grade_before_final(cast):
    cast.row.update(ovg="V", grade="5.5")


@breaks("assessment_result_only_when_final")
def cancelled_with_a_result(cast):
    cast.finalise()
    cast.row.update(status="CANCELLED", cancel_reason="Toch niet.", appeal_until=None)


@breaks("assessment_appeal_until_only_when_final")
def term_to_appeal_without_a_result(cast):
    cast.row.update(appeal_until=timezone.localdate())


@breaks("assessment_grade_fits_ovg")
def sufficient_grade_with_an_o(cast):
    cast.finalise()
    cast.row.update(ovg="O", grade="5.5")


@breaks("assessment_grade_fits_ovg")
def insufficient_grade_without_an_o(cast):
    cast.finalise()
    cast.row.update(grade="5.4")


@breaks("assessment_grade_fits_ovg")
def more_than_ten(cast):
    cast.finalise()
    cast.row.update(grade="10.1")


@breaks("assessment_cancelled_with_reason")
def cancelled_without_reason(cast):
    cast.row.update(status="CANCELLED")


@breaks("assessment_kind_only_when_cancelled")
def kind_of_one_that_runs(cast):
    cast.row.update(cancel_kind="NO_SHOW")


@breaks("assessment_kind_only_when_cancelled")
def unknown_kind(cast):
    cast.row.update(status="CANCELLED", cancel_reason="Ziek.", cancel_kind="ZIEK")


@breaks("assessment_attempt_from_one")
def attempt_zero(cast):
    cast.row.update(attempt=0)


@breaks("coupling_at_one_level")
def part_and_work_process(cast):
    places = {"work_process": cast.part.work_process, "part": cast.part}
    Coupling.objects.create(assessment=cast.assessment, contact=cast.examiner, **places)


@breaks("coupling_unit_once")
def whole_unit_twice(cast):
    Coupling.objects.create(assessment=cast.assessment, contact=cast.examiner)


@breaks("coupling_work_process_once")
def work_process_twice(cast):
    for _ in range(2):
        Coupling.objects.create(assessment=cast.assessment, contact=cast.examiner, work_process=cast.part.work_process)


@breaks("coupling_part_once")
def part_twice(cast):
    for _ in range(2):
        Coupling.objects.create(assessment=cast.assessment, contact=cast.examiner, part=cast.part)


@breaks("assignment_once")
def same_part_twice(cast):
    Assignment.objects.create(assessment=cast.assessment, contact=cast.examiner, part=cast.part)


@breaks("score_once")
def second_score(cast):
    score = Score.objects.first()
    Score.objects.create(assignment=score.assignment, criterion=score.criterion, value="O")


@breaks("score_known")
def unknown_score(cast):
    Score.objects.update(value="X")


@breaks("score_known")
def empty_score(cast):
    Score.objects.update(value="")


@breaks("invitation_once")
def invited_twice(cast):
    later = timezone.now() + timedelta(days=1)
    Invitation.objects.create(assessment=cast.assessment, contact=cast.examiner, expires_at=later)


@breaks("invitation_replaced_is_withdrawn")
def replaced_and_still_asked(cast):
    Invitation.objects.update(replaced_by=cast.examiner)


@breaks("invitation_signed_with_name_and_date")
def signature_without_a_name(cast):
    Invitation.objects.update(assessed_on=timezone.localdate(), signed_name="")


@breaks("planned_reminder_once")
def reminded_of_the_same_twice(cast):
    for _ in range(2):
        PlannedReminder.objects.create(
            invitation=Invitation.objects.get(), generation=1, kind=PlannedReminder.Kind.DAY_7, is_sent=True
        )


def propose(cast, **fields):
    invitation = Invitation.objects.get()
    return Proposal.objects.create(invitation=invitation, last_name="Nieuw", email="greet@bedrijf.test", **fields)


@breaks("proposal_one_open")
def second_open_proposal(cast):
    propose(cast)
    propose(cast)


@breaks("proposal_state_known")
def proposal_in_no_state(cast):
    propose(cast, state="PERHAPS", decided_at=timezone.now())


@breaks("proposal_decided_at_some_time")
def open_proposal_that_was_decided(cast):
    propose(cast, decided_at=timezone.now())


@breaks("proposal_decided_at_some_time")
def declined_proposal_without_a_moment(cast):
    propose(cast, state="DECLINED")


@breaks("invitation_expires_later")
def expired_at_once(cast):
    now = timezone.now()
    Invitation.objects.update(invited_at=now, expires_at=now)


@breaks("correction_of_a_score_or_a_text")
def correction_of_nothing(cast):
    Correction.objects.create(assessment=cast.assessment, after="V", reason="Daarom.", by_name="Carla")


@breaks("correction_of_a_score_or_a_text")
def correction_to_no_score(cast):
    criterion = cast.part.criteria.first()
    Correction.objects.create(
        assessment=cast.assessment, criterion=criterion, after="X", reason="Daarom.", by_name="Carla"
    )


@breaks("correction_with_reason")
def correction_without_reason(cast):
    criterion = cast.part.criteria.first()
    Correction.objects.create(assessment=cast.assessment, criterion=criterion, after="V", by_name="Carla")


@breaks("document_number_once")
def same_number_of_document(cast):
    Document.objects.create(assessment=cast.assessment, number=1, result={}, superseded_at=timezone.now())
    cast.finalise()
    Document.objects.update(number=1)


@breaks("document_code_once")
def same_code_of_a_document(cast):
    code = cast.finalise().code
    Document.objects.create(assessment=cast.assessment, number=2, code=code, result={}, superseded_at=timezone.now())


@breaks("document_one_current")
def second_current_document(cast):
    cast.finalise()
    Document.objects.create(assessment=cast.assessment, number=2, result={})


def appeal(cast, **fields):
    return Appeal.objects.create(assessment=cast.assessment, **{"received_on": timezone.localdate()} | fields)


@breaks("appeal_one_open")
def second_open_appeal(cast):
    appeal(cast)
    appeal(cast)


@breaks("appeal_closed_with_date_and_outcome")
def appeal_closed_without_outcome(cast):
    appeal(cast, closed_on=timezone.localdate())


@breaks("appeal_closed_with_date_and_outcome")
def open_appeal_with_an_outcome(cast):
    appeal(cast, outcome="UPHELD")


@breaks("appeal_closed_with_date_and_outcome")
def appeal_with_an_unknown_outcome(cast):
    appeal(cast, outcome="MAYBE", closed_on=timezone.localdate())


@breaks("appeal_closed_after_it_came")
def appeal_closed_before_it_came(cast):
    appeal(cast, outcome="UPHELD", closed_on=timezone.localdate() - timedelta(days=1))


@breaks("export_profile_name_once_per_school")
def same_name_of_profile_in_capitals(cast):
    for name in ("Ons systeem", "ONS SYSTEEM"):
        ExportProfileFactory(school=cast.school, name=name)


@breaks("export_profile_has_name")
def profile_without_name(cast):
    ExportProfileFactory(school=cast.school, name="")


@breaks("export_profile_has_columns")
def profile_without_columns(cast):
    ExportProfileFactory(school=cast.school, columns=[])


@breaks("export_profile_choices_known")
def profile_with_an_unknown_separator(cast):
    ExportProfileFactory(school=cast.school, separator="PIPE")


@breaks("export_profile_choices_known")
def profile_with_an_unknown_decimal_sign(cast):
    ExportProfileFactory(school=cast.school, decimal_sign="STREEP")


@breaks("export_profile_choices_known")
def profile_with_an_unknown_date(cast):
    ExportProfileFactory(school=cast.school, date_form="MDY")


@breaks("export_profile_choices_known")
def profile_with_an_unknown_encoding(cast):
    ExportProfileFactory(school=cast.school, encoding="EBCDIC")


@breaks("export_profile_words_differ")
def profile_with_one_word_for_two(cast):
    ExportProfileFactory(school=cast.school, word_o="1", word_g="1")


@breaks("export_profile_words_differ")
def profile_without_a_word(cast):
    ExportProfileFactory(school=cast.school, word_v="")


@breaks("export_file_known")
def export_as_pdf(cast):
    ExportFactory(school=cast.school, file="PDF")


def _sitting(cast, **fields):
    at = timezone.now()
    fields = {"starts_at": at, "ends_at": at + timedelta(hours=1), **fields}
    return Sitting.objects.create(school=cast.school, unit=cast.assessment.unit, name="Praktijkexamen", **fields)


def _participation(cast, **fields):
    return Participation.objects.create(school=cast.school, assessment=cast.assessment, **fields)


@breaks("sitting_once_per_school")
def two_sittings_with_one_id(cast):
    _sitting(cast, public_id=_sitting(cast).public_id)


@breaks("sitting_ends_after_start")
def sitting_that_ends_before_it_starts(cast):
    _sitting(cast, ends_at=timezone.now() - timedelta(hours=1))


@breaks("participation_once_per_school")
def two_participations_with_one_id(cast):
    other = cast.another(attempt=9, status="CANCELLED", cancel_reason="Ziek.")
    first = _participation(cast)
    Participation.objects.create(school=cast.school, assessment=other, public_id=first.public_id)


@breaks("participation_attendance_known")
def participation_with_an_unknown_attendance(cast):
    _participation(cast, attendance="late")


@breaks("sitting_staff_once_per_school")
def two_staff_with_one_id(cast):
    sitting = _sitting(cast)
    first = SittingStaff.objects.create(school=cast.school, sitting=sitting, role="assessor", last_name="Bos")
    SittingStaff.objects.create(
        school=cast.school, sitting=sitting, role="assessor", last_name="Bos", public_id=first.public_id
    )


@breaks("team_name_once_per_school")
def two_teams_with_one_name(cast):
    for name in ("Zorg", "ZORG"):
        cast.school.teams.create(name=name)


@breaks("team_has_name")
def team_without_a_name(cast):
    cast.school.teams.create(name="")


@breaks("partner_name_once_per_school")
def two_partners_with_one_name(cast):
    for name in ("Planner", "PLANNER"):
        Partner.objects.create(school=cast.school, name=name)


@breaks("webhook_name_once_per_school")
def two_webhooks_with_one_name(cast):
    for name in ("Rooster", "ROOSTER"):
        Webhook.objects.create(school=cast.school, name=name)


def receiver(cast):
    return Receiver.objects.create(partner=Partner.objects.create(school=cast.school, name="Planner"))


@breaks("delivery_once_per_association")
def two_deliveries_of_an_association(cast):
    participation = _participation(cast)
    to = receiver(cast)
    for _ in range(2):
        Delivery.objects.create(receiver=to, participation=participation)


@breaks("delivery_once_per_offering")
def two_deliveries_of_a_sitting(cast):
    sitting, to = _sitting(cast), receiver(cast)
    for _ in range(2):
        Delivery.objects.create(receiver=to, sitting=sitting)


@breaks("delivery_about_one_thing")
def delivery_of_nothing(cast):
    Delivery.objects.create(receiver=receiver(cast))


@breaks("final_batch_item_once")
def assessment_twice_in_a_batch(cast):
    batch = FinalBatchFactory(school=cast.assessment.school)
    for _ in range(2):
        batch.items.create(assessment=cast.assessment, version=1, proposing=False)


@breaks("final_batch_outcome_known")
def item_with_an_unknown_outcome(cast):
    batch = FinalBatchFactory(school=cast.assessment.school)
    batch.items.create(assessment=cast.assessment, version=1, proposing=False, outcome="LOST")


@breaks("final_batch_refused_with_reason")
def item_refused_without_a_reason(cast):
    batch = FinalBatchFactory(school=cast.assessment.school)
    batch.items.create(assessment=cast.assessment, version=1, proposing=False, outcome="REFUSED")


@pytest.mark.parametrize(("name", "attempt"), TRIES)
def test_constraint_refuses(name, attempt, assessed, student, examiner, docent, committee_member):
    cast = Cast(assessed, student, examiner, docent, committee_member)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        attempt(cast)
    if connection.vendor == "postgresql":
        assert refused.value.__cause__.diag.constraint_name == name
    elif "CHECK" in str(refused.value):
        assert name in str(refused.value)


def test_every_constraint_is_tried():
    named = {
        constraint.name
        for app in ("accounts", "addressbook", "assessments", "committee", "exchange")
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
    }
    assert {param.values[0] for param in TRIES} == named


# --- Valid rows ----------------------------------------------------------------------------------
def test_two_students_without_a_number_are_fine(school):
    for _ in range(2):
        MembershipFactory(school=school, student_number="")


def test_number_may_exist_at_another_school(student, other_school):
    MembershipFactory(school=other_school, student_number=student.student_number)


def test_same_contact_at_several_levels_is_fine(assessment, examiner):
    part = Part.objects.filter(work_process__core_task__unit=assessment.unit).first()
    for places in ({}, {"work_process": part.work_process}, {"part": part}):
        Coupling.objects.create(assessment=assessment, contact=examiner, **places)
