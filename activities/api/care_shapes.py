"""A visit as a program reads it."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from activities.care_states import CARE_MOVES, PHOTO, CareState, Contact, NeedState
from activities.models import CareVisit, KitMovement, Need
from activities.organisers import organises
from fengchao.core import photos
from fengchao.core.models import Photo

NEED = {"id": 9, "text": "想要把伞", "state": "wish", "became": "318", "outcome": ""}
EXAMPLE: dict[str, Any] = {
    "id": 77,
    "outlet": {"id": 4, "name": "解放大道网点", "enterprise": "中通快递", "address": "硚口区解放大道"},
    "organisation": {"id": 12, "name": "古田社区"},
    "planned_on": "2026-11-24",
    "route": "古田一线",
    "position": 0,
    "visitors": "社区书记、团区委 2 人",
    "state": "done",
    "visited_at": "2026-11-24T10:20:00+08:00",
    "contact": "met",
    "couriers_reached": 8,
    "kits": [{"kit": 1, "name": "消暑礼包", "pieces": 8}],
    "notes": "饮水机要加水。",
    "cancel_reason": "",
    "photos": [{"id": 2048, "url": "/photos/2048/full.webp", "thumbnail": "/photos/2048/thumb.webp"}],
    "needs": [NEED],
    "allowed": [],
}


class CareNamedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class CareOutletSerializer(CareNamedSerializer):
    enterprise = serializers.CharField()
    address = serializers.CharField()


class LeftKitSerializer(serializers.Serializer):
    kit = serializers.IntegerField()
    name = serializers.CharField()
    pieces = serializers.IntegerField()


class CarePictureSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    url = serializers.CharField()
    thumbnail = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("需要", response_only=True, value=NEED)])
class NeedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    text = serializers.CharField(help_text="随账号删除的为空")
    state = serializers.ChoiceField(NeedState.choices)
    became = serializers.CharField(help_text="转成的心愿编号或随手拍编号，没有为空")
    outcome = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("走访", response_only=True, value=EXAMPLE)])
class CareVisitSerializer(serializers.Serializer):
    """The shape for the schema; `shown` writes it."""

    id = serializers.IntegerField()
    outlet = CareOutletSerializer()
    organisation = CareNamedSerializer(help_text="走访单位")
    planned_on = serializers.DateField()
    route = serializers.CharField()
    position = serializers.IntegerField(help_text="在路线中的次序")
    visitors = serializers.CharField()
    state = serializers.ChoiceField(CareState.choices)
    visited_at = serializers.DateTimeField(allow_null=True)
    contact = serializers.ChoiceField([*Contact.choices, ("", "还没去")], help_text="见到了，或为什么没见到")
    couriers_reached = serializers.IntegerField()
    kits = LeftKitSerializer(many=True)
    notes = serializers.CharField()
    cancel_reason = serializers.CharField()
    photos = CarePictureSerializer(many=True)
    needs = NeedSerializer(many=True)
    allowed = serializers.ListField(child=serializers.ChoiceField(list(CARE_MOVES)), help_text="您现在可以做的")


def shown(visit: CareVisit, reader: User) -> dict[str, Any]:
    """The whole object as it is now."""
    return shown_all([visit], reader)[0]


def shown_all(visits: Sequence[CareVisit], reader: User) -> list[dict[str, Any]]:
    """Of rows that `CareVisitQuerySet.shown` gives: three queries, however many there are."""
    keys = [visit.pk for visit in visits]
    left: dict[int, dict[int, dict[str, Any]]] = {}
    for moved in KitMovement.objects.filter(visit__in=keys).select_related("kit").order_by("kit__name", "pk"):
        assert moved.visit_id is not None  # as it was asked for
        kits = left.setdefault(moved.visit_id, {})
        kit = kits.setdefault(moved.kit_id, {"kit": moved.kit_id, "name": moved.kit.name, "pieces": 0})
        kit["pieces"] -= moved.number
    heard: dict[int, list[dict[str, Any]]] = {}
    for need in Need.objects.filter(visit__in=keys).order_by("pk"):
        heard.setdefault(need.visit_id, []).append(need_shown(need))
    taken: dict[str, list[dict[str, Any]]] = {}
    for photo in Photo.objects.filter(kind=PHOTO, subject_key__in=map(str, keys)).order_by("pk"):
        taken.setdefault(photo.subject_key, []).append(_picture(photo))
    return [
        {
            **_plain(visit),
            "kits": [kit for kit in left.get(visit.pk, {}).values() if kit["pieces"]],
            "photos": taken.get(str(visit.pk), []),
            "needs": heard.get(visit.pk, []),
            "allowed": allowed(visit, reader),
        }
        for visit in visits
    ]


def allowed(visit: CareVisit, reader: User) -> list[str]:
    if not organises(reader, visit.organisation):
        return []
    return [move for move, (before, _) in CARE_MOVES.items() if visit.state in before]


def need_shown(need: Need) -> dict[str, Any]:
    return {"id": need.pk, "text": need.text, "state": need.state, "became": need.became_key, "outcome": need.outcome}


def _plain(visit: CareVisit) -> dict[str, Any]:
    outlet, place = visit.outlet, visit.organisation
    names = ("planned_on", "route", "position", "visitors", "state", "visited_at", "contact", "couriers_reached",
             "notes", "cancel_reason")  # fmt: skip
    return {
        "id": visit.pk,
        "outlet": {
            "id": outlet.pk, "name": outlet.name, "enterprise": outlet.enterprise.name, "address": outlet.address
        },
        "organisation": {"id": place.pk, "name": place.name},
        **{name: getattr(visit, name) for name in names},
    }  # fmt: skip


def _picture(photo: Photo) -> dict[str, Any]:
    return {"id": photo.pk, "url": photos.address(photo), "thumbnail": photos.address(photo, "thumb")}
