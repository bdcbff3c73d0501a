"""How values look on a page."""

from datetime import datetime, timedelta

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from fengchao.core import clock as time
from fengchao.core import geo, photos
from fengchao.core.masking import mask_name, mask_phone
from fengchao.core.models import Photo

register = template.Library()
MINUS = "−"  # U+2212, as wide as a plus

register.filter("masked_name", mask_name)
register.filter("masked_phone", mask_phone)


@register.filter
def points(value: int) -> str:
    """1480 → 1,480"""
    return f"{value:,}".replace("-", MINUS)


@register.filter
def picture(photo: Photo, size: str = "full") -> str:
    """Where the picture is served."""
    return photos.address(photo, size)


@register.filter
def signed(value: int) -> str:
    """20 → +20, -1000 → −1,000, 0 → 0"""
    return f"{value:+,}".replace("-", MINUS) if value else "0"


@register.filter
def percent(share: float) -> str:
    """0.934 → 93%"""
    return f"{share:.0%}"


@register.filter
def distance(metres: int) -> str:
    """352 → 约 350 米"""
    return geo.in_words(metres)


@register.filter
def clock(at: datetime) -> str:
    """14:02"""
    return at.astimezone(time.SHANGHAI).strftime("%H:%M")


@register.filter
def day(at: datetime) -> str:
    """11月26日, with the year when it is not this one."""
    there = time.shanghai_day(at)
    this_year = there.year == time.shanghai_day(time.now()).year
    return f"{there.month}月{there.day}日" if this_year else f"{there.year}年{there.month}月{there.day}日"


@register.filter
def when(at: datetime) -> str:
    """今天 10:24, 昨天 10:24, 11月2日 14:02"""
    today = time.shanghai_day(time.now())
    named = {today: "今天", today - timedelta(days=1): "昨天"}
    return f"{named.get(time.shanghai_day(at)) or day(at)} {clock(at)}"


@register.filter
def ago(at: datetime) -> str:
    """刚刚, 20 分钟前, 3 小时前, 2 天前"""
    minutes = max(0, int((time.now() - at).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} 分钟前" if minutes else "刚刚"
    return f"{minutes // 60} 小时前" if minutes < 60 * 24 else f"{minutes // (60 * 24)} 天前"


@register.filter
def due(at: datetime) -> str:
    """11月26日 周四 14:02: until when something is kept."""
    return f"{day(at)} 周{'一二三四五六日'[time.shanghai_day(at).weekday()]} {clock(at)}"


@register.filter
def soon(at: datetime) -> str:
    """今天 14:00, 明天 14:00, 周六 14:00 within a week, 11月26日 周四 14:00: when something begins."""
    ahead = (time.shanghai_day(at) - time.shanghai_day(time.now())).days
    if 1 < ahead < 7:
        return f"周{'一二三四五六日'[time.shanghai_day(at).weekday()]} {clock(at)}"
    named = {0: "今天", 1: "明天"}.get(ahead)
    return f"{named} {clock(at)}" if named else due(at)


@register.filter
def fours(code: str) -> str:
    """ABCD2346 → ABCD 2346, for the eye."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


@register.simple_tag
def icon(name: str, size: int = 24) -> SafeString:
    """A picture beside words that say the same, so it is silent for screen readers. An unknown name shows nothing:
    names of gifts and facilities come from the database."""
    try:
        return mark_safe(lucide(str(name), size=size, aria_hidden="true", focusable="false"))
    except IconDoesNotExist:
        return SafeString("")
