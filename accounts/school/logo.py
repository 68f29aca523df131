"""A school's logo: what is taken for one, by content, and how it is kept: small, as PNG, with nothing else in it."""

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

from .changes import log

FORMATS = ["PNG", "JPEG"]
MAX_BYTES = 2 * 1024 * 1024
MAX_PIXELS = 16_000_000  # unpacked at most 64 MB, however small the file
MAX_SIDE = 6000  # pixels
MIN_SIDE = 36  # pixels of the logo as it is kept: as high as it is drawn
KEPT_SIZE = (640, 192)  # pixels at most: sharp in the header of a fine screen and on paper
SHAPE = (  # what MIN_SIDE leaves of KEPT_SIZE
    f"minstens {MIN_SIDE} en hooguit {MAX_SIDE} pixels breed en hoog, hooguit {KEPT_SIZE[0] // MIN_SIDE} keer zo breed "
    f"als hoog, en hooguit {KEPT_SIZE[1] // MIN_SIDE} keer zo hoog als breed"
)
TOO_MANY = f"Dit beeld heeft te veel pixels. Een logo is {SHAPE}, met in totaal hooguit 16 miljoen pixels."
NO_IMAGE = "Dit bestand is geen PNG of JPEG. Sla het logo op als PNG of JPEG (geen SVG) en kies het opnieuw."


@dataclass(frozen=True)
class Logo:
    """A logo made ready: the bytes of a PNG, and its size in pixels."""

    content: bytes
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width} × {self.height} pixels"


def read_logo(file: UploadedFile | None) -> Logo:
    """The logo in an uploaded file, drawn anew; raises `ValidationError` (Dutch) for what is none or too large."""
    if file is None:
        raise ValidationError("Kies eerst een bestand met het logo.")
    if (file.size or 0) > MAX_BYTES:
        raise ValidationError(f"Dit bestand is groter dan {MAX_BYTES // 1024 // 1024} MB. Maak het logo kleiner.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = _open(file)
            drawn = ImageOps.exif_transpose(image).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(TOO_MANY) from None
    except (OSError, SyntaxError, ValueError):
        raise ValidationError(NO_IMAGE) from None
    size = f"{drawn.width} × {drawn.height} pixels"
    drawn.thumbnail(KEPT_SIZE, Image.Resampling.LANCZOS)
    if min(drawn.size) < MIN_SIDE:
        raise ValidationError(f"Dit logo is {size}: te klein, te smal of te laag. Een logo is {SHAPE}.")
    out = BytesIO()
    # A new image: comments, colour profiles and whatever else the file held stay behind.
    Image.frombytes("RGBA", drawn.size, drawn.tobytes()).save(out, format="PNG", optimize=True)
    return Logo(out.getvalue(), *drawn.size)


def _open(file: UploadedFile) -> Image.Image:
    """The first picture of a PNG or JPEG. How many pixels it has is read before they are unpacked."""
    file.seek(0)
    image = Image.open(file, formats=FORMATS)
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise Image.DecompressionBombError
    # Once WeasyPrint is loaded, Pillow takes pictures of which a piece is missing; this does not.
    image.verify()
    file.seek(0)
    return Image.open(file, formats=FORMATS)


@transaction.atomic
def set_logo(*, school: School, image: Logo | None, by: User) -> None:
    """Keeps the logo and logs the change; None takes it away. The same one again changes nothing."""
    current = School.objects.select_for_update().get(pk=school.pk)
    file = keep(image.content) if image else None
    if current.logo_id == (file.pk if file else None):
        return
    before = "een logo" if current.logo_id else ""
    current.logo = file
    current.save(update_fields=["logo"])
    log(school=school, name="logo", label="Logo", before=before, after=str(image) if image else "", by=by)
