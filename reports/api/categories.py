"""What can be reported, and what others have reported there already."""

import math
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsCourier
from fengchao.core import clock, geo
from fengchao.core.errors import BadValue
from fengchao.core.permissions import Anyone
from reports import services
from reports.models import Category, Question, Report
from reports.services.deadlines import expected
from reports.states import ReportState


class QuestionSerializer(serializers.ModelSerializer):
    required = serializers.BooleanField(source="is_required")  # type: ignore[assignment]  # Field's own word

    class Meta:
        model = Question
        fields = ["code", "label", "kind", "choices", "required"]


class KindSerializer(serializers.ModelSerializer):
    """What a report names: questions in order, and what the courier is told before he files."""

    confidential = serializers.BooleanField(source="is_confidential")
    expected_on = serializers.SerializerMethodField(help_text="现在上报的话，预计哪天办结")
    questions = QuestionSerializer(many=True)

    class Meta:
        model = Category
        fields = ["code", "name", "icon", "hint", "confidential", "stop_notice", "expected_on", "questions"]

    def get_expected_on(self, category: Category) -> str:
        return expected(category, clock.now()).isoformat()


LOWER = {
    "code": "litter",
    "name": "暴露垃圾",
    "icon": "trash-2",
    "hint": "路边、楼道里堆着没人收的垃圾",
    "confidential": False,
    "stop_notice": "",
    "expected_on": "2026-11-30",
    "questions": [
        {"code": "size", "label": "有多少", "kind": "singlevaluelist", "choices": ["一袋", "半人高"], "required": True}
    ],
}
UPPER = {**LOWER, "code": "rubbish", "name": "积存垃圾", "hint": "", "questions": [], "children": [LOWER]}


@extend_schema_serializer(examples=[OpenApiExample("大类", response_only=True, value=UPPER)])
class CategorySerializer(KindSerializer):
    """The upper level. One with children cannot be filed itself."""

    children = KindSerializer(many=True)

    class Meta(KindSerializer.Meta):
        fields = [*KindSerializer.Meta.fields, "children"]


class Categories(ListAPIView):
    """Two levels, in the order in which they are shown."""

    permission_classes = [Anyone]
    serializer_class = CategorySerializer
    ordering = ("order", "pk")

    def get_queryset(self) -> QuerySet[Category]:
        below = Category.objects.filter(parent=OuterRef("pk"))
        lower = Category.objects.filter(is_active=True).prefetch_related("questions").order_by("order", "pk")
        upper = Category.objects.filter(parent=None, is_active=True)
        usable: QuerySet[Category] = upper.filter(Exists(below.filter(is_active=True)) | ~Exists(below))
        return usable.prefetch_related("questions", Prefetch("children", lower))

    @extend_schema(operation_id="reports_categories_list", summary="上报类别")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class SimilarSerializer(serializers.ModelSerializer):
    """Of another's report only what it is about."""

    category = serializers.CharField(source="category.code")
    distance_m = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = ["number", "category", "state", "place", "lat", "lng", "distance_m", "filed_at"]

    def get_distance_m(self, report: Any) -> int:
        metres: int = round(report.distance_m)
        return metres


class SimilarList(serializers.Serializer):
    results = SimilarSerializer(many=True)


class SimilarReports(APIView):
    """Up to five open reports of the category within 100 m, nearest first; never of a confidential one."""

    permission_classes = [IsCourier]

    @extend_schema(
        operation_id="reports_similar_list",
        summary="附近相似的上报",
        parameters=[
            OpenApiParameter("category", str, required=True, description="类别代码"),
            OpenApiParameter("lat", float, required=True, description="纬度（WGS-84）"),
            OpenApiParameter("lng", float, required=True, description="经度（WGS-84）"),
        ],
        responses=SimilarList,
        examples=[
            OpenApiExample(
                "一件",
                response_only=True,
                value={
                    "results": [
                        {
                            "number": "PHQ2JAAJF",
                            "category": "litter",
                            "state": ReportState.ACCEPTED,
                            "place": "解放大道口",
                            "lat": 30.5801,
                            "lng": 114.2202,
                            "distance_m": 32,
                            "filed_at": "2026-11-24T14:05:00+08:00",
                        }
                    ]
                },
            )
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = request.query_params
        category = fileable(wanted.get("category", ""))
        where = geo.given(_degrees(wanted.get("lat"), "lat"), _degrees(wanted.get("lng"), "lng"))
        if where is None:
            raise BadValue("请提供位置。", field="lat")
        found = services.similar(category, where)
        return Response({"results": SimilarSerializer(found, many=True).data})


def fileable(code: str) -> Category:
    """The category in use that a body or an address names."""
    named = Category.objects.fileable().select_related("handler").prefetch_related("questions")
    found = None if "\0" in code else named.filter(code=code).first()
    if found is None:
        raise BadValue("没有这个类别，或它下面还有小类。", field="category")
    return found


def _degrees(text: str | None, field: str) -> float | None:
    if text is None or not text.strip():
        return None
    try:
        degrees = float(text) if len(text) <= 30 else math.nan
    except ValueError:
        degrees = math.nan
    if not math.isfinite(degrees):
        raise BadValue("经纬度必须是数字。", field=field)
    return degrees
