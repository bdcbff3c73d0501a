"""Pages of this app."""

from django.urls import path

from stations.desk import hours
from stations.views import directory, observations, on_map, visits

urlpatterns = [
    path("stations/", directory.stations, name="stations"),
    path("stations/map/", on_map.stations_map, name="stations_map"),
    path("stations/map/outline.json", on_map.outline, name="stations_outline"),
    path("stations/<str:code>/", directory.station, name="station"),
    path("stations/<str:code>/say/", observations.say, name="station_say"),
    path("stations/<str:code>/confirm/", observations.confirm_data, name="station_confirm"),
    path("stations/<str:code>/correct/", observations.correct, name="station_correct"),
    path("s/<str:code>/", visits.check_in_page, name="check_in"),
    path("visits/", visits.visits, name="visits"),
    path("visits/<int:visit_id>/", visits.visit, name="visit"),
    path("desk/hours/<str:code>/", hours.hours, name="desk_hours"),
]
