"""The base of an exam version's content: immutable once the version is published."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from .exam import ExamVersion


class PublishedContent(ValidationError):
    """Refuses a change to the content of a published version."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "Deze versie is gepubliceerd en verandert niet meer; maak een nieuwe versie.")


def refuse_published(versions: Q) -> None:
    """Raise `PublishedContent` if one of `versions` is published, by the database: objects may be stale."""
    version_model = apps.get_model("exams", "ExamVersion")
    if version_model.objects.filter(versions, published_at__isnull=False).exists():
        raise PublishedContent


class ContentQuerySet(models.QuerySet[Any]):
    """Refuses or checks bulk changes, which would bypass `Content.save`."""

    def update(self, **kwargs: Any) -> int:
        raise PublishedContent("Exameninhoud wordt niet in bulk gewijzigd; maak een nieuwe versie.")

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        raise PublishedContent("Exameninhoud wordt niet in bulk gewijzigd; maak een nieuwe versie.")

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        objects = list(objs)
        refuse_published(Q(pk__in={content.version.pk for content in objects}))
        return super().bulk_create(objects, *args, **kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        refuse_published(Q(pk__in=self.order_by().values(self.model.version_path)))
        return super().delete()


class Content(models.Model):
    """A part of an exam version; `version_path` is the lookup from the model to its version."""

    version_path: ClassVar[str]

    position = models.PositiveSmallIntegerField("volgorde")

    objects = ContentQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def version(self) -> ExamVersion:
        raise NotImplementedError

    def refuse_if_published(self) -> None:
        """Check both versions of a row that moves: the stored one and the new one."""
        stored = type(self).objects.filter(pk=self.pk).values(self.version_path)
        refuse_published(Q(pk=self.version.pk) | Q(pk__in=stored))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.refuse_if_published()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.refuse_if_published()
        return super().delete(*args, **kwargs)
