"""Our words as those of OKE MBO-toetsafname 1.0.1 (OOAPI v5, consumer 'nl-test-admin'), in one place.

| OKE | here |
| --- | --- |
| Component | an exam unit of the newest published version of its exam; the id is the same in every version |
| ComponentOffering | `Sitting` |
| ComponentOfferingAssociation, role student | `Participation`: one student's assessment in a sitting |
| ComponentOfferingAssociation, other roles | `SittingStaff` |
| result, pass, score | `Assessment.ovg`, once final; the grade (cijfer) is in `ext.grade` |
| document 'assessmentForm' | the current `Document` of a final result |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils import timezone

from accounts.models import Membership, PersonName
from assessments.documents import sitting_report
from assessments.models import Assessment, Attendance, Document, Participation, Sitting, SittingStaff, Status
from exams.models import Exam, ExamUnit

Json = dict[str, Any]
CONSUMER = "nl-test-admin"
STUDENT = "student"
NAMESPACE = UUID("6f0a3c0e-5a0b-4c43-9a52-3f6b0f5f6d51")  # fixed: ids made with it are at the partners
VALUE_TYPE = "insufficient-satisfactory-good"
SCORES = {"O": "insufficient", "V": "satisfactory", "G": "good"}
NAME_LENGTH, ROOM_LENGTH = 200, 120  # of `Sitting`


def moment(at: datetime) -> str:
    """Return a moment as the standard wants it: Dutch time, with its offset."""
    return timezone.localtime(at).isoformat(timespec="seconds")


def text(value: str) -> list[Json]:
    return [{"language": "nl-NL", "value": value}]


# --- Component -----------------------------------------------------------------------------------
def component_id(exam: Exam, unit_code: str) -> UUID:
    """Return the id of a unit, which is the same in every version of the exam and at every school."""
    return uuid5(NAMESPACE, f"component {exam.code} {exam.cohort} {unit_code}")


def component(unit: ExamUnit, *, licensed: bool) -> Json:
    """Return a unit; `licensed` is whether the school may assess digitally."""
    exam = unit.exam_version.exam
    code = f"{exam.code}-{unit.code}"
    data: Json = {
        "componentId": str(component_id(exam, unit.code)),
        "primaryCode": {"codeType": "componentCode", "code": code},
        "componentType": "test",
        "name": text(f"{exam.title}: {unit.title}"),
        "abbreviation": code,
        "modeOfDelivery": ["situated"],
        "description": text(f"{unit.code} {unit.title}. {exam.title}, {exam.code}, cohort {exam.cohort}"),
        "teachingLanguage": "nld",
        "assessment": text("Beoordeling in de praktijk"),
        "otherCodes": [{"codeType": "x-cohort", "code": exam.cohort}],
        "consumers": [
            {
                "consumerKey": CONSUMER,
                "availablePersonalNeeds": ["extraTime"],
                "exam": True,
                "resultValueType": VALUE_TYPE,
                "passFrom": SCORES["V"],
                "status": "active",
                "licensed": licensed,
            }
        ],
    }
    if exam.kind == Exam.Kind.PROFESSION:
        data["otherCodes"].append({"codeType": "crohoCreboCode", "code": exam.code})
    return data


# --- ComponentOffering ---------------------------------------------------------------------------
def cut(value: str, length: int) -> str:
    """Return a text that fits a column."""
    return value if len(value) <= length else f"{value[: length - 1]}…"


def offering(sitting: Sitting, *, sent: Json) -> Json:
    """Return a sitting; `sent` is what its partner sent and the sitting does not hold itself."""
    unit = sitting.unit
    name = sent.get("name") or []
    if not name or cut(name[0]["value"], NAME_LENGTH) != sitting.name:  # renamed at the school
        name = text(sitting.name)
    consumer: Json = {
        **sent.get("consumer", {}),
        "consumerKey": CONSUMER,
        "offeringState": "canceled" if sitting.is_cancelled else "active",
        "documents": report_documents(sitting),
    }
    if sitting.room:
        consumer["locationCode"] = sitting.room
    if sitting.irregularities:
        consumer["irregularities"] = sitting.irregularities
    return {
        "primaryCode": {"codeType": "offeringCode", "code": sitting.name},
        "description": text(sitting.name),
        "teachingLanguage": "nld",
        **{key: value for key, value in sent.items() if key != "consumer"},
        "offeringId": str(sitting.public_id),
        "offeringType": "component",
        "name": name,
        "resultExpected": True,
        "resultValueType": VALUE_TYPE,
        "startDateTime": moment(sitting.starts_at),
        "endDateTime": moment(sitting.ends_at),
        "component": str(component_id(unit.exam_version.exam, unit.code)),
        "consumers": [consumer],
    }


def report_documents(sitting: Sitting) -> list[Json]:
    """Return the report of a sitting that has begun, under the sitting's own id; else []."""
    if sitting.starts_at > timezone.now():
        return []
    name = sitting_report.filename(sitting)
    return [{"documentId": str(sitting.public_id), "documentType": "sessionReport", "documentName": name}]


