from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from digibeoordelen.outbox.resend import resend, survey


class Command(BaseCommand):
    help = "Sends again the mails that failed since a moment, but for outdated ones such as a withdrawn invitation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=_moment, required=True, metavar="YYYY-MM-DDTHH:MM")
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")

    def handle(self, *args: Any, since: datetime, dry_run: bool, **options: Any) -> None:
        outcome = survey(since=since) if dry_run else resend(since=since)
        for kind, count in sorted(outcome.again.items()):
            self.stdout.write(f"{kind}: {count}")
        verb = "would be sent again" if dry_run else "queued again"
        self.stdout.write(f"{outcome.again.total()} mails {verb}; {outcome.outdated.total()} are outdated")


def _moment(text: str) -> datetime:
    """Return the moment, in the site's time zone if it names none."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"{text!r} is no moment such as 2026-11-30T08:00")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
