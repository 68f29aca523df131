"""Verify every stored file by its hash, as after a restore.

With --mend render missing PDFs of results again, where that gives the same bytes.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.documents import documents
from assessments.models import Document
from digibeoordelen.file_storage import StorageDown
from digibeoordelen.outbox import storage
from digibeoordelen.outbox.models import StoredFile


class Command(BaseCommand):
    help = "Names the stored files that are missing or damaged, and whose they are; ends with 1 if there are any left."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--mend", action="store_true", help="make PDFs of results again, if their bytes are the same"
        )

    def handle(self, *args: Any, mend: bool, **options: Any) -> None:
        try:
            missing = self._count_missing(mend=mend)
        except StorageDown as down:
            raise CommandError(str(down)) from None
        self.stdout.write(f"{missing} of {StoredFile.objects.count()} files are not as they were kept")
        if missing:
            raise SystemExit(1)

    def _count_missing(self, *, mend: bool) -> int:
        missing = 0
        for stored, gone in storage.find():
            owners = storage.referring(stored)
            if mend and any(isinstance(owner, Document) and self._is_restored(owner) for owner in owners):
                self.stdout.write(f"{gone}: made again")
                continue
            missing += 1
            # Only ids: names would show who the file is about.
            reference = ", ".join(f"{owner._meta.label} {owner.pk}" for owner in owners) or "nothing refers to it"  # noqa: SLF001
            self.stdout.write(f"{gone}: {reference}")
        return missing

    def _is_restored(self, document: Document) -> bool:
        try:
            return documents.restore(document)
        except Exception as reason:  # noqa: BLE001  whatever it is, the other files still have to be looked at
            self.stdout.write(f"{document._meta.label} {document.pk} can't be made again: {reason!r}")  # noqa: SLF001
            return False
