"""`manage.py load_exam FILE... [--publish]`: load exam content from YAML files into the database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from exams.content.schema import FileRefused
from exams.content.versions import ExamFile, Loaded, load_exam, read_file

MAX_FAULTS = 20  # shown per file; the rest mostly follows from the first ones


class Command(BaseCommand):
    help = "Leest examens in uit YAML-bestanden (voorbeelden: exams/data). Klopt er iets niet, dan verandert er niets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="BESTAND")
        parser.add_argument("--publish", action="store_true", help="publiceer de versies meteen")

    def handle(self, *args: Any, files: list[Path], publish: bool, **options: Any) -> None:
        read = self._read(files)
        with transaction.atomic():
            loaded = [load_exam(file, publish=publish) for file in read]
        if options["verbosity"]:
            for result in loaded:
                self.stdout.write(_message(result))

    def _read(self, files: list[Path]) -> list[ExamFile]:
        read, refused = [], []
        for path in files:
            try:
                read.append(read_file(path))
            except FileRefused as error:
                refused.append(_faults(path, error))
        if refused:
            raise CommandError("\n".join([*refused, "Er is niets ingelezen."]))
        return read


def _faults(path: Path, error: FileRefused) -> str:
    lines = [f"{path}, {fault}" if fault.place.words else f"{path}: {fault}" for fault in error.faults[:MAX_FAULTS]]
    more = len(error.faults) - MAX_FAULTS
    if more > 0:
        lines.append(f"{path}: en nog {more} fouten; los deze eerst op.")
    return "\n".join(lines)


def _message(loaded: Loaded) -> str:
    if loaded.is_new:
        outcome = "ingelezen en gepubliceerd" if loaded.published_now else "ingelezen, nog niet gepubliceerd"
    elif loaded.published_now:
        outcome = "was al ingelezen, nu gepubliceerd"
    else:
        outcome = "was al ingelezen; er is niets veranderd"
    return f"{loaded.version}: {outcome}."
