"""Pages of this app."""

from django.urls import path

from gifts import views
from gifts.desk import counter

urlpatterns = [
    path("gifts/", views.gifts, name="gifts"),
    path("gifts/suggestions/", views.suggestions, name="gift_suggestions"),
    path("reservations/", views.reservations, name="reservations"),
    path("reservations/new/", views.reserve_gift, name="reserve"),
    path("reservations/<str:pickup_code>/", views.reservation, name="reservation"),
    path("reservations/<str:pickup_code>/cancel/", views.cancel_reservation, name="reservation_cancel"),
    path("desk/", counter.stations, name="desk"),
    path("desk/counter/<str:code>/", counter.start, name="counter"),
    path("desk/counter/<str:code>/identify/", counter.identify, name="counter_identify"),
    path("desk/counter/<str:code>/redeem/", counter.redeem, name="counter_redeem"),
    path("desk/counter/<str:code>/pick-up/", counter.pick_up, name="counter_pick_up"),
    path("desk/counter/<str:code>/verify/", counter.verify_courier, name="counter_verify"),
    path("desk/counter/<str:code>/annul/<str:number>/", counter.annul_redemption, name="counter_annul"),
]
