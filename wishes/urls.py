from django.http import HttpRequest, HttpResponse
from django.urls import path

from fengchao.core.errors import NotThere
from wishes.desk import filing
from wishes.views import hanging, mine, one, tree


def _later(request: HttpRequest, **parts: object) -> HttpResponse:
    raise NotThere


urlpatterns = [
    path("wishes/", tree.wishes, name="wishes"),
    path("wishes/mine/", mine.my_wishes, name="my_wishes"),
    path("wishes/new/", hanging.new_wish, name="wish_new"),
    path("wishes/<int:key>/", one.wish, name="wish"),
    path("wishes/<int:key>/<slug:name>/", one.move, name="wish_move"),
    path("desk/counter/<str:code>/wish/", filing.file_wish, name="counter_wish"),
    path("desk/wishes/", _later, name="desk_wishes"),
    path("desk/wishes/<int:key>/", _later, name="desk_wish"),
    path("desk/wishes/<int:key>/<slug:move>/", _later, name="desk_wish_move"),
]
