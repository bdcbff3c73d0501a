"""Gifts on sale."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from fengchao.core import photos
from fengchao.core.errors import BadValue
from fengchao.core.permissions import Anyone
from gifts.api.common import STATION
from gifts.models import Gift
from gifts.querysets import GiftQuerySet
from stations.models import Station


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
