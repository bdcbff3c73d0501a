"""Every move of an organiser, each at an address of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import person
from activities import services
from activities.api.activities import Involved, one
from activities.api.shapes import (
    HIGHEST,
    ActivitySerializer,
    EnrolmentSerializer,
    activity_shown,
    enrolment_shown,
)
from activities.models import Activity, Enrolment
from activities.organisers import organises
from activities.problems import MayNot
from activities.services.organising import REASON_LENGTH
from fengchao.core.idempotency import respond

MOST_AT_ONCE = 500


class CancelSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=REASON_LENGTH, help_text="报名的人会看到")


class ConfirmSerializer(serializers.Serializer):
    couriers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=HIGHEST), min_length=1, max_length=MOST_AT_ONCE,
        help_text="到场的人；有一个不对就都不记",
    )  # fmt: skip


class NoShowSerializer(serializers.Serializer):
    courier = serializers.IntegerField(min_value=1, max_value=HIGHEST)


Given = dict[str, Any]
Act = Callable[[Activity, Given, User], Any]


def _whole(made: Any, by: User) -> Any:
    return activity_shown(made, by)


def _list(made: list[Enrolment], by: User) -> Any:
    return [enrolment_shown(enrolment, by) for enrolment in made]


def _row(made: Enrolment, by: User) -> Any:
    return enrolment_shown(made, by)


@dataclass(frozen=True)
class Door:
    """One move as an address: what it is called, what its body and answer look like, and the service behind it."""

    move: str
    summary: str
    act: Act
    shape: type[serializers.Serializer] | None = None
    example: dict[str, Any] = field(default_factory=dict)
    answer: Any = ActivitySerializer
    shown: Callable[[Any, User], Any] = _whole

    @property
    def name(self) -> str:
        return self.move.replace("-", "_")


DOORS: Sequence[Door] = (
    Door("publish", "发布活动", lambda activity, given, by: services.publish(activity, by=by)),
    Door("start", "开始活动", lambda activity, given, by: services.start(activity, by=by)),
    Door("finish", "结束活动", lambda activity, given, by: services.finish(activity, by=by)),
    Door(
        "cancel", "取消活动", lambda activity, given, by: services.cancel(activity, reason=given["reason"], by=by),
        CancelSerializer, {"reason": "暴雨红色预警"},
    ),
    Door(
        "confirm", "确认到场", lambda activity, given, by: services.confirm(activity, given["couriers"], by=by),
        ConfirmSerializer, {"couriers": [18, 23]}, EnrolmentSerializer(many=True), _list,
    ),
    Door(
        "no-show", "记未到", lambda activity, given, by: services.no_show(activity, given["courier"], by=by),
        NoShowSerializer, {"courier": 18}, EnrolmentSerializer, _row,
    ),
)  # fmt: skip


class Move(APIView):
    """Who may not read the activity finds none (404); who may read it and does not organise it is told so (403), also
    when the answer of his key is stored."""

    permission_classes = [Involved]
    idempotent = "honoured"
    door: Door

    def post(self, request: Request, activity_id: int) -> Response:
        by, door = person(request), self.door
        activity = one(by, activity_id)
        if not organises(by, activity.organisation):
            raise MayNot
        given: Given = {}
        if door.shape is not None:
            shape = door.shape(data=request.data)
            shape.is_valid(raise_exception=True)
            given = shape.validated_data
        return respond(
            request, lambda: door.act(activity, given, by), lambda made: (200, door.shown(made, by)), required=False
        )


def view_of(door: Door) -> type[Move]:
    """The view of one move, described as its own."""
    described = extend_schema(
        operation_id=f"activities_{door.name}",
        summary=door.summary,
        request=door.shape,
        responses=door.answer,
        examples=[OpenApiExample(door.summary, request_only=True, value=door.example)] if door.shape else [],
    )
    made = type(f"Activity{door.name.title().replace('_', '')}", (Move,), {"door": door, "__doc__": Move.__doc__})
    view: type[Move] = extend_schema_view(post=described)(made)
    return view
