"""The admin's first page: what needs this person today, then how the programme is doing."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest

from accounts.models import Courier, User
from accounts.roles import MANAGERS, READERS
from activities.models import Deed, Enrolment, VisitedOutlet
from fengchao import charts
from fengchao.admin import RIGHTS
from fengchao.core import clock
from fengchao.core.clock import SHANGHAI
from fengchao.navigation import address
from gifts.models import Gift, PaperSlip, Redemption, RefusedAttempt, StockTake
from gifts.querysets import stock_at
from points.models import Grant
from points.services import programme_totals
from reports.models import Report
from reports.states import OPEN, WITH_UNIT, ReportState
from stations.models import Observation, Station
from vouchers.models import Voucher
from wishes.models import Wish
from wishes.states import WishState

DAYS = 14
PICTURE = charts.Picture(base=100, width=30, highest=85, gap=5)
AGES = (1, 3, 7)
"""Days of age at which a column of open reports ends."""


@dataclass(frozen=True)
class Need:
    """A heap of work with its number and the list that shows exactly it."""

    title: str
    hint: str
    icon: str
    count: int
    link: str


@dataclass(frozen=True)
class OpenReports:
    """Open reports in one state by age: up to 1, 3 and 7 days, and older."""

    label: str
    link: str
    counts: list[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    user = request.user
    assert isinstance(user, User)
    context["title"] = "首页"
    if user.has_role(*READERS):
        context |= {
            "needs": needs(user),
            "redeemed_today": Redemption.objects.in_scope(user).live().on_day(clock.now()).count(),
            "bars": bars(user),
            "open_reports": open_reports(user),
        }
    return context


def needs(user: User) -> list[Need]:
    """One counting query each; an empty heap is shown too, as done."""
    stock = Gift.objects.running_low(stock_at(Station.objects.in_scope(user)))
    found = [
        Need(
            "待核验快递小哥", "已登记，还没人确认身份", "how_to_reg",
            Courier.objects.in_scope(user).unverified().filter(frozen_at=None).count(),
            f"{address('accounts.Courier')}?standing=unverified",
        ),
        Need("库存告急", "该补货的蜂巢和礼品", "inventory_2", stock.count(), f"{address('points.Balance')}?low=1"),
        Need(
            "今天没换成", "柜台今天被拒绝的兑换", "block",
            RefusedAttempt.objects.in_scope(user).on_day(clock.now()).count(),
            f"{address('gifts.RefusedAttempt')}?days=today",
        ),
    ]  # fmt: skip
    if user.has_role(*MANAGERS):
        waiting = Need(
            "待我审核的积分", "别人登记、等您这样的第二人", "volunteer_activism",
            Grant.objects.decidable_by(user).count(), f"{address('points.Grant')}?waiting=me",
        )  # fmt: skip
        found[1:1] = [*reported(user), wished(user), *kind_acts(user), waiting, *counted_and_written(user)]
        found.append(unvisited(user))
    if user.has_role(*RIGHTS["vouchers.Voucher"].change):
        found.append(lapsing(user))
    if user.has_role(*RIGHTS["points.Budget"].change):
        found += _short_budgets()
    return found


def reported(user: User) -> list[Need]:
    """What couriers reported and the street has to decide or to hurry, in one query."""
    ours, today = Report.objects.for_staff(user).open(), clock.shanghai_day(clock.now())
    counted = ours.aggregate(
        submitted=Count("pk", filter=Q(state=ReportState.SUBMITTED)),
        accepted=Count("pk", filter=Q(state=ReportState.ACCEPTED)),
        appealed=Count("pk", filter=Q(state=ReportState.APPEALED)),
        overdue=Count("pk", filter=Q(assigned_to__isnull=False, state__in=WITH_UNIT, due_on__lt=today)),
    )
    link = f"{address('reports.Report')}?heap="
    return [
        Need("随手拍待受理", "看一看，受理或答复", "photo_camera", counted["submitted"], f"{link}submitted"),
        Need("随手拍待派单", "已受理，派给办理单位", "send", counted["accepted"], f"{link}accepted"),
        Need("随手拍申诉待复核", "由另一位工作人员复核", "gavel", counted["appealed"], f"{link}appealed"),
        Need("随手拍超期", "办理单位过了期限", "alarm", counted["overdue"], f"{link}overdue"),
    ]


def wished(user: User) -> Need:
    """Wishes that hang on no tree before this person has looked; not his own."""
    count = Wish.objects.moderated_by(user).filter(state=WishState.REVIEW).count()
    return Need("待审核心愿", "看一看，通过或说明原因", "favorite", count, f"{address('wishes.Wish')}?heap=mine")


def kind_acts(user: User) -> list[Need]:
    """What couriers did for others and somebody has still to confirm; not this person's own."""
    deeds = Deed.objects.reviewed_by(user).to_review().order_by().count()
    came = Enrolment.objects.in_scope(user).to_confirm().exclude(courier=user.pk).count()
    told = f"{address('activities.Deed')}?state__exact=submitted"
    there = f"{address('activities.Enrolment')}?confirm=waiting"
    return [
        Need("待审核好事", "看看照片，通过或说明原因", "thumb_up", deeds, told),
        Need("待确认到场", "扫了海报，等主办方确认", "how_to_reg", came, there),
    ]


