"""Drawings in the place of photographs."""

from io import BytesIO
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from accounts.models import User
from fengchao.core import photos

SIZE = (800, 600)
GROUND, WALL, BAGS, MENDED = "#b9b4aa", "#dcd6c8", ("#3f4a3c", "#5a6b52", "#2f3a44"), "#9fbf8f"
BOX, LID, RIBBON = "#d9a55b", "#c98f3f", "#b3402e"


def pavement(rng: Random, *, by: User, mended: bool = False) -> int:
    """A wall, a pavement, and bags on it or a clean patch; the number of the upload."""
    picture, draw = _empty()
    if mended:
        draw.ellipse((180, 400, 620, 560), fill=MENDED)
    for _ in range(0 if mended else 7):
        x, y, size = rng.randint(120, 600), rng.randint(380, 500), rng.randint(60, 130)
        draw.ellipse((x, y - size // 2, x + size, y + size // 2), fill=rng.choice(BAGS))
    return _taken_in(picture, by)


def parcel(*, by: User) -> int:
    """A parcel with a ribbon; the number of the upload."""
    picture, draw = _empty()
    draw.rectangle((240, 260, 560, 500), fill=BOX)
    draw.rectangle((220, 220, 580, 290), fill=LID)
    draw.rectangle((380, 220, 420, 500), fill=RIBBON)
    return _taken_in(picture, by)


def _empty() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", SIZE, WALL)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 360, *SIZE), fill=GROUND)
    return picture, draw


def _taken_in(picture: Image.Image, by: User) -> int:
    file = BytesIO()
    picture.save(file, "JPEG", quality=80)
    return photos.take_in(SimpleUploadedFile("示例.jpg", file.getvalue(), "image/jpeg"), by=by).pk
