"""Hostile and honest pictures. What each costs in memory is measured in a process of its own."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import pillow_heif
import pytest
from PIL import Image

from fengchao.core import images
from fengchao.core.errors import RuleBroken

GPS = 0x8825
MEMORY = 150 * 1024 * 1024
SECONDS = 2.0


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(picture).save(out, **options)
    else:
        picture.save(out, kind, **options)
    return out.getvalue()


def scene(width: int = 800, height: int = 600, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture.convert(mode)


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def redraw(data: bytes) -> images.Redrawn:
    return images.redraw(io.BytesIO(data), size=len(data))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


HONEST: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved(scene(), "JPEG"),
    "progressive": lambda: saved(scene(), "JPEG", progressive=True),
    "cmyk": lambda: saved(scene(mode="CMYK"), "JPEG"),
    "grey": lambda: saved(Image.new("L", (800, 600)), "JPEG"),
    "png": lambda: saved(scene(), "PNG"),
    "palette": lambda: saved(scene(mode="P"), "PNG"),
    "one bit": lambda: saved(Image.new("1", (800, 600)), "PNG"),
    "sixteen bit": lambda: saved(Image.new("I;16", (800, 600)), "PNG"),
    "transparent": lambda: saved(Image.new("RGBA", (800, 600), (255, 0, 0, 0)), "PNG"),
    "transparent palette": lambda: saved(Image.new("P", (800, 600)), "PNG", transparency=0),
    "webp": lambda: saved(scene(), "WEBP"),
    "lossless webp": lambda: saved(scene(), "WEBP", lossless=True),
    "transparent webp": lambda: saved(scene(mode="RGBA"), "WEBP"),
    "heic": lambda: saved(scene(), "HEIF"),
    "transparent heic": lambda: saved(scene(mode="RGBA"), "HEIF"),
}


@pytest.mark.parametrize("make", HONEST.values(), ids=HONEST.keys())
def test_honest_pictures_become_webp(make: Callable[[], bytes]) -> None:
    redrawn = redraw(make())
    full, thumb = opened(redrawn.full), opened(redrawn.thumb)
    assert (full.format, full.size, full.mode) == ("WEBP", (800, 600), "RGB")
    assert (redrawn.width, redrawn.height) == (800, 600)
    assert (thumb.format, thumb.size) == ("WEBP", (320, 240))


def test_large_ones_shrink_and_small_ones_stay() -> None:
    assert opened(redraw(saved(scene(5000, 1000), "PNG")).full).size == (1600, 320)
    assert opened(redraw(saved(scene(3199, 11), "PNG")).full).size == (1600, 6)
    assert opened(redraw(saved(scene(2, 1), "PNG")).full).size == (2, 1)


def test_what_is_clear_becomes_white() -> None:
    assert opened(redraw(HONEST["transparent"]()).full).getpixel((400, 300)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_stands_upright_and_keeps_no_metadata(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(GPS)[1] = "N"
    exif[0x010F] = "PHONEMAKER"
    redrawn = redraw(saved(scene(), kind, exif=exif))
    full = opened(redrawn.full)
    assert full.size == (600, 800)
    red, _, blue = full.getpixel((300, 100))
    assert (red > 200, blue < 60) == (True, True)
    assert not full.getexif()
    assert set(full.info) <= {"loop", "background", "timestamp", "duration"}
    assert b"PHONEMAKER" not in redrawn.full + redrawn.thumb


def test_heic_keeps_no_metadata() -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS)[1] = "N"
    exif[0x010F] = "PHONEMAKER"
    redrawn = redraw(saved(scene(), "HEIF", exif=exif.tobytes()))
    assert b"PHONEMAKER" not in redrawn.full + redrawn.thumb
    assert not opened(redrawn.full).getexif()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.exe", b"MZ" * 100)
    return out.getvalue()


@pytest.mark.parametrize(
    "tail", [zipped(), b"<script>alert(1)</script>", b"<?php system($_GET[0]); ?>"], ids=["zip", "html", "php"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_is_glued_to_the_end_is_gone(kind: str, tail: bytes) -> None:
    assert tail not in redraw(saved(scene(), kind) + tail).full


def test_what_hides_in_a_comment_is_gone() -> None:
    assert b"<script>" not in redraw(saved(scene(), "JPEG", comment=b"<script>alert(1)</script>")).full


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


@cache
def bomb(kind: str) -> bytes:
    return saved(Image.new("RGB", (12000, 12000)), kind)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "svg": (lambda: SVG, "unsupported_media_type"),
    "gif": (lambda: saved(scene(mode="P"), "GIF"), "unsupported_media_type"),
    "tiff": (lambda: saved(scene(), "TIFF"), "unsupported_media_type"),
    "bmp": (lambda: saved(scene(), "BMP"), "unsupported_media_type"),
    "html": (lambda: b"<html>" + saved(scene(), "JPEG"), "unsupported_media_type"),
    "zip": (zipped, "unsupported_media_type"),
    "pdf": (lambda: b"%PDF-1.7\n" + bytes(100), "unsupported_media_type"),
    "nothing": (lambda: b"", "unsupported_media_type"),
    "only a mark": (lambda: b"\xff\xd8\xff", "damaged"),
    "only a heic mark": (lambda: b"\0\0\0\x18ftypheic" + bytes(20), "damaged"),
    "half a jpeg": (lambda: half(saved(scene(), "JPEG")), "damaged"),
    "half a png": (lambda: half(saved(scene(), "PNG")), "damaged"),
    "half a webp": (lambda: half(saved(scene(), "WEBP")), "damaged"),
    "half a heic": (lambda: half(saved(scene(), "HEIF")), "damaged"),
    "noise behind a png mark": (lambda: b"\x89PNG\r\n\x1a\n" + os.urandom(1000), "damaged"),
    "12000 x 12000 jpeg": (lambda: bomb("JPEG"), "too_many_pixels"),
    "12000 x 12000 png": (lambda: bomb("PNG"), "too_many_pixels"),
    "60000 x 60000 png": (lambda: png(60000, 60000, zlib.compress(bytes(1000))), "too_many_pixels"),
    "a heic that says 7000 x 6000": (lambda: claims(7000, 6000), "too_many_pixels"),
    "a heic that says less than it is": (lambda: claims(80, 60), "damaged"),
    "9000 x 9000 webp": (
        lambda: saved(Image.new("RGB", (9000, 9000)), "WEBP", lossless=True, method=0),
        "too_many_pixels",
    ),
    "a png that inflates without end": (lambda: png(100, 100, zlib.compress(bytes(50_000_000))), ""),
    "a jpeg drawn a thousand times": (lambda: many_scans(), "too_many_pixels"),
}


def claims(width: int, height: int) -> bytes:
    sides = struct.Struct(">II").pack
    return saved(scene(), "HEIF").replace(sides(800, 600), sides(width, height))


def many_scans() -> bytes:
    """The last scan of a progressive JPEG again and again: a small file that is long to decode."""
    data = saved(scene(1600, 1200), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 1000 + data[-2:]


@pytest.mark.parametrize(("make", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_refused_with_a_sentence(make: Callable[[], bytes], code: str) -> None:
    if not code:
        redraw(make())  # harmless: the decoder stops where the rows end
        return
    with pytest.raises(RuleBroken) as refused:
        redraw(make())
    assert (refused.value.code, refused.value.field) == (code, "file")


def test_a_file_too_large_is_not_looked_at() -> None:
    with pytest.raises(RuleBroken) as refused:
        images.redraw(io.BytesIO(b""), size=images.LARGEST_FILE + 1)
    assert refused.value.code == "too_large"


MEASURE = """
import io, sys, time, resource
from PIL import Image
from fengchao.core import images
from fengchao.core.errors import RuleBroken
small = io.BytesIO(); Image.new("RGB", (9, 9)).save(small, "PNG"); images.redraw(small, size=9)
data = io.BytesIO(sys.stdin.buffer.read())
open("/proc/self/clear_refs", "w").write("5")
def kib(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))
before, started = kib("VmRSS"), time.process_time()
try:
    images.redraw(data, size=len(data.getvalue()))
