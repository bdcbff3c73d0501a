"""Pages of this app."""

from django.urls import path

from wishes.desk import filing, queue
from wishes.desk import wish as desk
from wishes.views import hanging, mine, one, tree

urlpatterns = [
    path("wishes/", tree.wishes, name="wishes"),
    path("wishes/mine/", mine.my_wishes, name="my_wishes"),
    path("wishes/new/", hanging.new_wish, name="wish_new"),
    path("wishes/<int:key>/", one.wish, name="wish"),
    path("wishes/<int:key>/<slug:name>/", one.move, name="wish_move"),
    path("desk/counter/<str:code>/wish/", filing.file_wish, name="counter_wish"),
    path("desk/wishes/", queue.wishes, name="desk_wishes"),
    path("desk/wishes/notices/", queue.read_notices, name="desk_wish_notices"),
    path("desk/wishes/<int:key>/", desk.wish, name="desk_wish"),
    path("desk/wishes/<int:key>/<slug:move>/", desk.move, name="desk_wish_move"),
]
