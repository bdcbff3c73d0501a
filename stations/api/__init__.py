"""The endpoints of this app."""

from django.urls import path

from stations.api.directory import StationDetail, StationList
from stations.api.identify import Identify
from stations.api.observations import ObservationList
from stations.api.open_data import StationsCsv, StationsGeoJson
from stations.api.visits import CheckIns

urlpatterns = [
    path("stations/", StationList.as_view(), name="api_stations"),
    path("stations.geojson", StationsGeoJson.as_view(), name="api_stations_geojson"),
    path("stations.csv", StationsCsv.as_view(), name="api_stations_csv"),
    path("stations/<str:code>/", StationDetail.as_view(), name="api_station"),
    path("stations/<str:code>/observations/", ObservationList.as_view(), name="api_observations"),
    path("stations/<str:code>/check-ins/", CheckIns.as_view(), name="api_check_ins"),
    path("counter/identify/", Identify.as_view(), name="api_identify"),
]
