"""The figures everybody may see: counts, never a person."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fengchao.core import clock
from fengchao.core.permissions import Anyone
from gifts.models import Redemption
from points.services import points_issued_and_redeemed
from reports.models import Report
from reports.states import DONE
from stations import opening
from stations.models import Station, Visit
from wishes.models import Wish

MENDED_WITHIN = timedelta(days=30)


def gifts_by_day(start: datetime, end: datetime) -> dict[date, int]:
    """Hand-overs that stand, by Shanghai day."""
    rows = Redemption.objects.live().filter(at__gte=start, at__lt=end)
    days = rows.annotate(day=TruncDate("at", tzinfo=clock.SHANGHAI)).order_by().values_list("day")
    return dict(days.annotate(Count("pk")))


def visits_by_day(start: datetime, end: datetime) -> dict[date, int]:
    """Visits, by Shanghai day."""
    days = Visit.objects.filter(at__gte=start, at__lt=end).order_by().values_list("day")
    return dict(days.annotate(Count("pk")))


def reports_by_day(start: datetime, end: datetime) -> dict[date, int]:
    """Reports filed, by Shanghai day; none of a confidential category, as in all public counts."""
    rows = Report.objects.public_kind().filter(filed_at__gte=start, filed_at__lt=end)
    days = rows.annotate(day=TruncDate("filed_at", tzinfo=clock.SHANGHAI)).order_by().values_list("day")
    return dict(days.annotate(Count("pk")))


def wishes_by_day(start: datetime, end: datetime) -> dict[date, int]:
    """Wishes lit, by Shanghai day."""
    rows = Wish.objects.lit().filter(lit_at__gte=start, lit_at__lt=end)
    days = rows.annotate(day=TruncDate("lit_at", tzinfo=clock.SHANGHAI)).order_by().values_list("day")
    return dict(days.annotate(Count("pk")))


DAILY: dict[str, Callable[[datetime, datetime], dict[date, int]]] = {
    "gifts": gifts_by_day, "visits": visits_by_day, "reports": reports_by_day,
    "wishes": wishes_by_day,
}  # fmt: skip
"""What can be counted by Shanghai day from `start` to before `end`: a new part enters its own here, and both the
figures and the screen show it."""


class StationFigures(serializers.Serializer):
    total = serializers.IntegerField()
    open = serializers.IntegerField()


class PointFigures(serializers.Serializer):
    issued = serializers.IntegerField()
    redeemed = serializers.IntegerField()


class ReportFigures(serializers.Serializer):
    open = serializers.IntegerField()
    resolved_30d = serializers.IntegerField()


class WishFigures(serializers.Serializer):
    open = serializers.IntegerField()
    lit = serializers.IntegerField()


class FiguresShape(serializers.Serializer):
    stations = StationFigures()
    visits_today = serializers.IntegerField()
    points = PointFigures()
    reports = ReportFigures()
    wishes = WishFigures()


def figures(at: datetime | None = None) -> dict[str, Any]:
    """The public figures at a moment. A wish is counted as open while it waits to be claimed, as the tree says it."""
    at = at or clock.now()
    rows = Station.objects.active().only("pk", "opening_hours", "holiday_hours")
    stations = opening.with_overrides(rows, at)
    states = [opening.state(station, at).is_open for station in stations]
    today = clock.shanghai_day(at)
    issued, redeemed = points_issued_and_redeemed()
    told = Report.objects.public_kind()
    mended = told.filter(state__in=DONE, resolved_at__gt=at - MENDED_WITHIN, resolved_at__lte=at)
    return {
        "stations": {"total": len(states), "open": states.count(True)},
        "visits_today": DAILY["visits"](*clock.day_bounds(today)).get(today, 0),
        "points": {"issued": issued, "redeemed": redeemed},
        "reports": {"open": told.open().count(), "resolved_30d": mended.count()},
        "wishes": {"open": Wish.objects.waiting().count(), "lit": Wish.objects.lit().count()},
    }


class Figures(APIView):
    permission_classes = [Anyone]

    @extend_schema(
        operation_id="figures_retrieve",
        summary="公开数字",
        responses=FiguresShape,
        examples=[
            OpenApiExample(
                "数字",
                value={
                    "stations": {"total": 30, "open": 26},
                    "visits_today": 318,
                    "points": {"issued": 412300, "redeemed": 288500},
                    "reports": {"open": 41, "resolved_30d": 186},
                    "wishes": {"open": 12, "lit": 86},
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        return Response(FiguresShape(figures()).data)
