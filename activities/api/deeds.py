"""Deeds: his own for a courier, what is to review for staff; one more; decided."""

from collections.abc import Callable

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import IsCourier, courier_in, person
from activities import rules, services
from activities.api.activities import Involved
from activities.api.shapes import HIGHEST, DeedSerializer, deed_shown, deeds_shown
from activities.models import Deed
from activities.models.deeds import LONGEST
from activities.organisers import ORGANISERS
from activities.problems import MayNot, SelfDealing
from activities.services.deeds import MOST_PHOTOS, PLACE_LENGTH, REASON_LENGTH, TEXT_LENGTH, WITNESS_LENGTH
from activities.states import DeedState
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.idempotency import respond
from stations.models import Station

EXAMPLE = {
    "text": "帮一位老人推车上坡", "place": "解放大道", "happened_on": "2026-11-24", "minutes": 30,
    "witness": "水果店老板", "photos": [2048], "station": "GT-001",
}  # fmt: skip


class TellSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=TEXT_LENGTH, help_text="做了什么")
    place = serializers.CharField(max_length=PLACE_LENGTH)
    happened_on = serializers.DateField(help_text="30 天以内")
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST)
    witness = serializers.CharField(max_length=WITNESS_LENGTH, help_text="谁看见了")
    photos = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=HIGHEST), min_length=1, max_length=MOST_PHOTOS
    )  # fmt: skip
    station = serializers.CharField(max_length=20, required=False, help_text="在哪个蜂巢附近，由它的社区审核")


class RejectSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=REASON_LENGTH, help_text="快递小哥会看到")


class Deeds(GenericAPIView):
    """Newest first."""

    serializer_class = DeedSerializer
    idempotent = "honoured"

    def get_permissions(self) -> list[BasePermission]:
        return [IsCourier()] if self.request.method == "POST" else [Involved()]

    @extend_schema(
        operation_id="deeds_list",
        summary="好事",
        parameters=[OpenApiParameter("state", str, enum=DeedState.values)],
        responses=DeedSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        reader = person(request)
        found = Deed.objects.readable_by(reader)
        if (state := request.query_params.get("state")) is not None:
            if state not in DeedState.values:
                raise BadValue("没有这个状态。", field="state")
            found = found.filter(state=state)
        page = self.paginate_queryset(found.shown())
        return self.get_paginated_response(deeds_shown(page or [], reader))

    @extend_schema(
        operation_id="deeds_create",
        summary="报一件好事",
        request=TellSerializer,
        responses={201: DeedSerializer},
        examples=[OpenApiExample("推车", request_only=True, value=EXAMPLE)],
    )
    def post(self, request: Request) -> Response:
        shape = TellSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        by, courier, given = person(request), courier_in(request), dict(shape.validated_data)
        if courier is None:
            raise NotAllowed
        code = given.pop("station", "")
        station = Station.objects.active().select_related("organisation").filter(code=code).first()
        if code and station is None:
            raise BadValue("没有这个蜂巢。", field="station")
        given["photo_ids"] = given.pop("photos")

        def tell() -> Deed:
            return services.tell_of(courier, station=station, **given)

        return respond(request, tell, lambda deed: (201, deed_shown(deed, by)), required=False)


class DeedDetail(APIView):
    """One deed, to the courier and who reviews it."""

    permission_classes = [Involved]

    @extend_schema(operation_id="deeds_retrieve", summary="一件好事", responses=DeedSerializer)
    def get(self, request: Request, deed_id: int) -> Response:
        reader = person(request)
        return Response(deed_shown(_one(reader, deed_id), reader))


class DeedApprove(APIView):
    """It was so; points by rule, once."""

    permission_classes = [Involved]
    idempotent = "honoured"

    @extend_schema(operation_id="deeds_approve", summary="通过", request=None, responses=DeedSerializer)
    def post(self, request: Request, deed_id: int) -> Response:
        by = person(request)
        deed = _to_decide(by, deed_id)
        return _decided(request, lambda: services.approve(deed, by=by), by)


class DeedReject(APIView):
    """With a reason that the courier reads."""

    permission_classes = [Involved]
    idempotent = "honoured"

    @extend_schema(
        operation_id="deeds_reject",
        summary="不通过",
        request=RejectSerializer,
        responses=DeedSerializer,
        examples=[OpenApiExample("不通过", request_only=True, value={"reason": "照片看不出来"})],
    )
    def post(self, request: Request, deed_id: int) -> Response:
        by = person(request)
        deed = _to_decide(by, deed_id)
        shape = RejectSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        return _decided(request, lambda: services.reject(deed, reason=shape.validated_data["reason"], by=by), by)


def _decided(request: Request, act: Callable[[], Deed], by: User) -> Response:
    return respond(request, act, lambda deed: (200, deed_shown(deed, by)), required=False)


def _one(reader: User, deed_id: int) -> Deed:
    found: Deed | None = Deed.objects.readable_by(reader).shown().filter(pk=deed_id).first()
    if found is None:
        raise NotThere
    return found


def _to_decide(by: User, deed_id: int) -> Deed:
    deed = _one(by, deed_id)
    if deed.courier_id == by.pk and by.has_role(*ORGANISERS):
        raise SelfDealing
    if not rules.may_review(by, deed):
        raise MayNot
    return deed
