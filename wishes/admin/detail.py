"""What stands around the facts of one wish: what to look at twice, the next step, pictures, history, the claim."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from fengchao.core import clock, links, photos
from wishes import rules
from wishes.models import Claim, Wish
from wishes.services import history
from wishes.services.claims import ends_at, is_ending
from wishes.services.flags import reasons
from wishes.states import DELIVERY_PHOTO, MOVE_NAMES, PHOTO, WishState

TITLES = {PHOTO: "许愿人的照片", DELIVERY_PHOTO: "送达的照片"}
ACTIONS = ("approve", "reject", "withdraw")
LABELS = {**MOVE_NAMES, "withdraw": "撤下"}
SERIOUS = ("reject", "withdraw")


def beside(wish: Wish, user: User) -> dict[str, Any]:
    is_own = rules.is_own(user, wish)
    decides = rules.moderates(user, wish) and not is_own
    shots = photos.of(str(wish.pk), *TITLES)
    claims = [_clock(claim) for claim in wish.claims.select_related("organisation", "by", "improvement").order_by("pk")]
    return {
        "wish": wish,
        "is_own": is_own,
        "flags": reasons(wish),
        "moves": _moves(wish, user) if decides else [],
        "list_address": reverse("admin:wishes_wish_changelist"),
        "courier_address": reverse("admin:accounts_courier_change", args=[wish.courier_id]),
        "shelves": [
            {"title": title, "photos": found}
            for kind, title in TITLES.items()
            if (found := [shot for shot in shots if shot.kind == kind])
        ],
        "steps": history.in_words(wish, as_courier=False),
        "claims": claims,
        "origin": links.of([("origin:wish", str(wish.pk))], user).get(("origin:wish", str(wish.pk)), ""),
    }


def _moves(wish: Wish, user: User) -> list[dict[str, Any]]:
    now = rules.allowed(wish, user)
    found = [
        {"action": f"{move}_chosen", "label": LABELS[move], "is_serious": move in SERIOUS}
        for move in ACTIONS
        if move in now
    ]
    if wish.state == WishState.OPEN:
        found.insert(0, {"action": "improve_chosen", "label": "做成蜂巢改进", "is_serious": False})
    if wish.thanks and not wish.thanks_hidden:
        found.append({"action": "hide_thanks_chosen", "label": "不公开道谢", "is_serious": True})
    return found


def _clock(claim: Claim) -> dict[str, Any]:
    """A claim with what its clock says, where it has one."""
    runs = claim.released_at is None and claim.improvement_id is None and claim.wish.state == WishState.CLAIMED
    return {
        "row": claim,
        "ends": ends_at(claim) if runs else None,
        "is_ending": runs and is_ending(claim, clock.now()),
    }
