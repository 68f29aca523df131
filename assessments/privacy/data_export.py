"""Everything the school stores about one student, as data for that student (AVG, article 15).

Data about colleagues is left out where it is not about the student: views have a date, no name. An assessment that is
not closed shows its progress only, without scores, remarks or the PDF of a withdrawn result, as on the student's own
pages. An open appeal shows no outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Case, F, Q, When

from accounts.auth.address_history import Address, addresses_of, invited_at, mails_to
from accounts.models import IdentityProvider, Membership, Registration, SchoolInvitation, Session, User
from accounts.sessions import sessions
from addressbook.models import Contact
from assessments.models import (
    CLOSED,
    Appeal,
    Assessment,
    Assignment,
    Correction,
    Document,
    Invitation,
    MailAbout,
    Participation,
    Viewing,
)
from digibeoordelen.outbox.models import OutgoingMail, OutgoingMailQuerySet

NOTE = (
    "Dit zijn de gegevens die de school in Digitaal beoordelen over u bewaart. Van een beoordeling die nog loopt "
    "staat hier hoe ver die is; wat examinatoren geven en wat daarbij is opgemerkt komt erin als het resultaat "
    "definitief is. Bijlagen bij uitnodigingen worden genoemd maar zitten er niet bij, omdat er gegevens van anderen "
    "in kunnen staan: vraag ernaar bij de school."
)


def collect(student: Membership) -> dict[str, Any]:
    """Return the data as it becomes JSON, with dates as objects."""
    addresses = addresses_of(student.user)
    assessments = Assessment.objects.filter(student=student).for_pages().select_related("final_by")
    return {
        "toelichting": NOTE,
        "school": student.school.name,
        **collect_account(student, addresses),
        **collect_school(student, addresses),
        "examens_op_uw_account": [str(exam.exam) for exam in student.user.account_exams.select_related("exam")],
        "beoordelingen": [_assessment(assessment) for assessment in assessments.order_by("created_at", "pk")],
        "mails": [_mail(mail) for mail in _mails(student, addresses)],
        "verzoeken_om_inzage": [
            {"aangevraagd_op": request.asked_at, "door": request.asked_by_name, "gedownload_op": request.downloaded_at}
            for request in student.data_requests.order_by("asked_at")
        ],
    }


def documents(student: Membership) -> Iterator[tuple[str, Document]]:
    """Yield the PDFs of closed assessments with their names in the zip; superseded ones in a folder of their own.

    A PDF of a withdrawn result shows what the committee is reviewing.
    """
    closed = Document.objects.filter(assessment__student=student, assessment__status__in=CLOSED)
    available = closed.filter(file__isnull=False).select_related("file")
    for document in available.order_by("assessment", "number"):
        folder = "pdf" if document.superseded_at is None else "pdf/vervallen"
        yield f"{folder}/{document.filename}", document


def _assessment(assessment: Assessment) -> dict[str, Any]:
    data: dict[str, Any] = {
        "examen": str(assessment.exam),
        "eenheid": str(assessment.unit),
        "poging": assessment.attempt,
        "telt_als_poging": assessment.counts_as_attempt,
        "status": assessment.get_status_display(),
        "gestart_op": assessment.created_at,
        "gestart_door": assessment.initiator.full_name,
        "datum_van_de_afname": assessment.planned_on,
        "plaats_van_de_afname": assessment.place,
        "verloop_van_de_afname": _participation(assessment),
        "reden_van_intrekken": assessment.cancel_reason,
        "resultaat": assessment.ovg,
        "cijfer": assessment.grade,
        "vastgesteld_op": assessment.final_at,
        "vastgesteld_door": assessment.final_by.full_name if assessment.final_by else "",
        "bezwaar_tot_en_met": assessment.appeal_until,
        "uitnodigingen": [
            _invitation(invitation, closed=assessment.is_closed)
            for invitation in assessment.invitations.select_related("contact")
        ],
        "bezwaren": [_appeal(appeal) for appeal in assessment.appeals.all()],
        "gebeurtenissen": [
            {"wanneer": event.at, "wat": event.get_kind_display()} for event in assessment.events.order_by("at", "pk")
        ],
        "ingezien": [_viewing(viewing) for viewing in assessment.viewings.order_by("at", "pk")],
    }
    if assessment.is_closed:
        assignments = assessment.assignments.select_related("contact", "part__work_process").order_by("pk")
        data["gegeven"] = [_assignment(assignment) for assignment in assignments.prefetch_related("scores__criterion")]
        corrections = assessment.corrections.select_related("criterion", "assignment__part__work_process")
        data["bewerkingen"] = [_correction(correction) for correction in corrections]
    return data


def _participation(assessment: Assessment) -> dict[str, Any]:
    found = Participation.objects.filter(assessment=assessment).select_related("sitting").first()
    if found is None:
        return {}
    return {
        "zitting": str(found.sitting or ""),
        "aanwezigheid": found.get_attendance_display(),
        "identiteit_gecontroleerd": found.identity_checked,
        "bijzonderheden": found.irregularities,
        "extra_tijd_in_minuten": found.extra_minutes,
        "aanpassingen": found.needs,
    }


def _invitation(invitation: Invitation, *, closed: bool) -> dict[str, Any]:
    """Remarks are included only when closed, since they may reveal scores."""
    data: dict[str, Any] = {
        "examinator": invitation.contact.full_name,
        "organisatie": invitation.contact.organisation,
        "uitgenodigd_op": invitation.invited_at,
        "bijlagen": [attachment.filename for attachment in invitation.attachments.all()],
        "ondertekend_door": invitation.signed_name,
        "beoordeeld_op": invitation.assessed_on,
        "plaats": invitation.assessed_place,
    }
    if closed:
        data["opmerking"] = invitation.remark
        data["opmerking_van_de_examencommissie"] = invitation.committee_remark
    return data


def _assignment(assignment: Assignment) -> dict[str, Any]:
    return {
        "onderdeel": f"{assignment.part.work_process} – {assignment.part}",
        "examinator": assignment.contact.full_name,
        "onderbouwing": assignment.justification,
        "afgerond_op": assignment.completed_at,
        "weggehaald_op": assignment.removed_at,
        "scores": [{"criterium": score.criterion.text, "score": score.value} for score in assignment.scores.all()],
    }


def _correction(correction: Correction) -> dict[str, Any]:
    of = correction.criterion.text if correction.criterion else ""
    if correction.assignment:
        of = f"{correction.assignment.part.work_process} – {correction.assignment.part}"
    return {
        "waarvan": of,
        "was": correction.before,
        "wordt": correction.after,
        "reden": correction.reason,
        "wanneer": correction.at,
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    data: dict[str, Any] = {"ontvangen_op": appeal.received_on, "afgehandeld_op": appeal.closed_on}
    if appeal.closed_on:
        data |= {"uitkomst": appeal.get_outcome_display(), "notitie": appeal.note}
    return data


def _viewing(viewing: Viewing) -> dict[str, Any]:
    return {"wanneer": viewing.at, "wat": viewing.get_what_display()}


def _mails(student: Membership, addresses: list[Address]) -> OutgoingMailQuerySet:
    """Return the mails about the student's assessments or to the student, at earlier addresses too."""
    about = MailAbout.objects.filter(assessment__student=student).values("mail")
    is_own = Case(When(mails_to(addresses), then=True), default=False)
    mails = OutgoingMail.objects.annotate(is_own=is_own).filter(Q(pk__in=about) | mails_to(addresses))
    return mails.order_by("created_at", "pk")


