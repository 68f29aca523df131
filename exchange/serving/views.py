"""The endpoints of Toetsafname in OKE MBO-toetsafname 1.0.1 (docs/oke.md)."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import content_disposition_header

from assessments.documents import sitting_report
from assessments.models import Document, Participation, Sitting, SittingStaff
from assessments.privacy import access_log
from exchange import mapping
from exchange.models import CATALOGUE, SITTINGS, Partner, SittingOrigin
from exchange.serving import catalogue, schemas
from exchange.serving.endpoint import endpoint, json_response, read_body, read_choice, read_choices, read_id, read_page
from exchange.serving.examiners import assessor_url, cancel_staff, find_staff, put_staff
from exchange.serving.participants import RELATED, find_participation, patch_student, put_student
from exchange.serving.problems import NotFound, Problem
from exchange.serving.sittings import cancel_participation, get_sitting, patch_sitting, put_sitting

ROLES = ("student", "lecturer", "teaching assistant", "coordinator", "guest", "invigilator", "assessor")
STATES = ("pending", "canceled", "denied", "associated", "queued", "finished")
RESULT_STATES = ("in progress", "postponed", "completed", "queued")
ASSOCIATION_TYPES = ("programOfferingAssociation", "courseOfferingAssociation", "componentOfferingAssociation")

EXPANDABLE = ("program", "programOffering", "course", "courseOffering", "component", "organization", "academicSession")


PUBLISHED = "https://netwerkexamineringdigitalisering.github.io/NED-OOAPI/"


@endpoint(GET="")
def service(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Name the standard, which a partner's test call asks for."""
    return json_response(
        {
            "contactEmail": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            "specification": f"{PUBLISHED}specification/v5/docs.html",
            "documentation": PUBLISHED,
            "supportedVersions": ["v5"],
            "supportedConsumers": [{"consumerKey": mapping.CONSUMER, "version": "1.0.1"}],
        }
    )


