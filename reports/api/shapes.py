"""A report as a program reads it: the same object everywhere, with less of it for who may see less."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from fengchao.core import clock, photos
from fengchao.core.masking import mask_name
from fengchao.core.models import Photo
from reports import rules, services
from reports.models import Report, Step
from reports.services import history
from reports.services.filing import AFTER_PHOTO, ANSWER_PHOTO, PHOTO
from reports.states import RejectReason, ReportState

EXAMPLE: dict[str, Any] = {
    "number": "PHQ2JAAJF",
    "state": "in_progress",
    "allowed": [],
    "category": "litter",
    "text": "垃圾堆在消防通道里",
    "place": "解放大道口",
    "lat": 30.5801,
    "lng": 114.2202,
    "accuracy_m": 12,
    "answers": {"size": "半人高"},
    "photos": [{"id": 1024, "kind": "before", "url": "/photos/1024/full.webp", "thumbnail": "/photos/1024/thumb.webp"}],
    "media_url": None,
    "happened_at": "2026-11-24T14:02:00+08:00",
    "filed_at": "2026-11-24T14:05:00+08:00",
    "expected_on": "2026-11-30",
    "due_on": "2026-11-27",
    "resolved_at": None,
    "assigned_to": {"id": 7, "name": "区城管局"},
    "reject_reason": None,
    "duplicate_of": None,
    "rating": None,
    "history": [
        {"at": "2026-11-24T14:05:00+08:00", "sentence": "你提交了上报", "text": "", "state": "submitted"},
        {"at": "2026-11-24T14:30:00+08:00", "sentence": "古田街道受理了", "text": "", "state": "accepted"},
    ],
    "points": 10,
    "courier": {"id": 18, "name": "何*"},
    "client_key": "3f0c1e0a-9b1d-4a39-8a52-1f0f6f6f2b11",
    "by_sms": False,
}

KINDS = {PHOTO: "before", ANSWER_PHOTO: "answer", AFTER_PHOTO: "after"}
"""Our name for a kind of picture → the API's."""


class PictureSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(list(KINDS.values()), help_text="before 上报时，answer 补充时，after 办结后")
    url = serializers.CharField()
    thumbnail = serializers.CharField()


class UnitSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class RatingSerializer(serializers.Serializer):
    stars = serializers.IntegerField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class LineSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    sentence = serializers.CharField()
    text = serializers.CharField()
    state = serializers.ChoiceField(ReportState.choices, help_text="这一步之后的状态")


class ReporterSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("上报", response_only=True, value=EXAMPLE)])
class ReportSerializer(serializers.Serializer):
    """The shape for the schema; `shown` writes it. A handling unit's answers have neither `courier` nor `points`."""

    number = serializers.CharField()
    state = serializers.ChoiceField(ReportState.choices)
    allowed = serializers.ListField(child=serializers.CharField(), help_text="您现在可以做的")
    category = serializers.CharField()
    text = serializers.CharField()
    place = serializers.CharField()
    lat = serializers.FloatField(allow_null=True)
    lng = serializers.FloatField(allow_null=True)
    accuracy_m = serializers.IntegerField(allow_null=True)
    answers = serializers.DictField(help_text="问题代码 → 回答")
    photos = PictureSerializer(many=True)
    media_url = serializers.CharField(allow_null=True, help_text="接入方（Open311）给的图片地址")
    happened_at = serializers.DateTimeField()
    filed_at = serializers.DateTimeField()
    expected_on = serializers.DateField(help_text="上报时告诉上报人的预计办结日")
    due_on = serializers.DateField(allow_null=True, help_text="办理单位的最后一天")
    resolved_at = serializers.DateTimeField(allow_null=True)
    assigned_to = UnitSerializer(allow_null=True)
    reject_reason = serializers.ChoiceField(RejectReason.choices, allow_null=True)
    duplicate_of = serializers.CharField(allow_null=True)
    rating = RatingSerializer(allow_null=True)
    history = LineSerializer(many=True)
    points = serializers.IntegerField(required=False, help_text="这件上报至今得到的积分，办理单位看不到")
    partner = serializers.CharField(required=False, help_text="由哪个接入方提交（Open311），只有受理单位看得到")
    courier = ReporterSerializer(required=False, help_text="上报人，办理单位看不到")
    client_key = serializers.CharField(required=False, help_text="只有上报人看得到")
    by_sms = serializers.BooleanField(required=False, help_text="只有上报人看得到")


