"""A courier takes a place in the centre's line, changes it, gives it back, or waits for one."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import IsCourier, person
from fengchao.core import clock, codes
from fengchao.core.errors import BadValue, NotThere
from fengchao.core.idempotency import respond
from vouchers import services
from vouchers.api.asked import HIGHEST
from vouchers.api.shapes import VoucherSerializer, shown, slot_shown
from vouchers.api.slots import EXAMPLE as SLOT
from vouchers.api.slots import SlotSerializer, slot_named
from vouchers.models import Booking, Slot, Voucher
from vouchers.querysets import SlotQuerySet

EXAMPLE = {"id": 52, "voucher": "T7KQ2M9XWA", "slot": SLOT, "at": "2026-11-24T14:02:00+08:00"}


@extend_schema_serializer(examples=[OpenApiExample("预约", response_only=True, value=EXAMPLE)])
class BookingSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    voucher = serializers.CharField(help_text="卡号")
    slot = SlotSerializer()
    at = serializers.DateTimeField(help_text="预约时间")


class SlotChoiceSerializer(serializers.Serializer):
    slot = serializers.IntegerField(min_value=1, max_value=HIGHEST)


class BookSerializer(SlotChoiceSerializer):
    voucher = serializers.CharField(max_length=20, help_text="卡号")


class Bookings(APIView):
    """Take a place. The last one is taken once."""

    permission_classes = [IsCourier]
    idempotent = "required"

    @extend_schema(
        operation_id="bookings_create",
        summary="预约体检",
        description="409：slot_full 约满了，slot_closed 不能约，wrong_state 体检卡不在待预约。",
        request=BookSerializer,
        responses={201: BookingSerializer},
        examples=[OpenApiExample("约一个时段", request_only=True, value={"voucher": "T7KQ2M9XWA", "slot": 7})],
    )
    def post(self, request: Request) -> Response:
        shape = BookSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        by, wanted = person(request), shape.validated_data
        voucher = _own(by, wanted["voucher"])
        if voucher is None:
            raise BadValue("没有这张体检卡。", field="voucher")
        slot = slot_named(_line(voucher), wanted["slot"])
        return respond(
            request, lambda: services.book(voucher, slot, by=by), lambda booking: (201, _shown(booking))
        )  # fmt: skip


class BookingDetail(APIView):
    """The caller's own, while it stands; another's, and one that is over, is not there."""

    permission_classes = [IsCourier]

    @extend_schema(
        operation_id="bookings_change",
        summary="改约",
        description="前一天 18:00 前。答复是新的预约，编号也是新的；原来的预约到此为止。"
        "409：too_late、slot_full、slot_closed，这时原来的预约不变。",
        request=SlotChoiceSerializer,
        responses=BookingSerializer,
        examples=[OpenApiExample("换一个时段", request_only=True, value={"slot": 9})],
    )
    def patch(self, request: Request, booking_id: int) -> Response:
        by = person(request)
        booking = _live(by, booking_id)
        shape = SlotChoiceSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        slot = slot_named(_line(booking.voucher), shape.validated_data["slot"])
        return Response(_shown(services.change(booking.voucher, slot, by=by, booking=booking)))

    @extend_schema(
        operation_id="bookings_cancel",
        summary="取消预约",
        description="前一天 18:00 前，以后 409 too_late。再取消一次是 404。",
        responses={204: None},
    )
    def delete(self, request: Request, booking_id: int) -> Response:
        by = person(request)
        booking = _live(by, booking_id)
        services.cancel(booking.voucher, by=by, booking=booking)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SlotWait(APIView):
    """Wait for a place in a full slot: when one comes free the first who waits has it, and is told."""

    permission_classes = [IsCourier]
    idempotent = "honoured"

    @extend_schema(
        operation_id="vouchers_wait",
        summary="候补时段",
        description="409：places_free 还有空位，already_waiting 已在候补，too_late、slot_closed、wrong_state。",
        request=SlotChoiceSerializer,
        responses=VoucherSerializer,
        examples=[OpenApiExample("候补", request_only=True, value={"slot": 7})],
    )
    def post(self, request: Request, code: str) -> Response:
        by, voucher = person(request), _waiter(person(request), code)
        shape = SlotChoiceSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        slot = slot_named(_line(voucher), shape.validated_data["slot"])
        return respond(
            request, lambda: services.wait_for(voucher, slot, by=by), lambda made: (200, shown(made.voucher, by)),
            required=False,
        )  # fmt: skip

    @extend_schema(
        operation_id="vouchers_stop_waiting",
        summary="不再候补",
        parameters=[OpenApiParameter("slot", int, required=True, description="时段编号")],
        responses={204: None},
    )
    def delete(self, request: Request, code: str) -> Response:
        by, voucher = person(request), _waiter(person(request), code)
        slot = slot_named(_line(voucher), request.query_params.get("slot", ""))
        services.stop_waiting(voucher, slot, by=by)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _own(by: User, code: str) -> Voucher | None:
    found: Voucher | None = Voucher.objects.filter(courier=by.pk, code=codes.as_meant(code)).shown().first()
    return found


def _waiter(by: User, code: str) -> Voucher:
    voucher = _own(by, code)
    if voucher is None:
        raise NotThere
    return voucher


def _live(by: User, key: int) -> Booking:
    rows = Booking.objects.live().select_related("slot", "voucher__programme")
    booking: Booking | None = rows.filter(pk=key, voucher__courier=by.pk).first()
    if booking is None:
        raise NotThere
    return booking


def _line(voucher: Voucher) -> SlotQuerySet:
    found: SlotQuerySet = Slot.objects.filter(programme=voucher.programme_id)
    return found


def _shown(booking: Booking) -> dict[str, Any]:
    slot = Slot.objects.get(pk=booking.slot_id)  # with the place just taken
    return {
        "id": booking.pk,
        "voucher": booking.voucher.code,
        "slot": slot_shown(slot),
        "at": clock.iso(booking.at),
    }
