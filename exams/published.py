"""What is published never changes: the checks that content of an exam version shares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from .models import ExamVersion


class PublishedContent(ValidationError):
    """Content of a published version was about to change."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "Deze versie is gepubliceerd en verandert niet meer; maak een nieuwe versie.")


def refuse_published(versions: Q) -> None:
    """Raises `PublishedContent` when one of these versions is published.

    Asks the database, since a version in memory may be from before its publication.
    """
    version_model = apps.get_model("exams", "ExamVersion")
    if version_model.objects.filter(versions, published_at__isnull=False).exists():
        raise PublishedContent


class ContentQuerySet(models.QuerySet[Any]):
    """Bulk changes would walk around the check in `Content.save`, so content refuses or checks them."""

    def update(self, **kwargs: Any) -> int:
        raise PublishedContent("Exameninhoud wordt niet in bulk gewijzigd; maak een nieuwe versie.")

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        raise PublishedContent("Exameninhoud wordt niet in bulk gewijzigd; maak een nieuwe versie.")

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        things = list(objs)
        refuse_published(Q(pk__in={thing.version.pk for thing in things}))
        return super().bulk_create(things, *args, **kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        refuse_published(Q(pk__in=self.order_by().values(self.model.version_path)))
        return super().delete()


class Content(models.Model):
    """A piece of an exam version: it can't be changed once that version is published.

    `version_path` leads from the model to its version in a query.
    """

    version_path: ClassVar[str]

    position = models.PositiveSmallIntegerField("volgorde")

    objects = ContentQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def version(self) -> ExamVersion:
        raise NotImplementedError

    def refuse_if_published(self) -> None:
        """A row that moves elsewhere changes two versions: the one it stands in, and the one it goes to."""
        stands_in = type(self).objects.filter(pk=self.pk).values(self.version_path)
        refuse_published(Q(pk=self.version.pk) | Q(pk__in=stands_in))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.refuse_if_published()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.refuse_if_published()
        return super().delete(*args, **kwargs)
