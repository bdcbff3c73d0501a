"""What the courier is told of his voucher, in words that say what comes next."""

from datetime import datetime
from functools import partial

from django.db import transaction

from fengchao.core import clock, notices
from vouchers.models import Booking, Voucher
from vouchers.states import Party
from vouchers.tasks import remind_by_text

WORDS: dict[str, tuple[str, str]] = {
    "issue": ("你有一张关爱体检卡", "{programme}，{until}前有效，快去约个时间。"),
    "complete": ("体检已完成", "谢谢你照顾好自己。结果由体检中心直接给你，这里不保存。"),
    "no-show": ("你没有按预约来体检", "{again}"),
    "expire": ("体检卡已过期", "{programme}的体检卡没有用上。"),
    "void": ("体检卡已作废", "{text}"),
}
"""Move → (title, text) of the notice. Nobody is told of his own moves."""

AGAIN = "可以再约一次；再次不来，名额会让给别人。"
GONE = "两次没有来，名额已让给别人。"


def tell(voucher: Voucher, move: str, text: str, *, at: datetime, party: Party) -> None:
    """Leave the courier a notice of `move`, in the caller's transaction."""
    if move not in WORDS or party == Party.COURIER or not voucher.courier.user.is_active:
        return
    until = voucher.valid_until
    facts = {
        "programme": voucher.programme.name, "until": f"{until.month} 月 {until.day} 日", "text": text,
        "again": GONE if voucher.ended_at else AGAIN,
    }  # fmt: skip
    title, words = (part.format(**facts) for part in WORDS[move])
    notices.tell(voucher.courier, f"voucher_{move}", title, text=words, link=voucher.get_absolute_url(), at=at)


def tell_booked(booking: Booking, *, at: datetime) -> None:
    """A place came free, and it is his."""
    voucher = booking.voucher
    words = f"{when(booking)}，不去请在前一天 18:00 前取消。"
    notices.tell(
        voucher.courier, "voucher_moved_up", "候补成功，已为你约上体检", text=words,
        link=voucher.get_absolute_url(), at=at,
    )  # fmt: skip


def remind(booking: Booking, *, at: datetime) -> None:
    """Tomorrow: in the product, and by text message, since an appointment that is missed costs somebody his place."""
    voucher, programme = booking.voucher, booking.voucher.programme
    title, words = f"体检提醒：{when(booking)}", f"{programme.address}。早上空腹，带好身份证。"
    link = voucher.get_absolute_url()
    notices.tell(voucher.courier, "voucher_tomorrow", title, text=words, link=link, about=str(booking.pk), at=at)
    transaction.on_commit(partial(remind_by_text.enqueue, booking.pk, title), robust=True)


def when(booking: Booking) -> str:
    start = booking.slot.starts_at.astimezone(clock.SHANGHAI)
    return f"{start.month} 月 {start.day} 日 {start:%H:%M}"
