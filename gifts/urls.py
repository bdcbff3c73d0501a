"""Pages of this app."""

from django.urls import path

from gifts import desk, views

urlpatterns = [
    path("gifts/", views.gifts, name="gifts"),
    path("desk/", desk.stations, name="desk"),
    path("desk/counter/<str:code>/", desk.start, name="counter"),
    path("desk/counter/<str:code>/identify/", desk.identify, name="counter_identify"),
    path("desk/counter/<str:code>/redeem/", desk.redeem, name="counter_redeem"),
    path("desk/counter/<str:code>/verify/", desk.verify_courier, name="counter_verify"),
    path("desk/counter/<str:code>/annul/<str:number>/", desk.annul_redemption, name="counter_annul"),
]
