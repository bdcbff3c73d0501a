"""The centre's own line for a programme: which times can be booked, and how many places are free."""

import re
from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import HasRole, IsCourier, person
from accounts.roles import Role
from fengchao.core import clock
from fengchao.core.errors import BadValue
from vouchers.api.asked import moment_named, programme_named
from vouchers.api.shapes import slot_shown
from vouchers.models import Programme, Slot
from vouchers.querysets import DISTRICT, SlotQuerySet

EXAMPLE = {"id": 7, "starts_at": "2026-11-27T09:00:00+08:00", "ends_at": "2026-11-27T09:30:00+08:00", "capacity": 5,
           "free": 2}  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("时段", response_only=True, value=EXAMPLE)])
class SlotSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    capacity = serializers.IntegerField()
    free = serializers.IntegerField(help_text="0 是约满了，可以候补")


class Slots(GenericAPIView):
    """Times of a programme that can be booked, in their order; full ones too, for who wants to wait. For couriers with
    a card of it, the centre and the district; to others there is no such programme (400)."""

    permission_classes: list[Any] = [HasRole(*DISTRICT, Role.CLINIC) | IsCourier]
    serializer_class = SlotSerializer
    ordering = ("starts_at", "pk")

    @extend_schema(
        operation_id="slots_list",
        summary="体检时段",
        parameters=[
            OpenApiParameter("programme", int, required=True, description="体检项目编号"),
            OpenApiParameter("from", str, description="从这一天或这一刻起，不写就是现在"),
        ],
        responses=SlotSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        if "programme" not in asked:
            raise BadValue("要写明体检项目。", field="programme")
        programme = programme_named(Programme.objects.with_slots_for(person(request)), asked["programme"])
        since = moment_named(asked["from"], field="from") if "from" in asked else None
        page = self.paginate_queryset(_bookable(programme, since))
        return self.get_paginated_response([slot_shown(slot) for slot in page or []])


def slot_named(slots: SlotQuerySet, key: int | str) -> Slot:
    """Of `slots`, by what a body or query names."""
    slot: Slot | None = None
    if re.fullmatch("[0-9]{1,19}", str(key)):
        slot = slots.filter(pk=int(key)).first()
    if slot is None:
        raise BadValue("这个体检项目没有这个时段。", field="slot")
    return slot


def _bookable(programme: Programme, since: datetime | None) -> SlotQuerySet:
    found = Slot.objects.bookable(clock.now()).filter(
        programme=programme, starts_at__lt=clock.day_bounds(programme.valid_until)[1]
    )
    return found.filter(starts_at__gte=since) if since else found
