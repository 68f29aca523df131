"""Rows that stay as they were written: the logs, and what the committee decided."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models

Line = TypeVar("Line", bound=models.Model)


class NeverChangedQuerySet(models.QuerySet[Line]):
    def update(self, **kwargs: Any) -> int:
        raise PermissionDenied("What was written stays as it is.")


class NeverChanged(models.Model):
    """Can be made and, where the law wants it, erased, but not changed."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise PermissionDenied("What was written stays as it is.")
        super().save(*args, **kwargs)


class AppendOnlyQuerySet(NeverChangedQuerySet[Line]):
    def delete(self) -> tuple[int, dict[str, int]]:
        raise PermissionDenied("The log is append-only.")


class AppendOnly(NeverChanged):
    """Can only be made; it goes with what it is about."""

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise PermissionDenied("The log is append-only.")
