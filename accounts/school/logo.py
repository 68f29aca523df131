"""A school's logo: validated by content and stored as a small PNG without metadata."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from PIL import Image, ImageOps

from accounts.models import School, User
from digibeoordelen.outbox.storage import keep

from .changes import log_change

FORMATS = ["PNG", "JPEG"]
MAX_LOGO_BYTES = 2 * 1024 * 1024
MAX_PIXELS = 16_000_000  # at most 64 MB decoded
MAX_SIDE = 6000  # pixels
MIN_SIDE = 36  # pixels of the stored logo: the height at which it is displayed
STORED_SIZE = (640, 192)  # pixels at most: sharp in the header on a high-density screen and on paper
SIZE_RULE = (  # follows from MIN_SIDE and STORED_SIZE
    f"minstens {MIN_SIDE} en hooguit {MAX_SIDE} pixels breed en hoog, hooguit {STORED_SIZE[0] // MIN_SIDE} keer "
    f"zo breed als hoog, en hooguit {STORED_SIZE[1] // MIN_SIDE} keer zo hoog als breed"
)
TOO_MANY = f"Dit beeld heeft te veel pixels. Een logo is {SIZE_RULE}, met in totaal hooguit 16 miljoen pixels."
NO_IMAGE = "Dit bestand is geen PNG of JPEG. Sla het logo op als PNG of JPEG (geen SVG) en kies het opnieuw."


@dataclass(frozen=True)
class Logo:
    """A normalised logo: the bytes of a PNG, and its size in pixels."""

    content: bytes
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width} × {self.height} pixels"


def read_logo(file: UploadedFile | None) -> Logo:
    """Return the normalised logo of an upload; raise `ValidationError` (Dutch) if it is invalid or too large."""
    if file is None:
        raise ValidationError("Kies eerst een bestand met het logo.")
    if (file.size or 0) > MAX_LOGO_BYTES:
        raise ValidationError(f"Dit bestand is groter dan {MAX_LOGO_BYTES // 1024 // 1024} MB. Maak het logo kleiner.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = ImageOps.exif_transpose(_open(file)).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(TOO_MANY) from None
    except (OSError, SyntaxError, ValueError):
        raise ValidationError(NO_IMAGE) from None
    size = f"{image.width} × {image.height} pixels"
    image.thumbnail(STORED_SIZE, Image.Resampling.LANCZOS)
    if min(image.size) < MIN_SIDE:
        raise ValidationError(f"Dit logo is {size}: te klein, te smal of te laag. Een logo is {SIZE_RULE}.")
    out = BytesIO()
    # Copying the pixels drops comments, colour profiles and other metadata.
    Image.frombytes("RGBA", image.size, image.tobytes()).save(out, format="PNG", optimize=True)
    return Logo(out.getvalue(), *image.size)


def _open(file: UploadedFile) -> Image.Image:
    """Return the first frame of a PNG or JPEG; the pixel count is checked before decoding."""
    file.seek(0)
    image = Image.open(file, formats=FORMATS)
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise Image.DecompressionBombError
    # WeasyPrint makes Pillow accept truncated images; `verify` does not.
    image.verify()
    file.seek(0)
    return Image.open(file, formats=FORMATS)


@transaction.atomic
def set_logo(*, school: School, image: Logo | None, by: User) -> None:
    """Store and log_setting a new logo; None removes it. The same logo again changes nothing."""
    current = School.objects.select_for_update().get(pk=school.pk)
    file = keep(image.content) if image else None
    if current.logo_id == (file.pk if file else None):
        return
    before = "een logo" if current.logo_id else ""
    current.logo = file
    current.save(update_fields=["logo"])
    log_change(school=school, name="logo", label="Logo", before=before, after=str(image) if image else "", by=by)
