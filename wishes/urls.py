from django.http import HttpRequest, HttpResponse
from django.urls import path

from fengchao.core.errors import NotThere


def _later(request: HttpRequest, **parts: object) -> HttpResponse:
    raise NotThere


urlpatterns = [
    path("wishes/", _later, name="wishes"),
    path("wishes/mine/", _later, name="my_wishes"),
    path("wishes/new/", _later, name="wish_new"),
    path("wishes/<int:key>/", _later, name="wish"),
    path("wishes/<int:key>/<slug:name>/", _later, name="wish_move"),
    path("desk/wishes/", _later, name="desk_wishes"),
    path("desk/wishes/<int:key>/", _later, name="desk_wish"),
    path("desk/wishes/<int:key>/<slug:move>/", _later, name="desk_wish_move"),
]
