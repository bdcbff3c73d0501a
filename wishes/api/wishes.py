"""Wishes: the list, one of them, and one more."""

import re
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
from accounts.permissions import HasRole, IsCourier, courier_in, person, refuse_unready
from accounts.roles import COUNTER_STAFF
from fengchao.core.errors import BadValue, NotAllowed, NotThere
from fengchao.core.idempotency import respond
from fengchao.core.permissions import Anyone
from stations.api.common import staff_member, station_served
from stations.models import Station
from wishes import services
from wishes.api.shapes import WishSerializer, shown, shown_all
from wishes.models import Wish
from wishes.models.wishes import DEAREST
from wishes.querysets import WishQuerySet
from wishes.services.hanging import FOR_WHOM_LENGTH, TEXT_LENGTH, TITLE_LENGTH
from wishes.states import WishCategory, WishState

LIT = "lit"
"""What people call `fulfilled`."""

Hanger: Any = HasRole(*COUNTER_STAFF) | IsCourier
"""A courier for himself; the counter for whom it has identified."""


class HangSerializer(serializers.Serializer):
    category = serializers.ChoiceField(WishCategory.choices)
    title = serializers.CharField(max_length=TITLE_LENGTH, help_text="想要什么")
    text = serializers.CharField(
        max_length=TEXT_LENGTH, required=False, allow_blank=True, default="", help_text="为什么"
    )
    for_whom = serializers.CharField(
        max_length=FOR_WHOM_LENGTH, required=False, allow_blank=True, default="", help_text="给谁"
    )
    price = serializers.IntegerField(min_value=1, max_value=DEAREST, help_text="预算，整数元")
    station = serializers.CharField(max_length=20, help_text="挂在哪个蜂巢，编号")
    anonymous = serializers.BooleanField(required=False, default=False)
    photo = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, allow_null=True)
    ticket = serializers.CharField(max_length=600, required=False, help_text="柜台代为登记时，识别得到的 ticket")


def _state(wishes: WishQuerySet, text: str, reader: User | None) -> WishQuerySet:
    if text == LIT:
        return wishes.lit()
    if text not in WishState.values:
        raise BadValue("没有这种状态。", field="state")
    return wishes.filter(state=text)


def _category(wishes: WishQuerySet, text: str, reader: User | None) -> WishQuerySet:
    if text not in WishCategory.values:
        raise BadValue("没有这个类别。", field="category")
    return wishes.filter(category=text)


def _area(wishes: WishQuerySet, text: str, reader: User | None) -> WishQuerySet:
    found = None
    if re.fullmatch("[0-9]{1,15}", text):
        found = Organisation.objects.filter(pk=int(text)).first()
    if found is None:
        raise BadValue("没有这个单位。", field="area")
    return wishes.within_area(found)


def _station(wishes: WishQuerySet, text: str, reader: User | None) -> WishQuerySet:
    found = Station.objects.filter(code=text).first()
    if found is None:
        raise BadValue("没有这个蜂巢。", field="station")
    return wishes.filter(station=found)


def _mine(wishes: WishQuerySet, text: str, reader: User | None) -> WishQuerySet:
    if text not in ("true", "false"):
        raise BadValue("mine 只能是 true 或 false。", field="mine")
    if reader is None:
        raise NotAuthenticated
    return wishes.filter(courier=reader.pk) if text == "true" else wishes.exclude(courier=reader.pk)


FILTERS: dict[str, Callable[[WishQuerySet, str, User | None], WishQuerySet]] = {
    "state": _state, "category": _category, "area": _area, "station": _station, "mine": _mine,
}  # fmt: skip
PARAMETERS = [
    OpenApiParameter("state", str, enum=[*WishState.values, LIT], description="lit 就是 fulfilled"),
    OpenApiParameter("category", str, enum=WishCategory.values),
    OpenApiParameter("area", int, description="单位编号，包括下级"),
    OpenApiParameter("station", str, description="蜂巢编号"),
    OpenApiParameter("mine", bool, description="true 只看自己挂的，false 只看别人的；需要登录"),
]


class Wishes(GenericAPIView):
    """Newest first: what hangs on the trees, for anyone; his own and, as staff, what is in scope in every state."""

    serializer_class = WishSerializer
    idempotent = "honoured"

    def get_permissions(self) -> list[BasePermission]:
        return [Hanger()] if self.request.method == "POST" else [Anyone()]

    @extend_schema(
        operation_id="wishes_list", summary="微心愿", parameters=PARAMETERS, responses=WishSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        reader = reader_in(request)
        found = Wish.objects.readable_by(reader)
        for name, narrow in FILTERS.items():
            if (text := request.query_params.get(name)) is not None:
                found = narrow(found, text, reader)
        page = self.paginate_queryset(found.shown())
        return self.get_paginated_response(shown_all(page or [], reader))

    @extend_schema(
        operation_id="wishes_create",
        summary="挂心愿",
        description="快递小哥给自己挂；柜台凭 ticket 代为登记。先审核，通过后公开。",
        request=HangSerializer,
        responses={201: WishSerializer},
        examples=[
            OpenApiExample(
                "小风扇",
                request_only=True,
                value={
                    "category": "daily",
                    "title": "小风扇",
                    "text": "出租屋西晒，夜里睡不着。",
                    "for_whom": "自己",
                    "price": 150,
                    "station": "GT-001",
                    "anonymous": False,
                    "photo": 2048,
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        shape = HangSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        hang = _with_ticket(request, given) if "ticket" in given else _for_himself(request, given)
        return respond(request, hang, lambda wish: (201, shown(wish, person(request))), required=False)


class WishDetail(APIView):
    """One wish, to whoever may read it."""

    permission_classes = [Anyone]

    @extend_schema(operation_id="wishes_retrieve", summary="一个心愿", responses=WishSerializer)
    def get(self, request: Request, wish_id: int) -> Response:
        reader = reader_in(request)
        return Response(shown(one(reader, wish_id), reader))


def reader_in(request: Request) -> User | None:
    """Who reads; nobody also where it is in doubt whether the account is his who signed in."""
    user = request.user
    return user if isinstance(user, User) and user.barred_by is None else None


def one(reader: User | None, wish_id: int) -> Wish:
    wish: Wish | None = Wish.objects.readable_by(reader).shown().filter(pk=wish_id).first()
    if wish is None:
        raise NotThere
    return wish


def _with_ticket(request: Request, given: dict[str, Any]) -> Callable[[], Wish]:
    worker = staff_member(request, *COUNTER_STAFF)
    station = station_served(worker, given["station"])
    return lambda: services.hang_with_ticket(given["ticket"], station=station, by=worker, **_words(given))


def _for_himself(request: Request, given: dict[str, Any]) -> Callable[[], Wish]:
    courier = courier_in(request)
    if courier is None:
        raise NotAllowed
    refuse_unready(request, courier)
    station = Station.objects.active().select_related("organisation").filter(code=given["station"]).first()
    if station is None:
        raise BadValue("没有这个蜂巢。", field="station")
    return lambda: services.hang(courier, station=station, **_words(given))


def _words(given: dict[str, Any]) -> dict[str, Any]:
    named = ("category", "title", "text", "for_whom", "price", "anonymous")
    return {name: given[name] for name in named} | {"photo_id": given.get("photo")}
