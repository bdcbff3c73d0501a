"""Runs every timed rule once; harmless when repeated."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import signin
from activities import services as activities
from fengchao.core import clock, idempotency, limits, notices, photos
from gifts.services import expire_reservations, remind_of_reservations
from points.services import close_days, expire_points
from reports.services import close_due, erase_of_closed, remind_to_rate
from vouchers import services as vouchers
from wishes.services import confirm_due, release_due, warn_due
from wishes.services import erase_of_closed as erase_wishes_of_closed


class Command(BaseCommand):
    help = (
        "执行所有定时规则:到期的预约和积分、随手拍结案、心愿认领和确认、体检卡、活动、结账、清理过期的码、幂等键、计数、通知和照片"
        "(worker 每 10 分钟自动执行)。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at", metavar="ISO", help="按这个时刻执行,如 2027-01-01T00:05:00+08:00;不带时区为上海时间"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = _moment(options["at"])
        rules = {
            "登录验证码和动态码": signin.forget,
            "过期的预约": expire_reservations,
            "快到期的预约": remind_of_reservations,
            "满 14 天的随手拍": close_due,
            "快结案的随手拍": remind_to_rate,
            "已注销账号的随手拍": erase_of_closed,
            "快到期的认领": warn_due,
            "到期的认领": release_due,
            "送达满 7 天的心愿": confirm_due,
            "已注销账号的心愿": erase_wishes_of_closed,
            "没来体检的": vouchers.miss_due,
            "体检忘了收尾的": vouchers.complete_due,
            "过期的体检卡": vouchers.expire_due,
            "候补的体检卡": vouchers.fill_due,
            "明天体检的": vouchers.remind_due,
            "到点的活动": activities.start_due,
            "忘了结束的活动": activities.finish_due,
            "明天的活动": activities.remind_due,
            "过期的积分": expire_points,
            "结账日": close_days,
            "幂等键": idempotency.delete_expired,
            "计数": limits.delete_ended,
            "半年前的通知": notices.forget,
            "未使用的照片": photos.delete_unused,
        }
        for name, rule in rules.items():
            done = rule(at)
            if options["verbosity"]:
                self.stdout.write(f"{name}:{done}")


def _moment(text: str | None) -> datetime:
    if text is None:
        return clock.now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"看不懂这个时刻:{text}") from error
    return at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)
