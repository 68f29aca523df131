"""Teams of docenten, who follow each other's assessments where the school limits what a docent sees."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.fields import LineField

from .membership import Membership
from .school import School
from .user import Role


class TeamQuerySet(models.QuerySet["Team"]):
    def with_docent(self, user: Any) -> TeamQuerySet:
        """Filter those that `user`, an account or an expression of its id, is in as a present Docent of the school."""
        return self.filter(members__user=user, members__role=Role.DOCENT, members__school=F("school"))


class Team(models.Model):
    """Docenten of one school, see `School.docents_see_team_only`; a docent may be in several."""

    school = models.ForeignKey(School, models.CASCADE, related_name="teams", verbose_name="school")
    name = LineField("naam", max_length=120)
    members = models.ManyToManyField(Membership, related_name="teams", blank=True, verbose_name="leden")

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = "team"
        verbose_name_plural = "teams"
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint("school", Lower("name"), name="team_name_once_per_school"),
            models.CheckConstraint(condition=~Q(name=""), name="team_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
