"""The Dutch name of each kind of mail; a kind is the name of a mail's template."""

from __future__ import annotations

OTHER = "Andere mail"
KINDS = {
    # About an account.
    "confirm_registration": "E-mailadres bevestigen (nieuw account)",
    "confirm_email": "E-mailadres bevestigen (nieuw adres)",
    "email_change_asked": "E-mailadres wijzigt",
    "email_given_back": "E-mailadres hoort niet meer bij een account",
    "has_account": "Heeft al een account",
    "no_account": "Geen account met dit adres",
    "new_password": "Nieuw wachtwoord kiezen",
    "password_changed": "Wachtwoord gewijzigd",
    "second_step_on": "Inloggen met een code staat aan",
    "second_step_off": "Inloggen met een code staat uit",
    "second_step_removed": "Inloggen met een code verwijderd",
    "passkey_added": "Passkey toegevoegd",
    "passkey_removed": "Passkey verwijderd",
    "new_recovery_codes": "Nieuwe herstelcodes",
    "recovery_code_used": "Ingelogd met een herstelcode",
    "wrong_codes": "Verkeerde codes bij het inloggen",
    "school_account_code": "Code voor het schoolaccount",
    "school_account_linked": "Schoolaccount gekoppeld",
    "join_school": "Uitnodiging voor de school",
    "roles_given": "Rollen gegeven",
    "number_taken": "Studentnummer al bezet",
    # About an assessment.
    "invitation": "Uitnodiging om te beoordelen",
    "invitation_together": "Uitnodiging om te beoordelen (meer studenten)",
    "reminder": "Herinnering",
    "reminder_together": "Herinnering (meer studenten)",
    "sent_back": "Teruggestuurd naar de examinator",
    "cancelled": "Beoordelen hoeft niet meer",
    "proposal": "Collega voorgesteld",
    "proposal_declined": "Voorgestelde collega afgewezen",
    "all_done": "Alle examinatoren zijn klaar",
    "not_arrived": "Mail aan de examinator niet aangekomen",
    "handed_over": "Beoordeling overgedragen",
    "cancelled_initiator": "Afname ingetrokken",
    "cancelled_student": "Afname ingetrokken (aan de student)",
    "result": "Definitieve beoordeling",
    "final_student": "Resultaat vastgesteld (aan de student)",
    "result_withdrawn": "Definitieve beoordeling ingetrokken",
    "result_withdrawn_student": "Resultaat ingetrokken (aan de student)",
    "own_data": "Eigen gegevens staan klaar",
}

# A person waits for these at the screen, or must know at once; the other mails about accounts go out to many people.
URGENT = frozenset(
    {
        "confirm_registration", "confirm_email", "email_change_asked", "email_given_back", "has_account", "no_account",
        "new_password", "password_changed", "second_step_on", "second_step_off", "second_step_removed", "passkey_added",
        "passkey_removed", "new_recovery_codes", "recovery_code_used", "wrong_codes", "school_account_code",
        "school_account_linked",
    }
)  # fmt: skip

SHORT_LIVED = frozenset({"school_account_code"})  # of use for some minutes


def kind_label(kind: str) -> str:
    return KINDS.get(kind, OTHER)
