"""Look up contacts by typed text: an address, 'Naam <e-mailadres>' or a full name."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.db.models import F, Max, Q

from accounts.mail.addresses import normalise_address
from accounts.models import School
from accounts.search import matches, normalise

from .models import Contact

SUGGESTED = 500  # contacts; browsers get slow with thousands of suggestions


def name_with_email(contact: Contact) -> str:
    """Return 'Anouk van 't Hoff <anouk@bedrijf.nl>', by which `find_contacts` finds only this contact."""
    return f"{contact.full_name} <{contact.email}>"


def suggestions(school: School) -> list[Contact]:
    """Return the school's contacts by last name; if there are more than `SUGGESTED`, the most recently coupled."""
    listed = school.contacts.listed()
    contacts = list(listed[: SUGGESTED + 1])
    if len(contacts) <= SUGGESTED:
        return contacts
    used = listed.annotate(used=Max("couplings__pk")).order_by(F("used").desc(nulls_last=True), "sort_key", "pk")
    return sorted(used[:SUGGESTED], key=lambda contact: contact.sort_key)


def find_contacts(*, school: School, texts: Collection[str]) -> dict[str, list[Contact]]:
    """Return the contacts that match each text (several may share a name), in two queries.

    Names match without case and accents; 'Berg, Sanne van den' is Sanne van den Berg.
    """
    addresses = {text: address for text in texts if (address := _address(text))}
    names = {text: normalise(_first_name_first(text)) for text in texts if text not in addresses}
    listed = school.contacts.listed()
    by_address = {c.email: [c] for c in listed.filter(email__in=addresses.values())} if addresses else {}
    by_name: dict[str, list[Contact]] = {}
    if names:
        condition = Q()
        for name in set(names.values()):
            condition |= matches(name)
        for contact in listed.filter(condition):
            by_name.setdefault(normalise(_first_name_first(contact.full_name)), []).append(contact)
    return {
        text: by_address.get(addresses[text], []) if text in addresses else by_name.get(names[text], [])
        for text in texts
    }


def _first_name_first(text: str) -> str:
    """Return 'Sanne van den Berg' for 'Berg, Sanne van den'; both texts and stored names with a comma are converted."""
    last_name, _, others = text.partition(",")
    return f"{others} {last_name}"


def _address(text: str) -> str:
    """Return the normalised address in `text`, '' for a name."""
    text = text.strip(" ,;")
    in_brackets = re.search(r"<([^<>]*)>$", text)
    address = in_brackets[1] if in_brackets else text
    return normalise_address(address) if "@" in address else ""
