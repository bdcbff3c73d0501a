"""Reports: the list, one of them, and one more."""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Courier, Organisation, User
from accounts.permissions import HasRole, IsCourier, courier_in, person
from accounts.roles import READERS, Role
from accounts.scope import covers
from fengchao.core import clock, geo
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.idempotency import respond
from reports import services
from reports.api.categories import fileable
from reports.api.shapes import ReportSerializer, shown, shown_all
from reports.models import Category, Report
from reports.querysets import ReportQuerySet
from reports.services.filing import KEY_LENGTH, MOST_PHOTOS, PLACE_LENGTH, TEXT_LENGTH
from reports.states import ReportState
from stations.models import Station

Involved: Any = HasRole(*READERS, Role.HANDLER) | IsCourier
"""Who can have to do with a report: staff who read it, a unit, a courier. Which one is asked of the report."""


class FileSerializer(serializers.Serializer):
    category = serializers.CharField(max_length=32)
    text = serializers.CharField(max_length=TEXT_LENGTH, required=False, allow_blank=True, default="")
    place = serializers.CharField(
        max_length=PLACE_LENGTH, required=False, allow_blank=True, default="", help_text="没有定位时必填"
    )
    lat = serializers.FloatField(required=False, allow_null=True)
    lng = serializers.FloatField(required=False, allow_null=True)
    accuracy_m = serializers.FloatField(required=False, allow_null=True, help_text="定位精度（米）")
    station = serializers.CharField(max_length=20, required=False, help_text="没有定位时，最近的蜂巢编号")
    happened_at = serializers.DateTimeField(required=False, allow_null=True, help_text="默认是现在")
    answers = serializers.DictField(child=serializers.JSONField(), required=False, help_text="问题代码 → 回答")
    photos = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=MOST_PHOTOS
    )
    client_key = serializers.CharField(
        max_length=KEY_LENGTH, required=False, allow_blank=True, default="", trim_whitespace=False,
        help_text="草稿的编号：同一份草稿不论提交几次只算一件",
    )  # fmt: skip
    by_sms = serializers.BooleanField(required=False, default=False, help_text="有进展时发短信")

    def validate_accuracy_m(self, value: float | None) -> int | None:
        if value is None:
            return None
        if not math.isfinite(value) or not 0 <= value <= 1_000_000:
            raise serializers.ValidationError("精度不对。")
        return round(value)


def _state(reports: ReportQuerySet, text: str, reader: User, at: datetime) -> ReportQuerySet:
    if text not in ReportState.values:
        raise BadValue("没有这种状态。", field="state")
    return reports.filter(state=text)


def _category(reports: ReportQuerySet, text: str, reader: User, at: datetime) -> ReportQuerySet:
    found = None if "\0" in text else Category.objects.filter(code=text).first()
    if found is None:
        raise BadValue("没有这个类别。", field="category")
    return reports.filter(Q(category=found) | Q(category__parent=found))


def _overdue(reports: ReportQuerySet, text: str, reader: User, at: datetime) -> ReportQuerySet:
    if text not in ("true", "false"):
        raise BadValue("overdue 只能是 true 或 false。", field="overdue")
    late = Report.objects.overdue(at)
    return reports.filter(pk__in=late.values("pk")) if text == "true" else reports.exclude(pk__in=late.values("pk"))


def _area(reports: ReportQuerySet, text: str, reader: User, at: datetime) -> ReportQuerySet:
    found = None
    if re.fullmatch("[0-9]{1,15}", text):
        found = Organisation.objects.filter(pk=int(text)).first()
    if found is None or not covers(reader, found.path, *READERS):
        raise BadValue("没有这个单位，或不在您的范围内。", field="area")
    return reports.filter(area__path__startswith=found.path)


