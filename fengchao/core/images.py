"""Pictures from strangers: read with bounded memory and time, redrawn, and nothing of the original kept.

The header is judged before a pixel is decoded. What passes is shrunk while it is decoded (JPEG) or strip by strip, so a
picture costs about its own size in memory once. Redrawing drops EXIF, GPS, profiles, comments and whatever was glued
to the end of the file.
"""

import io
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import IO, BinaryIO, NamedTuple

import pillow_heif
from PIL import Image

from fengchao.core.errors import BadValue, RuleBroken, TooLarge, WrongType

LARGEST_FILE = 20 * 1024 * 1024
FULL_SIDE = 1600
THUMB_SIDE = 320
QUALITY = 80

MEGA = 1024 * 1024  # cameras sold as 24 megapixels make up to 24.5 million pixels
MOST_PIXELS = {
    "JPEG": 60 * MEGA,  # decoded at an eighth to the half of its size
    "PNG": 24 * MEGA,
    "HEIF": 24 * MEGA,
    # The decoder holds three copies, two of them before it has shown that there is a picture.
    "WEBP": 7 * MEGA,
}
MOST_TRANSPARENT_HEIF = 16 * MEGA  # no camera makes one, and a fourth channel costs as much as the others
# A progressive JPEG keeps all coefficients, up to six bytes a pixel, and may be drawn over and over again.
MOST_PROGRESSIVE_PIXELS = 16 * MEGA
MOST_SCANS = 40

# What EXIF calls the orientation.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

CELLS = 4  # along the longer side of what is covered
ROUGH = [value // 32 * 32 + 16 for value in range(256)]  # eight steps of each colour

# Two at a time: a burst of uploads takes turns instead of all memory.
_turn = BoundedSemaphore(2)


class NotAPicture(WrongType):
    message = "这不是能识别的照片，请上传 JPEG、PNG、WebP 或 HEIC。"


class Damaged(BadValue):
    code = "damaged"
    message = "照片已损坏，请换一张。"


class TooManyPixels(RuleBroken):
    code = "too_many_pixels"
    message = "照片的尺寸太大，请缩小后再上传。"
    status = 413


class Box(NamedTuple):
    """A part of a picture in percent of its width and height, from its upper left corner."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Redrawn:
    """Two WebP files of one picture, upright and without metadata."""

    full: bytes
    thumb: bytes
    width: int
    height: int


def redraw(file: BinaryIO, *, size: int) -> Redrawn:
    """Raises TooLarge, NotAPicture, TooManyPixels or Damaged; `size` in bytes."""
    if size > LARGEST_FILE:
        raise TooLarge("照片文件太大，请选 20 MB 以内的照片。", field="file")
    with _turn:
        picture = _small(file)
        thumb = picture.copy()
        thumb.thumbnail((THUMB_SIDE, THUMB_SIDE))
        return Redrawn(_webp(picture), _webp(thumb), *picture.size)


def covered(file: IO[bytes], boxes: Sequence[Box]) -> Redrawn:
    """A picture of ours with `boxes` blurred past recognition: what lies in one becomes at most four by four flat cells
    of rough colours, which hold no letter and no face, whatever is tried on them later."""
    with _turn:
        with Image.open(file, formats=["WEBP"]) as source:
            picture = source.convert("RGB")
        for box in boxes:
            _cover(picture, box)
        thumb = picture.copy()
        thumb.thumbnail((THUMB_SIDE, THUMB_SIDE))
        return Redrawn(_webp(picture), _webp(thumb), *picture.size)


def shrunk(file: BinaryIO, *, size: int) -> Image.Image:
    """The picture for somebody who looks at it and keeps nothing; refuses what `redraw` refuses."""
    if size > LARGEST_FILE:
        raise TooLarge("照片文件太大，请选 20 MB 以内的照片。", field="file")
    with _turn:
        return _small(file)


def _small(file: BinaryIO) -> Image.Image:
    """The picture in RGB, upright, no side above FULL_SIDE."""
    kind = _kind(file)
    try:
        picture, orientation = _from_heif(file) if kind == "HEIF" else _from_pillow(file, kind)
    except RuleBroken:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels(field="file") from error
    except Exception as error:
        # Decoders fail in any way on a file made to make them fail; the person can only choose another.
        raise Damaged(field="file") from error
    turn = UPRIGHT.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _from_pillow(file: BinaryIO, kind: str) -> tuple[Image.Image, int]:
    with Image.open(file, formats=[kind]) as source:
        _judge(source, kind, file)
        source.draft("RGB", (FULL_SIDE, FULL_SIDE))
        orientation = _orientation(source)
        source.load()
        return _flattened(source.size, lambda top, bottom: source.crop((0, top, source.width, bottom))), orientation


def _from_heif(file: BinaryIO) -> tuple[Image.Image, int]:
    """Strips come from the decoder's own buffer: with a copy of the whole, 24 megapixels would take 180 MB. The decoder
    turns the picture itself, which may change its size."""
    heif = pillow_heif.open_heif(file)
    most = MOST_TRANSPARENT_HEIF if heif.has_alpha else MOST_PIXELS["HEIF"]
    if heif.size[0] * heif.size[1] > most:
        raise TooManyPixels(field="file")
    data, stride = heif.data, heif.stride
    mode, (width, height) = heif.mode, heif.size

    def cut(top: int, bottom: int) -> Image.Image:
        rows = data[top * stride : bottom * stride]
        return Image.frombuffer(mode, (width, bottom - top), rows, "raw", mode, stride, 1)

    return _flattened((width, height), cut), 1


def _kind(file: BinaryIO) -> str:
    """By content alone; names and declared types are the sender's."""
    file.seek(0)
    head = file.read(32)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        _judge_webp(head)
        return "WEBP"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}:
        return "HEIF"
    raise NotAPicture(field="file")


