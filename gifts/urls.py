"""Pages of this app."""

from django.urls import path

from gifts import views
from gifts.desk import counter, counts, facilities, slips, stock, visits

urlpatterns = [
    path("gifts/", views.gifts, name="gifts"),
    path("gifts/suggestions/", views.suggestions, name="gift_suggestions"),
    path("reservations/", views.reservations, name="reservations"),
    path("reservations/new/", views.reserve_gift, name="reserve"),
    path("reservations/<str:pickup_code>/", views.reservation, name="reservation"),
    path("reservations/<str:pickup_code>/cancel/", views.cancel_reservation, name="reservation_cancel"),
    path("desk/counter/<str:code>/", counter.start, name="counter"),
    path("desk/counter/<str:code>/identify/", counter.identify, name="counter_identify"),
    path("desk/counter/<str:code>/redeem/", counter.redeem, name="counter_redeem"),
    path("desk/counter/<str:code>/pick-up/", counter.pick_up, name="counter_pick_up"),
    path("desk/counter/<str:code>/verify/", counter.verify_courier, name="counter_verify"),
    path("desk/counter/<str:code>/check-in/", visits.check_in, name="counter_check_in"),
    path("desk/stations/<str:code>/poster/", visits.poster, name="poster"),
    path("desk/counter/<str:code>/annul/<str:number>/", counter.annul_redemption, name="counter_annul"),
    path("desk/stock/<str:code>/", stock.stock, name="stock"),
    path("desk/stock/<str:code>/count/", counts.count, name="stock_count"),
    path("desk/stock/<str:code>/count/<str:name>/", counts.move, name="stock_count_move"),
    path("desk/facilities/<str:code>/", facilities.facilities, name="desk_facilities"),
    path("desk/slips/<str:code>/", slips.start, name="slips"),
    path("desk/slips/<str:code>/find/", slips.find, name="slips_find"),
    path("desk/slips/<str:code>/enter/", slips.enter, name="slips_enter"),
]
