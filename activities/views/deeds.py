"""To be written."""

from django.http import HttpRequest, HttpResponse


def deed(request: HttpRequest, deed_id: int) -> HttpResponse:
    return HttpResponse()
