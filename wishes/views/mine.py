"""A courier's own wishes."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.guards import CourierRequest, courier_page
from wishes.models import Wish
from wishes.states import LIVE

A_PAGE = 20


@never_cache
@require_safe
@courier_page
def my_wishes(request: CourierRequest) -> HttpResponse:
    mine = Wish.objects.of_courier(request.courier).select_related("station").order_by("-hung_at", "-pk")
    page = Paginator(mine, A_PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    context = {
        "wishes": rows,
        # The newest is the only one that can be live.
        "may_hang": page.number > 1 or not rows or rows[0].state not in LIVE,
        "next_url": f"{reverse('my_wishes')}?page={page.next_page_number()}" if page.has_next() else None,
    }
    return render(request, "wishes/mine.html", context)
