"""The centre's day: who is expected when, and the field into which a card is scanned."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from fengchao.core import clock
from fengchao.core.errors import NotThere
from vouchers import services
from vouchers.forms import ScanForm
from vouchers.guards import clinic_page
from vouchers.models import Booking, Item
from vouchers.states import Outcome, VoucherState

FARTHEST = timedelta(days=365)
MOST_ROWS = 500
REFUSED = {
    "unknown": "没有这张体检卡，请核对卡号。",
    "odd": "这不是体检卡的码。",
    "empty": "请扫码，或输入卡号。",
}
"""Word in the address → why a scan opened no card; another centre's card is unknown here."""
WAITS = ("待报到", "wait")
MISSED = ("未到", "bad")


@dataclass(frozen=True)
class Counts:
    """Of a day: who is expected, and who of them has not come yet."""

    expected: int
    waiting: int


def counts(worker: User, day: date) -> Counts:
    outcomes = list(Booking.objects.at_centre(worker).expected_on(day).values_list("outcome", flat=True))
    return Counts(len(outcomes), outcomes.count(""))


@dataclass(frozen=True)
class Row:
    """A line of the day: of the person his name only."""

    code: str
    name: str
    starts_at: datetime
    label: str
    tone: str
    ticks: int | None
    items: int


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page
def clinic(request: HttpRequest, worker: User) -> HttpResponse:
    """POST takes a card's code and opens the card, or leads back to the day with the refusal."""
    if request.method != "POST":
        return _page(request, worker)
    form = ScanForm(request.POST)
    if not form.is_valid():
        return _refused("empty" if form.has_error("code", "required") else "odd")
    try:
        found = services.find(form.cleaned_data["code"], by=worker)
    except NotThere:
        return _refused("unknown")
    return redirect(f"{reverse('desk_clinic_voucher', args=[found.code])}?scan=1")


def _refused(why: str) -> HttpResponse:
    return redirect(f"{reverse('desk_clinic')}?refused={why}")


def _page(request: HttpRequest, worker: User) -> HttpResponse:
    today = clock.shanghai_day(clock.now())
    day = _day(request.GET.get("day", ""), today)
    rows = rows_of(worker, day)
    context = {
        "refused": REFUSED.get(request.GET.get("refused", ""), ""),
        "day": day,
        "today": today,
        "earlier": day - timedelta(days=1),
        "later": day + timedelta(days=1),
        "rows": rows,
        "waiting": sum(row.label == WAITS[0] for row in rows),
    }
    return render(request, "desk/clinic.html", context)


def _day(said: str, today: date) -> date:
    """What is no day, or far away, is today."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return today
    return day if abs(day - today) <= FARTHEST else today


def rows_of(worker: User, day: date) -> list[Row]:
    """By time, in two queries."""
    expected = Booking.objects.at_centre(worker).expected_on(day).annotate(ticks=Count("voucher__ticks"))
    shown = expected.select_related("slot", "voucher__courier__user")
    bookings = list(shown.order_by("slot__starts_at", "at", "pk")[:MOST_ROWS])
    programmes = {booking.voucher.programme_id for booking in bookings}
    counted = Item.objects.filter(programme__in=programmes).values_list("programme").annotate(n=Count("pk"))
    items = dict(counted.order_by())
    return [_row(booking, items.get(booking.voucher.programme_id, 0)) for booking in bookings]


def _row(booking: Booking, items: int) -> Row:
    voucher = booking.voucher
    kept = booking.outcome == Outcome.KEPT
    label, tone = WAITS if not booking.outcome else MISSED
    if kept:
        label, tone = VoucherState(voucher.state).label, voucher.tone
    return Row(
        voucher.code, voucher.courier.user.name, booking.slot.starts_at, label, tone,
        booking.ticks if kept else None,  # type: ignore[attr-defined]  # annotated above
        items,
    )  # fmt: skip
