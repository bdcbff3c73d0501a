"""Wishes: what hangs on the trees, one more, and every move."""

from django.urls import path

from wishes.api.moves import DOORS, view_of
from wishes.api.wishes import WishDetail, Wishes

urlpatterns = [
    path("wishes/", Wishes.as_view(), name="api_wishes"),
    path("wishes/<int:wish_id>/", WishDetail.as_view(), name="api_wish"),
    *[
        path(f"wishes/<int:wish_id>/{door.move}/", view_of(door).as_view(), name=f"api_wish_{door.move}")
        for door in DOORS
    ],
]
