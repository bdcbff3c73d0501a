"""What couriers are told of their activities and deeds, in words that say what comes next."""

from datetime import datetime
from functools import partial

from django.db import transaction

from accounts.models import Courier
from activities.models import Activity, Deed, Enrolment
from activities.states import EnrolmentState
from activities.tasks import remind_by_text
from fengchao.core import clock, notices

WORDS: dict[str, tuple[str, str]] = {
    "moved_up": ("候补成功：{title}", "{when}，{where}。去不了请在开始前退出，把名额让给别人。"),
    "moved": ("活动有变：{title}", "现在是{when}，{where}。"),
    "cancel": ("活动取消：{title}", "{reason}"),
    "tomorrow": ("活动提醒：{title}", "{when}，{where}。去不了请在开始前退出。"),
    "confirmed": ("到场已确认：{title}", "{earned}"),
}
"""What happened → (title, text) of the notice. Nobody is told of what he did himself."""


def tell(activity: Activity, courier: Courier, what: str, *, at: datetime, earned: str = "") -> None:
    """Leave the courier a notice, in the caller's transaction."""
    if not courier.user.is_active:
        return
    facts = {
        "title": activity.title, "when": when(activity), "where": activity.where, "reason": activity.reason,
        "earned": earned,
    }  # fmt: skip
    title, text = (part.format(**facts) for part in WORDS[what])
    notices.tell(courier, f"activity_{what}", title, text=text, link=activity.get_absolute_url(), at=at)


def tell_all(activity: Activity, what: str, *, at: datetime) -> None:
    """Whoever has a place or waits for one."""
    parts = Enrolment.objects.filter(activity=activity, state__in=[EnrolmentState.ENROLLED, EnrolmentState.WAITING])
    for enrolment in parts.select_related("courier__user").order_by("pk"):
        tell(activity, enrolment.courier, what, at=at)


def tell_confirmed(enrolment: Enrolment, *, at: datetime) -> None:
    earned = f"谢谢你，{enrolment.points} 分已到账。" if enrolment.points else "谢谢你来。"
    tell(enrolment.activity, enrolment.courier, "confirmed", at=at, earned=earned)


def remind(enrolment: Enrolment, *, at: datetime) -> None:
    """Tomorrow: in the product, and by text message, since somebody else may want the place."""
    activity = enrolment.activity
    tell(activity, enrolment.courier, "tomorrow", at=at)
    title = f"活动提醒：{activity.title}，{when(activity)}"
    transaction.on_commit(partial(remind_by_text.enqueue, enrolment.pk, title), robust=True)


def tell_decided(deed: Deed, *, at: datetime) -> None:
    if not deed.courier.user.is_active:
        return
    title = "你做的好事没有通过" if deed.reason else "你做的好事通过了"
    text = deed.reason or (f"谢谢你，{deed.points} 分已到账。" if deed.points else "谢谢你的热心。")
    notices.tell(deed.courier, f"deed_{deed.state}", title, text=text, link=deed.get_absolute_url(), at=at)


def when(activity: Activity) -> str:
    start = activity.starts_at.astimezone(clock.SHANGHAI)
    return f"{start.month} 月 {start.day} 日 {start:%H:%M}"
