"""Activities, parts and deeds as a program reads them: the same objects everywhere, with more of them for who may know
more."""

from collections.abc import Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from activities import rules
from activities.models import Activity, Deed, Enrolment
from activities.services import turn_of
from activities.states import (
    ACTIVITY_MOVES,
    DEED_PHOTO,
    PHOTO,
    ActivityKind,
    ActivityState,
    Came,
    DeedState,
    EnrolmentState,
)
from fengchao.core import clock, photos
from fengchao.core.masking import mask_name
from fengchao.core.models import Photo

HIGHEST = 2**63 - 1

PART: dict[str, Any] = {"state": "waiting", "turn": 2, "confirmed": False, "points": 0}
ACTIVITY: dict[str, Any] = {
    "id": 41, "kind": "deed", "title": "清洁家园", "text": "自带手套。", "state": "published",
    "organisation": {"id": 12, "name": "古田社区"}, "hosts": [{"id": 31, "name": "快递行业党委"}],
    "station": {"code": "GT-001", "name": "古田蜂巢"}, "place": "", "starts_at": "2026-11-28T14:00:00+08:00",
    "ends_at": "2026-11-28T16:00:00+08:00", "capacity": 20, "taken": 20, "points": 20, "minutes": 120,
    "contact": "", "reason": "", "photos": [], "mine": PART, "allowed": ["leave"],
}  # fmt: skip
ENROLMENT: dict[str, Any] = {
    "courier": {"id": 18, "name": "何*"}, "state": "attended", "at": "2026-11-24T10:00:00+08:00",
    "came_at": "2026-11-28T13:55:00+08:00", "came_by": "scanned", "confirmed_at": "2026-11-28T13:55:00+08:00",
    "points": 20,
}  # fmt: skip
DEED: dict[str, Any] = {
    "id": 7, "state": "submitted", "text": "帮一位老人推车上坡", "place": "解放大道", "happened_on": "2026-11-24",
    "minutes": 30, "witness": "水果店老板", "told_at": "2026-11-24T12:00:00+08:00", "decided_at": None, "reason": "",
    "points": 0, "organisation": {"id": 12, "name": "古田社区"},
    "photos": [{"id": 2048, "url": "/photos/2048/full/", "thumbnail": "/photos/2048/thumb/"}],
    "allowed": ["approve", "reject"], "courier": {"id": 18, "name": "何*"},
}  # fmt: skip


class BodySerializer(serializers.Serializer):
    """An organisation or a person, by number and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class PlaceSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class ActivityPhotoSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    url = serializers.CharField()
    thumbnail = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("候补", response_only=True, value=PART)])
class PartSerializer(serializers.Serializer):
    """A courier's own part in an activity."""

    state = serializers.ChoiceField(EnrolmentState.choices)
    turn = serializers.IntegerField(allow_null=True, help_text="候补第几位")
    confirmed = serializers.BooleanField(help_text="到场是否已由主办方确认")
    points = serializers.IntegerField()


@extend_schema_serializer(examples=[OpenApiExample("志愿服务", response_only=True, value=ACTIVITY)])
class ActivitySerializer(serializers.Serializer):
    """The shape for the schema; `activities_shown` writes it."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(ActivityKind.choices)
    title = serializers.CharField()
    text = serializers.CharField()
    state = serializers.ChoiceField(ActivityState.choices)
    organisation = BodySerializer(help_text="主办")
    hosts = BodySerializer(many=True, help_text="共办")
    station = PlaceSerializer(allow_null=True)
    place = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    capacity = serializers.IntegerField()
    taken = serializers.IntegerField()
    points = serializers.IntegerField(help_text="到场确认后得")
    minutes = serializers.IntegerField(help_text="服务时长")
    contact = serializers.CharField()
    reason = serializers.CharField(help_text="取消原因")
    photos = ActivityPhotoSerializer(many=True)
    mine = PartSerializer(allow_null=True, help_text="快递小哥自己的报名")
    allowed = serializers.ListField(
        child=serializers.ChoiceField([*ACTIVITY_MOVES, "enrol", "leave", "attend"]), help_text="您现在可以做的"
    )


@extend_schema_serializer(examples=[OpenApiExample("到场", response_only=True, value=ENROLMENT)])
class EnrolmentSerializer(serializers.Serializer):
    courier = BodySerializer(help_text="本人看全名，别人只看姓")
    state = serializers.ChoiceField(EnrolmentState.choices)
    at = serializers.DateTimeField()
    came_at = serializers.DateTimeField(allow_null=True)
    came_by = serializers.ChoiceField(["", *Came.values])
    confirmed_at = serializers.DateTimeField(allow_null=True)
    points = serializers.IntegerField()


@extend_schema_serializer(examples=[OpenApiExample("待审核", response_only=True, value=DEED)])
class DeedSerializer(serializers.Serializer):
    """The shape for the schema; `deeds_shown` writes it."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(DeedState.choices)
    text = serializers.CharField()
    place = serializers.CharField()
    happened_on = serializers.DateField()
    minutes = serializers.IntegerField()
    witness = serializers.CharField()
    told_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    points = serializers.IntegerField()
    organisation = BodySerializer(help_text="由谁审核")
    photos = ActivityPhotoSerializer(many=True)
    allowed = serializers.ListField(child=serializers.ChoiceField(["approve", "reject"]))
    courier = BodySerializer(help_text="本人看全名，别人只看姓")


