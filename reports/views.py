"""The reporter's pages."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.guards import CourierRequest, courier_page
from fengchao.core import clock
from fengchao.core.errors import NotThere
from reports import rules
from reports.models import Report
from reports.services import answers, history, pictures
from reports.services.filing import AFTER_PHOTO, ANSWER_PHOTO, PHOTO

SHOWN = 50


@never_cache
@require_safe
@courier_page
def reports(request: CourierRequest) -> HttpResponse:
    mine = Report.objects.of_courier(request.courier).shown().order_by("-filed_at", "-pk")[:SHOWN]
    return render(request, "reports/reports.html", {"reports": mine})


@never_cache
@require_safe
@courier_page
def report(request: CourierRequest, number: str) -> HttpResponse:
    found = Report.objects.of_courier(request.courier).shown().filter(number=number).first()
    if found is None:
        raise NotThere
    context = {
        "report": found,
        "steps": history.in_words(found, as_reporter=True),
        "photos": pictures(found, PHOTO, ANSWER_PHOTO),
        "after": pictures(found, AFTER_PHOTO),
        "answers": answers.in_words(found.category, found.answers),
        "moves": rules.allowed(found, request.user, clock.now()),
    }
    return render(request, "reports/report.html", context)
