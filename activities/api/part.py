"""A courier takes part, leaves, and is ticked present: by himself at the poster, or by the organiser."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Courier
from accounts.permissions import IsCourier, courier_in, person, refuse_unready
from activities import services
from activities.api.activities import Involved, one
from activities.api.shapes import PART, PartSerializer, enrolment_shown, part_shown
from activities.models import Activity, Enrolment
from activities.organisers import organises
from activities.problems import MayNot
from fengchao.core.errors import BadValue
from fengchao.core.idempotency import respond

WAYS = ("token", "ticket", "poster")


class AttendSerializer(serializers.Serializer):
    """Exactly one: the courier's code or his ticket from the organiser, the poster from the courier himself."""

    token = serializers.CharField(max_length=300, required=False, help_text="快递小哥的动态码，由主办方扫")
    ticket = serializers.CharField(max_length=300, required=False, help_text="柜台认人后得到的，在蜂巢办的活动")
    poster = serializers.CharField(max_length=500, required=False, help_text="现场海报上的码，由快递小哥自己扫")


class AttendedSerializer(PartSerializer):
    courier = serializers.DictField(required=False, help_text="扫的是谁；自己扫海报时没有")


class Enrol(APIView):
    """A place, or a turn among those who wait."""

    permission_classes = [IsCourier]
    idempotent = "honoured"

    @extend_schema(
        operation_id="activities_enrol",
        summary="报名",
        description="没有名额就是 waiting。409：already_enrolled、time_taken、too_late、wrong_state。",
        request=None,
        responses={201: PartSerializer},
        examples=[OpenApiExample("候补第二", response_only=True, value=PART)],
    )
    def post(self, request: Request, activity_id: int) -> Response:
        activity, courier = one(person(request), activity_id), _courier(request)
        return respond(
            request, lambda: services.enrol(activity, courier), lambda part: (201, part_shown(part)), required=False
        )  # fmt: skip


class Leave(APIView):
    """The place goes to who waits first."""

    permission_classes = [IsCourier]
    idempotent = "honoured"

    @extend_schema(
        operation_id="activities_leave",
        summary="退出",
        description="开始前。409：not_enrolled、too_late、wrong_state。",
        request=None,
        responses=PartSerializer,
    )
    def post(self, request: Request, activity_id: int) -> Response:
        activity, courier = one(person(request), activity_id), _courier(request)
        return respond(
            request, lambda: services.leave(activity, courier), lambda part: (200, part_shown(part)), required=False
        )  # fmt: skip


class Attend(APIView):
    """By the poster the courier ticks himself, and waits to be confirmed; by code or ticket the organiser ticks and
    confirms him at once."""

    permission_classes = [Involved]
    idempotent = "honoured"

    @extend_schema(
        operation_id="activities_attend",
        summary="签到",
        description="token、ticket、poster 只写一个。409：not_enrolled、too_early、too_late、self_dealing、"
        "poster_unknown，以及动态码的 code_expired、code_used、code_unknown。",
        request=AttendSerializer,
        responses=AttendedSerializer,
        examples=[OpenApiExample("扫海报", request_only=True, value={"poster": "WzQxXQ.…"})],
    )
    def post(self, request: Request, activity_id: int) -> Response:
        by = person(request)
        activity = one(by, activity_id)
        courier = courier_in(request)
        if not organises(by, activity.organisation) and courier is None:
            raise MayNot
        shape = AttendSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        if len(given) != 1:
            raise BadValue("请在 token、ticket、poster 中只提供一个。", field="token")
        if "poster" in given:
            tick = _by_poster(request, activity, given["poster"])
            return respond(request, tick, lambda part: (200, part_shown(part)), required=False)
        if not organises(by, activity.organisation):
            raise MayNot

        def scan() -> Enrolment:
            if "ticket" in given:
                return services.attend_by_ticket(activity, by=by, ticket=given["ticket"])
            return services.attend_by_code(activity, by=by, token=given["token"])

        def shown(part: Enrolment) -> tuple[int, dict[str, Any]]:
            return 200, {**part_shown(part), "courier": enrolment_shown(part, by)["courier"]}

        with services.codes_counted(by):
            return respond(request, scan, shown, required=False)


def _by_poster(request: Request, activity: Activity, poster: str) -> Callable[[], Enrolment]:
    courier = _courier(request)
    return lambda: services.attend_by_poster(activity, courier, poster=poster)


def _courier(request: Request) -> Courier:
    courier = courier_in(request)
    if courier is None:
        raise MayNot
    refuse_unready(request, courier)
    return courier
