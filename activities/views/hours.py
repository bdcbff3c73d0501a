"""Hours of service: his own by year, a page of it for paper, and what anybody who holds the paper can check."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.guards import CourierRequest, courier_page
from activities.services import hours
from fengchao.core import clock, codes
from fengchao.core.errors import NotThere

FIRST_YEAR = 2020


@never_cache
@require_safe
@courier_page
def my_service(request: CourierRequest) -> HttpResponse:
    """A year's, the newest first."""
    years = hours.years_of(request.courier)
    said = request.GET.get("year", "")
    year = next((each for each in years if str(each) == said), years[0] if years else None)
    services = hours.services_of(request.courier, year) if year else []
    context = {
        "years": years,
        "year": year,
        "services": services[::-1],
        "total": hours.in_words(sum(service.minutes for service in services)),
    }
    return render(request, "activities/service.html", context)


@never_cache
@require_safe
@courier_page
def paper(request: CourierRequest, year: int) -> HttpResponse:
    """His certificate of a year, with his whole name: he prints it himself. Nothing done, nothing certified."""
    at = clock.now()
    services = hours.services_of(request.courier, year) if FIRST_YEAR <= year <= clock.shanghai_day(at).year else []
    if not services:
        raise NotThere("这一年还没有确认过的服务时长。")
    address = reverse("certificate", args=[hours.token_for(request.courier, year, services, at)])
    link = request.build_absolute_uri(address)
    context = {
        "name": request.user.name,
        "year": year,
        "services": services,
        "total": hours.in_words(sum(service.minutes for service in services)),
        "organisations": list(dict.fromkeys(service.organisation for service in services)),
        "on": clock.shanghai_day(at),
        "link": link,
        "qr": codes.qr_code(link),
    }
    return render(request, "activities/paper.html", context)


@never_cache
@require_safe
def certificate(request: HttpRequest, token: str) -> HttpResponse:
    """Whether a certificate is ours, and what it said when it was made."""
    try:
        found, refused = hours.check(token), ""
    except NotThere as refusal:
        found, refused = None, refusal.message
    context = {"found": found, "refused": refused}
    return render(request, "activities/certificate.html", context, status=404 if found is None else 200)