def unvisited(user: User) -> Need:
    """Outlets where no visitor has met anybody yet."""
    count = VisitedOutlet.objects.read_by(user).never_visited().count()
    link = f"{address('activities.VisitedOutlet')}?visited=never"
    return Need("从未走访的网点", "安排一次送清凉或慰问", "hail", count, link)


def lapsing(user: User) -> Need:
    """Cards of which nobody makes use in time unless he is reminded."""
    count = Voucher.objects.in_scope(user).lapsing(clock.now()).count()
    link = f"{address('vouchers.Voucher')}?lapsing=1"
    return Need("体检卡快过期", "两周内过期，还没约", "health_and_safety", count, link)


def open_reports(user: User) -> list[OpenReports]:
    """By state and age, in one query."""
    at = clock.now()
    ends = [at - timedelta(days=days) for days in AGES]
    spans = [Q(filed_at__gt=ends[0]), *(Q(filed_at__lte=newer, filed_at__gt=older) for newer, older in pairwise(ends)),
             Q(filed_at__lte=ends[-1])]  # fmt: skip
    columns = {f"age{nr}": Count("pk", filter=span) for nr, span in enumerate(spans)}
    rows = Report.objects.for_staff(user).open().order_by().values("state").annotate(**columns)
    by_state = {state: counts for state, *counts in rows.values_list("state", *columns)}
    link = f"{address('reports.Report')}?state__exact="
    return [OpenReports(str(state.label), f"{link}{state}", by_state.get(state, [0] * len(spans))) for state in OPEN]


def counted_and_written(user: User) -> list[Need]:
    """What the counter did or couriers said, and this person decides."""
    return [
        Need(
            "待我审定的盘点", "柜台已确认，审定后差异入账", "fact_check",
            StockTake.objects.decidable_by(user).count(), f"{address('gifts.StockTake')}?waiting=me",
        ),
        Need(
            "待我审核的纸质单", "停电断网时的交付，通过后扣分出库", "receipt",
            PaperSlip.objects.decidable_by(user).count(), f"{address('gifts.PaperSlip')}?waiting=me",
        ),
        Need(
            "待我审核的更正", "快递小哥说蜂巢信息不对", "campaign",
            Observation.objects.decidable_by(user).count(), f"{address('stations.Observation')}?waiting=me",
        ),
    ]  # fmt: skip


def _short_budgets() -> list[Need]:
    """A heap only where there is one: nobody has to do anything about a budget that lasts."""
    short = [total for total in programme_totals(clock.shanghai_day(clock.now()).year) if total.nearly_spent]
    names = "、".join(total.programme.label for total in short)
    link = address("points.Budget")
    return [Need("预算快用完", f"今年已用九成以上：{names}", "savings", len(short), link)] if short else []


def bars(user: User) -> list[charts.Bar]:
    """Hand-overs of the last fortnight, day by day in Shanghai, in one query."""
    today = clock.shanghai_day(clock.now())
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    start, _ = clock.day_bounds(days[0])
    rows = Redemption.objects.in_scope(user).live().filter(at__gte=start).annotate(day=TruncDate("at", tzinfo=SHANGHAI))
    counts = dict(rows.order_by().values_list("day").annotate(Count("pk")))
    return charts.bars(days, counts, PICTURE)