def shown(report: Report, reader: User) -> dict[str, Any]:
    """The whole object as `reader` sees it now."""
    return shown_all([report], reader)[0]


def shown_all(reports: Sequence[Report], reader: User) -> list[dict[str, Any]]:
    """Of rows that `ReportQuerySet.shown` gives: five queries, however many there are."""
    steps = Prefetch("steps", Step.objects.select_related("organisation").order_by("pk"))
    prefetch_related_objects(list(reports), steps, "category__questions", "duplicate_of")
    numbers = [report.number for report in reports]
    pictures = defaultdict(list)
    for photo in Photo.objects.filter(kind__in=KINDS, subject_key__in=numbers).order_by("pk"):
        pictures[photo.subject_key].append(_picture(photo))
    earned = services.earned(reports)
    return [
        {**_of_anybody(report, reader, pictures[report.number]), **_of_whom(report, reader, earned)}
        for report in reports
    ]


def _of_anybody(report: Report, reader: User, pictures: list[dict[str, Any]]) -> dict[str, Any]:
    """What everybody reads who may read the report at all. Nothing in here says who reported."""
    asked = {question.code for question in report.category.questions.all()}
    unit, first = report.assigned_to, report.duplicate_of
    return {
        "number": report.number,
        "state": report.state,
        "allowed": _allowed(report, reader),
        "category": report.category.code,
        "text": report.text,
        "place": report.place,
        "lat": report.lat,
        "lng": report.lng,
        "accuracy_m": report.accuracy_m,
        "answers": {code: value for code, value in report.answers.items() if code in asked},
        "photos": pictures,
        "media_url": report.media_url or None,
        "happened_at": clock.iso(report.happened_at),
        "filed_at": clock.iso(report.filed_at),
        "expected_on": report.expected_on.isoformat(),
        "due_on": report.due_on.isoformat() if report.due_on else None,
        "resolved_at": clock.iso(report.resolved_at),
        "assigned_to": {"id": unit.pk, "name": unit.name} if unit else None,
        "reject_reason": report.reject_reason or None,
        "duplicate_of": first.number if first else None,
        "rating": _rating(report),
        "history": [
            {"at": clock.iso(line.at), "sentence": line.sentence, "text": line.text, "state": line.state}
            for line in history.lines(report.steps.all(), as_reporter=rules.is_reporter(reader, report))
        ],
    }


def _of_whom(report: Report, reader: User, earned: dict[str, int]) -> dict[str, Any]:
    """What leads to the reporter, for those who may know him; and what is his own business."""
    if not rules.may_see_reporter(reader, report):
        return {}
    if report.api_key is not None:
        return {"partner": report.api_key.partner}
    if report.courier is None:
        return {}
    about = {
        "points": earned[report.number],
        "courier": {"id": report.courier.pk, "name": mask_name(report.courier.user.name)},
    }
    if rules.is_reporter(reader, report):
        about |= {"client_key": report.client_key, "by_sms": report.by_sms}
    return about


def _allowed(report: Report, reader: User) -> list[str]:
    moves = rules.allowed(report, reader)
    return [*moves, "category"] if rules.may_change_category(reader, report) else moves


def _rating(report: Report) -> dict[str, Any] | None:
    said = getattr(report, "feedback", None)
    return {"stars": said.stars, "text": said.text, "at": clock.iso(said.at)} if said else None


def _picture(photo: Photo) -> dict[str, Any]:
    return {
        "id": photo.pk,
        "kind": KINDS[photo.kind],
        "url": photos.address(photo),
        "thumbnail": photos.address(photo, "thumb"),
    }
