"""What courier and claimant are told, in words that say what comes next."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from fengchao.core import clock, notices
from wishes.models import Claim, Wish
from wishes.states import Party
from wishes.tasks import warn_by_text

WORDS: dict[str, tuple[str, str]] = {
    "approve": ("{what}挂上心愿树了", "有单位认领后会告诉你。"),
    "reject": ("{what}没有通过审核", "{text}"),
    "claim": ("{what}有人认领了", "{who}正在为你准备。"),
    "progress": ("{what}有新进展", "{text}"),
    "release": ("{what}又挂回了树上", "认领单位没能办成，等下一个单位认领。"),
    "deliver": ("{what}送到了", "请到{station}领取，收到后点“确认收到”。{text}"),
    "confirm": ("{what}点亮了", "送达满 7 天，已自动确认收到。"),
    "withdraw": ("{what}已被撤下", "{text}"),
}
"""Move → (title, text) of the notice. Nobody is told of his own moves."""

WARNING, RELEASED = "wish_claim_ends", "wish_claim_released"


def tell(wish: Wish, move: str, text: str, *, at: datetime, party: Party) -> None:
    """Leave the courier a notice of `move`, in the caller's transaction."""
    if move not in WORDS or party == Party.COURIER or not wish.courier.user.is_active:
        return
    facts = {
        "what": f"“{wish.title}”", "text": text, "station": wish.station.name,
        "who": wish.claimed_by.name if wish.claimed_by else "",
    }  # fmt: skip
    title, words = (part.format(**facts) for part in WORDS[move])
    notices.tell(wish.courier, f"wish_{move}", title, text=words, link=wish.get_absolute_url(), at=at)


def warn(claim: Claim, claimers: Iterable[User], *, last: datetime, at: datetime) -> None:
    """Remind the organisation of its claim: in the product all who claim for it, and by text message who did."""
    day = last.astimezone(clock.SHANGHAI)
    title = "有一个认领的心愿快到期了"  # not which: his words would outlive his account here
    words = f"{day.month} 月 {day.day} 日前没有送达或进展，就会退回心愿树。"
    link = reverse("desk_wish", args=[claim.wish_id])
    for person in {*claimers, claim.by}:
        notices.tell(person, WARNING, title, text=words, link=link, at=at)
    key = f"claim:{claim.pk}:{claim.progress_at.isoformat()}"
    transaction.on_commit(partial(warn_by_text.enqueue, claim.pk, title, key), robust=True)


def say_released(wish: Wish, claimers: Iterable[User], *, at: datetime) -> None:
    """Tell the organisation that the clock took the wish back."""
    for person in claimers:
        notices.tell(
            person, RELEASED, "有一个认领的心愿已退回", text="超过 7 天没有送达或进展。",
            link=reverse("desk_wish", args=[wish.pk]), at=at,
        )  # fmt: skip
