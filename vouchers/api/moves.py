"""Every move of district and centre, each at an address of its own; all answer with the whole object."""

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
from fengchao.core.idempotency import respond
from vouchers import rules, services
from vouchers.api.asked import HIGHEST
from vouchers.api.shapes import VoucherSerializer, shown
from vouchers.api.vouchers import Involved, one
from vouchers.models import Item, Voucher
from vouchers.problems import ItemNotHere, MayNot
from vouchers.services.turns import SENTENCE_LENGTH
from vouchers.states import MOVE_NAMES


class TickSerializer(serializers.Serializer):
    item = serializers.IntegerField(min_value=1, max_value=HIGHEST)
    done = serializers.BooleanField(help_text="false 取消勾选")


class VoidSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=SENTENCE_LENGTH, help_text="快递小哥会看到")


Given = dict[str, Any]
Act = Callable[[Voucher, Given, User], Voucher]


@dataclass(frozen=True)
class Door:
    """One move as an address: what it is called, what its body looks like, and the service behind it."""

    move: str
    act: Act
    shape: type[serializers.Serializer] | None = None
    example: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.move.replace("-", "_")


def _tick(voucher: Voucher, given: Given, by: User) -> Voucher:
    item = Item.objects.filter(pk=given["item"]).first()
    if item is None:
        raise ItemNotHere
    return services.tick(voucher, item, done=given["done"], by=by)


DOORS: Sequence[Door] = (
    Door("check-in", lambda voucher, given, by: services.check_in(voucher, by=by)),
    Door("tick", _tick, TickSerializer, {"item": 1, "done": True}),
    Door("complete", lambda voucher, given, by: services.complete(voucher, by=by)),
    Door("no-show", lambda voucher, given, by: services.no_show(voucher, by=by)),
    Door(
        "void", lambda voucher, given, by: services.void(voucher, reason=given["reason"], by=by),
        VoidSerializer, {"reason": "登记错了"},
    ),
)  # fmt: skip


class Move(APIView):
    """Who may not read the card finds none (404); who may read it and may not make the move is told so (403), also when
    the answer of his key is stored."""

    permission_classes = [Involved]
    idempotent = "honoured"
    door: Door

    def post(self, request: Request, code: str) -> Response:
        by, door = person(request), self.door
        voucher = one(by, code)
        if rules.party_of(by, voucher, door.move) is None:
            raise MayNot
        given: Given = {}
        if door.shape is not None:
            shape = door.shape(data=request.data)
            shape.is_valid(raise_exception=True)
            given = shape.validated_data
        return respond(
            request, lambda: door.act(voucher, given, by), lambda made: (200, shown(made, by)), required=False
        )


def view_of(door: Door) -> type[Move]:
    """The view of one move, described as its own."""
    summary = MOVE_NAMES[door.move]
    described = extend_schema(
        operation_id=f"vouchers_{door.name}",
        summary=summary,
        request=door.shape,
        responses=VoucherSerializer,
        examples=[OpenApiExample(summary, request_only=True, value=door.example)] if door.shape else [],
    )
    made = type(f"Voucher{door.name.title().replace('_', '')}", (Move,), {"door": door, "__doc__": Move.__doc__})
    view: type[Move] = extend_schema_view(post=described)(made)
    return view
