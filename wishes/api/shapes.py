"""A wish as a program reads it: the same object everywhere, with more of it for who may know more."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from accounts.roles import READERS
from accounts.scope import covers
from fengchao.core import clock, photos
from fengchao.core.masking import mask_name
from fengchao.core.models import Photo
from wishes import rules
from wishes.models import Step, Wish
from wishes.services import history
from wishes.services.flags import reasons
from wishes.states import DELIVERY_PHOTO, MOVES, PHOTO, Flag, WishCategory, WishState

EXAMPLE: dict[str, Any] = {
    "id": 318,
    "category": "daily",
    "title": "小风扇",
    "text": "出租屋西晒，夜里睡不着。",
    "for_whom": "自己",
    "price": 150,
    "station": {"code": "GT-001", "name": "古田蜂巢"},
    "area": {"id": 12, "name": "古田社区"},
    "shown_name": "何师傅·中通",
    "anonymous": False,
    "state": "delivered",
    "photo": {"id": 2048, "url": "/photos/2048/full.webp", "thumbnail": "/photos/2048/thumb.webp"},
    "claimed_by": {"id": 31, "name": "团区委"},
    "hung_at": "2026-11-20T09:12:00+08:00",
    "opened_at": "2026-11-20T10:05:00+08:00",
    "delivered_at": "2026-11-24T15:30:00+08:00",
    "lit_at": None,
    "thanks": "",
    "allowed": ["confirm", "thank"],
    "history": [
        {"at": "2026-11-20T09:12:00+08:00", "sentence": "你挂上了心愿", "text": "", "state": "review"},
        {"at": "2026-11-24T15:30:00+08:00", "sentence": "团区委送到了", "text": "放在柜台", "state": "delivered"},
    ],
    "delivery": {"note": "放在柜台", "photo": None},
    "courier": {"id": 18, "name": "何*"},
    "flags": [],
}


class NamedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class TreeSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class WishPictureSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    url = serializers.CharField()
    thumbnail = serializers.CharField()


class WishLineSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    sentence = serializers.CharField()
    text = serializers.CharField()
    state = serializers.ChoiceField(WishState.choices, help_text="这一步之后的状态")


class DeliverySerializer(serializers.Serializer):
    note = serializers.CharField()
    photo = WishPictureSerializer(allow_null=True)


class FlagSerializer(serializers.Serializer):
    code = serializers.ChoiceField(Flag.choices)
    name = serializers.CharField()
    reason = serializers.CharField(help_text="文字已随账号删除的，没有原因")


@extend_schema_serializer(examples=[OpenApiExample("心愿", response_only=True, value=EXAMPLE)])
class WishSerializer(serializers.Serializer):
    """The shape for the schema; `shown` writes it. The public gets none of the last four fields, and no telephone
    number; the organisation that claimed it reads history and delivery, never who the courier is."""

    id = serializers.IntegerField()
    category = serializers.ChoiceField(WishCategory.choices)
    title = serializers.CharField()
    text = serializers.CharField()
    for_whom = serializers.CharField()
    price = serializers.IntegerField(help_text="预算（元）")
    station = TreeSerializer()
    area = NamedSerializer(help_text="蜂巢所在的单位")
    shown_name = serializers.CharField()
    anonymous = serializers.BooleanField()
    state = serializers.ChoiceField(WishState.choices)
    photo = WishPictureSerializer(allow_null=True)
    claimed_by = NamedSerializer(allow_null=True)
    hung_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    lit_at = serializers.DateTimeField(allow_null=True)
    thanks = serializers.CharField()
    allowed = serializers.ListField(child=serializers.ChoiceField(list(MOVES)), help_text="您现在可以做的")
    history = WishLineSerializer(many=True, required=False, help_text="许愿人、审核单位和认领单位看得到")
    delivery = DeliverySerializer(required=False, allow_null=True, help_text="许愿人、审核单位和认领单位看得到")
    courier = NamedSerializer(required=False, help_text="许愿人自己和审核单位看得到")
    flags = FlagSerializer(many=True, required=False, help_text="审核单位看得到")


Pictures = dict[tuple[str, str], Photo]
"""(wish, kind) → its picture."""


def shown(wish: Wish, reader: User | None) -> dict[str, Any]:
    """The whole object as `reader` sees it now."""
    return shown_all([wish], reader)[0]


def shown_all(wishes: Sequence[Wish], reader: User | None) -> list[dict[str, Any]]:
    """Of rows that `WishQuerySet.shown` gives: four queries, however many there are; one for who has not signed in."""
    pictures = _pictures(wishes)
    if reader is None:
        return [_of_anybody(wish, None, pictures) for wish in wishes]
    prefetch_related_objects(list(wishes), "claims")
    steps = Prefetch("steps", Step.objects.select_related("organisation").order_by("pk"))
    prefetch_related_objects([wish for wish in wishes if rules.may_read_history(reader, wish)], steps)
    return [{**_of_anybody(wish, reader, pictures), **_of_whom(wish, reader, pictures)} for wish in wishes]


def _of_anybody(wish: Wish, reader: User | None, pictures: Pictures) -> dict[str, Any]:
    """What everybody reads who may read the wish at all; its courier and the staff as it was written."""
    whole = reader is not None and rules.may_see_courier(reader, wish)
    place, claimant = wish.station.organisation, wish.claimed_by
    return {
        "id": wish.pk,  # first: by this `services.erasing` finds the answers that repeats would get
        "category": wish.category,
        "title": wish.title if whole else wish.public_title,
        "text": wish.text if whole else wish.public_text,
        "for_whom": wish.for_whom if whole else wish.public_for_whom,
        "price": wish.price,
        "station": {"code": wish.station.code, "name": wish.station.name},
        "area": {"id": place.pk, "name": place.name},
        "shown_name": wish.shown_name,
        "anonymous": wish.is_anonymous,
        "state": wish.state,
        "photo": _picture(wish, PHOTO, pictures),
        "claimed_by": {"id": claimant.pk, "name": claimant.name} if claimant else None,
        "hung_at": clock.iso(wish.hung_at),
        "opened_at": clock.iso(wish.opened_at),
        "delivered_at": clock.iso(wish.delivered_at),
        "lit_at": clock.iso(wish.lit_at),
        "thanks": wish.thanks if whole else wish.public_thanks,
        "allowed": rules.allowed(wish, reader) if reader else [],
    }


def _of_whom(wish: Wish, reader: User, pictures: Pictures) -> dict[str, Any]:
    """What the sides of a wish know of it, and what leads to the courier, for those who may know him."""
    more: dict[str, Any] = {}
    if rules.may_read_history(reader, wish):
        told = history.lines(wish.steps.all(), as_courier=rules.is_own(reader, wish))
        more["history"] = [
            {"at": clock.iso(line.at), "sentence": line.sentence, "text": line.text, "state": line.state}
            for line in told
        ]
        more["delivery"] = _delivery(wish, pictures)
    if rules.may_see_courier(reader, wish):
        more["courier"] = {"id": wish.courier_id, "name": mask_name(wish.courier.user.name)}
    if covers(reader, wish.station.organisation.path, *READERS):
        named = zip(wish.flags, reasons(wish), strict=True)
        more["flags"] = [{"code": code, "name": name, "reason": reason} for code, (name, reason) in named]
    return more


def _delivery(wish: Wish, pictures: Pictures) -> dict[str, Any] | None:
    note = next((step.text for step in wish.steps.all() if step.move == "deliver"), None)
    return None if note is None else {"note": note, "photo": _picture(wish, DELIVERY_PHOTO, pictures)}


def _pictures(wishes: Sequence[Wish]) -> Pictures:
    keys = [str(wish.pk) for wish in wishes]
    found = Photo.objects.filter(kind__in=(PHOTO, DELIVERY_PHOTO), subject_key__in=keys)
    return {(photo.subject_key, photo.kind): photo for photo in found}


def _picture(wish: Wish, kind: str, pictures: Pictures) -> dict[str, Any] | None:
    photo = pictures.get((str(wish.pk), kind))
    if photo is None:
        return None
    return {"id": photo.pk, "url": photos.address(photo), "thumbnail": photos.address(photo, "thumb")}
