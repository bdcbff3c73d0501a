"""Points given by hand, and the second person's decision."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import HasRole, person
from accounts.roles import READERS
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.idempotency import respond
from fengchao.core.masking import mask_name
from points.models import Grant
from points.rules import allowed, grantable, may_grant
from points.services import approve, grant, reject
from points.services.grants import MOST, REASON_LENGTH

EXAMPLE = {
    "id": 7,
    "state": "pending",
    "courier": {"id": 18, "name": "何*"},
    "points": 120,
    "reason": "协助社区防汛值守",
    "by": "王*",
    "at": "2026-11-24T14:02:00+08:00",
    "decided_by": None,
    "decided_at": None,
    "decision_note": "",
    "taken_back_at": None,
    "taken_back_reason": "",
    "allowed": ["approve", "reject"],
}
DECIDED = {**EXAMPLE, "decided_by": "李*", "decided_at": "2026-11-24T15:30:00+08:00", "allowed": []}


class GrantCourierSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    name = serializers.SerializerMethodField()

    def get_name(self, courier: Any) -> str:
        return mask_name(courier.user.name)


@extend_schema_serializer(examples=[OpenApiExample("待审核", response_only=True, value=EXAMPLE)])
class GrantSerializer(serializers.ModelSerializer):
    """Of rows that `Grant.objects.for_reader` gives."""

    courier = GrantCourierSerializer()
    by = serializers.SerializerMethodField()
    decided_by = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField(help_text="您现在可以做的：approve 通过，reject 驳回")

    class Meta:
        model = Grant
        fields = [
            "id", "state", "courier", "points", "reason", "by", "at", "decided_by", "decided_at", "decision_note",
            "taken_back_at", "taken_back_reason", "allowed",
        ]  # fmt: skip

    def get_by(self, given: Grant) -> str:
        return mask_name(given.by.name)

    def get_decided_by(self, given: Grant) -> str | None:
        return mask_name(given.decided_by.name) if given.decided_by else None

    def get_allowed(self, given: Any) -> list[str]:
        return allowed(given)


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


class RejectSerializer(serializers.Serializer):
    reason = serializers.CharField(
        max_length=REASON_LENGTH, required=False, allow_blank=True, default="", help_text="经办人会看到"
    )


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
        found = Grant.objects.for_reader(person(request))
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
        clerk = person(request)
        if not may_grant(clerk):
            raise NotAllowed
        shape = GiveSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        courier = grantable(clerk).filter(pk=wanted["courier"]).first()
        if courier is None:
            raise BadValue("没有这位快递小哥，或不在您的范围内。", field="courier")
        return respond(
            request,
            lambda: grant(courier, wanted["points"], reason=wanted["reason"], by=clerk),
            lambda given: (201, shown(given.pk, clerk)),
        )


class GrantDetail(APIView):
    """One grant: who gave it, who decided, and whether it was taken back."""

    permission_classes: list[Any] = [HasRole(*READERS)]

    @extend_schema(operation_id="grants_retrieve", summary="一笔发放", responses=GrantSerializer)
    def get(self, request: Request, grant_id: int) -> Response:
        return Response(GrantSerializer(_one(person(request), grant_id)).data)


class Decision(APIView):
    """What a second person does to a grant that waits; never its clerk, never the courier himself."""

    permission_classes: list[Any] = [HasRole(*READERS)]
    idempotent = "required"

    def decide(self, request: Request, grant_id: int) -> Response:
        decider = person(request)
        given = _one(decider, grant_id)
        if not may_grant(decider):
            raise NotAllowed
        act = self.move(request, given, decider)
        return respond(request, act, lambda done: (200, shown(done.pk, decider)))

    def move(self, request: Request, given: Grant, by: User) -> Callable[[], Grant]:
        raise NotImplementedError


class GrantApproval(Decision):
    """Post what waits, exactly as it was written."""

    @extend_schema(
        operation_id="grants_approve",
        summary="通过发放",
        request=None,
        responses=GrantSerializer,
        examples=[OpenApiExample("已入账", response_only=True, value={**DECIDED, "state": "posted"})],
    )
    def post(self, request: Request, grant_id: int) -> Response:
        return self.decide(request, grant_id)

    def move(self, request: Request, given: Grant, by: User) -> Callable[[], Grant]:
        return lambda: approve(given, by=by)


class GrantRejection(Decision):
    """Send back what waits; nothing is posted."""

    @extend_schema(
        operation_id="grants_reject",
        summary="驳回发放",
        request=RejectSerializer,
        responses=GrantSerializer,
        examples=[
            OpenApiExample("驳回", request_only=True, value={"reason": "请先附上社区证明"}),
            OpenApiExample(
                "已驳回", response_only=True,
                value={**DECIDED, "state": "rejected", "decision_note": "请先附上社区证明"},
            ),
        ],
    )  # fmt: skip
    def post(self, request: Request, grant_id: int) -> Response:
        return self.decide(request, grant_id)

    def move(self, request: Request, given: Grant, by: User) -> Callable[[], Grant]:
        shape = RejectSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        return lambda: reject(given, by=by, note=shape.validated_data["reason"])


def shown(grant_id: int, reader: User) -> dict[str, Any]:
    """The whole object as `reader` sees it now."""
    return dict(GrantSerializer(_one(reader, grant_id)).data)


def _one(reader: User, grant_id: int) -> Any:
    found = Grant.objects.for_reader(reader).filter(pk=grant_id).first()
    if found is None:
        raise NotThere
    return found
