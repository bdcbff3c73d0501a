"""Activities: the list, one of them, one more, and who takes part."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organisation, User
from accounts.permissions import HasRole, IsCourier, person
from accounts.roles import Role
from activities import services
from activities.api.shapes import (
    HIGHEST,
    ActivitySerializer,
    EnrolmentSerializer,
    activities_shown,
    activity_shown,
    enrolment_shown,
)
from activities.models import Activity, Enrolment
from activities.models.activities import MOST_PLACES, MOST_POINTS
from activities.organisers import ORGANISERS, organises
from activities.problems import MayNot
from activities.querysets import ActivityQuerySet
from activities.services.organising import CONTACT_LENGTH, PLACE_LENGTH, TEXT_LENGTH, TITLE_LENGTH
from activities.states import ActivityKind, ActivityState
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.idempotency import respond
from fengchao.core.permissions import Anyone
from stations.models import Station

Organiser: Any = HasRole(*ORGANISERS)
Involved: Any = HasRole(*Role) | IsCourier
"""Staff of any role and couriers: who may not read an activity finds none, and which move is whose is asked of it."""

EXAMPLE = {
    "organisation": 12, "kind": "deed", "title": "清洁家园", "station": "GT-001",
    "starts_at": "2026-11-28T14:00:00+08:00", "ends_at": "2026-11-28T16:00:00+08:00", "capacity": 20, "points": 20,
    "hosts": [31],
}  # fmt: skip


class ActivityChangeSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(ActivityKind.choices)
    title = serializers.CharField(max_length=TITLE_LENGTH)
    text = serializers.CharField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    station = serializers.CharField(
        max_length=20, required=False, allow_blank=True, help_text="蜂巢编号；不在蜂巢里办就写 place"
    )  # fmt: skip
    place = serializers.CharField(max_length=PLACE_LENGTH, required=False, allow_blank=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    capacity = serializers.IntegerField(min_value=1, max_value=MOST_PLACES)
    points = serializers.IntegerField(
        min_value=0, max_value=MOST_POINTS, required=False, help_text="只有志愿服务给积分"
    )  # fmt: skip
    contact = serializers.CharField(max_length=CONTACT_LENGTH, required=False, allow_blank=True)
    hosts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=HIGHEST), required=False, help_text="共办单位"
    )  # fmt: skip


class ActivityWriteSerializer(ActivityChangeSerializer):
    organisation = serializers.IntegerField(min_value=1, max_value=HIGHEST, help_text="主办，您所在的单位")


def _kind(found: ActivityQuerySet, text: str, reader: User | None) -> ActivityQuerySet:
    if text not in ActivityKind.values:
        raise BadValue("没有这个类别。", field="kind")
    return found.filter(kind=text)


def _state(found: ActivityQuerySet, text: str, reader: User | None) -> ActivityQuerySet:
    if text not in ActivityState.values:
        raise BadValue("没有这个状态。", field="state")
    return found.filter(state=text)


def _mine(found: ActivityQuerySet, text: str, reader: User | None) -> ActivityQuerySet:
    if text not in ("true", "false"):
        raise BadValue("mine 只能是 true 或 false。", field="mine")
    if reader is None:
        raise NotAuthenticated
    own = Enrolment.objects.filter(courier=reader.pk).values("activity")
    return found.filter(pk__in=own) if text == "true" else found.exclude(pk__in=own)


FILTERS: dict[str, Callable[[ActivityQuerySet, str, User | None], ActivityQuerySet]] = {
    "kind": _kind, "state": _state, "mine": _mine,
}  # fmt: skip
PARAMETERS = [
    OpenApiParameter("kind", str, enum=ActivityKind.values),
    OpenApiParameter("state", str, enum=ActivityState.values),
    OpenApiParameter("mine", bool, description="true 只看自己报过名的，false 只看没报过的；需要登录"),
]


class Activities(GenericAPIView):
    """Latest first: what is published, for anyone; to organisers and auditors what is in scope, in every state."""

    serializer_class = ActivitySerializer
    idempotent = "honoured"
    ordering = ("-starts_at", "-pk")

    def get_permissions(self) -> list[BasePermission]:
        return [Organiser()] if self.request.method == "POST" else [Anyone()]

    @extend_schema(
        operation_id="activities_list", summary="活动", parameters=PARAMETERS, responses=ActivitySerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        reader = reader_in(request)
        found = Activity.objects.readable_by(reader)
        for name, narrow in FILTERS.items():
            if (text := request.query_params.get(name)) is not None:
                found = narrow(found, text, reader)
        page = self.paginate_queryset(found.shown())
        return self.get_paginated_response(activities_shown(page or [], reader))

    @extend_schema(
        operation_id="activities_create",
        summary="起草活动",
        description="草稿只有主办方看得到；publish 之后才能报名。",
        request=ActivityWriteSerializer,
        responses={201: ActivitySerializer},
        examples=[OpenApiExample("志愿服务", request_only=True, value=EXAMPLE)],
    )
    def post(self, request: Request) -> Response:
        shape = ActivityWriteSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        by, given = person(request), shape.validated_data
        body = Organisation.objects.filter(pk=given.pop("organisation")).first()
        if body is None or not organises(by, body):
            raise BadValue("没有这个单位，或不归您来办活动。", field="organisation")
        plan = services.Plan(**_named(given))
        return respond(
            request, lambda: services.write(body, plan, by=by), lambda made: (201, activity_shown(made, by)),
            required=False,
        )  # fmt: skip


class ActivityDetail(APIView):
    """One activity, to whoever may read it."""

    def get_permissions(self) -> list[BasePermission]:
        return [Involved()] if self.request.method == "PATCH" else [Anyone()]

    @extend_schema(operation_id="activities_retrieve", summary="一个活动", responses=ActivitySerializer)
    def get(self, request: Request, activity_id: int) -> Response:
        reader = reader_in(request)
        return Response(activity_shown(one(reader, activity_id), reader))

    @extend_schema(
        operation_id="activities_change",
        summary="修改活动",
        description="开始前。时间、地点、名称变了，报名的人会收到通知；名额多了，候补的依次补上。409：wrong_state、below_taken。",
        request=ActivityChangeSerializer,
        responses=ActivitySerializer,
        examples=[OpenApiExample("加名额", request_only=True, value={"capacity": 30})],
    )
    def patch(self, request: Request, activity_id: int) -> Response:
        by = person(request)
        activity = one(by, activity_id)
        if not organises(by, activity.organisation):
            raise MayNot
        shape = ActivityChangeSerializer(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        now = {name: getattr(activity, name) for name in services.CHANGED_FIELDS} | {"hosts": activity.hosts.all()}
        plan = services.Plan(**{**now, **_named(shape.validated_data)})
        return Response(activity_shown(services.change(activity, plan, by=by), by))


class Enrolments(GenericAPIView):
    """Who takes part, in turn, for the organisers and their auditors."""

    serializer_class = EnrolmentSerializer
    permission_classes = [Involved]
    ordering = ("at", "pk")

    @extend_schema(operation_id="activities_enrolments", summary="报名的人", responses=EnrolmentSerializer(many=True))
    def get(self, request: Request, activity_id: int) -> Response:
        by = person(request)
        activity = one(by, activity_id)
        found = Enrolment.objects.in_scope(by).filter(activity=activity)
        if not Activity.objects.in_scope(by).filter(pk=activity.pk).exists():
            raise MayNot
        page = self.paginate_queryset(found.select_related("activity__organisation", "courier__user"))
        return self.get_paginated_response([enrolment_shown(row, by) for row in page or []])


def reader_in(request: Request) -> User | None:
    """Who reads; nobody also where it is in doubt whether the account is his who signed in."""
    user = request.user
    return user if isinstance(user, User) and user.barred_by is None else None


def one(reader: User | None, activity_id: int) -> Activity:
    found: Activity | None = Activity.objects.readable_by(reader).shown().filter(pk=activity_id).first()
    if found is None:
        raise NotThere
    return found


def _named(given: dict[str, Any]) -> dict[str, Any]:
    """With the station and the hosts that a body names. Raises BadValue naming the field."""
    values = dict(given)
    if "station" in values:
        code = values["station"]
        values["station"] = Station.objects.active().filter(code=code).first() if code else None
        if code and values["station"] is None:
            raise BadValue("没有这个蜂巢。", field="station")
    if "hosts" in values:
        values["hosts"] = list(Organisation.objects.filter(pk__in=values["hosts"]))
        if len(values["hosts"]) != len(set(given["hosts"])):
            raise BadValue("没有这个共办单位。", field="hosts")
    return values
