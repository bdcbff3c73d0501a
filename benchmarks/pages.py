"""First view of the courier's pages: queries, and kilobytes over the wire with styles and scripts, gzipped."""

import gzip
import re

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Courier
from benchmarks import scratch, tables
from benchmarks.load import Clients
from benchmarks.people import everybody
from tests.factories import signed_in

PAGES = ["/", "/code/", "/points/", "/gifts/", "/stations/", "/stations/map/", "/reports/new/", "/reports/", "/wishes/",
         "/wishes/new/", "/me/"]  # fmt: skip
ASSET = re.compile(r'(?:href|src)="/static/([^"?]+\.(?:css|js|svg|webmanifest))"')


def run(_: Clients) -> None:
    people = everybody()
    scratch.use(scratch.copy("pages"))
    client = signed_in(Client(), Courier.objects.select_related("user").get(pk=people.couriers[0]).user)
    rows = []
    for page in PAGES:
        client.get(page)  # the first request of a process fills caches
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(page)
        html = len(gzip.compress(answer.content, 6))
        assets = sum(_gzipped(name) for name in sorted(set(ASSET.findall(answer.content.decode()))))
        rows.append([page, len(queries), f"{html / 1024:.1f}", f"{(html + assets) / 1024:.1f}"])
    tables.show(
        "First view of the courier's pages, gzip, with styles, scripts and icons. Limits: home ≤ 6 queries, ≤ 60 KB.",
        ["page", "queries", "HTML KB", "with styles and scripts KB"],
        rows,
    )
    scratch.drop("pages")


def _gzipped(name: str) -> int:
    return len(gzip.compress((settings.STATIC_ROOT / name).read_bytes(), 6))
