"""Hours of service: what was confirmed, as a certificate that anybody who holds it can check."""

from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Courier
from activities.models import Deed, Enrolment
from activities.querysets import EnrolmentQuerySet
from activities.states import ActivityKind
from fengchao.core import clock, codes
from fengchao.core.errors import NotThere
from fengchao.core.masking import mask_name

PURPOSE = "service-hours"


@dataclass(frozen=True)
class Service:
    """One line: on `day`, `minutes` of `title`, confirmed in the name of `organisation`."""

    day: date
    title: str
    organisation: str
    minutes: int

    @property
    def long(self) -> str:
        return in_words(self.minutes)


@dataclass(frozen=True)
class Certificate:
    """What a certificate said when it was made. The name is masked: whoever holds the paper compares it."""

    name: str
    year: int
    minutes: int
    times: int
    on: date

    @property
    def long(self) -> str:
        return in_words(self.minutes)


def in_words(minutes: int) -> str:
    """150 → 2 小时 30 分钟"""
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} 小时"] * bool(hours) + [f"{rest} 分钟"] * bool(rest or not hours))


def years_of(courier: Courier) -> list[int]:
    """The years in which he served, newest first. Two queries."""
    tasks = _tasks(courier).datetimes("activity__starts_at", "year", tzinfo=clock.SHANGHAI)
    deeds = Deed.objects.of_courier(courier).approved().dates("happened_on", "year")
    return sorted({each.year for each in [*tasks, *deeds]}, reverse=True)


def services_of(courier: Courier, year: int) -> list[Service]:
    """What he did in a year of Shanghai, in order of days: confirmed tasks and approved deeds. Two queries."""
    span = clock.year_bounds(year)
    tasks = _tasks(courier).filter(activity__starts_at__gte=span[0], activity__starts_at__lt=span[1])
    deeds = Deed.objects.of_courier(courier).approved().filter(happened_on__year=year).select_related("organisation")
    found = [_of_task(one) for one in tasks.select_related("activity__organisation")]
    found += [_of_deed(deed) for deed in deeds]
    return sorted(found, key=lambda service: service.day)


def _tasks(courier: Courier) -> EnrolmentQuerySet:
    found: EnrolmentQuerySet = Enrolment.objects.of_courier(courier).confirmed()
    return found.filter(activity__kind=ActivityKind.DEED)


def _of_task(enrolment: Enrolment) -> Service:
    activity = enrolment.activity
    return Service(
        clock.shanghai_day(activity.starts_at), activity.title, activity.organisation.name, activity.minutes
    )  # fmt: skip


def _of_deed(deed: Deed) -> Service:
    return Service(deed.happened_on, f"主动做好事：{deed.place}", deed.organisation.name, deed.minutes)


def token_for(courier: Courier, year: int, services: list[Service], at: datetime) -> str:
    """What the certificate's code leads to; it holds what was true then, and does not end."""
    minutes = sum(service.minutes for service in services)
    return codes.sign(PURPOSE, [courier.pk, year, minutes, len(services), clock.shanghai_day(at).isoformat()])


def check(token: str) -> Certificate:
    """What we signed. Raises NotThere for what we did not, and when its courier has left."""
    try:
        key, year, minutes, times, on = codes.unsign(PURPOSE, token)
        made = date.fromisoformat(on)
    except (codes.BadCode, codes.ExpiredCode, ValueError, TypeError) as error:
        raise NotThere("没有这张证明，可能抄错了。") from error
    courier = Courier.objects.select_related("user").filter(pk=key, user__is_active=True).first()
    if courier is None:
        raise NotThere("这张证明的主人已注销账号。")
    return Certificate(mask_name(courier.user.name), year, minutes, times, made)
