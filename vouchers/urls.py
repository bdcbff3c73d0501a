"""Pages of this app."""

from django.urls import path

from vouchers.desk import clinic, outlets
from vouchers.desk import voucher as desk
from vouchers.views import booking, cards

urlpatterns = [
    path("vouchers/", cards.my_vouchers, name="vouchers"),
    path("vouchers/<str:code>/", cards.voucher, name="voucher"),
    path("vouchers/<str:code>/calendar.ics", cards.calendar, name="voucher_calendar"),
    path("vouchers/<str:code>/slots/", booking.slots, name="voucher_slots"),
    path("vouchers/<str:code>/<slug:name>/", booking.move, name="voucher_move"),
    path("desk/clinic/", clinic.clinic, name="desk_clinic"),
    path("desk/clinic/<str:code>/", desk.voucher, name="desk_clinic_voucher"),
    path("desk/clinic/<str:code>/<slug:move>/", desk.move, name="desk_clinic_move"),
    path("desk/vouchers/", outlets.vouchers, name="desk_outlet_vouchers"),
]
