"""What a courier could have at a station, and why not the rest."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Courier
from fengchao.core import clock
from gifts.models import Gift
from gifts.services.refusals import taken_this_month
from points.services import standing
from stations.models import Station


@dataclass(frozen=True)
class Option:
    """A gift with its stock here. `reason` says in words why it cannot be taken now; empty when it can."""

    gift: Gift
    on_hand: int
    available: int
    missing: int
    reason: str


def options(courier: Courier, station: Station, *, at: datetime | None = None) -> list[Option]:
    """Every gift on sale, the ones in stock here first, then by price; in three queries."""
    at = at or clock.now()
    points = standing(courier).available
    taken = taken_this_month(courier, at)
    gifts = Gift.objects.on_sale(at).select_related("photo").with_stock(station.pk).order_by("points", "pk")
    found = [_option(gift, points, taken.get(gift.pk, 0), verified=courier.is_verified) for gift in gifts]
    return sorted(found, key=lambda option: option.available <= 0)


def _option(gift: Gift, points: int, taken: int, *, verified: bool) -> Option:
    on_hand, reserved = gift.on_hand, gift.reserved
    available, missing = on_hand - reserved, max(0, gift.points - points)
    reason = ""
    if not verified:
        reason = "先核验身份"
    elif available <= 0:
        reason = "本站没有了"
    elif gift.monthly_limit is not None and taken >= gift.monthly_limit:
        reason = f"本月限兑 {gift.monthly_limit} 件"
    elif points < 0:
        reason = "积分为负"
    elif missing:
        reason = f"还差 {missing:,} 分"
    return Option(gift, on_hand, available, missing, reason)
