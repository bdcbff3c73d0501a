"""Stations, and who stands at the counter."""

import math
from typing import Any

from django.urls import path
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organisation, User
from accounts.roles import COUNTER_STAFF, Role
from fengchao.core import clock, idempotency, rows
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.masking import mask_name, mask_phone
from fengchao.core.parsers import StrictJSONParser
from fengchao.core.permissions import Anyone, SignedIn
from points.services import standing
from stations import opening
from stations.counter import Identified, recognise, wrong_codes_counted
from stations.models import Facility, Station
from stations.querysets import StationQuerySet
from stations.rules import serves


class OpenStateSerializer(serializers.Serializer):
    is_open = serializers.BooleanField(allow_null=True)
    next_change = serializers.DateTimeField(allow_null=True)


class StationFacilitySerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    state = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(["ok", "broken", "crowded", "unknown"]))
    def get_state(self, facility: Facility) -> str:
        return "unknown"  # nobody has looked yet: observations come with a later issue


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
                "facilities": [{"code": "water", "name": "饮水机", "state": "unknown"}],
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
        return Response(StationSerializer(station).data)


@extend_schema_serializer(
    examples=[OpenApiExample("六位动态码", request_only=True, value={"station": "QK-001", "digits": "482913"})]
)
class IdentifySerializer(serializers.Serializer):
    """Exactly one of `token`, `digits` and `image`; the picture comes as multipart."""

    station = serializers.CharField(max_length=20)
    token = serializers.CharField(max_length=600, required=False)
    digits = serializers.RegexField(r"^[0-9]{6}$", required=False)
    image = serializers.FileField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs.keys() & {"token", "digits", "image"}) != 1:
            raise serializers.ValidationError({"token": ["请在 token、digits、image 中只提供一个。"]})
        return attrs


class SeenCourierSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    phone = serializers.CharField()
    outlet = serializers.CharField(allow_null=True)
    verified = serializers.BooleanField()


class SeenPointsSerializer(serializers.Serializer):
    balance = serializers.IntegerField()
    held = serializers.IntegerField()
    available = serializers.IntegerField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "已识别",
            response_only=True,
            value={
                "ticket": "eyJ…",
                "expires_at": "2026-11-24T14:12:00+08:00",
                "courier": {
                    "id": 18,
                    "name": "何*",
                    "phone": "138****3721",
                    "outlet": "中国邮政 · 解放大道网点",
                    "verified": True,
                },
                "points": {"balance": 1480, "held": 0, "available": 1480},
            },
        )
    ]
)
class IdentifiedSerializer(serializers.Serializer):
    ticket = serializers.CharField()
    expires_at = serializers.DateTimeField()
    courier = SeenCourierSerializer()
    points = SeenPointsSerializer()


class Identify(APIView):
    permission_classes = [SignedIn]
    parser_classes = [StrictJSONParser, MultiPartParser]
    idempotent = "honoured"

    @extend_schema(request=IdentifySerializer, responses=IdentifiedSerializer)
    def post(self, request: Request) -> Response:
        worker = staff_member(request, *COUNTER_STAFF)
        shape = IdentifySerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        way = dict(shape.validated_data)
        station = station_served(worker, way.pop("station"))
        # Around the key's transaction: a wrong code is counted though its request leaves nothing else behind.
        with wrong_codes_counted(worker):
            return idempotency.respond(
                request, lambda: recognise(station, by=worker, **way), identified, required=False
            )


def identified(found: Identified) -> tuple[int, dict[str, Any]]:
    courier = found.courier
    body = {
        "ticket": found.ticket,
        "expires_at": found.expires_at,
        "courier": {
            "id": courier.pk,
            "name": mask_name(courier.user.name),
            "phone": mask_phone(courier.user.phone or ""),
            "outlet": str(courier.outlet) if courier.outlet else None,
            "verified": courier.is_verified,
        },
        "points": standing(courier),
    }
    return 200, dict(IdentifiedSerializer(body).data)


def staff_member(request: Request, *roles: Role) -> User:
    """The caller when he holds one of `roles` anywhere; which objects they reach is asked of the objects."""
    user = request.user
    if isinstance(user, User) and user.has_role(*roles):
        return user
    raise NotAllowed


def station_served(worker: User, code: str, *, field: str = "station") -> Station:
    """The station a body names, where `worker` may stand at the counter."""
    found = rows.first(
        "FROM stations_station s JOIN accounts_organisation o ON o.id = s.organisation_id WHERE s.code = %s",
        [code], s=Station, o=Organisation,
    )  # fmt: skip
    station: Station | None = None
    if found is not None:
        station, station.organisation = found
    return served_by(worker, station, field=field)


def served_by(worker: User, station: Station | None, *, field: str = "station") -> Station:
    """`station` again. One that is not there and one where `worker` may not stand at the counter look the same."""
    if station is None or not serves(worker, station):
        raise BadValue("没有这个蜂巢，或不归您服务。", field=field)
    return station


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


urlpatterns = [
    path("stations/", StationList.as_view(), name="api_stations"),
    path("stations/<str:code>/", StationDetail.as_view(), name="api_station"),
    path("counter/identify/", Identify.as_view(), name="api_identify"),
]
