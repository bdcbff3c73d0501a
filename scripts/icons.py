"""Draws the PNG icons of the installed page, from the hexagons of static/img/icon.svg."""

from pathlib import Path

from PIL import Image, ImageDraw

INTO = Path(__file__).resolve().parent.parent / "static" / "img"
LARGE = 4  # drawn larger and made small, for smooth edges
OUTER = [(48, 14), (77.4, 31), (77.4, 65), (48, 82), (18.6, 65), (18.6, 31)]
INNER = [(48, 30), (63.6, 39), (63.6, 57), (48, 66), (32.4, 57), (32.4, 39)]


def icon(size: int, *, maskable: bool) -> Image.Image:
    """`maskable` fills the square: the telephone cuts its own shape, and the hexagon stays within the safe circle."""
    drawn = Image.new("RGBA", (size * LARGE, size * LARGE), "#f5a800" if maskable else (0, 0, 0, 0))
    pen, scale = ImageDraw.Draw(drawn), size * LARGE / 96
    if not maskable:
        pen.rounded_rectangle((0, 0, size * LARGE - 1, size * LARGE - 1), 20 * scale, fill="#f5a800")
    for corners, colour in ((OUTER, "#2b1d00"), (INNER, "#ffd166")):
        pen.polygon([(x * scale, y * scale) for x, y in corners], fill=colour)
    return drawn.resize((size, size), Image.Resampling.LANCZOS).quantize(48)


if __name__ == "__main__":
    for size in (192, 512):
        icon(size, maskable=False).save(INTO / f"icon-{size}.png", optimize=True)
    icon(512, maskable=True).save(INTO / "icon-maskable-512.png", optimize=True)
