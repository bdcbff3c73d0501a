"""Hand-overs and their undoing."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.roles import COUNTER_STAFF
from fengchao.core import codes, idempotency
from fengchao.core.clock import SHANGHAI
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.permissions import SignedIn
from gifts.api.common import READERS, STATION, counter_and_gift, station_read
from gifts.models import Redemption
from gifts.querysets import RedemptionQuerySet
from gifts.rules import allowed, may_annul_ever
from gifts.services import annul, pick_up, redeem_with_ticket
from gifts.states import RedemptionState
from stations.api.common import staff_member, station_served
from stations.counter import wrong_codes_counted


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "兑换单",
            response_only=True,
            value={
                "number": "RHQ2JAAJF",
                "gift": "tissue",
                "points": 1000,
                "balance_after": 480,
                "station": "QK-001",
                "at": "2026-11-24T14:02:00+08:00",
                "state": "handed_over",
                "allowed": ["annul"],
            },
        )
    ]
)
class RedemptionSerializer(serializers.ModelSerializer):
    """Needs `balance_after` and the station's organisation: see `RedemptionQuerySet.with_balance`."""

    gift = serializers.CharField(source="gift.code")
    station = serializers.CharField(source="station.code")
    balance_after = serializers.IntegerField(help_text="这笔兑换（或撤销）之后快递小哥的积分余额")
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Redemption
        fields = ["number", "gift", "points", "balance_after", "station", "at", "state", "allowed"]

    def get_allowed(self, redemption: Redemption) -> list[str]:
        return allowed(redemption, self.context["user"])


class RedeemSerializer(serializers.Serializer):
    ticket = serializers.CharField(max_length=600)
    gift = serializers.CharField(max_length=32)
    station = serializers.CharField(max_length=20)


class PickUpSerializer(serializers.Serializer):
    pickup_code = serializers.CharField(max_length=40, help_text="大小写、空格和全角都可以")
    station = serializers.CharField(max_length=20)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.initial_data.keys() & {"ticket", "gift"}:
            raise serializers.ValidationError({"pickup_code": ["请提供 ticket 和 gift，或只提供 pickup_code。"]})
        return attrs


class AnnulSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class RedemptionList(GenericAPIView):
    """The hand-overs of the stations in scope, newest first; and one more of them."""

    permission_classes = [SignedIn]
    serializer_class = RedemptionSerializer
    idempotent = "required"

    @extend_schema(
        parameters=[STATION, OpenApiParameter("state", str, enum=RedemptionState.values)],
        responses=RedemptionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        reader = staff_member(request, *READERS)
        wanted = request.query_params
        found = seen_by(reader)
        if code := wanted.get("station"):
            found = found.filter(station=station_read(reader, code))
        if (state := wanted.get("state")) is not None:
            if state not in RedemptionState.values:
                raise BadValue("没有这种状态。", field="state")
            found = found.filter(state=state)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(RedemptionSerializer(page, many=True, context={"user": reader}).data)

    @extend_schema(
        request=PolymorphicProxySerializer(
            component_name="HandOver", serializers=[RedeemSerializer, PickUpSerializer], resource_type_field_name=None
        ),
        responses={201: RedemptionSerializer},
        examples=[
            OpenApiExample("兑换", request_only=True, value={"ticket": "eyJ…", "gift": "tissue", "station": "QK-001"}),
            OpenApiExample("取预约的货", request_only=True, value={"pickup_code": "HQ2JAAJF", "station": "QK-001"}),
        ],
    )
    def post(self, request: Request) -> Response:
        worker = staff_member(request, *COUNTER_STAFF)
        by_code = isinstance(request.data, dict) and "pickup_code" in request.data
        shape = (PickUpSerializer if by_code else RedeemSerializer)(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        if by_code:
            station = station_served(worker, wanted["station"])
            code = codes.as_meant(wanted["pickup_code"])
            # Around the key's transaction: a wrong code is counted though its request leaves nothing else behind.
            with wrong_codes_counted(worker):
                return _handed_over(request, worker, lambda: pick_up(code, station=station, by=worker))
        station, gift = counter_and_gift(worker, wanted["station"], wanted["gift"])
        return _handed_over(
            request, worker, lambda: redeem_with_ticket(wanted["ticket"], gift, station=station, by=worker)
        )


class RedemptionDetail(APIView):
    permission_classes = [SignedIn]

    @extend_schema(responses=RedemptionSerializer)
    def get(self, request: Request, number: str) -> Response:
        reader = staff_member(request, *READERS)
        return Response(RedemptionSerializer(_one(reader, number), context={"user": reader}).data)


class RedemptionAnnul(APIView):
    permission_classes = [SignedIn]
    idempotent = "required"

    @extend_schema(
        request=AnnulSerializer,
        responses=RedemptionSerializer,
        examples=[OpenApiExample("撤销", request_only=True, value={"reason": "给错了礼品"})],
    )
    def post(self, request: Request, number: str) -> Response:
        worker = staff_member(request, *READERS)
        redemption = _one(worker, number)
        if not may_annul_ever(worker, redemption):
            raise NotAllowed
        shape = AnnulSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        return idempotency.respond(
            request,
            lambda: annul(redemption, reason=shape.validated_data["reason"], by=worker),
            lambda annulled: (200, shown(annulled, worker)),
        )


def shown(redemption: Redemption, user: User) -> dict[str, Any]:
    """The whole object as `user` sees it: as `RedemptionSerializer` says, without building one for every hand-over."""
    return {
        "number": redemption.number,
        "gift": redemption.gift.code,
        "points": redemption.points,
        "balance_after": redemption.balance_after,
        "station": redemption.station.code,
        "at": redemption.at.astimezone(SHANGHAI).isoformat(),
        "state": redemption.state,
        "allowed": allowed(redemption, user),
    }


def seen_by(reader: User) -> RedemptionQuerySet:
    return Redemption.objects.in_scope(reader).with_balance()


def _handed_over(request: Request, worker: User, act: Callable[[], Redemption]) -> Response:
    return idempotency.respond(request, act, lambda redemption: (201, shown(redemption, worker)))


def _one(reader: User, number: str) -> Redemption:
    redemption: Redemption | None = seen_by(reader).filter(number=number).first()
    if redemption is None:
        raise NotThere
    return redemption
