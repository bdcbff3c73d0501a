"""Visits to outlets: the list, a plan, one of them, its end, what was needed there, and the kits in stock."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organisation, Outlet, User
from accounts.permissions import HasRole, person
from accounts.roles import READERS, Role
from activities.api.care_shapes import (
    CareNamedSerializer,
    CareVisitSerializer,
    NeedSerializer,
    need_shown,
    shown,
    shown_all,
)
from activities.care_problems import MayNotVisit
from activities.care_states import MOST_PIECES, MOST_REACHED, CareState, Contact
from activities.models import CareVisit, Kit, KitStock, VisitedOutlet
from activities.organisers import ORGANISERS, organises
from activities.services import care, needs
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.idempotency import respond

HIGHEST = 2**63 - 1
MOST_KINDS = 20  # of kits on one visit
READS: Any = HasRole(*READERS, Role.COUNTER)
ACTS: Any = HasRole(*ORGANISERS)


def _key() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=HIGHEST)


def _words(most: int, **options: Any) -> serializers.CharField:
    options.setdefault("required", False)
    if not options["required"]:
        options |= {"allow_blank": True, "default": ""}
    return serializers.CharField(max_length=most, **options)


class PlanSerializer(serializers.Serializer):
    outlets = serializers.ListField(
        child=_key(), min_length=1, max_length=care.MOST_AT_ONCE, help_text="网点编号，按走访次序"
    )  # fmt: skip
    organisation = serializers.IntegerField(min_value=1, max_value=HIGHEST, help_text="以哪个单位的名义")
    planned_on = serializers.DateField()
    route = _words(care.ROUTE_LENGTH)
    visitors = _words(care.VISITORS_LENGTH)


class KitPiecesSerializer(serializers.Serializer):
    kit = _key()
    pieces = serializers.IntegerField(min_value=1, max_value=MOST_PIECES)


class DoneSerializer(serializers.Serializer):
    contact = serializers.ChoiceField(Contact.choices)
    visited_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="不写就是现在")
    couriers_reached = serializers.IntegerField(min_value=0, max_value=MOST_REACHED, required=False, default=0)
    kits = serializers.ListField(child=KitPiecesSerializer(), required=False, max_length=MOST_KINDS)
    visitors = _words(care.VISITORS_LENGTH)
    notes = _words(care.NOTES_LENGTH)
    photos = serializers.ListField(child=_key(), required=False, max_length=care.MOST_PHOTOS)
    needs = serializers.ListField(
        child=serializers.CharField(max_length=needs.TEXT_LENGTH), required=False, max_length=needs.MOST_NEEDS
    )


class CancelSerializer(serializers.Serializer):
    reason = _words(care.REASON_LENGTH, required=True)


class NeedTextSerializer(serializers.Serializer):
    text = _words(needs.TEXT_LENGTH, required=True)


class PlannedSerializer(serializers.Serializer):
    results = CareVisitSerializer(many=True)


class KitSerializer(CareNamedSerializer):
    contents = serializers.CharField()


class KitStockSerializer(serializers.Serializer):
    organisation = CareNamedSerializer()
    kit = KitSerializer()
    on_hand = serializers.IntegerField()


class CareVisits(GenericAPIView):
    """Newest first: visits of organisations in scope, and as staff of the street those to its outlets."""

    serializer_class = CareVisitSerializer
    idempotent = "honoured"

    def get_permissions(self) -> list[BasePermission]:
        return [ACTS() if self.request.method == "POST" else READS()]

    @extend_schema(
        operation_id="care_visits_list",
        summary="走访",
        parameters=[
            OpenApiParameter("state", str, enum=CareState.values),
            OpenApiParameter("outlet", int, description="网点编号"),
        ],
        responses=CareVisitSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        reader = person(request)
        found = CareVisit.objects.in_scope(reader)
        if (state := request.query_params.get("state")) is not None:
            if state not in CareState.values:
                raise BadValue("没有这种状态。", field="state")
            found = found.filter(state=state)
        if (outlet := request.query_params.get("outlet")) is not None:
            if not re.fullmatch("[0-9]{1,15}", outlet) or not Outlet.objects.filter(pk=int(outlet)).exists():
                raise BadValue("没有这个网点。", field="outlet")
            found = found.filter(outlet=int(outlet))
        page = self.paginate_queryset(found.shown())
        return self.get_paginated_response(shown_all(page or [], reader))

    @extend_schema(
        operation_id="care_visits_create",
        summary="安排走访",
        description="一个网点一次走访，全部安排或全部不安排。409 already_planned：那天已经有安排。",
        request=PlanSerializer,
        responses={201: PlannedSerializer},
        examples=[
            OpenApiExample(
                "一条路线", request_only=True,
                value={"outlets": [4, 7], "organisation": 12, "planned_on": "2026-11-24", "route": "古田一线",
                       "visitors": "社区书记"},
            )
        ],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        given, by = _given(PlanSerializer, request), person(request)
        organisation = Organisation.objects.filter(pk=given["organisation"]).first()
        if organisation is None or not organises(by, organisation):
            raise BadValue("没有这个单位，或不归您安排。", field="organisation")
        outlets = _outlets(by, given["outlets"])

        def act() -> list[CareVisit]:
            return care.plan(
                outlets, organisation=organisation, on=given["planned_on"], route=given["route"],
                visitors=given["visitors"], by=by,
            )  # fmt: skip

        return respond(request, act, lambda made: (201, {"results": shown_all(made, by)}), required=False)


class CareVisitDetail(APIView):
    """One visit, to whoever may read it."""

    permission_classes = [READS]

    @extend_schema(operation_id="care_visits_retrieve", summary="一次走访", responses=CareVisitSerializer)
    def get(self, request: Request, visit_id: int) -> Response:
        reader = person(request)
        return Response(shown(one(reader, visit_id), reader))


class CareVisitDone(APIView):
    """What was found: who was met, what was left there, what was needed."""

    permission_classes = [READS]
    idempotent = "honoured"

    @extend_schema(
        operation_id="care_visits_done",
        summary="登记走访",
        description="409：sold_out 慰问包不够，wrong_state 已经登记或取消。",
        request=DoneSerializer,
        responses=CareVisitSerializer,
        examples=[
            OpenApiExample(
                "见到了", request_only=True,
                value={"contact": "met", "visited_at": "2026-11-24T10:20:00+08:00", "couriers_reached": 8,
                       "kits": [{"kit": 1, "pieces": 8}], "visitors": "社区书记", "notes": "饮水机要加水。",
                       "photos": [], "needs": ["想要把伞"]},
            )
        ],
    )  # fmt: skip
    def post(self, request: Request, visit_id: int) -> Response:
        visit, by = _to_act_on(request, visit_id)
        given = _given(DoneSerializer, request)
        kits = _kits(given.pop("kits", []))

        def act() -> CareVisit:
            photo_ids = given.get("photos", [])
            said = {name: value for name, value in given.items() if name != "photos"}
            return care.finish(visit, by=by, kits=kits, photo_ids=photo_ids, **said)

        return respond(request, act, lambda made: (200, shown(made, by)), required=False)


class CareVisitCancel(APIView):
    """It will not be made."""

    permission_classes = [READS]
    idempotent = "honoured"

    @extend_schema(
        operation_id="care_visits_cancel",
        summary="取消走访",
        request=CancelSerializer,
        responses=CareVisitSerializer,
        examples=[OpenApiExample("改期", request_only=True, value={"reason": "下暴雨，改到下周"})],
    )
    def post(self, request: Request, visit_id: int) -> Response:
        visit, by = _to_act_on(request, visit_id)
        reason = _given(CancelSerializer, request)["reason"]
        return respond(
            request, lambda: care.cancel(visit, reason=reason, by=by), lambda made: (200, shown(made, by)),
            required=False,
        )  # fmt: skip


class CareVisitNeeds(APIView):
    """One more thing that was needed there."""

    permission_classes = [READS]
    idempotent = "honoured"

    @extend_schema(
        operation_id="care_visits_needs",
        summary="记一条需要",
        request=NeedTextSerializer,
        responses={201: NeedSerializer},
        examples=[OpenApiExample("一把伞", request_only=True, value={"text": "想要把伞"})],
    )
    def post(self, request: Request, visit_id: int) -> Response:
        visit, by = _to_act_on(request, visit_id)
        text = _given(NeedTextSerializer, request)["text"]
        return respond(
            request, lambda: needs.raise_need(visit, text=text, by=by), lambda made: (201, need_shown(made)),
            required=False,
        )  # fmt: skip


class CareKits(GenericAPIView):
    """What the organisations in scope have to hand out."""

    serializer_class = KitStockSerializer
    permission_classes = [READS]

    @extend_schema(operation_id="care_kits_list", summary="慰问包库存", responses=KitStockSerializer(many=True))
    def get(self, request: Request) -> Response:
        found = KitStock.objects.in_scope(person(request)).select_related("organisation", "kit")
        return self.get_paginated_response([_stock(row) for row in self.paginate_queryset(found) or []])


def one(reader: User, visit_id: int) -> CareVisit:
    visit: CareVisit | None = CareVisit.objects.in_scope(reader).shown().filter(pk=visit_id).first()
    if visit is None:
        raise NotThere
    return visit


def _to_act_on(request: Request, visit_id: int) -> tuple[CareVisit, User]:
    """Who may not read it finds none (404); who may read it and may not act is told so (403), also when the answer of
    his key is stored."""
    by = person(request)
    visit = one(by, visit_id)
    if not organises(by, visit.organisation):
        raise MayNotVisit
    return visit, by


def _given(shape: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    given: dict[str, Any] = asked.validated_data
    return given


def _outlets(by: User, keys: list[int]) -> list[VisitedOutlet]:
    """In the order of the body."""
    reached = VisitedOutlet.objects.visitable_by(by).select_related("enterprise", "organisation")
    found = {outlet.pk: outlet for outlet in reached.filter(pk__in=keys)}
    if not set(keys) <= set(found):
        raise BadValue("有网点不在走访的范围里。", field="outlets")
    return [found[key] for key in keys]


def _kits(given: list[dict[str, int]]) -> dict[Kit, int]:
    pieces = {each["kit"]: each["pieces"] for each in given}
    found = {kit: pieces[kit.pk] for kit in Kit.objects.filter(pk__in=pieces)}
    if len(found) != len(given):
        raise BadValue("没有这种慰问包，或写了两次。", field="kits")
    return found


def _stock(row: KitStock) -> dict[str, Any]:
    kit, place = row.kit, row.organisation
    return {
        "organisation": {"id": place.pk, "name": place.name},
        "kit": {"id": kit.pk, "name": kit.name, "contents": kit.contents},
        "on_hand": row.on_hand,
    }