except RuleBroken as refusal:
    pass
print((kib("VmHWM") - before) * 1024, time.process_time() - started)
"""
COSTLY: dict[str, Callable[[], bytes]] = {
    "24 MP transparent png": lambda: saved(Image.new("RGBA", (5000, 5000), (9, 9, 9, 9)), "PNG", compress_level=1),
    "24 MP heic": lambda: saved(Image.new("RGB", (5712, 4284)), "HEIF", enc_params={"preset": "ultrafast"}),
    "60 MP jpeg": lambda: saved(scene(9000, 6900), "JPEG"),
    "16 MP progressive jpeg": lambda: saved(scene(4000, 4000), "JPEG", progressive=True, subsampling=0),
    "7 MP webp": lambda: saved(scene(2700, 2700, "RGBA"), "WEBP", lossless=True, method=0),
    "12000 x 12000 jpeg": lambda: bomb("JPEG"),
    "endless png": lambda: png(100, 100, zlib.compress(bytes(50_000_000))),
}


@pytest.mark.parametrize("make", COSTLY.values(), ids=COSTLY.keys())
def test_none_costs_more_than_it_may(make: Callable[[], bytes]) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "fengchao.settings"}
    run = subprocess.run(
        [sys.executable, "-c", MEASURE], input=make(), capture_output=True, check=True, env=environment
    )
    memory, seconds = map(float, run.stdout.split())
    assert (memory < MEMORY, seconds < SECONDS) == (True, True), (memory / 1e6, seconds)