def activity_shown(activity: Activity, reader: User | None) -> dict[str, Any]:
    """The whole object as `reader` sees it now."""
    return activities_shown([activity], reader)[0]


def activities_shown(activities: Sequence[Activity], reader: User | None) -> list[dict[str, Any]]:
    """Of rows that `ActivityQuerySet.shown` gives: the same few queries, however many there are, and one more for each
    in which the reader waits."""
    prefetch_related_objects(list(activities), "hosts")
    pictures = _pictures(PHOTO, [str(activity.pk) for activity in activities])
    keys = [activity.pk for activity in activities]
    parts = {
        part.activity_id: part
        for part in Enrolment.objects.filter(activity__in=keys, courier=reader.pk if reader else 0)
    }  # fmt: skip
    return [_activity(one, reader, parts.get(one.pk), pictures.get(str(one.pk), [])) for one in activities]


def part_shown(part: Enrolment) -> dict[str, Any]:
    return {
        "state": part.state,
        "turn": turn_of(part) if part.state == EnrolmentState.WAITING else None,
        "confirmed": part.is_confirmed,
        "points": part.points,
    }


def enrolment_shown(enrolment: Enrolment, reader: User) -> dict[str, Any]:
    name = enrolment.courier.user.name
    whole = rules.may_see_name(reader, enrolment)
    return {
        "courier": {"id": enrolment.courier_id, "name": name if whole else mask_name(name)},
        "state": enrolment.state,
        "at": clock.iso(enrolment.at),
        "came_at": clock.iso(enrolment.came_at),
        "came_by": enrolment.came_by,
        "confirmed_at": clock.iso(enrolment.confirmed_at),
        "points": enrolment.points,
    }


def deed_shown(deed: Deed, reader: User) -> dict[str, Any]:
    return deeds_shown([deed], reader)[0]


def deeds_shown(deeds: Sequence[Deed], reader: User) -> list[dict[str, Any]]:
    """Of rows that `DeedQuerySet.shown` gives: one query more, however many there are."""
    pictures = _pictures(DEED_PHOTO, [str(deed.pk) for deed in deeds])
    return [_deed(deed, reader, pictures.get(str(deed.pk), [])) for deed in deeds]


def _activity(activity: Activity, reader: User | None, part: Enrolment | None, pictures: list[Photo]) -> dict[str, Any]:
    station, body = activity.station, activity.organisation
    allowed = rules.allowed(activity, reader) if reader else []
    if reader is not None:
        allowed += rules.allowed_to_courier(activity, part)
    return {
        "id": activity.pk,
        "kind": activity.kind,
        "title": activity.title,
        "text": activity.text,
        "state": activity.state,
        "organisation": {"id": body.pk, "name": body.name},
        "hosts": [{"id": host.pk, "name": host.name} for host in activity.hosts.all()],
        "station": {"code": station.code, "name": station.name} if station else None,
        "place": activity.place,
        "starts_at": clock.iso(activity.starts_at),
        "ends_at": clock.iso(activity.ends_at),
        "capacity": activity.capacity,
        "taken": activity.taken,
        "points": activity.points,
        "minutes": activity.minutes,
        "contact": activity.contact,
        "reason": activity.reason,
        "photos": [_picture(photo) for photo in pictures],
        "mine": part_shown(part) if part else None,
        "allowed": allowed,
    }


def _deed(deed: Deed, reader: User, pictures: list[Photo]) -> dict[str, Any]:
    name, body = deed.courier.user.name, deed.organisation
    return {
        "id": deed.pk,
        "state": deed.state,
        "text": deed.text,
        "place": deed.place,
        "happened_on": deed.happened_on.isoformat(),
        "minutes": deed.minutes,
        "witness": deed.witness,
        "told_at": clock.iso(deed.told_at),
        "decided_at": clock.iso(deed.decided_at),
        "reason": deed.reason,
        "points": deed.points,
        "organisation": {"id": body.pk, "name": body.name},
        "photos": [_picture(photo) for photo in pictures],
        "allowed": ["approve", "reject"] if rules.may_decide(reader, deed) else [],
        "courier": {"id": deed.courier_id, "name": name if deed.courier_id == reader.pk else mask_name(name)},
    }


def _pictures(kind: str, keys: Sequence[str]) -> dict[str, list[Photo]]:
    found: dict[str, list[Photo]] = {}
    for photo in Photo.objects.filter(kind=kind, subject_key__in=keys).order_by("pk"):
        found.setdefault(photo.subject_key, []).append(photo)
    return found


def _picture(photo: Photo) -> dict[str, Any]:
    return {"id": photo.pk, "url": photos.address(photo), "thumbnail": photos.address(photo, "thumb")}
