"""A courier's points and statement, and points given by hand."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import HasRole, IsCourier, courier_in
from accounts.roles import READERS
from fengchao.core.errors import BadValue, NotAllowed
from fengchao.core.idempotency import respond
from fengchao.core.masking import mask_name
from points.models import Entry, Grant
from points.rules import grantable, may_grant
from points.services import expiring, grant, standing, statement
from points.services.grants import MOST, REASON_LENGTH


class ExpiringSerializer(serializers.Serializer):
    on = serializers.DateField()
    points = serializers.IntegerField()


class StandingSerializer(serializers.Serializer):
    balance = serializers.IntegerField()
    held = serializers.IntegerField()
    available = serializers.IntegerField()
    expiring = ExpiringSerializer(many=True)


class MyPoints(APIView):
    """What the caller has, what reservations hold of it, and what expires when."""

    permission_classes = [IsCourier]

    @extend_schema(
        operation_id="me_points_retrieve",
        summary="我的积分",
        responses=StandingSerializer,
        examples=[
            OpenApiExample(
                "积分",
                value={
                    "balance": 1480,
                    "held": 0,
                    "available": 1480,
                    "expiring": [{"on": "2026-12-31", "points": 180}, {"on": "2027-12-31", "points": 1300}],
                },
            )
        ],
    )
    def get(self, request: Request) -> Response:
        courier = courier_in(request)
        assert courier is not None  # IsCourier has looked
        has = standing(courier)
        return Response(
            {
                "balance": has.balance,
                "held": has.held,
                "available": has.available,
                "expiring": ExpiringSerializer(expiring(courier), many=True).data,
            }
        )


class SourceSerializer(serializers.Serializer):
    kind = serializers.CharField(source="source_kind")
    key = serializers.CharField(source="source_key")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "一笔明细",
            response_only=True,
            value={
                "id": 902,
                "at": "2026-11-24T14:02:00+08:00",
                "kind": "redemption",
                "points": -1000,
                "balance_after": 480,
                "title": "兑换 · 手提纸",
                "source": {"kind": "redemption", "key": "RHQ2JAAJF"},
            },
        )
    ]
)
class EntrySerializer(serializers.ModelSerializer):
    at = serializers.DateTimeField(source="transfer.created_at")
    kind = serializers.CharField(source="transfer.kind")
    points = serializers.IntegerField(source="amount")
    title = serializers.CharField(source="transfer.title")
    source = SourceSerializer(source="transfer")  # type: ignore[assignment]  # Field has an attribute of this name

    class Meta:
        model = Entry
        fields = ["id", "at", "kind", "points", "balance_after", "title", "source"]


class MyEntries(GenericAPIView):
    """The caller's statement, newest first."""

    permission_classes = [IsCourier]
    serializer_class = EntrySerializer
    ordering = "-version"

    @extend_schema(operation_id="me_entries_list", summary="积分明细", responses=EntrySerializer(many=True))
    def get(self, request: Request) -> Response:
        courier = courier_in(request)
        assert courier is not None  # IsCourier has looked
        page = self.paginate_queryset(statement(courier))
        return self.get_paginated_response(EntrySerializer(page, many=True).data)


class GrantCourierSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    name = serializers.SerializerMethodField()

    def get_name(self, courier: Any) -> str:
        return mask_name(courier.user.name)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "已入账",
            response_only=True,
            value={
                "id": 7,
                "state": "posted",
                "courier": {"id": 18, "name": "何*"},
                "points": 50,
                "reason": "协助社区防汛值守",
                "by": "王*",
                "at": "2026-11-24T14:02:00+08:00",
                "decided_at": None,
                "allowed": [],
            },
        )
    ]
)
class GrantSerializer(serializers.ModelSerializer):
    courier = GrantCourierSerializer()
    by = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Grant
        fields = ["id", "state", "courier", "points", "reason", "by", "at", "decided_at", "allowed"]

    def get_by(self, given: Grant) -> str:
        return mask_name(given.by.name)

    def get_allowed(self, given: Grant) -> list[str]:
        return []  # the second person's decision comes with a later issue


class GiveSerializer(serializers.Serializer):
    courier = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    points = serializers.IntegerField(min_value=1, max_value=MOST)
    reason = serializers.CharField(max_length=REASON_LENGTH)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # "5" and 5.0 would pass as numbers; points are JSON's integers.
        for name in ("courier", "points"):
            if type(self.initial_data.get(name)) is not int:
                raise serializers.ValidationError({name: "必须是整数。"})
        return attrs


class Grants(GenericAPIView):
    """Points given by hand: at once up to 50 and 200 a day, above that they wait for a second person."""

    permission_classes: list[Any] = [HasRole(*READERS)]
    serializer_class = GrantSerializer
    idempotent = "required"

    @extend_schema(
        operation_id="grants_list",
        summary="积分发放记录",
        parameters=[OpenApiParameter("state", str, enum=Grant.State.values)],
        responses=GrantSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        found = Grant.objects.in_scope(_staff(request)).select_related("courier__user", "by")
        if (state := request.query_params.get("state")) is not None:
            if state not in Grant.State.values:
                raise BadValue("没有这种状态。", field="state")
            found = found.filter(state=state)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(GrantSerializer(page, many=True).data)

    @extend_schema(
        operation_id="grants_create",
        summary="发放积分",
        request=GiveSerializer,
        responses={201: GrantSerializer},
        examples=[
            OpenApiExample("发放", request_only=True, value={"courier": 18, "points": 50, "reason": "协助社区防汛值守"})
        ],
    )
    def post(self, request: Request) -> Response:
        clerk = _staff(request)
        if not may_grant(clerk):
            raise NotAllowed
        shape = GiveSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        courier = grantable(clerk).filter(pk=wanted["courier"]).first()
        if courier is None:
            raise BadValue("没有这位骑手，或不在您的范围内。", field="courier")
        return respond(
            request,
            lambda: grant(courier, wanted["points"], reason=wanted["reason"], by=clerk),
            lambda given: (201, dict(GrantSerializer(given).data)),
        )


def _staff(request: Request) -> User:
    assert isinstance(request.user, User)  # HasRole has looked
    return request.user


urlpatterns = [
    path("me/points/", MyPoints.as_view(), name="api_points"),
    path("me/entries/", MyEntries.as_view(), name="api_entries"),
    path("grants/", Grants.as_view(), name="api_grants"),
]