def _mail(mail: Any) -> dict[str, Any]:
    """Return content only of the student's own mails: others may name other people or reveal scores."""
    data: dict[str, Any] = {"soort": mail.kind, "gemaakt_op": mail.created_at, "verzonden_op": mail.sent_at}
    if mail.is_own:
        data |= {"aan": mail.to, "onderwerp": mail.subject, "tekst": mail.text}
    return data


def collect_account(student: Membership, addresses: list[Address]) -> dict[str, Any]:
    """Return the account, its login data and sessions."""
    user = student.user
    names = {str(provider.public_id): provider.name for provider in IdentityProvider.objects.linked_to(user)}
    return {
        "account": _account(student),
        "tweede_stap": _second_step(user),
        "schoolaccounts": [
            {
                "bij": names.get(link.provider, ""),
                "kenmerk": link.uid,
                "gegevens": link.extra_data,
                "gekoppeld_op": link.date_joined,
                "laatst_gebruikt_op": link.last_login,
            }
            for link in SocialAccount.objects.filter(user=user).order_by("pk")
        ],
        "sessies": [_session(session) for session in Session.objects.active_for(user.pk)],
        "wijzigingen_van_uw_e-mailadres": list(
            user.email_changes.order_by("asked_at").values(
                van=F("old_email"),
                naar=F("new_email"),
                gevraagd_op=F("asked_at"),
                bevestigd_op=F("confirmed_at"),
                ingetrokken_op=F("withdrawn_at"),
                gestopt_op=F("stopped_at"),
            )
        ),
        "aanvragen_van_een_account": [
            {
                "naam": registration.full_name,
                "school": registration.school.name,
                "aangevraagd_op": registration.asked_at,
            }
            for registration in Registration.objects.filter(email=user.email).select_related("school")
        ],
    }


