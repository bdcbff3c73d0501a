"""Pages of this app."""

from django.urls import path

from stations import views

urlpatterns = [
    path("stations/", views.stations, name="stations"),
    path("stations/<str:code>/", views.station, name="station"),
]
