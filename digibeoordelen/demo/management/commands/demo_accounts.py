from typing import Any

from django.core.management.base import BaseCommand

from digibeoordelen.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD


class Command(BaseCommand):
    help = "Prints the demo's accounts, one line each."

    def handle(self, *args: Any, **options: Any) -> None:
        for account in DEMO_ACCOUNTS:
            self.stdout.write(f"  {account['role_label']:<24} {account['email']:<34} wachtwoord: {DEMO_PASSWORD}")
