"""What the nightly task does, now; or with --dry-run what it would do, and nothing is erased."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.models import School
from assessments.privacy import erasure, retention


class Command(BaseCommand):
    help = "Erases what need not be kept any more, at every school."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is due, and erase nothing")
        parser.add_argument(
            "--on", type=date.fromisoformat, metavar="YYYY-MM-DD", help="as it will be on this day; with --dry-run"
        )

    def handle(self, *args: Any, dry_run: bool, on: date | None, **options: Any) -> None:
        if dry_run:
            self._preview(on or timezone.localdate())
            return
        if on is not None:
            self.stderr.write("--on goes with --dry-run: what is not due yet is not erased.")
            raise SystemExit(2)
        done = erasure.erase_due()
        erasure.tidy_up()
        self.stdout.write(f"erased: {done['assessments']} assessments, {done['students']} students")

    def _preview(self, on: date) -> None:
        for school in School.objects.order_by("name"):
            rules = Counter(retention.due(school, on=on).values_list("rule", flat=True))
            summary = ", ".join(f"{count} {rule}" for rule, count in sorted(rules.items())) or "nothing"
            students = retention.leaving(school, on=on).count()
            self.stdout.write(f"{school.name}: assessments due: {summary}; students without any left: {students}")