def _judge(source: Image.Image, kind: str, file: BinaryIO) -> None:
    pixels = source.width * source.height
    if pixels > MOST_PIXELS[kind]:
        raise TooManyPixels(field="file")
    if source.info.get("progressive"):
        file.seek(0)
        scans = file.read().count(b"\xff\xda")
        if pixels > MOST_PROGRESSIVE_PIXELS or scans > MOST_SCANS:
            raise TooManyPixels(field="file")


def _judge_webp(head: bytes) -> None:
    """The canvas from the header, because opening a WebP already takes the memory for it."""
    chunk = head[12:16]
    if chunk == b"VP8X":
        width = 1 + int.from_bytes(head[24:27], "little")
        height = 1 + int.from_bytes(head[27:30], "little")
    elif chunk == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 " and len(head) >= 30:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 26))
    else:
        raise Damaged(field="file")
    if width * height > MOST_PIXELS["WEBP"]:
        raise TooManyPixels(field="file")


def _orientation(source: Image.Image) -> int:
    try:
        return int(source.getexif().get(0x0112, 1))
    except Exception:
        # Broken EXIF is no reason to refuse a good picture.
        return 1


def _flattened(size: tuple[int, int], cut: Callable[[int, int], Image.Image]) -> Image.Image:
    """RGB on white with no side above FULL_SIDE, made strip by strip: converting the whole would double the memory."""
    width, height = size
    factor = max(1, max(size) // FULL_SIDE)
    result = Image.new("RGB", (-(-width // factor), -(-height // factor)), "white")
    rows = factor * max(1, 256 // factor)
    for top in range(0, height, rows):
        strip = cut(top, min(top + rows, height))
        if strip.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in strip.info:
            clear = strip.convert("RGBA")
            strip = Image.new("RGB", strip.size, "white")
            strip.paste(clear, mask=clear.getchannel("A"))
        result.paste(strip.convert("RGB").reduce(factor), (0, top // factor))
    shrink = min(1.0, FULL_SIDE / max(size))
    fitting = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return result if result.size == fitting else result.resize(fitting, Image.Resampling.LANCZOS)


def _cover(picture: Image.Image, box: Box) -> None:
    """Out to whole pixels, so that no edge of the original is left."""
    across, down = picture.width / 100, picture.height / 100
    left, top = math.floor(box.x * across), math.floor(box.y * down)
    right = min(picture.width, max(left + 1, math.ceil((box.x + box.w) * across)))
    bottom = min(picture.height, max(top + 1, math.ceil((box.y + box.h) * down)))
    size = (right - left, bottom - top)
    cells = (max(1, round(CELLS * size[0] / max(size))), max(1, round(CELLS * size[1] / max(size))))
    few = picture.crop((left, top, right, bottom)).resize(cells, Image.Resampling.BOX).point(ROUGH * 3)
    picture.paste(few.resize(size, Image.Resampling.NEAREST), (left, top))


def _webp(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=QUALITY, method=2)
    return out.getvalue()
