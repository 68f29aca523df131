"""Connect the demo's school to an OpenID provider on this machine, or disconnect it; `make school-login`."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from accounts.models import IdentityProvider, School, User
from digibeoordelen.demo.accounts import DEMO_ACCOUNTS, DEMO_SCHOOL

NEW_STUDENT = {"given_name": "Noor", "family_name": "Nieuw", "student_number": "203199"}


class Command(BaseCommand):
    help = "Connect the demo's school to the provider at ISSUER, and print the provider's configuration as JSON."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("issuer")
        parser.add_argument("--secret", required=True)
        parser.add_argument("--off", action="store_true", help="disconnect it")

    def handle(self, *args: Any, issuer: str, secret: str, off: bool, **options: Any) -> None:
        provider, _ = IdentityProvider.objects.update_or_create(
            slug="demo",
            defaults={
                "school": School.objects.get(name=DEMO_SCHOOL),
                "preset": IdentityProvider.Preset.OIDC,
                "name": DEMO_SCHOOL,
                "issuer": issuer,
                "client_id": "digibeoordelen",
                "client_secret": secret,
                "domains": "demo.example",
                "vouches_for_domains": True,
                "is_active": not off,
            },
        )
        self.stdout.write(json.dumps(_configuration(provider)))


def _configuration(provider: IdentityProvider) -> dict[str, Any]:
    site = settings.SITE_URL
    client = {
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "redirect_uris": [site + reverse("openid_connect_callback", args=[provider.public_id])],
        "post_logout_redirect_uris": [site + reverse("account_login")],
    }
    of_school = [account for account in DEMO_ACCOUNTS if account["role"] != "CONSORTIUM"]
    people: dict[str, Any] = {
        account["email"].partition("@")[0]: _claims(User.objects.get(email=account["email"])) for account in of_school
    }
    people["nieuw"] = {**NEW_STUDENT, "email": "nieuw@demo.example", "eduperson_affiliation": ["student"]}
    return {"issuer": provider.issuer, "clients": [client], "people": people}


def _claims(user: User) -> dict[str, Any]:
    students = user.memberships.filter(role="STUDENT").values_list("student_number", flat=True)
    return {
        "email": user.email,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "eduperson_affiliation": ["student" if students else "employee"],
        **({"student_number": students[0]} if students else {}),
    }
