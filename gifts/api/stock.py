"""What lies at a station, what comes and what leaves."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.roles import COUNTER_STAFF
from fengchao.core import idempotency
from fengchao.core.permissions import SignedIn
from gifts.api.common import READERS, gift_named, station_read
from gifts.models import LARGEST_QUANTITY, Gift
from gifts.services import move, on_hand
from gifts.states import MovementKind
from stations.api.common import staff_member, station_served


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "库存",
            response_only=True,
            value={"gift": "tissue", "name": "手提纸", "on_hand": 8, "reserved": 0, "available": 8},
        )
    ]
)
class StockSerializer(serializers.ModelSerializer):
    gift = serializers.CharField(source="code")
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.SerializerMethodField()

    class Meta:
        model = Gift
        fields = ["gift", "name", "on_hand", "reserved", "available"]

    def get_available(self, gift: Any) -> int:
        available: int = gift.on_hand - gift.reserved
        return available


class StockList(GenericAPIView):
    """What lies at one station of every gift."""

    permission_classes = [SignedIn]
    serializer_class = StockSerializer
    ordering = ("points", "pk")

    @extend_schema(
        parameters=[OpenApiParameter("station", str, required=True, description="蜂巢编号，如 QK-001")],
        responses=StockSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        reader = staff_member(request, *READERS)
        station = station_read(reader, request.query_params.get("station", ""))
        page = self.paginate_queryset(Gift.objects.with_stock(station.pk))
        return self.get_paginated_response(StockSerializer(page, many=True).data)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "入库",
            request_only=True,
            value={"station": "QK-001", "gift": "tissue", "kind": "received", "quantity": 20, "note": "区里配送"},
        )
    ]
)
class MoveSerializer(serializers.Serializer):
    station = serializers.CharField(max_length=20)
    gift = serializers.CharField(max_length=32)
    kind = serializers.ChoiceField(MovementKind.choices)
    quantity = serializers.IntegerField(min_value=0, max_value=LARGEST_QUANTITY, help_text="盘点时是实盘数，可以是 0")
    to_station = serializers.CharField(max_length=20, required=False, allow_null=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate_quantity(self, value: int) -> int:
        # "5" and 5.0 would pass as numbers; pieces are counted in JSON's integers.
        if type(self.initial_data.get("quantity")) is not int:
            raise serializers.ValidationError("数量必须是整数。")
        return value


@extend_schema_serializer(examples=[OpenApiExample("入库后", response_only=True, value={"id": 31, "on_hand": 28})])
class MovedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    on_hand = serializers.IntegerField()


class MovementList(APIView):
    permission_classes = [SignedIn]
    idempotent = "required"

    @extend_schema(request=MoveSerializer, responses={201: MovedSerializer})
    def post(self, request: Request) -> Response:
        worker = staff_member(request, *COUNTER_STAFF)
        shape = MoveSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        station = station_served(worker, wanted["station"])
        to_code = wanted.get("to_station")
        to_station = station_served(worker, to_code, field="to_station") if to_code else None
        gift = gift_named(wanted["gift"])
        return idempotency.respond(
            request,
            lambda: move(
                wanted["kind"], gift, station,
                quantity=wanted["quantity"], to_station=to_station, note=wanted["note"], by=worker,
            ),
            lambda movement: (201, {"id": movement.pk, "on_hand": on_hand(movement.station, movement.gift)}),
        )  # fmt: skip
