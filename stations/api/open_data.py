"""All stations in use as open data: what `stations/` says of each, in forms that maps and spreadsheets open."""

import csv
import io
import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.serializers import BooleanField
from rest_framework.views import APIView

from fengchao.core import clock
from fengchao.core.export import UNWRITABLE
from fengchao.core.permissions import Anyone
from stations import opening
from stations.api.directory import StationSerializer
from stations.models import Station
from stations.services.observations import mark

FRESH_SECONDS = 60
"""How long an answer may be kept: it says which stations are open."""

HEADERS = {"Cache-Control": f"public, max-age={FRESH_SECONDS}", "Access-Control-Allow-Origin": "*"}
FORMULA = {"=": "＝", "+": "＋", "-": "－", "@": "＠"}
COLUMNS = (
    "code", "name", "grade", "address", "lat", "lng", "phone", "opening_hours", "is_open", "next_change", "facilities",
    "updated_at", "is_example",
)  # fmt: skip


class OpenStationSerializer(StationSerializer):
    """Also says which stations are made up for the demonstration: who downloads a file reads no page around it."""

    is_example = BooleanField()

    class Meta(StationSerializer.Meta):
        fields = [*StationSerializer.Meta.fields, "is_example"]


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

    def rows(self) -> list[dict[str, Any]]:
        rows, at = Station.objects.active().prefetch_related("facilities").order_by("code"), clock.now()
        stations = opening.with_overrides(rows, at)
        return list(OpenStationSerializer(mark(stations, at), many=True).data)


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
        found = {"type": "FeatureCollection", "features": [_feature(row) for row in self.rows()]}
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        return HttpResponse(text, content_type="application/geo+json", headers=HEADERS)


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
        table.writerows([_cell(row[name]) for name in COLUMNS] for row in map(_flat, self.rows()))
        disposition = {"Content-Disposition": 'attachment; filename="stations.csv"'}
        content = text.getvalue().encode("utf-8-sig")  # without the mark WPS takes it for GBK
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers={**HEADERS, **disposition})


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
