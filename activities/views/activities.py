"""To be written."""

from django.http import HttpRequest, HttpResponse


def activity(request: HttpRequest, activity_id: int) -> HttpResponse:
    return HttpResponse()


def here(request: HttpRequest, activity_id: int) -> HttpResponse:
    return HttpResponse()
