"""The telephone shell: the service worker, the page for a lost network, and what is put by for it."""

import hashlib
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Courier
from accounts.rules import courier_of
from fengchao.core import clock
from fengchao.core.context import person_mark
from gifts.models import Reservation
from stations import opening
from stations.models import Station

FILES = (
    "css/app.css", "js/shell.js", "js/offline.js", "js/wait.js", "js/code.js", "js/report_draft.js",
    "js/photos.js", "js/report.js", "img/icon.svg", "img/comb.svg",
)  # fmt: skip
STATIONS_KEPT = 100


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that it may stand before every page. Its bytes change with the files."""
    answer = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    answer["Service-Worker-Allowed"] = "/"
    return answer


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The same bytes for everybody: the session is not looked at."""
    answer = HttpResponse(_offline_page())
    answer["Cache-Control"] = "no-cache"
    return answer


@never_cache
@require_safe
def offline_data(request: HttpRequest) -> HttpResponse:
    """What the telephone puts by: stations for everybody, live pickup codes for their courier. Two queries beside who
    is asking; at most every ten minutes for each telephone."""
    at = clock.now()
    courier = courier_of(request.user)
    body = {"at": at, "stations": _stations(at), "pickups": _pickups(courier) if courier else []}
    answer = JsonResponse(body)
    answer["X-Person"], answer["X-Kept-At"] = person_mark(request), at.isoformat()
    return answer


def _stations(at: datetime) -> list[dict[str, Any]]:
    rows = Station.objects.active().order_by("code").only("name", "address", "opening_hours", "holiday_hours")
    return [
        {
            "name": station.name,
            "address": station.address,
            "hours": opening.in_words(station.opening_hours),
            "today": _today(station, at),
        }
        for station in opening.with_overrides(rows, at)[:STATIONS_KEPT]
    ]


def _today(station: Station, at: datetime) -> dict[str, Any] | None:
    """The hours of the day of `at` where they are not those of the usual week, and why. They carry their date, on which
    alone the page says them, for it may be looked at days later."""
    (day,) = opening.days(station, clock.shanghai_day(at), 1)
    why = day.reason or day.name
    if not why:
        return None
    return {"date": day.date, "hours": "不开放" if day.spans == () else day.words, "why": why}


def _pickups(courier: Courier) -> list[dict[str, Any]]:
    waiting = Reservation.objects.waiting(clock.now()).of_courier(courier).select_related("gift", "station")
    return [
        {
            "code": reservation.pickup_code,
            "gift": reservation.gift.name,
            "station": reservation.station.name,
            "expires_at": reservation.expires_at,
        }
        for reservation in waiting
    ]


@cache
def _worker() -> str:
    files = json.dumps([static(name) for name in FILES])
    digest = hashlib.sha256((files + _offline_page()).encode())
    for name in FILES:  # names tell versions apart only where the storage hashes them
        digest.update(Path(str(finders.find(name))).read_bytes())
    version = digest.hexdigest()[:12]
    names = {
        "offline": reverse("offline"),
        "report": reverse("report_new"),
        "report_offline": reverse("report_offline"),
    }
    return render_to_string("sw.js", {"files": files, "version": version, **names})


@cache
def _offline_page() -> str:
    return render_to_string("offline.html", {"site_name": settings.SITE_NAME})
