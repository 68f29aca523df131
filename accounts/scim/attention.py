"""What of a directory's people asks something of Schoolbeheer."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q

from accounts.models import DirectoryUser, Membership, School

MOST = 100  # on the page


@dataclass(frozen=True)
class Attention:
    """A person and what to do (Dutch)."""

    person: DirectoryUser
    text: str


def attention(school: School) -> list[Attention]:
    """Return the first `MOST` of the people to look at."""
    still_holds = Membership.objects.present().filter(school=school, user=OuterRef("user"), from_directory=True)
    incomplete = Q(user=None, is_active=True) & (Q(email="") | Q(first_name="") | Q(last_name=""))
    other_address = Q(user__isnull=False) & ~Q(email="") & ~Q(email=F("user__email"))
    withdrawn = Q(user=None, is_active=True, invitation__withdrawn_at__isnull=False)
    remains = Q(is_active=False) & Exists(still_holds)
    people = school.directory_users.filter(incomplete | other_address | withdrawn | remains)
    return [Attention(person, _text(person)) for person in people.select_related("user", "invitation")[:MOST]]


def _text(person: DirectoryUser) -> str:
    if person.user is None and person.invitation is not None:
        return "De uitnodiging is ingetrokken. Nodig diegene opnieuw uit als dat niet de bedoeling was."
    if person.user is None:
        missing = "geen e-mailadres" if not person.email else "geen voor- en achternaam"
        return f"Uw systeem geeft {missing}, en daarom is er nog geen account."
    if not person.is_active:
        return "Staat niet meer in uw systeem en is de enige met de rol Schoolbeheer. Geef een collega die rol."
    return (
        f"Uw systeem geeft het adres {person.email}. Inloggen blijft met {person.user.email}, tot diegene het bij "
        "Profiel wijzigt."
    )
