"""All stations in use as open data: what `stations/` says of each, in forms that maps and spreadsheets open."""

import csv
import hashlib
import io
import json
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from fengchao.core import clock
from fengchao.core.export import UNWRITABLE
from fengchao.core.permissions import Anyone
from stations import opening
from stations.api.directory import OpenStateSerializer, in_a_word
from stations.models import Facility, Station
from stations.services.observations import conditions

FRESH_SECONDS = 60
"""How long an answer may be kept: it says which stations are open."""

PLAIN = ("code", "name", "grade", "address", "lat", "lng", "phone", "opening_hours", "holiday_hours")
FORMULA = {"=": "＝", "+": "＋", "-": "－", "@": "＠"}
COLUMNS = (
    "code", "name", "grade", "address", "lat", "lng", "phone", "opening_hours", "is_open", "next_change", "facilities",
    "updated_at", "is_example",
)  # fmt: skip


class OneForm(BaseContentNegotiation):
    """The address says which form; nobody is refused for what his program accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class OpenData(APIView):
    """Knows no caller, so that its answer is the same for everybody and may be kept by anybody."""

    authentication_classes = ()
    permission_classes = (Anyone,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OneForm

    @staticmethod
    def answer(request: Request, content: bytes, content_type: str, **headers: str) -> HttpResponse:
        """The file, or that nothing has changed since the caller last read it."""
        etag = f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
        shared = {"Cache-Control": f"public, max-age={FRESH_SECONDS}", "Access-Control-Allow-Origin": "*", "ETag": etag}
        made = HttpResponse(content, content_type=content_type, headers={**shared, **headers})
        found = get_conditional_response(request, etag=etag, response=made)
        assert isinstance(found, HttpResponse)
        if found is not made:
            found["Access-Control-Allow-Origin"] = "*"
        return found


class StationsGeoJson(OpenData):
    @extend_schema(
        summary="全部蜂巢（GeoJSON）",
        description="坐标为 WGS-84。is_example 为 true 的是示例数据。可缓存 60 秒。",
        responses={
            (200, "application/geo+json"): OpenApiResponse(
                OpenApiTypes.OBJECT,
                examples=[
                    OpenApiExample(
                        "一个蜂巢",
                        value={
                            "type": "FeatureCollection",
                            "features": [
                                {
                                    "type": "Feature",
                                    "id": "QK-001",
                                    "geometry": {"type": "Point", "coordinates": [114.2189, 30.5871]},
                                    "properties": {"code": "QK-001", "name": "公安社区江城蜂巢", "grade": 1},
                                }
                            ],
                        },
                    )
                ],
            )
        },
    )
    def get(self, request: Request) -> HttpResponse:
        found = {"type": "FeatureCollection", "features": [_feature(row) for row in rows()]}
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        return self.answer(request, text.encode(), "application/geo+json")


class StationsCsv(OpenData):
    @extend_schema(
        summary="全部蜂巢（CSV）",
        description="UTF-8，带 BOM，WPS 可直接打开。坐标为 WGS-84。以 =、+、-、@ 开头的文字换成全角。可缓存 60 秒。",
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(COLUMNS)
        table.writerows([_cell(row[name]) for name in COLUMNS] for row in map(_flat, rows()))
        content = text.getvalue().encode("utf-8-sig")  # without the mark WPS takes it for GBK
        disposition = {"Content-Disposition": 'attachment; filename="stations.csv"'}
        return self.answer(request, content, "text/csv; charset=utf-8", **disposition)


def rows() -> list[dict[str, Any]]:
    """What `StationSerializer` says of every active station, by code, and whether it is made up (who downloads a file
    reads no page around it). At 10,000 stations models and serializers take four seconds, plain values a third of one.
    """
    at = clock.now()
    differing, offers = opening.overrides_by_station(at), _facilities(at)
    states: dict[opening.OpenState, Any] = {}  # few, and told in the same words
    made = []
    found = Station.objects.active().order_by("code")
    for pk, *values, updated_at, is_example in found.values_list("pk", *PLAIN, "updated_at", "is_example"):
        row: dict[str, Any] = dict(zip(PLAIN, values, strict=True))
        overrides = differing[pk].overrides if pk in differing else ()
        state = opening.state_of(row["opening_hours"], row["holiday_hours"], overrides, at)
        if state not in states:
            states[state] = OpenStateSerializer(state).data
        row["open_state"], row["facilities"] = states[state], offers.get(pk, [])
        row["updated_at"], row["is_example"] = updated_at.astimezone(clock.SHANGHAI).isoformat(), is_example
        made.append(row)
    return made


def _facilities(at: datetime) -> dict[int, list[dict[str, str]]]:
    """Of each station."""
    said = conditions(None, at)
    named = {pk: (code, name) for pk, code, name in Facility.objects.values_list("pk", "code", "name")}
    found: dict[int, list[dict[str, str]]] = {}
    for station, facility in Station.facilities.through.objects.order_by("pk").values_list("station_id", "facility_id"):
        code, name = named[facility]
        state = in_a_word(said.get((station, facility)))
        found.setdefault(station, []).append({"code": code, "name": name, "state": state})
    return found


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [row["lng"], row["lat"]]}
    return {"type": "Feature", "id": row["code"], "geometry": point, "properties": row}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Facilities by name, apart by ；, those that are not fine with their state."""
    names = [
        part["name"] + ("" if part["state"] in ("ok", "unknown") else f"({part['state']})")
        for part in row["facilities"]
    ]
    return {**row, **row["open_state"], "facilities": "；".join(names)}


def _cell(value: Any) -> str:
    """Text that no spreadsheet runs as a formula, also not behind blanks, which it would skip."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value)
    text = UNWRITABLE.sub("", str(value)).strip()
    return FORMULA.get(text[:1], text[:1]) + text[1:]
