"""What couriers and workers find at a station."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import courier_in, person, refuse_unready
from accounts.roles import COUNTER_STAFF
from fengchao.core import idempotency
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.permissions import SignedIn
from stations.models import Facility, Observation, Station
from stations.rules import serves
from stations.services.observations import NOTE_LENGTH, observe
from stations.states import Value


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "饮水机坏了", request_only=True, value={"facility": "water", "value": "broken", "note": "不出水"}
        )
    ]
)
class ObserveSerializer(serializers.Serializer):
    facility = serializers.CharField(max_length=32)
    value = serializers.ChoiceField(Value.values)
    note = serializers.CharField(max_length=NOTE_LENGTH, required=False, allow_blank=True, default="")


@extend_schema_serializer(
    examples=[
        OpenApiExample("已记下", response_only=True, value={"id": 512, "expires_at": "2026-11-27T14:02:00+08:00"})
    ]
)
class ObservedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


class ObservationList(APIView):
    """A facility is broken, crowded or fine again: said by a courier, or by who serves the station."""

    permission_classes = [SignedIn]
    idempotent = "honoured"

    @extend_schema(
        operation_id="stations_observations_create",
        summary="反馈设施情况",
        description="坏了、好的显示 72 小时，人多显示 2 小时。备注只给工作人员看。",
        request=ObserveSerializer,
        responses={201: ObservedSerializer},
    )
    def post(self, request: Request, code: str) -> Response:
        caller = person(request)
        station, as_staff = _station(request, caller, code)
        shape = ObserveSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        facility = _facility(given["facility"])
        return idempotency.respond(
            request,
            lambda: observe(station, facility, given["value"], note=given["note"], by=caller, as_staff=as_staff),
            _answer,
            required=False,
        )


def _station(request: Request, caller: User, code: str) -> tuple[Station, bool]:
    """Where he speaks, and whether as staff: staff for the stations they serve, and no other is there for them, unless
    they are couriers too. Couriers roam."""
    found: Station | None = Station.objects.active().select_related("organisation").filter(code=code).first()
    if found is not None and serves(caller, found):
        return found, True
    courier = courier_in(request)
    if courier is not None:
        refuse_unready(request, courier)
    if courier is None and not caller.has_role(*COUNTER_STAFF):
        raise NotAllowed
    if found is None or courier is None:
        raise NotThere
    return found, False


def _facility(code: str) -> Facility:
    if "\0" not in code and (found := Facility.objects.filter(code=code).first()) is not None:
        return found
    raise BadValue("没有这种设施。", field="facility")


def _answer(made: Observation) -> tuple[int, dict[str, Any]]:
    return 201, dict(ObservedSerializer(made).data)
