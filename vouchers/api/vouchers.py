"""Cards: the list, one of them, and one more."""

from datetime import date
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Courier, User
from accounts.permissions import HasRole, IsCourier, person
from accounts.roles import Role
from fengchao.core import clock, codes
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.idempotency import respond
from vouchers import services
from vouchers.api.asked import HIGHEST, day_named, programme_named, programmes_for
from vouchers.api.shapes import VoucherSerializer, shown, shown_all
from vouchers.models import Programme, Voucher
from vouchers.querysets import DISTRICT, ProgrammeQuerySet, VoucherQuerySet
from vouchers.states import VoucherState

Readers: Any = HasRole(*DISTRICT, Role.CLINIC, Role.OUTLET_MANAGER) | IsCourier
Involved: Any = HasRole(*Role) | IsCourier
"""Staff of any role and couriers: who may not read a card finds none, and which move is whose is asked of it."""
Issuer: Any = HasRole(Role.DISTRICT_ADMIN)

PARAMETERS = [
    OpenApiParameter("programme", int, description="体检项目编号"),
    OpenApiParameter("state", str, enum=VoucherState.values),
    OpenApiParameter("day", date, description="约在这一天的；体检中心不写就是今天"),
]


class IssueSerializer(serializers.Serializer):
    programme = serializers.IntegerField(min_value=1, max_value=HIGHEST)
    courier = serializers.IntegerField(min_value=1, max_value=HIGHEST)


class Vouchers(GenericAPIView):
    """Newest first: his own, for a courier; what is in scope, for district, auditor and outlet manager; who is booked
    for the day, at a check-up centre."""

    serializer_class = VoucherSerializer
    idempotent = "required"
    ordering = ("-issued_at", "-pk")

    def get_permissions(self) -> list[BasePermission]:
        return [Issuer()] if self.request.method == "POST" else [Readers()]

    @extend_schema(
        operation_id="vouchers_list", summary="体检卡", parameters=PARAMETERS, responses=VoucherSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        reader, asked = person(request), request.query_params
        day = day_named(asked["day"], field="day") if "day" in asked else None
        found = Voucher.objects.listed_for(reader, day or clock.shanghai_day(clock.now()))
        if day is not None:
            found = found.booked_on(day)
        if "programme" in asked:
            found = found.filter(programme=programme_named(_nameable(request), asked["programme"]))
        if "state" in asked:
            found = _in_state(found, asked["state"])
        page = self.paginate_queryset(found.shown())
        return self.get_paginated_response(shown_all(page or [], reader))

    @extend_schema(
        operation_id="vouchers_create",
        summary="发体检卡",
        description="由区里发给一位快递小哥。409：quota_full、allotment_full、not_eligible、unverified、"
        "already_issued、programme_over、self_dealing。",
        request=IssueSerializer,
        responses={201: VoucherSerializer},
        examples=[OpenApiExample("发一张", request_only=True, value={"programme": 1, "courier": 18})],
    )
    def post(self, request: Request) -> Response:
        shape = IssueSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        by, wanted = person(request), shape.validated_data
        programme = Programme.objects.managed_by(by).filter(pk=wanted["programme"]).first()
        if programme is None:
            raise BadValue("没有这个体检项目，或不由您发放。", field="programme")
        courier = courier_named(by, wanted["courier"])
        return respond(
            request, lambda: services.issue(programme, courier, by=by), lambda voucher: (201, shown(voucher, by))
        )


class VoucherDetail(APIView):
    """One card, to whoever may read it."""

    permission_classes = [Involved]

    @extend_schema(operation_id="vouchers_retrieve", summary="一张体检卡", responses=VoucherSerializer)
    def get(self, request: Request, code: str) -> Response:
        reader = person(request)
        return Response(shown(one(reader, code), reader))


def one(reader: User, code: str) -> Voucher:
    """By its code as scanned or typed. Raises NotThere."""
    voucher: Voucher | None = Voucher.objects.readable_by(reader).shown().filter(code=codes.as_meant(code)).first()
    if voucher is None:
        raise NotThere
    return voucher


def courier_named(by: User, key: int) -> Courier:
    """Whom the body of a request names, where `by` reaches him."""
    rows = Courier.objects.in_scope(by).select_related("user", "outlet__enterprise")
    courier: Courier | None = rows.filter(pk=key).first()
    if courier is None:
        raise BadValue("没有这位快递小哥，或不在您的范围内。", field="courier")
    return courier


def _nameable(request: Request) -> ProgrammeQuerySet:
    cards = Voucher.objects.readable_by(person(request)).values("programme")
    return Programme.objects.filter(Q(pk__in=programmes_for(request).values("pk")) | Q(pk__in=cards))


def _in_state(found: VoucherQuerySet, text: str) -> VoucherQuerySet:
    if text not in VoucherState.values:
        raise BadValue("没有这种状态。", field="state")
    return found.filter(state=text)
