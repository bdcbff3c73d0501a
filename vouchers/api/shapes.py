"""A card as a program reads it: the same object everywhere, with less of it for who need not know more."""

from collections.abc import Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from fengchao.core import clock
from fengchao.core.masking import mask_name
from vouchers import rules
from vouchers.models import Booking, Slot, Voucher
from vouchers.states import MOVE_NAMES, MOVES, Outcome, Party, VoucherState

EXAMPLE: dict[str, Any] = {
    "code": "T7KQ2M9XWA",
    "programme": {"id": 1, "name": "2026 关爱体检"},
    "state": "checked_in",
    "valid_until": "2026-12-31",
    "checked_in_at": "2026-11-24T08:55:00+08:00",
    "booking": {"id": 52, "starts_at": "2026-11-24T09:00:00+08:00", "ends_at": "2026-11-24T09:30:00+08:00"},
    "items": [
        {"id": 1, "name": "采血", "done": True, "at": "2026-11-24T09:02:00+08:00"},
        {"id": 2, "name": "内科", "done": False, "at": None},
    ],
    "allowed": [],
    "courier": {"name": "何小蜂", "id": 18},
    "issued_at": "2026-11-20T10:00:00+08:00",
    "no_shows": 0,
    "history": [
        {"at": "2026-11-20T10:00:00+08:00", "move": "issue", "name": "发放", "party": "district", "text": "",
         "state": "issued"},
    ],
    "waiting": [],
}  # fmt: skip
AT_CENTRE = {
    **{name: value for name, value in EXAMPLE.items() if name not in ("issued_at", "no_shows", "history", "waiting")},
    "courier": {"name": "何小蜂"},
    "allowed": ["tick", "complete"],
}


class VoucherProgrammeSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class VoucherTimeSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class VoucherItemSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    done = serializers.BooleanField(help_text="只记做没做，不记结果")
    at = serializers.DateTimeField(allow_null=True)


class VoucherCourierSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="本人和体检中心看全名，别人只看姓")
    id = serializers.IntegerField(required=False, help_text="体检中心看不到")


class VoucherLineSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    move = serializers.ChoiceField(list(MOVE_NAMES))
    name = serializers.CharField(help_text="动作的名称")
    party = serializers.ChoiceField(Party.choices, help_text="谁做的")
    text = serializers.CharField()
    state = serializers.ChoiceField(VoucherState.choices, help_text="这一步之后的状态")


@extend_schema_serializer(
    examples=[
        OpenApiExample("本人或区里看到的体检卡", response_only=True, value=EXAMPLE),
        OpenApiExample("体检中心看到的体检卡", response_only=True, value=AT_CENTRE),
    ]
)
class VoucherSerializer(serializers.Serializer):
    """The shape for the schema; `shown` writes it. A centre gets none of the last four fields."""

    code = serializers.CharField()
    programme = VoucherProgrammeSerializer()
    state = serializers.ChoiceField(VoucherState.choices)
    valid_until = serializers.DateField()
    checked_in_at = serializers.DateTimeField(allow_null=True)
    booking = VoucherTimeSerializer(allow_null=True, help_text="现在的预约；报到以后是来的那一次")
    items = VoucherItemSerializer(many=True)
    allowed = serializers.ListField(
        child=serializers.ChoiceField(list(MOVES)),
        help_text="您现在可以做的；book、change、cancel 在 bookings/ 下",
    )
    courier = VoucherCourierSerializer()
    issued_at = serializers.DateTimeField(required=False)
    no_shows = serializers.IntegerField(required=False)
    history = VoucherLineSerializer(many=True, required=False, help_text="本人、区里和审计看得到")
    waiting = VoucherTimeSerializer(many=True, required=False, help_text="本人在候补的时段")


def shown(voucher: Voucher, reader: User) -> dict[str, Any]:
    """The whole object as `reader` sees it now."""
    return shown_all([voucher], reader)[0]


def shown_all(vouchers: Sequence[Voucher], reader: User) -> list[dict[str, Any]]:
    """Of rows that `VoucherQuerySet.shown` gives: the same few queries, however many there are."""
    prefetch_related_objects(list(vouchers), "bookings__slot", "ticks", "programme__items")
    told = [voucher for voucher in vouchers if rules.may_read_history(reader, voucher)]
    prefetch_related_objects(told, "steps")
    prefetch_related_objects([voucher for voucher in told if rules.is_own(reader, voucher)], "waiting__slot")
    return [_shown(voucher, reader) for voucher in vouchers]


def slot_shown(slot: Slot) -> dict[str, Any]:
    return {**_times(slot.pk, slot), "capacity": slot.capacity, "free": slot.free}


def _shown(voucher: Voucher, reader: User) -> dict[str, Any]:
    card = _card(voucher, reader)
    if not rules.reads_as_centre(reader, voucher):
        card["courier"]["id"] = voucher.courier_id
        card |= _more(voucher, reader)
    return card


def _card(voucher: Voucher, reader: User) -> dict[str, Any]:
    """What everybody reads who may read it at all."""
    programme, name = voucher.programme, voucher.courier.user.name
    booking = next((each for each in voucher.bookings.all() if each.outcome in ("", Outcome.KEPT)), None)
    return {
        "code": voucher.code,
        "programme": {"id": programme.pk, "name": programme.name},
        "state": voucher.state,
        "valid_until": voucher.valid_until.isoformat(),
        "checked_in_at": clock.iso(voucher.checked_in_at),
        "booking": _booking(booking) if booking else None,
        "items": _items(voucher),
        "allowed": rules.allowed(voucher, reader),
        "courier": {"name": name if rules.may_see_name(reader, voucher) else mask_name(name)},
    }


def _more(voucher: Voucher, reader: User) -> dict[str, Any]:
    """What is none of the centre's business; its history for the courier and the district."""
    more: dict[str, Any] = {"issued_at": clock.iso(voucher.issued_at), "no_shows": voucher.no_shows}
    if rules.may_read_history(reader, voucher):
        more["history"] = [
            {"at": clock.iso(step.at), "move": step.move, "name": MOVE_NAMES[step.move], "party": step.party,
             "text": step.text, "state": step.state_after}
            for step in voucher.steps.all()
        ]  # fmt: skip
    if rules.is_own(reader, voucher):
        waited_for = sorted((each.slot for each in voucher.waiting.all()), key=lambda slot: slot.starts_at)
        more["waiting"] = [_times(slot.pk, slot) for slot in waited_for]
    return more


def _booking(booking: Booking) -> dict[str, Any]:
    return _times(booking.pk, booking.slot)


def _times(key: int, slot: Slot) -> dict[str, Any]:
    return {"id": key, "starts_at": clock.iso(slot.starts_at), "ends_at": clock.iso(slot.ends_at)}


def _items(voucher: Voucher) -> list[dict[str, Any]]:
    done = {tick.item_id: tick.at for tick in voucher.ticks.all()}
    return [
        {"id": item.pk, "name": item.name, "done": item.pk in done, "at": clock.iso(done.get(item.pk))}
        for item in voucher.programme.items.all()
    ]
