"""Pages of this app."""

from django.urls import path

from stations.views import directory, map, observations

urlpatterns = [
    path("stations/", directory.stations, name="stations"),
    path("stations/map/", map.stations_map, name="stations_map"),
    path("stations/map/outline.json", map.outline, name="stations_outline"),
    path("stations/<str:code>/", directory.station, name="station"),
    path("stations/<str:code>/say/", observations.say, name="station_say"),
    path("stations/<str:code>/confirm/", observations.confirm_data, name="station_confirm"),
    path("stations/<str:code>/correct/", observations.correct, name="station_correct"),
]
