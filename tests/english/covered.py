"""What an examiner and a student see: all of it has English texts."""

from __future__ import annotations

from functools import cache

from django.template import Template

from .texts import load, template_names, with_all_included

# With the views, their forms and the rules whose refusals are shown.
MODULES = (
    "accounts.account_forms",
    "accounts.context",
    "accounts.email_change",
    "accounts.fields",
    "accounts.forms",
    "accounts.interrupted",
    "accounts.logging_in",
    "accounts.second_step",
    "accounts.second_step_forms",
    "accounts.second_step_views",
    "accounts.session_views",
    "accounts.user_agent",
    "accounts.mailable",
    "accounts.password_rules",
    "accounts.passwords",
    "accounts.refused",
    "accounts.registering",
    "accounts.number_forms",
    "accounts.people.forms",
    "accounts.people.join_views",
    "accounts.views",
    "addressbook.forms",
    "assessments.check_document",
    "assessments.couple",
    "assessments.drawn",
    "assessments.examiner",
    "assessments.form",
    "assessments.forms",
    "assessments.lifecycle",
    "assessments.no_access",
    "assessments.no_reminders",
    "assessments.own_data_page",
    "assessments.propose",
    "assessments.propose_colleague",
    "assessments.replace",
    "assessments.rubric",
    "assessments.sign",
    "assessments.student",
    "exams.models",
    "exams.views",
    "exams.workflow",
)
# Named by other modules: an error's page, what axes shows, the copy to keep.
TEMPLATES = (
    "400.html",
    "403.html",
    "403_csrf.html",
    "404.html",
    "500.html",
    "accounts/locked_out.html",
    "accounts/login.html",
    "accounts/mail/join_school.html",
    "accounts/mail/join_school.subject.txt",
    "accounts/mail/join_school.txt",
    "assessments/form_criteria.html",
    "assessments/form_points.html",
    "assessments/pdf/own_copy.html",
    "file_gone.html",
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
    "no_account",
    "password_changed",
    "recovery_code_used",
    "second_step_off",
    "second_step_on",
    "second_step_removed",
    "wrong_codes",
)
# What a variable names: an assessment's states, roles, kinds of exam.
BY_VARIABLE = (
    *("Nieuw", "Uitgenodigd", "Wordt beoordeeld", "Beoordeeld", "Definitief", "Ingetrokken"),
    *("Niet verschenen", "Onregelmatigheid", "Ongeldige poging", "Anders", "Per ongeluk gestart"),
    *("Student", "Docent", "Praktijkopleider", "Examencommissie", "Schoolbeheer", "Beroep", "Keuzedeel"),
)


@cache
def all_templates() -> dict[str, Template]:
    """By name."""
    folders = {"assessments": MAILS, "accounts": ACCOUNT_MAILS}
    every = [f"{app}/mail/{name}" for app, names in folders.items() for name in names]
    mails = {f"{name}.{kind}" for name in every for kind in ("html", "txt", "subject.txt")}
    own = {name for module in load(MODULES) for name in template_names(module)}
    return with_all_included({*TEMPLATES, *mails, *own})
