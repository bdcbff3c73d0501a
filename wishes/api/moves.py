"""Every move of a wish, each at an address of its own; all answer with the whole object."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organisation, User
from accounts.permissions import HasRole, IsCourier, person
from accounts.roles import Role
from fengchao.core.idempotency import respond
from wishes import rules, services
from wishes.api.shapes import WishSerializer, shown
from wishes.api.wishes import one
from wishes.models import Claim, Wish
from wishes.problems import MayNot, NotYourOrganisation
from wishes.services.receipt import THANKS_LENGTH
from wishes.services.turns import SENTENCE_LENGTH

Involved: Any = HasRole(*Role) | IsCourier
"""Staff of any role and couriers: a wish on the tree is everybody's to read, and which move is whose is asked of it."""


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=SENTENCE_LENGTH)


class MaybeReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=SENTENCE_LENGTH, required=False, allow_blank=True, default="")


class WithdrawSerializer(MaybeReasonSerializer):
    """The courier needs no reason; staff who take a wish down do."""


class ClaimSerializer(serializers.Serializer):
    organisation = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="您所在的认领单位")


class ProgressSerializer(serializers.Serializer):
    note = serializers.CharField(max_length=SENTENCE_LENGTH)


class DeliverSerializer(serializers.Serializer):
    """A sentence, a picture, or both."""

    text = serializers.CharField(max_length=SENTENCE_LENGTH, required=False, allow_blank=True, default="")
    photo = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, allow_null=True)


class ThankSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=THANKS_LENGTH)


Given = dict[str, Any]
Act = Callable[[Wish, Given, User], Wish]


@dataclass(frozen=True)
class Door:
    """One move as an address: what it is called, what its body looks like, and the service behind it."""

    move: str
    summary: str
    act: Act
    shape: type[serializers.Serializer] | None = None
    example: dict[str, Any] = field(default_factory=dict)
    needs_key: bool = False


def _claim(wish: Wish, given: Given, by: User) -> Wish:
    organisation = Organisation.objects.filter(pk=given["organisation"]).first()
    if organisation is None:
        raise NotYourOrganisation
    return services.claim(wish, organisation=organisation, by=by)


def _deliver(wish: Wish, given: Given, by: User) -> Wish:
    return services.deliver(wish, text=given["text"], photo_id=given.get("photo"), by=by)


DOORS: Sequence[Door] = (
    Door("approve", "通过", lambda wish, given, by: services.approve(wish, by=by)),
    Door(
        "reject", "不通过", lambda wish, given, by: services.reject(wish, reason=given["reason"], by=by),
        ReasonSerializer, {"reason": "微心愿不能是现金，可以换成具体的东西再挂。"},
    ),
    Door("claim", "认领", _claim, ClaimSerializer, {"organisation": 31}, needs_key=True),
    Door(
        "progress", "记进展", lambda wish, given, by: services.progress(wish, note=given["note"], by=by),
        ProgressSerializer, {"note": "已下单，周五到。"},
    ),
    Door(
        "release", "退回", lambda wish, given, by: services.release(wish, reason=given["reason"], by=by),
        MaybeReasonSerializer, {},
    ),
    Door("deliver", "送达", _deliver, DeliverSerializer, {"text": "放在柜台", "photo": 2049}),
    Door("confirm", "确认收到", lambda wish, given, by: services.confirm(wish, by=by)),
    Door(
        "thank", "道谢", lambda wish, given, by: services.thank(wish, text=given["text"], by=by),
        ThankSerializer, {"text": "今晚能睡个好觉了，谢谢！"},
    ),
    Door(
        "withdraw", "撤回", lambda wish, given, by: services.withdraw(wish, reason=given["reason"], by=by),
        WithdrawSerializer, {"reason": "和另一个心愿重复了"},
    ),
)  # fmt: skip


class Move(APIView):
    """Who may not read the wish finds none (404); who may read it and may not make the move is told so (403), also when
    the answer of his key is stored."""

    permission_classes = [Involved]
    idempotent = "honoured"
    door: Door

    def post(self, request: Request, wish_id: int) -> Response:
        by, door = person(request), self.door
        wish = one(by, wish_id)
        if not _may(by, wish, door.move):
            raise MayNot
        given: Given = {}
        if door.shape is not None:
            shape = door.shape(data=request.data)
            shape.is_valid(raise_exception=True)
            given = shape.validated_data
        return respond(
            request, lambda: door.act(wish, given, by), lambda made: (200, shown(made, by)), required=door.needs_key
        )


def view_of(door: Door) -> type[Move]:
    """The view of one move, described as its own."""
    described = extend_schema(
        operation_id=f"wishes_{door.move}",
        summary=door.summary,
        request=door.shape,
        responses=WishSerializer,
        examples=[OpenApiExample(door.summary, request_only=True, value=door.example)] if door.shape else [],
    )
    own = {"door": door, "__doc__": Move.__doc__, "idempotent": "required" if door.needs_key else "honoured"}
    made = type(f"Wish{door.move.capitalize()}", (Move,), own)
    view: type[Move] = extend_schema_view(post=described)(made)
    return view


def _may(by: User, wish: Wish, move: str) -> bool:
    if rules.party_of(by, wish, move) is not None:
        return True
    # Who has released it works on it no more, and still gets the answer of his key; without one the service refuses.
    if move != "release":
        return False
    return rules.moderates(by, wish) or bool(Claim.objects.of_claimers(by).filter(wish=wish).exists())
