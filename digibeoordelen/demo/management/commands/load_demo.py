from typing import Any

from django.core.management.base import BaseCommand

from digibeoordelen.demo import data


class Command(BaseCommand):
    help = "Loads the demo's school, people, exams and, with a new school, assessments; existing ones stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        data.load()
        self.stdout.write("De demogegevens staan klaar.")
