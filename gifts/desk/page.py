"""What the counter's one page shows."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import Courier, User
from fengchao.core import clock, photos
from fengchao.core.masking import mask_name
from gifts.forms import IdentifyForm
from gifts.models import Redemption, RefusedAttempt, Reservation
from gifts.rules import may_verify_at_counter, undo_minutes_left
from gifts.services import options
from points.services import standing
from stations.models import Station

SHOWN_TODAY = 20
REFUSED_SHOWN = 5
WAITING_SHOWN = 20


def show(
    request: HttpRequest,
    worker: User,
    station: Station,
    *,
    form: IdentifyForm | None = None,
    ticket: str | None = None,
    courier: Courier | None = None,
    pickup: Reservation | None = None,
    outcome: dict[str, Any] | None = None,
    selected: str = "",
    status: int = 200,
) -> HttpResponse:
    at = clock.now()
    of_today = Redemption.objects.filter(station=station).on_day(at)
    refused = RefusedAttempt.objects.at_counter().filter(station=station).on_day(at)
    waiting = Reservation.objects.waiting(at).filter(station=station).select_related("courier__user", "gift")
    context = {
        "station": station,
        "many_stations": Station.objects.served_by(worker).exclude(pk=station.pk).exists(),
        "today_count": of_today.live().count(),
        "today": [
            row(r, at) for r in of_today.select_related("courier__user", "gift").order_by("-at", "-pk")[:SHOWN_TODAY]
        ],
        "refused": [
            _refusal_row(attempt)
            for attempt in refused.select_related("courier__user", "gift").order_by("-at", "-pk")[:REFUSED_SHOWN]
        ],
        "waiting_count": waiting.count(),
        "waiting": [_waiting_row(reservation) for reservation in waiting[:WAITING_SHOWN]],
        "form": form or IdentifyForm(),
        "outcome": outcome,
        "ticket": ticket,
        "pickup": _set_aside(pickup) if pickup else None,
    }
    if ticket and courier:
        context |= _served(courier, station, worker, at, selected)
    return render(request, "gifts/counter.html", context, status=status)


def _served(courier: Courier, station: Station, worker: User, at: datetime, selected: str) -> dict[str, Any]:
    """What the worker sees of the courier before him."""
    mine = standing(courier)
    return {
        "courier": {
            "name": mask_name(courier.user.name),
            "outlet": str(courier.outlet) if courier.outlet else "",
            "tail": (courier.user.phone or "")[-4:],
            "month_count": Redemption.objects.live().filter(courier=courier).in_month(at).count(),
            "verified": courier.is_verified,
        },
        "standing": mine,
        "gifts": [
            {
                "code": option.gift.code,
                "name": option.gift.name,
                "points": option.gift.points,
                "icon": option.gift.icon,
                "photo_url": photos.address(option.gift.photo, "thumb") if option.gift.photo else "",
                "available": option.available,
                "reason": option.reason,
                "left_after": mine.available - option.gift.points,
                "selected": option.gift.code == selected,
            }
            for option in options(courier, station, at=at)
        ],
        "redeem_key": uuid.uuid4(),
        "can_verify": may_verify_at_counter(worker, courier),
    }


def row(redemption: Redemption, at: datetime) -> dict[str, Any]:
    return {
        "time": redemption.at,
        "name": mask_name(redemption.courier.user.name),
        "gift": redemption.gift.name,
        "points": redemption.points,
        "state": redemption.state,
        "number": redemption.number,
        "undo_left": undo_minutes_left(redemption, at),
    }


def _refusal_row(attempt: RefusedAttempt) -> dict[str, Any]:
    return {
        "time": attempt.at,
        "attempt": attempt.get_attempt_display(),
        "name": mask_name(attempt.courier.user.name) if attempt.courier else "",
        "gift": attempt.gift.name if attempt.gift else "",
        "detail": attempt.detail,
    }


def _waiting_row(reservation: Reservation) -> dict[str, Any]:
    """Without the code, which the courier must bring."""
    return {
        "name": mask_name(reservation.courier.user.name),
        "gift": reservation.gift.name,
        "until": reservation.expires_at,
    }


def _set_aside(reservation: Reservation) -> dict[str, Any]:
    """What the worker sees of a reservation whose code was named, before he hands it over."""
    gift = reservation.gift
    return {
        "code": reservation.pickup_code,
        "name": mask_name(reservation.courier.user.name),
        "gift": gift.name,
        "icon": gift.icon,
        "photo_url": photos.address(gift.photo, "thumb") if gift.photo else "",
        "points": reservation.points,
        "until": reservation.expires_at,
        "key": uuid.uuid4(),
    }


def done(redemption: Redemption | None) -> dict[str, Any] | None:
    if redemption is None:
        return None
    return {
        "kind": "done",
        "name": mask_name(redemption.courier.user.name),
        "gift": redemption.gift.name,
        "points": redemption.points,
        "balance": redemption.balance_after,
        "number": redemption.number,
    }
