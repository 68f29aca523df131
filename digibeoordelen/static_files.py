"""Finders that skip static files of packages that no page loads."""

from collections.abc import Iterable
from typing import Any

from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder

# Other editions of Bootstrap and htmx; compressing them took most of the time of `collectstatic`.
UNUSED = [
    "bootstrap-[gu]*",
    "bootstrap-reboot.[cr]*",
    "bootstrap.css*",
    "bootstrap.rtl.*",
    "htmax-*",
    "htmx-4*",
    "hx-*",
]


class FolderFinder(FileSystemFinder):
    """The project's own files, and Bootstrap's stylesheet."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        return super().list([*(ignore_patterns or []), *UNUSED])


class AppFinder(AppDirectoriesFinder):
    """The files of installed apps."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        return super().list([*(ignore_patterns or []), *UNUSED])
