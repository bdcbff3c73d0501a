"""Who stands at the counter."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.roles import COUNTER_STAFF
from fengchao.core import idempotency
from fengchao.core.masking import mask_name, mask_phone
from fengchao.core.parsers import StrictJSONParser
from fengchao.core.permissions import SignedIn
from points.services import standing
from stations.api.common import staff_member, station_served
from stations.counter import Identified, recognise, wrong_codes_counted


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
