"""Takes the SHA-256 of a file while it is uploaded, and keeps nothing of the file, in memory or on disk."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class HashedFile(UploadedFile):
    """A file that was uploaded, without its content."""

    sha256: str


class HashUploadHandler(FileUploadHandler):
    """Set it as the request's only upload handler before anything reads the form."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._hash = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._hash.update(raw_data)

    def file_complete(self, file_size: int | None) -> HashedFile:
        file = HashedFile(io.BytesIO(), name=self.file_name, size=file_size)
        file.sha256 = self._hash.hexdigest()
        return file
