"""Gifts, hand-overs and stock."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.roles import COUNTER_STAFF, Role
from fengchao.core import idempotency, photos
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.permissions import Anyone, SignedIn
from gifts.models import LARGEST_QUANTITY, Gift, Movement, Redemption
from gifts.querysets import GiftQuerySet, RedemptionQuerySet
from gifts.rules import allowed, may_annul_ever
from gifts.services import annul, move, redeem_with_ticket
from gifts.states import MovementKind, RedemptionState
from points.models import Account, Balance
from stations.api import staff_member, station_served
from stations.models import Station

READERS = (*COUNTER_STAFF, Role.AUDITOR)
STATION = OpenApiParameter("station", str, description="蜂巢编号，如 QK-001")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "手提纸",
            response_only=True,
            value={"code": "tissue", "name": "手提纸", "points": 1000, "photo": None, "available": 8},
        )
    ]
)
class GiftSerializer(serializers.ModelSerializer):
    photo = serializers.SerializerMethodField()
    available = serializers.SerializerMethodField(help_text="没有指定蜂巢时为 null")

    class Meta:
        model = Gift
        fields = ["code", "name", "points", "photo", "available"]

    def get_photo(self, gift: Gift) -> str | None:
        return photos.address(gift.photo) if gift.photo else None

    def get_available(self, gift: Gift) -> int | None:
        return gift.on_hand - gift.reserved if hasattr(gift, "on_hand") else None


class GiftList(ListAPIView):
    """Gifts on sale, the cheapest first."""

    permission_classes = [Anyone]
    serializer_class = GiftSerializer
    ordering = ("points", "pk")

    def get_queryset(self) -> GiftQuerySet:
        gifts = Gift.objects.on_sale().select_related("photo")
        code = self.request.query_params.get("station")
        if not code:
            return gifts
        station = Station.objects.active().filter(code=code).first()
        if station is None:
            raise BadValue("没有这个蜂巢。", field="station")
        return gifts.with_stock(station.pk)

    @extend_schema(parameters=[STATION])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


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
    balance_after = serializers.IntegerField(help_text="这笔兑换（或撤销）之后骑手的积分余额")
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
            found = found.filter(station=_station_read(reader, code))
        if state := wanted.get("state"):
            if state not in RedemptionState.values:
                raise BadValue("没有这种状态。", field="state")
            found = found.filter(state=state)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(RedemptionSerializer(page, many=True, context={"user": reader}).data)

    @extend_schema(
        request=RedeemSerializer,
        responses={201: RedemptionSerializer},
        examples=[
            OpenApiExample("兑换", request_only=True, value={"ticket": "eyJ…", "gift": "tissue", "station": "QK-001"})
        ],
    )
    def post(self, request: Request) -> Response:
        worker = staff_member(request, *COUNTER_STAFF)
        shape = RedeemSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        station = station_served(worker, shape.validated_data["station"])
        gift = gift_named(shape.validated_data["gift"])
        ticket = shape.validated_data["ticket"]
        return idempotency.respond(
            request,
            lambda: redeem_with_ticket(ticket, gift, station=station, by=worker),
            lambda redemption: (201, shown(redemption, worker)),
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
        station = _station_read(reader, request.query_params.get("station", ""))
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
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_QUANTITY)
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
            lambda movement: (201, {"id": movement.pk, "on_hand": _on_hand(movement)}),
        )  # fmt: skip


def shown(redemption: Redemption, user: User) -> dict[str, Any]:
    """The whole object as `user` sees it."""
    return dict(RedemptionSerializer(redemption, context={"user": user}).data)


def seen_by(reader: User) -> RedemptionQuerySet:
    return Redemption.objects.in_scope(reader).with_balance()


def gift_named(code: str) -> Gift:
    """The gift a body names. Whether it is on sale is the rule's to say."""
    gift = Gift.objects.filter(code=code).first()
    if gift is None:
        raise BadValue("没有这种礼品。", field="gift")
    return gift


def _one(reader: User, number: str) -> Redemption:
    redemption: Redemption | None = seen_by(reader).filter(number=number).first()
    if redemption is None:
        raise NotThere
    return redemption


def _station_read(reader: User, code: str) -> Station:
    station = Station.objects.in_scope(reader).filter(code=code).first()
    if station is None:
        raise BadValue("没有这个蜂巢，或不在您的范围内。", field="station")
    return station


def _on_hand(movement: Movement) -> int:
    return Balance.objects.get(
        account__kind=Account.Kind.STOCK, account__owner_id=movement.station_id,
        account__unit=f"gift:{movement.gift.code}",
    ).posted  # fmt: skip


urlpatterns = [
    path("gifts/", GiftList.as_view(), name="api_gifts"),
    path("redemptions/", RedemptionList.as_view(), name="api_redemptions"),
    path("redemptions/<str:number>/", RedemptionDetail.as_view(), name="api_redemption"),
    path("redemptions/<str:number>/annul/", RedemptionAnnul.as_view(), name="api_redemption_annul"),
    path("stock/", StockList.as_view(), name="api_stock"),
    path("stock/movements/", MovementList.as_view(), name="api_movements"),
]
