"""Pages of this app."""

from django.urls import path

from stations.views import directory

urlpatterns = [
    path("stations/", directory.stations, name="stations"),
    path("stations/<str:code>/", directory.station, name="station"),
]
