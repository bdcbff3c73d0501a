"""What a manager of outlets sees of his couriers' cards: how far each is, and nothing else."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import User
from vouchers.guards import manager_page
from vouchers.models import Voucher
from vouchers.states import SERVED, VoucherState

A_PAGE = 30
ORDER = ("courier__outlet__name", "courier__outlet_id", "-issued_at", "-pk")


@dataclass(frozen=True)
class Counts:
    """Heaps of who manages outlets."""

    to_book: int
    booked: int
    served: int


def by_state(worker: User) -> dict[str, int]:
    counted = Voucher.objects.of_riders_of(worker).values_list("state").annotate(n=Count("pk"))
    return dict(counted.order_by())


def counts(worker: User) -> Counts:
    heaps = by_state(worker)
    return Counts(
        to_book=heaps.get(VoucherState.ISSUED, 0),
        booked=heaps.get(VoucherState.BOOKED, 0),
        served=sum(heaps.get(state, 0) for state in SERVED),
    )


@require_safe
@manager_page
def vouchers(request: HttpRequest, worker: User) -> HttpResponse:
    heaps = by_state(worker)
    state = request.GET.get("state", "")
    state = state if state in VoucherState.values else ""
    cards = Voucher.objects.of_riders_of(worker).select_related("programme", "courier__user", "courier__outlet")
    cards = cards.filter(state=state) if state else cards
    page = Paginator(cards.with_bookings().order_by(*ORDER), A_PAGE).get_page(request.GET.get("page"))
    tabs = [("", "全部", sum(heaps.values())), *[(one.value, one.label, heaps.get(one, 0)) for one in VoucherState]]
    context = {
        "rows": [(card, card.live_booking) for card in page],
        "tabs": [(word, label, n, word == state) for word, label, n in tabs if n or word in ("", state)],
        "is_filtered": bool(state),
        "earlier": _address(state, page.previous_page_number()) if page.has_previous() else "",
        "following": _address(state, page.next_page_number()) if page.has_next() else "",
    }
    return render(request, "desk/vouchers.html", context)


def _address(state: str, page: int) -> str:
    return f"{reverse('desk_outlet_vouchers')}?{urlencode([('state', state), ('page', page)])}"
