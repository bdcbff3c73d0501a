"""A courier's reservations."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Courier
from accounts.permissions import IsCourier, courier_in, person
from fengchao.core import codes, idempotency
from fengchao.core.errors import BadValue, NotThere
from gifts.api.common import gift_named
from gifts.models import Reservation
from gifts.rules import allowed_to_courier
from gifts.services import cancel, reserve
from gifts.states import ReservationState
from stations.models import Station


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "预约",
            response_only=True,
            value={
                "pickup_code": "HQ2JAAJF",
                "expires_at": "2026-11-26T14:02:00+08:00",
                "state": "reserved",
                "gift": "tissue",
                "station": "QK-001",
                "points": 1000,
                "at": "2026-11-24T14:02:00+08:00",
                "allowed": ["cancel"],
            },
        )
    ]
)
class ReservationSerializer(serializers.ModelSerializer):
    """As its courier sees it."""

    gift = serializers.CharField(source="gift.code")
    station = serializers.CharField(source="station.code")
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Reservation
        fields = ["pickup_code", "expires_at", "state", "gift", "station", "points", "at", "allowed"]

    def get_allowed(self, reservation: Reservation) -> list[str]:
        return allowed_to_courier(reservation)


class ReserveSerializer(serializers.Serializer):
    gift = serializers.CharField(max_length=32)
    station = serializers.CharField(max_length=20)


class ReservationList(GenericAPIView):
    """What the caller has set aside, newest first; and one more. Its points and its piece are held for 48 hours."""

    permission_classes = [IsCourier]
    serializer_class = ReservationSerializer
    idempotent = "required"
    ordering = ("-at", "-pk")

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=ReservationState.values)],
        responses=ReservationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        found = Reservation.objects.of_courier(caller(request)).select_related("gift", "station")
        if state := request.query_params.get("state"):
            if state not in ReservationState.values:
                raise BadValue("没有这种状态。", field="state")
            found = found.filter(state=state)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(ReservationSerializer(page, many=True).data)

    @extend_schema(
        request=ReserveSerializer,
        responses={201: ReservationSerializer},
        examples=[OpenApiExample("预约一件", request_only=True, value={"gift": "tissue", "station": "QK-001"})],
    )
    def post(self, request: Request) -> Response:
        shape = ReserveSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        courier = caller(request)
        gift = gift_named(shape.validated_data["gift"])
        station = Station.objects.active().filter(code=shape.validated_data["station"]).first()
        if station is None:
            raise BadValue("没有这个蜂巢。", field="station")

        def answer(made: Reservation) -> tuple[int, dict[str, Any]]:
            return 201, dict(ReservationSerializer(made).data)

        return idempotency.respond(request, lambda: reserve(courier, gift, station=station), answer)


class ReservationDetail(APIView):
    """One of the caller's own; another's is not there."""

    permission_classes = [IsCourier]

    @extend_schema(operation_id="reservations_cancel", summary="取消预约", responses={204: None})
    def delete(self, request: Request, pickup_code: str) -> Response:
        mine = Reservation.objects.of_courier(caller(request))
        found = mine.filter(pickup_code=codes.as_meant(pickup_code)).first()
        if found is None:
            raise NotThere
        cancel(found, by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def caller(request: Request) -> Courier:
    courier = courier_in(request)
    assert courier is not None
    return courier
