"""Views that do what no real one should, to see what becomes of it."""

from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.views.decorators.csrf import csrf_protect
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from fengchao.core.api import PhotoViewSet
from fengchao.core.errors import RuleBroken, TooMany
from fengchao.core.idempotency import respond
from fengchao.core.models import AuditLog, Counter, Photo
from fengchao.core.permissions import Anyone, SignedIn


class SoldOut(RuleBroken):
    code = "sold_out"
    message = "只剩 {left} 件。"


RAISED: dict[str, Any] = {
    "rule": lambda: SoldOut(left=0, field="gift"),
    "often": lambda: TooMany(retry_after=30),
    "missing": lambda: Http404("secret name"),
    "denied": lambda: PermissionDenied("secret reason"),
    "suspicious": lambda: SuspiciousOperation("secret"),
    "invalid": lambda: ValidationError({"name": ["太长"]}),
    "shape": lambda: serializers.ValidationError({"photos": {0: ["不对"]}, "non_field_errors": ["都不对"]}),
    "bug": lambda: KeyError("secret"),
}


class Raise(APIView):
    permission_classes = [Anyone]

    def get(self, request: Request, what: str) -> Response:
        raise RAISED[what]()


class Echo(APIView):
    permission_classes = [Anyone]

    def post(self, request: Request) -> Response:
        return Response(request.data)


class Closed(APIView):
    def get(self, request: Request) -> Response:
        return Response()


class Count(APIView):
    """Makes a row, and refuses where it is told to."""

    permission_classes = [SignedIn]

    def post(self, request: Request) -> Response:
        def act() -> Counter:
            number = Counter.objects.count() + 1
            made = Counter.objects.create(
                key=str(number), window_start="2026-01-01T00:00Z", window_end="2026-01-01T00:00Z", count=number
            )
            if request.data.get("refuse"):
                raise SoldOut(left=0)
            return made

        status = request.data.get("status", 201)
        return respond(request, act, lambda made: (status, {"number": made.count, "amount": 1.5, "名": "蜂"}))


class EntryShape(serializers.ModelSerializer):
    class Meta:
        model = AuditLog
        fields = ["id", "verb"]


class Entries(ListAPIView):
    permission_classes = [Anyone]
    serializer_class = EntryShape
    queryset = AuditLog.objects.all()


class EntriesByVerb(Entries):
    ordering = ("verb", "-id")


class EntriesByTime(Entries):
    ordering = ("-at", "-id")


def page_raise(request: HttpRequest, what: str) -> HttpResponse:
    raise RAISED[what]()


def page_photo(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(str(get_object_or_404(Photo, pk=number)))


@csrf_protect
def page_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("好")


def page_session(request: HttpRequest) -> HttpResponse:
    request.session["seen"] = True  # saved by the middleware, after the view
    return HttpResponse("好")


router = SimpleRouter()
router.register("photos", PhotoViewSet, basename="photo")

urlpatterns = [
    path("", include("fengchao.core.urls")),
    path("api/v1/", include(router.urls)),
    path("api/raise/<what>/", Raise.as_view()),
    path("api/echo/", Echo.as_view()),
    path("api/closed/", Closed.as_view()),
    path("api/count/", Count.as_view()),
    path("api/entries/", Entries.as_view()),
    path("api/entries-by-verb/", EntriesByVerb.as_view()),
    path("api/entries-by-time/", EntriesByTime.as_view()),
    path("raise/<what>/", page_raise),
    path("photo/<int:number>/", page_photo),
    path("form/", page_form),
    path("session/", page_session),
    path("admin/thing/", page_form),
    path("api/docs/", page_form),
]
handler400 = "fengchao.core.error_pages.bad_request"
handler403 = "fengchao.core.error_pages.permission_denied"
handler404 = "fengchao.core.error_pages.page_not_found"
handler500 = "fengchao.core.error_pages.server_error"