# --- Person --------------------------------------------------------------------------------------
def person_id(known_as: str, *, fallback: str) -> str:
    """Return the partner's id of a person, or one derived from `fallback` where it gave none."""
    try:
        return str(UUID(known_as))
    except ValueError:
        return str(uuid5(NAMESPACE, f"person {fallback}"))


def student_id(participation: Participation) -> str:
    return person_id(participation.person_id, fallback=f"membership {participation.assessment.student_id}")


def staff_id(staff: SittingStaff) -> str:
    return person_id(staff.person_id, fallback=f"staff {staff.pk}")


def student(participation: Participation) -> Json:
    membership: Membership = participation.assessment.student
    user = membership.user
    return {
        "personId": student_id(participation),
        "primaryCode": {"codeType": "studentNumber", "code": membership.student_number},
        **_name(user),
        "activeEnrollment": membership.ended_at is None,
        "affiliations": ["student"],
        "mail": user.email,
    }


def staff_person(staff: SittingStaff) -> Json:
    return {
        "personId": staff_id(staff),
        "primaryCode": {"codeType": "identifier", "code": staff_id(staff)},
        **_name(staff),
        "activeEnrollment": False,
        "affiliations": ["guest"],
        "mail": staff.email,
    }


def _name(named: PersonName) -> Json:
    data = {"givenName": named.first_name, "surname": named.last_name, "displayName": named.full_name}
    return {**data, "surnamePrefix": named.infix} if named.infix else data


# --- ComponentOfferingAssociation ----------------------------------------------------------------
def association_state(status: str) -> str:
    return {Status.CANCELLED: "canceled", Status.FINAL: "finished"}.get(Status(status), "associated")


def student_association(participation: Participation, *, with_person: bool = False) -> Json:
    """Return a student's part in a sitting, with its result; read with `documents` of the assessment."""
    assessment = participation.assessment
    consumer = {
        "consumerKey": CONSUMER,
        "additionalTimeInMin": participation.extra_minutes,
        "personalNeeds": participation.needs,
        "attempt": assessment.attempt,
    }
    data: Json = {
        "associationId": str(participation.public_id),
        "associationType": "componentOfferingAssociation",
        "role": STUDENT,
        "state": association_state(assessment.status),
        "consumers": [consumer],
        "person": student(participation) if with_person else student_id(participation),
        "offering": str(participation.sitting.public_id) if participation.sitting else "",
    }
    if found := result(participation):
        data["result"] = found
    return data


def staff_association(staff: SittingStaff, *, with_person: bool = False) -> Json:
    return {
        "associationId": str(staff.public_id),
        "associationType": "componentOfferingAssociation",
        "role": staff.role,
        "state": "canceled" if staff.is_cancelled else "associated",
        "consumers": [{"consumerKey": CONSUMER}],
        "person": staff_person(staff) if with_person and staff.email else staff_id(staff),
        "offering": str(staff.sitting.public_id),
    }


# --- Result --------------------------------------------------------------------------------------
def result(participation: Participation) -> Json | None:
    """Return the result as it is now: 'completed' once final, before that what is known; None without anything."""
    assessment = participation.assessment
    is_final = assessment.status == Status.FINAL
    is_begun = assessment.status in (Status.IN_PROGRESS, Status.ASSESSED)
    if not is_final and not is_begun and participation.attendance == Attendance.NOT_KNOWN:
        return None
    at = assessment.final_at or assessment.status_since
    data: Json = {
        "state": "completed" if is_final else "in progress",
        "pass": "unknown",
        "resultDate": timezone.localdate(at).isoformat(),
        "weight": 100,
        "consumers": [_result_consumer(participation)],
    }
    if is_final:
        data["pass"] = "failed" if assessment.ovg == "O" else "passed"
        data["score"] = SCORES[assessment.ovg]
        data["ext"] = {"grade": str(assessment.grade)}
    return data


def _result_consumer(participation: Participation) -> Json:
    assessment = participation.assessment
    is_final = assessment.status == Status.FINAL
    # A result implies presence, also where attendance was not recorded.
    attendance = participation.attendance
    if is_final and attendance == Attendance.NOT_KNOWN:
        attendance = Attendance.PRESENT
    data: Json = {"consumerKey": CONSUMER, "attendance": str(attendance), "final": is_final}
    if participation.irregularities:
        data["irregularities"] = participation.irregularities
    if participation.sitting:
        data["testDate"] = moment(participation.sitting.starts_at)
    if is_final:
        data["documents"] = [document(found) for found in current_documents(assessment)]
    return data


def current_documents(assessment: Assessment) -> Iterable[Document]:
    """Return the rendered PDF of a result that still holds: one or none."""
    return [found for found in assessment.documents.all() if found.superseded_at is None and found.file_id]


def document(found: Document) -> Json:
    return {"documentId": str(found.public_id), "documentType": "assessmentForm", "documentName": found.filename}
