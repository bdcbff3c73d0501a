"""First view of the courier's pages: queries, and kilobytes over the wire with styles and scripts, gzipped."""

import gzip
import re

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Courier
from tests.factories import signed_in

PAGES = ["/", "/code/", "/points/", "/gifts/", "/stations/", "/me/"]
ASSET = re.compile(r'(?:href|src)="/static/([^"?]+\.(?:css|js|svg|webmanifest))"')


def run() -> None:
    courier = Courier.objects.exclude(verified_at=None).select_related("user").order_by("pk").first()
    assert courier is not None
    client = signed_in(Client(), courier.user)
    print("| page | queries | HTML KB | with styles and scripts KB |\n| --- | --- | --- | --- |")
    for page in PAGES:
        client.get(page)  # the first request of a process fills caches
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(page)
        html = len(gzip.compress(answer.content, 6))
        assets = sum(_gzipped(name) for name in sorted(set(ASSET.findall(answer.content.decode()))))
        print(f"| {page} | {len(queries)} | {html / 1024:.1f} | {(html + assets) / 1024:.1f} |")
    print()


def _gzipped(name: str) -> int:
    return len(gzip.compress((settings.STATIC_ROOT / name).read_bytes(), 6))
