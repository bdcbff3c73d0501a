"""Check-up vouchers: programmes, cards and their moves, times of the centre's line, bookings."""

from django.urls import path

from vouchers.api.bookings import BookingDetail, Bookings, SlotWait
from vouchers.api.moves import DOORS, view_of
from vouchers.api.programmes import Programmes, ProgrammeWait
from vouchers.api.slots import Slots
from vouchers.api.vouchers import VoucherDetail, Vouchers

urlpatterns = [
    path("programmes/", Programmes.as_view(), name="api_programmes"),
    path("programmes/<int:programme_id>/wait/", ProgrammeWait.as_view(), name="api_programme_wait"),
    path("vouchers/", Vouchers.as_view(), name="api_vouchers"),
    path("vouchers/<str:code>/", VoucherDetail.as_view(), name="api_voucher"),
    path("vouchers/<str:code>/wait/", SlotWait.as_view(), name="api_voucher_wait"),
    *[
        path(f"vouchers/<str:code>/{door.move}/", view_of(door).as_view(), name=f"api_voucher_{door.name}")
        for door in DOORS
    ],
    path("slots/", Slots.as_view(), name="api_slots"),
    path("bookings/", Bookings.as_view(), name="api_bookings"),
    path("bookings/<int:booking_id>/", BookingDetail.as_view(), name="api_booking"),
]
