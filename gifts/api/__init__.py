"""Gifts, hand-overs and stock."""

from django.urls import path

from gifts.api.catalogue import GiftList
from gifts.api.redemptions import RedemptionAnnul, RedemptionDetail, RedemptionList
from gifts.api.reservations import ReservationDetail, ReservationList
from gifts.api.stock import MovementList, StockList

urlpatterns = [
    path("gifts/", GiftList.as_view(), name="api_gifts"),
    path("reservations/", ReservationList.as_view(), name="api_reservations"),
    path("reservations/<str:pickup_code>/", ReservationDetail.as_view(), name="api_reservation"),
    path("redemptions/", RedemptionList.as_view(), name="api_redemptions"),
    path("redemptions/<str:number>/", RedemptionDetail.as_view(), name="api_redemption"),
    path("redemptions/<str:number>/annul/", RedemptionAnnul.as_view(), name="api_redemption_annul"),
    path("stock/", StockList.as_view(), name="api_stock"),
    path("stock/movements/", MovementList.as_view(), name="api_movements"),
]
