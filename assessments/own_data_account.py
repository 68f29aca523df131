"""What of someone's own data is about the account and about joining the school, beside the assessments.

Left out is what logs one in (passwords, the app's key, recovery codes, what sessions go by) and who at the school did
something: that tells nothing of the student.
"""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.addresses import Address, invited_at, logins_with
from accounts.auth import sessions
from accounts.models import Membership, Registration, SchoolInvitation, Session, User
from addressbook.models import Contact


def collect_account(student: Membership, addresses: list[Address]) -> dict[str, Any]:
    """The account, how one logs in to it, and where."""
    user = student.user
    return {
        "account": _account(student),
        "tweede_stap": _second_step(user),
        "sessies": [_session(session) for session in Session.objects.of(user.pk)],
        "inloggen": _logins(addresses),
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
            {"naam": asked.full_name, "school": asked.school.name, "aangevraagd_op": asked.asked_at}
            for asked in Registration.objects.filter(email=user.email).select_related("school")
        ],
    }


def collect_school(student: Membership, addresses: list[Address]) -> dict[str, Any]:
    """What the school wrote down of the student, and of who they are there beside a student."""
    school, user = student.school, student.user
    asked = school.school_invitations.filter(invited_at(addresses) | Q(user=user) | Q(accepted_by=user))
    return {
        "uitnodigingen_voor_de_school": [_invitation(invitation) for invitation in asked.order_by("pk")],
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
        "rollen": [f"{held.get_role_display()}, {held.school}" for held in user.memberships.select_related("school")],
    }


def _second_step(user: User) -> dict[str, Any]:
    """That there is an app, and how many codes are left; neither the key nor a code."""
    apps = TOTPDevice.objects.filter(user=user, confirmed=True).order_by("pk")
    return {
        "apps": [{"aangezet_op": app.created_at, "laatst_gebruikt_op": app.last_used_at} for app in apps],
        "herstelcodes_over": user.recovery_codes.count(),
    }


def _session(session: Session) -> dict[str, Any]:
    data = session.get_decoded()
    return {
        "apparaat": sessions.device(data),
        "begonnen_op": sessions.started_at(data),
        "laatst_gezien_op": session.seen_at,
        "verloopt_op": session.expire_date,
    }


def _logins(addresses: list[Address]) -> dict[str, Any]:
    """Of a try that failed the time alone: it may have been someone else's, from their machine."""
    mine = logins_with(addresses)
    failed = [
        log.objects.filter(mine).values_list("attempt_time", flat=True) for log in (AccessAttempt, AccessFailureLog)
    ]
    return {
        "gelukt": list(
            AccessLog.objects.filter(mine)
            .order_by("attempt_time")
            .values(op=F("attempt_time"), ip_adres=F("ip_address"), browser=F("user_agent"))
        ),
        "mislukt_op": sorted(at for times in failed for at in times),
    }


def _invitation(invitation: SchoolInvitation) -> dict[str, Any]:
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
