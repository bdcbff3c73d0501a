"""What it costs to take a picture in: pictures a second and the memory at the highest, each in a process of its own."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import tables
from benchmarks.load import Clients

KINDS = {
    "JPEG, 12 megapixels": ("a.jpg", "JPEG", (4000, 3000)),
    "JPEG, 48 megapixels": ("b.jpg", "JPEG", (8000, 6000)),
    "HEIC, 12 megapixels": ("c.heic", "HEIF", (4000, 3000)),
    "PNG, 12 megapixels": ("d.png", "PNG", (4000, 3000)),
}
SECONDS = 5.0

# Noise on a slope, for a camera's pictures are neither flat nor random.
_DRAW = """
import sys
import pillow_heif
from PIL import Image, ImageChops
pillow_heif.register_heif_opener()
path, kind, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
small = Image.merge("RGB", [Image.effect_noise((width // 8, height // 8), spread) for spread in (40, 60, 80)])
slope = Image.linear_gradient("L").resize((width, height)).convert("RGB")
ImageChops.add(small.resize((width, height), Image.Resampling.BICUBIC), slope, scale=2).save(path, kind, quality=88)
"""
_TAKE = """
import sys, time
from fengchao.core import images
path, seconds = sys.argv[1], float(sys.argv[2])
def kib(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))
open("/proc/self/clear_refs", "w").write("5")
before = kib("VmRSS")
size, done, began = len(open(path, "rb").read()), 0, time.monotonic()
while not done or time.monotonic() - began < seconds:
    with open(path, "rb") as file:
        images.redraw(file, size=size)
    done += 1
took = time.monotonic() - began
print(size, done / took, (kib("VmHWM") - before) / 1024)
"""


def run(clients: Clients) -> None:
    rows = []
    with TemporaryDirectory() as folder:
        for title, (name, kind, (width, height)) in KINDS.items():
            path = str(Path(folder) / name)
            _python(_DRAW, path, kind, str(width), str(height))
            size, rate, peak = map(float, _python(_TAKE, path, str(SECONDS)).split())
            rows.append([title, f"{size / 1e6:.1f}", f"{rate:.1f}", f"{peak:.0f}"])
    tables.show(
        f"Pictures taken in (judged, shrunk, redrawn as WebP in two sizes), one after another for {SECONDS:.0f} s on "
        "one core; the memory is what the process grew by at its highest. Limits: 2 s, 150 MB.",
        ["picture", "file MB", "a second", "peak MB"],
        rows,
    )


def _python(program: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return done.stdout
