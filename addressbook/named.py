"""Contacts by what somebody types in a field: an address, 'Naam <e-mailadres>', or a full name."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.db.models import F, Max, Q

from accounts.mailable import normalise_address
from accounts.models import School
from accounts.search import matches, normalise

from .models import Contact

SUGGESTED = 500  # contacts; a browser's list of suggestions gets slow with thousands


def typed_as(contact: Contact) -> str:
    """'Anouk van 't Hoff <anouk@bedrijf.nl>': what finds this contact and no other."""
    return f"{contact.full_name} <{contact.email}>"


def suggestions(school: School) -> list[Contact]:
    """The school's contacts; of more than `SUGGESTED` those that were chosen last, and then by last name."""
    listed = school.contacts.listed()
    found = list(listed[: SUGGESTED + 1])
    if len(found) <= SUGGESTED:
        return found
    used = listed.annotate(used=Max("couplings__pk")).order_by(F("used").desc(nulls_last=True), "sort_key", "pk")
    return sorted(used[:SUGGESTED], key=lambda contact: contact.sort_key)


def find_named(*, school: School, texts: Collection[str]) -> dict[str, list[Contact]]:
    """Who each text can mean: nobody, one, or several with one name; in two queries.

    Case and accents don't count in names, and 'Berg, Sanne van den' is Sanne van den Berg.
    """
    addresses = {text: address for text in texts if (address := _address(text))}
    names = {text: normalise(_first_name_first(text)) for text in texts if text not in addresses}
    listed = school.contacts.listed()
    by_address = {c.email: [c] for c in listed.filter(email__in=addresses.values())} if addresses else {}
    by_name: dict[str, list[Contact]] = {}
    if names:
        any_of_them = Q()
        for name in set(names.values()):
            any_of_them |= matches(name)
        for contact in listed.filter(any_of_them):
            by_name.setdefault(normalise(_first_name_first(contact.full_name)), []).append(contact)
    return {
        text: by_address.get(addresses[text], []) if text in addresses else by_name.get(names[text], [])
        for text in texts
    }


def _first_name_first(text: str) -> str:
    """'Sanne van den Berg' of 'Berg, Sanne van den'; what follows a comma in a name as kept moves along alike."""
    last_name, _, others = text.partition(",")
    return f"{others} {last_name}"


def _address(text: str) -> str:
    """The address that it holds, as the address book keeps them; empty for a name."""
    text = text.strip(" ,;")  # one of a list
    in_brackets = re.search(r"<([^<>]*)>$", text)
    address = in_brackets[1] if in_brackets else text
    return normalise_address(address) if "@" in address else ""
