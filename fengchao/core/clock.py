"""Time: the database keeps UTC, people and deadlines live in Shanghai."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    return timezone.now()


def shanghai_day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def iso(at: datetime | None) -> str | None:
    """As the API writes a time: ISO 8601 with Shanghai's offset."""
    return at.astimezone(SHANGHAI).isoformat() if at else None


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Midnight to midnight in Shanghai, half open: `start <= at < end`."""
    return _midnight(day), _midnight(day + timedelta(days=1))


def month_bounds(at: datetime) -> tuple[datetime, datetime]:
    """The Shanghai month that holds `at`, half open."""
    first = shanghai_day(at).replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return _midnight(first), _midnight(following)


def year_bounds(year: int) -> tuple[datetime, datetime]:
    """The first moment of the Shanghai year, and of the next one."""
    return _midnight(date(year, 1, 1)), _midnight(date(year + 1, 1, 1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)
