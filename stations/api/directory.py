"""Stations, as anybody may read them."""

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
from fengchao.core.errors import NotThere
from fengchao.core.permissions import Anyone
from stations import finding, opening
from stations.models import Station
from stations.querysets import StationQuerySet
from stations.services.observations import Condition, mark


def in_a_word(condition: Condition | None) -> str:
    return condition.value if condition else "unknown"


class OpenStateSerializer(serializers.Serializer):
    is_open = serializers.BooleanField(allow_null=True)
    next_change = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="今天的时间为什么和平时不一样；没有就是空")


class StationFacilitySerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    state = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(["ok", "broken", "crowded", "unknown"]))
    def get_state(self, facility: Any) -> str:
        """As `services.observations.mark` has left it there."""
        return in_a_word(facility.condition)


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
                "holiday_hours": "10:00-16:00",
                "open_state": {"is_open": True, "next_change": "2026-11-24T22:00:00+08:00", "reason": ""},
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
            "code", "name", "grade", "address", "lat", "lng", "phone", "opening_hours", "holiday_hours", "open_state",
            "facilities", "updated_at",
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
        return ("distance_m", "pk") if finding.asked(self.request.query_params, "near") else ("code",)

    def get_queryset(self) -> StationQuerySet:
        found = finding.filtered(self.request.query_params).prefetch_related("facilities")
        return opening.with_overrides(found, clock.now())

    def paginate_queryset(self, queryset: Any) -> Any:
        return mark(super().paginate_queryset(queryset) or [], clock.now())

    @extend_schema(
        parameters=[
            OpenApiParameter("near", str, description="纬度,经度（WGS-84，中国境内）；答复带 distance_m，最近的在前"),
            OpenApiParameter("open", str, enum=["true", "false"]),
            OpenApiParameter("facility", str, many=True, description="设施代码；给出几个就都要有"),
            OpenApiParameter("grade", int, enum=[1, 2, 3]),
            OpenApiParameter("street", int, description="街道或功能区的编号"),
            OpenApiParameter("q", str, description="名称、地址或编号里的词，或名称的拼音、首字母"),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class StationDetail(APIView):
    permission_classes = [Anyone]

    @extend_schema(responses=StationSerializer)
    def get(self, request: Request, code: str) -> Response:
        at = clock.now()
        shown = Station.objects.active().prefetch_related("facilities").filter(code=code)
        station = opening.with_overrides(shown, at).first()
        if station is None:
            raise NotThere
        mark([station], at)
        return Response(StationSerializer(station).data)
