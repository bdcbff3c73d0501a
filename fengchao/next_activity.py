"""What a courier's home says of his next activity, in the one query of that page."""

from datetime import datetime
from typing import Any

from django.db.models.functions import JSONObject

from accounts.models import Courier
from activities.models import Enrolment
from activities.states import EnrolmentState


def cards_of(courier: Courier | None, now: datetime) -> Any:
    """The card, one at most, of what he has a place in or waits for, soonest first."""
    ahead = Enrolment.objects.of_courier(courier).ahead(now) if courier else Enrolment.objects.none()
    card = JSONObject(
        pk="activity_id", title="activity__title", starts_at="activity__starts_at", place="activity__place",
        station="activity__station__name", state="state",
    )  # fmt: skip
    return ahead.order_by("activity__starts_at", "pk").values(card=card)[:1]


def read(cards: list[dict[str, Any]]) -> dict[str, Any] | None:
    """As activities/_home.html shows it."""
    for card in cards:
        return {
            "pk": card["pk"],
            "title": card["title"],
            "starts_at": datetime.fromisoformat(card["starts_at"]),
            "where": card["place"] or card["station"] or "",
            "waits": card["state"] == EnrolmentState.WAITING,
        }
    return None
