"""Check-ins: by the poster on the wall, or by the counter's ticket."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Courier
from accounts.permissions import courier_in, person, refuse_unready
from accounts.roles import COUNTER_STAFF
from accounts.rules import frozen_courier_of
from fengchao.core import geo, idempotency
from fengchao.core.errors import NotAllowed, NotThere
from fengchao.core.permissions import SignedIn
from stations.api.common import staff_member
from stations.models import Station, Visit
from stations.rules import serves
from stations.services.visits import CheckIn, check_in, check_in_with_ticket, wrong_posters_counted


@extend_schema_serializer(
    examples=[
        OpenApiExample("扫海报", request_only=True, value={"poster": "WzEsMV0:1wNq…", "lat": 30.5711, "lng": 114.2103}),
        OpenApiExample("柜台", request_only=True, value={"ticket": "eyJ…"}),
    ]
)
class CheckInSerializer(serializers.Serializer):
    """`poster` (what its QR code says, or the `k` in it) with a position if there is one; or the counter's `ticket`."""

    poster = serializers.CharField(max_length=600, required=False)
    lat = serializers.FloatField(required=False)
    lng = serializers.FloatField(required=False)
    ticket = serializers.CharField(max_length=600, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("poster" in attrs) == ("ticket" in attrs):
            raise serializers.ValidationError({"poster": ["请在 poster、ticket 中只提供一个。"]})
        if "ticket" in attrs and attrs.keys() & {"lat", "lng"}:
            raise serializers.ValidationError({"lat": ["柜台签到不需要位置。"]})
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "到站",
            response_only=True,
            value={"id": 5012, "at": "2026-11-24T14:02:00+08:00", "near": "yes", "points": 5},
        )
    ]
)
class VisitSerializer(serializers.ModelSerializer):
    class Meta:
        model = Visit
        fields = ["id", "at", "near", "points"]
        extra_kwargs = {"id": {"read_only": True}}


class CheckIns(APIView):
    """A courier comes: 201 with the new visit, 200 with the same within 30 minutes of its first check-in."""

    permission_classes = [SignedIn]
    idempotent = "honoured"

    @extend_schema(
        operation_id="stations_check_in",
        summary="到站签到",
        request=CheckInSerializer,
        responses={201: VisitSerializer, 200: VisitSerializer},
    )
    def post(self, request: Request, code: str) -> Response:
        courier = _comer(request)
        if courier is None and not _is_staff(request):
            raise NotAllowed
        shape = CheckInSerializer(data=request.data)
        if courier is not None and not courier.is_frozen and not _is_staff(request):
            refuse_unready(request, courier)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        act = self._by_ticket if "ticket" in given else self._by_poster
        return act(request, code, given)

    def _by_poster(self, request: Request, code: str, given: dict[str, Any]) -> Response:
        courier = _comer(request)
        if courier is None:
            raise NotAllowed
        station = _station(code)
        where = geo.given(given.get("lat"), given.get("lng"))

        def come() -> CheckIn:
            return check_in(courier, station, poster=given["poster"], position=where)

        with wrong_posters_counted(courier, station):
            return idempotency.respond(request, come, _answer, required=False)

    def _by_ticket(self, request: Request, code: str, given: dict[str, Any]) -> Response:
        worker = staff_member(request, *COUNTER_STAFF)
        station = _station(code)
        if not serves(worker, station):
            raise NotThere
        return idempotency.respond(
            request, lambda: check_in_with_ticket(given["ticket"], station, by=worker), _answer, required=False
        )


def _comer(request: Request) -> Courier | None:
    """The courier who is calling; also one who is frozen, whose check-in is refused on record."""
    return courier_in(request) or frozen_courier_of(person(request))


def _is_staff(request: Request) -> bool:
    return bool(request.user.has_role(*COUNTER_STAFF))  # type: ignore[union-attr]  # nobody else comes this far


def _station(code: str) -> Station:
    found = Station.objects.active().select_related("organisation").filter(code=code).first()
    if found is None:
        raise NotThere
    return found


def _answer(done: CheckIn) -> tuple[int, dict[str, Any]]:
    return (200 if done.again else 201), dict(VisitSerializer(done.visit).data)
