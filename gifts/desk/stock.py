"""The stock page: what lies here, what comes and leaves, what came and left lately."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import RuleBroken
from gifts.desk.forms import MoveForm
from gifts.models import Movement
from gifts.services import move, on_hand, stock_levels
from gifts.services.stock import StockLevel
from gifts.states import MovementKind
from stations.guards import counter_page
from stations.models import Station

RECENT = 20


@require_http_methods(["GET", "HEAD", "POST"])
@counter_page
def stock(request: HttpRequest, worker: User, station: Station) -> HttpResponse:
    levels = shown_levels(station)
    others = list(Station.objects.served_by(worker).exclude(pk=station.pk).order_by("code"))
    form = MoveForm(
        request.POST or None, levels=levels, others=others, first=request.GET.get("gift", ""),
        initial={"key": uuid.uuid4().hex},
    )  # fmt: skip
    status = 200
    if form.is_valid():
        try:
            told = _move(request, worker, station, form, levels, others)
        except RuleBroken as refusal:
            say_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, told)
            return redirect("stock", station.code)
    context = {
        "station": station,
        "many_stations": bool(others),
        "form": form,
        "levels": sorted(levels, key=lambda level: (not level.is_low, not level.came)),
        "low_count": sum(level.is_low for level in levels),
        "recent": [_row(movement, station) for movement in _recent(station)],
    }
    return render(request, "gifts/stock.html", context, status=status)


def shown_levels(station: Station) -> list[StockLevel]:
    """Gifts that may come here, and those that lie here though nobody gets them any more."""
    return [level for level in stock_levels(station) if level.gift.is_active or level.on_hand]


def _move(
    request: HttpRequest, worker: User, station: Station, form: MoveForm, levels: list[StockLevel],
    others: list[Station],
) -> str:  # fmt: skip
    given = form.cleaned_data
    gift = next(level.gift for level in levels if level.gift.code == given["gift"])
    to_station = next((other for other in others if other.code == given.get("to_station")), None)
    if given["kind"] != MovementKind.TRANSFERRED:
        to_station = None  # left over from a change of mind
    return act_once(
        request, worker, given["key"],
        lambda: move(
            given["kind"], gift, station, quantity=given["quantity"], to_station=to_station, note=given["note"],
            by=worker,
        ),
        _told,
    )  # fmt: skip


def _told(movement: Movement) -> str:
    what = f"已{MovementKind(movement.kind).label} {movement.gift.name} {movement.quantity} 件"
    left = on_hand(movement.station, movement.gift)
    if movement.to_station:
        return f"{what}到{movement.to_station.name}，本站现有 {left} 件。"
    return f"{what}，现有 {left} 件。"


def _recent(station: Station) -> list[Movement]:
    found = Movement.objects.touching(station.pk).select_related("gift", "station", "to_station", "by")
    return list(found.order_by("-at", "-pk")[:RECENT])


def _row(movement: Movement, station: Station) -> dict[str, Any]:
    came_from_another = movement.to_station_id == station.pk
    change = movement.quantity
    if movement.kind == MovementKind.COUNTED:
        change = movement.difference or 0
    elif movement.kind in (MovementKind.TRANSFERRED, MovementKind.WRITTEN_OFF) and not came_from_another:
        change = -change
    other = movement.station if came_from_another else movement.to_station
    return {
        "at": movement.at,
        "kind": movement.get_kind_display(),
        "gift": movement.gift.name,
        "change": change,
        "where": f"{'来自' if came_from_another else '到'}{other.name}" if other else "",
        "counted": movement.quantity if movement.kind == MovementKind.COUNTED else None,
        "note": movement.note,
        "by": str(movement.by),
    }
