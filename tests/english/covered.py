"""The pages and mails of examiners and students, which all have English texts."""

from __future__ import annotations

from functools import cache

from django.template import Template

from assessments.models import Attendance
from assessments.sittings.participation import NEEDS

from .texts import load, template_names, with_all_included

# Includes the forms of the views and the rules whose errors are shown.
MODULES = (
    "accounts.auth.forms",
    "accounts.auth.adapter",
    "accounts.auth.mfa",
    "accounts.auth.middleware",
    "accounts.auth.urls",
    "accounts.auth.refusals",
    "accounts.auth.validators",
    "accounts.auth.views",
    "accounts.navigation",
    "accounts.fields",
    "accounts.mail.addresses",
    "accounts.people.forms",
    "accounts.people.join_views",
    "accounts.profile.forms",
    "accounts.profile.views",
    "accounts.registration.forms",
    "accounts.registration.views",
    "accounts.models.number_formats",
    "accounts.sessions.interrupted",
    "accounts.sessions.sessions",
    "accounts.sso.common",
    "accounts.sso.forms",
    "accounts.sso.views",
    "addressbook.forms",
    "assessments.coupling.couplings",
    "assessments.documents.forms",
    "assessments.documents.views",
    "assessments.examiner.access",
    "assessments.examiner.forms",
    "assessments.examiner.link_views",
    "assessments.examiner.participation_views",
    "assessments.examiner.saving",
    "assessments.examiner.signature",
    "assessments.examiner.views",
    "assessments.invitations.proposals",
    "assessments.invitations.replace",
    "assessments.lifecycle",
    "assessments.privacy.my_data_views",
    "assessments.rubric",
    "assessments.progress.calendar_views",
    "assessments.progress.listing",
    "assessments.progress.student_views",
    "assessments.sittings.calendar",
    "assessments.sittings.forms",
    "assessments.sittings.participation",
    "exams.models.content",
    "exams.models.exam",
    "exams.views",
    "exams.workflow",
    "exchange.downloads.views",
)
# Named by other modules: error pages, the examiner's copy.
TEMPLATES = (
    "400.html",
    "403.html",
    "403_csrf.html",
    "404.html",
    "500.html",
    "account/login.html",
    "account/password_change.html",
    "account/password_reset.html",
    "account/password_reset_from_key.html",
    "account/reauthenticate.html",
    "accounts/mail/join_school.html",
    "accounts/mail/join_school.subject.txt",
    "accounts/mail/join_school.txt",
    "assessments/pdf/examiner_copy.html",
    "database_down.html",
    "file_gone.html",
    "mfa/authenticate.html",
    "mfa/index.html",
    "mfa/recovery_codes/generate.html",
    "mfa/recovery_codes/index.html",
    "mfa/totp/activate_form.html",
    "mfa/totp/deactivate_form.html",
    "mfa/webauthn/add_form.html",
    "mfa/webauthn/authenticator_confirm_delete.html",
    "storage_down.html",
)
MAILS = (
    "invitation",
    "invitation_together",
    "reminder",
    "reminder_together",
    "sent_back",
    "proposal_declined",
    "cancelled",
    "own_data",
)
ACCOUNT_MAILS = (
    "confirm_email",
    "confirm_registration",
    "email_change_asked",
    "email_given_back",
    "has_account",
    "new_password",
    "new_recovery_codes",
    "passkey_added",
    "passkey_removed",
    "no_account",
    "password_changed",
    "recovery_code_used",
    "school_account_code",
    "school_account_linked",
    "second_step_off",
    "second_step_on",
    "second_step_removed",
    "wrong_codes",
)
# Texts from variables: statuses of an assessment, roles, kinds of exam.
BY_VARIABLE = (
    *("Nieuw", "Uitgenodigd", "Wordt beoordeeld", "Beoordeeld", "Definitief", "Ingetrokken"),
    *("Niet verschenen", "Onregelmatigheid", "Ongeldige poging", "Anders", "Per ongeluk gestart"),
    *("Student", "Docent", "Praktijkopleider", "Examencommissie", "Schoolbeheer", "Beroep", "Keuzedeel"),
    *NEEDS.values(),
    *Attendance.labels,
)


@cache
def all_templates() -> dict[str, Template]:
    """Return all templates by name."""
    folders = {"assessments": MAILS, "accounts": ACCOUNT_MAILS}
    every = [f"{app}/mail/{name}" for app, names in folders.items() for name in names]
    mails = {f"{name}.{kind}" for name in every for kind in ("html", "txt", "subject.txt")}
    own = {name for module in load(MODULES) for name in template_names(module)}
    return with_all_included({*TEMPLATES, *mails, *own})
