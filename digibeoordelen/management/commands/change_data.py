"""Run a registered data change in batches, or list them with what is left."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from digibeoordelen import data_changes


class Command(BaseCommand):
    help = "Runs a data change in batches while the site runs; without a name it lists them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?")
        parser.add_argument("--batch", type=int, default=data_changes.BATCH, help="rows a transaction")
        parser.add_argument("--pause", type=float, default=0.0, help="seconds between two batches")

    def handle(self, *args: object, name: str | None, batch: int, pause: float, **options: object) -> None:
        changes = data_changes.registered()
        if name is None:
            for change in changes.values():
                self.stdout.write(f"{change.name}: {change.pending().count()} rows left")
            return
        if name not in changes:
            raise CommandError(f"There is no data change {name!r}; without a name they are listed.")
        total = changes[name].pending().count()
        for done in data_changes.run(changes[name], size=batch, pause=pause):
            self.stdout.write(f"{done} of {total}")
