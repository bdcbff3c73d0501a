"""Stations, as anybody may read them."""

import math
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fengchao.core import clock
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.permissions import Anyone
from stations import opening
from stations.models import Facility, Station
from stations.querysets import StationQuerySet
from stations.services.observations import mark


class OpenStateSerializer(serializers.Serializer):
    is_open = serializers.BooleanField(allow_null=True)
    next_change = serializers.DateTimeField(allow_null=True)


class StationFacilitySerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    state = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(["ok", "broken", "crowded", "unknown"]))
    def get_state(self, facility: Any) -> str:
        """As `services.observations.mark` has left it there."""
        return facility.condition.value if facility.condition else "unknown"


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "蜂巢",
            response_only=True,
            value={
                "code": "QK-001",
                "name": "公安社区江城蜂巢",
                "grade": 1,
                "address": "韩家墩街公安社区党群服务中心一楼",
                "lat": 30.5871,
                "lng": 114.2189,
                "phone": "",
                "opening_hours": "Mo-Su 07:00-22:00",
                "open_state": {"is_open": True, "next_change": "2026-11-24T22:00:00+08:00"},
                "facilities": [{"code": "water", "name": "饮水机", "state": "broken"}],
                "updated_at": "2026-11-24T14:02:00+08:00",
            },
        )
    ]
)
class StationSerializer(serializers.ModelSerializer):
    open_state = serializers.SerializerMethodField()
    facilities = StationFacilitySerializer(many=True)

    class Meta:
        model = Station
        fields = [
            "code", "name", "grade", "address", "lat", "lng", "phone", "opening_hours", "open_state", "facilities",
            "updated_at",
        ]  # fmt: skip

    @extend_schema_field(OpenStateSerializer)
    def get_open_state(self, station: Station) -> Any:
        return OpenStateSerializer(opening.state(station, clock.now())).data


class FoundStationSerializer(StationSerializer):
    """`distance_m` only where a position was given."""

    distance_m = serializers.IntegerField(required=False)

    class Meta(StationSerializer.Meta):
        fields = [*StationSerializer.Meta.fields, "distance_m"]


class StationList(ListAPIView):
    """Stations in use, by code; with `near` the nearest first."""

    permission_classes = [Anyone]
    serializer_class = FoundStationSerializer

    @property
    def ordering(self) -> tuple[str, ...]:
        return ("distance_m", "pk") if self.request.query_params.get("near") else ("code",)

    def get_queryset(self) -> StationQuerySet:
        return filtered(self.request.query_params).prefetch_related("facilities")

    def paginate_queryset(self, queryset: Any) -> Any:
        return mark(super().paginate_queryset(queryset) or [], clock.now())

    @extend_schema(
        parameters=[
            OpenApiParameter("near", str, description="lat,lng(WGS-84)；答复带 distance_m，最近的在前"),
            OpenApiParameter("open", str, enum=["true", "false"]),
            OpenApiParameter("facility", str, description="设施代码"),
            OpenApiParameter("grade", int, enum=[1, 2, 3]),
            OpenApiParameter("q", str, description="名称、地址或编号里的词"),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class StationDetail(APIView):
    permission_classes = [Anyone]

    @extend_schema(responses=StationSerializer)
    def get(self, request: Request, code: str) -> Response:
        station = Station.objects.active().prefetch_related("facilities").filter(code=code).first()
        if station is None:
            raise NotThere
        mark([station], clock.now())
        return Response(StationSerializer(station).data)


def filtered(wanted: Any) -> StationQuerySet:
    """The active stations that the filters of `wanted` leave; BadValue names a filter that cannot be understood."""
    stations = Station.objects.active()
    if words := wanted.get("q"):
        if len(words) > 50 or "\0" in words:
            raise BadValue("查找的词太长或含有无法识别的字符。", field="q")
        stations = stations.search(words)
    if grade := wanted.get("grade"):
        if grade not in ("1", "2", "3"):
            raise BadValue("等级只能是 1、2、3。", field="grade")
        stations = stations.graded(int(grade))
    if facility := wanted.get("facility"):
        if "\0" in facility or not Facility.objects.filter(code=facility).exists():
            raise BadValue("没有这种设施。", field="facility")
        stations = stations.with_facility(facility)
    if is_open := wanted.get("open"):
        if is_open not in ("true", "false"):
            raise BadValue("open 只能是 true 或 false。", field="open")
        stations = opening.those_open(stations, clock.now(), is_open == "true")
    if position := wanted.get("near"):
        stations = stations.near(*_position(position))
    return stations


def _position(text: str) -> tuple[float, float]:
    try:
        lat, lng = (float(part) for part in text.split(","))
    except ValueError:
        lat = lng = math.nan
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise BadValue("near 要写成“纬度,经度”。", field="near")
    return lat, lng