def collect_school(student: Membership, addresses: list[Address]) -> dict[str, Any]:
    """Return what the school recorded about the student, in other roles too."""
    school, user = student.school, student.user
    invitations = school.school_invitations.filter(invited_at(addresses) | Q(user=user) | Q(accepted_by=user))
    return {
        "uitnodigingen_voor_de_school": [_school_invitation(invitation) for invitation in invitations.order_by("pk")],
        "gegevens_uit_het_systeem_van_de_school": [
            {"gegevens": person.attributes, "groepen": [group.display_name for group in person.groups.all()]}
            for person in school.directory_users.filter(Q(user=user) | Q(user=None) & invited_at(addresses))
        ],
        "wijzigingen_van_uw_rollen": [
            {
                "rol": change.role_label,
                "wat": change.get_change_display(),
                "hoe": change.get_how_display(),
                "op": change.at,
            }
            for change in school.role_changes.filter(user=user).order_by("pk")
        ],
        "wijzigingen_door_de_school": list(
            student.changes.order_by("at", "pk").values(
                wat=F("label"), was=F("before"), werd=F("after"), reden=F("reason"), op=F("at")
            )
        ),
        "gemelde_studentnummers": list(
            student.number_reports.order_by("at").values(nummer=F("number"), gemeld_op=F("at"))
        ),
        "wijzigingen_door_het_consortium": [
            {"op": line.action_time, "wat": line.get_change_message()} for line in _admin_lines(student)
        ],
        "adresboek": [_contact(contact) for contact in school.contacts.filter(Q(user=user) | Q(email=user.email))],
    }


def _account(student: Membership) -> dict[str, Any]:
    user = student.user
    return {
        "voornaam": user.first_name,
        "tussenvoegsel": user.infix,
        "achternaam": user.last_name,
        "e-mailadres": user.email,
        "aangemaakt_op": user.joined_at,
        "laatst_ingelogd_op": user.last_login,
        "gegevens_gecontroleerd_op": user.details_checked_at,
        "studentnummer": student.student_number,
        "diplomadatum": student.diploma_on,
        "vertrokken_zonder_diploma_op": student.left_on,
        "datums_ingevuld_op": student.study_dates_set_at,
        "uit_de_school_gehaald_op": student.ended_at,
        "rollen": [
            f"{membership.get_role_display()}, {membership.school}"
            for membership in user.memberships.select_related("school")
        ],
    }


def _second_step(user: User) -> dict[str, Any]:
    """Return the apps, passkeys and the number of recovery codes, without the keys and codes."""
    by_type: dict[str, list[Authenticator]] = {}
    for authenticator in Authenticator.objects.filter(user=user).order_by("pk"):
        by_type.setdefault(authenticator.type, []).append(authenticator)
    codes = [item.wrap().get_unused_codes() for item in by_type.get(Authenticator.Type.RECOVERY_CODES, [])]
    return {
        "apps": [_dates(app) for app in by_type.get(Authenticator.Type.TOTP, [])],
        "passkeys": [{"naam": str(key), **_dates(key)} for key in by_type.get(Authenticator.Type.WEBAUTHN, [])],
        "herstelcodes_over": sum(map(len, codes)),
    }


def _dates(authenticator: Authenticator) -> dict[str, Any]:
    return {"aangezet_op": authenticator.created_at, "laatst_gebruikt_op": authenticator.last_used_at}


def _session(session: Session) -> dict[str, Any]:
    data = session.get_decoded()
    return {
        "apparaat": sessions.device(data),
        "begonnen_op": sessions.started_at(data),
        "laatst_gezien_op": session.seen_at,
        "verloopt_op": session.expire_date,
    }


def _school_invitation(invitation: SchoolInvitation) -> dict[str, Any]:
    return {
        "naam": invitation.full_name,
        "e-mailadres": invitation.email,
        "rollen": invitation.role_labels,
        "studentnummer": invitation.student_number,
        "taal": invitation.get_language_display(),
        "uitgenodigd_op": invitation.created_at,
        "verloopt_op": invitation.expires_at,
        "aangenomen_op": invitation.accepted_at,
        "ingetrokken_op": invitation.withdrawn_at,
    }


def _admin_lines(student: Membership) -> Any:
    about = Q()
    for thing in (student, student.user):
        about |= Q(content_type=ContentType.objects.get_for_model(thing), object_id=str(thing.pk))
    return LogEntry.objects.filter(about).order_by("action_time")


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "naam": contact.full_name,
        "e-mailadres": contact.email,
        "functie": contact.function,
        "organisatie": contact.organisation,
        "weggehaald_op": contact.removed_at,
    }