FILTERS: dict[str, Callable[[ReportQuerySet, str, User, datetime], ReportQuerySet]] = {
    "state": _state, "category": _category, "overdue": _overdue, "area": _area,
}  # fmt: skip
PARAMETERS = [
    OpenApiParameter("state", str, enum=ReportState.values),
    OpenApiParameter("category", str, description="类别代码，大类包括它的小类"),
    OpenApiParameter("overdue", bool, description="true 只看超期的，false 只看没超期的"),
    OpenApiParameter("area", int, description="辖区的单位编号，包括下级"),
]


class Reports(GenericAPIView):
    """Newest first: a courier's own, what is assigned to a unit, what lies in the staff's scope. And one more."""

    serializer_class = ReportSerializer
    idempotent = "honoured"

    def get_permissions(self) -> list[BasePermission]:
        return [IsCourier()] if self.request.method == "POST" else [Involved()]

    @extend_schema(
        operation_id="reports_list", summary="随手拍", parameters=PARAMETERS, responses=ReportSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        reader, at = person(request), clock.now()
        found = readable(reader)
        for name, narrow in FILTERS.items():
            if (text := request.query_params.get(name)) is not None:
                found = narrow(found, text, reader, at)
        page = self.paginate_queryset(found.shown())
        return self.get_paginated_response(shown_all(page or [], reader))

    @extend_schema(
        operation_id="reports_create",
        summary="上报",
        description="201 新的上报；同一个 client_key 再次提交，答复 200 和原来那一件。",
        request=FileSerializer,
        responses={201: ReportSerializer, 200: ReportSerializer},
        examples=[
            OpenApiExample(
                "垃圾",
                request_only=True,
                value={
                    "category": "litter",
                    "text": "垃圾堆在消防通道里",
                    "lat": 30.5801,
                    "lng": 114.2202,
                    "accuracy_m": 12,
                    "place": "解放大道口",
                    "answers": {"size": "半人高"},
                    "photos": [1024],
                    "client_key": "3f0c1e0a-9b1d-4a39-8a52-1f0f6f6f2b11",
                    "by_sms": True,
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        courier = courier_in(request)
        assert courier is not None  # IsCourier has looked
        shape = FileSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        return respond(
            request,
            lambda: _filed(courier, wanted),
            lambda filed: (201 if filed[1] else 200, shown(filed[0], person(request))),
            required=False,
        )


class ReportDetail(APIView):
    """One report with its pictures and its history."""

    permission_classes = [Involved]

    @extend_schema(operation_id="reports_retrieve", summary="一件上报", responses=ReportSerializer)
    def get(self, request: Request, number: str) -> Response:
        reader = person(request)
        return Response(shown(one(reader, number), reader))


def readable(reader: User) -> ReportQuerySet:
    """What `reader` may read: his own, and what his roles show him."""
    mine = Report.objects.filter(courier_id=reader.pk)
    found: ReportQuerySet = mine | Report.objects.in_scope(reader)
    return found


def one(reader: User, number: str) -> Report:
    report: Report | None = readable(reader).shown().filter(number=number).first()
    if report is None:
        raise NotThere
    return report


def _filed(courier: Courier, wanted: dict[str, Any]) -> tuple[Report, bool]:
    # What was sent before is answered as it is, whatever has become of the category since.
    if (sent := services.sent_before(courier, wanted["client_key"])) is not None:
        return sent, False
    station = None
    if code := wanted.get("station"):
        station = Station.objects.active().select_related("organisation").filter(code=code).first()
        if station is None:
            raise BadValue("没有这个蜂巢。", field="station")
    return services.file(
        courier,
        fileable(wanted["category"]),
        text=wanted["text"],
        place=wanted["place"],
        position=geo.given(wanted.get("lat"), wanted.get("lng")),
        accuracy_m=wanted.get("accuracy_m"),
        station=station,
        answers=wanted.get("answers"),
        photo_ids=wanted.get("photos", ()),
        happened_at=wanted.get("happened_at"),
        client_key=wanted["client_key"],
        by_sms=wanted["by_sms"],
    )
