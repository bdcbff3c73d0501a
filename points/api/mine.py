"""A courier's points and statement."""

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsCourier, courier_in
from points.models import Entry
from points.services import expiring, standing, statement


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
