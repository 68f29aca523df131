from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digibeoordelen.backup.folder import BackupError
from digibeoordelen.backup.restore import read_identities, restore


class Command(BaseCommand):
    help = "Fills an empty database and the file storage from a folder that manage.py backup made."
    requires_system_checks: list[str] = []  # the database is empty

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--at", default="", help="the name of an older backup in the folder; without it the newest")
        parser.add_argument("--identity", type=Path, help="a file with the secret key of age (made by age-keygen)")

    def handle(self, *args: Any, folder: Path, at: str, identity: Path | None, **options: Any) -> None:
        try:
            identities = read_identities(identity) if identity else []
            manifest = restore(folder, name=at, identities=identities)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored version {manifest.version} of {manifest.made_at}, {manifest.file_count} files.")
        self.stdout.write("Next: manage.py migrate, manage.py check_files, manage.py erase_due")
