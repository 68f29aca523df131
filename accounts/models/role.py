"""What someone may be at a school."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    STUDENT = "STUDENT", "Student"
    DOCENT = "DOCENT", "Docent"
    PRAKTIJKOPLEIDER = "PRAKTIJKOPLEIDER", "Praktijkopleider"
    EXAMENCOMMISSIE = "EXAMENCOMMISSIE", "Examencommissie"
    SCHOOLBEHEER = "SCHOOLBEHEER", "Schoolbeheer"
