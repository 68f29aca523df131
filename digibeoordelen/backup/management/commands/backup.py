from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digibeoordelen.backup.backup import back_up, read_recipients
from digibeoordelen.backup.folder import BackupError, prune


class Command(BaseCommand):
    help = "Adds a backup of the database and the stored files to a folder; a file that is there is not copied again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--recipient",
            action="append",
            default=[],
            help="encrypt to this public key of age (age1…); may be repeated",
        )
        parser.add_argument("--keep", type=int, help="then delete all but the newest backups of this number")

    def handle(self, *args: Any, folder: Path, recipient: list[str], keep: int | None, **options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep is at least 1.")
        try:
            made, manifest = back_up(folder, recipients=read_recipients(recipient))
            self.stdout.write(f"Made {made}, with {manifest.file_count} files")
            if keep:
                self.stdout.write(f"Deleted {prune(folder, keep=keep)} older")
        except BackupError as error:
            raise CommandError(str(error)) from error
        if manifest.missing:
            raise CommandError(f"{len(manifest.missing)} files are missing or damaged: see manage.py check_files.")
