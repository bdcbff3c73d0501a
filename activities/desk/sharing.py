"""What can be borrowed and when it is free, what we have borrowed, and what others ask of us."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import staff_page
from accounts.models import User
from accounts.rules import organisations_of
from activities.desk.sharing_forms import AskForm, FilterForm
from activities.models import Loan, Pairing, Resource
from activities.organisers import ORGANISERS
from activities.services import sharing
from activities.sharing_querysets import LoanQuerySet
from activities.sharing_states import AHEAD, LoanState
from fengchao.core import clock
from fengchao.core.acts import act_once, say_refusal
from fengchao.core.errors import NotThere, RuleBroken

A_PAGE = 20
WEEK = 7
TABS = (("", "可借的"), ("ours", "我们借的"), ("decide", "待答复"), ("lent", "借出的"), ("pairs", "组织共建"))
EMPTY = {
    "": "还没有可以借的场地和设备，请街道在后台登记。",
    "ours": "还没有借过东西，到“可借的”里看看。",
    "decide": "没有等你们答复的申请。",
    "lent": "现在没有借出去的东西。",
    "pairs": "还没有登记组织共建。",
}
LISTED = 50
"""Pairings of a community: a handful, never pages of them."""

organiser_page = staff_page(*ORGANISERS)


@dataclass(frozen=True)
class Day:
    """A day of a resource, and from when to when it is lent then."""

    on: date
    taken: list[str]


def to_decide(worker: User) -> int:
    return _asked_of(worker).count()


@require_safe
@organiser_page
def resources(request: HttpRequest, worker: User) -> HttpResponse:
    show = request.GET.get("show", "")
    show = show if show in EMPTY else ""
    form = FilterForm(request.GET) if not show else None
    rows = _rows(worker, show) if form is None else form.narrow(_borrowable(worker))
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    heaps = {"decide": to_decide(worker)}
    context = {
        "show": show,
        "tabs": [(word, label, heaps.get(word), word == show) for word, label in TABS],
        "form": form,
        "is_filtered": form is not None and form.is_filtered,
        "rows": _with_weeks(list(page), clock.shanghai_day(clock.now())) if form else list(page),
        "empty": EMPTY[show],
        "earlier": _other_page(request, page.previous_page_number()) if page.has_previous() else "",
        "following": _other_page(request, page.next_page_number()) if page.has_next() else "",
    }
    return render(request, "desk/sharing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser_page
def resource(request: HttpRequest, worker: User, key: int) -> HttpResponse:
    """When it is free, a week at a time, and the form that asks for it."""
    found = _borrowable(worker).filter(pk=key).first()
    if found is None:
        raise NotThere
    ours = organisations_of(worker, *ORGANISERS)
    if request.method != "POST":
        return _resource_page(request, found, AskForm(organisations=ours))
    form = AskForm(request.POST, organisations=ours)
    if not form.is_valid():
        return _resource_page(request, found, form, status=400)
    said = form.cleaned_data

    def act() -> Loan:
        return sharing.ask(
            found, borrower=form.chosen, starts_at=said["starts_at"], ends_at=said["ends_at"],
            purpose=said["purpose"], by=worker,
        )  # fmt: skip

    try:
        messages.success(request, act_once(request, worker, said["key"], act, _told))
    except RuleBroken as refusal:
        say_refusal(form, refusal)
        return _resource_page(request, found, form, status=refusal.status)
    return redirect(f"{reverse('desk_sharing')}?show=ours")


def _told(made: Loan) -> str:
    if made.state == LoanState.APPROVED:
        return f"已登记使用“{made.resource.name}”。"
    return f"已申请借用“{made.resource.name}”，等{made.resource.organisation.name}答复。"


def _resource_page(request: HttpRequest, found: Resource, form: AskForm, status: int = 200) -> HttpResponse:
    today = clock.shanghai_day(clock.now())
    first = _day(request.GET.get("day", ""), today)
    context = {
        "resource": found,
        "form": form,
        "week": _weeks([found], first)[found.pk],
        "before": first - timedelta(days=WEEK) if first > today else None,
        "after": first + timedelta(days=WEEK) if first < today + AHEAD else None,
    }
    return render(request, "desk/resource.html", context, status=status)


def _day(text: str, today: date) -> date:
    """The day that the address names, within what may be asked for; today for anything else."""
    try:
        named = date.fromisoformat(text)
    except ValueError:
        return today
    return named if today <= named <= today + AHEAD else today


def _borrowable(worker: User) -> Any:
    rows = Resource.objects.lent_to(worker).select_related("organisation")
    return rows.order_by("kind", "organisation__path", "name", "pk")


def _asked_of(worker: User) -> LoanQuerySet:
    found: LoanQuerySet = Loan.objects.lent_by(worker).requested()
    return found


def _rows(worker: User, show: str) -> Any:
    match show:
        case "ours":
            return Loan.objects.borrowed_by(worker).shown().order_by("-starts_at", "-pk")
        case "decide":
            return _asked_of(worker).shown().order_by("starts_at", "pk")
        case "lent":
            return Loan.objects.lent_by(worker).lent().shown().order_by("starts_at", "pk")
    pairs = Pairing.objects.in_scope(worker).live().select_related("party", "community")
    return pairs.order_by("community__path", "since", "pk")[:LISTED]


def _with_weeks(found: list[Resource], first: date) -> list[tuple[Resource, list[Day], bool]]:
    """Each with its week, and whether anything of it is taken."""
    weeks = _weeks(found, first)
    return [(one, weeks[one.pk], any(day.taken for day in weeks[one.pk])) for one in found]


def _weeks(found: list[Resource], first: date) -> dict[int, list[Day]]:
    """The seven days from `first` of each resource, in one query."""
    days = [first + timedelta(days=number) for number in range(WEEK)]
    bounds = {day: clock.day_bounds(day) for day in days}
    lent = list(
        Loan.objects.lent().filter(resource__in=found)
        .overlapping(bounds[days[0]][0], bounds[days[-1]][1]).order_by("starts_at")
    )  # fmt: skip
    return {
        one.pk: [Day(day, [_span(loan, *bounds[day]) for loan in lent if _meets(loan, one, *bounds[day])])
                 for day in days]
        for one in found
    }  # fmt: skip


def _meets(loan: Loan, one: Resource, start: datetime, end: datetime) -> bool:
    return loan.resource_id == one.pk and loan.starts_at < end and loan.ends_at > start


def _span(loan: Loan, start: datetime, end: datetime) -> str:
    """09:00–11:30, or 全天."""
    first, last = max(loan.starts_at, start), min(loan.ends_at, end)
    if (first, last) == (start, end):
        return "全天"
    until = "24:00" if last == end else f"{last.astimezone(clock.SHANGHAI):%H:%M}"
    return f"{first.astimezone(clock.SHANGHAI):%H:%M}–{until}"


def _other_page(request: HttpRequest, page: int) -> str:
    kept = {name: str(request.GET[name]) for name in ("show", "kind", "words") if name in request.GET}
    return f"?{urlencode({**kept, 'page': str(page)})}"