# --- Flow 0 --------------------------------------------------------------------------------------
@endpoint(GET=CATALOGUE)
def components(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Flow 0.1: list what can be assessed."""
    page, licensed = read_page(request), partner.school.digital_assessment_active
    sort = read_choices(request, "sort", catalogue.SORTS)
    asked = read_choice(request, "licensed", ("true", "false"))
    try:
        since = catalogue.parameters_since(request.GET)
    except ValueError:
        raise Problem("since: not a date such as 2026-01-31.") from None
    is_empty = request.GET.get("componentType", "test") != "test" or asked == ("false" if licensed else "true")
    code, query = request.GET.get("primaryCode", ""), request.GET.get("q", "")
    units = [] if is_empty else catalogue.find_units(query=query, since=since, code=code, sort=sort)
    return page.of(units, lambda unit: mapping.component(unit, licensed=licensed))


@endpoint(GET=CATALOGUE)
def component(request: HttpRequest, partner: Partner, component_id: str) -> HttpResponse:
    """Flow 0.2: one component."""
    unit = catalogue.find_unit(read_id(component_id))
    if unit is None:
        raise NotFound("No such component.")
    read_choices(request, "expand", ("course", "organization"))  # we have neither
    return json_response(mapping.component(unit, licensed=partner.school.digital_assessment_active))


# --- Offerings -----------------------------------------------------------------------------------
@endpoint(GET=SITTINGS, PUT=SITTINGS, PATCH=SITTINGS)
def offering(request: HttpRequest, partner: Partner, offering_id: str) -> HttpResponse:
    """Flow 2.1, 2.2 A (PUT), 2.5 (PATCH), 2.6 A and 4.2 (GET)."""
    public_id, status = read_id(offering_id), 200
    if request.method == "PUT":
        sitting, is_new = put_sitting(partner, public_id, read_body(request, schemas.Offering))
        status = 201 if is_new else 200
    elif request.method == "PATCH":
        sitting = patch_sitting(partner, public_id, read_body(request, schemas.OfferingPatch))
    else:
        sitting = get_sitting(partner, public_id)
    data = mapping.offering(sitting, sent=_sent(sitting))
    if "component" in read_choices(request, "expand", EXPANDABLE):
        data["component"] = mapping.component(sitting.unit, licensed=partner.school.digital_assessment_active)
    return json_response(data, status=status)


def _sent(sitting: Sitting) -> dict[str, Any]:
    return SittingOrigin.objects.get(sitting=sitting).offering


@endpoint(GET=SITTINGS)
def offering_associations(request: HttpRequest, partner: Partner, offering_id: str) -> HttpResponse:
    """Flow 2.6 B and 3.4 A: who takes part, with results."""
    page = read_page(request)
    role = read_choice(request, "role", ROLES)
    state, result_state = read_choice(request, "state", STATES), read_choice(request, "result-state", RESULT_STATES)
    kind = read_choice(request, "associationType", ASSOCIATION_TYPES)
    sort = read_choices(request, "sort", ("associationId", "-associationId"))
    sitting = get_sitting(partner, read_id(offering_id))
    students = sitting.participations.select_related(*RELATED).prefetch_related("assessment__documents")
    found = [mapping.student_association(one, with_person=True) for one in students]
    found += [mapping.staff_association(one, with_person=True) for one in sitting.staff.select_related("sitting")]
    rows = [
        row
        for row in found
        if kind in ("", row["associationType"])
        and role in ("", row["role"])
        and state in ("", row["state"])
        and result_state in ("", row.get("result", {}).get("state"))
    ]
    rows.sort(key=lambda row: row["associationId"], reverse=sort[:1] == ["-associationId"])
    return page.of(rows, lambda row: row)


# --- Associations --------------------------------------------------------------------------------
@endpoint(GET=SITTINGS, PUT=SITTINGS, PATCH=SITTINGS)
def association(request: HttpRequest, partner: Partner, association_id: str) -> HttpResponse:
    """Flow 2.2 B and 2.3 (PUT), 2.4 (PATCH), 3.4 B (GET)."""
    public_id = read_id(association_id)
    if request.method == "PUT":
        return _put_association(request, partner, public_id)
    if request.method == "PATCH":
        return _patch_association(request, partner, public_id)
    found = _find(partner, public_id)
    expand = read_choices(request, "expand", ("person", "offering"))
    data = _association(found, with_person="person" in expand)
    if "offering" in expand:
        sitting = get_sitting(partner, UUID(data["offering"]))
        data["offering"] = mapping.offering(sitting, sent=_sent(sitting))
    return json_response(data)


def _put_association(request: HttpRequest, partner: Partner, public_id: UUID) -> HttpResponse:
    body = read_body(request, schemas.Association)
    if body.associationId not in (None, public_id):
        raise Problem("associationId: not the id of the address.")
    if body.offering_id is None:
        raise Problem("offering: required.")
    is_student = body.role == mapping.STUDENT
    other = find_staff(partner, public_id) if is_student else find_participation(partner, public_id)
    if other is not None:
        raise Problem("role: an association stays with its role; use another id.")
    if body.state == "canceled":
        return _cancel(partner, _find(partner, public_id))
    put = put_student if is_student else put_staff
    found, is_new = put(partner, public_id, body.offering_id, body)
    return json_response(_association(found), status=201 if is_new else 200)


def _patch_association(request: HttpRequest, partner: Partner, public_id: UUID) -> HttpResponse:
    body = read_body(request, schemas.AssociationPatch)
    found = _find(partner, public_id)
    if body.state == "canceled":
        return _cancel(partner, found)
    if isinstance(found, Participation):
        found = patch_student(partner, found, body)
    return json_response({**_association(found), "message": mapping.text("Bijgewerkt.")})


def _cancel(partner: Partner, found: Participation | SittingStaff) -> HttpResponse:
    if isinstance(found, SittingStaff):
        cancelled = cancel_staff(partner, found)
        return json_response({**mapping.staff_association(cancelled), "message": mapping.text("Afgemeld.")})
    cancel_participation(partner, found)
    data = _association(_find(partner, found.public_id))
    return json_response({**data, "message": mapping.text("Afgemeld.")})


def _find(partner: Partner, public_id: UUID) -> Participation | SittingStaff:
    found = find_participation(partner, public_id) or find_staff(partner, public_id)
    if found is None:
        raise NotFound("No such association.")
    return found


def _association(found: Participation | SittingStaff, *, with_person: bool = False) -> dict[str, Any]:
    if isinstance(found, SittingStaff):
        return mapping.staff_association(found, with_person=with_person)
    return mapping.student_association(found, with_person=with_person)


@endpoint(GET=SITTINGS)
def association_url(request: HttpRequest, partner: Partner, association_id: str) -> HttpResponse:
    """Flow 2.7: where the person goes: an assessor to the form, a student to the own exams."""
    found = _find(partner, read_id(association_id))
    if isinstance(found, Participation):
        return json_response(settings.SITE_URL + reverse("assessments:my_exams"))
    return json_response(assessor_url(found))


# --- Documents -----------------------------------------------------------------------------------
@endpoint(GET=SITTINGS)
def document(request: HttpRequest, partner: Partner, document_id: str) -> HttpResponseBase:
    """Flow 3.3: the PDF of a result that still holds; flow 4: the report of a sitting, by the sitting's id."""
    if sitting := Sitting.objects.filter(origin__partner=partner, public_id=read_id(document_id)).first():
        return _report(partner, sitting)
    of_partner = Document.objects.current().filter(assessment__participation__sitting__origin__partner=partner)
    found = of_partner.select_related("file", "assessment").filter(public_id=read_id(document_id)).first()
    if found is None or found.file is None:
        raise NotFound("No such document.")
    content = found.file.open_proven()
    access_log.note_system([found.assessment], name=partner.name, what=access_log.What.DOCUMENT)
    return FileResponse(content, as_attachment=True, filename=found.filename, content_type="application/octet-stream")


def _report(partner: Partner, sitting: Sitting) -> HttpResponse:
    if not mapping.report_documents(sitting):
        raise NotFound("No such document.")
    rows = sitting_report.read_rows(sitting)
    access_log.note_system((row.assessment for row in rows), name=partner.name, what=access_log.What.DOCUMENT)
    disposition = content_disposition_header(as_attachment=True, filename=sitting_report.filename(sitting))
    return HttpResponse(
        sitting_report.render(sitting, rows),
        content_type="application/octet-stream",
        headers={"Content-Disposition": disposition or ""},
    )


@endpoint()
def unknown(request: HttpRequest, partner: Partner, path: str) -> HttpResponse:
    """Answer every other address."""
    raise NotFound("No such address.")
