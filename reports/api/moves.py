"""Every move of a report, each at an address of its own; all answer with the whole object."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organisation, User
from accounts.permissions import person
from fengchao.core.errors import BadValue
from fengchao.core.idempotency import respond
from reports import rules, services
from reports.api.categories import fileable
from reports.api.reports import Involved, one
from reports.api.shapes import ReportSerializer, shown
from reports.models import Report
from reports.problems import CannotBeDuplicate, MayNot
from reports.services.filing import MOST_PHOTOS
from reports.services.replies import RATING_LENGTH
from reports.services.turns import TEXT_LENGTH
from reports.states import RejectReason


class WordsSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=TEXT_LENGTH)


def _pictures(**options: Any) -> serializers.ListField:
    key = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    return serializers.ListField(child=key, max_length=MOST_PHOTOS, **options)


class AnswerSerializer(WordsSerializer):
    photos = _pictures(required=False)


class ResolveSerializer(WordsSerializer):
    photos = _pictures(min_length=1, help_text="办结后的照片")


class ReturnSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=TEXT_LENGTH)


class RejectSerializer(WordsSerializer):
    reason = serializers.ChoiceField(RejectReason.choices)
    duplicate_of = serializers.CharField(max_length=12, required=False, help_text="先报的那一件的编号")
    adds = serializers.BooleanField(required=False, default=False, help_text="重复但有新内容，给一点积分")


class AssignSerializer(serializers.Serializer):
    organisation = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class RateSerializer(serializers.Serializer):
    stars = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField(max_length=RATING_LENGTH, required=False, allow_blank=True, default="")


class RecategoriseSerializer(serializers.Serializer):
    category = serializers.CharField(max_length=32)


Given = dict[str, Any]
Act = Callable[[Report, Given, User], Report]


@dataclass(frozen=True)
class Door:
    """One move as an address: what it is called, what its body looks like, and the service behind it."""

    move: str
    summary: str
    act: Act
    shape: type[serializers.Serializer] | None = None
    example: dict[str, Any] = field(default_factory=dict)


def _assign(report: Report, given: Given, by: User) -> Report:
    organisation = Organisation.objects.filter(pk=given["organisation"]).first()
    if organisation is None:
        raise BadValue("没有这个单位。", field="organisation")
    return services.assign(report, organisation=organisation, by=by)


def _reject(report: Report, given: Given, by: User) -> Report:
    first = None
    if number := given.get("duplicate_of"):
        first = Report.objects.triaged_by(by).filter(number=number).first()
        if first is None:
            raise CannotBeDuplicate
    return services.reject(
        report, reason=given["reason"], text=given["text"], by=by, duplicate_of=first, adds=given["adds"]
    )


def _resolve(report: Report, given: Given, by: User) -> Report:
    return services.resolve(report, text=given["text"], photo_ids=given["photos"], by=by)


def _answer(report: Report, given: Given, by: User) -> Report:
    return services.answer(report, text=given["text"], photo_ids=given.get("photos", ()), by=by)


DOORS: Sequence[Door] = (
    Door("accept", "受理", lambda report, given, by: services.accept(report, by=by)),
    Door("assign", "派单", _assign, AssignSerializer, {"organisation": 7}),
    Door("start", "开始办理", lambda report, given, by: services.start(report, by=by)),
    Door(
        "return", "退回", lambda report, given, by: services.send_back(report, reason=given["reason"], by=by),
        ReturnSerializer, {"reason": "不归我们管"},
    ),
    Door(
        "ask", "请上报人补充", lambda report, given, by: services.ask(report, text=given["text"], by=by),
        WordsSerializer, {"text": "在哪个门口？"},
    ),
    Door("answer", "补充", _answer, AnswerSerializer, {"text": "东门", "photos": [1025]}),
    Door(
        "reopen", "要求重办", lambda report, given, by: services.reopen(report, text=given["text"], by=by),
        WordsSerializer, {"text": "又松了"},
    ),
    Door(
        "appeal", "申诉", lambda report, given, by: services.appeal(report, text=given["text"], by=by),
        WordsSerializer, {"text": "现在还在，可以再去看"},
    ),
    Door("resolve", "办结", _resolve, ResolveSerializer, {"text": "换了新井盖", "photos": [1026]}),
    Door(
        "reject", "不受理", _reject, RejectSerializer,
        {"reason": "duplicate", "text": "已有人报过，谢谢", "duplicate_of": "PHQ2JAAJF", "adds": True},
    ),
    Door(
        "rate", "评价",
        lambda report, given, by: services.rate(report, stars=given["stars"], text=given["text"], by=by),
        RateSerializer, {"stars": 5, "text": "很快"},
    ),
    Door(
        "disprove", "核实为不属实", lambda report, given, by: services.disprove(report, text=given["text"], by=by),
        WordsSerializer, {"text": "照片是旧的"},
    ),
    Door(
        "category", "改类别",
        lambda report, given, by: services.change_category(report, category=fileable(given["category"]), by=by),
        RecategoriseSerializer, {"category": "litter"},
    ),
)  # fmt: skip


class Move(APIView):
    """Who may not read the report finds none (404); who may read it and may not make the move is told so (403), also
    when the answer of his key is stored."""

    permission_classes = [Involved]
    idempotent = "honoured"
    door: Door

    def post(self, request: Request, number: str) -> Response:
        by = person(request)
        report = one(by, number)
        if not _may(by, report, self.door.move):
            raise MayNot
        given: Given = {}
        if self.door.shape is not None:
            shape = self.door.shape(data=request.data)
            shape.is_valid(raise_exception=True)
            given = shape.validated_data
        return respond(
            request, lambda: self.door.act(report, given, by), lambda made: (200, shown(made, by)), required=False
        )


def view_of(door: Door) -> type[Move]:
    """The view of one move, described as its own."""
    described = extend_schema(
        operation_id=f"reports_{door.move}",
        summary=door.summary,
        request=door.shape,
        responses=ReportSerializer,
        examples=[OpenApiExample(door.summary, request_only=True, value=door.example)] if door.shape else [],
    )
    made = type(f"Report{door.move.capitalize()}", (Move,), {"door": door, "__doc__": Move.__doc__})
    view: type[Move] = extend_schema_view(post=described)(made)
    return view


def _may(by: User, report: Report, move: str) -> bool:
    if move == "category":
        return rules.triages(by, report)
    return rules.party_of(by, report, move) is not None
